"""node-pg-migrate's SQL files."""

from __future__ import annotations

from tests.project.layouts import Load, sql


def test_both_directions_stand_in_one_file(load: Load) -> None:
    project = load(
        {
            "migrations/1700000000000_a.sql": "-- Up Migration\nCREATE TABLE a ();\n-- Down Migration\nDROP TABLE a;\n",
            "migrations/1700000000001_b.js": "exports.up = () => {}",
        }
    )
    (migration,) = project.migrations
    assert project.framework == "node-pg-migrate"
    assert (migration.id, migration.transaction) == ("1700000000000", "wrapped")
    assert sql(migration.up) == ["CREATE TABLE a ();"]
    assert migration.down is not None
    assert sql(migration.down) == ["DROP TABLE a;"]
    assert [(n.reason, n.paths) for n in project.not_covered] == [
        ("a JavaScript migration, which is a program and is not run", ("migrations/1700000000001_b.js",))
    ]


def test_package_json_tells_it_from_golang_migrate(load: Load) -> None:
    project = load({"package.json": '{"dependencies": {"node-pg-migrate": "7"}}', "migrations/1_a.up.sql": "SELECT 1;"})
    assert (project.framework, project.migrations[0].transaction) == ("node-pg-migrate", "wrapped")


def test_without_marks_the_whole_file_is_the_way_up(load: Load) -> None:
    project = load({"migrations/1_a.sql": "-- Up Migration\nSELECT 1;\n", "migrations/2_b.sql": "SELECT 2;\n"})
    assert [sql(m.up) for m in project.migrations] == [["SELECT 1;"], ["SELECT 2;"]]
    assert project.problems == ()
