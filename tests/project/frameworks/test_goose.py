"""goose."""

from __future__ import annotations

from hotlint.source import Region
from tests.project.layouts import Load, outline, sql, told

FUNCTION = "CREATE FUNCTION f() RETURNS int AS $$\nBEGIN\n  RETURN 1;\nEND $$ LANGUAGE plpgsql;"


def test_sections_and_statements_are_told_apart(load: Load) -> None:
    text = (
        "-- the header\n-- +goose Up\nCREATE TABLE a (id int);\n-- +goose StatementBegin\n"
        f"{FUNCTION}\n-- +goose StatementEnd\nSELECT 1;\n\n-- +goose Down\nDROP TABLE a;\n"
    )
    project = load({"migrations/00001_a.sql": text})
    (migration,) = project.migrations
    assert (project.framework, project.down_style) == ("goose", "section")
    assert outline(project) == [("00001", "a", "migrations/00001_a.sql", "migrations/00001_a.sql", "wrapped")]
    assert sql(migration.up) == ["CREATE TABLE a (id int);", FUNCTION, "SELECT 1;"]
    assert [region.single for region in migration.up.regions] == [False, True, False]
    assert migration.down is not None
    assert sql(migration.down) == ["DROP TABLE a;"]
    assert migration.up.text == text


def test_no_transaction_is_for_both_directions_and_has_a_place(load: Load) -> None:
    text = "-- +goose NO TRANSACTION\r\n-- +goose Up\r\nVACUUM a;\r\n-- +goose Down\r\nDROP INDEX i;\r\n"
    (migration,) = load({"migrations/1_a.sql": text}).migrations
    assert (migration.transaction, migration.down_transaction) == ("none", "none")
    assert migration.directive is not None
    assert text[slice(*migration.directive)] == "-- +goose NO TRANSACTION"


def test_an_empty_down_section_is_a_down_script_that_does_nothing(load: Load) -> None:
    files = {
        "migrations/1_a.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n",
        "migrations/2_b.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\n",
    }
    project = load(files)
    assert [m.down.regions if m.down else None for m in project.migrations] == [(Region(38, 48),), ()]
    assert project.down_style == "section"


def test_where_most_down_sections_are_empty_they_are_the_template(load: Load) -> None:
    up_only = "-- +goose Up\nSELECT 1;\n-- +goose Down\n"
    files = {"migrations/1_a.sql": up_only, "migrations/2_b.sql": up_only, "migrations/3_c.sql": up_only + "SELECT 2;"}
    assert [m.down is None for m in load(files).migrations] == [True, True, False]


def test_files_without_marks_bad_names_and_programs_are_told(load: Load) -> None:
    project = load(
        {
            "migrations/1_a.sql": "-- +goose Up\nSELECT 1;\n",
            "migrations/2_b.sql": "SELECT 2;\n",
            "migrations/helper.sql": "SELECT 3;\n",
            "migrations/3_c.go": "package migrations\n",
        }
    )
    assert told(project) == [
        ("bad-file-name", "migrations/helper.sql"),
        ("bad-file-name", "migrations/2_b.sql"),
    ]
    assert [n.reason for n in project.not_covered] == ["a Go migration, which is a program and is not run"]
