"""GitLab's Code Quality report, for the artifact ``codequality`` of a job.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format. It has no place for failures of the tool.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hotlint.finding import Severity
from hotlint.report.encoding import to_json
from hotlint.report.model import Report
from hotlint.report.repository import Repository
from hotlint.report.run import CheckRun

SEVERITIES: dict[Severity, str] = {"error": "critical", "warning": "major", "info": "info"}
"""GitLab's words for our severities."""


def render(report: Report, run: CheckRun) -> bytes:
    """The list of issues in UTF-8."""
    return to_json(list(_issues(report)))


def _issues(report: Report) -> Iterator[dict[str, Any]]:
    repository = Repository(project.root for project in report.projects)
    seen: dict[str, int] = {}
    for finding in report.findings:
        at = finding.place
        fingerprint = finding.fingerprint or f"{finding.rule}:{at.path}:{at.line}:{at.column}"
        number = seen[fingerprint] = seen.get(fingerprint, 0) + 1
        yield {
            "description": f"{finding.rule}: {finding.message}",
            "check_name": finding.rule,
            "fingerprint": fingerprint if number == 1 else f"{fingerprint}:{number}",  # two projects may be alike
            "severity": SEVERITIES[finding.severity],
            "location": {
                "path": repository.shown(at.path),
                "lines": {"begin": max(at.line, 1), "end": max(at.end_line, at.line, 1)},
            },
        }
