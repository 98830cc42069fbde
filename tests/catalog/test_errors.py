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
    (
        "ALTER TABLE orders ALTER id ADD GENERATED ALWAYS AS IDENTITY, ALTER id ADD GENERATED ALWAYS AS IDENTITY",
        "55000",
        'column "id" of relation "orders" is already an identity column',
    ),
    (
        "ALTER TABLE orders ALTER customer_id ADD GENERATED ALWAYS AS IDENTITY",
        "55000",
        'column "customer_id" of relation "orders" must be declared NOT NULL before identity can be added',
    ),
    (
        "ALTER TABLE orders ALTER id DROP IDENTITY",
        "55000",
        'column "id" of relation "orders" is not an identity column',
    ),
    (
        "ALTER TABLE orders ALTER id DROP EXPRESSION",
        "55000",
        'column "id" of relation "orders" is not a stored generated column',
    ),
    ("ALTER TABLE orders ADD xmin int", "42701", 'column name "xmin" conflicts with a system column name'),
    (
        "ALTER TABLE orders VALIDATE CONSTRAINT orders_pkey",
        "42809",
        'constraint "orders_pkey" of relation "orders" is not a foreign key or check constraint',
    ),
    (
        "ALTER TABLE orders ADD FOREIGN KEY (id, total) REFERENCES customers (id)",
        "42830",
        "number of referencing and referenced columns for foreign key disagree",
    ),
    (
        "CREATE TABLE nokey (id int); ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES nokey",
        "42704",
        'there is no primary key for referenced table "nokey"',
    ),
    (
        "ALTER TABLE orders ADD FOREIGN KEY (nope) REFERENCES customers",
        "42703",
        'column "nope" referenced in foreign key constraint does not exist',
    ),
    ("ALTER TABLE orders ADD UNIQUE (nope)", "42703", 'column "nope" named in key does not exist'),
    ("ALTER TABLE orders ADD CHECK (nope > 0)", "42703", 'column "nope" does not exist'),
    (
        "ALTER TABLE orders ADD CONSTRAINT u UNIQUE USING INDEX orders_total_idx",
        "42809",
        '"orders_total_idx" is not a unique index',
    ),
    (
        "ALTER TABLE orders RENAME CONSTRAINT a TO b",
        "42704",
        'constraint "a" for table "orders" does not exist',
    ),
    ("CREATE INDEX ON big_orders (id)", "42809", 'cannot create index on relation "big_orders"'),
    ("REFRESH MATERIALIZED VIEW big_orders", "42809", '"big_orders" is not a table or materialized view'),
    ("REFRESH MATERIALIZED VIEW orders", "0A000", '"orders" is not a materialized view'),
    (
        "ALTER TABLE customers ALTER note ADD GENERATED ALWAYS AS IDENTITY",
        "22023",
        "identity column type must be smallint, integer, or bigint",
    ),
    (
        "CREATE TABLE e (a int, b int) PARTITION BY LIST (a); ALTER TABLE e ADD PRIMARY KEY (b)",
        "0A000",
        "unique constraint on partitioned table must include all partitioning columns",
    ),
    (
        "CREATE TABLE e (a int) PARTITION BY LIST (a); CREATE INDEX CONCURRENTLY ON e (a)",
        "0A000",
        'cannot create index on partitioned table "e" concurrently',
    ),
    (
        "CREATE TABLE e (a int) PARTITION BY LIST (a); CREATE TABLE e1 (b int);"
        "ALTER TABLE e ATTACH PARTITION e1 FOR VALUES IN (1)",
        "42804",
        'table "e1" contains column "b" not found in parent "e"',
    ),
    (
        "CREATE TABLE e (a int, c int) PARTITION BY LIST (a); CREATE TABLE e1 (c int);"
        "ALTER TABLE e ATTACH PARTITION e1 FOR VALUES IN (1)",
        "42804",
        'child table is missing column "a"',
    ),
    (
        "CREATE TABLE e (a int) PARTITION BY LIST (a); ALTER TABLE e DROP COLUMN a",
        "42P16",
        'cannot drop column "a" because it is part of the partition key of relation "e"',
    ),
    ("DROP TYPE mood; DROP TYPE mood", "42704", 'type "mood" does not exist'),
    ("DROP TYPE mood; CREATE TABLE t (m mood)", "42704", 'type "mood" does not exist'),
    ("CREATE SCHEMA s; DROP SCHEMA s; DROP SCHEMA s", "3F000", 'schema "s" does not exist'),
    ("CREATE EXTENSION pgcrypto; CREATE EXTENSION pgcrypto", "42710", 'extension "pgcrypto" already exists'),
    ("CREATE ROLE r; CREATE ROLE r", "42710", 'role "r" already exists'),
    (
        "CREATE FUNCTION g(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION g; DROP FUNCTION g(int)",
        "42883",
        "function g(integer) does not exist",
    ),
    ("ALTER POLICY other ON orders USING (true)", "42704", 'policy "other" for table "orders" does not exist'),
    ("ALTER TABLE orders DISABLE TRIGGER x", "42704", 'trigger "x" for table "orders" does not exist'),
    ("ALTER SEQUENCE orders INCREMENT 2", "42809", '"orders" is not a sequence'),
    ("DELETE FROM orders WHERE amount = 1", "42703", 'column "amount" does not exist'),
    ("TRUNCATE nowhere", "42P01", 'relation "nowhere" does not exist'),
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
