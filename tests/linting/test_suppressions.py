from __future__ import annotations

from datetime import date

import pytest

from hotlint.dialects.postgres.scan import split
from hotlint.linting.suppressions import FileSuppressions, read_suppressions
from hotlint.source import Region, Script

KNOWN = ("drop-table", "set-not-null")
TODAY = date(2026, 6, 1)


def read(text: str) -> FileSuppressions | None:
    return read_suppressions(Script("a.sql", text, (Region(0, len(text)),)), split(text), KNOWN, TODAY)


def covered(text: str) -> list[tuple[str, str, str]]:
    """Rule, reason and covered text of every suppression."""
    found = read(text)
    assert found is not None
    assert found.problems == []
    return [(s.rule, s.reason, text[s.first : s.last]) for s in found.suppressions]


def told(text: str) -> list[tuple[str, str, str]]:
    """Rule, message and marked text of every problem."""
    found = read(text)
    assert found is not None
    return [(p.rule, p.message, text[p.start : p.end]) for p in found.problems]


PLACES = [
    "SELECT 1;\n-- hotlint: ignore[drop-table] carts moved\nDROP TABLE carts;\nSELECT 2;",
    "SELECT 1;\n\n-- hotlint: ignore[drop-table] carts moved\n-- Ticket 17\n\nDROP TABLE carts;\nSELECT 2;",
    "SELECT 1;\nDROP TABLE carts; -- hotlint: ignore[drop-table] carts moved\nSELECT 2;",
    "SELECT 1; DROP TABLE carts; /* hotlint: ignore[drop-table] carts moved */ SELECT 2;",
    "SELECT 1; /* hotlint: ignore[drop-table] carts moved */\nDROP TABLE carts;",
]


@pytest.mark.parametrize("text", PLACES[:4])
def test_a_comment_before_or_behind_a_statement_is_about_it(text: str) -> None:
    assert covered(text) == [("drop-table", "carts moved", "DROP TABLE carts")]


def test_a_comment_behind_a_statement_on_its_line_is_not_about_the_next() -> None:
    assert covered(PLACES[4]) == [("drop-table", "carts moved", "SELECT 1")]


def test_a_comment_inside_a_statement_is_about_all_of_it() -> None:
    text = "ALTER TABLE a\n  ADD b int, -- hotlint: ignore[set-not-null] checked by hand\n  ALTER c SET NOT NULL;"
    assert covered(text) == [("set-not-null", "checked by hand", text[:-1])]


def test_a_comment_in_the_body_of_a_do_block_is_about_the_block() -> None:
    text = "DO $$\nBEGIN\n  -- hotlint: ignore[drop-table] carts moved\n  DROP TABLE carts;\nEND\n$$;"
    assert covered(text) == [("drop-table", "carts moved", text[:-1])]


def test_one_comment_may_name_several_rules() -> None:
    text = "DROP TABLE a; -- hotlint: ignore[drop-table, set-not-null]: nobody uses it"
    assert [(rule, reason) for rule, reason, _ in covered(text)] == [
        ("drop-table", "nobody uses it"),
        ("set-not-null", "nobody uses it"),
    ]


def test_a_file_suppression_covers_every_statement() -> None:
    found = read("SELECT 1;\nDROP TABLE a;\n-- hotlint: ignore-file[drop-table] a seed of the test database")
    assert found is not None
    assert found.suppresses("drop-table", 0)
    assert found.suppresses("drop-table", 12)
    assert not found.suppresses("set-not-null", 12)


@pytest.mark.parametrize(
    "text",
    [
        "DROP TABLE carts;",
        "INSERT INTO notes VALUES ('-- hotlint: ignore[drop-table] x');",
        "-- the mark hotlint: in the middle\nSELECT 1;",
        "-- squawk-ignore ban-drop-table\nDROP TABLE carts;",
    ],
)
def test_what_is_no_comment_of_ours_suppresses_nothing(text: str) -> None:
    found = read(text)
    assert found is None or (found.suppressions == [] and found.problems == [])


MISTAKES = [
    (
        "-- hotlint: ignore[drop-table]",
        "suppression-invalid",
        "ignore[drop-table] needs a reason behind the brackets",
    ),
    (
        "-- hotlint: ignore[drop-table] until=2027-01-31",
        "suppression-invalid",
        "ignore[drop-table] needs a reason behind the brackets",
    ),
    (
        "-- hotlint: ignore all of it",
        "suppression-invalid",
        "everything cannot be ignored at once: name the rules, as in ignore[drop-table] reason",
    ),
    (
        "/* hotlint: ignore-file[*] generated */",
        "suppression-invalid",
        "everything cannot be ignored at once: name the rules, as in ignore-file[drop-table] reason",
    ),
    (
        "-- hotlint: ignored[drop-table] moved",
        "suppression-invalid",
        '"ignored" is no directive (did you mean "ignore"?): write ignore[rule-id] and a reason',
    ),
    (
        "-- hotlint: ignore[drop-table] moved until=31.1.2027",
        "suppression-invalid",
        '"until=31.1.2027" is no date: write it as until=2027-01-31',
    ),
    (
        "-- hotlint: ignore[drop-table] until=2026-05-31 moved",
        "suppression-expired",
        "the suppression of drop-table was good until 2026-05-31 (moved)",
    ),
    (
        "-- hotlint: ignore[drop-tables] moved",
        "suppression-unknown-rule",
        'there is no rule "drop-tables" (did you mean "drop-table"?)',
    ),
]


@pytest.mark.parametrize(("comment", "rule", "message"), MISTAKES)
def test_a_suppression_that_suppresses_nothing_is_told(comment: str, rule: str, message: str) -> None:
    text = f"SELECT 1;\n{comment}\nDROP TABLE carts;"
    assert told(text) == [(rule, message, comment)]
    found = read(text)
    assert found is not None
    assert found.suppressions == []


def test_a_suppression_is_good_on_its_last_day() -> None:
    text = "-- hotlint: ignore[drop-table] moved, until=2026-06-01\nDROP TABLE carts;"
    assert covered(text) == [("drop-table", "moved,", "DROP TABLE carts")]


def test_a_comment_with_nothing_to_be_about_is_told() -> None:
    assert told("SELECT 1;\n-- hotlint: ignore[drop-table] moved\n") == [
        (
            "suppression-unused",
            "no statement follows that it could be on",
            "-- hotlint: ignore[drop-table] moved",
        )
    ]


def test_unused_is_told_only_of_rules_that_were_asked() -> None:
    found = read("-- hotlint: ignore[drop-table, set-not-null] moved\nDROP TABLE carts;\nSELECT 1;")
    assert found is not None
    assert [p.message for p in found.unused(["drop-table"])] == [
        "drop-table finds nothing here, so there is nothing to suppress"
    ]
    assert found.suppresses("drop-table", 55)
    assert list(found.unused(["drop-table"])) == []


def test_a_capital_letter_is_no_mistake_and_a_missing_colon_is_told() -> None:
    text = "-- Hotlint: ignore[drop-table] carts moved\nDROP TABLE carts;"
    assert covered(text) == [("drop-table", "carts moved", "DROP TABLE carts")]
    comment = "-- hotlint ignore[drop-table] carts moved"
    message = 'without a colon this suppresses nothing: write "hotlint: ignore[rule-id]" and a reason'
    assert told(f"{comment}\nDROP TABLE carts;") == [("suppression-invalid", message, comment)]
    assert told("-- hotlint found nothing here\nDROP TABLE carts;") == []
