"""A report for a person: what happens and where, the source with the span marked, and what to write instead."""

from __future__ import annotations

import os
from collections.abc import Iterator

from hotlint.finding import SEVERITIES, Finding, Fix, Place, Severity
from hotlint.report.excerpt import Sources, excerpt
from hotlint.report.model import BaselineState, Failure, ProjectSummary, Report
from hotlint.report.run import CheckRun
from hotlint.report.terminal import WIDTH, Style, columns, plain

_FEW = 3
_MANY = 25
"""Findings from which on they are counted by rule."""
_OVERWHELMING = 50
"""Findings that nobody reads one by one, most of them about what was run long ago: from here on each is one line."""
_GRAVEST = tuple(reversed(SEVERITIES))


def render(report: Report, run: CheckRun) -> str:
    """The whole report, each finding with its lines and what to do, or on one line where there are very many.

    It ends with one line that counts findings and says what was assumed.
    """
    if len(report.findings) < _OVERWHELMING:
        return full(report, run)
    lines = "\n".join(headline(finding, run.style) for finding in report.findings)
    return _blocks([lines], report, run, "Each with its lines and the safe SQL: --format full.")


def full(report: Report, run: CheckRun) -> str:
    """The whole report, with everything about every finding."""
    blocks = []
    before: Place | None = None
    for finding in report.findings:
        blocks.append("\n".join(finding_lines(finding, run.sources, run.style, shown=finding.place == before)))
        before = finding.place
    return _blocks(blocks, report, run)


def _blocks(findings: list[str], report: Report, run: CheckRun, hint: str = "") -> str:
    failures = ["\n".join(_failure(failure, run.style)) for failure in report.failures]
    hints = [line for line in (hint, "" if run.fixed else fixable(report)) if line]
    ending = [] if run.quiet else ["\n".join(_summary(report, run.style, hints))]
    blocks = [*findings, *failures, *ending]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def finding_lines(finding: Finding, sources: Sources, style: Style, *, shown: bool = False) -> Iterator[str]:
    """A finding; ``shown``: the one before is about the same lines, so that they stand just above."""
    at = finding.place
    yield _broken_headline(finding, style)
    if not shown:
        yield from excerpt(sources, at, style, finding.severity)
    for place in finding.related:
        yield from _related(place, sources, style)
    if finding.help:
        yield f"  {style.paint('help', 'help:')} {wrapped(finding.help, 8, style.width)}"
    for fix in finding.fixes:
        yield from _fix(fix, style)


def headline(finding: Finding, style: Style) -> str:
    """Place, rule and message on one line, for programs that read lines."""
    return f"{_where(finding, style)} {style.paint('strong', plain(finding.message))}"


def _where(finding: Finding, style: Style) -> str:
    at = finding.place
    return (
        f"{style.paint('path', f'{plain(at.path)}:{at.line}:{at.column}:')} "
        f"{style.paint(finding.severity, finding.severity)}{style.paint('rule', f'[{finding.rule}]')}"
    )


def _broken_headline(finding: Finding, style: Style) -> str:
    """The headline; on a terminal that is too narrow for it, the message below, broken at words."""
    if not style.terminal or columns(headline(finding, Style())) <= style.width:
        return headline(finding, style)
    lines = wrapped(plain(finding.message), 2, style.width).split("\n")
    return "\n".join([_where(finding, style), *(f"  {style.paint('strong', line.strip())}" for line in lines)])


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


def wrapped(text: str, indent: int, width: int = WIDTH) -> str:
    """``text`` broken into lines behind ``indent`` columns; its own line breaks stay."""
    room = min(width, WIDTH) - indent
    if len(text) <= room and text.isprintable() and text.isascii():
        return text
    from textwrap import wrap

    lines: list[str] = []
    for line in text.rstrip().split("\n"):
        lines += wrap(plain(line), room, break_long_words=False, break_on_hyphens=False) or [""]
    return ("\n" + " " * indent).join(lines)


def _failure(failure: Failure, style: Style) -> Iterator[str]:
    yield f"{style.paint('error', 'failure')} in {plain(failure.where)}: {plain(failure.message)}"
    if not failure.details:
        return
    yield "  A defect of Hotlint, or of a rule of your own. Everything else was checked. To report it, send:"
    for line in failure.details.rstrip().split("\n"):
        yield f"      {plain(line)}".rstrip()


