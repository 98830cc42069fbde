from __future__ import annotations

import pytest

from hotlint.dialects.postgres.parse import ParseOptions, parse_script
from hotlint.operations import AddColumn, CreateTable, DropColumn, Opaque
from hotlint.source import ParsedScript, Problem, Region, Script


def script(text: str, *regions: tuple[int, int]) -> Script:
    return Script("m.sql", text, tuple(Region(*region) for region in regions or [(0, len(text))]))


def parse(text: str, **options: object) -> ParsedScript:
    return parse_script(script(text), ParseOptions(**options))  # type: ignore[arg-type]


def statements(text: str, **options: object) -> list[str]:
    return [text[found.start : found.end] for found in parse(text, **options).statements]


def problems(text: str) -> list[tuple[str, str, str]]:
    """Rule, message and the text at the place of each problem."""
    return [(found.rule, found.message, text[found.start : found.end]) for found in parse(text).problems]


@pytest.mark.parametrize(
    "text",
    [
        "select 1;select 2",
        "-- é ; '\nselect 1 -- 😀\n;\n/* a /* b; */ */ select 2; -- c",
        "\r\nselect 1;\r\n\r\n-- x\r\nselect 2;\r\n",
        ";; select 1 ; ; select 2;;",
    ],
)
def test_a_statement_reaches_from_its_first_token_to_its_last(text: str) -> None:
    assert statements(text) == ["select 1", "select 2"]


@pytest.mark.parametrize("text", ["", "\n", ";", "-- nothing here", "/* nor here */ ;"])
def test_a_text_without_statements_is_no_problem(text: str) -> None:
    assert parse(text) == ParsedScript((), ())


def test_only_the_regions_are_read_and_positions_are_those_of_the_file() -> None:
    text = "é -- up\ncreate table a (b int);\n-- down\ndrop table a;\n"
    start = text.index("create")
    found = parse_script(script(text, (start, text.index("-- down")), (text.index("drop"), len(text))))
    assert [text[s.start : s.end] for s in found.statements] == ["create table a (b int)", "drop table a"]
    assert [s.tag for s in found.statements] == ["CreateStmt", "DropStmt"]


def test_each_subcommand_has_its_own_span() -> None:
    text = 'alter table if exists only "é,".orders add column a numeric(1, 2) default 0, -- x, y\n drop column b;'
    (statement,) = parse(text).statements
    assert [type(operation) for operation in statement.operations] == [AddColumn, DropColumn]
    assert [text[start:end] for start, end in statement.spans] == [
        "add column a numeric(1, 2) default 0",
        "drop column b",
    ]


def test_a_single_operation_needs_no_span_of_its_own() -> None:
    (statement,) = parse("create table a (b int, c int)").statements
    assert statement.spans == ()
    assert isinstance(statement.operations[0], CreateTable)


# --- errors


def test_an_error_costs_one_statement_and_the_others_are_still_read() -> None:
    text = "create table a (b int);\n-- ü\nselec 'ß;' from x;\ndrop table a;\n"
    assert statements(text) == ["create table a (b int)", "drop table a"]
    assert problems(text) == [("syntax-error", 'syntax error at or near "selec"', "selec")]
    (problem,) = parse(text).problems
    assert script(text).position(problem.start).line == 3


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("alter table t drop column if exists a jsonb;", 'syntax error at or near "jsonb"', "jsonb"),
        ("select 'é', a from;", 'syntax error at or near ";"', ";"),
        ("select 1;\ncreate table t (\n", "syntax error at end of input", ""),
        ("select 'abc\n;select 2;", 'unterminated quoted string at or near "\'abc…"', "'"),
        ("select 1; /* abc\n;", 'unterminated /* comment at or near "/* abc…"', "/"),
        ('select "abc', 'unterminated quoted identifier at or near ""abc"', '"'),
        ("do $$ begin", 'unterminated dollar-quoted string at or near "$$ begin"', "$"),
        ('select 1 as ""', 'zero-length delimited identifier at or near """"', '""'),
    ],
)
def test_an_error_is_told_where_the_server_tells_it(text: str, message: str, place: str) -> None:
    assert problems(text) == [("syntax-error", message, place)]


def test_end_of_input_is_the_end_of_the_statement() -> None:
    text = "create table t (a int"
    assert parse(text).problems == (Problem("syntax-error", "syntax error at end of input", 21, 21),)


def test_a_missing_semicolon_is_told_once_and_both_statements_are_read() -> None:
    text = "create index i on t (a)\nCREATE INDEX j on t (b)\n  drop table x;\nselect 1;"
    assert statements(text) == ["create index i on t (a)", "CREATE INDEX j on t (b)", "drop table x", "select 1"]
    assert problems(text) == [
        ("syntax-error", 'syntax error at or near "CREATE"; a semicolon is missing before "CREATE"', "CREATE"),
        ("syntax-error", 'syntax error at or near "drop"; a semicolon is missing before "drop"', "drop"),
    ]


def test_an_unclosed_parenthesis_costs_one_statement() -> None:
    text = "create table a (b int;\ncreate table c (d int);"
    assert statements(text) == ["create table c (d int)"]
    assert problems(text) == [("syntax-error", 'syntax error at or near ";"', ";")]


