"""Where things stand, in the editor's units and in ours.

The editor counts lines from 0, ended by LF, CR LF or CR, and characters in units of UTF-16, UTF-8 or UTF-32, as it was
agreed. Hotlint counts code points; its lines end with LF, and it never sees a byte order mark.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from lsprotocol import types

from hotlint.finding import Place

Encoding = types.PositionEncodingKind | str

_LINE_END = re.compile(r"\r\n|\n|\r")
_BOM = "\ufeff"


class Text:
    """A text as the editor has it. Offsets are code points of the text as Hotlint has it, without a byte order mark."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._shift = 1 if text.startswith(_BOM) else 0
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
        self._our_starts: list[int] | None = None

    @property
    def own(self) -> str:
        """The text as Hotlint has it."""
        return self.text[self._shift :]

    def position(self, offset: int, encoding: Encoding) -> types.Position:
        """The editor's position of an offset; one outside of the text is its beginning or its end."""
        at = min(max(offset + self._shift, 0), len(self.text))
        line = bisect_right(self._starts, at) - 1
        return types.Position(line, units(self.text[self._starts[line] : at], encoding))

    def offset(self, position: types.Position, encoding: Encoding) -> int:
        """The offset of an editor's position. A character behind the end of its line is the line's end, a line behind
        the last one the text's end (both as the protocol wants it)."""
        return max(self.raw_offset(position, encoding) - self._shift, 0)

    def raw_offset(self, position: types.Position, encoding: Encoding) -> int:
        """The same in the editor's own text, byte order mark and all."""
        if position.line >= len(self._starts):
            return len(self.text)
        start = self._starts[position.line]
        end = self._starts[position.line + 1] if position.line + 1 < len(self._starts) else len(self.text)
        line = self.text[start:end].rstrip("\r\n")
        return start + code_points(line, position.character, encoding)

    def range(self, start: int, end: int, encoding: Encoding) -> types.Range:
        """The editor's range of the code points ``start`` to ``end``."""
        return types.Range(self.position(start, encoding), self.position(end, encoding))

    def place_span(self, place: Place) -> tuple[int, int]:
        """The code-point span of a place; one that an older text had ends where this text does."""
        start = self._our_offset(place.line, place.column)
        return start, max(start, self._our_offset(place.end_line, place.end_column))

    def _our_offset(self, line: int, column: int) -> int:
        if self._our_starts is None:
            self._our_starts = [0, *(found.end() for found in re.finditer("\n", self.own))]
        if line > len(self._our_starts):
            return len(self.text) - self._shift
        return self._our_starts[max(line, 1) - 1] + max(column, 1) - 1

    def line_start(self, offset: int) -> int:
        """The offset at which the editor's line around ``offset`` begins."""
        return max(self._starts[bisect_right(self._starts, offset + self._shift) - 1] - self._shift, 0)


def units(text: str, encoding: Encoding) -> int:
    """How many units of the encoding a text takes."""
    if text.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return len(text)
    if encoding == types.PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def code_points(line: str, wanted: int, encoding: Encoding) -> int:
    """How many characters of a line so many units are; within a character its beginning, behind the line its end."""
    if line.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return min(max(wanted, 0), len(line))
    taken = 0
    for at, character in enumerate(line):
        taken += units(character, encoding)
        if taken > wanted:
            return at
    return len(line)
