"""What lowering a statement may ask of the front-end that parsed it."""

from __future__ import annotations

from collections.abc import Callable

from hotlint.operations import Body

BodyParser = Callable[[str, str, int, bool], Body]
"""(language, text of the body, byte location of its literal, whether it belongs to a function) → what stands in it."""


class LowerContext:
    """The text that was parsed, and the way from a function's body to what stands in it.

    ``text`` is what the parser was given; every location in its JSON is a byte offset into the UTF-8 of that.
    ``offset`` turns such a location into a code-point offset in the script.
    """

    __slots__ = ("_bytes", "body", "offset", "text")

    def __init__(self, text: str | bytes, body: BodyParser, offset: Callable[[int], int]) -> None:
        self.text = text
        self.body = body
        self.offset = offset
        self._bytes = text if isinstance(text, bytes) else None

    @property
    def encoded(self) -> bytes:
        """``text`` as the bytes that locations count."""
        if self._bytes is None:
            self._bytes = self.text.encode() if isinstance(self.text, str) else self.text
        return self._bytes


def plain_context(text: str | bytes = "") -> LowerContext:
    """A context for text that is ASCII, or whose offsets do not matter; bodies of functions are left unread."""
    return LowerContext(text, lambda language, body, location, is_function: Body(), lambda byte: byte)
