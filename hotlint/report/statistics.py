"""How often each rule found something."""

from __future__ import annotations

from typing import Any

import msgspec

from hotlint import __version__
from hotlint.finding import SEVERITIES, Severity
from hotlint.report.model import Report
from hotlint.report.run import CheckRun

VERSION = 1


class RuleCount(msgspec.Struct, frozen=True, gc=False):
    """``fixable`` counts the findings that have SQL to write instead."""

    rule: str
    category: str
    severity: Severity
    count: int
    fixable: int


def counts_of(report: Report) -> list[RuleCount]:
    """The rules that found something: the gravest first, then the most frequent."""
    counted: dict[tuple[str, str, Severity], list[int]] = {}
    for finding in report.findings:
        counts = counted.setdefault((finding.rule, finding.category, finding.severity), [0, 0])
        counts[0] += 1
        counts[1] += bool(finding.fixes)
    rules = [RuleCount(*key, *counts) for key, counts in counted.items()]
    return sorted(rules, key=lambda rule: (-SEVERITIES.index(rule.severity), -rule.count, rule.rule))


def render(report: Report, run: CheckRun) -> str:
    """A line for each rule, and the sum."""
    rules, style = counts_of(report), run.style
    if not rules:
        return "Nothing found.\n"
    width = len(f"{max(rule.count for rule in rules):,}")
    longest = max(len(rule.rule) for rule in rules)
    lines = []
    for rule in rules:
        severity = style.paint(rule.severity, f"{rule.severity:<7}")
        fixable = f"{rule.fixable:,} with safe SQL" if rule.fixable else ""
        lines.append(f"{rule.count:>{width},} {severity} {rule.rule:<{longest}}  {fixable}".rstrip())
    total = len(report.findings)
    lines.append(f"{total:,} finding{'' if total == 1 else 's'} of {len(rules)} rule{'' if len(rules) == 1 else 's'}.")
    return "\n".join(lines) + "\n"


def render_json(report: Report, run: CheckRun) -> bytes:
    """The same for programs; ``version`` grows when a field changes its meaning."""
    data: dict[str, Any] = {
        "version": VERSION,
        "tool": {"name": "hotlint", "version": __version__},
        "statistics": msgspec.to_builtins(counts_of(report)),
        "total": len(report.findings),
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"
