"""GitHub's ``primaryLocationLineHash``: the one fingerprint by which code scanning knows a result again.

Published as the description of ``hash`` in https://github.com/github/codeql-action/blob/main/src/fingerprints.ts: a
polynomial to the base 37, modulo 2^64, over the first hundred UTF-16 code units from the beginning of a line on,
without spaces and tabs, with every line ending as a line feed, 65535 for the end of the file and zeros after it. A
number after a colon tells lines with equal hashes apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_UNITS = 100
_BASE = 37
_END = "\uffff"
_BEYOND_ONE_UNIT = re.compile("[\U00010000-\U0010ffff]")


class LineHashes:
    """The hashes of the lines of one file. ``text`` is all of it, a byte order mark included."""

    def __init__(self, text: str) -> None:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
        self._units = _BEYOND_ONE_UNIT.sub(_pair, text) + _END + "\0" * _UNITS
        self._starts = [0]
        while (end := self._units.find("\n", self._starts[-1])) != -1:
            self._starts.append(end + 1)
        self._numbers: list[int] = []

    def of(self, line: int) -> str | None:
        """The hash of a 1-based line, such as ``c129715d7a2bc9a3:1``; None where there is no such line."""
        if not 0 < line <= len(self._starts):
            return None
        if not self._numbers:
            self._numbers = list(self._count())
        return f"{_polynomial(self._window(self._starts[line - 1])):x}:{self._numbers[line - 1]}"

    def _window(self, start: int) -> str:
        return self._units[start : start + _UNITS]

    def _count(self) -> Iterator[int]:
        """For each line how many lines up to it begin alike: they have the same hash."""
        seen: dict[str, int] = {}
        for start in self._starts:
            window = self._window(start)
            seen[window] = seen.get(window, 0) + 1
            yield seen[window]


def _polynomial(window: str) -> int:
    value = 0
    for unit in window:
        value = value * _BASE + ord(unit)
    return value & 0xFFFF_FFFF_FFFF_FFFF


def _pair(found: re.Match[str]) -> str:
    """The two code units of a character beyond the first plane."""
    above = ord(found.group()) - 0x10000
    return chr(0xD800 + (above >> 10)) + chr(0xDC00 + (above & 0x3FF))
