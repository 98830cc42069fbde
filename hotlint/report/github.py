"""Workflow commands of GitHub Actions: each finding is an annotation at its lines, and a line of the log.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands. Within a step GitHub shows the
first ten annotations of each kind, so the gravest come first.
"""

from __future__ import annotations

from collections.abc import Iterator

from hotlint.finding import SEVERITIES, Finding, Severity
from hotlint.report.encoding import to_bytes
from hotlint.report.model import Report
from hotlint.report.repository import Repository
from hotlint.report.run import CheckRun
from hotlint.report.service import advice, escaped, headline, lines, plain_summary

SHOWN = 10
"""Annotations of a kind that GitHub shows for a step."""
_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def render(report: Report, run: CheckRun) -> bytes:
    """One command per finding and failure, then how many there are."""
    repository = Repository(project.root for project in report.projects)
    findings = sorted(report.findings, key=lambda finding: -SEVERITIES.index(finding.severity))
    told = [_command("error", "Failure", {}, f"{f.where}: {f.message}") for f in report.failures]
    told += [_annotation(finding, repository) for finding in findings]
    return to_bytes("\n".join([*told, *plain_summary(report), *_hidden(report)]) + "\n")


def _annotation(finding: Finding, repository: Repository) -> str:
    at = finding.place
    where: dict[str, object] = {"file": repository.shown(at.path), "line": max(at.line, 1)}
    where["endLine"] = max(at.end_line, at.line, 1)
    if at.end_line == at.line:  # columns are refused where there are several lines
        where |= {"col": at.column, "endColumn": at.end_column}
    text = "\n\n".join([headline(finding), *advice(finding)])
    return _command(_COMMANDS[finding.severity], finding.rule, where, text)


def _command(name: str, title: str, where: dict[str, object], text: str) -> str:
    properties = {"title": f"Hotlint: {title}", **where}
    written = ",".join(f"{key}={escaped(str(value), _PROPERTY)}" for key, value in properties.items())
    return f"::{name} {written}::{escaped(lines(text), _DATA)}"


def _hidden(report: Report) -> Iterator[str]:
    if any(report.count(severity) > SHOWN for severity in SEVERITIES):
        yield f"hotlint: GitHub makes annotations of {SHOWN} errors, warnings and notices each; all are told above."
