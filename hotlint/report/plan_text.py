"""The plan for a person: per statement what it locks, who waits, for how long, and until which line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from hotlint.impact import Impact, Lock
from hotlint.planning.model import MigrationPlan, Plan, Step, TransactionInfo
from hotlint.report.model import ProjectSummary
from hotlint.report.plan_model import PlannedProject, PlanReport
from hotlint.report.terminal import Style, columns, plain
from hotlint.report.text import plural, recognised, server_line, wrapped

_NO_STYLE = Style(False)
_SQL_COLUMNS = 100

_DURATIONS = {
    "brief": "briefly",
    "scan": "while every row is read",
    "build": "while the index is built",
    "rewrite": "while every row is copied",
}
_BLOCKED = {  # by whether reads, and whether writes wait
    (True, True): "blocks reads and writes",
    (True, False): "blocks reads",
    (False, True): "blocks writes",
    (False, False): "blocks neither reads nor writes",
}
_TRANSACTIONS = {
    "wrapped": "in one transaction",
    "implicit": "sent as one message",
    "none": "without a transaction",
}


def render(report: PlanReport, style: Style = _NO_STYLE) -> str:
    """The plans of all projects, then the server that they hold for."""
    lines: list[str] = []
    for project in report.projects:
        lines += [*_heading(project.plan, style), ""]
        for migration in project.shown:
            lines += [*_migration(migration, project.plan, style), ""]
    if not report.projects:
        lines.append("No migrations found.")
    lines.append(server_line(report.server.major, report.assumed))
    return "\n".join(lines) + "\n"


def render_summary(report: PlanReport, style: Style = _NO_STYLE) -> str:
    """What was recognised, and how many statements lock, rewrite, scan or build what others use."""
    lines: list[str] = []
    for project in report.projects:
        lines += _heading(project.plan, style)
        lines += [f"  {line}" for line in _totals(project)]
    if not report.projects:
        lines.append("No migrations found.")
    lines.append(server_line(report.server.major, report.assumed))
    return "\n".join(lines) + "\n"


def _heading(plan: Plan, style: Style) -> Iterator[str]:
    project = ProjectSummary.of(plan.project, sum(len(m.steps) for m in plan.migrations))
    yield style.paint("strong", recognised(project))
    yield from (f"  {wrapped(note, 2)}" for note in project.notes)
    for left_out in project.not_covered:
        yield f"  not covered: {plural(len(left_out.paths), 'file')} ({plain(left_out.reason)})"


def _totals(project: PlannedProject) -> Iterator[str]:
    steps = [step for migration in project.shown for step in migration.steps]
    counts: tuple[tuple[str, Callable[[Step], bool]], ...] = (
        ("reads of a table in use blocked", lambda s: any("reads" in lock.blocks for lock in _hot(s.impact))),
        ("writes to a table in use blocked", lambda s: any("writes" in lock.blocks for lock in _hot(s.impact))),
        ("tables rewritten", lambda s: bool(s.impact.rewrites)),
        ("every row of a table read", lambda s: bool(s.impact.scans)),
        ("indexes built", lambda s: bool(s.impact.index_builds)),
        ("an error told", lambda s: s.impact.error is not None),
    )
    for what, test in counts:
        if number := sum(map(test, steps)):
            yield f"{what} by {plural(number, 'statement')}"
    if problems := sum(len(migration.problems) for migration in project.shown):
        yield plural(problems, "problem") + " in the text of the files"


def _hot(impact: Impact) -> Iterator[Lock]:
    return (lock for lock in impact.locks if not lock.created_in_transaction)


def _migration(plan: MigrationPlan, whole: Plan, style: Style) -> Iterator[str]:
    migration = plan.migration
    up = plan.direction == "up"
    script = migration.up if up or migration.down is None else migration.down
    mode = migration.transaction if up else migration.down_transaction
    name = " ".join(part for part in (migration.id, migration.name) if part)
    title = style.paint("strong", plain(name if up else f"{name} (down)"))
    yield f"{title}  {plain(script.path)}  {_TRANSACTIONS[mode]}"
    for problem in plan.problems:
        at = script.position(problem.start)
        yield f"  {at.line}:{at.column}  {style.paint('error', problem.rule)}: {plain(problem.message)}"
    steps = {step.index: step for step in plan.steps}
    for step in plan.steps:
        yield from _step(step, steps, style)
    if not plan.steps and not plan.problems:
        yield "  no statements"


def _step(step: Step, steps: dict[int, Step], style: Style) -> Iterator[str]:
    at = step.script.position(step.statement.start)
    yield f"  {style.paint('gutter', f'{at.line}:{at.column}')}  {style.paint('sql', _one_line(step.sql))}"
    impact = step.impact
    if impact.error is not None:
        yield f"      {style.paint('error', f'fails: {plain(impact.error.message)} ({impact.error.sqlstate})')}"
        return
    rows = [*_lock_rows(step, steps), *_work_rows(impact)]
    wide = max((columns(row[1]) for row in rows), default=0)
    for word, subject, rest in rows:
        subject += " " * (wide - columns(subject))
        yield f"      {style.paint('faint', f'{word:<8}')} {subject}  {rest}".rstrip()
    if impact.skipped:
        yield "      does nothing: IF [NOT] EXISTS"
    for sentence in impact.unknown:
        yield f"      {style.paint('faint', plain(sentence))}"


def _lock_rows(step: Step, steps: dict[int, Step]) -> Iterator[tuple[str, str, str]]:
    for lock in step.impact.locks:
        if lock.created_in_transaction:
            yield "locks", str(lock.relation), f"{lock.mode}: made in this transaction, nobody else sees it"
        else:
            until = _until(lock, step, steps)
            blocked = _BLOCKED["reads" in lock.blocks, "writes" in lock.blocks]
            yield "locks", str(lock.relation), f"{lock.mode}, {_DURATIONS[lock.duration]}: {blocked}{until}"


def _until(lock: Lock, step: Step, steps: dict[int, Step]) -> str:
    """How long the lock stays after the statement is done; nothing where it ends with the statement."""
    if lock.until == "statement" or not step.in_transaction:
        return ""
    last = _last_step(step.transaction, step, steps)
    if last is step:
        return ""
    line = last.script.position(last.statement.end).line
    end = "the rollback in line" if step.transaction.ended == "rollback" else "line"
    return f"; held until {end} {line}"


def _last_step(transaction: TransactionInfo, step: Step, steps: dict[int, Step]) -> Step:
    return steps.get(transaction.last_step) or max(
        (s for s in steps.values() if s.transaction is transaction), key=lambda s: s.index, default=step
    )


def _work_rows(impact: Impact) -> Iterator[tuple[str, str, str]]:
    for rewrite in impact.rewrites:
        yield "rewrites", str(rewrite.relation), f"({_reason(rewrite.reason, rewrite.column)})"
    scans: dict[str, list[str]] = {}
    for scan in impact.scans:
        scans.setdefault(str(scan.relation), []).append(_reason(scan.reason, scan.name))
    for relation, reasons in scans.items():
        yield "scans", relation, f"({', '.join(reasons)})"
    for build in impact.index_builds:
        how = " concurrently" if build.concurrently else ""
        index = "an index" if build.index is None else str(build.index)
        yield ("builds" if build.new else "rebuilds"), index, f"on {build.relation}{how}"
    for loss in impact.data_loss:
        yield "loses", str(loss.relation), f"({_reason(loss.what, loss.name)})"


def _reason(reason: str, name: str | None) -> str:
    return f"{reason} {name}" if name else reason


def _one_line(sql: str) -> str:
    """A statement on one line, cut where it is long."""
    text = plain(" ".join(_without_comments(sql.split("\n"))))
    return text if len(text) <= _SQL_COLUMNS else text[: _SQL_COLUMNS - 1].rstrip() + "…"


def _without_comments(lines: Sequence[str]) -> Iterator[str]:
    """Words of the lines; lines that are nothing but a comment are left out."""
    for line in lines:
        if not line.lstrip().startswith("--"):
            yield from line.split()
