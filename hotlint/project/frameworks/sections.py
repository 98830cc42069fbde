"""Files with several parts: an up and a down section, statements sent as a whole, chunks."""

from __future__ import annotations

import re
from typing import NamedTuple

from hotlint.source import Region


def split_at(text: str, mark: re.Pattern[str], *, single: bool = False) -> tuple[Region, ...]:
    """The regions between the marks, those with nothing but white space left out."""
    regions = []
    start = 0
    for match in mark.finditer(text):
        regions.append((start, match.start()))
        start = match.end()
    regions.append((start, len(text)))
    return tuple(Region(a, b, single) for a, b in regions if text[a:b].strip())


class Sections(NamedTuple):
    """What the marks in a file say. ``directive`` is the span of the mark that switches the up section's transaction
    off; a section that is not there is None."""

    up: tuple[Region, ...] | None
    down: tuple[Region, ...] | None
    directive: tuple[int, int] | None = None
    down_directive: tuple[int, int] | None = None


class SectionReader:
    """Collects regions while the marks of a file are gone through from the top."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.regions: dict[str, list[Region]] = {}
        self.section: str | None = None
        self._start = 0

    def open(self, section: str, at: int) -> None:
        """A section starts at ``at``."""
        self.section = section
        self.regions.setdefault(section, [])
        self._start = at

    def cut(self, at: int, resume: int, *, single: bool = False) -> None:
        """The text up to ``at`` is done, and what follows starts at ``resume``."""
        if self.section is not None and self.text[self._start : at].strip():
            self.regions[self.section].append(Region(self._start, at, single))
        self._start = resume

    def finish(self) -> None:
        """The file ends."""
        self.cut(len(self.text), len(self.text))

    def of(self, section: str) -> tuple[Region, ...] | None:
        """The regions of a section; None where the file has no such section."""
        found = self.regions.get(section)
        return None if found is None else tuple(found)
