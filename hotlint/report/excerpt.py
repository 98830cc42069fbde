"""The lines of a file that a finding is about, with the span marked."""

from __future__ import annotations

import os
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping

from hotlint.finding import Place
from hotlint.report.terminal import Style, cells, columns, plain

MAX_LINES = 8
"""A longer span is shown with its middle left out."""
MAX_COLUMNS = 160
"""Longer lines (seed data, dumps) are cut around the span; on a terminal, those longer than it is wide."""


class Sources:
    """Files by path: ``texts`` where they have them, else read from disk when a finding asks for them."""

    def __init__(self, texts: Mapping[str, str] | None = None, root: str = "") -> None:
        self._given = dict(texts or {})
        self._known: dict[str, str] = {}
        self._lines: dict[str, list[str]] = {}
        self._root = root

    def text(self, path: str) -> str:
        """A file without its byte order mark; nothing where it cannot be read (any more)."""
        text = self._given.get(path, self._known.get(path))
        if text is None:
            data = self._read(path)
            encoding = "utf-16" if data[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig"
            text = self._known[path] = data.decode(encoding, errors="replace")
        return text

    def stored(self, path: str) -> str:
        """A file as a program reads it that takes everything for UTF-8, its byte order mark included."""
        return self._given[path] if path in self._given else self._read(path).decode("utf-8", errors="replace")

    def line(self, path: str, number: int) -> str | None:
        """A line of a file without its ending; None where the file or the line is not there (any more)."""
        lines = self._lines.get(path)
        if lines is None:
            lines = self._lines[path] = self.text(path).split("\n")
        return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else None

    def position(self, path: str, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a code-point offset into a file."""
        before = self.text(path)[:offset]
        return before.count("\n") + 1, offset - before.rfind("\n")

    def _read(self, path: str) -> bytes:
        try:
            with open(os.path.join(self._root, path), "rb") as file:
                return file.read()
        except OSError:
            return b""


def excerpt(sources: Sources, place: Place, style: Style, mark: str = "error", sign: str = "^") -> list[str]:
    """The marked lines, or nothing where the text cannot be had or the place is the file as a whole."""
    if place.line < 1 or not (first := sources.line(place.path, place.line) or "").strip():
        return []
    gutter = len(str(max(place.line, place.end_line)))
    frame = _Frame(style, gutter, mark)
    if place.end_line <= place.line:
        end = place.end_column if place.end_line == place.line else place.column + 1
        return [frame.bar(), *_single(frame, place, first, end, sign)]
    return [frame.bar(), *_several(frame, sources, place, sign)]


class _Frame:
    """Gutter and colours of one excerpt."""

    def __init__(self, style: Style, width: int, mark: str) -> None:
        self.style, self.width, self.role = style, width, mark
        self.room = max(min(MAX_COLUMNS, style.width - width - 5), 20) if style.terminal else MAX_COLUMNS

    def bar(self, rest: str = "") -> str:
        return f"{self.style.paint('gutter', ' ' * self.width + ' |')}{' ' + rest if rest else ''}"

    def text(self, number: int, rest: str) -> str:
        return f"{self.style.paint('gutter', f'{number:>{self.width}} |')} {rest}".rstrip()

    def mark(self, text: str) -> str:
        return self.style.paint(self.role, text)


def _single(frame: _Frame, place: Place, line: str, end: int, sign: str) -> Iterator[str]:
    shown = cells(line)
    start = min(place.column - 1, len(shown))
    end = max(min(end - 1, len(shown)), start)
    start, end, shown = _window(start, end, shown, frame.room)
    pad = columns("".join(shown[:start]))
    length = max(columns("".join(shown[start:end])), 1)
    note = f" {plain(place.message)}" if sign == "-" and place.message else ""
    yield frame.text(place.line, "".join(shown))
    yield frame.bar(" " * pad + frame.mark(sign * length + note))


def _window(start: int, end: int, shown: list[str], room: int) -> tuple[int, int, list[str]]:
    """The part of a long line around its span; the span's offsets move along."""
    if columns("".join(shown)) <= room:
        return start, end, shown
    left = max(0, start - room // 4)
    taken, right = 0, left
    while right < len(shown) and taken < room:
        taken += columns(shown[right])
        right += 1
    head = ["…"] if left else []
    tail = ["…"] if right < len(shown) else []
    shift = left - len(head)
    return start - shift, min(end, right) - shift, [*head, *shown[left:right], *tail]


def _several(frame: _Frame, sources: Sources, place: Place, sign: str) -> Iterator[str]:
    """A span of several lines: a bar along them, and its last character marked."""
    last, end_column = _last_character(sources, place)
    if last == place.line:
        yield from _single(frame, place, sources.line(place.path, last) or "", end_column + 1, sign)
        return
    numbers = list(range(place.line, last + 1))
    hidden = len(numbers) > MAX_LINES
    if hidden:
        numbers = [*numbers[: MAX_LINES - 2], *numbers[-1:]]
    first_cells = cells(sources.line(place.path, place.line) or "")
    indented = bool("".join(first_cells[: place.column - 1]).strip())
    for number in numbers:
        if hidden and number == last:
            yield frame.style.paint("gutter", "." * frame.width + " |") + " " + frame.mark("|") + " ..."
        shown = cells(sources.line(place.path, number) or "")
        bar = "|" if number > place.line else " " if indented else "/"
        yield frame.text(number, f"{frame.mark(bar)} {''.join(_window(0, 0, shown, frame.room)[2])}")
        if number == place.line and indented:
            pad = columns("".join(first_cells[: place.column - 1]))
            yield frame.bar(frame.mark(" " + "_" * (pad + 1) + sign))
    shown = cells(sources.line(place.path, last) or "")
    pad = columns("".join(shown[: end_column - 1]))
    note = f" {plain(place.message)}" if sign == "-" and place.message else ""
    yield frame.bar(frame.mark("|" + "_" * (min(pad, frame.room) + 1) + sign + note))


def _last_character(sources: Sources, place: Place) -> tuple[int, int]:
    """Line and column of the last character of a span whose end is exclusive."""
    line, column = place.end_line, place.end_column - 1
    while column < 1 and line > place.line:
        line -= 1
        column = len(sources.line(place.path, line) or "")
    return line, max(column, 1)
