"""Prisma."""

from __future__ import annotations

from tests.project.layouts import Load, not_covered, outline


def test_each_script_is_one_message_and_there_is_no_way_down(load: Load) -> None:
    project = load(
        {
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            "prisma/migrations/20240101000000_init/migration.sql": 'CREATE TABLE "User" ("id" TEXT);',
            "prisma/migrations/20240102000000_more/migration.sql": 'ALTER TABLE "User" ADD COLUMN "a" TEXT;',
        }
    )
    assert (project.framework, project.dialect, project.down_style) == ("prisma", "postgres", None)
    assert outline(project) == [
        ("20240101000000", "init", "prisma/migrations/20240101000000_init/migration.sql", None, "implicit"),
        ("20240102000000", "more", "prisma/migrations/20240102000000_more/migration.sql", None, "implicit"),
    ]
    assert project.support_files == ("prisma/migrations/migration_lock.toml",)


def test_the_lock_file_names_the_database(load: Load) -> None:
    project = load(
        {
            "prisma/migrations/migration_lock.toml": 'provider = "mysql"\n',
            "prisma/migrations/20240101000000_init/migration.sql": "CREATE TABLE a (id INT);",
        }
    )
    assert (project.dialect, project.migrations) == ("mysql", ())
    assert not_covered(project) == {"MySQL is not planned": ("prisma/migrations/20240101000000_init/migration.sql",)}
