"""pop and popx."""

from __future__ import annotations

from tests.project.layouts import Load, outline


def test_a_file_for_postgres_goes_before_the_one_for_all_and_the_others_are_named(load: Load) -> None:
    project = load(
        {
            "migrations/20240101000000000000_users.up.sql": "CREATE TABLE users (id uuid);",
            "migrations/20240101000000000000_users.down.sql": "DROP TABLE users;",
            "migrations/20240102000000000000_mail.postgres.up.sql": "ALTER TABLE users ADD mail text;",
            "migrations/20240102000000000000_mail.up.sql": "ALTER TABLE users ADD mail varchar(255);",
            "migrations/20240102000000000000_mail.mysql.up.sql": "ALTER TABLE `users` ADD mail varchar(255);",
            "migrations/20240102000000000000_mail.cockroach.up.sql": "ALTER TABLE users ADD mail text;",
            "migrations/20240103000000000000_idx.postgres.autocommit.up.sql": "CREATE INDEX CONCURRENTLY i ON u (m);",
        }
    )
    assert project.framework == "pop"
    assert outline(project) == [
        (
            "20240101000000000000",
            "users",
            "migrations/20240101000000000000_users.up.sql",
            "migrations/20240101000000000000_users.down.sql",
            "wrapped",
        ),
        ("20240102000000000000", "mail", "migrations/20240102000000000000_mail.postgres.up.sql", None, "wrapped"),
        (
            "20240103000000000000",
            "idx",
            "migrations/20240103000000000000_idx.postgres.autocommit.up.sql",
            None,
            "implicit",
        ),
    ]
    assert {n.reason: n.paths for n in project.not_covered} == {
        "CockroachDB is not planned": ("migrations/20240102000000000000_mail.cockroach.up.sql",),
        "MySQL is not planned": ("migrations/20240102000000000000_mail.mysql.up.sql",),
        "a file for PostgreSQL takes its place": ("migrations/20240102000000000000_mail.up.sql",),
    }


def test_templates_show_pop(load: Load) -> None:
    project = load({"migrations/00_init.up.sql": 'CREATE TABLE {{ index .Options "Namespace" }}.users (id uuid);'})
    assert (project.framework, project.migrations[0].transaction) == ("pop", "wrapped")


def test_fizz_is_named_as_not_covered(load: Load) -> None:
    project = load({"migrations/1_a.up.sql": "SELECT 1;", "migrations/2_b.up.fizz": 'create_table("b") {}'})
    assert [n.paths for n in project.not_covered] == [("migrations/2_b.up.fizz",)]
