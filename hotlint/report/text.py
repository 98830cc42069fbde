"""A report for a person: what happens and where, the source with the span marked, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator

from hotlint.finding import Finding, Fix, Place
from hotlint.report.excerpt import Sources, excerpt
from hotlint.report.model import Failure, ProjectSummary, Report
from hotlint.report.terminal import Style, plain

_NO_STYLE = Style(False)
_TEXT_COLUMNS = 100


def render(report: Report, sources: Sources, style: Style = _NO_STYLE) -> str:
    """The whole report. It ends with one line that counts findings and says what was assumed."""
    blocks = ["\n".join(_finding(finding, sources, style)) for finding in report.findings]
    blocks += ["\n".join(_failure(failure, style)) for failure in report.failures]
    blocks.append("\n".join(_summary(report, style)))
    return "\n\n".join(blocks) + "\n"


def _finding(finding: Finding, sources: Sources, style: Style) -> Iterator[str]:
    at = finding.place
    where = style.paint("path", f"{plain(at.path)}:{at.line}:{at.column}:")
    kind = style.paint(finding.severity, finding.severity) + style.paint("rule", f"[{finding.rule}]")
    yield f"{where} {kind} {style.paint('strong', plain(finding.message))}"
    yield from excerpt(sources, at, style, finding.severity)
    for place in finding.related:
        yield from _related(place, sources, style)
    if finding.help:
        yield f"  {style.paint('help', 'help:')} {wrapped(finding.help, 8)}"
    for fix in finding.fixes:
        yield from _fix(fix, style)


def _related(place: Place, sources: Sources, style: Style) -> Iterator[str]:
    marked = excerpt(sources, place, style, "related", "-")
    note = f" {plain(place.message)}" if place.message and not marked else ""
    where = f"{plain(place.path)}:{place.line}:{place.column}"
    yield f"  {style.paint('related', '-->')} {where}{':' if note else ''}{note}"
    yield from marked


def _fix(fix: Fix, style: Style) -> Iterator[str]:
    yield f"  {style.paint('help', 'instead:')} {plain(fix.title)}"
    if fix.sql:
        yield ""
        for line in fix.sql.rstrip().split("\n"):
            yield f"      {style.paint('sql', plain(line))}".rstrip()


def wrapped(text: str, indent: int) -> str:
    """``text`` broken into lines behind ``indent`` columns; its own line breaks stay."""
    if len(text) <= _TEXT_COLUMNS - indent and text.isprintable():
        return text
    from textwrap import wrap

    lines: list[str] = []
    for line in text.rstrip().split("\n"):
        lines += wrap(plain(line), _TEXT_COLUMNS - indent, break_long_words=False, break_on_hyphens=False) or [""]
    return ("\n" + " " * indent).join(lines)


def _failure(failure: Failure, style: Style) -> Iterator[str]:
    yield f"{style.paint('error', 'failure')} in {plain(failure.where)}: {plain(failure.message)}"
    if not failure.details:
        return
    yield "  A defect of Hotlint, or of a rule of your own. Everything else was checked. To report it, send:"
    for line in failure.details.rstrip().split("\n"):
        yield f"      {plain(line)}".rstrip()


def _summary(report: Report, style: Style) -> Iterator[str]:
    for project in report.projects:
        yield style.paint("faint", recognised(project))
        for note in project.notes:
            yield f"  {wrapped(note, 2)}"
        for left_out in project.not_covered:
            yield f"  not covered: {_several(left_out.paths)} ({plain(left_out.reason)})"
    yield f"{_counts(report, style)} {server_line(report.server.major, report.assumed)}"


def recognised(project: ProjectSummary) -> str:
    """What was recognised at a root: ``db/migrations: golang-migrate, 12 migrations, 31 statements``."""
    counts = f"{plural(project.migrations, 'migration')}, {plural(project.statements, 'statement')}"
    return f"{plain(project.root)}: {project.framework}, {counts}"


def server_line(major: int, assumed: bool) -> str:
    """The version that the answer holds for."""
    return f"PostgreSQL {major} assumed (--pg-version)." if assumed else f"PostgreSQL {major}."


def plural(count: int, noun: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _counts(report: Report, style: Style) -> str:
    severities = (("error", "error"), ("warning", "warning"), ("info", "note"))
    counted = [(severity, report.count(severity), noun) for severity, noun in severities]  # type: ignore[arg-type]
    found = [style.paint(severity, plural(count, noun)) for severity, count, noun in counted if count]
    total = (
        ", ".join(found)
        if found
        else style.paint("help", "Nothing found")
        if report.projects
        else "No migrations found"
    )
    hidden = f" ({plural(report.suppressed, 'finding')} suppressed)" if report.suppressed else ""
    return f"{total}{hidden}."


def _several(paths: tuple[str, ...]) -> str:
    shown = ", ".join(map(plain, paths[:3]))
    return shown if len(paths) <= 3 else f"{shown} and {len(paths) - 3:,} more"
