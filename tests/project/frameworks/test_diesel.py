"""diesel."""

from __future__ import annotations

from tests.project.layouts import Load, outline, told


def test_folders_run_in_the_order_of_their_dates(load: Load) -> None:
    project = load(
        {
            "diesel.toml": "",
            "migrations/00000000000000_diesel_initial_setup/up.sql": "SELECT 1;",
            "migrations/00000000000000_diesel_initial_setup/down.sql": "SELECT 1;",
            "migrations/2024-01-02-030405-0000_add_status/up.sql": "ALTER TABLE a ADD b int;",
            "migrations/2023-12-31-235959_create_a/up.sql": "CREATE TABLE a ();",
            "migrations/2023-12-31-235959_create_a/down.sql": "DROP TABLE a;",
        }
    )
    assert (project.framework, project.root, project.down_style) == ("diesel", "migrations", "file")
    assert outline(project) == [
        (
            "00000000000000",
            "diesel_initial_setup",
            "migrations/00000000000000_diesel_initial_setup/up.sql",
            "migrations/00000000000000_diesel_initial_setup/down.sql",
            "wrapped",
        ),
        (
            "2023-12-31-235959",
            "create_a",
            "migrations/2023-12-31-235959_create_a/up.sql",
            "migrations/2023-12-31-235959_create_a/down.sql",
            "wrapped",
        ),
        (
            "2024-01-02-030405-0000",
            "add_status",
            "migrations/2024-01-02-030405-0000_add_status/up.sql",
            None,
            "wrapped",
        ),
    ]
    assert told(project) == []


def test_metadata_takes_the_transaction_away_from_both_directions(load: Load) -> None:
    project = load(
        {
            "migrations/2024-01-01-000000_i/up.sql": "CREATE INDEX CONCURRENTLY i ON a (b);",
            "migrations/2024-01-01-000000_i/down.sql": "DROP INDEX CONCURRENTLY i;",
            "migrations/2024-01-01-000000_i/metadata.toml": "run_in_transaction = false\n",
        }
    )
    (migration,) = project.migrations
    assert (migration.transaction, migration.down_transaction) == ("implicit", "implicit")
    assert project.support_files == ("migrations/2024-01-01-000000_i/metadata.toml",)


def test_folders_that_diesel_cannot_run_are_told(load: Load) -> None:
    project = load(
        {
            "migrations/2024-01-01-000000_a/up.sql": "SELECT 1;",
            "migrations/2024-01-02-000000_b/down.sql": "SELECT 1;",
            "migrations/later/up.sql": "SELECT 1;",
        }
    )
    assert sorted(told(project)) == [
        ("bad-file-name", "migrations/2024-01-02-000000_b"),
        ("bad-file-name", "migrations/later"),
    ]


def test_a_database_beside_it_is_named_and_not_planned(load: Load) -> None:
    project = load({"migrations_sqlite/2024-01-01-000000_a/up.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY);"})
    assert (project.dialect, project.migrations) == ("sqlite", ())
    assert project.not_covered[0].paths == ("migrations_sqlite/2024-01-01-000000_a/up.sql",)
