"""The long halves of fixes: batches, triggers that keep a column filled, columns swapped for others."""

from __future__ import annotations

import pytest

from hotlint.catalog.names import QName
from hotlint.catalog.records import Index
from hotlint.operations import IndexElement
from hotlint.remedies import sql
from hotlint.remedies.replacement import index_sql, uses


def test_a_batch_loop_keeps_the_whole_condition_of_the_statement() -> None:
    loop = sql.batch_loop("orders", "o", "public.orders.id", "id", "UPDATE orders o SET a = 1", "a = 2 OR b = 3")
    assert (
        "    UPDATE orders o SET a = 1\n"
        "      WHERE (a = 2 OR b = 3) AND (batch_after IS NULL OR o.id > batch_after) AND o.id <= batch_last;\n"
        "    COMMIT;\n" in loop
    )


def test_batches_are_valid_sql_with_and_without_a_key() -> None:
    assert sql.parses("1")
    for loop in (
        sql.batch_loop('app."T"', '"T"', 'app."T"."Id"', '"Id"', 'DELETE FROM app."T"'),
        sql.place_loop("t", "UPDATE t SET a = DEFAULT", "a IS NULL"),
    ):
        from pglast.parser import parse_plpgsql_json, parse_sql_json

        assert parse_sql_json(loop)
        assert parse_plpgsql_json(loop)


@pytest.mark.parametrize(
    ("statement", "parts"),
    [
        ("UPDATE t SET a = 1", ("UPDATE t SET a = 1", None)),
        ("UPDATE t SET a = 1 WHERE b", ("UPDATE t SET a = 1", "b")),
        (
            "UPDATE t SET a = (SELECT x FROM u WHERE u.id = t.id) WHERE a IS NULL OR b",
            ("UPDATE t SET a = (SELECT x FROM u WHERE u.id = t.id)", "a IS NULL OR b"),
        ),
        ("DELETE FROM t -- where\nwhere note = ' WHERE '", ("DELETE FROM t -- where", "note = ' WHERE '")),
    ],
)
def test_a_statement_is_split_at_its_own_where(statement: str, parts: tuple[str, str | None]) -> None:
    assert sql.split_where(statement) == parts


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("ADD a int GENERATED ALWAYS AS (b + (c)) STORED", "b + (c)"),
        ("ADD a numeric(10, 2) GENERATED ALWAYS AS (')' || b) STORED", "')' || b"),
        ("ADD a int", None),
        ("ADD a int GENERATED ALWAYS", None),
    ],
)
def test_what_stands_in_parentheses_behind_a_word(text: str, inside: str | None) -> None:
    assert sql.parenthesised(text, "GENERATED") == inside


def test_a_word_is_taken_out_of_a_statement_and_not_out_of_its_names() -> None:
    assert sql.without_word('DROP TABLE "CASCADE" cascade', "CASCADE") == 'DROP TABLE "CASCADE"'


def test_an_index_is_written_again_for_another_column() -> None:
    index = Index(
        name=QName("public", "orders_total"),
        table=QName("public", "orders"),
        elements=(IndexElement(column="total", descending=True, nulls="last"), IndexElement(column="day")),
        include=("note",),
        unique=True,
    )
    assert uses(index, "total")
    assert not uses(index, "other")
    assert index_sql(index, "orders_total_new", "orders", ("total", "total_new")) == (
        "CREATE UNIQUE INDEX CONCURRENTLY orders_total_new ON orders (total_new DESC NULLS LAST, day) INCLUDE (note)"
    )
