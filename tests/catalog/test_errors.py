"""What the server refuses, by SQLSTATE and in its words (measured on PostgreSQL 16)."""

from __future__ import annotations

import pytest

from hotlint.catalog.catalog import Catalog
from tests.catalog.replay import failure, replay

ORDERS = """
CREATE TABLE customers (id bigint PRIMARY KEY, email text UNIQUE, note text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id), total numeric NOT NULL,
    CONSTRAINT positive CHECK (total > 0));
CREATE INDEX orders_total_idx ON orders (total);
CREATE VIEW big_orders AS SELECT id, total FROM orders WHERE total > 1000;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE SEQUENCE tickets;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY own ON orders USING (total > 0);
"""

REFUSED = [
    ("CREATE TABLE orders (id int)", "42P07", 'relation "orders" already exists'),
    ("CREATE INDEX orders_total_idx ON orders (id)", "42P07", 'relation "orders_total_idx" already exists'),
    ("ALTER TABLE order_ ADD COLUMN x int", "42P01", 'relation "order_" does not exist'),
    ("ALTER TABLE orders ADD COLUMN total int", "42701", 'column "total" of relation "orders" already exists'),
    ("ALTER TABLE orders DROP COLUMN totals", "42703", 'column "totals" of relation "orders" does not exist'),
    ("ALTER TABLE orders ALTER COLUMN x SET NOT NULL", "42703", 'column "x" of relation "orders" does not exist'),
    ("ALTER TABLE orders RENAME COLUMN x TO y", "42703", 'column "x" does not exist'),
    ("ALTER TABLE orders RENAME COLUMN total TO id", "42701", 'column "id" of relation "orders" already exists'),
    ("ALTER TABLE orders RENAME TO customers", "42P07", 'relation "customers" already exists'),
    ("CREATE TABLE t (a int, a text)", "42701", 'column "a" specified more than once'),
    ("CREATE INDEX ON orders (totals)", "42703", 'column "totals" does not exist'),
    (
        "ALTER TABLE orders ADD PRIMARY KEY (total)",
        "42P16",
        'multiple primary keys for table "orders" are not allowed',
    ),
    (
        "ALTER TABLE orders ADD CONSTRAINT positive CHECK (id > 0)",
        "42710",
        'constraint "positive" for relation "orders" already exists',
    ),
    (
        "ALTER TABLE orders DROP CONSTRAINT negative",
        "42704",
        'constraint "negative" of relation "orders" does not exist',
    ),
    (
        "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (note)",
        "42830",
        'there is no unique constraint matching given keys for referenced table "customers"',
    ),
    (
        "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customers (email)",
        "42804",
        'foreign key constraint "fk" cannot be implemented',
    ),
    ("DROP TABLE order_", "42P01", 'table "order_" does not exist'),
    ("DROP VIEW orders", "42809", '"orders" is not a view'),
    ("DROP INDEX nothing", "42704", 'index "nothing" does not exist'),
    ("DROP TABLE customers", "2BP01", "cannot drop table customers because other objects depend on it"),
    ("DROP TABLE orders", "2BP01", "cannot drop table orders because other objects depend on it"),
    (
        "ALTER TABLE orders DROP COLUMN total",
        "2BP01",
        "cannot drop column total of table orders because other objects depend on it",
    ),
    (
        "DROP INDEX orders_pkey",
        "2BP01",
        "cannot drop index orders_pkey because constraint orders_pkey on table orders requires it",
    ),
    (
        "ALTER TABLE customers DROP CONSTRAINT customers_pkey",
        "2BP01",
        "cannot drop constraint customers_pkey on table customers because other objects depend on it",
    ),
    ("DROP FUNCTION touch()", "2BP01", "cannot drop function touch() because other objects depend on it"),
    (
        "ALTER TABLE orders ALTER COLUMN total TYPE bigint",
        "0A000",
        "cannot alter type of a column used by a view or rule",
    ),
    (
        "CREATE OR REPLACE VIEW big_orders AS SELECT id FROM orders",
        "42P16",
        "cannot drop columns from view",
    ),
    (
        "CREATE OR REPLACE VIEW big_orders AS SELECT id, total AS amount FROM orders",
        "42P16",
        'cannot change name of view column "total" to "amount"',
    ),
    ("ALTER TYPE mood ADD VALUE 'ok'", "42710", 'enum label "ok" already exists'),
    ("ALTER TYPE mood ADD VALUE 'x' AFTER 'y'", "22023", '"y" is not an existing enum label'),
    ("ALTER TYPE mood RENAME VALUE 'x' TO 'y'", "22023", '"x" is not an existing enum label'),
    ("CREATE TYPE mood AS ENUM ()", "42710", 'type "mood" already exists'),
    ("CREATE SEQUENCE tickets", "42P07", 'relation "tickets" already exists'),
    ("CREATE SCHEMA public", "42P06", 'schema "public" already exists'),
    ("CREATE TABLE shop.t (id int)", "3F000", 'schema "shop" does not exist'),
    ("ALTER TABLE orders ALTER COLUMN id DROP NOT NULL", "42P16", 'column "id" is in a primary key'),
    (
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
        "42723",
        'function "touch" already exists with same argument types',
    ),
    (
        "CREATE OR REPLACE FUNCTION touch() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "42P13",
        "cannot change return type of existing function",
    ),
    (
        "CREATE TRIGGER touched AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch()",
        "42710",
        'trigger "touched" for relation "orders" already exists',
    ),
    ("DROP TRIGGER untouched ON orders", "42704", 'trigger "untouched" for table "orders" does not exist'),
    ("CREATE POLICY own ON orders USING (true)", "42710", 'policy "own" for table "orders" already exists'),
    ("INSERT INTO orders (id, amount) VALUES (1, 2)", "42703", 'column "amount" of relation "orders" does not exist'),
    ("UPDATE orders SET amount = 1", "42703", 'column "amount" of relation "orders" does not exist'),
    ("DELETE FROM nowhere", "42P01", 'relation "nowhere" does not exist'),
    ("SELECT * FROM nowhere", "42P01", 'relation "nowhere" does not exist'),
    ("COMMENT ON COLUMN orders.x IS 'y'", "42703", 'column "x" of relation "orders" does not exist'),
    (
        "ALTER TABLE orders VALIDATE CONSTRAINT nothing",
        "42704",
        'constraint "nothing" of relation "orders" does not exist',
    ),
]


