"""SARIF beyond its schema: what code scanning and editors make of a log."""

from __future__ import annotations

import json
import random
import zlib
from pathlib import Path
from typing import Any

import pytest

from hotlint.finding import Edit, Finding, Fix, Place
from hotlint.report import sarif
from hotlint.report.excerpt import Sources
from hotlint.report.line_hash import LineHashes
from hotlint.report.model import BaselineEntry, BaselineState, Failure, LeftOut, ProjectSummary, Report
from hotlint.report.run import CheckRun
from hotlint.report.sarif_rules import cut
from hotlint.server import Server
from tests.report.readers import read_sarif
from tests.test_cli import run as run_cli

PATH = "db/0002_points.sql"
TEXT = "ALTER TABLE customers ADD COLUMN points int;\n/* 😀 */ UPDATE customers\n  SET points = 0;\n"


def finding(**more: Any) -> Finding:
    values: dict[str, Any] = {
        "rule": "ddl-and-backfill-same-tx",
        "category": "transaction",
        "severity": "warning",
        "message": "public.customers is locked since line 1",
        "place": Place(PATH, 2, 9, 3, 17),
        "migration": "0002",
        "relations": ("public.customers",),
        "fingerprint": "0123456789abcdef0123456789abcdef",
        **more,
    }
    return Finding(**values)


def run_of(report: Report, **more: Any) -> dict[str, Any]:
    """The one run of a log, which is valid."""
    data = sarif.render(report, CheckRun(Sources({PATH: TEXT}), **more))
    list(read_sarif(data))
    log: dict[str, Any] = json.loads(data)
    assert log["version"] == "2.1.0"
    found: dict[str, Any] = log["runs"][0]
    return found


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory is a repository, and no CI service says otherwise."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA", "CI_PROJECT_URL", "CI_COMMIT_SHA"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_result_has_its_region_in_code_points_with_the_end_exclusive_and_its_text() -> None:
    (result,) = run_of(Report(server=Server(), findings=(finding(),)))["results"]
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": PATH, "uriBaseId": "SRCROOT"},
                "region": {
                    "startLine": 2,
                    "startColumn": 9,
                    "endLine": 3,
                    "endColumn": 17,
                    "snippet": {"text": "UPDATE customers\n  SET points = 0"},
                },
            },
            "logicalLocations": [{"fullyQualifiedName": "public.customers", "kind": "resource"}],
        }
    ]
    assert result["level"] == "warning"
    assert result["properties"] == {"category": "transaction", "migration": "0002"}


