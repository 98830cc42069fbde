"""One line per finding, never broken, for a person in a hurry and for programs that read lines."""

from __future__ import annotations

from hotlint.report.model import Report
from hotlint.report.run import CheckRun
from hotlint.report.terminal import plain
from hotlint.report.text import counts, headline


def render(report: Report, run: CheckRun) -> str:
    """The findings, then failures, then one line that counts."""
    lines = [headline(finding, run.style) for finding in report.findings]
    for failure in report.failures:
        lines.append(f"{run.style.paint('error', 'failure')} in {plain(failure.where)}: {plain(failure.message)}")
    if not run.quiet:
        lines.append(counts(report, run.style))
    return "\n".join(lines) + "\n" if lines else ""
