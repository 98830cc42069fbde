"""What can be done about a finding: its fixes, a comment that answers for it, the safe SQL to copy from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hotlint.dialects.postgres.scan import comments
from hotlint.finding import Edit, Finding, Fix
from hotlint.linting.suppressions import EXPIRED, INVALID, UNKNOWN, UNUSED
from hotlint.lsp.history import script_of
from hotlint.lsp.positions import Text
from hotlint.planning.model import MigrationPlan

REASON = "TODO: why this is safe here"
"""What stands for the reason that a suppression needs, for its author to write."""

_NOT_TO_IGNORE = frozenset(("syntax-error", INVALID, UNKNOWN, EXPIRED, UNUSED))
"""What is mended rather than answered for."""
_IGNORE = re.compile(r"--+[ \t]*[Hh]otlint:[ \t]*ignore\[([^\]]*)\]")


class Action(NamedTuple):
    """Something to do. ``kind`` is "quickfix" or one of the editor's source actions."""

    title: str
    kind: str
    edits: tuple[Edit, ...]
    findings: tuple[Finding, ...] = ()
    preferred: bool = False


def actions_for(finding: Finding, text: Text, plans: Iterable[MigrationPlan]) -> Iterator[Action]:
    """The quick fixes of a finding that stands in ``text``, the best first."""
    plans = list(plans)
    for fix in sorted(finding.fixes, key=lambda fix: not fix.safe):
        if fix.edits:
            yield Action(fix.title, "quickfix", fix.edits, (finding,), preferred=fix.safe)
    for fix in finding.fixes:
        if not fix.edits and fix.sql:
            edit = _as_comment(finding, fix, text, plans)
            yield Action(f"Write as a comment: {fix.title}", "quickfix", (edit,), (finding,))
    if finding.rule in _NOT_TO_IGNORE:
        return
    start, _ = text.place_span(finding.place)
    around = _statement_at(plans, start)
    if around is not None:
        edit = _suppress_statement(finding, text, around)
        yield Action(f"Ignore {finding.rule} for this statement", "quickfix", (edit,), (finding,))
    at = _top(text, plans)
    edit = Edit(finding.place.path, at, at, f"-- hotlint: ignore-file[{finding.rule}] {REASON}{_newline(text)}")
    yield Action(f"Ignore {finding.rule} in this file", "quickfix", (edit,), (finding,))


def fix_all(path: str, findings: Iterable[Finding]) -> Action | None:
    """All safe fixes that touch only this file and do not touch one another, as one action."""
    taken: list[Edit] = []
    fixed: list[Finding] = []
    for finding in findings:
        fix = next((fix for fix in finding.fixes if fix.safe and fix.edits), None)
        if fix is None or any(edit.path != path for edit in fix.edits):
            continue
        if not any(_overlap(new, old) for new in fix.edits for old in taken):
            taken += fix.edits
            fixed.append(finding)
    if not taken:
        return None
    title = "Fix everything that can be fixed safely"
    return Action(title, "source.fixAll.hotlint", tuple(sorted(taken, key=lambda e: e.start)), tuple(fixed))


def _overlap(one: Edit, other: Edit) -> bool:
    if one.start == one.end or other.start == other.end:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def _statement_at(plans: list[MigrationPlan], offset: int) -> tuple[int, int] | None:
    """The statement that a suppression must be on to cover an offset; also one that could not be read."""
    for plan in plans:
        for step in plan.steps:
            if step.statement.start <= offset <= step.statement.end:
                return step.statement.start, step.statement.end
        for problem in plan.problems:
            if problem.start <= offset < problem.end:
                return problem.start, problem.end
    return None


def _top(text: Text, plans: list[MigrationPlan]) -> int:
    """The beginning of the first line of the file's SQL: behind the line by which a tool knows the file."""
    starts = [script.regions[0].start for script in map(script_of, plans) if script.regions]
    at = min(starts, default=0)
    line = text.line_start(at)
    if line == at:
        return at
    end = _ours(text).find("\n", at)
    return line if end < 0 else end + 1


def _suppress_statement(finding: Finding, text: Text, statement: tuple[int, int]) -> Edit:
    """The rule added to the comment right above the statement, or a comment of its own above it."""
    own = _ours(text)
    for start, end, comment in comments(own, 0, statement[0]):
        found = _IGNORE.match(comment)
        if found is not None and not own[end : statement[0]].strip():
            at = start + found.end(1)
            return Edit(finding.place.path, at, at, f", {finding.rule}")
    line = text.line_start(statement[0])
    before = own[line : statement[0]]
    comment = f"-- hotlint: ignore[{finding.rule}] {REASON}{_newline(text)}"
    if before.strip():  # another statement stands on its line
        return Edit(finding.place.path, statement[0], statement[0], _newline(text) + comment)
    return Edit(finding.place.path, statement[0], statement[0], comment + before)


def _as_comment(finding: Finding, fix: Fix, text: Text, plans: list[MigrationPlan]) -> Edit:
    """The way out above the statement, for its author to take over: it needs more than this place."""
    start, _ = text.place_span(finding.place)
    around = _statement_at(plans, start)
    at = around[0] if around is not None else start
    indent = _ours(text)[text.line_start(at) : at]
    lines = [f"-- {fix.title}:", *(f"-- {line}".rstrip() for line in fix.sql.splitlines())]
    if indent.strip():  # another statement stands on its line
        lines[0], indent = _newline(text) + lines[0], ""
    return Edit(finding.place.path, at, at, "".join(line + _newline(text) + indent for line in lines))


def _ours(text: Text) -> str:
    return text.text.removeprefix("\ufeff")


def _newline(text: Text) -> str:
    return "\r\n" if "\r\n" in text.text else "\n"
