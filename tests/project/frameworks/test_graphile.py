"""graphile-migrate."""

from __future__ import annotations

from tests.project.layouts import Load, outline, told


def test_what_is_current_comes_after_what_is_committed(load: Load) -> None:
    project = load(
        {
            "migrations/committed/000001.sql": "--! Previous: -\n--! Hash: sha1:1\n\nCREATE TABLE a ();\n",
            "migrations/committed/000002-index.sql": (
                "--! Previous: sha1:1\n--! no-transaction\n\nCREATE INDEX CONCURRENTLY i ON a (b);\n"
            ),
            "migrations/current.sql": "ALTER TABLE a ADD c int;\n",
        }
    )
    assert (project.root, project.framework) == ("migrations", "graphile-migrate")
    assert outline(project) == [
        ("000001", "", "migrations/committed/000001.sql", None, "wrapped"),
        ("000002", "index", "migrations/committed/000002-index.sql", None, "implicit"),
        ("current", "current", "migrations/current.sql", None, "wrapped"),
    ]
    assert [m.repeatable for m in project.migrations] == [False, False, True]


def test_an_empty_current_migration_is_none(load: Load) -> None:
    project = load(
        {"migrations/committed/000001.sql": "SELECT 1;", "migrations/current.sql": "-- Enter migration here\n"}
    )
    assert [m.id for m in project.migrations] == ["000001"]


def test_a_current_folder_and_bad_names(load: Load) -> None:
    project = load(
        {
            "migrations/committed/000001.sql": "SELECT 1;",
            "migrations/committed/extra.sql": "SELECT 1;",
            "migrations/current/1-a.sql": "SELECT 1;",
            "migrations/current/2-b.sql": "SELECT 1;",
        }
    )
    assert [m.id for m in project.migrations] == ["000001", "current/1-a", "current/2-b"]
    assert told(project) == [("bad-file-name", "migrations/committed/extra.sql")]
