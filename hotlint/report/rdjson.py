"""Reviewdog's diagnostic format, by which fixes become suggestions on GitHub, GitLab, Bitbucket and Gerrit.

https://github.com/reviewdog/reviewdog/tree/master/proto/rdf. Its columns count bytes of UTF-8. It has no place for
failures of the tool.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hotlint.finding import Finding, Fix, Place, Severity
from hotlint.report.encoding import encodable, to_json
from hotlint.report.excerpt import Sources
from hotlint.report.markdown_text import code, fenced, prose
from hotlint.report.model import Report
from hotlint.report.run import CheckRun
from hotlint.report.sarif_rules import PROJECT_PAGE, rule_page

_SEVERITIES: dict[Severity, str] = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def render(report: Report, run: CheckRun) -> bytes:
    """One ``DiagnosticResult`` in UTF-8. Paths are as the user would write them: reviewdog runs in the same folder."""
    rules = run.registry()
    return to_json(
        {
            "source": {"name": "hotlint", "url": PROJECT_PAGE},
            "diagnostics": [
                _diagnostic(finding, run.sources, rule_page(rules.rules.get(finding.rule)))
                for finding in report.findings
            ],
        }
    )


def _diagnostic(finding: Finding, sources: Sources, page: str | None) -> dict[str, Any]:
    suggestions = [s for fix in finding.fixes if (s := _suggestion(fix, finding.place.path, sources)) is not None]
    return {
        "message": "\n\n".join(_message(finding)),
        "location": {"path": finding.place.path, "range": _range(finding.place, sources)},
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.rule, **({"url": page} if page else {})},
        **({"suggestions": suggestions} if suggestions else {}),
    }


def _message(finding: Finding) -> Iterator[str]:
    """Paragraphs of the comment, in Markdown."""
    yield prose(finding.message)
    for place in finding.related:
        yield f"{code(f'{place.path}:{place.line}')}{': ' if place.message else ''}{prose(place.message)}"
    if finding.help:
        yield prose(finding.help)
    for fix in finding.fixes:
        yield f"{prose(fix.title)}:\n\n{fenced(fix.sql.rstrip(), 'sql')}" if fix.sql else prose(fix.title)


def _range(place: Place, sources: Sources) -> dict[str, Any]:
    end = max((place.end_line, place.end_column), (place.line, place.column))
    return {
        "start": _position(place.path, place.line, place.column, sources),
        "end": _position(place.path, *end, sources),
    }


def _position(path: str, line: int, column: int, sources: Sources) -> dict[str, int]:
    """The line, and the column in bytes, of a place in code points."""
    before = (sources.line(path, line) or "")[: column - 1]
    missing = column - 1 - len(before)  # behind the line's end, or the file is not there any more
    return {"line": max(line, 1), "column": len(encodable(before).encode()) + missing + 1}


def _suggestion(fix: Fix, path: str, sources: Sources) -> dict[str, Any] | None:
    """The edits as one: suggestions are applied one by one. None where other files are edited too."""
    if not fix.edits or any(edit.path != path for edit in fix.edits):
        return None
    edits = sorted(fix.edits, key=lambda edit: (edit.start, edit.end))
    text, at = "", edits[0].start
    for edit in edits:
        text += sources.text(path)[at : edit.start] + edit.text
        at = edit.end
    start = _position(path, *sources.position(path, edits[0].start), sources)
    return {"range": {"start": start, "end": _position(path, *sources.position(path, at), sources)}, "text": text}
