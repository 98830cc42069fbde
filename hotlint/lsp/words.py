"""The names in a stretch of SQL: what stands under the cursor, and where a name occurs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hotlint.dialects.postgres.scan import tokens


class Word(NamedTuple):
    """An identifier or key word, folded and unquoted, with its code points; ``before`` are the names that a dot joins
    to it on the left, ``after`` whether a dot and a name follow; ``previous`` is the word before all of these."""

    name: str
    start: int
    end: int
    before: tuple[str, ...] = ()
    previous: str = ""


def words(text: str, start: int, end: int) -> Iterator[Word]:
    """The words of ``text[start:end]``, those inside dollar quotes too (DO blocks, bodies of functions)."""
    chain: tuple[str, ...] = ()
    dotted = False
    last = previous = ""
    for kind, at, stop in tokens(text, start, end):
        if kind in ("word", "quoted"):
            name = _folded(text[at:stop])
            if not dotted:
                chain, previous = (), last
            yield Word(name, at, stop, chain, previous)
            chain, last, dotted = (*chain, name), name, False
            continue
        dotted = text[at:stop] == "." and bool(chain)
        if kind == "string" and text[at] == "$":
            mark = text.index("$", at + 1) + 1 - at
            yield from words(text, at + mark, stop - mark)
        if not dotted:
            chain = ()
            last = last if kind != "punctuation" else text[at:stop]


def word_at(text: str, start: int, end: int, offset: int) -> Word | None:
    """The word around an offset, or the one that ends there."""
    ending = None
    for word in words(text, start, end):
        if word.start <= offset < word.end:
            return word
        if word.end == offset:
            ending = word
    return ending


def _folded(token: str) -> str:
    if token.startswith('"'):
        return token[1:-1].replace('""', '"')
    return token.lower()
