"""A verification as one page that needs nothing else: a timeline for each migration, who waited, and what was found.

The page loads nothing and runs no script; whatever comes from files or the server is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape

from hotlint.dialects.postgres.locks import blocks, strength
from hotlint.finding import Finding
from hotlint.report.text import plural
from hotlint.report.verify_html_style import STYLE
from hotlint.verify.model import (
    Blocked,
    LostData,
    MeasuredLock,
    MigrationTrace,
    QuerySpeed,
    RoundTrip,
    ScriptTrace,
    StatementTrace,
    VerifiedProject,
    VerifyReport,
)
from hotlint.verify.queries import slowdown
from hotlint.verify.roundtrip import residue, tell

_QUIET_KINDS = ("index", "partitioned index", "sequence")
_CLOSED = {("reads", "writes"): "all", ("writes",): "writes", ("reads",): "all", (): "open"}
_WAIT_WORDS = {"all": "reads and writes wait", "writes": "writes wait", "open": "nobody has to wait"}
_LEAST_WIDTH = 0.6  # percent: a bar that is too short to be seen tells nothing
_SHOWN = 8


def render(report: VerifyReport) -> str:
    """The page, in UTF-8."""
    body = "".join(_project(project) for project in report.projects) or "<p>No migrations found.</p>"
    failures = "".join(f'<p class="bad">failure: {escape(failure)}</p>' for failure in report.failures)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>hotlint verify</title><style>{STYLE}</style></head>\n<body><header><h1>hotlint verify</h1>"
        f'<p class="faint">Measured on PostgreSQL {escape(report.server)}</p></header>\n'
        f"<main>{failures}{body}</main></body></html>\n"
    )


def _project(project: VerifiedProject) -> str:
    by_migration: dict[str | None, list[Finding]] = {}
    for finding in project.findings:
        by_migration.setdefault(finding.migration, []).append(finding)
    notes = "".join(f"<li>{escape(note)}</li>" for note in project.notes)
    shown = {migration.id for migration in project.migrations}
    others = [f for name, findings in by_migration.items() if name not in shown for f in findings]
    return (
        f'<section><h2>{escape(project.root)} <span class="faint">{escape(project.framework)}</span></h2>'
        f"{_summary(project)}{_legend()}"
        + "".join(_migration(one, by_migration.get(one.id, [])) for one in project.migrations)
        + _findings(others)
        + (f'<h3>Notes</h3><ul class="faint">{notes}</ul>' if notes else "")
        + "</section>\n"
    )


def _summary(project: VerifiedProject) -> str:
    statements = [one for migration in project.migrations for one in migration.up.statements]
    claims = Counter(claim.agreement for one in statements for claim in one.claims)
    disagreed = claims["refuted"] + claims["live only"]
    errors = sum(finding.severity == "error" for finding in project.findings)
    longest = max(
        (max(b.unreadable_ms, b.unwritable_ms) for m in project.migrations for b in m.up.blocked), default=0.0
    )
    trips = [m.round_trip for m in project.migrations if m.round_trip is not None]
    failed = sum(not _came_back(trip) for trip in trips)
    tiles = [
        (str(len(project.migrations)), "migrations", ""),
        (str(len(statements)), f"statements in {project.duration_ms / 1000:.1f} s", ""),
        (str(claims["confirmed"]), "claims of the plan confirmed", "good"),
        (str(disagreed), "refuted", "bad" if disagreed else "good"),
        (_time(longest), "longest block of a table", "bad" if longest else "good"),
        (f"{len(trips) - failed}/{len(trips)}", "ways back lead back", "bad" if failed else "good"),
        (str(len(project.findings)), f"findings, {plural(errors, 'error')}", "bad" if errors else "good"),
    ]
    return (
        '<div class="tiles">'
        + "".join(f'<div class="tile {c}"><b>{escape(n)}</b><span>{escape(text)}</span></div>' for n, text, c in tiles)
        + "</div>"
    )


def _legend() -> str:
    entries = (("run", "a statement runs"), *((name, f"lock: {text}") for name, text in _WAIT_WORDS.items()))
    keys = "".join(f'<span><i class="{name}"></i>{text}</span>' for name, text in entries)
    return f'<p class="legend">{keys}<span><i class="hit"></i>blocked, as probes met it</span></p>'


# -- one migration


def _migration(migration: MigrationTrace, findings: list[Finding]) -> str:
    up = migration.up
    parts = [
        _timeline(up),
        _details(up, "Statements"),
        _round_trip(migration.round_trip),
        _lost(migration.lost, "Lost"),
        _queries(migration.queries),
        _failed_checks(migration),
        _verdicts(migration),
        _findings(findings),
    ]
    return (
        f'<article><h3>{escape(migration.id)} {escape(migration.name)} <span class="faint">{escape(up.path)}</span>'
        f"{_chips(migration, findings)}</h3>{''.join(parts)}</article>\n"
    )


def _chips(migration: MigrationTrace, findings: list[Finding]) -> str:
    chips = [
        _chip("stopped by the server", "bad") if migration.up.error else _chip(_time(migration.up.duration_ms), "")
    ]
    trip = migration.round_trip
    if trip is not None:
        chips.append(_chip("reversible", "good") if _came_back(trip) else _chip("not reversible", "bad"))
    if migration.lost:
        chips.append(_chip("loses data", "bad"))
    if any(finding.rule == "threshold-exceeded" for finding in findings):
        chips.append(_chip("beyond a limit", "bad"))
    return "".join(chips)


def _chip(text: str, kind: str) -> str:
    return f'<span class="chip {kind}">{escape(text)}</span>'


def _came_back(trip: RoundTrip) -> bool:
    failed = trip.broken is not None or trip.broken_by_rows is not None
    return not (failed or residue(trip.after_down) or residue(trip.after_up_again) or trip.lost)


# -- the timeline


def _timeline(script: ScriptTrace) -> str:
    """A lane for the statements, and one for each relation with the locks on it."""
    if not script.statements:
        return '<p class="faint">Nothing ran.</p>'
    total = max(script.duration_ms, *(one.released_ms for one in script.statements), 0.001)
    running = "".join(
        _bar("run", one.start_ms, one.start_ms + one.duration_ms, total, f"line {one.place.line}", _statement_tip(one))
        for one in script.statements
    )
    waits = {blocked.relation: blocked for blocked in script.blocked}
    lanes = [_lane("statements", running, f"{_time(total)}")]
    for relation, held in _held(script).items():
        bars = "".join(
            _bar(_closed(lock), one.start_ms, one.released_ms, total, lock.mode, _lock_tip(one, lock))
            for one, lock in held
        )
        lanes.append(_lane(relation, bars, _waited(waits.pop(relation, None))))
    lanes += [_lane(relation, "", _waited(blocked)) for relation, blocked in waits.items()]
    axis = "".join(f'<span style="left:{at}%">{_time(total * at / 100)}</span>' for at in (0, 25, 50, 75))
    return f'<div class="timeline">{"".join(lanes)}<div class="axis"><div>{axis}</div></div></div>'


def _held(script: ScriptTrace) -> dict[str, list[tuple[StatementTrace, MeasuredLock]]]:
    """The locks by relation, those that close most first; in a lane the weaker ones come first, to lie below."""
    held: dict[str, list[tuple[StatementTrace, MeasuredLock]]] = {}
    for statement in script.statements:
        for lock in statement.locks:
            if lock.kind not in _QUIET_KINDS:
                held.setdefault(lock.relation, []).append((statement, lock))
    worst = {name: max(strength(lock.mode) for _, lock in locks) for name, locks in held.items()}
    return {
        name: sorted(held[name], key=lambda pair: strength(pair[1].mode))
        for name in sorted(held, key=lambda name: (-worst[name], name))
    }


def _closed(lock: MeasuredLock) -> str:
    return _CLOSED[blocks(lock.mode)]


def _lane(name: str, bars: str, note: str) -> str:
    return (
        f'<div class="lane"><span class="name" title="{escape(name)}">{escape(name)}</span>'
        f'<div class="track">{bars}</div><span class="note">{note}</span></div>'
    )


def _bar(kind: str, start: float, end: float, total: float, text: str, tip: str) -> str:
    left = min(start / total * 100, 100 - _LEAST_WIDTH)
    width = min(max((end - start) / total * 100, _LEAST_WIDTH), 100 - left)
    label = escape(text) if width > 9 else ""
    style = f"left:{left:.2f}%;width:{width:.2f}%"
    return f'<i class="bar {kind}" style="{style}" title="{escape(tip)}">{label}</i>'


def _statement_tip(statement: StatementTrace) -> str:
    return f"line {statement.place.line}, {_time(statement.duration_ms)}: {_short(statement.sql)}"


def _lock_tip(statement: StatementTrace, lock: MeasuredLock) -> str:
    held = _time(statement.released_ms - statement.start_ms)
    return f"{lock.mode} by line {statement.place.line}, held for {held}: {_WAIT_WORDS[_closed(lock)]}"


def _waited(blocked: Blocked | None) -> str:
    if blocked is None:
        return ""
    told = [("no reads", blocked.unreadable_ms), ("no writes", blocked.unwritable_ms)]
    return "".join(f'<em class="hit">{what} {_time(time)}</em> ' for what, time in told if time)


# -- what stands below the timeline


def _details(script: ScriptTrace, title: str) -> str:
    if not script.statements:
        return ""
    rows = "".join(_row(statement) for statement in script.statements)
    head = "<tr><th>line</th><th>statement</th><th>time</th><th>what the server did</th></tr>"
    is_open = " open" if script.error is not None else ""
    return (
        f"<details{is_open}><summary>{title} ({len(script.statements)})</summary><table>{head}{rows}</table></details>"
    )


def _row(statement: StatementTrace) -> str:
    deeds = "".join(f"<li>{escape(deed)}</li>" for deed in _deeds(statement))
    error = statement.error
    if error is not None:
        deeds += f'<li class="bad">error {escape(error.sqlstate)}: {escape(error.message)}</li>'
    return (
        f"<tr><td>{statement.place.line}</td><td><code>{escape(_short(statement.sql, 400))}</code></td>"
        f'<td class="time">{_time(statement.duration_ms)}</td><td><ul>{deeds}</ul></td></tr>'
    )


def _deeds(statement: StatementTrace) -> Iterator[str]:
    for lock in statement.locks:
        if lock.kind not in _QUIET_KINDS:
            held = _time(statement.released_ms - statement.start_ms)
            yield f"{lock.mode} on {lock.relation} for {held}: {_WAIT_WORDS[_closed(lock)]}"
    yield from (f"wrote all rows of {rewrite.relation} anew ({rewrite.reason})" for rewrite in statement.rewrites)
    yield from (f"built index {build.index} of {build.relation}" for build in statement.index_builds)
    yield from (f"read all rows of {relation}" for relation in statement.scans)
    yield from (f"CASCADE dropped {v.kind} {v.name}" for v in statement.victims if not v.automatic)
    for claim in statement.claims:
        if claim.agreement in ("refuted", "live only"):
            yield f"{claim.agreement}: planned {claim.planned or 'nothing'}, measured {claim.measured or 'nothing'}"


def _round_trip(trip: RoundTrip | None) -> str:
    if trip is None:
        return ""
    if _came_back(trip):
        return f'<p><b class="good">Way back</b> {_time(trip.down.duration_ms)}, and the same schema after it.</p>'
    told = []
    for script, what in ((trip.down, "down"), (trip.up_again, "up again")):
        if script is not None and script.error is not None:
            told.append(f"{what} is stopped by the server: {script.error.message}")
    rows = trip.broken_by_rows
    if rows is not None and rows.error is not None:
        what = "down" if rows.direction == "down" else "up again"
        told.append(f"{what} is stopped by the server after rows were written: {rows.error.message}")
    told += [f"after down, {tell(difference)}" for difference in residue(trip.after_down)]
    told += [f"after up again, {tell(difference)}" for difference in residue(trip.after_up_again)]
    return (
        f'<p><b class="bad">Way back</b> does not lead back:</p>{_list(told)}{_lost(trip.lost, "Lost by up and down")}'
    )


def _lost(lost: Iterable[LostData], title: str) -> str:
    told = [
        f"{one.rows:,} of {one.total:,} rows of {'.'.join(filter(None, (one.relation, one.column)))}: {one.how}"
        for one in lost
    ]
    return f'<p><b class="bad">{title}</b></p>{_list(told)}' if told else ""


def _list(texts: list[str]) -> str:
    more = [f"and {len(texts) - _SHOWN} more"] if len(texts) > _SHOWN else []
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts[:_SHOWN] + more) + "</ul>"


def _queries(queries: tuple[QuerySpeed, ...]) -> str:
    if not queries:
        return ""
    rows = "".join(_query(speed) for speed in queries)
    head = "<tr><th>query</th><th>pages before</th><th>after</th><th>time before</th><th>after</th><th>plan</th></tr>"
    return f"<details><summary>Queries ({len(queries)})</summary><table>{head}{rows}</table></details>"


def _query(speed: QuerySpeed) -> str:
    same = speed.before_shape == speed.after_shape
    plan = "the same plan" if same else f"{speed.before_shape} → {speed.after_shape}"
    more = f" (+{slowdown(speed):.0f}%)" if slowdown(speed) else ""
    return (
        f"<tr><td>{escape(speed.path)}</td><td>{speed.before_buffers:,}</td>"
        f"<td>{speed.after_buffers:,}{more}</td><td>{_time(speed.before_ms)}</td><td>{_time(speed.after_ms)}</td>"
        f"<td>{escape(plan if speed.error is None else speed.error)}</td></tr>"
    )


def _failed_checks(migration: MigrationTrace) -> str:
    told = [f"{check.name}: {check.message}" for check in migration.checks if not check.passed]
    return f'<p><b class="bad">Checks that fail</b></p>{_list(told)}' if told else ""


def _verdicts(migration: MigrationTrace) -> str:
    if not migration.verdicts:
        return ""
    kinds = {"confirmed": "warn", "refuted": "good", "live only": "warn"}
    rows = "".join(
        f"<tr><td>{_chip(agreement, kinds.get(agreement, ''))}</td><td>{escape(finding.rule)}</td>"
        f"<td>{finding.place.line}</td><td>{escape(why)}</td></tr>"
        for finding, agreement, why in migration.verdicts
    )
    head = "<tr><th>verdict</th><th>finding of check</th><th>line</th><th>what the server did</th></tr>"
    title = f"Verdicts on the findings of check ({len(migration.verdicts)})"
    return f"<details><summary>{title}</summary><table>{head}{rows}</table></details>"


def _findings(findings: list[Finding]) -> str:
    if not findings:
        return ""
    items = "".join(
        f'<li class="{"bad" if f.severity == "error" else "warn"}"><b>{escape(f.rule)}</b> {escape(f.message)}'
        f' <span class="faint">{escape(f.place.path)}:{f.place.line}:{f.place.column}</span></li>'
        for f in findings
    )
    return f'<ul class="findings">{items}</ul>'


def _short(sql: str, limit: int = 160) -> str:
    words = " ".join(sql.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _time(milliseconds: float) -> str:
    if milliseconds >= 10_000:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds:.1f} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"
