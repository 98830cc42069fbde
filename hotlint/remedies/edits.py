"""Fixes as edits of the file: where SQL can be put in the place of a statement, and what must stay around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hotlint.dialects.postgres.scan import comments, skip_blank, tokens
from hotlint.finding import Edit
from hotlint.project.frameworks.outside import outside
from hotlint.source import Region, Script

if TYPE_CHECKING:
    from hotlint.planning.model import MigrationPlan, Step
    from hotlint.project.model import NoTransaction, Project

Span = tuple[int, int]

_PIECE = re.compile(r"\w+|\s+|[^\w\s]")
_MARK = re.compile(r"--+[ \t]*[Hh]otlint\b|/\*+[ \t]*[Hh]otlint\b")
_NAME = re.compile(r"[^\W\d]\w*")


def in_place(step: Step, span: Span, statements: Sequence[str], *, whole: bool) -> tuple[Edit, ...]:
    """The edits that put ``statements`` where the operation at ``span`` stands; or where its whole statement stands,
    where they stand for all of it (``whole``).

    The other subcommands of an ALTER TABLE, and the other objects of a DROP, stay as a statement of their own. None
    where the text in the file cannot be taken over: it was filled in or is not the file's, the statement ends otherwise
    than with a semicolon, or the tool would not run several statements there.
    """
    script, statement = step.script, step.statement
    region = _region(script, statement.start)
    parts = [text.strip().rstrip(";").rstrip() for text in statements]
    if region is None or not _is_the_files(step) or not parts or any(part.startswith("--") for part in parts):
        return ()
    after = skip_blank(script.text, statement.end, region.end)
    if after < region.end and script.text[after] != ";":
        return ()
    if not whole and span != (statement.start, statement.end):
        at = statement.spans.index(span) if span in statement.spans else -1
        rest = without_part(step, at) if at >= 0 else None
        if rest is None:
            return ()
        parts = [*parts, rest] if at == 0 else [rest, *parts]
    if len(parts) > 1 and (region.single or _must_stay_alone(step, parts)):
        return ()
    newline = newline_of(script.text)
    new = f";{newline}{_indent(script.text, statement.start)}".join(_with_newlines(part, newline) for part in parts)
    edit = _trimmed(script, statement.start, statement.end, new)
    if edit is None or (statement.raw is not None and not _reproduces(edit, statement.raw)):
        return ()
    return (_above_comments(script.text, region.start, statement.start, edit),)


def at_end(migration: MigrationPlan | None, statements: Sequence[str]) -> tuple[Edit, ...]:
    """The edit that puts statements behind the last one of a script; none where that is not the end of its text."""
    if migration is None or not migration.steps or any(text.startswith("--") for text in statements):
        return ()
    step = migration.steps[-1]
    text, region = step.script.text, _region(step.script, step.statement.start)
    if region is None or region.single or not _is_the_files(step):
        return ()
    last = step.statement.end
    after = skip_blank(text, last, region.end)
    closed = text[after : after + 1] == ";" and after < region.end
    if skip_blank(text, after + closed, region.end) < region.end:
        return ()
    newline = newline_of(text)
    indent = newline + _indent(text, step.statement.start)
    new = "".join(f"{indent}{_with_newlines(added, newline)};" for added in statements)
    if not closed:
        return (Edit(step.script.path, last, last, f";{new}".removesuffix(";")),)
    end = after + 1
    for _, stop, _ in comments(text, end, min(_line_end(text, end), region.end)):  # it is about the last statement
        end = stop
    return (Edit(step.script.path, end, end, new),)


def keeps_comments(script: Script, edits: Sequence[Edit]) -> bool:
    """Whether every comment that the edits take out comes back in their text."""
    return all(comment in edit.text for edit in edits for _, _, comment in comments(script.text, edit.start, edit.end))


def newline_of(text: str) -> str:
    """The line ending of a text: CRLF where each of its lines ends so."""
    crlf = text.count("\r\n")
    return "\r\n" if crlf and crlf == text.count("\n") else "\n"


# -- a statement without one of its parts


def without_part(step: Step, at: int) -> str | None:
    """The statement without one of its operations: a subcommand of ALTER TABLE, an object of a DROP, TRUNCATE or LOCK.

    None where it has no other, or its parts cannot be told apart.
    """
    statement, text = step.statement, step.script.text
    spans = _objects(text, statement.spans) if statement.tag != "AlterTableStmt" else list(statement.spans)
    if len(spans) < 2:
        return None
    if at == 0:
        return text[statement.start : spans[0][0]] + text[spans[1][0] : statement.end]
    return text[statement.start : spans[at - 1][1]] + text[spans[at][1] : statement.end]


def _objects(text: str, spans: Sequence[Span]) -> list[Span]:
    """The names alone: the first span of a list begins with the statement, and the last ends with it."""
    if len(spans) < 2:
        return []
    first, last = list(tokens(text, *spans[0])), list(tokens(text, *spans[-1]))
    begin = len(first) - 1
    while begin > 1 and text[first[begin - 1][1]] == ".":
        begin -= 2
    start = end = 1 if _is_only(text, last[0]) else 0
    while end + 2 < len(last) and text[last[end + 1][1]] == ".":
        end += 2
    if any(kind not in ("word", "quoted") for kind, _, _ in (first[begin], last[start])):
        return []
    begin -= _is_only(text, first[begin - 1])
    return [(first[begin][1], spans[0][1]), *spans[1:-1], (spans[-1][0], last[end][2])]


def _is_only(text: str, token: tuple[str, int, int]) -> bool:
    return text[token[1] : token[2]].upper() == "ONLY"


# -- the framework's word for "no transaction"


def directive(step: Step, migration: MigrationPlan | None, project: Project) -> tuple[Edit, ...]:
    """The edit that makes the framework run a script outside of a transaction, where ``step`` is all that is in it.

    None where the directive belongs into another file, or would change how other statements run.
    """
    policy, script = project.no_transaction, step.script
    if policy is None or policy.directive is None or not is_alone(step, migration) or not _is_the_files(step):
        return ()
    newline = newline_of(script.text)
    if policy.placement == "mark":
        marks = list(re.finditer(policy.mark, script.text[: step.statement.start], re.MULTILINE | re.IGNORECASE))
        end = _line_end(script.text, marks[-1].start()) if marks else -1
        return (Edit(script.path, end, end, f" {policy.directive.split()[-1]}"),) if marks else ()
    if policy.placement not in ("top", "top, with an empty line") or _shares_file(step, migration, project):
        return ()
    empty = newline if policy.placement == "top, with an empty line" else ""
    return (Edit(script.path, 0, 0, f"{policy.directive}{newline}{empty}"),)


def is_alone(step: Step, migration: MigrationPlan | None) -> bool:
    """Whether ``step`` is all that its script has."""
    return migration is not None and migration.steps == (step,) and not migration.problems


def runs_outside_by_itself(policy: NoTransaction, statements: Sequence[str]) -> bool:
    """Whether the framework sees for itself that a script of these statements must run outside of a transaction."""
    return policy.placement == "itself" and outside(";".join(statements)) == "all"


def _shares_file(step: Step, migration: MigrationPlan | None, project: Project) -> bool:
    """Whether the file has more than this script and a way back of at most one statement."""
    path = step.script.path
    scripts = [m for m in project.migrations if path in (m.up.path, m.down.path if m.down is not None else None)]
    other = migration.down if migration is not None and migration.direction == "up" else None
    down = step.migration.down
    same_file = down is not None and down.path == step.migration.up.path
    return len(scripts) > 1 or (same_file and (other is None or len(other.steps) > 1))


# -- places


def _is_the_files(step: Step) -> bool:
    """Whether the script's text is the file's: it could be read, and it is no comment of the file (what Liquibase
    undoes a changeset by is one)."""
    migration, script = step.migration, step.script
    if script.problems:
        return False
    return step.direction == "up" or migration.up.path != script.path or not _is_in_comment(migration.up, step)


def _is_in_comment(file: Script, step: Step) -> bool:
    """Whether a statement stands in a comment of the file."""
    at = step.statement.start
    return any(start < at < end for start, end, _ in comments(file.text))


def _region(script: Script, at: int) -> Region | None:
    return next((region for region in script.regions if region.start <= at < region.end), None)


def _must_stay_alone(step: Step, parts: Sequence[str]) -> bool:
    """Whether the file goes to the server as one message, in which one of the statements would be refused."""
    mode = step.migration.transaction if step.direction == "up" else step.migration.down_transaction
    return mode == "implicit" and not step.in_transaction and outside(";".join(parts)) != "no"


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    """The end of a line, before its line ending."""
    end = text.find("\n", at)
    end = len(text) if end == -1 else end
    return end - 1 if end > at and text[end - 1] == "\r" else end


def _indent(text: str, at: int) -> str:
    line = text[_line_start(text, at) : at]
    return line[: len(line) - len(line.lstrip())]


def _with_newlines(text: str, newline: str) -> str:
    """New lines end as the file's do; those of text that was taken over do already."""
    return text if newline == "\n" else re.sub(r"(?<!\r)\n", newline, text)


