"""Findings that the author of a migration answers for, by a comment in the file.

``-- hotlint: ignore[rule-id, …] reason`` stands before a statement, inside it, or behind its semicolon on the same
line; ``-- hotlint: ignore-file[…] reason`` anywhere in the file. ``until=2027-01-31`` in the reason makes it expire
after that day. Both work in ``/* … */`` as well, and inside the body of a DO block or function.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from hotlint.dialects.postgres.scan import comments
from hotlint.errors import nearest
from hotlint.patterns import lazy
from hotlint.source import Problem, Script

MARK = "otlint"
"""What a text with suppressions holds, however its author writes our name."""

_COMMENT = lazy(r"(?:--+|/\*+)[ \t]*[Hh]otlint[ \t]*(:|(?=ignore))[ \t]*(.*?)[ \t]*(?:\*/)?\s*\Z", re.DOTALL)
_DIRECTIVE = lazy(r"([\w-]*)[ \t]*(?:\[([^\]]*)\])?[ \t:]*(.*)", re.DOTALL)
_UNTIL = lazy(r"\buntil=(\S*)")
_IN_BODY = lazy(r"(?:--+[ \t]*[Hh]otlint\b[^\n\r]*|/\*+[ \t]*[Hh]otlint\b.*?\*/)", re.DOTALL)
_WORDS = ("ignore", "ignore-file")

WHOLE_FILE = (0, 1 << 60)

INVALID = "suppression-invalid"
UNKNOWN = "suppression-unknown-rule"
EXPIRED = "suppression-expired"
UNUSED = "suppression-unused"


class Suppression(msgspec.Struct, gc=False):
    """One rule that one comment suppresses.

    ``start``/``end``: the comment's span; ``first``/``last``: that of what it covers, in code points, both included.
    """

    rule: str
    reason: str
    start: int
    end: int
    first: int
    last: int
    used: bool = False


class FileSuppressions(msgspec.Struct):
    """What the comments of one script suppress, and what is wrong with them."""

    suppressions: list[Suppression]
    problems: list[Problem]

    def suppresses(self, rule: str, offset: int) -> bool:
        """Whether a finding of ``rule`` at a code-point offset is suppressed; remembers which comment did it."""
        found = False
        for s in self.suppressions:
            if s.rule == rule and s.first <= offset <= s.last:
                s.used = found = True
        return found

    def unused(self, asked: Iterable[str]) -> Iterator[Problem]:
        """What suppressed nothing although its rule (one of ``asked``) was asked."""
        asked = set(asked)
        for s in self.suppressions:
            if not s.used and s.rule in asked:
                message = f"{s.rule} finds nothing here, so there is nothing to suppress"
                yield Problem(UNUSED, message, s.start, s.end)


def read_suppressions(
    script: Script, spans: Iterable[tuple[int, int]], known: Iterable[str], today: date
) -> FileSuppressions | None:
    """The suppressions in a script, None where it has none.

    ``spans`` are those of its statements, sorted; ``known`` the ids of all rules.
    """
    text = script.text
    if MARK not in text:
        return None
    statements = sorted(spans)
    known = frozenset(known)
    result = FileSuppressions([], [])
    for start, end in _directives(text, statements):
        found = _COMMENT.match(text, start, end)
        if found is not None and not found[1]:
            message = 'without a colon this suppresses nothing: write "hotlint: ignore[rule-id]" and a reason'
            result.problems.append(Problem(INVALID, message, start, end))
        elif found is not None:
            _read(found[2], start, end, _covered(text, start, statements), known, today, result)
    return result


def _directives(text: str, statements: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans of the comments that begin with the mark; those in the bodies of DO blocks and functions too."""
    found = {start: end for start, end, comment in comments(text) if MARK in comment}
    for first, last in statements:
        if text.find(MARK, first, last) != -1 and "$" in text[first:last]:
            for match in _IN_BODY.finditer(text, first, last):
                found.setdefault(match.start(), match.end())
    return sorted(found.items())


def _covered(text: str, at: int, statements: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The statement that a comment at ``at`` is on: around it, before it on its line, or the next one."""
    line_start = text.rfind("\n", 0, at) + 1
    before = None
    for first, last in statements:
        if first <= at < last:
            return first, last
        if first > at:
            on_line = before is not None and before[1] >= line_start
            return before if on_line else (first, last)
        before = (first, last)
    return before if before is not None and before[1] >= line_start else None


def _read(
    directive: str,
    start: int,
    end: int,
    covered: tuple[int, int] | None,
    known: frozenset[str],
    today: date,
    result: FileSuppressions,
) -> None:
    """Reads one directive into suppressions, or into the problem that it is."""

    def problem(rule: str, message: str) -> None:
        result.problems.append(Problem(rule, message, start, end))

    match = _DIRECTIVE.match(directive)
    word, listed, reason = match.groups() if match is not None else ("", None, "")
    if word not in _WORDS:
        return problem(INVALID, f'"{word}" is no directive{nearest(word, _WORDS)}: write ignore[rule-id] and a reason')
    rules = [rule.strip() for rule in (listed or "").split(",") if rule.strip()]
    if not rules or "*" in rules:
        return problem(
            INVALID, f"everything cannot be ignored at once: name the rules, as in {word}[drop-table] reason"
        )
    until = _UNTIL.search(reason)
    reason = " ".join(_UNTIL.sub("", reason).split()).strip("-: ")
    if not reason:
        return problem(INVALID, f"{word}[{', '.join(rules)}] needs a reason behind the brackets")
    if until is not None:
        day = _date(until[1].rstrip(".,;:)"))
        if day is None:
            return problem(INVALID, f'"{until[0]}" is no date: write it as until=2027-01-31')
        if day < today:
            return problem(EXPIRED, f"the suppression of {', '.join(rules)} was good until {day} ({reason})")
    if word == "ignore-file":
        covered = WHOLE_FILE
    if covered is None:
        return problem(UNUSED, "no statement follows that it could be on")
    for rule in rules:
        if rule in known:
            result.suppressions.append(Suppression(rule, reason, start, end, *covered))
        else:
            problem(UNKNOWN, f'there is no rule "{rule}"{nearest(rule, known)}')
    return None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
