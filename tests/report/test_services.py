"""Formats for CI services and review programs, each on a report whose every part is known."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from hotlint.finding import Edit, Finding, Fix, Place
from hotlint.report import azure, github, gitlab, junit, rdjson
from hotlint.report.excerpt import Sources
from hotlint.report.model import Failure, ProjectSummary, Report
from hotlint.report.run import CheckRun
from hotlint.server import Server
from tests.report.readers import rdjson_position
from tests.test_cli import BAD, SAFE, run

PATH = "db/0002_day.sql"
TEXT = "/* 注文 */ CREATE INDEX a ON b (c);\nDROP TABLE b;\n"


def finding(**more: Any) -> Finding:
    values: dict[str, Any] = {
        "rule": "drop-table",
        "category": "destructive",
        "severity": "warning",
        "message": "DROP TABLE destroys 100% of b: every row",
        "place": Place(PATH, 2, 1, 2, 13),
        "migration": "0002",
        **more,
    }
    return Finding(**values)


INDEX = finding(
    rule="create-index-not-concurrent",
    severity="error",
    message="writes wait",
    place=Place(PATH, 1, 10, 1, 33),
    related=(Place("db/0001.sql", 1, 1, 1, 2, "b is made here"),),
    help="look for an INVALID index",
    fixes=(Fix("Build it concurrently", "CREATE INDEX CONCURRENTLY a\n  ON b (c);\n"),),
)
NOTE = finding(rule="missing-lock-timeout", severity="info", place=Place(PATH, 1, 1, 2, 5))
REPORT = Report(
    server=Server(),
    projects=(ProjectSummary("db", "plain", "postgres", 2, 3),),
    findings=(NOTE, finding(), INDEX),
    failures=(Failure("rule x", "KeyError: 'y'", "trace"),),
)
RUN = CheckRun(Sources({PATH: TEXT}))


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, with the working directory in a folder of it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "service" / "db").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "service")
    return tmp_path


def test_github_is_told_the_gravest_first_with_columns_only_on_one_line() -> None:
    assert github.render(REPORT, RUN).decode().splitlines() == [
        "::error title=Hotlint%3A Failure::rule x: KeyError: 'y'",
        "::error title=Hotlint%3A create-index-not-concurrent,file=service/db/0002_day.sql,line=1,endLine=1,col=10,"
        "endColumn=33::db/0002_day.sql:1:10: writes wait%0A%0Adb/0001.sql:1:1: b is made here%0A%0A"
        "look for an INVALID index%0A%0ABuild it concurrently:%0ACREATE INDEX CONCURRENTLY a%0A  ON b (c);",
        "::warning title=Hotlint%3A drop-table,file=service/db/0002_day.sql,line=2,endLine=2,col=1,endColumn=13"
        "::db/0002_day.sql:2:1: DROP TABLE destroys 100%25 of b: every row",
        "::notice title=Hotlint%3A missing-lock-timeout,file=service/db/0002_day.sql,line=1,endLine=2"
        "::db/0002_day.sql:1:1: DROP TABLE destroys 100%25 of b: every row",
        "hotlint: 1 error, 1 warning, 1 note. PostgreSQL 15.",
    ]


def test_github_says_when_it_shows_fewer_annotations_than_there_are() -> None:
    ten = Report(server=Server(), findings=(finding(),) * 10)
    eleven = Report(server=Server(), findings=(finding(),) * 11)
    told = "hotlint: GitHub makes annotations of 10 errors, warnings and notices each; all are told above."
    assert told not in github.render(ten, RUN).decode()
    assert github.render(eleven, RUN).decode().splitlines()[-1] == told


def test_azure_is_told_absolute_paths_and_that_a_note_is_one(repository: Path) -> None:
    path = os.path.realpath(PATH)
    assert azure.render(REPORT, RUN).decode().splitlines() == [
        "##vso[task.logissue type=error;]Failure in rule x: KeyError: 'y'",
        f"##vso[task.logissue type=warning;sourcepath={path};linenumber=1;columnnumber=1;code=missing-lock-timeout;]"
        "note: db/0002_day.sql:1:1: DROP TABLE destroys 100%AZP25 of b: every row",
        f"##vso[task.logissue type=warning;sourcepath={path};linenumber=2;columnnumber=1;code=drop-table;]"
        "db/0002_day.sql:2:1: DROP TABLE destroys 100%AZP25 of b: every row",
        f"##vso[task.logissue type=error;sourcepath={path};linenumber=1;columnnumber=10;"
        "code=create-index-not-concurrent;]db/0002_day.sql:1:10: writes wait",
        "hotlint: 1 error, 1 warning, 1 note. PostgreSQL 15.",
    ]


def test_gitlab_is_told_unique_fingerprints_where_two_projects_are_alike() -> None:
    found = (finding(fingerprint="f"), finding(fingerprint="f", place=Place("b/0002.sql", 1, 1, 3, 1)), finding())
    issues = json.loads(gitlab.render(Report(server=Server(), findings=found), RUN))
    assert [issue["fingerprint"] for issue in issues] == ["f", "f:2", f"drop-table:{PATH}:2:1"]
    assert issues[1] == {
        "description": "drop-table: DROP TABLE destroys 100% of b: every row",
        "check_name": "drop-table",
        "fingerprint": "f:2",
        "severity": "major",
        "location": {"path": "service/b/0002.sql", "lines": {"begin": 1, "end": 3}},
    }


def test_rdjson_counts_columns_in_bytes_and_suggests_what_the_edits_do() -> None:
    start = TEXT.index("CREATE")
    edits = (Edit(PATH, start + 12, start + 12, " CONCURRENTLY"), Edit(PATH, start, start, "-- ok\n"))
    elsewhere = (Edit(PATH, 0, 1, ""), Edit("db/0003.sql", 0, 0, "x"))
    fixes = (Fix("Build it concurrently", "CREATE …", edits), Fix("In two files", "", elsewhere), Fix("By hand", "…"))
    found = finding(place=Place(PATH, 1, 10, 1, 34), fixes=fixes)
    (diagnostic,) = json.loads(rdjson.render(Report(server=Server(), findings=(found,)), RUN))["diagnostics"]
    span = diagnostic["location"]["range"]
    assert span == {"start": {"line": 1, "column": 14}, "end": {"line": 1, "column": 38}}
    assert rdjson_position(span["start"], TEXT) == (1, 10)
    (suggestion,) = diagnostic["suggestions"]
    assert suggestion == {
        "range": {"start": {"line": 1, "column": 14}, "end": {"line": 1, "column": 26}},
        "text": "-- ok\nCREATE INDEX CONCURRENTLY",
    }
    assert diagnostic["code"] == {
        "value": "drop-table",
        "url": "https://github.com/hotlint/hotlint/blob/main/docs/rules/drop-table.md",
    }


def test_rdjson_messages_are_markdown_with_the_safe_sql() -> None:
    (diagnostic,) = json.loads(rdjson.render(Report(server=Server(), findings=(INDEX,)), RUN))["diagnostics"]
    assert diagnostic["message"] == (
        "writes wait\n\n`db/0001.sql:1`: b is made here\n\nlook for an INVALID index\n\n"
        "Build it concurrently:\n\n```sql\nCREATE INDEX CONCURRENTLY a\n  ON b (c);\n```"
    )


def test_rdjson_takes_a_place_that_is_not_there_any_more() -> None:
    report = Report(server=Server(), findings=(finding(place=Place("gone.sql", 3, 5, 3, 9)),))
    (diagnostic,) = json.loads(rdjson.render(report, RUN))["diagnostics"]
    assert diagnostic["location"]["range"] == {"start": {"line": 3, "column": 5}, "end": {"line": 3, "column": 9}}


# -- JUnit


@pytest.fixture
def history(repository: Path) -> Path:
    folder = repository / "service" / "migrations"
    folder.mkdir()
    for name, up, down in (
        ("0001_orders", SAFE, "DROP TABLE orders;\n"),
        ("0002_day", BAD, "DROP INDEX CONCURRENTLY orders_day_idx;\n"),
        ("0003_note", "ALTER TABLE orders ADD COLUMN note text;\n", "ALTER TABLE orders DROP COLUMN note;\n"),
    ):
        (folder / f"{name}.up.sql").write_text(up)
        (folder / f"{name}.down.sql").write_text(down)
    return repository / "service"


def cases(document: str) -> dict[str, list[str]]:
    root = ElementTree.fromstring(document)
    return {case.attrib["name"]: [child.tag for child in case] for case in root.iter("testcase")}


def test_junit_has_a_case_per_migration_and_fails_what_fails_the_run(history: Path) -> None:
    command = ("check", "--format", "junit", "--select", "create-index-not-concurrent,missing-lock-timeout")
    document = run(*command, cwd=history).stdout
    assert cases(document) == {
        "0001 orders": [],
        "0002 day": ["failure", "system-out"],
        "0003 note": ["system-out"],
    }
    failure = ElementTree.fromstring(document).find(".//failure")
    assert failure is not None
    assert failure.attrib["type"] == "create-index-not-concurrent"
    assert failure.attrib["message"].startswith("CREATE INDEX takes a SHARE lock on public.orders")
    assert "CREATE INDEX CONCURRENTLY orders_day_idx" in str(failure.text)
    assert cases(run(*command, "--fail-on", "info", cwd=history).stdout)["0003 note"] == ["failure"]


def test_junit_leaves_out_migrations_that_nobody_asks_about(history: Path) -> None:
    since = run("check", "--format", "junit", "--since", "0001", cwd=history).stdout
    assert cases(since).keys() == {"0002 day", "0003 note"}
    named = run("check", "--format", "junit", "migrations/0002_day.down.sql", cwd=history).stdout
    assert cases(named).keys() == {"0002 day"}


def test_junit_keeps_migrations_apart_that_stand_in_one_file(repository: Path) -> None:
    (repository / "changelog.sql").write_text(
        "--liquibase formatted sql\n\n--changeset a:1\nCREATE TABLE orders (id bigint PRIMARY KEY, day date);\n\n"
        "--changeset a:2\nCREATE INDEX orders_day ON orders (day);\n"
    )
    done = run("check", "--format", "junit", "--select", "create-index-not-concurrent", "changelog.sql", cwd=repository)
    assert [*cases(done.stdout).values()] == [[], ["failure"]], done


def test_junit_tells_failures_as_errors_and_findings_of_no_migration_by_their_file() -> None:
    root = ElementTree.fromstring(junit.render(REPORT, RUN).decode())
    assert root.attrib == {"name": "hotlint", "tests": "2", "failures": "1", "errors": "1", "time": "0"}
    found = [(suite.attrib["name"], case.attrib["name"], [c.tag for c in case]) for suite in root for case in suite]
    assert found == [("db", PATH, ["failure", "system-out"]), ("hotlint", "rule x", ["error"])]
    case, failure = root[0][0], root[0][0][0]
    assert case.attrib["file"] == "service/db/0002_day.sql"
    assert case.attrib["line"] == "2"
    assert failure.attrib["message"] == "DROP TABLE destroys 100% of b: every row (and 1 more finding)"
    assert (root[1][0][0].attrib["message"], root[1][0][0].text) == ("KeyError: 'y'", "trace")
