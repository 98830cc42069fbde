"""A report for a person with everything about every finding, however many there are."""

from __future__ import annotations

from hotlint.report.model import Report
from hotlint.report.run import CheckRun
from hotlint.report.text import full


def render(report: Report, run: CheckRun) -> str:
    """The whole report."""
    return full(report, run)