def _summary(report: Report, style: Style, hints: list[str]) -> Iterator[str]:
    for project in report.projects:
        yield style.paint("faint", recognised(project))
        for note in project.notes:
            yield f"  {wrapped(note, 2, style.width)}"
        for left_out in project.not_covered:
            yield f"  not covered: {_several(left_out.paths)} ({plain(left_out.reason)})"
    if len(report.findings) >= _MANY:
        yield from _by_rule(report, style)
    yield from hints
    if report.baseline is not None and report.baseline.gone:
        yield wrapped(_gone(report.baseline), 0, style.width)
    yield counts(report, style)


def _gone(baseline: BaselineState) -> str:
    """Which entries of a baseline nothing was found for any more, and what to do about it."""
    first, more = baseline.gone[0], len(baseline.gone) - 1
    what = f"{first.rule} in {first.path}" + (f" and {plural(more, 'other')}" if more else "")
    return f"{baseline.path}: nothing is found any more for {what}; take out what is gone: hotlint baseline --prune"


def fixable(report: Report) -> str:
    """How many findings have a fix that can be made in the files, and by which options; empty where none has."""
    editable = [[fix for fix in finding.fixes if fix.edits] for finding in report.findings]
    safe = sum(any(fix.safe for fix in fixes) for fixes in editable)
    unsafe = sum(map(bool, editable)) - safe
    if not safe:
        return f"{unsafe:,} can be fixed with --fix --unsafe-fixes." if unsafe else ""
    return f"{safe:,} can be fixed with --fix{f', {unsafe:,} more with --unsafe-fixes' if unsafe else ''}."


def _by_rule(report: Report, style: Style) -> Iterator[str]:
    """How often each rule found something; and how to leave alone what shipped long ago."""
    found: dict[tuple[Severity, str], int] = {}
    for finding in report.findings:
        key = (finding.severity, finding.rule)
        found[key] = found.get(key, 0) + 1
    width = len(f"{max(found.values()):,}")
    for (severity, rule), number in sorted(found.items(), key=lambda item: (_GRAVEST.index(item[0][0]), -item[1])):
        yield f"{number:>{width},} {style.paint(severity, f'{severity:<7}')} {rule}"
    newest = next((project.newest for project in report.projects if project.newest), None)
    if len(report.findings) >= _OVERWHELMING and newest is not None:
        hint = f"To judge only what comes from now on: `hotlint init`, or start_after: {newest} in hotlint.yaml."
        yield wrapped(hint, 0, style.width)


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


def counts(report: Report, style: Style) -> str:
    """How many findings there are of each severity, and the version that they hold for."""
    return f"{found(report, style)}. {server_line(report.server.major, report.assumed)}"


def found(report: Report, style: Style) -> str:
    """How many findings there are of each severity."""
    severities = (("error", "error"), ("warning", "warning"), ("info", "note"))
    counted = [(severity, report.count(severity), noun) for severity, noun in severities]  # type: ignore[arg-type]
    told = [style.paint(severity, plural(count, noun)) for severity, count, noun in counted if count]
    total = ", ".join(told) or _nothing(report, style)
    hidden = [f"{plural(report.suppressed, 'finding')} suppressed"] if report.suppressed else []
    if report.baseline is not None and report.baseline.known:
        hidden.append(f"{plural(len(report.baseline.known), 'finding')} in {plain(report.baseline.path)}")
    if hidden:
        total += f" ({', '.join(hidden)})"
    return total


def _nothing(report: Report, style: Style) -> str:
    if not report.projects:
        revision = report.changed_since
        return "No migrations found" if revision is None else f"No migration changed since {plain(revision)}"
    planned = any(project.migrations for project in report.projects)
    return style.paint("help", "Nothing found") if planned else "Nothing was checked"


def _several(paths: tuple[str, ...]) -> str:
    """A few paths, or how many there are and where."""
    if len(paths) <= _FEW:
        return ", ".join(map(plain, paths))
    return f"{plural(len(paths), 'file')} in {plain(os.path.commonpath(paths).replace(os.sep, '/') or '.')}"
