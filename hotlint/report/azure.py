"""Logging commands of Azure Pipelines: each finding is an issue of the step, at its line.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands. An issue is an error or a warning there, so
notes are warnings that say what they are. ``%`` is written as the agent's own escape, ``%AZP25``.
"""

from __future__ import annotations

import os

from hotlint.finding import Finding, Severity
from hotlint.report.encoding import to_bytes
from hotlint.report.model import Report
from hotlint.report.run import CheckRun
from hotlint.report.service import escaped, headline, plain_summary
from hotlint.report.terminal import plain

_KINDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "warning"}
_DATA = {"%": "%AZP25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, "]": "%5D", ";": "%3B"}


def render(report: Report, run: CheckRun) -> bytes:
    """One command per finding and failure, then how many there are."""
    told = [_command("error", {}, plain(f"Failure in {f.where}: {f.message}")) for f in report.failures]
    told += map(_issue, report.findings)
    return to_bytes("\n".join([*told, *plain_summary(report)]) + "\n")


def _issue(finding: Finding) -> str:
    at = finding.place
    where = {
        "sourcepath": os.path.realpath(at.path),  # the agent knows the repository by absolute paths
        "linenumber": str(max(at.line, 1)),
        "columnnumber": str(max(at.column, 1)),
        "code": finding.rule,
    }
    note = "note: " if finding.severity == "info" else ""
    return _command(_KINDS[finding.severity], where, f"{note}{headline(finding)}")


def _command(kind: str, where: dict[str, str], text: str) -> str:
    properties = "".join(f"{key}={escaped(value, _PROPERTY)};" for key, value in {"type": kind, **where}.items())
    return f"##vso[task.logissue {properties}]{escaped(text, _DATA)}"
