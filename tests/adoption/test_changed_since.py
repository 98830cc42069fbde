"""``--changed-since``: what a Git branch changed, with the whole history known."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import hotlint
from hotlint.changes import Changes
from hotlint.project.discover import find_projects
from tests.adoption.test_baseline import put
from tests.test_cli import Done, run

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n"
IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def index_of(columns: str) -> str:
    return f"CREATE INDEX orders_{columns.replace(', ', '_')}_idx ON orders ({columns});\n"


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "work")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose main branch has two migrations, the newer one with a finding; a branch begins there."""
    root = tmp_path / "repository"
    folder = root / "db" / "migrations"
    put(folder, "0001_orders", TABLE)
    put(folder, "0002_day", index_of("day"))
    (root / "hotlint.yaml").write_text("select: [create-index-not-concurrent, missing-down-file, migration-fails]\n")
    git(root, "init", "-q", "-b", "main")
    commit(root)
    git(root, "checkout", "-q", "-b", "work")
    return root


def told(done: Done) -> list[str]:
    """The files of the findings."""
    assert done.returncode in (0, 1), done.stderr
    return [line.split(":")[0] for line in done.stdout.splitlines()]


def check(project: Path, revision: str = "main", *more: str) -> list[str]:
    return told(run("check", "--changed-since", revision, "--quiet", "--format", "concise", *more, cwd=project))


def test_only_what_the_branch_changed_is_told_committed_staged_changed_and_untracked(project: Path) -> None:
    folder = project / "db/migrations"
    put(folder, "0003_committed", index_of("id"))
    commit(project)
    put(folder, "0004_staged", index_of("id, day"))
    git(project, "add", "-A")
    put(folder, "0005_untracked", index_of("day, id"))
    (folder / "0003_committed.up.sql").write_text("-- changed again\n" + index_of("id"))
    names = ("0003_committed", "0004_staged", "0005_untracked")
    assert check(project) == [f"db/migrations/{name}.up.sql" for name in names]
    assert check(project, "HEAD") == [f"db/migrations/{name}.up.sql" for name in names]
    commit(project)
    assert check(project, "HEAD") == []
    assert check(project, "HEAD~1") == [f"db/migrations/{name}.up.sql" for name in names]


def test_the_history_before_is_known(project: Path) -> None:
    put(project / "db/migrations", "0003_again", TABLE)
    done = run("check", "--changed-since", "main", cwd=project)
    assert done.returncode == 1
    assert 'relation "orders" already exists' in done.stdout
    assert "db/migrations: golang-migrate, 3 migrations, 3 statements" in done.stdout


def test_what_main_got_meanwhile_is_not_the_branchs_doing(project: Path) -> None:
    put(project / "db/migrations", "0004_work", index_of("id"))
    commit(project)
    git(project, "checkout", "-q", "main")
    put(project / "db/migrations", "0003_main", index_of("day, id"))
    commit(project)
    git(project, "checkout", "-q", "work")
    assert check(project) == ["db/migrations/0004_work.up.sql"]
    git(project, "merge", "-q", "main")
    assert check(project) == ["db/migrations/0004_work.up.sql"]


def test_nothing_changed_is_said(project: Path) -> None:
    (project / "notes.txt").write_text("nothing about migrations")
    done = run("check", "--changed-since", "main", cwd=project)
    assert done == (0, "No migration changed since main. PostgreSQL 15 assumed (--pg-version).\n", "")


def test_a_file_that_is_no_migration_is_not_taken_for_one(project: Path) -> None:
    (project / "report.sql").write_text(index_of("id"))
    (project / "README.md").write_text("CREATE INDEX i ON orders (id);")
    assert check(project) == []


def test_a_renamed_migration_is_told_under_its_new_name(project: Path) -> None:
    folder = project / "db/migrations"
    for half in ("up", "down"):
        git(folder, "mv", f"0002_day.{half}.sql", f"0003_day.{half}.sql")
    assert check(project) == ["db/migrations/0003_day.up.sql"]


def test_a_migration_that_lost_its_down_script_is_told(project: Path) -> None:
    (project / "db/migrations/0001_orders.down.sql").unlink()
    assert check(project) == ["db/migrations/0001_orders.up.sql"]


def test_a_deleted_migration_is_no_mistake(project: Path) -> None:
    for half in ("up", "down"):
        git(project, "rm", "-q", f"db/migrations/0002_day.{half}.sql")
    done = run("check", "--changed-since", "main", cwd=project)
    assert done.returncode == 0
    assert "db/migrations: golang-migrate, 1 migration, 1 statement" in done.stdout


def test_it_works_in_a_subfolder_and_from_outside(project: Path, tmp_path: Path) -> None:
    put(project / "db/migrations", "0003_id", index_of("id"))
    assert check(project / "db") == ["migrations/0003_id.up.sql"]
    assert check(project / "db/migrations", "main", ".") == ["0003_id.up.sql"]
    outside = run("check", "--changed-since", "main", "-q", "--format", "concise", "repository/db", cwd=tmp_path)
    assert told(outside) == ["repository/db/migrations/0003_id.up.sql"]
    absolute = run("check", "--changed-since", "main", "-q", "--format", "concise", str(project), cwd=Path("/usr"))
    assert told(absolute) == [f"{project}/db/migrations/0003_id.up.sql"]


def test_named_files_and_changed_files_limit_each_other(project: Path) -> None:
    put(project / "db/migrations", "0003_id", index_of("id"))
    put(project / "db/migrations", "0004_both", index_of("id, day"))
    assert check(project, "main", "db/migrations/0003_id.up.sql") == ["db/migrations/0003_id.up.sql"]
    assert check(project, "main", "db/migrations/0002_day.up.sql") == []


