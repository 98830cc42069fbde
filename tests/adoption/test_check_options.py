"""Options of ``hotlint check`` beside the choice of rules: standard input, how much is shown, what holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import BAD, run, run_process

CHECK = ("check", "--select", "create-index-not-concurrent")
ASSUMED = "PostgreSQL 15 assumed (--pg-version)."


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "db" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_orders.sql").write_text("CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n")
    (folder / "0002_day.sql").write_text(BAD)
    (tmp_path / "hotlint.yaml").write_text("framework: plain\n")
    for file in (*folder.iterdir(), tmp_path / "hotlint.yaml"):
        os.utime(
            file, (1_700_000_000, 1_700_000_000)
        )  # what is as new as the run itself would not be kept in the cache
    return tmp_path


def piped(text: bytes, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "HOTLINT_CACHE_DIR": str(cwd / ".cache")}
    command = [sys.executable, "-m", "hotlint", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, input=text, capture_output=True, check=False)


# -- standard input


def test_standard_input_is_checked_as_the_file_that_it_will_be_with_the_history_known(project: Path) -> None:
    text = (
        b"SET lock_timeout = '2s';\nCREATE INDEX again_idx ON orders (id);\nALTER TABLE orders ADD COLUMN day date;\n"
    )
    done = piped(text, "check", "-", "--stdin-filename", "db/migrations/0003_new.sql", "--format", "json", cwd=project)
    assert done.stderr == b""
    report = json.loads(done.stdout)
    assert {finding["path"] for finding in report["findings"]} == {"db/migrations/0003_new.sql"}
    assert {"create-index-not-concurrent", "migration-fails"} <= {finding["rule"] for finding in report["findings"]}
    assert report["projects"][0]["migrations"] == 3
    assert not (project / "db/migrations/0003_new.sql").exists()


def test_standard_input_stands_in_for_a_file_and_excerpts_show_it(project: Path) -> None:
    done = piped(b"-- nothing\nSELECT 1;\n", *CHECK, "--stdin-filename", "db/migrations/0002_day.sql", cwd=project)
    assert (done.returncode, done.stderr) == (0, b"")
    text = b"-- unsaved\nCREATE INDEX unsaved_idx ON orders (day);\n"
    done = piped(text, *CHECK, "-", "--stdin-filename", "db/migrations/0002_day.sql", cwd=project)
    assert done.returncode == 1
    assert b"2 | CREATE INDEX unsaved_idx ON orders (day);\n" in done.stdout


def test_standard_input_without_a_name_is_a_history_of_its_own(project: Path) -> None:
    done = piped(b"DROP TABLE orders;\n", "check", "--select", "drop-table", "-", cwd=project)
    assert done.returncode == 1
    assert done.stdout.startswith(b"-:1:1: warning[drop-table]")
    assert piped(b"", *CHECK, "-", cwd=project).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "text", "told"),
    [
        (("-", "db"), b"", "standard input is checked alone: take the other paths away"),
        (("-", "--watch"), b"", "--watch watches files, and standard input is none"),
        (
            ("-",),
            b"SELECT '\xe9';",
            "standard input cannot be checked: Byte 0xE9 (byte 8 of the file's text) is not UTF-8.",
        ),
    ],
)
def test_what_standard_input_cannot_be_is_told(
    project: Path, arguments: tuple[str, ...], text: bytes, told: str
) -> None:
    done = piped(text, "check", *arguments, cwd=project)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", f"hotlint: error: {told}\n")


# -- how much is shown


def test_statistics_count_by_rule_the_gravest_and_most_frequent_first(project: Path) -> None:
    (project / "db/migrations/0003_id.sql").write_text(BAD.replace("day", "id") + "DROP TABLE orders;\n")
    done = run("check", "--select", "locking,drop-table", "--statistics", cwd=project)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "2 error   create-index-not-concurrent  2 with safe SQL",
        "1 warning drop-table                   1 with safe SQL",
        "2 info    missing-lock-timeout         2 with safe SQL",
        "5 findings of 3 rules.",
    ]
    done = run(*CHECK, "--statistics", "--format", "json", cwd=project)
    assert json.loads(done.stdout)["statistics"] == [
        {"rule": "create-index-not-concurrent", "category": "locking", "severity": "error", "count": 2, "fixable": 2}
    ]
    assert json.loads(done.stdout)["total"] == 2
    assert run("check", "--select", "truncate", "--statistics", cwd=project) == (0, "Nothing found.\n", "")


def test_statistics_leave_files_whole(project: Path) -> None:
    run(*CHECK, "--statistics", "--output", "json=all.json", cwd=project)
    assert len(json.loads((project / "all.json").read_text())["findings"]) == 1


@pytest.mark.parametrize("option", ["--statistics", "--explain"])
def test_what_a_format_cannot_show_is_told(project: Path, option: str) -> None:
    wrong = "concise" if option == "--statistics" else "json"
    done = run("check", option, "--format", wrong, cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"hotlint: error: {option} is written as text or " in done.stderr


def test_quiet_shows_findings_and_nothing_else(project: Path) -> None:
    done = run(*CHECK, "--quiet", cwd=project)
    assert done.returncode == 1
    assert done.stdout.startswith("db/migrations/0002_day.sql:1:1: error[")
    assert done.stdout.endswith("      CREATE INDEX CONCURRENTLY orders_day_idx ON orders (day);\n")
    assert run("check", "--select", "truncate", "-q", cwd=project) == (0, "", "")
    assert run("check", "-q", "-v", cwd=project).returncode == 2


def test_verbose_tells_on_standard_error_where_everything_came_from(project: Path) -> None:
    for path in (project / "db/migrations").iterdir():
        os.utime(path, (1, 1))
    first = run(*CHECK, "-v", "--pg-version", "16", cwd=project)
    lines = first.stderr.splitlines()
    assert lines[:2] == ["hotlint: configuration: hotlint.yaml", "hotlint: server: PostgreSQL 16 (as said)"]
    assert lines[2].startswith("hotlint: db/migrations: plain for postgres, 2 migrations, the newest 0002, checked in ")
    assert lines[3] == "hotlint: baseline: none"
    assert lines[4].startswith("hotlint: cache: not known yet (")
    second = run(*CHECK, "-v", "--pg-version", "16", cwd=project)
    assert second.stdout == first.stdout
    assert second.stderr.splitlines()[-1].startswith("hotlint: cache: nothing changed since the last run (")
    assert "the defaults hold" in run(*CHECK, "-v", "--isolated", cwd=project).stderr
    newest = run(*CHECK, "-v", "--no-cache", "--since", "0002", cwd=project).stderr
    assert "hotlint: cache: not used" in newest


def test_explain_says_what_is_behind_each_rule_once(project: Path) -> None:
    (project / "db/migrations/0003_id.sql").write_text(BAD.replace("day", "id"))
    done = run(*CHECK, "--explain", cwd=project)
    findings, explained = done.stdout.split(ASSUMED)
    assert findings.count("error[create-index-not-concurrent]") == 2
    assert explained.count("\n\ncreate-index-not-concurrent  locking, error\n\n") == 1
    assert "Instead\n" in explained
    assert "Told about" not in explained


# -- what holds


def test_settings_are_shown_with_where_they_come_from(project: Path) -> None:
    (project / "hotlint.yaml").write_text(
        "# ours\nframework: plain\nfail_on: error\nverify:\n  rows: 5\nignore:\n  - scan\n"
    )
    done = run("check", "db", "--show-settings", "--pg-version", "17", "--ignore", "locking", cwd=project)
    assert done.returncode == 0
    settings = {line.split()[0]: " ".join(line.split()[1:]) for line in done.stdout.splitlines()[2:]}
    assert done.stdout.startswith("configuration: hotlint.yaml\n\n")
    assert settings["framework"] == '"plain" hotlint.yaml:2'
    assert settings["fail_on"] == '"error" hotlint.yaml:3'
    assert settings["verify.rows"] == "5 hotlint.yaml:5"
    assert settings["pg_version"] == "17 --pg-version"
    assert settings["paths"] == '["db"] the command line'
    assert settings["ignore"] == '["scan","locking"] --ignore'
    assert settings["severity"] == "{} default"
    assert settings["findings_baseline"] == "false default"


def test_settings_as_json_and_without_a_configuration(project: Path) -> None:
    done = run("check", "--show-settings", "--isolated", "--format", "json", cwd=project)
    data = json.loads(done.stdout)
    assert (data["version"], data["configuration"]) == (1, None)
    assert {setting["origin"] for setting in data["settings"].values()} == {"default"}
    assert data["settings"]["pg_version"]["value"] == 15
    assert data["settings"]["fail_on"]["value"] == "warning"
    done = run("check", "--show-settings", "--format", "concise", cwd=project)
    assert "--show-settings is written as text or json" in done.stderr


def test_a_configuration_can_be_named_or_left_out(project: Path) -> None:
    (project / "hotlint.yaml").write_text("ignore: [create-index-not-concurrent]\n")
    (project / "other.yaml").write_text("select: [create-index-not-concurrent]\n")
    assert "create-index" not in run("check", "--statistics", cwd=project).stdout
    assert run("check", "--config", "other.yaml", "--statistics", cwd=project).stdout.endswith("1 finding of 1 rule.\n")
    assert "create-index" in run("check", "--isolated", "--statistics", cwd=project).stdout


def test_no_cache_neither_reads_nor_writes_one(project: Path) -> None:
    run("check", "--no-cache", cwd=project)
    assert list((project / ".cache").glob("*.v1")) == []
    run("check", cwd=project)
    results = list((project / ".cache").glob("*.v1"))
    for entry in results:
        entry.write_bytes(b"broken")
    assert run("check", "--no-cache", "--exit-zero", cwd=project).returncode == 0
    assert [path.read_bytes() for path in results] == [b"broken"]


def test_a_process_says_the_same(project: Path) -> None:
    assert run_process(*CHECK, "-q", cwd=project).stdout == run(*CHECK, "-q", cwd=project).stdout
