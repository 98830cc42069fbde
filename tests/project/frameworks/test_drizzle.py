"""Drizzle."""

from __future__ import annotations

from tests.project.layouts import Load, outline, sql, told

JOURNAL = (
    '{"version": "7", "dialect": "postgresql", "entries": ['
    '{"idx": 0, "when": 1, "tag": "0000_init", "breakpoints": true},'
    '{"idx": 1, "when": 2, "tag": "0001_more", "breakpoints": true}]}'
)


def test_the_journal_gives_the_order_and_marks_the_parts(load: Load) -> None:
    project = load(
        {
            "drizzle/meta/_journal.json": JOURNAL,
            "drizzle/0001_more.sql": "SELECT 1;",
            "drizzle/0000_init.sql": "CREATE TABLE a ();--> statement-breakpoint\nCREATE TABLE b ();\n",
        }
    )
    assert (project.framework, project.dialect) == ("drizzle", "postgres")
    assert outline(project) == [
        ("0000", "init", "drizzle/0000_init.sql", None, "wrapped"),
        ("0001", "more", "drizzle/0001_more.sql", None, "wrapped"),
    ]
    assert sql(project.migrations[0].up) == ["CREATE TABLE a ();", "CREATE TABLE b ();"]


def test_what_journal_and_folder_disagree_on_is_told(load: Load) -> None:
    project = load(
        {
            "drizzle/meta/_journal.json": JOURNAL,
            "drizzle/0000_init.sql": "SELECT 1;",
            "drizzle/0002_left.sql": "SELECT 1;",
        }
    )
    assert told(project) == [
        ("bad-file-name", "drizzle/meta/_journal.json"),
        ("bad-file-name", "drizzle/0002_left.sql"),
    ]


def test_a_journal_that_cannot_be_read_leaves_the_files_names(load: Load) -> None:
    project = load({"drizzle/meta/_journal.json": "{", "drizzle/0000_init.sql": "SELECT 1;"})
    assert [m.id for m in project.migrations] == ["0000"]
    assert told(project) == [("bad-file-name", "drizzle/meta/_journal.json")]


def test_folders_with_a_snapshot_are_drizzles_newer_layout(load: Load) -> None:
    project = load(
        {
            "drizzle/20240101000000_init/migration.sql": "CREATE TABLE a ();--> statement-breakpoint\nSELECT 1;",
            "drizzle/20240101000000_init/snapshot.json": "{}",
        }
    )
    assert project.framework == "drizzle"
    assert sql(project.migrations[0].up) == ["CREATE TABLE a ();", "SELECT 1;"]


def test_the_journal_names_the_database(load: Load) -> None:
    project = load(
        {
            "drizzle/meta/_journal.json": JOURNAL.replace("postgresql", "sqlite"),
            "drizzle/0000_init.sql": "SELECT 1;",
        }
    )
    assert (project.dialect, project.migrations) == ("sqlite", ())
