"""The replay: moments, down scripts, baselines, and what one failing statement does to the rest."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hotlint.catalog.names import QName
from hotlint.dialects.postgres import impact
from hotlint.impact import DataLoss, Impact
from hotlint.planning import loop
from hotlint.planning.loop import PlanOptions, make_plan
from hotlint.project.model import Project
from hotlint.server import Server
from hotlint.source import Statement
from tests.planning.histories import locks, migration, plan_of, script

ORDERS = QName("public", "orders")


def columns(view: object) -> list[str]:
    table = view.table(ORDERS)  # type: ignore[attr-defined]
    return [] if table is None else [c.name for c in table.columns]


def test_each_step_sees_the_schema_before_and_after_it() -> None:
    plan = plan_of("CREATE TABLE orders (id bigint);", "ALTER TABLE orders ADD COLUMN note text;")
    create, alter = plan.steps
    assert create.before.table(ORDERS) is None
    assert columns(create.after) == ["id"]
    assert columns(alter.before) == ["id"]
    assert columns(alter.after) == ["id", "note"]


def test_steps_are_numbered_through_the_history() -> None:
    plan = plan_of("CREATE TABLE orders (id bigint);", "SELECT 1; SELECT 2;", "SELECT 3;")
    assert [s.index for s in plan.steps] == [0, 1, 2, 3]


def test_a_down_script_runs_on_a_copy_of_the_schema() -> None:
    plan = plan_of(
        "CREATE TABLE orders (id bigint);",
        "ALTER TABLE orders ADD COLUMN note text;",
        down="ALTER TABLE orders DROP COLUMN note;",
    )
    last = plan.migrations[-1]
    assert last.down is not None
    assert columns(last.down.after) == ["id"]
    assert columns(last.after) == ["id", "note"]


def test_down_scripts_are_left_out_when_not_asked_for() -> None:
    project = Project(
        root="migrations",
        framework="plain",
        dialect="postgres",
        migrations=(migration(1, "CREATE TABLE orders (id bigint);", down="DROP TABLE orders;"),),
    )
    plan = make_plan(project, Server(), PlanOptions(downs=False))
    assert plan.migrations[0].down is None


def test_a_statement_that_does_not_parse_is_told_and_the_others_are_planned() -> None:
    plan = plan_of("CREATE TABLE orders (id bigint);\nALTER TABEL orders;\nALTER TABLE orders ADD COLUMN note text;")
    (only,) = plan.migrations
    assert [p.rule for p in only.problems] == ["syntax-error"]
    assert columns(only.after) == ["id", "note"]


def test_a_baseline_closes_the_world() -> None:
    project = Project(
        root="migrations",
        framework="plain",
        dialect="postgres",
        migrations=(migration(8, "ALTER TABLE orders ADD COLUMN note text; ALTER TABLE carts ADD COLUMN note text;"),),
        baseline=script("schema.sql", "CREATE TABLE public.orders (id bigint);"),
    )
    orders, carts = make_plan(project, Server()).steps
    assert orders.impact.error is None
    assert carts.impact.error is not None
    assert carts.impact.error.sqlstate == "42P01"


def test_without_a_baseline_an_unseen_table_is_assumed_to_exist() -> None:
    plan = plan_of("ALTER TABLE orders ADD COLUMN note text;", complete=False)
    (step,) = plan.steps
    assert step.impact.error is None
    assert [str(lock.relation) for lock in step.impact.locks] == ["public.orders"]


def test_one_mistake_is_told_once() -> None:
    plan = plan_of(
        "CREATE TABLE orders (id bigint);",
        "CREATE TABLE orders (id bigint, note text);",
        "ALTER TABLE orders ALTER COLUMN note SET NOT NULL;",
    )
    assert [s.impact.error.sqlstate if s.impact.error else None for s in plan.steps] == [None, "42P07", None]


def test_parts_of_one_change_are_rolled_back_together() -> None:
    first = migration(1, "CREATE TABLE orders (id bigint);", down="ALTER TABLE orders DROP COLUMN note;")
    second = migration(2, "ALTER TABLE orders ADD COLUMN note text;", down="ALTER TABLE orders ADD COLUMN tag text;")
    parts = tuple(msgspec.structs.replace(part, group="2026") for part in (first, second))
    project = Project(root="migrations", framework="pop", dialect="postgres", migrations=parts)
    plan = make_plan(project, Server(), PlanOptions(complete=True))
    downs = [m.down for m in plan.migrations if m.down is not None]
    assert [step.impact.error for down in downs for step in down.steps] == [None, None]
    assert columns(downs[0].after) == ["id", "tag"]


def test_a_defect_costs_one_statement_and_not_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    def impact_of(statement: Statement, *others: Any) -> Impact:
        if statement.tag == "IndexStmt":
            raise KeyError("gone")
        return real(statement, *others)

    real = impact.impact_of
    monkeypatch.setattr(loop, "impact_of", impact_of)
    plan = plan_of(
        "CREATE TABLE orders (id bigint);\nCREATE INDEX orders_id ON orders (id);\n"
        "ALTER TABLE orders ADD COLUMN note text;"
    )
    (only,) = plan.migrations
    assert [(f.path, f.line, f.message) for f in only.failures] == [
        ("migrations/0001_change.up.sql", 2, "KeyError: 'gone'")
    ]
    assert [bool(s.impact.unknown) for s in only.steps] == [False, True, False]
    assert only.after.relation(QName("public", "orders_id")) is None
    assert columns(only.after) == ["id", "note"]


def test_what_could_not_be_read_may_have_made_or_dropped_anything() -> None:
    plan = plan_of(
        "CREATE TABLE orders (id bigint);\nCREATE TABEL carts (id bigint);",
        "ALTER TABLE carts ADD COLUMN note text;\nCREATE TABLE orders (id bigint);",
    )
    assert [s.impact.error for s in plan.steps] == [None, None, None]


def test_a_table_of_an_earlier_migration_has_rows_though_the_history_wrote_none() -> None:
    plan = plan_of(
        "CREATE TABLE orders (id bigint, note text); ALTER TABLE orders DROP COLUMN note;",
        "DROP TABLE orders;",
    )
    *_, drop_column, drop_table = plan.steps
    assert drop_column.impact.data_loss == ()
    assert drop_table.impact.data_loss == (DataLoss(ORDERS, "table"),)


def test_a_down_script_meets_the_rows_that_came_since_its_up_script() -> None:
    plan = plan_of("CREATE TABLE orders (id bigint);", down="DROP TABLE orders;")
    down = plan.migrations[0].down
    assert down is not None
    assert down.steps[0].impact.data_loss == (DataLoss(ORDERS, "table"),)


def test_a_table_that_the_history_never_made_is_locked_and_lost_when_it_is_dropped() -> None:
    (step,) = plan_of("DROP TABLE orders;", complete=False).steps
    assert locks(step) == [("public.orders", "ACCESS EXCLUSIVE")]
    assert step.impact.data_loss == (DataLoss(ORDERS, "table"),)


def test_if_exists_leaves_open_whether_an_unseen_table_is_there() -> None:
    (step,) = plan_of("DROP TABLE IF EXISTS orders;", complete=False).steps
    assert (locks(step), step.impact.unknown) == ([], ("whether public.orders exists",))


def test_what_dynamic_sql_may_have_made_again_is_locked_when_it_is_dropped() -> None:
    *_, drop = plan_of(
        "CREATE TABLE orders (id bigint); CREATE VIEW totals AS SELECT id FROM orders;",
        "DO $$ DECLARE sql text; BEGIN sql := pg_get_viewdef('totals'); DROP VIEW totals;"
        " EXECUTE 'CREATE VIEW totals AS ' || sql; END $$;",
        "DROP VIEW totals;",
        complete=False,
    ).steps
    assert (locks(drop), drop.impact.error) == ([("public.totals", "ACCESS EXCLUSIVE")], None)
