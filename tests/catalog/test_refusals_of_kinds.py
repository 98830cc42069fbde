"""What the server refuses because of what a relation or a column is (measured on PostgreSQL 16)."""

from __future__ import annotations

import pytest

from tests.catalog.replay import failure, schema, table

SHOP = """
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric, note text);
CREATE TABLE events (id int, at date) PARTITION BY RANGE (at);
CREATE TEMP TABLE basket (id int PRIMARY KEY);
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE INDEX orders_note_idx ON orders (note);
CREATE INDEX orders_part_idx ON orders (total) WHERE total > 0;
CREATE VIEW notes AS SELECT note FROM orders;
CREATE STATISTICS both_of ON total, note FROM orders;
"""

REFUSED = [
    ("CREATE TABLE t (a text GENERATED ALWAYS AS IDENTITY)", "22023"),
    ("CREATE TABLE t (a mood GENERATED ALWAYS AS IDENTITY)", "22023"),
    ("CREATE TABLE t (a serial DEFAULT 1)", "42601"),
    ("CREATE TABLE t (a int DEFAULT 1 GENERATED ALWAYS AS IDENTITY)", "42601"),
    ("CREATE TEMP TABLE public.t (a int)", "42P16"),
    ("CREATE TABLE t PARTITION OF orders FOR VALUES IN (1)", "42P17"),
    ("CREATE TABLE t PARTITION OF events FOR VALUES IN ('2026-01-01')", "42P16"),
    ("ALTER TABLE events ATTACH PARTITION events DEFAULT", "42P07"),
    ("ALTER TABLE orders INHERIT orders", "42P07"),
    ("CREATE TABLE t (id text) INHERITS (orders)", "42804"),
    ("CREATE TABLE t () INHERITS (events)", "42809"),
    ("CREATE TABLE t () INHERITS (basket)", "42809"),
    ("CREATE TABLE t (id int, total numeric, note text); ALTER TABLE t INHERIT orders", "42804"),
    ("CREATE TABLE t (LIKE t)", "42P01"),
    ("CREATE TABLE t (note int, LIKE orders)", "42701"),
    ("CREATE TABLE mood (a int)", "42710"),
    ("ALTER TABLE basket SET UNLOGGED", "42P16"),
    ("ALTER TABLE basket SET SCHEMA public", "0A000"),
    ("CREATE TEMP TABLE t (a bigint REFERENCES orders)", "42P16"),
    ("CREATE TABLE t (a numeric REFERENCES orders)", "42804"),
    ("CREATE TABLE t (a bigint[] REFERENCES orders)", "42804"),
    ("CREATE MATERIALIZED VIEW m AS SELECT id FROM basket", "0A000"),
    ("CREATE VIEW public.v AS SELECT id FROM basket", "42P16"),
    ("CREATE VIEW v AS SELECT nope FROM orders", "42703"),
    ("CREATE VIEW v AS SELECT o.nope FROM orders o JOIN basket b ON true", "42703"),
    ("CREATE VIEW v AS SELECT * FROM orders JOIN basket ON true", "42701"),
    ("CREATE INDEX ON orders USING hash (total, note)", "0A000"),
    ("CREATE UNIQUE INDEX ON orders USING hash (total)", "0A000"),
    ("CREATE INDEX ON orders USING gin (note DESC)", "0A000"),
    ("CREATE INDEX ON orders USING gin (note NULLS FIRST)", "0A000"),
    ("CREATE INDEX ON orders USING brin (total) INCLUDE (note)", "0A000"),
    ("CREATE INDEX IF NOT EXISTS orders_note_idx ON orders (nope)", "42703"),
    ("ALTER TABLE orders CLUSTER ON orders_part_idx", "0A000"),
    ("ALTER TABLE basket CLUSTER ON basket_pkey; ALTER TABLE orders CLUSTER ON events_pkey", "42704"),
    ("ALTER TABLE orders RENAME TO orders", "42P07"),
    ("ALTER TABLE orders RENAME CONSTRAINT orders_pkey TO orders_note_idx", "42P07"),
    ("ALTER TABLE orders ADD CHECK (total > 0); ALTER INDEX orders_pkey RENAME TO orders_total_check", "42710"),
    ("ALTER TABLE orders ALTER note TYPE text", "0A000"),
    ("CREATE STATISTICS both_of ON id, note FROM orders", "42710"),
    ("DROP STATISTICS none_of", "42704"),
    ("CREATE TABLE t (a int, EXCLUDE (nope WITH =))", "42703"),
    ("CREATE TABLE t (a int, EXCLUDE (a WITH =)) PARTITION BY LIST (a)", "0A000"),
    ("CREATE SCHEMA app; DROP SCHEMA app; ALTER TABLE app.t ADD a int", "3F000"),
    ("ALTER TABLE none_of SET SCHEMA nope", "42P01"),
]


@pytest.mark.parametrize(("sql", "sqlstate"), REFUSED)
def test_the_server_refuses_by_kind(sql: str, sqlstate: str) -> None:
    refused = failure(SHOP, sql)
    assert refused is not None
    assert refused[0] == sqlstate


ACCEPTED = [
    "CREATE TABLE t (a int REFERENCES orders)",
    "CREATE VIEW v AS SELECT o.n, b.* FROM (SELECT 1 AS n) o, basket b",
    "CREATE VIEW v AS SELECT nope FROM orders, generate_series(1, 2) AS nope",
    "CREATE VIEW v AS SELECT id FROM orders JOIN basket USING (id)",
    "CREATE VIEW v AS SELECT note AS n FROM orders ORDER BY n",
    "ALTER TABLE events SET UNLOGGED",
    "CREATE INDEX ON orders USING gist (total) INCLUDE (note)",
    "ALTER TABLE orders SET SCHEMA public",
]


@pytest.mark.parametrize("sql", ACCEPTED)
def test_the_server_accepts_what_only_looks_alike(sql: str) -> None:
    assert failure(SHOP, sql) is None


def test_columns_of_like_stand_where_it_is_written() -> None:
    catalog = schema("CREATE TABLE a (x int, y int); CREATE TABLE b (p int, LIKE a, q int)")
    assert [c.name for c in table(catalog, "b").columns] == ["p", "x", "y", "q"]


def test_included_columns_are_numbered_in_the_name_of_an_index() -> None:
    catalog = schema("CREATE TABLE a (x int); CREATE INDEX ON a (x) INCLUDE (x)")
    assert [i.name.name for i in catalog.indexes(table(catalog, "a").name)] == ["a_x_x1_idx"]


def test_the_row_type_of_a_table_follows_its_name() -> None:
    catalog = schema("CREATE TABLE a (x int); CREATE TABLE b (v a); ALTER TABLE a RENAME TO c")
    assert [c.type.name for c in table(catalog, "b").columns if c.type is not None] == ["c"]
