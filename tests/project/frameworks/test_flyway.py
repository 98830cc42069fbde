"""Flyway."""

from __future__ import annotations

import pytest

from tests.project.layouts import Load, not_covered, outline, told

ROOT = "src/main/resources/db/migration"


def test_versions_are_compared_by_their_parts_and_repeatables_come_last(load: Load) -> None:
    project = load(
        {
            f"{ROOT}/V1_10__c.sql": "SELECT 1;",
            f"{ROOT}/V1.2__b.sql": "SELECT 1;",
            f"{ROOT}/V1__a.sql": "SELECT 1;",
            f"{ROOT}/U1__a.sql": "SELECT 1;",
            f"{ROOT}/2024/V2__d.sql": "SELECT 1;",
            f"{ROOT}/R__views.sql": "CREATE OR REPLACE VIEW v AS SELECT 1;",
            f"{ROOT}/B1__baseline.sql": "SELECT 1;",
            f"{ROOT}/afterMigrate.sql": "SELECT 1;",
            f"{ROOT}/V3__code.java": "class V3__code {}",
        }
    )
    assert (project.root, project.framework, project.numbering) == (ROOT, "flyway", "dotted")
    assert outline(project) == [
        ("1", "a", f"{ROOT}/V1__a.sql", f"{ROOT}/U1__a.sql", "wrapped"),
        ("1.2", "b", f"{ROOT}/V1.2__b.sql", None, "wrapped"),
        ("1.10", "c", f"{ROOT}/V1_10__c.sql", None, "wrapped"),
        ("2", "d", f"{ROOT}/2024/V2__d.sql", None, "wrapped"),
        ("R__views", "views", f"{ROOT}/R__views.sql", None, "wrapped"),
    ]
    assert [m.repeatable for m in project.migrations] == [False, False, False, False, True]
    assert not_covered(project) == {
        "a callback of Flyway": (f"{ROOT}/afterMigrate.sql",),
        "a Java migration, which is a program and is not run": (f"{ROOT}/V3__code.java",),
        "a baseline, which new databases run in place of the versions up to its own": (f"{ROOT}/B1__baseline.sql",),
    }
    assert told(project) == []


@pytest.mark.parametrize(
    ("sql", "conf", "mode"),
    [
        ("CREATE INDEX i ON a (b);", None, "wrapped"),
        ("CREATE INDEX i ON a (b);", "executeInTransaction=false\n", "none"),
        ("CREATE INDEX i ON a (b);", "executeInTransaction=true\n", "wrapped"),
        ("-- on its own\nCREATE INDEX CONCURRENTLY i ON a (b);\nVACUUM a;\n", None, "none"),
        ("SET lock_timeout = '1s';\nCREATE INDEX CONCURRENTLY i ON a (b);", None, "wrapped"),
        ("-- not CONCURRENTLY\nCREATE INDEX i ON a (b);", None, "wrapped"),
    ],
)
def test_the_transaction_follows_the_conf_file_or_the_statements(
    load: Load, sql: str, conf: str | None, mode: str
) -> None:
    files = {f"{ROOT}/V1__a.sql": sql}
    if conf:
        files[f"{ROOT}/V1__a.sql.conf"] = conf
    project = load(files)
    assert [m.transaction for m in project.migrations] == [mode]
    assert told(project) == []


def test_mixed_lets_both_kinds_of_statements_run_without_transaction(load: Load) -> None:
    project = load(
        {"flyway.conf": "flyway.mixed=true\n", f"{ROOT}/V1__a.sql": "SELECT 1; CREATE INDEX CONCURRENTLY i ON a (b);"}
    )
    assert [m.transaction for m in project.migrations] == ["none"]


def test_names_that_flyway_passes_over_and_versions_that_are_equal_are_told(load: Load) -> None:
    project = load(
        {
            f"{ROOT}/V1__a.sql": "",
            f"{ROOT}/V1_0__again.sql": "",
            f"{ROOT}/V2_missing_underscore.sql": "",
            f"{ROOT}/U7__nothing.sql": "",
        }
    )
    assert sorted(told(project)) == [
        ("bad-file-name", f"{ROOT}/U7__nothing.sql"),
        ("bad-file-name", f"{ROOT}/V2_missing_underscore.sql"),
        ("duplicate-version", f"{ROOT}/V1__a.sql"),
    ]


def test_folders_of_vendors_are_told_apart(load: Load) -> None:
    project = load(
        {
            f"{ROOT}/V1__a.sql": "SELECT 1;",
            f"{ROOT}/postgresql/V2__b.sql": "SELECT 1;",
            f"{ROOT}/h2/V2__b.sql": "SELECT 1;",
        }
    )
    assert [m.up.path for m in project.migrations] == [f"{ROOT}/V1__a.sql", f"{ROOT}/postgresql/V2__b.sql"]
    assert not_covered(project) == {"H2 is not planned": (f"{ROOT}/h2/V2__b.sql",)}


def test_versions_without_dots_are_counted(load: Load) -> None:
    assert load({f"{ROOT}/V1__a.sql": "", f"{ROOT}/V2__b.sql": ""}).numbering == "integer"
    assert load({f"{ROOT}/V1__a.sql": "", f"{ROOT}/V2_1__b.sql": ""}).numbering == "dotted"


def test_scripts_only_in_folders_below_are_one_history(load: Load) -> None:
    project = load({"db/migration/v1/V1__a.sql": "SELECT 1;", "db/migration/v2/V2__b.sql": "SELECT 2;"})
    assert (project.root, [m.id for m in project.migrations]) == ("db/migration", ["1", "2"])
