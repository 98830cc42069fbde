from __future__ import annotations

import pytest

from hotlint.dialects.postgres.scan import TextMap, comments, marks, parts, skip_blank, split, tokens, trim_end


def kinds(text: str) -> list[tuple[str, str]]:
    return [(kind, text[start:end]) for kind, start, end in tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'it''s'", [("string", "'it''s'")]),
        (r"E'it\'s' x", [("string", r"E'it\'s'"), ("word", "x")]),
        (r"'c:\' x", [("string", r"'c:\'"), ("word", "x")]),
        ("U&'d\\0061t' B'01' x'ff'", [("string", "U&'d\\0061t'"), ("string", "B'01'"), ("string", "x'ff'")]),
        ('"a""b" U&"x"', [("quoted", '"a""b"'), ("quoted", 'U&"x"')]),
        ("$$ it's $$", [("string", "$$ it's $$")]),
        ("$body$ $$ $body$", [("string", "$body$ $$ $body$")]),
        ("foo$$bar", [("word", "foo$$bar")]),
        ("$1+1.5e-3", [("parameter", "$1"), ("operator", "+"), ("number", "1.5e-3")]),
        ("1..10", [("number", "1"), ("punctuation", ".."), ("number", "10")]),
        ("a::int:=2", [("word", "a"), ("punctuation", "::"), ("word", "int"), ("punctuation", ":="), ("number", "2")]),
        ("a->>'b'--c", [("word", "a"), ("operator", "->>"), ("string", "'b'")]),
        ("größe@>ß", [("word", "größe"), ("operator", "@>"), ("word", "ß")]),
        ("select 'open", [("word", "select"), ("open", "'open")]),
        ("select 'open''", [("word", "select"), ("open", "'open''")]),
        ("a /* b /* c */ d", [("word", "a"), ("open", "/* b /* c */ d")]),
        ("a $x$ b $$ c", [("word", "a"), ("open", "$x$ b $$ c")]),
        ("", []),
    ],
)
def test_tokens_are_those_of_the_servers_lexer(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


def test_comments_are_found_outside_of_quotes_only() -> None:
    text = "-- one\nselect '-- no', \"/* no */\", $$ -- no $$, e'\\'-- no' /* two /* nested */ */ -- three"
    assert [text[start:end] for start, end, _ in comments(text)] == ["-- one", "/* two /* nested */ */", "-- three"]
    assert [found for _, _, found in comments("select 1")] == []


def test_marks_leap_over_everything_that_is_not_quoted() -> None:
    text = "a 'b' \"c\" d$$ $e$ f $e$ /* g"
    assert [(kind, text[start:end]) for kind, start, end in marks(text)] == [
        ("string", "'b'"),
        ("quoted", '"c"'),
        ("string", "$e$ f $e$"),
        ("open", "/* g"),
    ]


def test_leading_and_trailing_comments_are_not_part_of_a_statement() -> None:
    text = "\r\n-- a\r-- b\r\n /* c /* d */ */ select 1 -- e\n -- f\n"
    start = skip_blank(text, 0, len(text))
    assert text[start : trim_end(text, start, len(text))] == "select 1"
    text = "select '--'\n"
    assert trim_end(text, 0, len(text)) == 11


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1; ;select ';'; -- ; \n select 2", ["select 1", "select ';'", "select 2"]),
        ("select (1; select 2", ["select (1", "select 2"]),
        (
            "create rule r as on insert to t do also (delete from a; delete from b); select 1",
            ["create rule r as on insert to t do also (delete from a; delete from b)", "select 1"],
        ),
        (
            "create procedure f() begin atomic select case when a then 1 end; select 2; end; table t",
            [
                "create procedure f() begin atomic select case when a then 1 end; select 2; end",
                "table t",
            ],
        ),
        ("do $$ begin null; end $$; begin; commit", ["do $$ begin null; end $$", "begin", "commit"]),
        ("select 1; select 'x; select 2;", ["select 1", "select 'x; select 2;"]),
    ],
)
def test_text_is_split_at_the_semicolons_that_end_statements(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in split(text)] == expected


def test_parts_are_what_stands_between_top_level_commas() -> None:
    text = "add column a numeric(1, 2) default 'x,y', -- z\n drop b,add c int[]"
    assert [text[start:end] for start, end in parts(text, 0, len(text))] == [
        "add column a numeric(1, 2) default 'x,y'",
        "drop b",
        "add c int[]",
    ]


def test_bytes_are_mapped_to_code_points_in_any_order() -> None:
    text = "aé😀b"
    positions = TextMap(text, 100)
    assert [positions.characters(byte) for byte in (7, 1, 3, 0, 8)] == [3, 1, 2, 0, 4]
    assert positions.script(3) == 103


def test_positions_lead_back_through_replaced_pieces() -> None:
    # "a ${name} b" with "x" for the placeholder
    filled = TextMap("a x b", 10, ((2, 3, 12, 19),))
    assert [filled.script(at) for at in range(5)] == [10, 11, 12, 19, 20]
    assert filled.script_end(3) == 19
    assert filled.script_end(2) == 12
    assert filled.script_end(5) == 21
    assert filled.filled(0, 5)
    assert not filled.filled(3, 5)
    piece = filled.part(2, 5)
    assert (piece.text, piece.script(0), piece.script(2), piece.script_end(3)) == ("x b", 12, 20, 21)
    assert filled.part(4, 5).script(0) == 20
