"""Hasura."""

from __future__ import annotations

from tests.project.layouts import Load, not_covered, outline


def test_folders_are_named_by_milliseconds(load: Load) -> None:
    project = load(
        {
            "migrations/default/1600000000001_b/up.sql": "ALTER TABLE a ADD b int;",
            "migrations/default/1600000000000_a/up.sql": "CREATE TABLE a ();",
            "migrations/default/1600000000000_a/down.sql": "DROP TABLE a;",
            "migrations/default/1600000000002_c/up.yaml": "[]",
        }
    )
    assert (project.framework, project.numbering) == ("hasura", "timestamp")
    assert outline(project) == [
        (
            "1600000000000",
            "a",
            "migrations/default/1600000000000_a/up.sql",
            "migrations/default/1600000000000_a/down.sql",
            "wrapped",
        ),
        ("1600000000001", "b", "migrations/default/1600000000001_b/up.sql", None, "wrapped"),
    ]
    assert not_covered(project) == {"metadata of Hasura, not SQL": ("migrations/default/1600000000002_c/up.yaml",)}
    assert project.no_transaction is not None
    assert project.no_transaction.directive is None