def test_a_place_that_is_a_whole_file_has_a_region_too() -> None:
    (result,) = run_of(Report(server=Server(), findings=(finding(place=Place(PATH, 0, 0, 0, 0)),)))["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}


def test_the_message_is_sentences_that_link_the_related_places_and_end_with_the_safe_sql() -> None:
    taken = Place(PATH, 1, 1, 1, 44, "ACCESS EXCLUSIVE on public.customers [all of it] is taken here")
    fix = Fix("Fill it in the next migration", "UPDATE customers SET points = 0;\n")
    found = finding(related=(taken, Place(PATH, 1, 1, 1, 2)), help="change the schema first", fixes=(fix,))
    (result,) = run_of(Report(server=Server(), findings=(found,)))["results"]
    assert result["message"]["text"] == (
        "public.customers is locked since line 1.\n\n"
        "See: [ACCESS EXCLUSIVE on public.customers \\[all of it\\] is taken here](1).\n\n"
        "Change the schema first.\n\n"
        "Fill it in the next migration:\n\nUPDATE customers SET points = 0;"
    )
    assert [(place["id"], place.get("message")) for place in result["relatedLocations"]] == [
        (1, {"text": taken.message}),
        (2, None),
    ]


def test_a_lock_that_is_still_held_is_a_code_flow_from_where_it_is_taken() -> None:
    taken = Place(PATH, 1, 1, 1, 44, "ACCESS EXCLUSIVE on public.customers is taken here")
    (result,) = run_of(Report(server=Server(), findings=(finding(related=(taken,)),)))["results"]
    (flow,) = result["codeFlows"]
    (thread,) = flow["threadFlows"]
    assert [
        (
            step["executionOrder"],
            step["location"]["physicalLocation"]["region"]["startLine"],
            step["location"]["message"],
        )
        for step in thread["locations"]
    ] == [
        (1, 1, {"text": "ACCESS EXCLUSIVE on public.customers is taken here"}),
        (2, 2, {"text": "public.customers is locked since line 1"}),
    ]


@pytest.mark.parametrize(
    "found",
    [
        finding(),
        finding(related=(Place("db/0001.sql", 1, 1, 1, 2, "made in another file"),)),
        finding(category="destructive", related=(Place(PATH, 1, 1, 1, 44, "goes along"),)),
    ],
)
def test_places_that_are_no_sequence_are_no_code_flow(found: Finding) -> None:
    (result,) = run_of(Report(server=Server(), findings=(found,)))["results"]
    assert "codeFlows" not in result


def test_real_findings_about_a_held_lock_have_code_flows(repository: Path) -> None:
    (repository / "migrations").mkdir()
    (repository / "migrations" / "0001_a.sql").write_text("CREATE TABLE customers (id bigint PRIMARY KEY);\n")
    (repository / "migrations" / "0002_b.sql").write_text(f"BEGIN;\n{TEXT}COMMIT;\n")
    done = run_cli("check", "--select", "ddl-and-backfill-same-tx", "--format", "sarif", cwd=repository)
    (result,) = json.loads(done.stdout)["runs"][0]["results"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps] == [2, 3]


def test_fixes_replace_exactly_what_their_edits_do(repository: Path) -> None:
    other = "db/0003.sql"
    texts = {PATH: TEXT, other: "x\ny😀z"}
    fixes = (
        Fix("In two files", "…", (Edit(PATH, 45, 52, "--"), Edit(other, 3, 4, ""), Edit(PATH, 0, 0, "SET a = 1;\n"))),
        Fix("No edits", "DROP TABLE a;"),
    )
    data = sarif.render(Report(server=Server(), findings=(finding(fixes=fixes),)), CheckRun(Sources(texts)))
    (fix,) = json.loads(data)["runs"][0]["results"][0]["fixes"]
    assert fix["description"] == {"text": "In two files"}
    applied = {}
    for change in fix["artifactChanges"]:
        path = change["artifactLocation"]["uri"]
        lines = texts[path].split("\n")
        starts = [sum(len(line) + 1 for line in lines[:at]) for at in range(len(lines))]
        text = texts[path]
        regions = [(r["deletedRegion"], r["insertedContent"]["text"]) for r in change["replacements"]]
        for region, new in sorted(regions, key=lambda pair: -pair[0]["startLine"]):
            start = starts[region["startLine"] - 1] + region["startColumn"] - 1
            end = starts[region["endLine"] - 1] + region["endColumn"] - 1
            text = text[:start] + new + text[end:]
        applied[path] = text
    assert applied == {PATH: "SET a = 1;\n" + TEXT[:45] + "--" + TEXT[52:], other: "x\nyz"}


def test_fingerprints_are_githubs_hash_of_the_line_and_our_own(repository: Path) -> None:
    (result,) = run_of(Report(server=Server(), findings=(finding(),)))["results"]
    assert result["partialFingerprints"] == {
        "primaryLocationLineHash": LineHashes(TEXT).of(2),
        "hotlintFingerprint/v1": "0123456789abcdef0123456789abcdef",
    }


def test_fingerprints_survive_lines_above_and_a_move_of_the_file(repository: Path) -> None:
    before, after = repository / "migrations", repository / "db" / "migrations"
    before.mkdir()
    (before / "0001_a.sql").write_text("CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n")
    (before / "0002_b.sql").write_bytes(b"\xef\xbb\xbfCREATE INDEX orders_day ON orders (day);\n")
    command = ("check", "--select", "create-index-not-concurrent", "--format", "sarif")
    (first,) = json.loads(run_cli(*command, cwd=repository).stdout)["runs"][0]["results"]
    stored = (before / "0002_b.sql").read_bytes().decode()
    assert first["partialFingerprints"]["primaryLocationLineHash"] == LineHashes(stored).of(1)
    after.parent.mkdir()
    before.rename(after)
    (after / "0002_b.sql").write_text("\n-- a slow page\nCREATE INDEX orders_day ON orders (day);\n")
    (second,) = json.loads(run_cli(*command, cwd=repository).stdout)["runs"][0]["results"]
    own = "hotlintFingerprint/v1"
    assert second["partialFingerprints"][own] == first["partialFingerprints"][own]
    assert second["locations"] != first["locations"]


def test_paths_are_those_of_the_repository_with_links_resolved(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = repository / "services" / "a b"
    (service / "db").mkdir(parents=True)
    (service / "db" / "0001.sql").write_text("SELECT 1;\n")
    (service / "link").symlink_to("db")
    outside = repository.parent / "elsewhere.sql"
    outside.write_text("SELECT 1;\n")
    monkeypatch.chdir(service)
    places = [Place(path, 1, 1, 1, 2) for path in ("link/0001.sql", str(service / "db/0001.sql"), str(outside))]
    report = Report(
        server=Server(),
        projects=(ProjectSummary("link", "plain", "postgres", 1),),
        findings=tuple(finding(place=place) for place in places),
    )
    run = json.loads(sarif.render(report, CheckRun(Sources())))["runs"][0]
    artifacts = [r["locations"][0]["physicalLocation"]["artifactLocation"] for r in run["results"]]
    inside = {"uri": "services/a%20b/db/0001.sql", "uriBaseId": "SRCROOT"}
    assert artifacts == [inside, inside, {"uri": outside.resolve().as_uri()}]
    assert run["originalUriBaseIds"] == {"SRCROOT": {"uri": repository.resolve().as_uri() + "/"}}
    assert run["invocations"][0]["workingDirectory"] == {"uri": service.resolve().as_uri() + "/"}


def test_rules_are_described_once_each_with_markdown_help_and_what_code_scanning_sorts_by() -> None:
    findings = (finding(), finding(rule="drop-table", severity="error"), finding(), finding(rule="somebody-elses"))
    run = run_of(Report(server=Server(), findings=findings))
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("Hotlint", driver["version"])
    assert [result["ruleIndex"] for result in run["results"]] == [0, 1, 0, 2]
    backfill, drop, other = driver["rules"]
    assert drop["id"] == "drop-table"
    assert drop["name"] == "DropTable"
    assert drop["shortDescription"]["text"].startswith("DROP TABLE destroys every row")
    assert drop["help"]["markdown"].startswith("# drop-table\n\n")
    assert "```sql" in drop["help"]["markdown"]
    assert "Instead: " in drop["help"]["text"]
    assert drop["helpUri"].endswith("/docs/rules/drop-table.md")
    assert drop["defaultConfiguration"] == {"level": "warning"}
    assert drop["properties"] == {
        "tags": ["destructive", "database", "migrations", "postgres"],
        "precision": "high",
        "problem.severity": "warning",
    }
    assert backfill["properties"]["tags"][0] == "transaction"
    assert other["name"] == "SomebodyElses"
    assert "helpUri" not in other


def test_rules_of_the_project_are_described_and_a_security_rule_has_a_score(repository: Path) -> None:
    (repository / "grants.py").write_text(
        '''"""grants: who may do what."""
from hotlint.rule import Example, Rule, ops


class PublicGrant(Rule):
    """Everybody may read a table that was granted to PUBLIC."""

    id = "public-grant"
    category = "security"
    severity = "error"
    operations = (ops.CreateTable,)

    def check_step(self, step, operation, context):
        yield context.finding(step, "Everybody may read it")
'''
    )
    (repository / "hotlint.yaml").write_text("rules: [grants.py]\n")
    (repository / "migrations").mkdir()
    (repository / "migrations" / "0001_a.sql").write_text("CREATE TABLE a (id int);\n")
    done = run_cli("check", "--select", "public-grant", "--format", "sarif", cwd=repository)
    (rule,) = json.loads(done.stdout)["runs"][0]["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "Everybody may read a table that was granted to PUBLIC."
    assert rule["properties"]["security-severity"] == "8.0"
    assert "helpUri" not in rule


def test_failures_and_what_is_not_covered_are_notifications_of_the_invocation() -> None:
    report = Report(
        server=Server(),
        projects=(
            ProjectSummary("db", "flyway", "postgres", 3, 4, ("Numbered by time.",), (LeftOut("Java", ("a", "b")),)),
        ),
        failures=(
            Failure("rule drop-table at db/1.sql:3", "KeyError: 'x'", "Traceback …"),
            Failure("rules/a.py", "empty"),
        ),
    )
    run = run_of(report, exit_code=2)
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    assert invocation["toolExecutionNotifications"] == [
        {
            "level": "error",
            "message": {"text": "Failure in rule drop-table at db/1.sql:3: KeyError: 'x'"},
            "exception": {"kind": "KeyError", "message": "Traceback …"},
            "associatedRule": {"id": "drop-table", "index": 0},
        },
        {"level": "error", "message": {"text": "Failure in rules/a.py: empty"}},
    ]
    assert invocation["toolConfigurationNotifications"] == [
        {"level": "note", "message": {"text": "db: Numbered by time."}},
        {"level": "note", "message": {"text": "Not covered (Java): a, b."}},
    ]
    assert run["tool"]["driver"]["rules"][0]["id"] == "drop-table"
    assert run["automationDetails"]["id"] == "hotlint/"


def test_findings_are_no_failure_of_the_tool() -> None:
    (invocation,) = run_of(Report(server=Server(), findings=(finding(),)), exit_code=1)["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, 1)
    assert "toolExecutionNotifications" not in invocation


def test_a_baseline_makes_findings_new_and_its_own_are_told_only_when_asked_for() -> None:
    old = finding(rule="drop-table")
    gone = (BaselineEntry("f", "drop-column", PATH),)
    report = Report(server=Server(), findings=(finding(),), baseline=BaselineState("base.json", (old,), gone))
    assert [(r["ruleId"], r["baselineState"]) for r in run_of(report)["results"]] == [
        ("ddl-and-backfill-same-tx", "new")
    ]
    run = run_of(report, include_known=True)
    assert [(r["ruleId"], r["baselineState"]) for r in run["results"]] == [
        ("ddl-and-backfill-same-tx", "new"),
        ("drop-table", "unchanged"),
    ]
    (note,) = run["invocations"][0]["toolConfigurationNotifications"]
    assert note["message"]["text"] == "1 entry of base.json is about nothing that is still found."
    assert "baselineState" not in run_of(Report(server=Server(), findings=(finding(),)))["results"][0]


def test_the_gravest_of_too_many_results_are_kept_in_their_order_and_that_is_told() -> None:
    findings = [finding(severity="info", message=f"{at}") for at in range(25_004)]
    findings[9] = finding(severity="error", message="grave")
    findings[25_003] = finding(severity="warning", message="last")
    report = Report(server=Server(), findings=tuple(findings))
    (run,) = json.loads(sarif.render(report, CheckRun(Sources({PATH: TEXT}))))["runs"]
    told = [result["message"]["text"] for result in run["results"]]
    assert len(told) == 25_000
    assert (told[8:11], told[-1]) == (["8.", "grave.", "10."], "last.")
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("4 findings left out")
    assert run["invocations"][0]["executionSuccessful"]


def test_a_log_is_never_larger_than_code_scanning_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sarif.MAX_BYTES == 10_000_000
    monkeypatch.setattr(sarif, "MAX_BYTES", 100_000)
    noise = random.Random(1)
    findings = tuple(finding(message=noise.randbytes(3_000).hex()) for _ in range(60))
    known = BaselineState("base.json", findings)
    run = CheckRun(Sources({PATH: TEXT}), include_known=True)
    for report in (
        Report(server=Server(), findings=findings),
        Report(server=Server(), findings=findings[:5], baseline=known),
    ):
        data = sarif.render(report, run)
        (log,) = json.loads(data)["runs"]
        assert len(zlib.compress(data)) <= 100_000
        assert 10 < len(log["results"]) < 60
        everything = len(report.findings) + (60 if report.baseline else 0)
        (notification,) = log["invocations"][0]["toolExecutionNotifications"]
        assert f"{everything - len(log['results'])} findings left out" in notification["message"]["text"]
    assert [result["baselineState"] for result in log["results"][:6]] == ["new"] * 5 + ["unchanged"]


def test_long_texts_and_many_places_stay_within_the_limits() -> None:
    places = tuple(Place(PATH, 1, 1, 1, 2, f"the index i{at}") for at in range(1_200))
    report = Report(server=Server(), findings=(finding(related=places),))
    (result,) = sarif.sarif_log(report, CheckRun(Sources({PATH: TEXT})))["runs"][0]["results"]
    assert len(result["relatedLocations"]) == 999
    assert len(result["codeFlows"][0]["threadFlows"][0]["locations"]) == 1_000
    assert cut("word " * 300, 1_024).endswith("word…")
    assert len(cut("word " * 300, 1_024)) <= 1_024
    assert len(cut("x" * 2_000, 1_024)) == 1_024
    assert cut("short", 1_024) == "short"


def test_a_region_that_is_long_or_not_there_any_more_has_no_text() -> None:
    places = (Place(PATH, 1, 1, 9, 1), Place("gone.sql", 1, 1, 1, 9), Place("long.sql", 1, 1, 1, 3_000))
    report = Report(server=Server(), findings=tuple(finding(place=place) for place in places))
    sources = Sources({PATH: TEXT, "long.sql": "x" * 3_000})
    for result in json.loads(sarif.render(report, CheckRun(sources)))["runs"][0]["results"]:
        assert "snippet" not in result["locations"][0]["physicalLocation"]["region"]


@pytest.mark.parametrize("head", ["5f1d3e\n", "ref: refs/heads/main\n"])
def test_the_commit_is_told_where_the_service_and_the_checkout_agree(
    repository: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    refs = repository / ".git" / "refs" / "heads"
    refs.mkdir(parents=True)
    (refs / "main").write_text("5f1d3e\n")
    (repository / ".git" / "HEAD").write_text(head)
    for name, value in (("SERVER_URL", "https://github.com"), ("REPOSITORY", "a/b"), ("SHA", "5f1d3e")):
        monkeypatch.setenv(f"GITHUB_{name}", value)
    assert run_of(Report(server=Server()))["versionControlProvenance"] == [
        {
            "repositoryUri": "https://github.com/a/b",
            "revisionId": "5f1d3e",
            "mappedTo": {"uri": "", "uriBaseId": "SRCROOT"},
        }
    ]
    monkeypatch.setenv("GITHUB_SHA", "another")
    assert "versionControlProvenance" not in run_of(Report(server=Server()))


def test_nobody_says_which_commit_it_is() -> None:
    assert "versionControlProvenance" not in run_of(Report(server=Server()))
