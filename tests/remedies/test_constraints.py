from __future__ import annotations

import pytest

from hotlint.catalog.names import QName
from hotlint.context import Context, Focus
from hotlint.planning.model import Step
from hotlint.remedies.constraints import Added, added, in_two_steps, index_first, not_null_steps
from hotlint.rule import Example
from hotlint.testing import example_plan

GIVEN = "CREATE TABLE orders (id bigint, a int, b int);\nCREATE TABLE users (id bigint PRIMARY KEY);"


def asked(sql: str, given: str = GIVEN, *, server: int = 16, transaction: bool = False) -> tuple[Step, Context]:
    """The last step of a migration, and a context that is asked about its last operation as the only one."""
    plan = example_plan(Example(given=given, sql=sql, server=server, transaction=transaction))
    migration = plan.migrations[-1]
    step = migration.steps[-1]
    focus = Focus()
    focus.migration, focus.step, focus.operation = migration, step, step.operations[-1]
    focus.start, focus.end = step.statement.start, step.statement.end
    return step, Context(plan, "a-rule", "locking", "error", focus=focus)


def constraints(sql: str, given: str = GIVEN) -> list[Added]:
    step, context = asked(sql, given)
    return list(added(step, step.operations[-1], context, "check", "foreign key", "unique", "primary key"))


@pytest.mark.parametrize(
    ("sql", "name", "body"),
    [
        ("ALTER TABLE orders ADD CONSTRAINT small CHECK (a < 9)", "small", "CHECK (a < 9)"),
        ("ALTER TABLE orders ADD CHECK (a < b -- why\n);", "orders_check", "CHECK (a < b )"),
        ("alter table orders add check (a > 0)", "orders_a_check", "check (a > 0)"),
        (
            "ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES users (id) ON DELETE SET NULL",
            "orders_id_fkey",
            "FOREIGN KEY (id) REFERENCES users (id) ON DELETE SET NULL",
        ),
        ("ALTER TABLE orders ADD UNIQUE (a, b)", "orders_a_b_key", "UNIQUE (a, b)"),
    ],
)
def test_a_constraint_is_told_with_the_servers_name_and_its_text(sql: str, name: str, body: str) -> None:
    assert [(c.name, c.body, c.inline, c.column) for c in constraints(sql)] == [(name, body, False, None)]


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("c int CHECK (c > 0) NOT NULL", [("orders_c_check", "CHECK (c > 0)", "ADD COLUMN c int NOT NULL")]),
        (
            "c int DEFAULT 1 CONSTRAINT of_user REFERENCES users ON DELETE SET DEFAULT NOT DEFERRABLE NOT NULL",
            [
                (
                    "of_user",
                    "FOREIGN KEY (c) REFERENCES users ON DELETE SET DEFAULT NOT DEFERRABLE",
                    "ADD COLUMN c int DEFAULT 1 NOT NULL",
                )
            ],
        ),
        (
            'IF NOT EXISTS "C d" text COLLATE "C" UNIQUE DEFAULT NULL',
            [("orders_C d_key", "UNIQUE", 'ADD COLUMN IF NOT EXISTS "C d" text COLLATE "C" DEFAULT NULL')],
        ),
        (
            "c int CHECK (c > 0) CHECK (c < 9)",
            [("orders_c_check", None, None), ("orders_c_check1", None, None)],
        ),
        ("c int NOT NULL DEFAULT 5", []),
    ],
)
def test_a_constraint_on_a_new_column_is_told_apart_from_the_column(
    column: str, found: list[tuple[str, str | None, str | None]]
) -> None:
    assert [(c.name, c.body, c.column) for c in constraints(f"ALTER TABLE orders ADD COLUMN {column}")] == found


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE fresh (id bigint);\nALTER TABLE fresh ADD CHECK (id > 0)",
        "ALTER TABLE orders ADD CHECK (nowhere > 0)",
        "ALTER TABLE orders ADD COLUMN IF NOT EXISTS a int CHECK (a > 0)",
        "ALTER TABLE orders DROP COLUMN a",
    ],
)
def test_nothing_is_told_where_nobody_is_concerned(sql: str) -> None:
    assert constraints(sql) == []


def test_the_two_steps_need_two_migrations_where_the_tool_uses_transactions() -> None:
    for transaction, between in ((True, "-- in the next migration:\n"), (False, "")):
        step, context = asked("ALTER TABLE orders ADD CONSTRAINT small CHECK (a < 9)", transaction=transaction)
        (constraint,) = added(step, step.operations[0], context, "check")
        fix = in_two_steps(step, context, constraint)
        assert fix is not None
        assert fix.sql == (
            "ALTER TABLE orders ADD CONSTRAINT small CHECK (a < 9) NOT VALID;\n"
            f"{between}ALTER TABLE orders VALIDATE CONSTRAINT small;"
        )
        assert fix.title.endswith("in two migrations") is transaction


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE orders ADD CONSTRAINT k UNIQUE (a) WITH (fillfactor = 70)",
        "ALTER TABLE orders ADD COLUMN c int UNIQUE UNIQUE",
    ],
)
def test_there_is_no_fix_where_it_would_not_be_whole(sql: str) -> None:
    step, context = asked(sql)
    found = list(added(step, step.operations[0], context, "unique"))
    assert found
    assert [index_first(step, context, constraint) for constraint in found] == [None] * len(found)


@pytest.mark.parametrize(
    ("given", "server", "expected"),
    [
        (
            "CREATE TABLE orders (a int);",
            12,
            (
                ("ALTER TABLE orders ADD CONSTRAINT orders_a_not_null CHECK (a IS NOT NULL) NOT VALID",),
                (
                    "ALTER TABLE orders VALIDATE CONSTRAINT orders_a_not_null",
                    "ALTER TABLE orders ALTER COLUMN a SET NOT NULL",
                    "ALTER TABLE orders DROP CONSTRAINT orders_a_not_null",
                ),
            ),
        ),
        (
            "CREATE TABLE orders (a int);",
            18,
            (
                ("ALTER TABLE orders ADD CONSTRAINT orders_a_not_null NOT NULL a NOT VALID",),
                ("ALTER TABLE orders VALIDATE CONSTRAINT orders_a_not_null",),
            ),
        ),
        (
            "CREATE TABLE orders (a int);\nALTER TABLE orders ADD CONSTRAINT nn NOT NULL a NOT VALID;",
            18,
            (("ALTER TABLE orders VALIDATE CONSTRAINT nn",),),
        ),
        (
            "CREATE TABLE orders (a int);\nALTER TABLE orders ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;",
            15,
            (
                (
                    "ALTER TABLE orders VALIDATE CONSTRAINT c",
                    "ALTER TABLE orders ALTER COLUMN a SET NOT NULL",
                ),
            ),
        ),
    ],
)
def test_a_column_becomes_not_null_by_what_its_version_and_its_constraints_allow(
    given: str, server: int, expected: tuple[tuple[str, ...], ...]
) -> None:
    step, context = asked("ALTER TABLE orders ADD COLUMN note text", given, server=server)
    assert not_null_steps(step, context, QName("public", "orders"), "a") == expected
