"""What can be done about a finding: its fixes, a comment that answers for it, the safe SQL to write from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hotlint.finding import Edit, Finding, Fix
from hotlint.linting.lint import statement_spans
from hotlint.linting.suppress_edit import suppress_edit
from hotlint.lsp.positions import Text
from hotlint.planning.model import Plan
from hotlint.remedies.edits import newline_of

REASON = "TODO: why this is right here"
"""What stands for the reason that a suppression needs, for its author to write."""

_TO_MEND = ("syntax-error", "unreadable-file")
"""Rules about what is mended rather than answered for."""


class Action(NamedTuple):
    """Something to do about a finding; the editor may do the ``preferred`` one when it is told to fix."""

    title: str
    edits: tuple[Edit, ...]
    finding: Finding
    preferred: bool = False


def actions_for(finding: Finding, text: Text, plan: Plan) -> Iterator[Action]:
    """The quick fixes of a finding that stands in ``text``, the best first. ``plan`` is of the file's migrations."""
    for fix in sorted(finding.fixes, key=lambda fix: not fix.safe):
        if fix.edits:
            yield Action(fix.title, fix.edits, finding, preferred=fix.safe)
    for fix in finding.fixes:
        if not fix.edits and fix.sql:
            edit = _as_comment(finding, fix, text, statement_spans(plan.migrations, finding.place.path))
            yield Action(f"Write as a comment: {fix.title}", (edit,), finding)
    suppression = None if finding.rule in _TO_MEND else suppress_edit(plan, finding, REASON)
    if suppression is not None:
        where = "in this file" if "ignore-file[" in suppression.text else "for this statement"
        yield Action(f"Ignore {finding.rule} {where}", (suppression,), finding)


def _as_comment(finding: Finding, fix: Fix, text: Text, statements: list[tuple[int, int]]) -> Edit:
    """The way out above the statement, for its author to take over: it needs more than this place."""
    at, _ = text.place_span(finding.place)
    at = next((start for start, end in statements if start <= at < end), at)
    own, newline = text.own, newline_of(text.own)
    indent = own[text.line_start(at) : at]
    lines = [f"-- {fix.title}:", *(f"-- {line}".rstrip() for line in fix.sql.splitlines())]
    if indent.strip():  # another statement stands on its line
        lines[0], indent = newline + lines[0], ""
    return Edit(finding.place.path, at, at, "".join(line + newline + indent for line in lines))


def difference(path: str, before: str, after: str) -> Edit:
    """The smallest single edit that makes one text the other."""
    first = 0
    shorter = min(len(before), len(after))
    while first < shorter and before[first] == after[first]:
        first += 1
    last = 0
    while last < shorter - first and before[-1 - last] == after[-1 - last]:
        last += 1
    return Edit(path, first, len(before) - last, after[first : len(after) - last])
