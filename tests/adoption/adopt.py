"""Plays a team that adopts Hotlint on a repository with old migrations: init or a baseline, the hook, a bad migration
that it stops with the safe SQL, and that SQL committed.

``python -m tests.adoption.adopt FOLDER`` does it on a copy of a real repository (its first PostgreSQL history); without
a folder on a generated history. What is printed is what the team sees.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from hotlint.operations import CreateTable
from hotlint.project.discover import find_projects
from hotlint.project.model import Migration, Project
from hotlint.remedies.sql import qualified

ROOT = Path(__file__).parents[2]
HOTLINT = (sys.executable, "-m", "hotlint")
TOO_MUCH = ("node_modules", "target", ".git", "vendor", ".venv")

SECTIONS = {
    "goose": ("-- +goose Up\n", "-- +goose Down\n"),
    "sql-migrate": ("-- +migrate Up\n", "-- +migrate Down\n"),
    "dbmate": ("-- migrate:up\n", "-- migrate:down\n"),
    "tern": ("", "---- create above / drop below ----\n"),
}
"""How a tool with both scripts in one file tells them apart."""


def generate(folder: Path, count: int = 500) -> None:
    """A history as shops have it: tables, columns, indexes built in the way, columns dropped, backfills."""
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        table, step = f"t{(number - 1) // 5}", (number - 1) % 5
        name, up, down = (
            ("create", f"CREATE TABLE {table} (id bigint PRIMARY KEY, a int, b text);", f"DROP TABLE {table};"),
            ("add", f"ALTER TABLE {table} ADD COLUMN c text;", f"ALTER TABLE {table} DROP COLUMN c;"),
            ("index", f"CREATE INDEX {table}_a ON {table} (a);", f"DROP INDEX {table}_a;"),
            ("fill", f"UPDATE {table} SET c = b;", f"UPDATE {table} SET c = NULL;"),
            ("drop", f"ALTER TABLE {table} DROP COLUMN b;", f"ALTER TABLE {table} ADD COLUMN b text;"),
        )[step]
        (folder / f"{number:04}_{table}_{name}.up.sql").write_text(up + "\n")
        (folder / f"{number:04}_{table}_{name}.down.sql").write_text(down + "\n")


class Team:
    """A repository of the team's, and what it saw last."""

    def __init__(self, root: Path, cache: Path) -> None:
        self.root = root
        self.environment = {
            **os.environ,
            "HOTLINT_CACHE_DIR": str(cache),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "PYTHONPATH"):
            self.environment.pop(name, None)
        self.environment["PYTHONPATH"] = str(ROOT)

    def run(self, *command: str) -> tuple[int, str]:
        """Exit code, and both streams as a terminal shows them."""
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        return done.returncode, done.stdout.decode(errors="replace")

    def git(self, *arguments: str) -> str:
        """What Git prints. Raises ``AssertionError`` where it fails."""
        code, text = self.run("git", *arguments)
        assert code == 0, text
        return text

    def install_hook(self) -> None:
        """What ``pre-commit install`` comes to: the hook's own command on the staged files that it is for."""
        hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
        entry = next(hook["entry"] for hook in hooks if hook["id"] == "hotlint")
        wanted = re.compile(self._files())
        script = self.root / ".git" / "hooks" / "pre-commit"
        script.write_text(
            f"#!{sys.executable}\n"
            "import re, subprocess, sys\n"
            "names = subprocess.run(['git', 'diff', '--cached', '--name-only', '--diff-filter=ACMRTUXB', '-z'], "
            "capture_output=True, check=True).stdout.decode().split('\\0')\n"
            f"files = [n for n in names if n.endswith('.sql') and re.search({wanted.pattern!r}, n)]\n"
            f"command = [sys.executable, '-m', 'hotlint', *{entry.split()[1:]!r}, *files]\n"
            "sys.exit(subprocess.run(command).returncode if files else 0)\n"
        )
        script.chmod(0o755)

    def _files(self) -> str:
        path = self.root / ".pre-commit-config.yaml"
        if not path.exists():
            return r"\.sql$"
        repos = yaml.safe_load(path.read_text())["repos"]
        found = next(repo for repo in repos if repo["repo"].endswith("/hotlint"))
        return str(found["hooks"][0]["files"])

    def commit(self, message: str) -> tuple[int, str]:
        """Commits everything, through the hook."""
        self.git("add", "-A")
        return self.run("git", "commit", "-q", "-m", message)


