"""Who holds what until when: transactions of the framework, of the script, and of a message."""

from __future__ import annotations

import pytest

from hotlint.planning.model import Plan, Step
from tests.planning.histories import held, locks, plan_of

ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, status text); CREATE TABLE customers (id bigint PRIMARY KEY);"


def last_migration(plan: Plan) -> tuple[Step, ...]:
    return plan.migrations[-1].steps


def test_a_wrapped_script_holds_its_locks_until_its_last_statement() -> None:
    first, second = last_migration(
        plan_of(ORDERS, "ALTER TABLE orders ADD COLUMN note text; ALTER TABLE customers ADD COLUMN name text;")
    )
    assert locks(first) == [("public.orders", "ACCESS EXCLUSIVE")]
    assert held(first) == []
    assert held(second) == [("public.orders", "ACCESS EXCLUSIVE", first.index)]
    assert first.transaction is second.transaction
    assert (first.transaction.kind, first.transaction.last_step, first.transaction.ended) == (
        "framework",
        second.index,
        "file",
    )


def test_without_a_transaction_every_statement_lets_go_of_its_locks() -> None:
    first, second = last_migration(
        plan_of(
            ORDERS,
            "ALTER TABLE orders ADD COLUMN note text; ALTER TABLE customers ADD COLUMN name text;",
            mode="none",
        )
    )
    assert not first.in_transaction
    assert not second.in_transaction
    assert held(second) == []
    assert first.transaction.kind == "single"


def test_begin_and_commit_in_the_script_bound_a_transaction_when_the_tool_has_none() -> None:
    begin, alter, commit, after = last_migration(
        plan_of(
            ORDERS,
            "BEGIN; ALTER TABLE orders ADD COLUMN note text; COMMIT; ALTER TABLE customers ADD COLUMN name text;",
            mode="none",
        )
    )
    assert (begin.transaction.kind, begin.transaction.ended) == ("explicit", "commit")
    assert held(commit) == [("public.orders", "ACCESS EXCLUSIVE", alter.index)]
    assert held(after) == []
    assert not after.in_transaction


def test_a_commit_in_the_script_ends_the_transaction_of_the_tool() -> None:
    alter, commit, after = last_migration(
        plan_of(ORDERS, "ALTER TABLE orders ADD COLUMN note text; COMMIT; ALTER TABLE customers ADD COLUMN name text;")
    )
    assert (alter.transaction.kind, alter.transaction.ended, alter.transaction.last_step) == (
        "framework",
        "commit",
        commit.index,
    )
    assert not after.in_transaction


def test_several_statements_in_one_message_share_an_implicit_transaction() -> None:
    first, second = last_migration(
        plan_of(
            ORDERS,
            "ALTER TABLE orders ADD COLUMN note text; CREATE INDEX CONCURRENTLY orders_note ON orders (note);",
            mode="implicit",
        )
    )
    assert first.transaction.kind == "implicit"
    assert second.in_transaction
    assert not second.impact.allowed_in_transaction
    assert second.impact.error is not None
    assert second.impact.error.sqlstate == "25001"


def test_a_message_of_one_statement_runs_outside_of_any_transaction() -> None:
    (step,) = last_migration(
        plan_of(ORDERS, "CREATE INDEX CONCURRENTLY orders_status ON orders (status);", mode="implicit")
    )
    assert not step.in_transaction
    assert step.impact.error is None


def test_a_begin_that_is_never_committed_stays_open() -> None:
    begin, _ = last_migration(plan_of(ORDERS, "BEGIN; ALTER TABLE orders ADD COLUMN note text;", mode="none"))
    assert begin.transaction.ended == "open"


def test_rollback_takes_back_the_schema_and_the_locks() -> None:
    plan = plan_of(
        ORDERS,
        "BEGIN; DROP TABLE orders; ROLLBACK; ALTER TABLE orders ADD COLUMN note text;",
        mode="none",
    )
    alter = last_migration(plan)[-1]
    assert alter.impact.error is None
    assert held(alter) == []
    assert locks(alter) == [("public.orders", "ACCESS EXCLUSIVE")]


def test_rollback_to_a_savepoint_gives_back_the_locks_taken_since() -> None:
    steps = last_migration(
        plan_of(
            ORDERS,
            "ALTER TABLE customers ADD COLUMN name text; SAVEPOINT a; DROP TABLE orders; ROLLBACK TO a;"
            " ALTER TABLE customers ADD COLUMN age int; UPDATE orders SET status = 'new' WHERE id = 1;",
        )
    )
    assert held(steps[-1]) == [("public.customers", "ACCESS EXCLUSIVE", steps[0].index)]
    assert steps[-1].impact.error is None


