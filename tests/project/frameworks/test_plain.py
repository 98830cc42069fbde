"""Numbered files of no tool that we know."""

from __future__ import annotations

import pytest

from hotlint.project.discover import find_projects
from hotlint.project.options import DiscoverOptions, ProjectOptions
from tests.project.layouts import Load, Write, not_covered, outline, told


def test_files_run_in_the_order_of_their_numbers(load: Load) -> None:
    project = load(
        {
            "migrations/10_c.sql": "SELECT 1;",
            "migrations/9-b.sql": "BEGIN;\nSELECT 1;\nCOMMIT;\n",
            "migrations/1_a.sql": "\ufeffSELECT 1;\r\n",
            "migrations/1_a.down.sql": "SELECT 1;",
        }
    )
    assert project.framework == "plain"
    assert outline(project) == [
        ("1", "a", "migrations/1_a.sql", "migrations/1_a.down.sql", "wrapped"),
        ("9", "b", "migrations/9-b.sql", None, "none"),
        ("10", "c", "migrations/10_c.sql", None, "wrapped"),
    ]
    assert project.migrations[0].up.text == "SELECT 1;\r\n"
    assert "`transaction`" in project.notes[0]


def test_numbered_folders_are_versions(load: Load) -> None:
    project = load(
        {
            "delta/9/02_b.up.sql": "SELECT 1;",
            "delta/9/01_a.up.sql": "SELECT 1;",
            "delta/10/x.sql": "SELECT 1;",
            "delta/10/y.sql.postgres": "SELECT 1;",
            "delta/10/y.sql.sqlite": "SELECT 1;",
            "delta/10/03_z.py": "",
        }
    )
    assert [(m.id, m.name, m.up.path) for m in project.migrations] == [
        ("9/01", "a", "delta/9/01_a.up.sql"),
        ("9/02", "b", "delta/9/02_b.up.sql"),
        ("10/x", "x", "delta/10/x.sql"),
        ("10/y", "y", "delta/10/y.sql.postgres"),
    ]
    assert not_covered(project) == {
        "SQLite is not planned": ("delta/10/y.sql.sqlite",),
        "a Python migration, which is a program and is not run": ("delta/10/03_z.py",),
    }


def test_folders_named_after_releases_run_in_their_order(load: Load) -> None:
    project = load(
        {
            "schema/versioned/v1.10/a.sql": "SELECT 1;",
            "schema/versioned/v1.9/b.sql": "SELECT 1;",
            "schema/versioned/v1.9/a.sql": "SELECT 1;",
        }
    )
    assert project.root == "schema/versioned"
    assert [m.id for m in project.migrations] == ["1.9/a", "1.9/b", "1.10/a"]


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("migrations/001.do.users.sql", "migrations/001.undo.users.sql"),
        ("migrations/001_users.sql", "migrations/001_users_down.sql"),
        ("migrations/001_users.sql", "migrations/001_users.rollback.sql"),
        ("migrations/001_users.sql", "migrations/rollback/001_users.sql"),
        ("migrations/up/001_users.sql", "migrations/down/001_users.sql"),
    ],
)
def test_ways_down_are_known_by_their_names(load: Load, up: str, down: str) -> None:
    project = load({up: "CREATE TABLE users ();", down: "DROP TABLE users;"})
    assert outline(project) == [("001", "users", up, down, "wrapped")]
    assert project.down_style == "file"


def test_a_name_that_speaks_of_going_back_is_no_way_down(load: Load) -> None:
    project = load({"migrations/1_fix_rollback.sql": "SELECT 1;", "migrations/2_down_time.sql": "SELECT 1;"})
    assert [(m.id, m.down) for m in project.migrations] == [("1", None), ("2", None)]
    assert told(project) == []


def test_dialects_in_names_are_told_apart(load: Load) -> None:
    project = load(
        {
            "migrations/1_a_postgres.sql": "SELECT 1;",
            "migrations/1_a_mysql.sql": "SELECT 1;",
            "migrations/2_b.postgres.sql": "SELECT 1;",
            "migrations/2_b.sqlite.sql": "SELECT 1;",
        }
    )
    assert [m.up.path for m in project.migrations] == ["migrations/1_a_postgres.sql", "migrations/2_b.postgres.sql"]
    assert set(not_covered(project)) == {"MySQL is not planned", "SQLite is not planned"}


def test_a_name_that_speaks_of_a_database_is_no_dialect(load: Load) -> None:
    project = load({"migrations/1_move_to_mysql.sql": "SELECT 1;", "migrations/2_b.sql": "SELECT 1;"})
    assert [m.name for m in project.migrations] == ["move_to_mysql", "b"]


def test_one_version_twice_is_told_and_many_are_the_tools_custom(load: Load) -> None:
    project = load({"migrations/1_a.sql": "", "migrations/1_b.sql": "", "migrations/fix.sql": ""})
    assert told(project) == [("bad-file-name", "migrations/fix.sql"), ("duplicate-version", "migrations/1_b.sql")]
    assert [m.id for m in project.migrations] == ["1", "1_b"]


def test_custom_duplicates_are_noted(load: Load) -> None:
    project = load({f"migrations/{n}_{letter}.sql": "" for n in (1, 2, 3) for letter in "ab"})
    assert told(project) == []
    assert "3 versions are used more than once, so the tool is taken to allow that." in project.notes


@pytest.mark.parametrize(
    "files",
    [
        {"queries/1_top.sql": "", "queries/2_low.sql": "", "queries/3_mid.sql": ""},
        {"tests/sql/1_top.sql": "", "tests/sql/2_low.sql": "", "tests/sql/3_mid.sql": ""},
        {"bench/1.sql": "", "bench/2.sql": "", "bench/3.sql": ""},
        {"sql/users.sql": "", "sql/orders.sql": "", "sql/2_x.sql": ""},
    ],
)
def test_other_sql_is_no_history(write: Write, files: dict[str, str]) -> None:
    write(files)
    assert find_projects(["."]) == ()


def test_the_user_may_set_the_transaction(load: Load) -> None:
    options = DiscoverOptions(defaults=ProjectOptions(transaction="none"))
    project = load({"migrations/1_a.sql": "SELECT 1;"}, options)
    assert [m.transaction for m in project.migrations] == ["none"]


def test_content_shows_another_database(load: Load) -> None:
    project = load({"migrations/1_a.sql": "CREATE TABLE `a` (id INT AUTO_INCREMENT) ENGINE=InnoDB;"})
    assert (project.dialect, project.migrations) == ("mysql", ())
