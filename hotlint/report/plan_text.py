"""The plan for a person: per statement what it locks, who waits, for how long, and until which line.

What nobody can notice is left out: locks on what the transaction itself has made, and locks that it holds already.
"""

from __future__ import annotations

from collections.abc import Iterator

from hotlint.dialects.postgres.scan import comments
from hotlint.impact import Impact, Lock
from hotlint.planning.model import MigrationPlan, Plan, Step
from hotlint.report.model import ProjectSummary
from hotlint.report.plan_model import PlannedProject, PlanReport
from hotlint.report.plan_rows import Row, makes_its_own, meanwhile, rows_of
from hotlint.report.terminal import Style, columns, plain
from hotlint.report.text import plural, recognised, server_line, wrapped

_NO_STYLE = Style(False)
_SQL_CHARACTERS = 2_000
"""What of a statement is looked at to show its beginning."""
_PROBLEMS = 5

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
            lines += [*_migration(migration, style), ""]
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
    yield from (f"  {wrapped(note, 2, style.width)}" for note in project.notes)
    for left_out in project.not_covered:
        yield f"  not covered: {plural(len(left_out.paths), 'file')} ({plain(left_out.reason)})"
    problems = plan.project.problems
    for problem in problems[:_PROBLEMS]:
        yield f"  {style.paint('error', problem.rule)}: {wrapped(problem.message, 2, style.width)}"
    if len(problems) > _PROBLEMS:
        yield f"  and {plural(len(problems) - _PROBLEMS, 'more problem')} that hotlint check tells"


def _totals(project: PlannedProject) -> Iterator[str]:
    steps = [step for migration in project.shown for step in migration.steps]
    for what, blocks in (
        ("reads of a table in use wait for", "reads"),
        ("writes to a table in use wait for", "writes"),
    ):
        if number := sum(any(blocks in lock.blocks for lock in _hot(step.impact)) for step in steps):
            slow = sum(any(blocks in lock.blocks and _is_slow(lock) for lock in _hot(step.impact)) for step in steps)
            yield f"{what} {plural(number, 'statement')}{f', not only briefly for {slow:,}' if slow else ''}"
    if number := sum(bool(step.impact.rewrites) for step in steps):
        yield f"every row of a table is copied by {plural(number, 'statement')}"
    if number := sum(step.impact.error is not None for step in steps):
        yield f"an error is told for {plural(number, 'statement')}"
    if problems := sum(len(migration.problems) for migration in project.shown):
        yield plural(problems, "problem") + " in the text of the files"


def _is_slow(lock: Lock) -> bool:
    return lock.duration != "brief"


def _hot(impact: Impact) -> Iterator[Lock]:
    return (lock for lock in impact.locks if not lock.created_in_transaction)


def _migration(plan: MigrationPlan, style: Style) -> Iterator[str]:
    migration = plan.migration
    up = plan.direction == "up"
    script = migration.up if up or migration.down is None else migration.down
    mode = migration.transaction if up else migration.down_transaction
    name = " ".join(part for part in (migration.id, migration.name) if part)
    yield f"{style.paint('strong', plain(name if up else f'{name} (down)'))}  {_TRANSACTIONS[mode]}"
    yield f"  {style.paint('path', plain(script.path))}"
    width = len(str(script.position(plan.steps[-1].statement.start).line)) if plan.steps else 1
    steps = {step.index: step for step in plan.steps}
    parts: list[tuple[int, list[str]]] = []
    for problem in plan.problems:
        at = script.position(problem.start)
        told = f"  {at.line:>{width}}  {style.paint('error', problem.rule)}: {plain(problem.message)}"
        parts.append((problem.start, [told]))
    parts += [(step.statement.start, list(_step(step, steps, width, style))) for step in plan.steps]
    for _, lines in sorted(parts, key=lambda part: part[0]):
        yield from lines
    if not plan.steps and not plan.problems:
        yield "  no statements"


def _step(step: Step, steps: dict[int, Step], width: int, style: Style) -> Iterator[str]:
    line = f"{step.script.position(step.statement.start).line:>{width}}"
    sql = one_line(step.sql, style.width - width - 4)
    indent = " " * (width + 6)
    impact = step.impact
    if makes_its_own(step) and impact.error is None:
        yield f"  {style.paint('gutter', line)}  {style.paint('faint', sql)}"
    else:
        yield f"  {style.paint('gutter', line)}  {style.paint('sql', sql)}"
    if impact.error is not None:
        yield f"{indent}{style.paint('error', f'fails: {plain(impact.error.message)} ({impact.error.sqlstate})')}"
        return
    for row in _aligned(rows_of(step, steps), style):
        yield indent + row
    for text, role in meanwhile(step, steps):
        yield indent + style.paint(role, plain(text))
    if impact.skipped:
        yield f"{indent}does nothing: IF [NOT] EXISTS"
    for sentence in impact.unknown:
        yield f"{indent}{style.paint('faint', plain(sentence))}"


def _aligned(rows: list[Row], style: Style) -> Iterator[str]:
    relations = max((columns(row.relation) for row in rows), default=0)
    modes = max((len(row.mode) for row in rows), default=0)
    blocked = max((len(row.blocked) for row in rows), default=0)
    for row in rows:
        name = plain(row.relation) + " " * (relations - columns(row.relation))
        if not row.mode:
            yield style.paint(row.role or "plain", f"{name}  {row.how}")
            continue
        text = f"{name}  {row.mode:<{modes}}  {row.blocked:<{blocked}}  {row.how}"
        yield style.paint(row.role, text)


def one_line(sql: str, width: int) -> str:
    """The beginning of a statement on one line, without comments, cut at ``width`` columns."""
    beginning = sql[:_SQL_CHARACTERS]
    if "--" in beginning or "/*" in beginning:
        for start, end, _ in reversed(list(comments(beginning))):
            beginning = f"{beginning[:start]} {beginning[end:]}"
    text = plain(" ".join(beginning.split()))
    if len(sql) <= _SQL_CHARACTERS and columns(text) <= width:
        return text
    while columns(text) > width - 1:
        text = text[: -max(1, (columns(text) - width + 1) // 2)]
    return text.rstrip() + "…"
