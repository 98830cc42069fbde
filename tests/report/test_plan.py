"""The plan as text and as JSON, on steps made by hand."""

from __future__ import annotations

import json

import pytest

from hotlint.catalog.catalog import Catalog
from hotlint.catalog.names import QName
from hotlint.catalog.outcome import ServerError
from hotlint.errors import HotlintError
from hotlint.impact import DataLoss, Impact, IndexBuild, Lock, Rewrite, Scan
from hotlint.operations import AddColumn, AnyOperation, ColumnDef, CreateIndex, IndexElement, Name, Update
from hotlint.planning.model import HeldLock, MigrationPlan, Plan, Step, TransactionInfo
from hotlint.project.model import Migration, NotCovered, Project
from hotlint.report import plan_json, plan_text
from hotlint.report.plan_model import PlanReport
from hotlint.server import Server, Session
from hotlint.source import Direction, Problem, Region, Script, Statement

ORDERS = QName("public", "orders")
STATUS = "ALTER TABLE orders ADD COLUMN status text"
FILL = "UPDATE orders SET status = 'open'"
INDEX = "CREATE INDEX orders_status_idx\n    ON orders (status)"
EXCLUSIVE = Lock(ORDERS, "table", "ACCESS EXCLUSIVE", ("reads", "writes"))

ADD = AddColumn(relation=Name("orders"), column=ColumnDef(name="status"))
WRITE = Update(relation=Name("orders"))
BUILD = CreateIndex(relation=Name("orders"), index="orders_status_idx", elements=(IndexElement(column="status"),))


def script(path: str, *statements: str) -> Script:
    text = ";\n".join(statements) + ";\n"
    return Script(path, text, (Region(0, len(text)),))


def steps(
    migration: Migration, source: Script, direction: Direction, *given: tuple[str, AnyOperation, Impact]
) -> tuple[Step, ...]:
    view = Catalog().now()
    transaction = TransactionInfo("framework", 0, len(given) - 1, "file")
    made = []
    held: tuple[HeldLock, ...] = ()
    for index, (sql, operation, impact) in enumerate(given):
        start = source.text.index(sql)
        statement = Statement(start, start + len(sql), "Stmt", (operation,))
        made.append(
            Step(index, migration, source, direction, statement, view, view, impact, transaction, True, held, Session())
        )
        held += tuple(HeldLock(lock, index) for lock in impact.locks)
    return tuple(made)


def report() -> PlanReport:
    """Two migrations: a column with its backfill, and an index whose down script fails."""
    first = Migration("0007", "add_status", script("db/0007_add_status.up.sql", STATUS, FILL))
    down = script("db/0008_index.down.sql", "DROP INDEX orders_status_idx")
    second = Migration("0008", "index", script("db/0008_index.up.sql", INDEX), down, transaction="none")
    view = Catalog().now()
    writing = Impact(
        locks=(Lock(ORDERS, "table", "ROW EXCLUSIVE"),),
        scans=(Scan(ORDERS, "query"), Scan(ORDERS, "check", "ok")),
        unknown=("The trigger is opaque.",),
    )
    adding = Impact(locks=(EXCLUSIVE,), rewrites=(Rewrite(ORDERS, "default", "status"),))
    build = Impact(
        locks=(Lock(ORDERS, "table", "SHARE", ("writes",), "build"),),
        index_builds=(IndexBuild(ORDERS, QName("public", "orders_status_idx")),),
        data_loss=(DataLoss(ORDERS, "column", "old"),),
    )
    failing = Impact(error=ServerError("42704", 'index "orders_status_idx" does not exist'))
    problem = Problem("syntax-error", 'syntax error at or near "ALTR"', 0, 4)
    plans = (
        MigrationPlan(
            first, "up", steps(first, first.up, "up", (STATUS, ADD, adding), (FILL, WRITE, writing)), (), view, view
        ),
        MigrationPlan(second, "up", steps(second, second.up, "up", (INDEX, BUILD, build)), (problem,), view, view),
    )
    plans[1].down = MigrationPlan(
        second, "down", steps(second, down, "down", ("DROP INDEX orders_status_idx", BUILD, failing)), (), view, view
    )
    project = Project(
        "db", "golang-migrate", "postgres", (first, second), not_covered=(NotCovered("MySQL", ("db/x",)),)
    )
    return PlanReport.of(Server(major=16), (Plan(project, Server(major=16), plans),))


def test_the_text_tells_locks_who_waits_and_until_which_line() -> None:
    assert plan_text.render(report()).split("\n") == [
        "db: golang-migrate, 2 migrations, 3 statements",
        "  not covered: 1 file (MySQL)",
        "",
        "0007 add_status  in one transaction",
        "  db/0007_add_status.up.sql",
        "  1  ALTER TABLE orders ADD COLUMN status text",
        "       public.orders  ACCESS EXCLUSIVE  blocks reads and writes  briefly, then held until line 2",
        "       public.orders  every row is copied (default status)",
        "  2  UPDATE orders SET status = 'open'",
        "       public.orders  every row is read (query, check ok)",
        "       The trigger is opaque.",
        "",
        "0008 index  without a transaction",
        "  db/0008_index.up.sql",
        '  1  syntax-error: syntax error at or near "ALTR"',
        "  1  CREATE INDEX orders_status_idx ON orders (status)",
        "       public.orders  SHARE  blocks writes  while orders_status_idx is built",
        "       public.orders  lost: column old",
        "",
        "PostgreSQL 16.",
        "",
    ]


