"""Where the text of a body stands in the script, when it is a string constant of the statement around it."""

from __future__ import annotations

from hotlint.dialects.postgres.scan import TextMap


class Place:
    """Where a body stands: ``at`` in the text that was parsed, and how far into it each of the body's characters is.

    ``offsets`` is a number where all are equally far, a list where escapes were taken out, None where it is unknown;
    every span is then the statement's first character.
    """

    __slots__ = ("at", "filled", "offsets")

    def __init__(self, filled: TextMap, at: int, offsets: int | list[int] | None) -> None:
        self.filled = filled
        self.at = at
        self.offsets = offsets

    def position(self, offset: int) -> int:
        """The script offset of an offset in the body."""
        return self.filled.script(self._inner(offset))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The script span of a span of the body."""
        first = self._inner(start)
        last = self._inner(end) if end > start else first
        return self.filled.script(first), self.filled.script_end(last) if last > first else self.filled.script(first)

    def _inner(self, offset: int) -> int:
        offsets = self.offsets
        if offsets is None:
            return self.at
        if isinstance(offsets, int):
            return self.at + offsets + offset
        return self.at + offsets[min(offset, len(offsets) - 1)]

    def inside(self, offset: int, further: int | list[int]) -> Place:
        """The place of a literal that begins at ``offset`` of this body and whose characters are at ``further``."""
        offsets = self.offsets
        if isinstance(offsets, int):
            return Place(self.filled, self.at + offsets + offset, further)
        if offsets is None:
            return self
        last = len(offsets) - 1
        inner = further if isinstance(further, list) else range(further, last + 1 - offset)
        return Place(self.filled, self.at, [offsets[min(offset + step, last)] for step in inner] or [offsets[last]])
