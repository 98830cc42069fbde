"""The text of a migration, and where things stand in it.

Every position in Hotlint is a code-point offset into ``Script.text``; lines and columns are 1-based and counted in code
points. A byte order mark is not part of ``text``.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

import msgspec

from hotlint.operations import AnyOperation


class Position(msgspec.Struct, frozen=True, gc=False):
    """1-based line and column, in code points."""

    line: int
    column: int


class Problem(msgspec.Struct, frozen=True, gc=False):
    """Something that is wrong with the text itself, told as a finding of the rule ``rule``."""

    rule: str  # "syntax-error", "unreadable-file", …
    message: str
    start: int = 0
    end: int = 0


class Region(msgspec.Struct, frozen=True, gc=False):
    """A stretch of a script's text that holds SQL of this direction.

    ``single`` marks a region that the framework sends to the server as one statement (goose's ``StatementBegin`` …
    ``StatementEnd``, a Drizzle chunk).
    """

    start: int
    end: int
    single: bool = False


class Script(msgspec.Struct, frozen=True, dict=True):
    """One direction of a migration: a file, or some regions of it.

    ``path`` is as the user would write it (relative to the working directory where possible, with ``/``).
    ``text`` is the whole file. ``problems`` are those met while reading it (encoding, NUL bytes).
    """

    path: str
    text: str
    regions: tuple[Region, ...]
    problems: tuple[Problem, ...] = ()

    def position(self, offset: int) -> Position:
        """Line and column of a code-point offset; an offset past the end is the end."""
        starts = self._line_starts()
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(starts, offset)
        return Position(line, offset - starts[line - 1] + 1)

    def offset(self, line: int, column: int) -> int:
        """The code-point offset of a 1-based line and column; the inverse of ``position``."""
        return self._line_starts()[line - 1] + column - 1

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its line ending."""
        starts = self._line_starts()
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def _line_starts(self) -> list[int]:
        starts: list[int] | None = self.__dict__.get("_starts")
        if starts is None:
            starts, at = [0], self.text.find("\n")
            while at != -1:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self.__dict__["_starts"] = starts
        return starts


class Statement(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One SQL statement: its code-point span (first token to last token, without the semicolon) and what it stands for.

    ``tag`` is the parser's name of its kind (``AlterTableStmt``). ``spans`` gives the code-point span of each operation
    where a statement has several (the subcommands of an ALTER TABLE, the objects of a DROP); empty for one.
    ``raw`` is what the server would be sent where placeholders were filled in, None where it is the text itself.
    """

    start: int
    end: int
    tag: str
    operations: tuple[AnyOperation, ...]
    spans: tuple[tuple[int, int], ...] = ()
    raw: str | None = None


class ParsedScript(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a front-end made of a script. Statements that did not parse are problems and not in ``statements``."""

    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...] = ()


Direction = Literal["up", "down"]