def _trimmed(script: Script, start: int, end: int, new: str) -> Edit | None:
    """The edit without the words that old and new text begin and end with; None where they are the same."""
    old = _PIECE.findall(script.text[start:end])
    fresh = _PIECE.findall(new)
    if old == fresh:
        return None
    most = min(len(old), len(fresh))
    head = next((at for at in range(most) if old[at] != fresh[at]), most)
    tail = next((at for at in range(most - head) if old[-1 - at] != fresh[-1 - at]), most - head)
    text = "".join(fresh[head : len(fresh) - tail])
    first = start + sum(map(len, old[:head]))
    return Edit(script.path, first, first + sum(map(len, old[head : len(old) - tail])), text)


def _reproduces(edit: Edit, raw: str) -> bool:
    """Whether an edit of a statement with placeholders only puts something in, and nothing made of the statement's
    names: they may be what was filled in. Our own words are in upper case."""
    names = {name.lower() for name in _NAME.findall(raw)}
    added = [word for word in _NAME.findall(edit.text) if word.upper() != word]
    return edit.start == edit.end and not any(
        name == word or (len(name) > 2 and name in word) for word in added for name in names
    )


def _above_comments(text: str, first: int, at: int, edit: Edit) -> Edit:
    """What is put before the statement at ``at`` goes above the comment lines that belong to it.

    Those at the very top may be about the file, or tell the tool something: of them only suppressions belong to the
    statement.
    """
    begin = _line_start(text, at)
    if (edit.start, edit.end) != (at, at) or text[begin:at].strip():
        return edit
    lines: list[int] = []
    while begin > first:
        begin = _line_start(text, begin - 1)
        if begin < first or not text[begin:at].lstrip(" \t").startswith("--"):
            break
        lines.append(begin)
    if lines and not text[first : lines[-1]].strip():
        marked = [line for line in lines if _MARK.match(text[line:at].lstrip())]
        lines = lines[: lines.index(marked[-1]) + 1] if marked else []
    if not lines:
        return edit
    place = lines[-1] + len(text[lines[-1] : at]) - len(text[lines[-1] : at].lstrip())
    return Edit(edit.path, place, place, edit.text)
