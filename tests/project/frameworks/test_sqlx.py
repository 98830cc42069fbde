"""sqlx."""

from __future__ import annotations

from tests.project.layouts import Load, outline


def test_the_first_line_takes_the_transaction_away(load: Load) -> None:
    project = load(
        {
            "migrations/20240101000000_a.sql": "CREATE TABLE a (id int);",
            "migrations/20240102000000_b.sql": "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON a (id);",
            "migrations/20240103000000_c.sql": "-- a comment\n-- no-transaction\nSELECT 1;",
        }
    )
    assert project.framework == "sqlx"
    assert outline(project) == [
        ("20240101000000", "a", "migrations/20240101000000_a.sql", None, "wrapped"),
        ("20240102000000", "b", "migrations/20240102000000_b.sql", None, "implicit"),
        ("20240103000000", "c", "migrations/20240103000000_c.sql", None, "wrapped"),
    ]
    assert project.migrations[1].directive == (0, 17)
    assert project.down_style is None


def test_reversible_migrations_of_a_crate_that_uses_sqlx(load: Load) -> None:
    project = load(
        {
            "Cargo.toml": '[dependencies]\nsqlx = "0.8"\n',
            "migrations/1_a.up.sql": "CREATE TABLE a (id int);",
            "migrations/1_a.down.sql": "DROP TABLE a;",
        }
    )
    assert project.framework == "sqlx"
    assert outline(project) == [("1", "a", "migrations/1_a.up.sql", "migrations/1_a.down.sql", "wrapped")]
