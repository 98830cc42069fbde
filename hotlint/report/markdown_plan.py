"""The plan of the migrations in question, short: a table each of who waits, how long, and what is read or copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hotlint.report.encoding import to_bytes
from hotlint.report.markdown_text import code, prose
from hotlint.report.plan_rows import makes_its_own, meanwhile, rows_of
from hotlint.report.plan_text import one_line
from hotlint.report.text import plural

if TYPE_CHECKING:
    from hotlint.planning.model import MigrationPlan, Step
    from hotlint.running import Judged

_STATEMENT = 60
"""Columns of a statement that are shown."""
_ROWS = 40
"""Rows of a migration's table."""
_HEAD = "| line | statement | table | lock | who waits | how long |\n|---:|---|---|---|---|---|"


def plan_blocks(judged: Sequence[Judged], room: int) -> list[str]:
    """The tables, the newest migrations first to be shown where ``room`` (in bytes) is not enough for all."""
    plans = [plan for project in judged for plan in project.plans]
    if not plans:
        return []
    whole = all(project.whole for project in judged)
    title = "### What the newest migration will do" if whole else "### What will run"
    if whole and len(plans) > 1:
        title = "### What the newest migrations will do"
    shown: list[str] = []
    for plan in reversed(plans):
        text = _migration(plan)
        room -= len(to_bytes(text)) + 2
        if room < 0:
            break
        shown.insert(0, text)
    left_out = len(plans) - len(shown)
    note = [f"*{plural(left_out, 'older migration')} left out: `hotlint plan` shows them.*"] if left_out else []
    return [title, *note, *shown]


def _migration(plan: MigrationPlan) -> str:
    name = " ".join(part for part in (plan.migration.id, plan.migration.name) if part)
    steps = {step.index: step for step in plan.steps}
    rows = [row for step in plan.steps for row in _rows(step, steps)]
    head = f"**{prose(name)}** ({code(plan.migration.up.path)})"
    if not rows:
        return f"{head}: nothing that anybody would have to wait for."
    left_out = len(rows) - _ROWS
    more = [f"\n\n*and {plural(left_out, 'more row')}*"] if left_out > 0 else []
    return "\n\n".join([head, "\n".join([_HEAD, *rows[:_ROWS]]) + "".join(more)])


def _rows(step: Step, steps: dict[int, Step]) -> Iterator[str]:
    line = step.script.position(step.statement.start).line
    first = [str(line), code(one_line(step.sql, _STATEMENT))]
    error = step.impact.error
    if error is not None:
        yield _row(*first, "", "", "", f"**fails**: {prose(error.message)} ({error.sqlstate})")
        return
    if makes_its_own(step):
        return
    for row in rows_of(step, steps):
        who = row.blocked.removeprefix("blocks ")
        yield _row(*first, prose(row.relation), row.mode, who, prose(row.how))
        first = ["", ""]
    for text, _ in meanwhile(step, steps):
        yield _row(*first, "", "", "", prose(text))
        first = ["", ""]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
