from __future__ import annotations

from hotlint.dialects.postgres.psql import blank


def test_text_without_a_backslash_is_returned_as_it_is() -> None:
    text = "copy t from stdin;\nselect 1;"
    assert blank(text) == (text, ())


def test_meta_commands_become_blank_lines_of_the_same_length() -> None:
    text = "\\set x 'it''s'\r\n\\connect app\nselect '\\x'; -- \\y\n\\echo don't\nselect 2;"
    plain, problems = blank(text)
    assert len(plain) == len(text)
    assert plain.split() == ["select", "'\\x';", "--", "\\y", "select", "2;"]
    assert plain.count("\r\n") == 1
    assert problems == ()


def test_commands_that_send_the_query_end_the_statement() -> None:
    plain, _ = blank("select 'x' \\gexec\nselect 1 \\gset pre_\nselect 2 \\; select 3")
    assert plain.split() == ["select", "'x'", ";", "select", "1", ";", "select", "2", ";", "select", "3"]


def test_copy_data_is_blanked_up_to_its_end() -> None:
    text = "COPY t (a) FROM stdin;\n1\tit's\n\\N\t;\n\\.\n\nselect 1;"
    plain, _ = blank(text)
    assert len(plain) == len(text)
    assert plain.split("\n")[0] == "COPY t (a) FROM stdin;"
    assert plain.split() == ["COPY", "t", "(a)", "FROM", "stdin;", "select", "1;"]


def test_copy_without_data_is_left_alone() -> None:
    plain, _ = blank("\\echo\ncopy t from stdin;\nselect 1;")
    assert plain.split() == ["copy", "t", "from", "stdin;", "select", "1;"]


def test_the_clients_copy_brings_its_data_too() -> None:
    plain, _ = blank("\\copy t from stdin\n1\n\\.\nselect 1;")
    assert plain.split() == ["select", "1;"]


def test_an_included_file_is_told() -> None:
    text = "\\ir other.sql\nselect 1;"
    _, problems = blank(text, 7)
    assert [(p.rule, p.message, p.start, p.end) for p in problems] == [
        ("not-covered", "psql reads another file here (\\ir other.sql); Hotlint does not follow it", 7, 20)
    ]
