"""The edit that suppresses a finding: what an editor offers beside the fixes."""

from __future__ import annotations

from collections.abc import Sequence

from hotlint.dialects.postgres.scan import comments, tokens
from hotlint.finding import Edit, Finding
from hotlint.linting.lint import script_of, scripts_of, statement_spans
from hotlint.planning.model import Plan
from hotlint.remedies.edits import newline_of
from hotlint.source import Script

REASON = "say here why this is right"
"""What stands for the reason until somebody writes one: a suppression without a reason suppresses nothing."""


def suppress_edit(plan: Plan, finding: Finding, reason: str = REASON) -> Edit | None:
    """The edit of the finding's file that puts ``-- hotlint: ignore[rule] reason`` on a line above its statement.

    Where another statement ends on that line the comment goes inside the statement, behind its first word. What is
    about no statement (a down script that is missing) is ignored in the whole file, by ``ignore-file`` above the first
    statement or at the end. ``reason`` is one line. None where a comment cannot do it: the path is no script of the
    plan, the place is in a comment of the file (Liquibase's rollback lines), or the finding is about suppressions.
    """
    scripts = (script_of(migration) for migration in scripts_of(plan.migrations))
    script = next((script for script in scripts if script.path == finding.place.path), None)  # up comes before down
    if script is None or script.problems or finding.rule.startswith("suppression-"):
        return None
    spans = statement_spans(plan.migrations, script.path)
    at = script.offset(finding.place.line, finding.place.column)
    if any(start < at < end for start, end, _ in comments(script.text)):
        return None
    own = next((place for place, (start, end) in enumerate(spans) if start <= at < end), None)
    text = f"hotlint: ignore[{finding.rule}] {' '.join(reason.split())}"
    if own is not None:
        return _before(script, spans, own, text)
    text = text.replace("ignore", "ignore-file", 1)
    if spans:
        return _before(script, spans, 0, text)
    end, newline = len(script.text), newline_of(script.text)
    gap = "" if script.text.endswith("\n") or not script.text else newline
    return Edit(script.path, end, end, f"{gap}-- {text}{newline}")


def _before(script: Script, spans: Sequence[tuple[int, int]], own: int, text: str) -> Edit:
    source, path = script.text, script.path
    start = spans[own][0]
    line = source.rfind("\n", 0, start) + 1
    if own and spans[own - 1][1] >= line:
        _, _, word = next(tokens(source, start))
        return Edit(path, word, word, f" /* {text} */")
    indent = source[line:start][: len(source[line:start]) - len(source[line:start].lstrip())]
    comment = f"-- {text}{newline_of(source)}"
    since = spans[own - 1][1] if own else 0
    if any(first < line < last for _, first, last in tokens(source, since, start, comments=True)):
        return Edit(path, start, start, f"{comment}{indent}")  # a block comment reaches into the line
    return Edit(path, line, line, f"{indent}{comment}")
