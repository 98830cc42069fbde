"""Fixes as edits: what is put where, and what stays as it is around it."""

from __future__ import annotations

import pytest

from hotlint.context import Context
from hotlint.finding import Finding, Fix
from hotlint.registry import find_rules
from hotlint.rule import Example
from hotlint.testing import edited_example, example_plan, run_example

REGISTRY = find_rules()
TABLES = "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric, status text, note text);"


def found(rule: str, example: Example) -> Finding:
    """The first finding of a rule in an example."""
    return next(f for f in run_example(type(REGISTRY.load(rule)), example).findings if f.rule == rule)


def fix_of(rule: str, example: Example) -> Fix:
    return found(rule, example).fixes[0]


def fixed(rule: str, sql: str, given: str = TABLES, *, transaction: bool = True, server: int = 16) -> str | None:
    """A migration with the first fix of a rule made, None where the fix cannot be made."""
    example = Example(sql=sql, given=given, transaction=transaction, server=server)
    fix = fix_of(rule, example)
    return edited_example(example, fix).sql if fix.edits else None


def fixed_file(rule: str, files: dict[str, str]) -> dict[str, str]:
    """The files of a project that the first fix of a rule changes."""
    example = Example(files=files)
    changed = edited_example(example, fix_of(rule, example)).files
    return {path: text for path, text in changed.items() if text != files[path]}


# -- the statement and what is around it


def test_a_statement_is_replaced_between_its_comments_and_keeps_its_semicolon() -> None:
    text = "SELECT 1; -- first\n\n/* by status */ CREATE INDEX by_status ON orders (status) -- soon\n; -- last\n"
    assert fixed("create-index-not-concurrent", text, transaction=False) == text.replace(
        "CREATE INDEX", "CREATE INDEX CONCURRENTLY"
    )


def test_an_edit_counts_code_points_and_takes_no_more_than_it_must() -> None:
    text = "SELECT 'größer 🚀';\nCREATE INDEX \"größe_🚀\" ON orders (status);\n"
    (edit,) = fix_of("create-index-not-concurrent", Example(sql=text, given=TABLES, transaction=False)).edits
    assert (edit.start, edit.end, edit.text) == (text.index('"größe'), text.index('"größe'), "CONCURRENTLY ")


def test_several_statements_are_indented_as_the_one_was() -> None:
    text = "SELECT 1;\n  ALTER TABLE orders ADD CONSTRAINT paid CHECK (total > 0);\n"
    assert fixed("add-check-validates", text, transaction=False) == (
        "SELECT 1;\n  ALTER TABLE orders ADD CONSTRAINT paid CHECK (total > 0) NOT VALID;\n"
        "  ALTER TABLE orders VALIDATE CONSTRAINT paid;\n"
    )


def test_new_lines_end_as_those_of_the_file_do() -> None:
    text = "-- a\r\nSELECT 1;\r\nALTER TABLE orders\r\n  ADD CONSTRAINT paid CHECK (total > 0);\r\n"
    assert fixed("add-check-validates", text, transaction=False) == (
        "-- a\r\nSELECT 1;\r\nALTER TABLE orders ADD CONSTRAINT paid CHECK (total > 0) NOT VALID;\r\n"
        "ALTER TABLE orders VALIDATE CONSTRAINT paid;\r\n"
    )


def test_a_last_statement_without_a_semicolon_stays_without_one() -> None:
    given = f"{TABLES}CREATE TABLE items (of bigint REFERENCES orders);"
    assert fixed("truncate-cascade", "TRUNCATE orders CASCADE", given) == "TRUNCATE orders, items"


def test_a_statement_goes_in_above_the_comments_of_the_one_it_is_for() -> None:
    text = "SELECT 1;\n\n-- The total is never needed again.\n-- See the wiki.\nALTER TABLE orders DROP COLUMN total;\n"
    assert fixed("missing-lock-timeout", text) == text.replace("-- The", "SET LOCAL lock_timeout = '2s';\n-- The")


def test_a_statement_goes_in_below_the_head_of_a_file() -> None:
    text = "-- Migration 12\n-- by us\nALTER TABLE orders DROP COLUMN total;\n"
    assert fixed("missing-lock-timeout", text) == text.replace("ALTER", "SET LOCAL lock_timeout = '2s';\nALTER")


def test_a_statement_never_comes_between_a_suppression_and_what_it_suppresses() -> None:
    text = (
        "-- Migration 12\n-- hotlint: ignore[drop-column] unused\n-- since May\nALTER TABLE orders DROP COLUMN total;\n"
    )
    assert fixed("missing-lock-timeout", text) == text.replace(
        "-- hotlint", "SET LOCAL lock_timeout = '2s';\n-- hotlint"
    )


