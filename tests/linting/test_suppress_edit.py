"""The edit that suppresses a finding: where it goes, and that it does."""

from __future__ import annotations

import pytest

from hotlint.finding import Finding, Place
from hotlint.linting.lint import lint
from hotlint.linting.proof import applied
from hotlint.linting.suppress_edit import suppress_edit
from hotlint.planning.model import Plan
from hotlint.registry import find_rules
from hotlint.rule import Example
from hotlint.testing import EXAMPLE_PATH, example_plan

REGISTRY = find_rules()


def findings(plan: Plan, rule: str) -> list[Finding]:
    """What a rule finds; what is wrong with suppressions would stand among it."""
    return [f for f in lint(plan, REGISTRY).findings if f.rule == rule or f.rule.startswith("suppression-")]


def suppressed(sql: str, rule: str = "drop-table", *, last: bool = True, reason: str = "moved away") -> str:
    """The migration with the rule's last (or first) finding suppressed, which must be the only one that goes."""
    plan = example_plan(Example(sql=sql))
    before = findings(plan, rule)
    finding = before[-1 if last else 0]
    edit = suppress_edit(plan, finding, reason)
    assert edit is not None
    assert edit.path == finding.place.path == EXAMPLE_PATH
    text = applied(sql, [edit])
    left = findings(example_plan(Example(sql=text)), rule)
    assert [f.message for f in left] == [f.message for f in before if f is not finding]
    return text


IGNORE = "hotlint: ignore[drop-table] moved away"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("DROP TABLE carts;\n", f"-- {IGNORE}\nDROP TABLE carts;\n"),
        ("SELECT 1;\n  DROP TABLE carts", f"SELECT 1;\n  -- {IGNORE}\n  DROP TABLE carts"),
        ("-- Größe 🚀\r\nDROP TABLE carts;\r\n", f"-- Größe 🚀\r\n-- {IGNORE}\r\nDROP TABLE carts;\r\n"),
        ("SELECT 1; DROP TABLE carts;", f"SELECT 1; DROP /* {IGNORE} */ TABLE carts;"),
        ("SELECT\n1; /* old */ DROP TABLE carts;", f"SELECT\n1; /* old */ DROP /* {IGNORE} */ TABLE carts;"),
        ("SELECT 1\n; DROP TABLE carts;", f"SELECT 1\n-- {IGNORE}\n; DROP TABLE carts;"),
        ("/* long\n   ago */ DROP TABLE carts;", f"/* long\n   ago */ -- {IGNORE}\n   DROP TABLE carts;"),
        (
            "DO $$\nBEGIN\n  DROP TABLE carts;\nEND $$;",
            f"-- {IGNORE}\nDO $$\nBEGIN\n  DROP TABLE carts;\nEND $$;",
        ),
        (
            "-- hotlint: ignore[missing-lock-timeout] at night\nDROP TABLE carts;",
            f"-- hotlint: ignore[missing-lock-timeout] at night\n-- {IGNORE}\nDROP TABLE carts;",
        ),
    ],
)
def test_the_comment_goes_above_the_statement_or_inside_it(sql: str, expected: str) -> None:
    assert suppressed(sql) == expected


def test_only_the_statement_of_the_finding_is_suppressed() -> None:
    assert suppressed("DROP TABLE carts;\nDROP TABLE items;", last=False) == (
        f"-- {IGNORE}\nDROP TABLE carts;\nDROP TABLE items;"
    )


def test_a_reason_of_several_lines_becomes_one() -> None:
    assert suppressed("DROP TABLE carts;", reason="moved\n  away") == f"-- {IGNORE}\nDROP TABLE carts;"


def test_without_a_reason_the_comment_has_a_place_for_one() -> None:
    plan = example_plan(Example(sql="DROP TABLE carts;"))
    (finding,) = findings(plan, "drop-table")
    edit = suppress_edit(plan, finding)
    assert edit is not None
    assert edit.text == "-- hotlint: ignore[drop-table] say here why this is right\n"


def test_what_is_about_no_statement_is_ignored_in_the_file() -> None:
    files = {
        "db/0001_a.up.sql": "CREATE TABLE a (id int);",
        "db/0001_a.down.sql": "DROP TABLE a;",
        "db/0002_b.up.sql": "-- by hand",
    }
    plan = example_plan(Example(files=files))
    (finding,) = findings(plan, "missing-down-file")
    edit = suppress_edit(plan, finding, "we never go back")
    assert edit is not None
    files["db/0002_b.up.sql"] = text = applied(files["db/0002_b.up.sql"], [edit])
    assert text == "-- by hand\n-- hotlint: ignore-file[missing-down-file] we never go back\n"
    assert findings(example_plan(Example(files=files)), "missing-down-file") == []


def test_a_finding_about_the_down_script_is_suppressed_in_its_section() -> None:
    files = {
        "db/00001_a.sql": "-- +goose Up\nCREATE TABLE a (id int);\n\n-- +goose Down\n-- later\nSELECT 1;\n",
    }
    plan = example_plan(Example(files=files))
    (finding,) = findings(plan, "down-not-inverse-of-up")
    edit = suppress_edit(plan, finding, "we never go back")
    assert edit is not None
    text = applied(files["db/00001_a.sql"], [edit])
    assert text.startswith("-- +goose Up\n-- hotlint: ignore-file[down-not-inverse-of-up] we never go back\nCREATE")
    assert findings(example_plan(Example(files={"db/00001_a.sql": text})), finding.rule) == []


def test_there_is_no_comment_for_what_no_comment_suppresses() -> None:
    plan = example_plan(Example(sql="-- hotlint: ignore[drop-table] never used\nSELECT 1;"))
    (unused,) = findings(plan, "suppression-unused")
    assert suppress_edit(plan, unused) is None
    rollback = "CREATE TABLE a (id int);\n--rollback TRUNCATE a; DROP TABLE a;\n"
    plan = example_plan(Example(files={"db/changelog.sql": f"--liquibase formatted sql\n--changeset a:1\n{rollback}"}))
    down = plan.migrations[0].down
    assert down is not None
    script, start = down.steps[0].script, down.steps[0].statement.start
    at = script.position(start)
    place = Place(script.path, at.line, at.column, at.line, at.column)
    assert suppress_edit(plan, Finding("truncate", "destructive", "error", "", place)) is None
