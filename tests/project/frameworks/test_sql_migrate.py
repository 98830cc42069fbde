"""sql-migrate."""

from __future__ import annotations

from tests.project.layouts import Load, sql, told


def test_each_direction_has_its_own_switch(load: Load) -> None:
    text = "-- +migrate Up notransaction\nCREATE INDEX CONCURRENTLY i ON a (id);\n\n-- +migrate Down\nDROP INDEX i;\n"
    project = load({"migrations/20240101-a.sql": text})
    (migration,) = project.migrations
    assert project.framework == "sql-migrate"
    assert (migration.id, migration.name) == ("20240101", "a")
    assert (migration.transaction, migration.down_transaction) == ("none", "wrapped")
    assert migration.directive == (0, 28)
    assert sql(migration.up) == ["CREATE INDEX CONCURRENTLY i ON a (id);"]


def test_a_version_may_come_twice_since_names_are_what_counts(load: Load) -> None:
    project = load(
        {
            "migrations/1-a.sql": "-- +migrate Up\nSELECT 1;\n",
            "migrations/1-b.sql": "-- +migrate Up\nSELECT 2;\n",
        }
    )
    assert [m.id for m in project.migrations] == ["1", "1_b"]
    assert told(project) == []


def test_a_marked_statement_is_sent_whole(load: Load) -> None:
    function = "CREATE FUNCTION f() RETURNS int AS 'BEGIN; RETURN 1; END' LANGUAGE plpgsql;"
    text = f"-- +migrate Up\n-- +migrate StatementBegin\n{function}\n-- +migrate StatementEnd\nSELECT 1;\n"
    (migration,) = load({"migrations/1-a.sql": text}).migrations
    assert sql(migration.up) == [function, "SELECT 1;"]
    assert [region.single for region in migration.up.regions] == [True, False]
