"""Sqitch."""

from __future__ import annotations

from hotlint.project.graph import migration_graph
from tests.project.layouts import Load, not_covered, outline, sql, told

PLAN = """%syntax-version=1.0.0
%project=shop

users 2024-01-01T00:00:00Z Ann <ann@example.com> # The people.
orders [users other:audit] 2024-01-02T00:00:00Z Ann <ann@example.com>
@v1 2024-01-03T00:00:00Z Ann <ann@example.com> # The first release.

users [users@v1] 2024-01-04T00:00:00Z Ann <ann@example.com>
bills [orders !invoices] 2024-01-05T00:00:00Z Ann <ann@example.com>
"""


def test_the_plan_gives_the_order_and_the_parents(load: Load) -> None:
    project = load(
        {
            "sqitch.conf": "[core]\n\tengine = pg\n",
            "sqitch.plan": PLAN,
            "deploy/users.sql": "ALTER TABLE users ADD mail text;",
            "deploy/users@v1.sql": "BEGIN; CREATE TABLE users (); COMMIT;",
            "deploy/orders.sql": "CREATE TABLE orders ();",
            "deploy/bills.sql": "CREATE TABLE bills ();",
            "deploy/stray.sql": "SELECT 1;",
            "revert/orders.sql": "DROP TABLE orders;",
            "verify/orders.sql": "SELECT 1 FROM orders;",
        }
    )
    assert (project.root, project.framework, project.numbering) == (".", "sqitch", "name")
    assert outline(project) == [
        ("users@v1", "users", "deploy/users@v1.sql", None, "none"),
        ("orders", "orders", "deploy/orders.sql", "revert/orders.sql", "none"),
        ("users", "users", "deploy/users.sql", None, "none"),
        ("bills", "bills", "deploy/bills.sql", None, "none"),
    ]
    assert [m.parents for m in project.migrations] == [(), ("users@v1",), ("users@v1",), ("orders",)]
    assert [m.tags for m in project.migrations] == [(), ("v1",), (), ()]
    assert sql(project.migrations[1].verify) == ["SELECT 1 FROM orders;"]
    assert not_covered(project) == {"not in sqitch.plan": ("deploy/stray.sql",)}
    assert sorted(migration_graph(project).edges) == [
        ("orders", "bills"),
        ("users@v1", "orders"),
        ("users@v1", "users"),
    ]


def test_a_change_without_script_is_told(load: Load) -> None:
    project = load({"sqitch.plan": "%project=x\n\na 2024-01-01T00:00:00Z A <a@b>\n", "deploy/b.sql": "SELECT 1;"})
    assert told(project) == [("bad-file-name", "sqitch.plan")]


def test_another_top_folder_and_another_engine(load: Load) -> None:
    files = {
        "sqitch.conf": '[core]\n\tengine = sqlite\n\ttop_dir = db\n[core "sqlite"]\n\ttarget = x\n',
        "db/sqitch.plan": "%project=x\n\na 2024-01-01T00:00:00Z A <a@b>\n",
        "db/deploy/a.sql": "CREATE TABLE a ();",
    }
    assert load(files).dialect == "sqlite"
    project = load({**files, "sqitch.conf": files["sqitch.conf"].replace("engine = sqlite", "engine = pg")})
    assert [m.up.path for m in project.migrations] == ["db/deploy/a.sql"]


def test_a_conflict_that_is_deployed_before_is_told(load: Load) -> None:
    plan = "%project=x\n\na 2024-01-01T00:00:00Z A <a@b>\nb [!a] 2024-01-02T00:00:00Z A <a@b>\n"
    project = load({"sqitch.plan": plan, "deploy/a.sql": "SELECT 1;", "deploy/b.sql": "SELECT 2;"})
    assert "b conflicts with a, so Sqitch refuses to deploy it after that." in project.notes