@pytest.mark.parametrize(("sql", "sqlstate", "message"), REFUSED, ids=[sql for sql, _, _ in REFUSED])
def test_the_server_refuses(sql: str, sqlstate: str, message: str) -> None:
    assert failure(ORDERS, sql) == (sqlstate, message)


@pytest.mark.parametrize(
    "sql",
    [
        "DROP VIEW big_orders; DROP TABLE orders, customers",
        "DROP TABLE orders CASCADE; CREATE TABLE orders (id int); DROP TABLE customers",
        "CREATE TABLE IF NOT EXISTS orders (id int)",
        "DROP TABLE IF EXISTS nothing",
        "ALTER TABLE IF EXISTS nothing ADD COLUMN x int",
        "ALTER TABLE orders ADD COLUMN IF NOT EXISTS total int",
        "ALTER TABLE orders DROP COLUMN id, ADD COLUMN id int",  # drops come first, whatever is written first
        "DROP VIEW big_orders; ALTER TABLE orders ADD COLUMN id uuid, DROP COLUMN id",
        "ALTER TABLE customers ALTER COLUMN note TYPE varchar(10)",
        "CREATE OR REPLACE VIEW big_orders AS SELECT id, total, customer_id FROM orders",
        "DELETE FROM orders WHERE orders IS NOT NULL AND ctid IS NOT NULL",
        "SELECT * FROM pg_catalog.pg_class, information_schema.tables, pg_stat_activity",
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE orders (id int)",
        "WITH recent AS (SELECT id FROM orders) SELECT * FROM recent",
    ],
)
def test_the_server_accepts(sql: str) -> None:
    setup = ORDERS if "DROP COLUMN id, ADD" not in sql else ORDERS + "DROP VIEW big_orders;"
    assert failure(setup, sql) is None


def test_a_mistake_is_told_once() -> None:
    outcomes = replay(
        """
        CREATE TABLE orders (id int);
        CREATE TABLE orders (id int, total int);
        ALTER TABLE orders ALTER COLUMN total SET NOT NULL;
        ALTER TABLE order_items ADD COLUMN price int;
        CREATE INDEX ON order_items (price);
        """,
        Catalog(closed=True),
    )
    assert [o.error.sqlstate if o.error else None for o in outcomes] == [None, "42P07", None, "42P01", None]


def test_a_refused_statement_points_at_the_subcommand() -> None:
    sql = "CREATE TABLE t (a int); ALTER TABLE t ADD COLUMN b int, ADD COLUMN a int;"
    error = replay(sql, Catalog())[-1].error
    assert error is not None
    assert error.start is not None
    assert sql[error.start :].startswith("ADD COLUMN a")


def test_nothing_is_claimed_about_what_the_history_never_saw() -> None:
    sql = """
    ALTER TABLE orders ADD COLUMN total int;
    ALTER TABLE orders DROP COLUMN note, DROP CONSTRAINT orders_pkey, ALTER COLUMN x SET NOT NULL;
    CREATE INDEX ON orders (anything);
    DROP TABLE unseen;
    DROP INDEX unseen_idx;
    ALTER TABLE customers RENAME TO clients;
    ALTER TYPE mood ADD VALUE 'meh';
    INSERT INTO orders (a, b) VALUES (1, 2);
    CREATE TRIGGER t BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION moddatetime(updated_at);
    CREATE VIEW v AS SELECT * FROM orders o JOIN people p USING (id);
    CREATE TABLE orders (id int);
    """
    assert [o.error for o in replay(sql, Catalog()) if o.error] == []


def test_what_was_dropped_is_surely_gone() -> None:
    sql = "ALTER TABLE orders ADD COLUMN x int; DROP TABLE orders; SELECT * FROM orders;"
    errors = [o.error.sqlstate if o.error else None for o in replay(sql, Catalog())]
    assert errors == [None, None, "42P01"]
