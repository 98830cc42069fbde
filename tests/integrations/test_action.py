"""The GitHub Action, step by step as the runner runs it: the same scripts, variables and shell, on real clones."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.integrations.wheelhouse import CHECKOUT, GIT, environment, git

ACTION: dict[str, Any] = yaml.safe_load((CHECKOUT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
INSTALL, BASE, CHECK = STEPS
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""What ``shell: bash`` stands for on GitHub's runners."""

ZEROS = "0" * 40
MIGRATIONS = "db/migrations"
ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, day date, note text);\n"


class Done(NamedTuple):
    """What a step left."""

    code: int
    log: str
    outputs: dict[str, str]


class Job:
    """A job's workspace with the context that expressions see, and the steps that have run."""

    def __init__(self, workspace: Path, folder: Path, wheels: Path, checkout: Path) -> None:
        self.workspace = workspace
        self.folder = folder
        self.event: dict[str, Any] = {"repository": {"default_branch": "main"}}
        self.inputs = {name: given.get("default", "") for name, given in ACTION["inputs"].items()}
        self.outputs: dict[str, dict[str, str]] = {}
        self.summary = folder / "summary.md"
        self.variables = environment(
            wheels,
            **GIT,
            CI="true",
            GITHUB_ACTIONS="true",
            GITHUB_ACTION_PATH=str(checkout),
            GITHUB_WORKSPACE=str(workspace),
            GITHUB_STEP_SUMMARY=str(self.summary),
            RUNNER_TEMP=str(folder),
            HOTLINT_CACHE_DIR=str(folder / "cache"),
        )

    def run(self, step: dict[str, Any]) -> Done:
        """Runs a step as the runner does, unless its condition is false; what it wrote becomes its outputs."""
        if step.get("if") == "inputs.base != 'all'" and self.inputs["base"] == "all":
            return Done(0, "", {})
        written = self.folder / f"{step['id']}.outputs"
        written.write_text("")
        script = self.folder / f"{step['id']}.sh"
        script.write_text(step["run"])
        given = {name: self.expand(text) for name, text in step.get("env", {}).items()}
        done = subprocess.run(
            [*SHELL, str(script)],
            cwd=self.workspace / self.expand(step.get("working-directory", ".")),
            env={**self.variables, "GITHUB_OUTPUT": str(written), **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        outputs = dict(line.split("=", 1) for line in written.read_text().splitlines())
        self.outputs[step["id"]] = outputs
        return Done(done.returncode, done.stdout, outputs)

    def check(self, program: str, **event: str) -> Done:
        """The last two steps, after the one that installs; ``event`` are the variables that describe the event."""
        self.variables |= event
        self.outputs["install"] = {"program": program}
        base = self.run(BASE)
        return self.run(CHECK) if base.code == 0 else base

    def expand(self, text: str) -> str:
        """``text`` with its expressions replaced: paths into the contexts, nothing where there is no such value."""
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: self._value(found[1]), text)

    def _value(self, path: str) -> str:
        steps = {id: {"outputs": outputs} for id, outputs in self.outputs.items()}
        at: Any = {"inputs": self.inputs, "github": {"event": self.event}, "steps": steps}
        for name in path.split("."):
            at = at.get(name, "") if isinstance(at, Mapping) else ""
        return str(at)


class Server:
    """The repository on the server: an old unsafe migration on main, and a branch that adds more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")  # as GitHub does
        self.add("0001_orders", ORDERS, "DROP TABLE orders;\n")
        self.first = self.add("0002_old", *index("old"))

    def add(self, name: str, up: str, down: str) -> str:
        """Commits a migration on the current branch; the commit."""
        migrations = self.folder / MIGRATIONS
        migrations.mkdir(parents=True, exist_ok=True)
        (migrations / f"{name}.up.sql").write_text(up)
        (migrations / f"{name}.down.sql").write_text(down)
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", f"--message={name}")
        return git(self.folder, "rev-parse", "HEAD")

    def branch(self, name: str) -> None:
        git(self.folder, "checkout", "--quiet", "-b", name)

    def merge_of(self, branch: str) -> str:
        """The commit that GitHub makes of a pull request: the branch merged into main as it is now."""
        git(self.folder, "checkout", "--quiet", "--detach", "main")
        git(self.folder, "merge", "--quiet", "--no-ff", f"--message=Merge {branch}", branch)
        commit = git(self.folder, "rev-parse", "HEAD")
        git(self.folder, "update-ref", "refs/pull/1/merge", commit)
        git(self.folder, "checkout", "--quiet", "main")
        return commit

    def checkout(self, workspace: Path, commit: str, depth: int = 1) -> None:
        """What actions/checkout does; a depth of 0 is the whole history with all branches."""
        workspace.mkdir(exist_ok=True)
        git(workspace, "init", "--quiet")
        git(workspace, "remote", "add", "origin", self.folder.as_uri())
        how = [f"--depth={depth}"] if depth else []
        what = [commit] if depth else [commit, "+refs/heads/*:refs/remotes/origin/*"]
        git(workspace, "fetch", "--quiet", "--no-tags", *how, "origin", *what)
        git(workspace, "checkout", "--quiet", "--detach", commit)


def index(name: str, how: str = "") -> tuple[str, str]:
    """An index on orders and the way back; unsafe unless it is built CONCURRENTLY."""
    timeout = "" if how else "SET lock_timeout = '2s';\n"
    up = f"{timeout}CREATE INDEX {how}orders_{name}_idx ON orders (day);\n"
    return up, f"DROP INDEX CONCURRENTLY orders_{name}_idx;\n"


def annotated(log: str) -> list[tuple[str, str]]:
    """Kind and file of each annotation in a log."""
    return re.findall(r"^::(error|warning|notice) [^:]*?file=([^,:]+)", log, re.MULTILINE)


@pytest.fixture(scope="session")
def program(wheels: Path, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Hotlint as the first step installs it, once for all tests."""
    folder = tmp_path_factory.mktemp("runner")
    job = Job(folder, folder, wheels, checkout)
    job.inputs["python"] = sys.executable
    done = job.run(INSTALL)
    assert done.code == 0, done.log
    return done.outputs["program"]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    folder = tmp_path / "server"
    folder.mkdir()
    return Server(folder)


@pytest.fixture
def job(tmp_path: Path, wheels: Path, checkout: Path) -> Job:
    workspace, folder = tmp_path / "workspace", tmp_path / "runner"
    workspace.mkdir()
    folder.mkdir()
    return Job(workspace, folder, wheels, checkout)


@pytest.mark.parametrize("depth", [1, 0], ids=["one commit deep", "whole history"])
def test_a_pull_request_is_told_about_its_own_migrations(job: Job, server: Server, program: str, depth: int) -> None:
    """Not of those that were there, nor of those that main got since the branch began."""
    server.branch("work")
    server.add("0004_new", *index("new"))
    server.add("0005_safe", *index("safe", "CONCURRENTLY "))
    git(server.folder, "checkout", "--quiet", "main")
    server.add("0003_meanwhile", *index("meanwhile"))
    merge = server.merge_of("work")
    server.checkout(job.workspace, merge, depth)
    done = job.check(program, GITHUB_EVENT_NAME="pull_request", GITHUB_SHA=merge, GITHUB_BASE_REF="main")
    assert done.code == 1, done.log
    assert annotated(done.log) == [("error", f"{MIGRATIONS}/0004_new.up.sql")]
    assert done.outputs == {"exit-code": "1", "sarif-file": "./hotlint.sarif"}
    (run,) = json.loads((job.workspace / "hotlint.sarif").read_text())["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["create-index-not-concurrent"]
    summary = job.summary.read_text()
    assert "CREATE INDEX CONCURRENTLY orders_new_idx ON orders (day);" in summary
    assert "0002_old" not in summary


def test_a_pull_request_without_findings_passes_and_leaves_a_report(job: Job, server: Server, program: str) -> None:
    """The report closes the alerts of earlier ones."""
    server.branch("work")
    server.add("0003_safe", *index("safe", "CONCURRENTLY "))
    merge = server.merge_of("work")
    server.checkout(job.workspace, merge)
    done = job.check(program, GITHUB_EVENT_NAME="pull_request", GITHUB_SHA=merge, GITHUB_BASE_REF="main")
    assert done.code == 0, done.log
    assert done.outputs["exit-code"] == "0"
    assert json.loads((job.workspace / "hotlint.sarif").read_text())["runs"][0]["results"] == []


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
def test_the_head_of_a_branch_may_be_checked_out_instead_of_the_merge(
    job: Job, server: Server, program: str, event: str
) -> None:
    server.branch("work")
    head = server.add("0003_new", *index("new"))
    merge = server.merge_of("work")
    server.checkout(job.workspace, head)
    done = job.check(program, GITHUB_EVENT_NAME=event, GITHUB_SHA=merge, GITHUB_BASE_REF="main")
    assert annotated(done.log) == [("error", f"{MIGRATIONS}/0003_new.up.sql")]
    assert job.outputs["base"] == {"base": "origin/main"}


@pytest.mark.parametrize("rewritten", [False, True], ids=["forward", "forced"])
def test_a_push_is_told_about_what_it_pushed(job: Job, server: Server, program: str, rewritten: bool) -> None:
    before = server.add("0003_before", *index("before"))
    if rewritten:
        git(server.folder, "reset", "--quiet", "--hard", server.first)
    server.add("0004_one", *index("one"))
    head = server.add("0005_two", *index("two"))
    server.checkout(job.workspace, head)
    job.event["before"] = before
    done = job.check(program, GITHUB_EVENT_NAME="push", GITHUB_SHA=head, GITHUB_REF_NAME="main")
    assert [file for _, file in annotated(done.log)] == [
        f"{MIGRATIONS}/0004_one.up.sql",
        f"{MIGRATIONS}/0005_two.up.sql",
    ]


def test_a_new_branch_is_compared_with_the_default_branch(job: Job, server: Server, program: str) -> None:
    server.branch("work")
    head = server.add("0003_new", *index("new"))
    server.checkout(job.workspace, head)
    job.event["before"] = ZEROS
    done = job.check(program, GITHUB_EVENT_NAME="push", GITHUB_SHA=head, GITHUB_REF_NAME="work")
    assert annotated(done.log) == [("error", f"{MIGRATIONS}/0003_new.up.sql")]


def test_a_merge_queue_is_compared_with_what_it_builds_on(job: Job, server: Server, program: str) -> None:
    base = server.add("0003_before", *index("before"))
    server.branch("gh-readonly-queue/main/pr-1")
    head = server.add("0004_new", *index("new"))
    server.checkout(job.workspace, head)
    job.event["merge_group"] = {"base_sha": base}
    done = job.check(program, GITHUB_EVENT_NAME="merge_group", GITHUB_SHA=head)
    assert annotated(done.log) == [("error", f"{MIGRATIONS}/0004_new.up.sql")]


@pytest.mark.parametrize(
    ("given", "event"),
    [
        ({"base": "all"}, {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}),
        ({}, {"GITHUB_EVENT_NAME": "schedule"}),
        ({}, {"GITHUB_EVENT_NAME": "push", "GITHUB_REF_NAME": "main"}),  # the repository's first
    ],
    ids=["asked for", "nothing changed it", "everything is new"],
)
def test_everything_is_checked_where_there_is_nothing_to_compare_with(
    job: Job, server: Server, program: str, given: dict[str, str], event: dict[str, str]
) -> None:
    server.checkout(job.workspace, server.first)
    job.inputs |= given
    job.event["before"] = ZEROS
    done = job.check(program, GITHUB_SHA=server.first, **event)
    assert annotated(done.log) == [("error", f"{MIGRATIONS}/0002_old.up.sql")]


def test_a_base_can_be_named(job: Job, server: Server, program: str) -> None:
    git(server.folder, "tag", "released")
    head = server.add("0003_new", *index("new"))
    server.checkout(job.workspace, head, depth=0)
    git(job.workspace, "fetch", "--quiet", "--tags", "origin")
    job.inputs["base"] = "released"
    done = job.check(program, GITHUB_EVENT_NAME="pull_request", GITHUB_SHA=head, GITHUB_BASE_REF="main")
    assert annotated(done.log) == [("error", f"{MIGRATIONS}/0003_new.up.sql")]


def test_a_history_that_cannot_be_fetched_ends_with_what_to_do(job: Job, server: Server, program: str) -> None:
    head = server.add("0003_new", *index("new"))
    server.checkout(job.workspace, head)
    git(job.workspace, "remote", "set-url", "origin", "file:///nowhere")
    job.event["before"] = server.first
    done = job.check(program, GITHUB_EVENT_NAME="push", GITHUB_SHA=head, GITHUB_REF_NAME="main")
    assert done.code == 2
    assert done.outputs == {"exit-code": "2"}
    assert "this clone is shallow" in done.log
    assert "Traceback" not in done.log


def test_a_job_without_a_checkout_ends_with_what_to_do(job: Job, program: str) -> None:
    done = job.check(program, GITHUB_EVENT_NAME="push", GITHUB_SHA=ZEROS)
    assert done.code == 2
    assert "::error title=Hotlint::there is no Git repository here" in done.log


def test_a_python_that_is_not_there_ends_with_what_to_do(job: Job) -> None:
    job.inputs["python"] = "no-such-python"
    done = job.run(INSTALL)
    assert done.code == 2
    assert "::error title=Hotlint::no-such-python is not a Python 3.10 or newer" in done.log


def test_inputs_choose_what_is_checked_and_what_is_written(job: Job, server: Server, program: str) -> None:
    server.checkout(job.workspace, server.first)
    (job.workspace / "strict.yaml").write_text("severity: {create-index-not-concurrent: warning}\n")
    job.inputs |= {
        "base": "all",
        "paths": "migrations/0001_orders.up.sql\nmigrations/0002_old.up.sql\n",
        "pg-version": "17",
        "config": "../strict.yaml",
        "fail-on": "error",
        "arguments": "--select\ncreate-index-not-concurrent",
        "working-directory": "db",
        "sarif-file": "",
        "summary": "false",
    }
    done = job.check(program)
    assert done == Done(0, done.log, {"exit-code": "0"})
    assert [kind for kind, _ in annotated(done.log)] == ["warning"]
    assert "PostgreSQL 17" in done.log
    assert not job.summary.exists()
    assert list(job.workspace.rglob("*.sarif")) == []


def test_nothing_in_an_input_or_a_branch_name_is_run(job: Job, server: Server, program: str) -> None:
    head = server.add("0003_new", *index("new"))
    server.checkout(job.workspace, head)
    hostile = "$(touch pwned)`touch pwned`\"; touch pwned; '"
    for name in set(job.inputs) - {"working-directory", "python"}:
        job.inputs[name] = hostile
    job.event["before"] = hostile
    for event in ("push", "pull_request", "pull_request_target"):
        for base in (hostile, ""):
            job.inputs["base"] = base
            done = job.check(
                program, GITHUB_EVENT_NAME=event, GITHUB_SHA=head, GITHUB_BASE_REF=hostile, GITHUB_REF_NAME=hostile
            )
            assert done.code == 2, done.log
    job.inputs["python"] = hostile
    assert job.run(INSTALL).code == 2
    assert list(job.workspace.parent.rglob("pwned")) == []


def test_no_script_has_an_expression_in_it() -> None:
    """An expression is replaced before the shell reads the script, and would be read by it."""
    for step in STEPS:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"


def test_every_input_and_output_is_used_and_documented() -> None:
    text = (CHECKOUT / "action.yml").read_text()
    page = (CHECKOUT / "docs" / "ci.md").read_text()
    for name, given in ACTION["inputs"].items():
        assert f"inputs.{name} " in text
        assert given["description"]
        assert f"| `{name}` |" in page
    for name in ACTION["outputs"]:
        assert f"| `{name}` |" in page
