"""A report for programs. ``version`` grows when a field changes its meaning or goes; new fields may come without."""

from __future__ import annotations

from typing import Any

from hotlint import __version__
from hotlint.finding import Finding, Fix, Place
from hotlint.report.encoding import to_json
from hotlint.report.model import Report
from hotlint.report.run import CheckRun

VERSION = 1


def render(report: Report, run: CheckRun) -> bytes:
    """The JSON text in UTF-8, indented, with a newline at its end."""
    return to_json(report_to_dict(report))


def report_to_dict(report: Report) -> dict[str, Any]:
    """Plain dictionaries, lists, strings, numbers and booleans."""
    return {
        "version": VERSION,
        "tool": {"name": "hotlint", "version": __version__},
        "server": {"dialect": report.server.dialect, "major": report.server.major, "assumed": report.assumed},
        "projects": [
            {
                "root": project.root,
                "framework": project.framework,
                "dialect": project.dialect,
                "migrations": project.migrations,
                "statements": project.statements,
                "notes": list(project.notes),
                "not_covered": [{"reason": n.reason, "paths": list(n.paths)} for n in project.not_covered],
            }
            for project in report.projects
        ],
        "findings": [finding_to_dict(finding) for finding in report.findings],
        "summary": {
            "error": report.count("error"),
            "warning": report.count("warning"),
            "info": report.count("info"),
            "suppressed": report.suppressed,
        },
        "failures": [{"where": f.where, "message": f.message, "details": f.details} for f in report.failures],
    }


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    """One finding; lines and columns are 1-based, in code points, the end exclusive."""
    return {
        "rule": finding.rule,
        "category": finding.category,
        "severity": finding.severity,
        "message": finding.message,
        **_place(finding.place),
        "migration": finding.migration,
        "relations": list(finding.relations),
        "related": [{**_place(place), "message": place.message} for place in finding.related],
        "help": finding.help,
        "fixes": [_fix(fix) for fix in finding.fixes],
        "fingerprint": finding.fingerprint,
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "sql": fix.sql,
        "safe": fix.safe,
        "edits": [{"path": e.path, "start": e.start, "end": e.end, "text": e.text} for e in fix.edits],
    }
