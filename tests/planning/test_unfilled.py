"""A history on a database that has no rows but those that it writes: what it never wrote to is empty."""

from __future__ import annotations

import pytest

from hotlint.planning.loop import PlanOptions, make_plan
from hotlint.planning.model import Step
from hotlint.project.model import Project
from hotlint.server import Server
from tests.planning.histories import locks, migration

SHOP = """
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers ON DELETE CASCADE);
CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint REFERENCES orders ON DELETE CASCADE);
"""


def last(*scripts: str, unfilled: bool = True) -> Step:
    """The last step of a history that has all of ``SHOP`` behind it."""
    migrations = tuple(migration(number, sql) for number, sql in enumerate((SHOP, *scripts), 1))
    project = Project(root="migrations", framework="golang-migrate", dialect="postgres", migrations=migrations)
    return make_plan(project, Server(major=16), PlanOptions(unfilled=unfilled)).steps[-1]


CUSTOMERS = "INSERT INTO customers VALUES (1);"
ORDERS = "INSERT INTO orders VALUES (1, 1);"


@pytest.mark.parametrize(
    ("written", "sql", "expected"),
    [
        ("", "UPDATE orders SET customer_id = 2", [("public.orders", "ROW EXCLUSIVE")]),
        (
            ORDERS,
            "UPDATE orders SET customer_id = 2",
            [("public.customers", "ROW SHARE"), ("public.orders", "ROW EXCLUSIVE")],
        ),
        ("", "DELETE FROM customers", [("public.customers", "ROW EXCLUSIVE")]),
        (
            CUSTOMERS,
            "DELETE FROM customers",
            [("public.customers", "ROW EXCLUSIVE"), ("public.orders", "ROW EXCLUSIVE")],
        ),
        (
            CUSTOMERS + ORDERS,
            "DELETE FROM customers",
            [
                ("public.customers", "ROW EXCLUSIVE"),
                ("public.items", "ROW EXCLUSIVE"),
                ("public.orders", "ROW EXCLUSIVE"),
            ],
        ),
        (
            CUSTOMERS,
            "INSERT INTO items SELECT id, id FROM orders",
            [("public.items", "ROW EXCLUSIVE"), ("public.orders", "ACCESS SHARE")],
        ),
        (
            CUSTOMERS + "INSERT INTO orders SELECT id, id FROM customers;",
            "INSERT INTO items SELECT id, id FROM orders",
            [("public.items", "ROW EXCLUSIVE"), ("public.orders", "ROW SHARE")],
        ),
        (
            CUSTOMERS + ORDERS + "TRUNCATE orders CASCADE;",
            "INSERT INTO items SELECT id, id FROM orders",
            [("public.items", "ROW EXCLUSIVE"), ("public.orders", "ACCESS SHARE")],
        ),
    ],
)
def test_keys_are_checked_and_cascades_run_only_where_the_history_wrote_rows(
    written: str, sql: str, expected: list[tuple[str, str]]
) -> None:
    assert locks(last(*filter(None, (written,)), sql)) == expected


def test_what_draws_its_rows_from_an_empty_table_leaves_its_target_empty() -> None:
    step = last("INSERT INTO orders SELECT id, id FROM customers;", "DELETE FROM orders;")
    assert locks(step) == [("public.orders", "ROW EXCLUSIVE")]


def test_a_loop_over_an_empty_table_does_nothing() -> None:
    sql = (
        "DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM customers LOOP"
        " INSERT INTO orders VALUES (1, r.id); END LOOP; END $$"
    )
    assert locks(last(sql)) == [("public.customers", "ACCESS SHARE")]
    assert locks(last(CUSTOMERS, sql)) == [("public.customers", "ROW SHARE"), ("public.orders", "ROW EXCLUSIVE")]


def test_what_a_trigger_writes_is_not_empty_any_more() -> None:
    audit = """
    CREATE TABLE audit (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO audit VALUES (new.id, new.customer_id); RETURN new; END $$;
    CREATE TRIGGER note AFTER UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION note();
    """
    update, read = "UPDATE orders SET customer_id = customer_id;", "INSERT INTO items SELECT id, id FROM audit"
    assert ("public.orders", "ROW SHARE") not in locks(last(audit, update, read))
    assert ("public.orders", "ROW SHARE") in locks(last(audit, CUSTOMERS + ORDERS, update, read))


def test_dynamic_sql_may_have_written_to_any_table() -> None:
    dynamic = "DO $$ BEGIN EXECUTE 'INSERT INTO ' || 'orders VALUES (1, 1)'; END $$;"
    assert ("public.items", "ROW EXCLUSIVE") in locks(last(dynamic, "DELETE FROM orders"))


def test_on_a_database_in_use_a_table_may_have_rows_that_the_history_never_wrote() -> None:
    assert locks(last("DELETE FROM orders", unfilled=False)) == [
        ("public.items", "ROW EXCLUSIVE"),
        ("public.orders", "ROW EXCLUSIVE"),
    ]


def test_a_table_that_the_same_transaction_made_is_empty_everywhere() -> None:
    step = last(
        "CREATE TABLE moved (id bigint, order_id bigint); INSERT INTO items SELECT * FROM moved", unfilled=False
    )
    assert locks(step) == [("public.items", "ROW EXCLUSIVE")]