def test_the_down_scripts_are_shown_newest_first() -> None:
    lines = plan_text.render(report().choose(down=True)).split("\n")
    assert lines[3:7] == [
        "0008 index (down)  in one transaction",
        "  db/0008_index.down.sql",
        "  1  DROP INDEX orders_status_idx",
        '       fails: index "orders_status_idx" does not exist (42704)',
    ]


def test_the_summary_counts_what_hurts() -> None:
    assert plan_text.render_summary(report()).split("\n") == [
        "db: golang-migrate, 2 migrations, 3 statements",
        "  not covered: 1 file (MySQL)",
        "  reads of a table in use wait for 1 statement",
        "  writes to a table in use wait for 2 statements, not only briefly for 1",
        "  every row of a table is copied by 1 statement",
        "  1 problem in the text of the files",
        "PostgreSQL 16.",
        "",
    ]


@pytest.mark.parametrize(
    ("sql", "width", "shown"),
    [
        ("SELECT 1", 20, "SELECT 1"),
        ("SELECT -- one\n  '--', /* two */ 3", 20, "SELECT '--', 3"),
        ("SELECT 'a long statement'", 12, "SELECT 'a l…"),
        ("SELECT '配置配置配置'", 12, "SELECT '配…"),
        ("SELECT '" + "x" * 5000 + "'", 4000, "SELECT '" + "x" * 1992 + "…"),
        ("SELECT\t'\x1b[31m'", 40, "SELECT '␛[31m'"),
    ],
)
def test_a_statement_is_shown_by_its_beginning(sql: str, width: int, shown: str) -> None:
    assert plan_text.one_line(sql, width) == shown


def test_nothing_found_is_said() -> None:
    empty = PlanReport(Server(), assumed=True)
    expected = "No migrations found.\nPostgreSQL 15 assumed (--pg-version).\n"
    assert plan_text.render(empty) == plan_text.render_summary(empty) == expected


def test_the_json_has_the_documented_shape() -> None:
    data = json.loads(plan_json.render(report().choose(migration="0007")))
    assert data == report().choose(migration="0007").to_dict()
    (project,) = data["projects"]
    assert data["version"] == 1
    assert data["server"] == {"dialect": "postgres", "major": 16}
    assert (project["root"], project["framework"]) == ("db", "golang-migrate")
    (migration,) = project["migrations"]
    assert {key: migration[key] for key in ("id", "name", "direction", "path", "transaction")} == {
        "id": "0007",
        "name": "add_status",
        "direction": "up",
        "path": "db/0007_add_status.up.sql",
        "transaction": True,
    }
    lock = {
        "relation": "public.orders",
        "kind": "table",
        "mode": "ACCESS EXCLUSIVE",
        "created_in_transaction": False,
        "blocks": ["reads", "writes"],
        "duration": "brief",
        "until": "transaction",
    }
    assert migration["steps"][0] == {
        "path": "db/0007_add_status.up.sql",
        "line": 1,
        "column": 1,
        "end_line": 1,
        "end_column": 42,
        "sql": STATUS,
        "operations": [{"type": "AddColumn", "relation": "public.orders"}],
        "allowed_in_transaction": True,
        "in_transaction": True,
        "locks": [lock],
        "rewrites": [{"relation": "public.orders", "reason": "default", "column": "status"}],
        "scans": [],
        "index_builds": [],
        "error": None,
        "locks_held": [],
    }
    assert migration["steps"][1]["locks_held"] == [lock]


def test_errors_and_problems_stand_in_the_json() -> None:
    data = report().choose(migration="8", down=True).to_dict()
    (step,) = data["projects"][0]["migrations"][0]["steps"]
    assert step["error"] == {"sqlstate": "42704", "message": 'index "orders_status_idx" does not exist'}
    (migration,) = report().choose(last=1).to_dict()["projects"][0]["migrations"]
    assert migration["problems"] == [
        {"rule": "syntax-error", "message": 'syntax error at or near "ALTR"', "line": 1, "column": 1}
    ]


@pytest.mark.parametrize("wanted", ["0007", "7", "add_status", "0007_add_status", "0007_add_status.up.sql"])
def test_a_migration_is_found_by_any_name_that_people_use(wanted: str) -> None:
    (project,) = report().choose(migration=wanted).projects
    assert [plan.migration.id for plan in project.shown] == ["0007"]


def test_last_takes_the_newest() -> None:
    (project,) = report().choose(last=1).projects
    assert [plan.migration.id for plan in project.shown] == ["0008"]
    (project,) = report().choose(last=0).projects
    assert project.shown == ()


def test_an_unknown_migration_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(HotlintError, match=r"no migration 0077; did you mean 0007\?"):
        report().choose(migration="0077")
    with pytest.raises(HotlintError, match=r"no migration x\. The newest is 0008\."):
        report().choose(migration="x")
