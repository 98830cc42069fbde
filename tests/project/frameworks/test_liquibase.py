"""Liquibase's formatted SQL."""

from __future__ import annotations

from tests.project.layouts import Load, not_covered, sql, told

TEXT = """--liquibase formatted sql

--changeset ann:1
CREATE TABLE a (id int);
--rollback DROP TABLE a;

--changeset bob:2 runInTransaction:false splitStatements:false
CREATE INDEX CONCURRENTLY i ON a (id);
--rollback DROP INDEX
--rollback   CONCURRENTLY i;

--changeset ann:3 dbms:oracle
CREATE TABLE b (id NUMBER);
--changeset ann:4 dbms:postgresql,h2 runOnChange:true
CREATE OR REPLACE VIEW v AS SELECT 1;
--rollback empty
"""


def test_every_changeset_is_a_migration(load: Load) -> None:
    project = load({"db/changelog/001.sql": TEXT})
    first, second, third = project.migrations
    assert (project.framework, project.down_style) == ("liquibase", "section")
    assert [(m.id, m.name, m.transaction, m.repeatable) for m in project.migrations] == [
        ("ann:1", "1", "wrapped", False),
        ("bob:2", "2", "none", False),
        ("ann:4", "4", "wrapped", True),
    ]
    assert sql(first.up) == ["CREATE TABLE a (id int);"]
    assert sql(first.down) == ["DROP TABLE a;"]
    assert second.directive is not None
    assert TEXT[slice(*second.directive)] == "runInTransaction:false"
    assert [region.single for region in second.up.regions] == [True]
    assert third.down is None
    assert not_covered(project) == {"changeset ann:3 is for another database or ignored": ("db/changelog/001.sql",)}


def test_a_rollback_over_several_lines_is_one_text_at_the_same_places(load: Load) -> None:
    second = load({"db/changelog/001.sql": TEXT}).migrations[1]
    assert second.down is not None
    assert " ".join(sql(second.down)[0].split()) == "DROP INDEX CONCURRENTLY i;"
    assert len(second.down.text) == len(TEXT)
    assert second.down.position(second.down.text.index("CONCURRENTLY i;")).line == 10


def test_a_changelog_gives_the_order_of_the_files(load: Load) -> None:
    head = "--liquibase formatted sql\n--changeset a:"
    project = load(
        {
            "db/changelog-master.yaml": "- include:\n    file: sql/z.sql\n- include: {file: sql/a.sql}\n",
            "db/sql/a.sql": head + "1\nSELECT 1;\n",
            "db/sql/z.sql": head + "2\nSELECT 2;\n",
        }
    )
    assert [m.up.path for m in project.migrations] == ["db/sql/z.sql", "db/sql/a.sql"]
    assert project.support_files == ("db/changelog-master.yaml",)


def test_a_changeset_that_comes_twice_in_a_file_is_told(load: Load) -> None:
    text = "--liquibase formatted sql\n--changeset a:1\nSELECT 1;\n--changeset a:1\nSELECT 2;\n"
    project = load({"db/c.sql": text})
    assert told(project) == [("duplicate-version", "db/c.sql")]