def test_a_fix_that_loses_a_comment_of_the_statement_is_not_safe() -> None:
    given = f"{TABLES}\nCREATE INDEX by_status ON orders (status);"
    with_comment, without = (
        fix_of("drop-index-not-concurrent", Example(sql=sql, given=given, transaction=False))
        for sql in ("DROP INDEX /* at last */ by_status;", "DROP INDEX by_status; /* at last */")
    )
    assert with_comment.edits
    assert not with_comment.safe
    assert without.safe


def test_a_fix_for_a_table_that_the_history_never_made_is_not_safe() -> None:
    fix = fix_of("drop-index-not-concurrent", Example(sql="DROP INDEX old;", transaction=False))
    assert fix.edits
    assert not fix.safe


# -- a part of a statement


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "ALTER TABLE orders\n  ADD COLUMN a int, -- first\n  DROP COLUMN note -- second\n;",
            "ALTER TABLE orders\n  ADD COLUMN a int;\n"
            "ALTER TABLE orders RENAME COLUMN note TO note_to_be_dropped -- second\n;",
        ),
        (
            "ALTER TABLE orders DROP COLUMN note, -- first\n  ADD COLUMN a int;",
            "ALTER TABLE orders RENAME COLUMN note TO note_to_be_dropped;\nALTER TABLE orders ADD COLUMN a int;",
        ),
        (
            "ALTER TABLE orders ADD COLUMN a int, DROP COLUMN note, ADD COLUMN b int;",
            "ALTER TABLE orders ADD COLUMN a int, ADD COLUMN b int;\n"
            "ALTER TABLE orders RENAME COLUMN note TO note_to_be_dropped;",
        ),
    ],
)
def test_the_other_subcommands_of_an_alter_table_stay(sql: str, expected: str) -> None:
    assert fixed("drop-column", sql) == expected


@pytest.mark.parametrize(
    ("drop", "rest"),
    [
        ("DROP TABLE IF EXISTS a.orders, b CASCADE;", "DROP TABLE IF EXISTS b CASCADE;"),
        ('DROP TABLE "A"."or.ders", a.b, c;', "DROP TABLE a.b, c;"),
    ],
)
def test_the_other_objects_of_a_drop_stay(drop: str, rest: str) -> None:
    text = fixed("drop-table", drop)
    assert text is not None
    assert text.split("\n")[1] == rest


def test_the_last_object_of_a_drop_goes_and_its_cascade_stays() -> None:
    finding = [
        f
        for f in run_example(type(REGISTRY.load("drop-table")), Example(sql="DROP TABLE a, s.b CASCADE;")).findings
        if f.rule == "drop-table"
    ][1]
    example = edited_example(Example(sql="DROP TABLE a, s.b CASCADE;"), finding.fixes[0])
    assert example.sql == "DROP TABLE a CASCADE;\nALTER TABLE s.b RENAME TO b_to_be_dropped;"


# -- where there is no edit


@pytest.mark.parametrize(
    ("rule", "sql"),
    [
        ("drop-column", "DO $$ BEGIN ALTER TABLE orders DROP COLUMN note; END $$;"),
        ("add-check-validates", "ALTER TABLE orders ADD CHECK (total > 0);"),
        ("create-index-not-concurrent", "SELECT 1;\nCREATE INDEX ON orders (status);"),
        ("create-index-not-concurrent", "CREATE INDEX ON orders (status) \\gexec\n"),
        ("rename-table", "ALTER TABLE ${schema}.orders RENAME TO old_orders;"),
    ],
)
def test_what_cannot_be_put_where_it_stood_has_no_edit(rule: str, sql: str) -> None:
    assert fixed(rule, sql) is None


def test_a_statement_with_a_placeholder_only_takes_what_is_put_in() -> None:
    text = "CREATE INDEX ${name} ON orders (status);"
    assert fixed("create-index-not-concurrent", text, transaction=False) == text.replace("INDEX", "INDEX CONCURRENTLY")


def test_a_file_that_could_not_be_read_whole_has_no_edit() -> None:
    files = {"db/0001_a.up.sql": TABLES, "db/0002_b.up.sql": "-- caf\udce9\nDROP TABLE orders;\n"}
    assert fix_of("drop-table", Example(files=files)).edits == ()