def test_of_two_locks_on_one_table_the_stronger_is_held() -> None:
    update, alter, last = last_migration(
        plan_of(
            ORDERS,
            "UPDATE orders SET status = 'new' WHERE id = 1; ALTER TABLE orders ADD COLUMN note text; SELECT 1;",
        )
    )
    assert held(alter) == [("public.orders", "ROW EXCLUSIVE", update.index)]
    assert held(last) == [("public.orders", "ACCESS EXCLUSIVE", alter.index)]


def test_a_table_made_in_the_same_transaction_is_held_from_nobody() -> None:
    create, index = last_migration(
        plan_of(ORDERS, "CREATE TABLE carts (id bigint); CREATE INDEX carts_id ON carts (id);")
    )
    assert held(index) == []
    assert [lock.created_in_transaction for lock in index.impact.locks] == [True] * len(index.impact.locks)
    assert create.impact.error is None


@pytest.mark.parametrize(
    ("sql", "mode", "milliseconds"),
    [
        ("SET lock_timeout = '2s'; SELECT 1;", "wrapped", 2000),
        ("SET LOCAL lock_timeout = 500; SELECT 1;", "wrapped", 500),
        ("SET LOCAL lock_timeout = '2s'; SELECT 1;", "none", None),
        ("SET lock_timeout = '5 parsecs'; SELECT 1;", "none", None),
        ("SET lock_timeout = '1min'; RESET lock_timeout; SELECT 1;", "none", None),
        ("SET lock_timeout TO 0; SELECT 1;", "none", 0),
        ("SELECT set_config('lock_timeout', '3s', true); SELECT 1;", "wrapped", 3000),
        ("BEGIN; SET LOCAL lock_timeout = '2s'; COMMIT; SELECT 1;", "none", None),
        ("BEGIN; SET lock_timeout = '2s'; COMMIT; SELECT 1;", "none", 2000),
        ("BEGIN; SET lock_timeout = '2s'; ROLLBACK; SELECT 1;", "none", None),
        ("DO $$ BEGIN PERFORM set_config('lock_timeout', '4s', false); END $$; SELECT 1;", "none", 4000),
    ],
)
def test_lock_timeout_is_what_the_server_would_have(sql: str, mode: str, milliseconds: int | None) -> None:
    plan = plan_of(ORDERS, sql, mode=mode)  # type: ignore[arg-type]
    assert last_migration(plan)[-1].session.lock_timeout == milliseconds


def test_settings_of_one_migration_do_not_reach_the_next() -> None:
    plan = plan_of("SET lock_timeout = '2s'; SET search_path = app;", "CREATE TABLE orders (id bigint);")
    step = last_migration(plan)[0]
    assert step.session.lock_timeout is None
    assert step.session.search_path == ("public",)


def test_a_new_enum_label_must_not_be_used_in_the_transaction_that_adds_it() -> None:
    _, insert = last_migration(
        plan_of(
            "CREATE TYPE state AS ENUM ('new'); CREATE TABLE carts (id bigint, state state);",
            "ALTER TYPE state ADD VALUE 'paid'; ALTER TABLE carts ALTER COLUMN state SET DEFAULT 'paid';",
        )
    )
    assert insert.impact.error is not None
    assert insert.impact.error.sqlstate == "55P04"


@pytest.mark.parametrize(("major", "sqlstate"), [(16, "55P04"), (17, None)])
def test_a_label_added_to_a_type_of_the_same_transaction_can_be_used_from_17_on(
    major: int, sqlstate: str | None
) -> None:
    *_, create = last_migration(
        plan_of(
            "CREATE TYPE state AS ENUM ('new'); ALTER TYPE state ADD VALUE 'paid';"
            " CREATE TABLE carts (id bigint, state state DEFAULT 'paid');",
            major=major,
        )
    )
    assert (create.impact.error.sqlstate if create.impact.error else None) == sqlstate


def test_a_label_that_its_type_was_made_with_can_be_used() -> None:
    steps = last_migration(
        plan_of(
            "CREATE TYPE state AS ENUM ('new', 'paid'); CREATE TABLE carts (id bigint, state state DEFAULT 'paid');"
        )
    )
    assert [s.impact.error for s in steps] == [None, None]


def test_a_lock_goes_by_the_new_name_once_its_table_is_renamed() -> None:
    *_, last = last_migration(
        plan_of(ORDERS, "ALTER TABLE orders RENAME TO purchases; SELECT 1;"),
    )
    assert held(last) == [("public.purchases", "ACCESS EXCLUSIVE", last.index - 1)]


def test_a_lock_goes_by_the_new_schema_once_its_table_is_moved() -> None:
    *_, last = last_migration(
        plan_of(f"CREATE SCHEMA app; {ORDERS}", "ALTER TABLE orders SET SCHEMA app; SELECT 1;"),
    )
    assert ("app.orders", "ACCESS EXCLUSIVE", last.index - 1) in held(last)
    assert "public.orders" not in [relation for relation, _, _ in held(last)]
