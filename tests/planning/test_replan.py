"""The rest of a history, replayed on what its beginning left, is what a replay of everything makes of it."""

from __future__ import annotations

import msgspec
import pytest

from hotlint.linting.lint import lint
from hotlint.planning.loop import PlanOptions, make_plan, replan
from hotlint.planning.model import MigrationPlan, Plan
from hotlint.project.model import Migration, Project
from hotlint.registry import find_rules
from hotlint.server import Server
from tests.planning.histories import migration, script

SERVER = Server(major=16)
SQL = (
    "CREATE SCHEMA app;\nCREATE TABLE app.orders (id bigint PRIMARY KEY, total numeric, note text);",
    "CREATE TABLE app.lines (id bigint PRIMARY KEY, order_id bigint REFERENCES app.orders);\n"
    "CREATE VIEW app.totals AS SELECT id, total FROM app.orders;",
    "ALTER TABLE app.orders RENAME TO purchases;\nDROP VIEW app.totals;",
    "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || 'x'; END $$;\nCREATE TEMPORARY TABLE scratch (id int);",
    "ALTER TABLE app.purchases ADD COLUMN state text NOT NULL DEFAULT 'new';\nDROP TABLE IF EXISTS app.archive;",
    "CREATE INDEX purchases_total ON app.purchases (total);\nALTER TABLE app.purchases ALTER COLUMN note TYPE int;",
    "DROP TABLE app.purchases CASCADE;\nDROP TABLE app.purchases;",
)
DOWN = "DROP TABLE IF EXISTS app.lines;\nALTER TABLE app.purchases DROP COLUMN state;"


def project_of(*scripts: str) -> Project:
    migrations = tuple(migration(number, sql, down=DOWN) for number, sql in enumerate(scripts, 1))
    return Project("migrations", "golang-migrate", "postgres", migrations, down_style="file")


def told(plans: list[MigrationPlan] | tuple[MigrationPlan, ...]) -> list[object]:
    """All that a plan says of its steps."""
    return [
        (step.index, step.sql, step.impact, step.held, step.session, step.transaction)
        for plan in plans
        for script in (plan, plan.down)
        if script is not None
        for step in script.steps
    ]


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("known", range(len(SQL) + 1))
def test_the_rest_of_a_history_is_planned_as_in_a_whole_replay(known: int, complete: bool) -> None:
    project, options = project_of(*SQL), PlanOptions(complete=complete)
    whole = make_plan(project, SERVER, options)

    plans = list(whole.migrations[:known])
    for change in replan(project, SERVER, options, plans.copy()):
        plans += change

    assert told(plans) == told(whole.migrations)
    assert lint(Plan(project, SERVER, tuple(plans)), find_rules()).findings == lint(whole, find_rules()).findings


def test_a_change_in_the_middle_leaves_the_plans_before_it_alone() -> None:
    project, options = project_of(*SQL), PlanOptions()
    whole = make_plan(project, SERVER, options)
    before = told(whole.migrations)
    edited = project_of(*SQL[:2], "DROP TABLE app.lines;", *SQL[3:])

    plans = list(whole.migrations[:2])
    for change in replan(edited, SERVER, options, plans.copy()):
        plans += change

    assert told(plans) == told(make_plan(edited, SERVER, options).migrations)
    assert told(whole.migrations) == before


def test_the_parts_of_one_change_come_together() -> None:
    parts = [msgspec.structs.replace(m, group="release") for m in project_of(*SQL[:3]).migrations]
    project = Project("migrations", "plain", "postgres", tuple(parts))

    (change,) = replan(project, SERVER, PlanOptions())

    assert [plan.migration.id for plan in change] == ["0001", "0002", "0003"]


def test_a_baseline_is_loaded_where_nothing_is_known() -> None:
    baseline = script("schema.sql", "CREATE TABLE orders (id bigint PRIMARY KEY);")
    first = Migration("0001", "note", script("migrations/0001.sql", "ALTER TABLE orders ADD COLUMN note text;"))
    project = Project("migrations", "plain", "postgres", (first,), baseline=baseline)

    ((plan,),) = replan(project, SERVER, PlanOptions(complete=True))

    assert [step.impact.error for step in plan.steps] == [None]
    assert [lock.mode for lock in plan.steps[0].impact.locks] == ["ACCESS EXCLUSIVE"]


def test_judging_some_migrations_gives_the_findings_of_these() -> None:
    project = project_of(*SQL)
    plan = make_plan(project, SERVER)
    whole = lint(plan, find_rules()).findings

    for at, each in enumerate(project.migrations):
        only = lint(plan, find_rules(), only=[at]).findings
        assert only == tuple(finding for finding in whole if finding.migration == each.id)
