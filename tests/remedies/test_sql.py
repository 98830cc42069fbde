from __future__ import annotations

import pytest

from hotlint.dialects.postgres.parse import ParseOptions, parse_script
from hotlint.operations import AddColumn, ColumnDef, SetDefault
from hotlint.remedies import sql
from hotlint.source import Region, Script


def operation_of(text: str) -> object:
    script = Script("a.sql", text, (Region(0, len(text)),))
    parsed = parse_script(script, ParseOptions())
    assert parsed.problems == ()
    return parsed.statements[0].operations[0]


def column_of(text: str) -> ColumnDef:
    operation = operation_of(f"ALTER TABLE orders ADD COLUMN {text}")
    assert isinstance(operation, AddColumn)
    return operation.column


@pytest.mark.parametrize(
    "text",
    [
        "NULL",
        "42",
        "1.5",
        "true",
        "'it''s'",
        "B'101'",
        "now()",
        "current_timestamp",
        "localtime(3)",
        "coalesce(a, 'b', c)",
        "greatest(1, 2)",
        "app.next_number('orders', 3)",
        "'{}'::jsonb",
        "a.total::numeric(10,2)",
        "(1 + 2) * 3",
        "-total",
        "a = 1 AND (b > 2 OR NOT c)",
        "note IS NOT NULL",
        "note IS NULL",
        "paid IS NOT TRUE",
        "status IN ('new', 'paid')",
        "status NOT IN ('new')",
        "total BETWEEN 1 AND 9",
        "note LIKE 'a%'",
        "note IS DISTINCT FROM old_note",
        "status = ANY (ARRAY['new', 'paid'])",
        '"Order"."createdAt" + interval \'1 day\'',
    ],
)
def test_an_expression_comes_back_as_itself(text: str) -> None:
    first = operation_of(f"ALTER TABLE orders ALTER COLUMN total SET DEFAULT ({text})")
    assert isinstance(first, SetDefault)
    rendered = sql.render_expression(first.default)
    assert rendered is not None
    assert operation_of(f"ALTER TABLE orders ALTER COLUMN total SET DEFAULT ({rendered})") == first


@pytest.mark.parametrize("text", ["CASE WHEN a THEN 1 END", "a[1]", "(SELECT 1)", "count(DISTINCT a)", "-(a[1])"])
def test_an_expression_that_is_reduced_too_far_is_not_rendered(text: str) -> None:
    operation = operation_of(f"ALTER TABLE orders ALTER COLUMN total SET DEFAULT ({text})")
    assert isinstance(operation, SetDefault)
    assert sql.render_expression(operation.default) is None


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("note text", "note text"),
        ('"Total" numeric(10, 2) DEFAULT 0 NOT NULL', '"Total" numeric(10,2) DEFAULT 0 NOT NULL'),
        ("tags app.tag[] DEFAULT '{}'", "tags app.tag[] DEFAULT '{}'"),
        ("id bigserial", "id bigserial"),
        ("id bigint GENERATED ALWAYS AS IDENTITY", None),
        ("kind text CHECK (kind <> '')", None),
        ('name text COLLATE "C"', 'name text COLLATE "C"'),
        ("at timestamptz DEFAULT (CASE WHEN true THEN now() END)", None),
    ],
)
def test_a_column_is_rendered_whole_or_not_at_all(text: str, rendered: str | None) -> None:
    assert sql.render_column(column_of(text)) == rendered


def test_a_column_can_be_rendered_without_its_default_and_not_null() -> None:
    column = column_of("token uuid NOT NULL DEFAULT gen_random_uuid()")
    assert sql.render_column(column, default=False, not_null=False) == "token uuid"


@pytest.mark.parametrize(
    ("text", "keyword", "result"),
    [
        ("CREATE INDEX i ON t (a)", "INDEX", "CREATE INDEX CONCURRENTLY i ON t (a)"),
        ("create unique index on t (a)", "INDEX", "create unique index concurrently on t (a)"),
        ("DROP /* INDEX */ INDEX i", "INDEX", "DROP /* INDEX */ INDEX CONCURRENTLY i"),
        ('REINDEX TABLE "TABLE"', "TABLE", 'REINDEX TABLE CONCURRENTLY "TABLE"'),
        ("SELECT 'INDEX'", "INDEX", None),
    ],
)
def test_words_are_put_behind_a_keyword(text: str, keyword: str, result: str | None) -> None:
    assert sql.put_after(text, keyword, "CONCURRENTLY") == result


@pytest.mark.parametrize(
    ("text", "tail"),
    [
        ("CREATE INDEX i ON t (a, lower(b)) WHERE a > 0", "(a, lower(b)) WHERE a > 0"),
        ('CREATE INDEX "on" ON ONLY app."T(1)" USING gin (a)', "USING gin (a)"),
        ("CREATE TABLE t (a int)", None),
    ],
)
def test_the_tail_of_an_index_is_what_follows_its_table(text: str, tail: str | None) -> None:
    assert sql.index_tail(text) == tail


def test_names_and_texts_are_quoted_as_they_must_be() -> None:
    assert sql.literal("it's") == "'it''s'"
    assert sql.qualified("public", "Order") == 'public."Order"'
    assert sql.identifier("x" * 70) == "x" * 63
    assert sql.without_semicolon(" SELECT 1 ; \n") == "SELECT 1"


def test_normalised_statements_differ_in_nothing_but_meaning() -> None:
    assert sql.normalised("ALTER  TABLE\n orders -- now\n ADD note TEXT") == "alter table orders add note text"
    assert sql.normalised("SELECT 'A  b', \"C\"") == "select 'A  b' , \"C\""


def test_one_line_has_neither_comments_nor_line_breaks_outside_quotes() -> None:
    text = "ADD  CHECK (a\n > 0) -- positive\n, note 'a  b' /* end */"
    assert sql.one_line(text) == "ADD CHECK (a > 0) , note 'a  b'"


def test_many_names_are_counted_after_the_first() -> None:
    assert sql.enumerated(["a", "b", "c"], most=3) == "a, b, c"
    assert sql.enumerated(["a", "b", "c", "d"], most=3) == "a, b and 2 more"
