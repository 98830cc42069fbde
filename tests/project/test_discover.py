"""Finding projects under paths."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hotlint.project.discover import discover, find_projects, shown_path
from hotlint.project.options import DiscoverOptions, ProjectOptions
from tests.project.layouts import Write

GOOSE = "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 1;\n"


def roots(*paths: str | Path, options: DiscoverOptions | None = None) -> list[tuple[str, str, str]]:
    return [(p.root, p.framework, p.dialect) for p in find_projects(paths, options)]


def test_a_monorepo_is_one_run(write: Write) -> None:
    write(
        {
            "services/users/migrations/1_a.sql": GOOSE,
            "services/shop/prisma/migrations/20240101000000_a/migration.sql": "SELECT 1;",
            "services/shop/node_modules/x/migrations/1_a.sql": GOOSE,
            "services/log/db/clickhouse/1_a.up.sql": "SELECT 1;",
            "billing/testdata/migrations/1_a.sql": GOOSE,
            ".cache/migrations/1_a.sql": GOOSE,
        }
    )
    assert roots("services", "billing") == [
        ("services/log/db/clickhouse", "golang-migrate", "clickhouse"),
        ("services/shop/prisma/migrations", "prisma", "postgres"),
        ("services/users/migrations", "goose", "postgres"),
    ]


def test_a_folder_that_is_named_is_looked_into_whatever_its_name(write: Write) -> None:
    write({"testdata/migrations/1_a.sql": GOOSE, "queries/1_a.sql": "", "queries/2_b.sql": "", "queries/3_c.sql": ""})
    assert roots("testdata") == [("testdata/migrations", "goose", "postgres")]
    assert roots("queries") == [("queries", "plain", "postgres")]


def test_dialects_side_by_side_are_each_named(write: Write) -> None:
    write(
        {
            "migrations/postgres/1_a.up.sql": "CREATE TABLE a (id bigint);",
            "migrations/mysql/1_a.up.sql": "CREATE TABLE a (id bigint);",
            "migrations/sqlite3/1_a.up.sql": "CREATE TABLE a (id integer);",
            "migrations/cockroachdb/1_a.up.sql": "CREATE TABLE a (id bigint);",
        }
    )
    projects = find_projects(["migrations"])
    assert [(p.root, p.dialect, len(p.migrations), [n.reason for n in p.not_covered]) for p in projects] == [
        ("migrations/cockroachdb", "cockroachdb", 0, ["CockroachDB is not planned"]),
        ("migrations/mysql", "mysql", 0, ["MySQL is not planned"]),
        ("migrations/postgres", "postgres", 1, []),
        ("migrations/sqlite3", "sqlite", 0, ["SQLite is not planned"]),
    ]


def test_a_file_stands_for_its_whole_project_and_limits_the_report(write: Write) -> None:
    write({"migrations/1_a.sql": GOOSE, "migrations/2_b.sql": GOOSE, "migrations/3_c.sql": GOOSE})
    found = discover(["migrations/2_b.sql", "migrations/3_c.sql"])
    assert [len(p.migrations) for p in found.projects] == [3]
    assert found.scopes == (frozenset({"migrations/2_b.sql", "migrations/3_c.sql"}),)
    assert discover(["migrations/2_b.sql", "migrations"]).scopes == (None,)
    assert discover(["migrations", "migrations/2_b.sql"]).scopes == (None,)


@pytest.mark.parametrize(
    ("files", "file", "root"),
    [
        (
            {"migrations/2024-01-01-000000_a/up.sql": "", "migrations/2024-01-01-000000_a/down.sql": ""},
            "migrations/2024-01-01-000000_a/down.sql",
            "migrations",
        ),
        (
            {"sqitch.plan": "%project=x\n\na 2024-01-01T00:00:00Z A <a@b>\n", "deploy/a.sql": ""},
            "deploy/a.sql",
            ".",
        ),
        (
            {"db/migration/V1__a.sql": "", "db/migration/more/V2__b.sql": ""},
            "db/migration/more/V2__b.sql",
            "db/migration",
        ),
        (
            {"migrations/1_a.up.sql": "", "migrations/hotfix.sql": ""},
            "migrations/hotfix.sql",
            "migrations",
        ),
        (
            {"m/mysql/1_a.up.sql": ""},
            "m/mysql/1_a.up.sql",
            "m/mysql",
        ),
    ],
)
def test_a_file_finds_the_root_of_its_layout(write: Write, files: dict[str, str], file: str, root: str) -> None:
    write(files)
    found = discover([file])
    assert [p.root for p in found.projects] == [root]
    assert found.scopes == (frozenset({file}),)


def test_a_migrations_own_folder_stands_for_its_files(write: Write) -> None:
    write({"migrations/2024-01-01-000000_a/up.sql": "", "migrations/2024-01-02-000000_b/up.sql": ""})
    found = discover(["migrations/2024-01-01-000000_a"])
    assert [p.root for p in found.projects] == ["migrations"]
    assert found.scopes == (frozenset({"migrations/2024-01-01-000000_a/up.sql"}),)


def test_a_file_of_no_history_is_read_alone(write: Write) -> None:
    write({"fix.sql": "UPDATE a SET b = 1;"})
    found = discover(["fix.sql"])
    assert [(p.root, len(p.migrations), p.notes) for p in found.projects] == [
        ("fix.sql", 1, ("The file is part of no history that was recognised, so it is read alone.",))
    ]
    assert found.scopes == (None,)


def test_without_paths_the_usual_folders_are_looked_at_and_then_everything(write: Write) -> None:
    write({"app/store/changes/1_a.sql": GOOSE})
    assert roots() == [("app/store/changes", "goose", "postgres")]
    write({"db/migrations/1_a.sql": GOOSE})
    assert roots() == [("db/migrations", "goose", "postgres")]


def test_configured_folders_come_before_the_usual_ones(write: Write) -> None:
    write({"db/migrations/1_a.sql": GOOSE, "sql/schema/1.sql": "SELECT 1;"})
    options = DiscoverOptions(projects=(ProjectOptions(path="sql/schema", framework="plain", transaction="none"),))
    (project,) = find_projects((), options)
    assert (project.root, project.framework) == ("sql/schema", "plain")
    assert [m.transaction for m in project.migrations] == ["none"]


def test_what_is_excluded_is_not_seen(write: Write) -> None:
    write({"a/migrations/1_a.sql": GOOSE, "a/migrations/2_b.sql": GOOSE, "b/migrations/1_a.sql": GOOSE})
    options = DiscoverOptions(exclude=("b",), defaults=ProjectOptions(exclude=("2_*.sql",)))
    (project,) = find_projects(["."], options)
    assert [m.up.path for m in project.migrations] == ["a/migrations/1_a.sql"]


def test_a_baseline_is_read(write: Write) -> None:
    write({"migrations/1_a.sql": GOOSE, "schema.sql": "CREATE TABLE a ();"})
    (project,) = find_projects(["migrations"], DiscoverOptions(defaults=ProjectOptions(baseline="schema.sql")))
    assert project.baseline is not None
    assert project.baseline.text == "CREATE TABLE a ();"


def test_links_that_go_round_end(write: Write) -> None:
    write({"db/migrations/1_a.sql": GOOSE})
    os.symlink("..", "db/migrations/again", target_is_directory=True)
    os.symlink("nowhere", "db/migrations/2_broken.sql")
    projects = find_projects(["db"])
    assert [(p.root, len(p.migrations)) for p in projects] == [("db/migrations", 1)]
    assert [(q.rule, q.path) for q in projects[0].problems] == [("unreadable-file", "db/migrations/2_broken.sql")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_told(write: Write) -> None:
    write({"migrations/1_a.sql": GOOSE, "migrations/2_b.sql": GOOSE})
    os.chmod("migrations/2_b.sql", 0)
    (project,) = find_projects(["migrations"])
    assert [(q.rule, q.path) for q in project.problems] == [("unreadable-file", "migrations/2_b.sql")]


def test_a_path_that_is_not_there_is_missing(write: Write) -> None:
    write({"migrations/1_a.sql": GOOSE})
    found = discover(["migrations", "gone"])
    assert (len(found.projects), found.missing) == (1, ("gone",))


def test_paths_are_shown_from_the_working_directory(write: Write, tmp_path: Path) -> None:
    write({"db/migrations/1_a.sql": GOOSE})
    assert shown_path(tmp_path / "db" / "migrations") == "db/migrations"
    assert shown_path("./db//migrations/") == "db/migrations"
    assert shown_path("../x") == "../x"
    (project,) = find_projects([tmp_path / "db"])
    assert project.migrations[0].up.path == "db/migrations/1_a.sql"


def test_a_layout_that_fits_two_tools_is_told(write: Write) -> None:
    text = "-- +goose Up\n-- +migrate Up\nSELECT 1;\n"
    write({"migrations/1_a.sql": text})
    (project,) = find_projects(["migrations"])
    assert "The layout also fits sql-migrate; goose is assumed. Set `framework` to choose." in project.notes


def test_a_repository_with_a_databases_name_is_no_dialect(write: Write) -> None:
    write({"mysql-to-pg/migrations/1_a.up.sql": "ALTER TABLE a ADD b jsonb;"})
    assert roots("mysql-to-pg") == [("mysql-to-pg/migrations", "golang-migrate", "postgres")]


def test_a_plan_at_the_top_of_a_repository_does_not_hide_the_rest(write: Write) -> None:
    write(
        {
            "sqitch.conf": "[core]\n\ttop_dir = db\n",
            "db/sqitch.plan": "%project=x\n\na 2024-01-01T00:00:00Z A <a@b>\n",
            "db/deploy/a.sql": "SELECT 1;",
            "services/users/migrations/1_a.sql": GOOSE,
        }
    )
    assert roots(".") == [(".", "sqitch", "postgres"), ("services/users/migrations", "goose", "postgres")]


def test_an_excluded_file_is_not_read_although_it_is_named(write: Write) -> None:
    write({"migrations/1_a.sql": GOOSE, "legacy/1_a.sql": GOOSE})
    found = discover(["legacy/1_a.sql", "migrations/1_a.sql"], DiscoverOptions(exclude=("legacy",)))
    assert [p.root for p in found.projects] == ["migrations"]
    assert found.left_out == ("legacy/1_a.sql",)


def test_a_named_folder_is_a_history_although_no_tool_is_recognised(write: Write) -> None:
    write({"sql/0001_a.sql": "SELECT 1;", "ops/users.sql": "SELECT 1;", "ops/part10.sql": "", "ops/part2.sql": ""})
    numbered, named = find_projects(["sql", "ops"])
    assert ([m.id for m in numbered.migrations], numbered.framework) == (["0001"], "plain")
    assert [m.id for m in named.migrations] == ["part2", "part10", "users"]
    assert [project.notes[0] for project in (numbered, named)] == [
        "No tool's layout was recognised, so all SQL files are taken for migrations, in the order of their "
        f"{order}. `framework` in the configuration names the tool."
        for order in ("numbers", "names")
    ]


def test_a_named_folder_is_read_as_the_configured_tool_does(write: Write) -> None:
    write({"ops/7_users.sql": GOOSE})
    options = DiscoverOptions(projects=(ProjectOptions(path="ops", framework="goose"),))
    assert roots("ops", options=options) == [("ops", "goose", "postgres")]


def test_folders_below_the_named_one_that_hold_sql_are_passed_over_and_told(write: Write) -> None:
    write({"app/sql/users.sql": "SELECT 1;", "app/x.txt": ""})
    found = discover(["app"])
    assert (found.projects, found.passed_over) == ((), ("app/sql",))


def test_numbered_files_that_are_named_are_read_with_those_beside_them(write: Write) -> None:
    write({"sql/0001_a.sql": "SELECT 1;", "sql/0002_b.sql": "SELECT 2;"})
    found = discover(["sql/0001_a.sql", "sql/0002_b.sql"])
    assert [(p.root, len(p.migrations)) for p in found.projects] == [("sql", 2)]
    assert found.scopes == (frozenset({"sql/0001_a.sql", "sql/0002_b.sql"}),)


def test_a_single_file_for_another_database_is_not_planned(write: Write) -> None:
    write({"fix.sql": "CREATE TABLE `a` (id INT);"})
    assert [(p.dialect, p.migrations, p.not_covered[0].paths) for p in find_projects(["fix.sql"])] == [
        ("mysql", (), ("fix.sql",))
    ]


def test_a_tools_file_that_appears_above_a_project_is_noticed(write: Write, tmp_path: Path) -> None:
    write({"db/migrations/1_a.up.sql": "SELECT 1;"})
    found = discover(["db/migrations"])
    absent = {os.path.relpath(path, tmp_path) for path in found.files if not os.path.exists(path)}
    assert {"db/migrations/go.mod", "db/go.mod", "go.mod"} <= absent


def test_a_text_that_is_newer_than_its_file_stands_in_for_it_and_a_file_that_is_not_saved_yet_is_there(
    write: Write,
) -> None:
    write({"db/migrations/1_a.up.sql": "SELECT 1;", "db/migrations/1_a.down.sql": "SELECT 1;"})
    buffers = {"db/migrations/1_a.up.sql": "SELECT 2;", os.path.abspath("db/migrations/2_b.up.sql"): "SELECT 3;"}
    found = discover(["db/migrations/2_b.up.sql"], None, buffers)
    assert [(m.up.path, m.up.text) for m in found.projects[0].migrations] == [
        ("db/migrations/1_a.up.sql", "SELECT 2;"),
        ("db/migrations/2_b.up.sql", "SELECT 3;"),
    ]
    assert found.scopes == (frozenset(["db/migrations/2_b.up.sql"]),)


def test_the_bytes_of_a_text_that_stands_in_for_a_file_are_judged_as_the_files_would_be(write: Write) -> None:
    write({"db/migrations/1_a.up.sql": "SELECT 1;"})
    found = discover(["db/migrations"], None, {"db/migrations/1_a.up.sql": "SELECT '\0';"})
    assert [p.rule for p in found.projects[0].migrations[0].up.problems] == ["unreadable-file"]
