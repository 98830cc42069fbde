"""morph."""

from __future__ import annotations

from tests.project.layouts import Load, outline


def test_the_first_line_takes_the_transaction_away(load: Load) -> None:
    project = load(
        {
            "db/migrations/postgres/000001_a.up.sql": "CREATE TABLE a ();",
            "db/migrations/postgres/000001_a.down.sql": "DROP TABLE a;",
            "db/migrations/postgres/000002_i.up.sql": "-- morph:nontransactional\nVACUUM a;",
        }
    )
    root = "db/migrations/postgres"
    assert project.framework == "morph"
    assert outline(project) == [
        ("000001", "a", f"{root}/000001_a.up.sql", f"{root}/000001_a.down.sql", "wrapped"),
        ("000002", "i", f"{root}/000002_i.up.sql", None, "implicit"),
    ]
    assert project.migrations[1].directive == (0, 25)