def test_a_nul_byte_is_told_once_and_the_rest_is_read() -> None:
    text = "select 1;\0\0 select 2;"
    assert statements(text) == ["select 1", "select 2"]
    assert problems(text) == [("syntax-error", 'invalid byte sequence for encoding "UTF8": 0x00', "\0")]
    told = Script("m.sql", text, (Region(0, len(text)),), (Problem("unreadable-file", "NUL", 9, 10),))
    assert parse_script(told).problems == ()


def test_bytes_that_were_not_utf_8_do_not_stop_the_parser() -> None:
    assert statements("select '\udce9'; select 2") == ["select '\udce9'", "select 2"]


@pytest.mark.parametrize("text", ["select " + "not " * 3000 + "true", "select " + "(" * 30000 + "1" + ")" * 30000])
def test_a_statement_too_deep_to_read_is_opaque_and_no_syntax_error(text: str) -> None:
    found = parse(text + "; select 2")
    assert isinstance(found.statements[0].operations[0], Opaque)
    assert len(found.statements) == 2
    assert found.statements[0].end == len(text)
    assert found.problems == ()


# --- what tools and psql add


def test_a_go_template_is_read_with_a_neutral_name() -> None:
    text = "alter table {{ index .Options \"Namespace\" }}.users add column é text;\nselect '{{ x }}';"
    first, second = parse(text).statements
    assert text[first.start : first.end] == 'alter table {{ index .Options "Namespace" }}.users add column é text'
    assert first.raw == "alter table namespace.users add column é text"
    assert (text[second.start : second.end], second.raw) == ("select '{{ x }}'", None)


def test_a_configured_placeholder_is_what_the_server_gets() -> None:
    text = "drop table ${schema}.t; select '${schema}'"
    first, second = parse(text, placeholders={"schema": "app"}).statements
    assert (first.raw, second.raw) == ("drop table app.t", "select 'app'")
    assert text[second.start : second.end] == "select '${schema}'"


def test_an_error_behind_a_placeholder_has_its_place_in_the_file() -> None:
    text = "select 1 from ${a_rather_long_name};\nselect é frm x y;"
    assert problems(text) == [("syntax-error", 'syntax error at or near "x"', "x")]


def test_a_placeholder_may_stand_for_a_number_a_string_or_nothing() -> None:
    text = "alter table t alter a set statistics ${n}; copy t from ${file}; alter table t add a int ${rest};"
    found = parse(text)
    assert [s.raw for s in found.statements] == [
        "alter table t alter a set statistics 1",
        "copy t from 'x'",
        None,  # what is left is the text as it stands
    ]
    assert found.problems == ()


def test_what_cannot_be_read_without_the_value_is_no_syntax_error() -> None:
    text = "create table t (a int); alter table t add {{ .Column }}, add b int;"
    assert statements(text) == ["create table t (a int)"]
    assert problems(text) == [
        (
            "not-covered",
            "this statement cannot be read without the value of {{ .Column }}; set it under placeholders",
            "{{ .Column }}",
        )
    ]


def test_text_in_dollar_quotes_that_looks_like_a_placeholder_is_left_alone() -> None:
    text = "select position('%crypt%' in $$%crypt(1)%$$), $${\"a\": 1}$$"
    (statement,) = parse(text).statements
    assert statement.raw is None


def test_a_psql_script_is_read_without_what_only_psql_understands() -> None:
    text = (
        '\\set ON_ERROR_STOP on\n\\echo don\'t\ncreate table :"schema".t (a text, b int[]);\n'
        "COPY t (a) FROM stdin;\nit's\t1;\n\\.\n\nselect b[1:2] from t where a = :'x' and b = :y;\n"
    )
    found = parse(text)
    assert [(s.tag, s.raw) for s in found.statements] == [
        ("CreateStmt", 'create table "schema".t (a text, b int[])'),
        ("CopyStmt", None),
        ("SelectStmt", "select b[1:2] from t where a = 'x' and b = y"),
    ]
    assert found.problems == ()


def test_an_error_at_the_beginning_of_a_line_need_not_be_a_missing_semicolon() -> None:
    text = "create table a (b int)\nwith nothing;\nselect 1;"
    assert statements(text) == ["select 1"]
    assert problems(text) == [("syntax-error", 'syntax error at or near "nothing"', "nothing")]


def test_an_error_in_a_statement_whose_values_are_known_is_a_syntax_error() -> None:
    text = "drop tabel ${schema}.t"
    found = parse(text, placeholders={"schema": "app"})
    assert [(p.rule, text[p.start : p.end]) for p in found.problems] == [("syntax-error", "tabel")]


def test_a_missing_semicolon_is_found_where_the_next_word_was_taken_for_an_alias() -> None:
    text = "insert into a select 1\nselect 2 from b\nINSERT INTO c values (1);"
    assert statements(text) == ["insert into a select 1", "select 2 from b", "INSERT INTO c values (1)"]
    assert problems(text) == [
        ("syntax-error", 'syntax error at or near "2"; a semicolon is missing before "select"', "2"),
        ("syntax-error", 'syntax error at or near "INTO"; a semicolon is missing before "INSERT"', "INTO"),
    ]
