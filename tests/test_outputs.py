"""Where reports go: several from one run, files that are whole or not there, the format that fits a CI service."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import BAD, SAFE, run, run_process

CHECK = ("check", "--select", "create-index-not-concurrent")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_orders.sql").write_text(SAFE)
    (tmp_path / "migrations" / "0002_day.sql").write_text(BAD)
    return tmp_path


def test_one_run_writes_as_many_reports_as_are_asked_for(project: Path) -> None:
    files = ("--output", "json=reports/new/a.json", "--output", "concise=a.txt", "--output=full=b.txt")
    done = run(*CHECK, "--format", "concise", *files, cwd=project)
    assert (done.returncode, done.stderr) == (1, "")
    data = json.loads((project / "reports/new/a.json").read_text(encoding="utf-8"))
    assert [finding["rule"] for finding in data["findings"]] == ["create-index-not-concurrent"]
    assert (project / "a.txt").read_text() == done.stdout
    assert "CREATE INDEX CONCURRENTLY" in (project / "b.txt").read_text()


def test_a_file_keeps_its_permissions_and_a_link_stays_one(project: Path) -> None:
    target, link = project / "real.json", project / "link.json"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    assert run(*CHECK, "--output", "json=link.json", "--output", "text=new.txt", cwd=project).returncode == 1
    assert link.is_symlink()
    assert json.loads(target.read_text())["version"] == 1
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((project / "new.txt").stat().st_mode) == 0o666 & ~mask


def test_a_file_in_colour_would_be_of_no_use(project: Path) -> None:
    done = run(*CHECK, "--color", "always", "--output", "text=a.txt", cwd=project)
    assert "\x1b" in done.stdout
    assert "\x1b" not in (project / "a.txt").read_text()


def test_what_cannot_be_written_is_told_and_costs_no_other_report(project: Path) -> None:
    (project / "folder").mkdir()
    (project / "file").write_text("")
    outputs = ("--output", "json=file/a.json", "--output", "text=folder", "--output", "json=good.json")
    done = run(*CHECK, *outputs, cwd=project)
    assert done.returncode == 2
    assert done.stdout.startswith("migrations/0002_day.sql:1:1: error[create-index-not-concurrent]")
    assert done.stderr == (
        "hotlint: error: file/a.json cannot be written: Not a directory; folder cannot be written: Is a directory\n"
    )
    assert json.loads((project / "good.json").read_text())["summary"]["error"] == 1
    assert sorted(path.name for path in project.iterdir() if path.suffix == ".tmp") == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_told_and_leaves_what_was_there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run_process(*CHECK, "--output", "json=/dev/full", "--output", "text=good.txt", cwd=project)
    assert done.returncode == 2
    assert done.stderr == "hotlint: error: /dev/full cannot be written: No space left on device\n"
    assert (project / "good.txt").read_text() == done.stdout

    (project / "a.json").write_text("old")
    script = (
        "import resource, signal, sys; from hotlint.cli import main; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, *CHECK, "--no-cache", "--output", "json=a.json"]
    limited = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert (limited.returncode, limited.stderr) == (2, "hotlint: error: a.json cannot be written: File too large\n")
    assert (project / "a.json").read_text() == "old"
    assert list(project.glob("*.tmp")) == []


def test_a_reader_that_goes_away_costs_no_file(project: Path) -> None:
    script = f"{sys.executable} -m hotlint {' '.join(CHECK)} --no-cache --output json=a.json | true"
    subprocess.run(["sh", "-c", script], cwd=project, check=True, timeout=60)
    assert json.loads((project / "a.json").read_text())["version"] == 1


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (["json"], "'json' is not FORMAT=FILE, such as json=hotlint.json"),
        (["jsn=a"], 'there is no format "jsn" (did you mean "json"?)'),
        (["json="], "'json=' names no file (standard output is what --format is for)"),
        (["json=-"], "'json=-' names no file (standard output is what --format is for)"),
        (["json=a", "--output=text=./a"], "--output: json and text cannot both be written to ./a"),
    ],
)
def test_an_output_that_makes_no_sense_is_told_before_anything_is_checked(
    project: Path, outputs: list[str], message: str
) -> None:
    done = run("check", "--output", *outputs, cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr.splitlines()[-1]
    assert not (project / "a").exists()


def test_what_a_baseline_has_is_in_sarif_only_where_it_is_asked_for(project: Path) -> None:
    assert run("baseline", cwd=project).returncode == 0
    (project / "migrations" / "0003_id.sql").write_text("CREATE INDEX orders_id_idx ON orders (id);\n")

    def states(*options: str) -> list[tuple[str, str]]:
        results = json.loads(run(*CHECK, "--format", "sarif", *options, cwd=project).stdout)["runs"][0]["results"]
        uris = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]
        return [(uri, result["baselineState"]) for uri, result in zip(uris, results, strict=True)]

    assert states() == [("migrations/0003_id.sql", "new")]
    assert states("--include-known") == [("migrations/0003_id.sql", "new"), ("migrations/0002_day.sql", "unchanged")]


# -- CI services

SERVICES = {
    "GITHUB_ACTIONS": ("true", "github", "GitHub Actions"),
    "GITLAB_CI": ("true", "gitlab", "GitLab CI"),
    "TF_BUILD": ("True", "azure", "Azure Pipelines"),
}


@pytest.mark.parametrize("variable", SERVICES)
def test_in_a_ci_service_its_format_is_chosen_and_that_is_said(project: Path, variable: str) -> None:
    value, name, service = SERVICES[variable]
    done = run(*CHECK, cwd=project, **{variable: value})
    assert done.returncode == 1
    assert done.stdout == run(*CHECK, "--format", name, cwd=project).stdout
    assert done.stderr == f"hotlint: --format {name}, since this runs in {service}\n"
    assert run(*CHECK, "--quiet", cwd=project, **{variable: value}).stderr == ""


def test_a_format_that_is_asked_for_is_not_overruled_by_the_service(project: Path) -> None:
    done = run(*CHECK, "--format", "concise", cwd=project, GITHUB_ACTIONS="true")
    assert done.stdout.startswith("migrations/0002_day.sql:1:1: error[create-index-not-concurrent] ")
    assert done.stderr == ""


def test_a_service_whose_report_goes_to_a_file_shows_text_for_people(project: Path) -> None:
    done = run(*CHECK, "--output", "gitlab=gl.json", cwd=project, GITLAB_CI="true")
    assert done.stdout == run(*CHECK, cwd=project).stdout
    assert done.stderr == ""
    assert json.loads((project / "gl.json").read_text())[0]["check_name"] == "create-index-not-concurrent"


@pytest.mark.parametrize("value", ["", "false", "0"])
def test_a_variable_that_is_off_is_no_service(project: Path, value: str) -> None:
    done = run(*CHECK, cwd=project, GITHUB_ACTIONS=value)
    assert (done.stdout, done.stderr) == (run(*CHECK, cwd=project).stdout, "")


def test_the_summary_of_a_github_step_is_added_to(project: Path) -> None:
    summary = project / "summary.md"
    summary.write_text("Tests passed.\n")
    output = ("--output", "markdown=summary.md")
    run(*CHECK, *output, cwd=project, GITHUB_STEP_SUMMARY=str(summary))
    added = summary.read_text()
    assert added.startswith("Tests passed.\n<!-- hotlint -->\n\n## Hotlint: 1 error\n")
    run(*CHECK, *output, cwd=project)
    assert summary.read_text() == added.removeprefix("Tests passed.\n")


@pytest.mark.parametrize(("name", "told"), [("gitlab", True), ("rdjson", True), ("concise", False), ("sarif", False)])
def test_failures_are_told_on_standard_error_where_the_format_has_no_place_for_them(
    project: Path, name: str, told: bool
) -> None:
    (project / "broken.py").write_text("this is no rule\n")
    (project / "hotlint.yaml").write_text("rules: [broken.py]\n")
    done = run(*CHECK, "--format", name, cwd=project)
    assert done.returncode == 2
    assert done.stderr.startswith("hotlint: failure in ") is told
    assert ("broken.py" in done.stderr) is told
    assert ("broken.py" in done.stdout) is not told


def test_a_defect_in_one_format_costs_no_other_report(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hotlint.report import gitlab

    def broken(*_: object) -> bytes:
        raise KeyError("a defect")

    monkeypatch.setattr(gitlab, "render", broken)
    done = run(*CHECK, "--output", "gitlab=a.json", "--output", "json=b.json", cwd=project)
    assert done.returncode == 2
    assert done.stdout == run(*CHECK, cwd=project).stdout
    assert "hotlint: internal error: KeyError: 'a defect'" in done.stderr
    assert json.loads((project / "b.json").read_text())["version"] == 1
    assert not (project / "a.json").exists()
