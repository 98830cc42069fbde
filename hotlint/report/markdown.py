"""A summary in Markdown for a pull request or a job: what will run, what is wrong with it, and what to write instead.

It fits into a comment on GitHub (65,536 characters); what does not fit is left out from its end, and that is said. The
first line lets a program find the comment that it wrote before.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotlint.finding import Finding, Fix, Severity
from hotlint.registry import Registry
from hotlint.report.encoding import to_bytes
from hotlint.report.markdown_plan import plan_blocks
from hotlint.report.markdown_text import code, fenced, prose
from hotlint.report.model import Report
from hotlint.report.run import CheckRun
from hotlint.report.sarif_rules import rule_page
from hotlint.report.terminal import Style
from hotlint.report.text import found, plural, recognised, server_line

MARK = "<!-- hotlint -->"
MAX_BYTES = 65_536
"""What a comment may have. GitHub counts characters; no other counting of them gives more than bytes of UTF-8 do."""
_PLAN_SHARE = 3
"""One part in so many may be the plan where there are findings."""
_DETAILS_SHARE = 3
"""One part in so many is kept for the safe SQL of the gravest where not all findings fit."""
_PROJECTS = 20
"""Projects that are told of, and failures."""
_RESERVE = 400
"""Bytes for saying what is left out."""
_TITLES: tuple[tuple[Severity, str], ...] = (("error", "Errors"), ("warning", "Warnings"), ("info", "Notes"))


def render(report: Report, run: CheckRun) -> bytes:
    """The summary in UTF-8."""
    head = [MARK, f"## Hotlint: {prose(found(report, Style()))}", *_projects(report), *_failures(report)]
    room = MAX_BYTES - _RESERVE - _size(head)
    plan = plan_blocks(run.judged(planned=True), room if not report.findings else room // _PLAN_SHARE)
    findings = _findings(report, run.registry(), room - _size(plan))
    return to_bytes("\n\n".join([*head, *plan, *findings]) + "\n")


def _size(blocks: Sequence[str]) -> int:
    return sum(len(to_bytes(block)) + 2 for block in blocks)


def _projects(report: Report) -> list[str]:
    lines = [prose(recognised(project)) for project in report.projects]
    for project in report.projects:
        for left_out in project.not_covered:
            lines.append(f"Not covered: {plural(len(left_out.paths), 'file')} ({prose(left_out.reason)})")
    return ["  \n".join([*lines[:_PROJECTS], server_line(report.server.major, report.assumed)])]


def _failures(report: Report) -> list[str]:
    if not report.failures:
        return []
    told = [f"- {prose(failure.where)}: {prose(failure.message)}" for failure in report.failures[:_PROJECTS]]
    return ["### Failures", "Something inside Hotlint failed; everything else was checked.", "\n".join(told)]


def _findings(report: Report, registry: Registry, room: int) -> list[str]:
    """The findings by severity, those of the newest migrations first, with their safe SQL as long as there is room."""
    ordered = _ordered(report.findings)
    short = [_short(finding, registry) for finding in ordered]
    titles = {severity: f"### {title} ({report.count(severity)})" for severity, title in _TITLES}
    room -= _size(list(titles.values()))
    sizes = [_size([text]) for text in short]
    kept = _fitting(sizes, room if sum(sizes) <= room else room - room // _DETAILS_SHARE)
    room -= sum(sizes[:kept])
    details = [_details(finding) for finding in ordered[:kept]]
    detailed = _fitting([_size([text]) if text else 0 for text in details], room)
    blocks = []
    for at, finding in enumerate(ordered[:kept]):
        if at == 0 or finding.severity != ordered[at - 1].severity:
            blocks.append(titles[finding.severity])
        blocks.append(short[at])
        if at < detailed and details[at]:
            blocks.append(details[at])
    return [*blocks, *_left_out(len(ordered) - kept, sum(map(bool, details[detailed:])))]


def _ordered(findings: Sequence[Finding]) -> list[Finding]:
    """They come in the order of migrations."""
    gravity = {severity: at for at, (severity, _) in enumerate(_TITLES)}
    ranks: dict[object, int] = {}
    for finding in findings:
        ranks.setdefault(finding.migration or finding.place.path, len(ranks))
    return sorted(findings, key=lambda f: (gravity[f.severity], -ranks[f.migration or f.place.path]))


def _fitting(sizes: Sequence[int], room: int) -> int:
    """How many of the first fit."""
    for at, size in enumerate(sizes):
        room -= size
        if room < 0:
            return at
    return len(sizes)


def _left_out(findings: int, details: int) -> list[str]:
    told = [plural(findings, "finding")] if findings else []
    if details:
        told.append(f"what to do about {plural(details, 'other')}")
    return [f"*Left out to fit into a comment: {' and '.join(told)}. `hotlint check` shows all.*"] if told else []


def _short(finding: Finding, registry: Registry) -> str:
    page = rule_page(registry.rules.get(finding.rule))
    rule = f"[{prose(finding.rule)}]({page})" if page else prose(finding.rule)
    at = finding.place
    return f"**{rule}** at {code(f'{at.path}:{at.line}')}  \n{prose(finding.message)}"


def _details(finding: Finding) -> str:
    """Help and safe SQL, folded away."""
    parts = [prose(finding.help)] if finding.help else []
    parts += map(_fix, finding.fixes)
    if not parts:
        return ""
    title = "Safe SQL" if any(fix.sql for fix in finding.fixes) else "What to do"
    return "\n\n".join([f"<details><summary>{title}</summary>", *parts, "</details>"])


def _fix(fix: Fix) -> str:
    return f"{prose(fix.title)}:\n\n{fenced(fix.sql.rstrip(), 'sql')}" if fix.sql else prose(fix.title)
