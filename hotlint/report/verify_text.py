"""A verification for a person: one timeline per migration (which statement held which lock on which table for how long,
and who would have waited), what the server says to the plan and the findings, and what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hotlint.dialects.postgres.locks import blocks
from hotlint.finding import Finding
from hotlint.report.excerpt import Sources
from hotlint.report.terminal import Style, columns, plain
from hotlint.report.text import finding_lines, plural, wrapped
from hotlint.verify.model import MeasuredLock, MigrationTrace, RoundTrip, StatementTrace, VerifiedProject, VerifyReport
from hotlint.verify.roundtrip import residue

_NO_STYLE = Style(False)
_BAR = 24
_SQL = 62
_WAITERS = {
    ("reads", "writes"): "reads and writes wait",
    ("writes",): "writes wait",
    ("reads",): "reads wait",
    (): "",
}
_RUNS, _HOLDS, _IDLE = "█", "━", "·"


def render(report: VerifyReport, sources: Sources, style: Style = _NO_STYLE) -> str:
    """All projects, then the server that it was measured on."""
    blocks_of_text: list[str] = []
    for project in report.projects:
        blocks_of_text.append(style.paint("faint", _heading(project)))
        blocks_of_text += ["\n".join(_migration(migration, style)) for migration in project.migrations]
        blocks_of_text += ["\n".join(finding_lines(finding, sources, style)) for finding in project.findings]
        blocks_of_text.append("\n".join(_totals(project, style)))
    if not report.projects and not report.failures:
        blocks_of_text.append("No migrations found.")
    blocks_of_text += [f"{style.paint('error', 'failure')}: {plain(failure)}" for failure in report.failures]
    blocks_of_text.append(f"Measured on PostgreSQL {report.server}.")
    return "\n\n".join(blocks_of_text) + "\n"


def _heading(project: VerifiedProject) -> str:
    return f"{plain(project.root)}: {plural(len(project.migrations), 'migration')} ({project.framework})"


def _migration(migration: MigrationTrace, style: Style) -> Iterator[str]:
    up = migration.up
    name = plain(f"{migration.id} {migration.name}".strip())
    outcome = style.paint("error", "stopped by the server") if up.error else f"{_time(up.duration_ms)}"
    yield f"{style.paint('strong', name)}  {style.paint('faint', plain(up.path))}  {outcome}"
    for statement in up.statements:
        yield from _statement(statement, up.duration_ms, style)
    for blocked in up.blocked:
        if blocked.unreadable_ms or blocked.unwritable_ms:
            yield (
                f"  {style.paint('warning', 'blocked')} {plain(blocked.relation)}:"
                f" no reads for {_time(blocked.unreadable_ms)}, no writes for {_time(blocked.unwritable_ms)}"
            )
    if migration.round_trip is not None:
        yield from _round_trip(migration.round_trip, style)
    for lost in migration.lost:
        what = f"{lost.relation}.{lost.column}" if lost.column else lost.relation
        yield f"  {style.paint('error', 'lost')} {plain(what)}: {lost.rows} of {plural(lost.total, 'row')}"
    for check in migration.checks:
        if not check.passed:
            yield f"  {style.paint('error', 'check failed')} {plain(check.name)}: {plain(check.message)}"
    for finding, agreement, why in migration.verdicts:
        yield from _verdict(finding, agreement, why, style)


def _statement(statement: StatementTrace, total: float, style: Style) -> Iterator[str]:
    words = plain(" ".join(statement.sql.split()))
    text = words if columns(words) <= _SQL else words[: _SQL - 1] + "…"
    bar = _bar(statement.start_ms, statement.start_ms + statement.duration_ms, total, _RUNS)
    line = f"line {statement.place.line}"
    yield f"  {line:<9} {_padded(text, _SQL)} {style.paint('sql', bar)} {_time(statement.duration_ms):>9}"
    for lock in statement.locks:
        if lock.kind not in ("index", "partitioned index", "sequence"):
            yield _lock(lock, statement, total, style)
    for what in _deeds(statement):
        yield f"  {'':<9} └ {what}"
    error = statement.error
    if error is not None:
        yield f"  {'':<9} └ {style.paint('error', 'error')} {error.sqlstate}: {plain(error.message)}"


def _lock(lock: MeasuredLock, statement: StatementTrace, total: float, style: Style) -> str:
    waiters = _WAITERS[blocks(lock.mode)]
    role = "error" if "reads" in waiters else "warning" if waiters else "faint"
    bar = _bar(statement.start_ms, statement.released_ms, total, _HOLDS)
    held = _time(statement.released_ms - statement.start_ms)
    text = f"└ {lock.mode} on {plain(lock.relation)}"
    tail = f"  {waiters}" if waiters else ""
    return f"  {'':<9} {_padded(text, _SQL)} {style.paint(role, bar)} {held:>9}{tail}"


def _deeds(statement: StatementTrace) -> Iterator[str]:
    """What else the server did."""
    if statement.rewrites:
        yield "wrote all rows anew: " + ", ".join(plain(f"{r.relation} ({r.reason})") for r in statement.rewrites)
    if statement.index_builds:
        built = Counter(build.relation for build in statement.index_builds)
        several = [f"{n} on {plain(name)}" for name, n in built.items()]
        yield "built indexes: " + ", ".join(several)
    rewritten = {str(r.relation) for r in statement.rewrites} | {b.relation for b in statement.index_builds}
    read = [plain(name) for name in statement.scans if name not in rewritten]
    if read:
        yield "read all rows: " + ", ".join(read)
    victims = [plain(f"{v.kind} {v.name}") for v in statement.victims if not v.automatic]
    if victims:
        yield "CASCADE dropped: " + ", ".join(victims)


def _round_trip(trip: RoundTrip, style: Style) -> Iterator[str]:
    again = trip.up_again.error if trip.up_again is not None else None
    differences = len(residue(trip.after_down)) + len(residue(trip.after_up_again))
    rows = trip.broken_by_rows
    if rows is not None and rows.error is not None:
        what = "down" if rows.direction == "down" else "up again"
        message = plain(rows.error.message)
        yield f"  {style.paint('error', what)} after rows were written, stopped by the server: {message}"
    if trip.down.error is not None:
        yield f"  {style.paint('error', 'down')} stopped by the server: {plain(trip.down.error.message)}"
    elif again is not None:
        yield f"  {style.paint('error', 'up again')} after down, stopped by the server: {plain(again.message)}"
    elif differences or trip.lost:
        told = [plural(differences, "difference")] if differences else []
        told += [f"{lost.rows} of {plural(lost.total, 'row')} of {plain(lost.relation)} lost" for lost in trip.lost]
        yield f"  {style.paint('warning', 'down')} and up again: {', '.join(told)}"
    else:
        yield f"  {style.paint('help', 'down')} and up again: the same schema, {_time(trip.down.duration_ms)}"


def _verdict(finding: Finding, agreement: str, why: str, style: Style) -> Iterator[str]:
    role = {"confirmed": "warning", "refuted": "help", "live only": "warning"}.get(agreement, "faint")
    text = f"{finding.rule} at line {finding.place.line}: {plain(why)}"
    yield f"  {style.paint(role, agreement)} {wrapped(text, 4)}"


def _totals(project: VerifiedProject, style: Style) -> Iterator[str]:
    statements = [statement for migration in project.migrations for statement in migration.up.statements]
    counts = Counter(claim.agreement for statement in statements for claim in statement.claims)
    yield (
        f"{plural(len(statements), 'statement')} measured in {project.duration_ms / 1000:.1f} s: "
        f"{counts['confirmed']} claims of the plan confirmed, {counts['refuted'] + counts['live only']} refuted, "
        f"{counts['unknown']} not to be shown on a scratch server."
    )
    for note in project.notes:
        yield f"  {wrapped(note, 2)}"
    errors = sum(finding.severity == "error" for finding in project.findings)
    if project.findings:
        told = f"{plural(len(project.findings), 'finding')}, {plural(errors, 'error')}"
        yield style.paint("error" if errors else "warning", told) + "."


def _bar(start: float, end: float, total: float, mark: str) -> str:
    """When something went on, on a line as long as the whole migration."""
    if total <= 0:
        return mark * _BAR
    first = min(int(start / total * _BAR), _BAR - 1)
    last = min(max(round(end / total * _BAR), first + 1), _BAR)
    return _IDLE * first + mark * (last - first) + _IDLE * (_BAR - last)


def _padded(text: str, width: int) -> str:
    return text + " " * max(width - columns(text), 0)


def _time(milliseconds: float) -> str:
    if milliseconds >= 10_000:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds:.1f} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"
