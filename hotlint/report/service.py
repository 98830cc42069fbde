"""What the reports for the logs of CI services have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hotlint.finding import Finding
from hotlint.report.model import Report
from hotlint.report.terminal import Style, plain
from hotlint.report.text import counts


def headline(finding: Finding) -> str:
    """Place and message: logs show nothing else of an annotation."""
    at = finding.place
    return f"{plain(at.path)}:{at.line}:{at.column}: {plain(finding.message)}"


def advice(finding: Finding) -> Iterator[str]:
    """Related places, what to do, and the safe SQL, a paragraph each."""
    if finding.related:
        yield "\n".join(f"{place.path}:{place.line}:{place.column}: {place.message}" for place in finding.related)
    if finding.help:
        yield finding.help
    for fix in finding.fixes:
        yield f"{fix.title}:\n{fix.sql.rstrip()}" if fix.sql else fix.title


def lines(text: str) -> str:
    """``text`` without control characters, but for those between its lines."""
    return "\n".join(map(plain, text.replace("\r\n", "\n").split("\n")))


def plain_summary(report: Report) -> Iterator[str]:
    """How many findings there are, as a line of the log that no service takes for a command."""
    yield f"hotlint: {counts(report, Style())}"


def escaped(text: str, table: Mapping[str, str]) -> str:
    """``text`` with each character replaced that a command has a meaning for."""
    return "".join(table.get(character, character) for character in text)