def test_names_that_git_would_quote_are_read_as_they_are(project: Path) -> None:
    put(project / "db/migrations", "0003_größe und\ttab", index_of("id"))
    done = run("check", "--changed-since", "main", "--format", "json", "-q", cwd=project)
    assert "0003_größe und\\ttab.up.sql" in done.stdout


def test_it_works_in_a_worktree_and_in_a_hook(project: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    git(project, "worktree", "add", "-q", str(tree), "-b", "other", "main")
    put(tree / "db/migrations", "0003_id", index_of("id"))
    done = run(
        *("check", "--changed-since", "main", "-q", "--format", "concise"),
        cwd=tree,
        GIT_DIR=str(project / ".git"),
        GIT_INDEX_FILE=str(project / ".git/index"),
    )
    assert told(done) == ["db/migrations/0003_id.up.sql"]


def test_a_shallow_clone_says_how_to_have_the_rest(project: Path, tmp_path: Path) -> None:
    put(project / "db/migrations", "0003_id", index_of("id"))
    commit(project)
    git(project, "checkout", "-q", "main")
    put(project / "db/migrations", "0004_main", index_of("day, id"))
    commit(project)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-single-branch", f"file://{project}", str(clone))
    git(clone, "checkout", "-q", "work")
    done = run("check", "--changed-since", "origin/main", cwd=clone)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        'hotlint: error: this clone is shallow and ends before the common commit of "origin/main" and HEAD: fetch the '
        "rest with `git fetch --unshallow` (actions/checkout: `fetch-depth: 0`; GitLab: `GIT_DEPTH: 0`)\n"
    )
    git(clone, "fetch", "-q", "--unshallow")
    assert check(clone, "origin/main") == ["db/migrations/0003_id.up.sql"]


def test_what_git_does_not_know_is_told_with_what_to_do(project: Path, tmp_path: Path) -> None:
    def error(folder: Path, revision: str, **environment: str) -> str:
        done = run("check", f"--changed-since={revision}", cwd=folder, **environment)
        assert (done.returncode, done.stdout) == (2, "")
        return done.stderr.removeprefix("hotlint: error: ").strip()

    assert error(project, "nowhere") == (
        'there is no branch, tag or commit "nowhere" here: fetch it first (`git fetch origin nowhere`), or name another'
    )
    assert error(project, "--output=x").startswith('there is no branch, tag or commit "--output=x" here')
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(project), str(clone))
    assert 'did you mean "origin/main"?' in error(clone, "main")
    git(project, "checkout", "-q", "--orphan", "elsewhere")
    assert error(project, "main") == "the repository has no commit yet, so nothing can have changed since one"
    (project / "new").write_text("a history of its own")
    commit(project)
    assert "have no common commit" in error(project, "main")

    bare = tmp_path / "bare"
    put(bare / "migrations", "0001_orders", TABLE)
    assert error(bare, "main", GIT_CEILING_DIRECTORIES=str(tmp_path)) == (
        "the working directory is in no Git repository, so nothing is known about what changed"
    )
    assert error(project, "main", PATH="") == (
        "--changed-since asks Git, and there is no program `git` here: install it"
    )
    assert not (project / "x").exists()


def test_no_program_that_the_repository_names_is_run(project: Path) -> None:
    trap = project / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {project}/sprung\n")
    trap.chmod(0o755)
    git(project, "config", "core.fsmonitor", str(trap))
    git(project, "config", "diff.external", str(trap))
    put(project / "db/migrations", "0003_id", index_of("id"))
    (project / "sprung").unlink(missing_ok=True)
    assert check(project) == ["db/migrations/0003_id.up.sql"]
    assert not (project / "sprung").exists()


def test_the_library_takes_a_revision(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(project / "db/migrations", "0003_id", index_of("id"))
    monkeypatch.chdir(project)
    report = hotlint.check(changed_since="main")
    assert [finding.migration for finding in report.findings] == ["0003"]
    assert report.changed_since == "main"


@pytest.mark.parametrize(
    ("changed", "scope"),
    [
        ("m/0002_b/metadata.toml", {"m/0002_b/up.sql", "m/0002_b/down.sql"}),
        ("m/0001_a/down.sql", {"m/0001_a/up.sql", "m/0001_a/down.sql"}),
        ("m/0003_c/up.sql", set()),
        ("elsewhere/0001_a/up.sql", set()),
    ],
)
def test_what_belongs_to_a_migrations_folder_is_about_that_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str, scope: set[str]
) -> None:
    for name in ("0001_a", "0002_b"):
        (tmp_path / "m" / name).mkdir(parents=True)
        (tmp_path / "m" / name / "up.sql").write_text("SELECT 1;\n")
        (tmp_path / "m" / name / "down.sql").write_text("SELECT 1;\n")
    monkeypatch.chdir(tmp_path)
    (project,) = find_projects(["m"])
    assert Changes("main", deleted=(changed,)).scope_in(project) == scope


def test_flyways_undo_and_settings_are_about_the_versioned_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m").mkdir()
    for name in ("V1.1__a.sql", "U1.1__a.sql", "V1.2__b.sql"):
        (tmp_path / "m" / name).write_text("SELECT 1;\n")
    monkeypatch.chdir(tmp_path)
    (project,) = find_projects(["m"])
    both = {"m/V1.1__a.sql", "m/U1.1__a.sql"}
    assert Changes("main", paths=("m/U1.1__a.sql",)).scope_in(project) == both
    assert Changes("main", deleted=("m/V1.1__a.sql.conf",)).scope_in(project) == both
