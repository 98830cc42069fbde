"""What the parser refuses, and what it takes: the second is the more important, for a false alarm stops a release."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hotlint.catalog.catalog import Catalog
from hotlint.dialects.postgres.parameters import setting_error
from hotlint.impact import Impact
from hotlint.server import Server
from tests.dialects.postgres.impact.conftest import statements

Run = Callable[..., Impact]

SHOP = """
CREATE TYPE state AS ENUM ('new', 'paid');
CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(50), qty int, paid_at timestamptz, state state, doc json);
CREATE TABLE comments (id bigint PRIMARY KEY, order_id bigint, published timestamptz);
"""


def error(found: Impact) -> str | None:
    return found.error.sqlstate if found.error is not None else None


@pytest.mark.parametrize(
    ("sql", "sqlstate"),
    [
        ("ALTER TABLE orders ADD CHECK (qty > 'x')", "22P02"),
        ("ALTER TABLE orders ADD CHECK (note > 5)", "42883"),
        ("ALTER TABLE orders ADD CHECK (upper(qty) = 'X')", "42883"),
        ("ALTER TABLE orders ADD CHECK (state IN ('new', 'lost'))", "22P02"),
        ("ALTER TABLE orders ADD CHECK (coalesce(qty, note) IS NULL)", "42804"),
        ("ALTER TABLE orders ADD CHECK (count(*) > 0)", "42803"),
        ("ALTER TABLE orders ALTER qty TYPE date USING qty::date", "42846"),
        ("CREATE INDEX ON orders ((paid_at::date))", "42P17"),
        ("CREATE INDEX ON orders (qty text_ops)", "42804"),
        ("CREATE TABLE t (at date) PARTITION BY RANGE (date_trunc('month', at))", "42P17"),
        ("CREATE VIEW v AS SELECT note, count(*) FROM orders GROUP BY qty", "42803"),
        ("SELECT c.total FROM (SELECT id FROM orders) c", "42703"),
        ("INSERT INTO orders (id, qty) VALUES (1, true)", "42804"),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT gone FROM orders'", "42703"),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT ''x''::text'", "42P13"),
    ],
)
def test_an_expression_is_refused_as_the_server_refuses_it(impact: Run, sql: str, sqlstate: str) -> None:
    assert error(impact(sql, SHOP)) == sqlstate


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE orders ADD CHECK (qty > '5' AND note LIKE 'a%' AND state = 'new')",
        "ALTER TABLE orders ADD CHECK (orders IS NOT NULL)",
        "ALTER TABLE orders ADD COLUMN total numeric DEFAULT 5 * 1.5",
        "CREATE INDEX ON orders ((note || qty))",
        "CREATE VIEW v AS SELECT qty, note FROM orders GROUP BY id",
        # One name for a relation in one place and for a subquery in another.
        "CREATE VIEW v AS SELECT c.recent FROM orders o JOIN"
        " (SELECT c.order_id, max(c.published) AS recent FROM comments c GROUP BY c.order_id) c ON c.order_id = o.id",
        "WITH c AS (SELECT order_id AS o, count(*) AS n FROM comments c GROUP BY 1) SELECT c.n FROM c WHERE c.o > 1",
        "SELECT g.n, e.value FROM generate_series(1, 3) g (n), json_array_elements('[]') e",
        "SELECT orders, orders.* FROM orders ORDER BY id",
        "CREATE FUNCTION f(wanted int) RETURNS bigint LANGUAGE sql AS 'SELECT id FROM orders WHERE qty = wanted'",
        "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET qty = excluded.qty + orders.qty",
    ],
)
def test_what_the_server_takes_is_not_refused(impact: Run, sql: str) -> None:
    assert error(impact(sql, SHOP)) is None


def test_what_a_history_that_began_elsewhere_may_have_is_not_missed(impact: Run) -> None:
    given = "CREATE TABLE orders (id bigint)"
    assert error(impact("ALTER TABLE orders ADD CHECK (fits(id))", given, closed=False)) is None
    assert error(impact("CREATE INDEX ON orders USING bloom (id)", given, closed=False)) is None
    assert error(impact("ALTER TABLE orders SET TABLESPACE fast", given, closed=False)) is None
    assert error(impact("ALTER TABLE orders ADD COLUMN n text COLLATE shop", given, closed=False)) is None


def test_an_extension_may_bring_functions_and_operators(impact: Run) -> None:
    given = "CREATE EXTENSION pg_trgm; CREATE TABLE orders (id bigint, note text)"
    assert error(impact("ALTER TABLE orders ADD CHECK (id <@> note)", given)) is None
    assert error(impact("CREATE INDEX ON orders USING gin (note gin_trgm_ops)", given)) is None


@pytest.mark.parametrize(
    ("name", "value", "major", "sqlstate"),
    [
        ("lock_timeout", "2s", 16, None),
        ("lock_timeout", "2 parsecs", 16, "22023"),
        ("work_mem", "64MB", 16, None),
        ("work_mem", "1", 16, "22023"),
        ("transaction_timeout", "5s", 16, "42704"),
        ("transaction_timeout", "5s", 17, None),
        ("max_connections", "5", 16, "55P02"),
        ("client_min_messages", "warning", 16, None),
        ("client_min_messages", "loud", 16, "22023"),
        ("app.user", "anything", 16, None),
    ],
)
def test_a_setting_is_known_with_its_values_by_version(name: str, value: str, major: int, sqlstate: str | None) -> None:
    assert setting_error(name, (value,), major) == sqlstate


def test_the_error_of_a_branch_that_always_runs_is_that_of_the_block(impact: Run) -> None:
    always = "DO $$ BEGIN IF true THEN ALTER TABLE orders ADD COLUMN qty int; END IF; END $$"
    perhaps = "DO $$ BEGIN IF now() > '2024-01-01' THEN ALTER TABLE orders ADD COLUMN qty int; END IF; END $$"
    assert error(impact(always, SHOP)) == "42701"
    assert error(impact(perhaps, SHOP)) is None


@pytest.mark.parametrize(
    "sql", ["DROP TABLE orders", "ALTER TABLE orders DROP COLUMN qty", "DROP FUNCTION doubled(int)"]
)
def test_a_body_of_the_sql_standard_keeps_what_it_needs(impact: Run, sql: str) -> None:
    given = (
        SHOP
        + "CREATE FUNCTION doubled(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2';"
        + "CREATE FUNCTION all_of_it() RETURNS bigint BEGIN ATOMIC SELECT sum(doubled(qty)) FROM orders; END"
    )
    assert error(impact(sql, given)) == "2BP01"
    assert error(impact(sql + " CASCADE", given)) is None


def test_a_dump_of_a_database_does_not_tell_what_the_cluster_has(impact: Run) -> None:
    given = "CREATE TABLE orders (id bigint)"
    assert error(impact("ALTER TABLE orders SET TABLESPACE fast", given)) == "42704"
    catalog = Catalog()
    catalog.load_baseline(statements(given), Server(major=16))
    assert catalog.closed
    assert not catalog.whole_cluster


def test_no_role_is_missed_for_the_cluster_has_them(impact: Run) -> None:
    given = "CREATE TABLE orders (id bigint)"
    assert error(impact("GRANT SELECT ON orders TO reporting", given)) is None
    assert error(impact("ALTER TABLE orders OWNER TO app", given)) is None
