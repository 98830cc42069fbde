"""Liquibase's formatted SQL."""

from __future__ import annotations

from hotlint.project.discover import find_projects
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


def test_changelogs_give_the_order_of_files_in_all_folders_below(load: Load) -> None:
    head = "--liquibase formatted sql\n--changeset a:"
    root = "src/main/resources/db/changelog"
    project = load(
        {
            f"{root}/db.changelog-master.yaml": (
                "databaseChangeLog:\n"
                "- include:\n    file: db/changelog/v2/z.sql\n"
                "- include: {file: v1/changes.xml, relativeToChangelogFile: true}\n"
                "- includeAll:\n    path: classpath:db/changelog/rest/\n"
            ),
            f"{root}/v1/changes.xml": '<databaseChangeLog><include file="db/changelog/v1/b.sql"/></databaseChangeLog>',
            f"{root}/v1/b.sql": head + "1\nSELECT 1;\n",
            f"{root}/v2/a.sql": head + "2\nSELECT 2;\n",
            f"{root}/v2/z.sql": head + "3\nSELECT 3;\n",
            f"{root}/rest/1.sql": head + "4\nSELECT 4;\n",
            f"{root}/rest/2.sql": "SELECT 5;\n",
        }
    )
    assert (project.root, project.framework) == (root, "liquibase")
    assert [m.id for m in project.migrations] == ["a:3", "a:1", "a:4", "a:2"]
    assert project.support_files == (f"{root}/db.changelog-master.yaml",)
    assert list(not_covered(project).values()) == [(f"{root}/rest/2.sql",)]


def test_a_changelog_above_the_files_gives_their_order(load: Load) -> None:
    head = "--liquibase formatted sql\n--changeset a:"
    write = {
        "db/changelog.yaml": "databaseChangeLog:\n- include: {file: sql/z.sql}\n- include: {file: sql/a.sql}\n",
        "db/sql/a.sql": head + "1\nSELECT 1;\n",
        "db/sql/z.sql": head + "2\nSELECT 2;\n",
    }
    project = load(write)
    assert (project.root, [m.up.path for m in project.migrations]) == ("db", ["db/sql/z.sql", "db/sql/a.sql"])
    (below,) = find_projects(["db/sql"])
    assert [m.up.path for m in below.migrations] == ["db/sql/z.sql", "db/sql/a.sql"]


def test_a_changeset_that_comes_twice_in_a_file_is_told(load: Load) -> None:
    text = "--liquibase formatted sql\n--changeset a:1\nSELECT 1;\n--changeset a:1\nSELECT 2;\n"
    project = load({"db/c.sql": text})
    assert told(project) == [("duplicate-version", "db/c.sql")]
