"""What psql reads and the server never sees: meta-commands, and the data that follows COPY … FROM stdin."""

from __future__ import annotations

import re

from hotlint.dialects.postgres.scan import tokens
from hotlint.patterns import lazy
from hotlint.source import Problem

# Meta-commands that send the query before them, as a semicolon would (psql's documentation, "\g" and its kin).
_SENDING = frozenset(["g", "gx", "gexec", "gset", "gdesc", "crosstabview", "watch", "bind"])
_INCLUDING = frozenset(["i", "ir", "include", "include_relative"])

_COMMAND = lazy(r"\\([A-Za-z_!?]*)([^\n\r]*)")
_END_OF_DATA = lazy(r"^\\\.[ \t]*\r?$", re.MULTILINE)
_COPY_STDIN = lazy(r"\bfrom\s+(?:stdin|pstdin)\b", re.IGNORECASE)


def blank(text: str, base: int = 0) -> tuple[str, tuple[Problem, ...]]:
    """``text`` with meta-commands and COPY data turned to spaces, at its old length, and what is to be told of them.

    ``base`` is the script offset of ``text``. Included files are not read: each is told as ``not-covered``.
    """
    if "\\" not in text:
        return text, ()
    pieces: list[tuple[int, int, str]] = []
    problems: list[Problem] = []
    at = 0
    while at < len(text):
        at = _next(text, at, base, pieces, problems)
    if not pieces:
        return text, ()
    return _replaced(text, pieces), tuple(problems)


def _next(text: str, at: int, base: int, pieces: list[tuple[int, int, str]], problems: list[Problem]) -> int:
    """Passes statements until something had to be blanked, and gives the offset at which to go on."""
    first = -1
    for kind, start, stop in tokens(text, at):
        if kind == "punctuation" and text[start] == ";":
            if first >= 0 and text[first : first + 4].lower() == "copy" and _COPY_STDIN.search(text, first, start):
                return _data(text, stop, pieces)
            first = -1
        elif kind == "punctuation" and text[start] == "\\":
            return _meta_command(text, start, base, pieces, problems)
        elif first < 0:
            first = start
    return len(text)


def _meta_command(text: str, start: int, base: int, pieces: list[tuple[int, int, str]], problems: list[Problem]) -> int:
    found = _COMMAND.match(text, start)
    assert found is not None  # it begins with a backslash
    name, end = found.group(1), found.end()
    if not name and text.startswith("\\;", start):  # joins two queries into one message: still two statements
        pieces.append((start, start + 1, ""))
        return start + 2
    pieces.append((start, end, ";" if name in _SENDING else ""))
    if name in _INCLUDING:
        message = f"psql reads another file here ({found.group().strip()}); Hotlint does not follow it"
        problems.append(Problem("not-covered", message, base + start, base + end))
    if name == "copy" and _COPY_STDIN.search(text, start, end):
        return _data(text, end, pieces)
    return end


def _data(text: str, after: int, pieces: list[tuple[int, int, str]]) -> int:
    """Blanks the lines after a COPY command up to ``\\.``; text without that line has its data elsewhere."""
    line = text.find("\n", after)
    end = _END_OF_DATA.search(text, line + 1) if line != -1 else None
    if end is None:
        return after
    pieces.append((line + 1, end.end(), ""))
    return end.end()


def _replaced(text: str, pieces: list[tuple[int, int, str]]) -> str:
    result: list[str] = []
    last = 0
    for start, end, instead in pieces:
        result.append(text[last:start])
        result.append(re.sub(r"[^\n\r]", " ", text[start:end]) if not instead else instead.ljust(end - start))
        last = end
    result.append(text[last:])
    return "".join(result)
