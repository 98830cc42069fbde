"""What is told where the pointer rests: the plan of a statement, and the text of a rule that a comment names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hotlint.dialects.postgres.scan import comments
from hotlint.errors import RuleError
from hotlint.linting.suppressions import MARK
from hotlint.planning.model import MigrationPlan, Step
from hotlint.registry import Registry
from hotlint.report.plan_rows import meanwhile, rows_of
from hotlint.report.rule_pages import page
from hotlint.report.terminal import plain

Hover = tuple[str, int, int]
"""Markdown, and the code points that it is about."""

_ID = re.compile(r"[\w-]+")
_TRANSACTIONS = {
    "framework": "in the transaction that the tool opens around the file",
    "explicit": "in the transaction that the file opens",
    "implicit": "in the implicit transaction of its message",
    "single": "on its own, committed at once",
}


def hover(plans: Iterable[MigrationPlan], text: str, offset: int, registry: Registry) -> Hover | None:
    """What to tell at an offset of a file whose scripts ``plans`` are of."""
    return _of_rule(text, offset, registry) or _of_statement(plans, offset)


def step_at(plans: Iterable[MigrationPlan], offset: int) -> Step | None:
    """The statement around an offset; the one that ends there, where no other begins."""
    ending = None
    for plan in plans:
        for step in plan.steps:
            if step.statement.start <= offset < step.statement.end:
                return step
            if step.statement.end == offset:
                ending = step
    return ending


def _of_rule(text: str, offset: int, registry: Registry) -> Hover | None:
    if MARK not in text:
        return None
    for start, end, comment in comments(text):
        if not start <= offset < end or MARK not in comment:
            continue
        for found in _ID.finditer(comment):
            first, last = start + found.start(), start + found.end()
            if first <= offset <= last and found[0] in registry.rules:
                try:
                    return page(registry.rules[found[0]], registry.load(found[0])), first, last
                except RuleError:
                    return None
    return None


def _of_statement(plans: Iterable[MigrationPlan], offset: int) -> Hover | None:
    plans = list(plans)
    step = step_at(plans, offset)
    if step is None:
        return None
    steps = {other.index: other for plan in plans if step in plan.steps for other in plan.steps}
    return described(step, steps), step.statement.start, step.statement.end


def described(step: Step, steps: dict[int, Step]) -> str:
    """The plan of one step in Markdown. ``steps`` are those of its script by their index."""
    impact = step.impact
    direction = " (down)" if step.direction == "down" else ""
    parts = [f"**Migration {_text(step.migration.id)}{direction}**, {_TRANSACTIONS[step.transaction.kind]}"]
    if impact.error is not None:
        parts.append(f"**Fails:** {_text(impact.error.message)} (`{impact.error.sqlstate}`)")
        return "\n\n".join(parts)
    rows = rows_of(step, steps)
    locks = [row for row in rows if row.mode]
    if locks:
        table = ["| relation | lock | who waits | how long |", "|---|---|---|---|"]
        table += [f"| {_code(r.relation)} | {r.mode} | {_cell(r.blocked)} | {_cell(r.how)} |" for r in locks]
        parts.append("\n".join(table))
    others = [f"- {_code(row.relation)}: {_text(row.how)}" for row in rows if not row.mode]
    others += [f"- {_text(sentence)}" for sentence, _ in meanwhile(step, steps)]
    others += [f"- {_text(sentence)}" for sentence in impact.unknown]
    if impact.skipped:
        others.append("- does nothing: IF [NOT] EXISTS")
    if others:
        parts.append("\n".join(others))
    if not locks and not others:
        parts.append(_why_nothing(step, steps))
    return "\n\n".join(parts)


def _why_nothing(step: Step, steps: dict[int, Step]) -> str:
    """Why there is nothing to tell of a step: nobody can notice it, or it was told at an earlier one."""
    impact = step.impact
    held = {held.lock.relation: held for held in step.held}
    again = [held[lock.relation] for lock in impact.locks if lock.relation in held and not lock.created_in_transaction]
    if again:
        first = again[0]
        since = f" since line {_line(steps[first.step])}" if first.step in steps else ""
        return f"Needs no more than {first.lock.mode} on {_code(str(first.lock.relation))}, held{since}."
    if impact.locks or impact.index_builds:
        return "Locks only what its own transaction has made: nobody can notice."
    return "Takes no lock that anybody waits for."


def _line(step: Step) -> int:
    return step.script.position(step.statement.start).line


def _text(text: str) -> str:
    """``text`` on one line of Markdown, meaning nothing in it."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", plain(text))


def _cell(text: str) -> str:
    return _text(text).replace("\n", " ")


def _code(text: str) -> str:
    shown = plain(text).replace("|", "\\|")
    return f"`{shown}`" if "`" not in shown else _text(text)