def adopt(source: Path | None, work: Path, *, baseline: bool) -> dict[str, float]:
    """The whole play in ``work``, on a copy of ``source``; seconds that the team waited, by what for.

    Raises ``AssertionError`` where something is not as a team would want it.
    """
    root = work / "repository"
    if source is None:
        generate(root / "db" / "migrations")
        (root / ".github").mkdir()
    else:
        shutil.copytree(source, root, ignore=shutil.ignore_patterns(*TOO_MUCH), symlinks=True)
    team = Team(root, work / "cache")
    team.git("init", "-q", "-b", "main")
    team.git("add", "-A")
    team.git("commit", "-q", "-m", "what was there")
    waited: dict[str, float] = {}

    def timed(what: str, *command: str) -> tuple[int, str]:
        start = time.monotonic()
        code, text = team.run(*command)
        waited[what] = round(time.monotonic() - start, 2)
        print(f"\n$ {' '.join(command[2:])}    # {what}: {code}, {waited[what]} s\n{text[-3000:]}", end="")
        return code, text

    code, _ = timed("init", *HOTLINT, "init", *(["--no-start-after"] if baseline else []))
    assert code == 0
    if baseline:
        code, _ = timed("baseline", *HOTLINT, "baseline")
        assert code == 0
    code, text = timed("check", *HOTLINT, "check")
    assert code == 0, text
    code, text = team.commit("adopt Hotlint")
    assert code == 0, text
    team.install_hook()

    project, table = _project_and_table(team)
    add_column = f"ALTER TABLE {table} ADD COLUMN hotlint_note text NOT NULL;\n"
    new = write_migration(team.root, project, "SET lock_timeout = '2s';\n" + add_column, table)
    start = time.monotonic()
    code, text = team.commit("a bad migration")
    waited["hook"] = round(time.monotonic() - start, 2)
    print(f"\n$ git commit    # hook: {code}, {waited['hook']} s\n{text}", end="")
    assert code == 1, text
    headlines = re.findall(r"^(\S+):\d+:\d+: (\w+)\[([\w-]+)\]", text, re.MULTILINE)
    assert headlines == [(new, "error", "add-required-column")], text
    assert re.search(r"^ +ALTER TABLE \S+ ADD COLUMN hotlint_note text;$", text, re.MULTILINE), text
    assert team.git("log", "--oneline").count("\n") == 2

    code, data = team.run(*HOTLINT, "check", new, "--format", "json")
    (finding,) = json.loads(data)["findings"]
    path = team.root / new
    path.write_text(path.read_text().replace(add_column, finding["fixes"][0]["sql"].rstrip() + "\n"))
    code, text = team.commit("the safe SQL")
    assert code == 0, text
    code, text = timed("check after it", *HOTLINT, "check")
    assert code == 0, text
    assert "any more" not in text
    return waited


def _project_and_table(team: Team) -> tuple[Project, str]:
    """The first history, and a table that it made and still has."""
    import hotlint

    here = Path.cwd()
    os.chdir(team.root)
    try:
        planned = next(p for p in hotlint.plan().projects if p.plan.migrations)
        after = planned.plan.migrations[-1].after
        for migration in planned.plan.migrations:
            for step in migration.steps:
                for operation in step.statement.operations:
                    if not isinstance(operation, CreateTable):
                        continue
                    name = after.resolve(operation.relation)
                    if name.schema == "public" and after.table(name):
                        (project,) = find_projects([planned.plan.project.root])
                        return project, qualified(name.schema, name.name)
    finally:
        os.chdir(here)
    raise AssertionError("no table was found in the history")


def write_migration(root: Path, project: Project, up: str, table: str) -> str:
    """A migration after the newest one, in the project's own layout; the path of its up script."""
    newest = project.migrations[-1]
    id = _next(newest)
    down = f"ALTER TABLE {table} DROP COLUMN hotlint_note;\n"
    path = _renamed(newest.up.path, newest, id)
    sections = SECTIONS.get(project.framework)
    if sections is not None:
        texts = {path: sections[0] + up + sections[1] + down}
    elif newest.down is not None:
        texts = {path: up, _renamed(newest.down.path, newest, id): down}
    else:
        texts = {path: up}
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return path


def _next(migration: Migration) -> str:
    """The id after the newest one: its last number that is not all zeros, plus one."""
    digits = list(re.finditer(r"\d*[1-9]\d*", migration.id))[-1]
    number = str(int(digits[0]) + 1).zfill(len(digits[0]))
    return migration.id[: digits.start()] + number + migration.id[digits.end() :]


def _renamed(path: str, migration: Migration, id: str) -> str:
    """The path with another id and name, in its last part that has them (``ID_name/up.sql``)."""
    head, found, tail = path.rpartition(migration.id)
    assert found, path
    return head + id + re.sub(r"^([-_]+)[^./]*", r"\1hotlint", tail)


def main() -> None:
    """Plays it twice: with ``start_after``, and with a baseline."""
    source = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    for baseline in (False, True):
        with tempfile.TemporaryDirectory() as work:
            waited = adopt(source, Path(work), baseline=baseline)
        how = "a baseline" if baseline else "start_after"
        print(f"\nADOPTED {source or 'a generated history'} with {how}: {waited}\n")


if __name__ == "__main__":
    main()
