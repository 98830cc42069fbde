"""bun and go-pg."""

from __future__ import annotations

from tests.project.layouts import Load, outline, sql


def test_only_tx_in_the_name_makes_a_transaction(load: Load) -> None:
    project = load(
        {
            "migrations/20240101_a.tx.up.sql": "CREATE TABLE a (id int);",
            "migrations/20240101_a.tx.down.sql": "DROP TABLE a;",
            "migrations/20240102_b.up.sql": "CREATE INDEX CONCURRENTLY i ON a (id);",
        }
    )
    assert project.framework == "bun"
    assert outline(project) == [
        ("20240101", "a", "migrations/20240101_a.tx.up.sql", "migrations/20240101_a.tx.down.sql", "wrapped"),
        ("20240102", "b", "migrations/20240102_b.up.sql", None, "implicit"),
    ]


def test_a_file_is_sent_in_the_parts_that_it_is_split_into(load: Load) -> None:
    project = load({"migrations/1_a.up.sql": "SET x = 1;\r\n--gopg:split\r\nVACUUM a;\r\n"})
    assert project.framework == "go-pg"
    assert sql(project.migrations[0].up) == ["SET x = 1;", "VACUUM a;"]
