"""golang-migrate and maragudk/migrate."""

from __future__ import annotations

import pytest

from tests.project.layouts import Load, outline, told


def test_files_pair_by_version_and_run_in_the_order_of_their_numbers(load: Load) -> None:
    project = load(
        {
            "go.mod": "require github.com/golang-migrate/migrate/v4 v4.17.0\n",
            "db/migrations/10_add_status.up.sql": "ALTER TABLE orders ADD COLUMN status text;",
            "db/migrations/10_add_status.down.sql": "ALTER TABLE orders DROP COLUMN status;",
            "db/migrations/9_orders.up.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);",
        }
    )
    assert (project.root, project.framework, project.dialect) == ("db/migrations", "golang-migrate", "postgres")
    assert outline(project) == [
        ("9", "orders", "db/migrations/9_orders.up.sql", None, "implicit"),
        (
            "10",
            "add_status",
            "db/migrations/10_add_status.up.sql",
            "db/migrations/10_add_status.down.sql",
            "implicit",
        ),
    ]
    assert project.migrations[1].parents == ("9",)
    assert (project.down_style, project.numbering) == ("file", "integer")
    assert project.notes == ()
    assert told(project) == []


def test_a_history_without_any_way_down_is_noted_once(load: Load) -> None:
    project = load({"migrations/1_a.up.sql": "SELECT 1;", "migrations/2_b.up.sql": "SELECT 2;"})
    assert project.down_style is None
    assert "No migration has a way down, so none is missed." in project.notes


def test_without_go_mod_the_assumption_is_told(load: Load) -> None:
    project = load({"migrations/1_a.up.sql": "SELECT 1;", "migrations/1_a.down.sql": "SELECT 1;"})
    assert project.framework == "golang-migrate"
    assert "transaction: wrapped" in project.notes[0]


def test_bad_names_and_duplicates_are_told(load: Load) -> None:
    project = load(
        {
            "migrations/0001_a.up.sql": "",
            "migrations/0002_b.up.sql": "",
            "migrations/2_c.up.sql": "",
            "migrations/0003_d.down.sql": "",
            "migrations/hotfix.sql": "",
            "migrations/schema.sql": "",
        }
    )
    assert sorted(told(project)) == [
        ("bad-file-name", "migrations/0003_d.down.sql"),
        ("bad-file-name", "migrations/hotfix.sql"),
        ("duplicate-version", "migrations/2_c.up.sql"),
    ]
    assert [m.id for m in project.migrations] == ["0001", "0002"]


@pytest.mark.parametrize("module", ["maragu.dev/migrate", "github.com/maragudk/migrate"])
def test_maragudk_migrate_wraps_each_file(load: Load, module: str) -> None:
    project = load({"go.mod": f"require {module} v0.4.3\n", "migrations/1-a.up.sql": "SELECT 1;"})
    assert project.framework == "maragudk-migrate"
    assert [m.transaction for m in project.migrations] == ["wrapped"]


def test_versions_used_again_and_again_are_a_tool_that_knows_whole_names(load: Load) -> None:
    files = {}
    for version in ("0001", "0002", "0003"):
        files[f"migrate/{version}_a_users.up.sql"] = ""
        files[f"migrate/{version}_b_orders_up.sql"] = ""
        files[f"migrate/{version}_b_orders_down.sql"] = ""
        files[f"migrate/{version}_c_items.up.sql"] = ""
    project = load(files)
    assert project.framework == "maragudk-migrate"
    assert outline(project)[:3] == [
        ("0001", "a_users", "migrate/0001_a_users.up.sql", None, "wrapped"),
        ("0001_b_orders", "b_orders", "migrate/0001_b_orders_up.sql", "migrate/0001_b_orders_down.sql", "wrapped"),
        ("0001_c_items", "c_items", "migrate/0001_c_items.up.sql", None, "wrapped"),
    ]
    assert told(project) == []
