"""Queries before and after a migration, on a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from hotlint.verify.model import QuerySpeed
from hotlint.verify.queries import Query, compared, measure, read_queries, slowdown

GIVEN = """
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, note text);
CREATE INDEX orders_customer_idx ON orders (customer_id);
INSERT INTO orders SELECT g, g % 500, repeat('x', 50) FROM generate_series(1, 5000) g;
"""


def speed(database: Connection[Any], sql: str, migration: str) -> list[QuerySpeed]:
    database.execute(GIVEN)
    queries = [Query("q.sql", sql)]
    before = measure(database, queries)
    database.execute(migration.encode())
    return list(compared(before, measure(database, queries)))


def test_a_lost_index_shows_in_shape_and_buffers(database: Connection[Any]) -> None:
    (one,) = speed(database, "SELECT * FROM orders WHERE customer_id = 7", "DROP INDEX orders_customer_idx")
    assert one.before_shape == "Bitmap Heap Scan orders(Bitmap Index Scan orders_customer_idx)"
    assert one.after_shape == "Seq Scan orders"
    assert one.after_buffers > one.before_buffers
    assert slowdown(one) > 10


def test_an_unrelated_change_leaves_a_query_as_it_is(database: Connection[Any]) -> None:
    (one,) = speed(database, "SELECT * FROM orders WHERE id = 7", "CREATE TABLE other (id int)")
    assert one.before_shape == one.after_shape == "Index Scan orders by orders_pkey"
    assert slowdown(one) == 0.0


def test_a_query_that_the_migration_breaks_has_the_servers_error(database: Connection[Any]) -> None:
    (one,) = speed(database, "SELECT note FROM orders", "ALTER TABLE orders DROP COLUMN note")
    assert one.error == 'column "note" does not exist'
    assert slowdown(one) == 0.0


def test_a_query_that_does_not_run_yet_is_not_compared(database: Connection[Any]) -> None:
    assert speed(database, "SELECT total FROM orders", "ALTER TABLE orders ADD COLUMN total int") == []


def test_what_a_query_changes_is_taken_back(database: Connection[Any]) -> None:
    speed(database, "DELETE FROM orders", "SELECT 1")
    row = database.execute("SELECT count(*) FROM orders").fetchone()
    assert row == (5000,)


@pytest.mark.parametrize(
    ("text", "names", "notes"),
    [
        ("SELECT 1", ["q.sql"], []),
        ("SELECT 1;\n\nSELECT 2;", ["q.sql:1", "q.sql:3"], []),
        ("SET x.y = 1;\nSELECT 2;", ["q.sql"], ["q.sql:1: not a query, so its speed is not measured"]),
    ],
)
def test_queries_are_named_by_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, names: list[str], notes: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("q.sql").write_text(text)
    queries, told = read_queries("q.sql")
    assert ([query.name for query in queries], list(told)) == (names, notes)