def test_a_rollback_line_of_liquibase_has_no_edit() -> None:
    text = f"--liquibase formatted sql\n--changeset a:1\n{TABLES}\nCREATE INDEX ON orders (note);\n"
    files = {"db/changelog.sql": f"{text}--rollback CREATE TABLE a (id int); CREATE INDEX ON orders (total);\n"}
    example = Example(files=files)
    plan = example_plan(example)
    down = plan.migrations[0].down
    assert down is not None
    context = Context(plan, "a-rule", "locking", "error")
    assert context.fix("Leave it out", "SELECT 1", step=plan.migrations[0].steps[0]).edits
    assert not context.fix("Leave it out", "SELECT 1", step=down.steps[0]).edits
    assert not context.fix_at_end("End it", "SELECT 1", migration=down).edits


# -- without a transaction


INDEX = "CREATE INDEX by_status ON orders (status);\n"
BUILT = "CREATE INDEX CONCURRENTLY by_status ON orders (status);\n"


@pytest.mark.parametrize(
    ("path", "first", "text", "expected"),
    [
        (
            "db/0000{}_a.sql",
            f"-- +goose Up\n{TABLES}",
            f"-- +goose Up\n{INDEX}",
            f"-- +goose NO TRANSACTION\n-- +goose Up\n{BUILT}",
        ),
        (
            "db/0000{}_a.sql",
            f"-- migrate:up\n{TABLES}",
            f"-- migrate:up\r\n\r\n{INDEX}-- migrate:down\r\nDROP INDEX CONCURRENTLY by_status;",
            f"-- migrate:up transaction:false\r\n\r\n{BUILT}-- migrate:down\r\nDROP INDEX CONCURRENTLY by_status;",
        ),
        (
            "db/0000{}_a.sql",
            f"-- +migrate Up\n{TABLES}",
            f"-- +migrate Up\n-- +migrate StatementBegin\n{INDEX}-- +migrate StatementEnd\n",
            f"-- +migrate Up notransaction\n-- +migrate StatementBegin\n{BUILT}-- +migrate StatementEnd\n",
        ),
        ("db/V{}__a.sql", TABLES, INDEX, BUILT),
        ("supabase/migrations/2026010100000{}_a.sql", TABLES, INDEX, BUILT),
        ("db/00000{}_a.up.sql", TABLES, INDEX, BUILT),
        (
            "db/{}.sql",
            f"--liquibase formatted sql\n--changeset a:1\n{TABLES}\n",
            f"--liquibase formatted sql\n--changeset a:2 context:prod\n{INDEX}",
            f"--liquibase formatted sql\n--changeset a:2 context:prod runInTransaction:false\n{BUILT}",
        ),
    ],
)
def test_the_directive_goes_where_the_framework_looks_for_it(path: str, first: str, text: str, expected: str) -> None:
    files = {path.format(1): first, path.format(2): text}
    assert fixed_file("create-index-not-concurrent", files) == {path.format(2): expected}
    changed = files | {path.format(2): expected}
    rule = type(REGISTRY.load("create-index-not-concurrent"))
    assert run_example(rule, Example(files=changed)).findings == ()


def test_one_directive_does_not_change_how_the_way_back_runs() -> None:
    files = {
        "db/00001_a.sql": f"-- +goose Up\n{TABLES}",
        "db/00002_b.sql": f"-- +goose Up\n{INDEX}-- +goose Down\nDROP INDEX by_status;\nSELECT 1;\n",
    }
    assert fix_of("create-index-not-concurrent", Example(files=files)).edits == ()


def test_several_statements_without_a_transaction_need_a_file_each_where_a_file_is_one_message() -> None:
    files = {
        "db/1_a.sql": TABLES,
        "db/2_b.sql": "-- no-transaction\nSELECT 1;",
        "db/3_c.sql": "ALTER TABLE orders ADD CONSTRAINT one_note UNIQUE (note);",
    }
    fix = fix_of("add-unique-constraint", Example(files=files))
    assert fix.edits == ()
    assert fix.sql == (
        "-- no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY one_note ON orders (note);\n-- in the next migration:\n"
        "-- no-transaction\nALTER TABLE orders ADD CONSTRAINT one_note UNIQUE USING INDEX one_note;"
    )


# -- at the end of a script


def test_what_ends_a_script_goes_behind_its_last_comment() -> None:
    assert fixed("uncommitted-transaction", "BEGIN;\n  DROP TABLE orders; -- gone\n\n", transaction=False) == (
        "BEGIN;\n  DROP TABLE orders; -- gone\n  COMMIT;\n\n"
    )


def test_a_down_script_gets_what_it_lacks() -> None:
    example = Example(sql="ALTER TABLE orders ADD COLUMN a int;", given=TABLES, down="SELECT 1")
    fix = fix_of("down-not-inverse-of-up", example)
    assert edited_example(example, fix).down == "SELECT 1;\nALTER TABLE public.orders DROP COLUMN a"
