"""The template for GitLab CI: its script, run as the runner joins it, on a clone with GitLab's variables."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integrations.wheelhouse import CHECKOUT, GIT, environment, git, new_python

TEMPLATE: dict[str, Any] = yaml.safe_load((CHECKOUT / "ci" / "gitlab.yml").read_text())
JOB: dict[str, Any] = TEMPLATE["hotlint"]
REPORT = "gl-code-quality-report.json"
ZEROS = "0" * 40


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the job's image has: a Python with pip; its programs."""
    return new_python(tmp_path_factory.mktemp("image") / "python")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A branch with one more unsafe migration than main has."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    folder = tmp_path / "migrations"
    folder.mkdir()
    for number, sql in enumerate(
        ("CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n", *map(index, ("old", "new"))), 1
    ):
        (folder / f"000{number}_step.sql").write_text(sql)
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "--quiet", f"--message=Step {number}")
    return tmp_path


def index(name: str) -> str:
    return f"SET lock_timeout = '2s';\nCREATE INDEX orders_{name}_idx ON orders (day);\n"


def run(clone: Path, image: Path, wheels: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The job's script. The runner joins the lines and gives them to the shell of the image."""
    given = {**JOB["variables"], "CI": "true", "GITLAB_CI": "true", **variables}
    return subprocess.run(
        ["sh", "-e", "-c", "\n".join(JOB["script"])],
        cwd=clone,
        env={**environment(wheels, **GIT), **given, "PATH": f"{image}:/usr/bin:/bin", "HOTLINT_CACHE_DIR": str(image)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def reported(clone: Path) -> list[tuple[str, str]]:
    """Rule and file of each finding of the Code Quality report."""
    return [(issue["check_name"], issue["location"]["path"]) for issue in json.loads((clone / REPORT).read_text())]


@pytest.mark.skipif(sys.platform == "win32", reason="the image is Linux")
def test_a_merge_request_is_told_about_its_own_migrations(clone: Path, image: Path, wheels: Path) -> None:
    base = git(clone, "rev-parse", "HEAD~1")
    done = run(clone, image, wheels, HOTLINT_BASE=base)
    assert done.returncode == 1, done.stdout
    assert reported(clone) == [("create-index-not-concurrent", "migrations/0003_step.sql")]
    assert "migrations/0003_step.sql:2:1: error[create-index-not-concurrent]" in done.stdout
    done = run(clone, image, wheels, HOTLINT_BASE=base, HOTLINT_ARGUMENTS="--exit-zero --isolated migrations")
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the image is Linux")
@pytest.mark.parametrize("base", [ZEROS, ""])
def test_without_a_commit_to_compare_with_everything_is_told(clone: Path, image: Path, wheels: Path, base: str) -> None:
    done = run(clone, image, wheels, HOTLINT_BASE=base)
    assert done.returncode == 1, done.stdout
    assert [file for _, file in reported(clone)] == ["migrations/0002_step.sql", "migrations/0003_step.sql"]


def test_the_job_keeps_its_report_whatever_happened_and_installs_this_version() -> None:
    assert JOB["artifacts"] == {"when": "always", "reports": {"codequality": REPORT}}
    assert REPORT in JOB["script"][-1]
    assert JOB["variables"]["GIT_DEPTH"] == "0"
    from hotlint import __version__

    assert JOB["variables"]["HOTLINT_PACKAGE"] == f"hotlint=={__version__}"
