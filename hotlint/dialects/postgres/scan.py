"""Where tokens begin and end in PostgreSQL's SQL: as much of its lexer (scan.l) as cutting and searching text takes.

All offsets are code points. The lexer assumes ``standard_conforming_strings = on``, the default since 9.1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Literal

from hotlint.patterns import lazy

TokenKind = Literal["word", "quoted", "string", "number", "parameter", "operator", "punctuation", "comment", "open"]
"""``quoted`` is a quoted identifier; ``string`` is any string constant, dollar quotes included; ``open`` is a quote or
block comment that never ends, and reaches to the end of the text."""

Token = tuple[TokenKind, int, int]

# A quote that closes must not be half of a doubled one: the look-ahead keeps the engine from ending there.
_ESCAPE_STRING = r"[eE]'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'(?!')"
_PLAIN_STRING = r"(?:[uU]&|[bBxXnN])?'[^']*(?:''[^']*)*'(?!')"
_IDENTIFIER = r'(?:[uU]&)?"[^"]*(?:""[^"]*)*"(?!")'
# Letters are whatever is not another ASCII character: said the other way round, with the range up to U+10FFFF, the
# patterns take ten times as long to compile, and longer than a small history takes to check.
_LETTER = r"[^\x00-@\[-\^`{-\x7f]"
_DOLLAR = rf"\$(?:{_LETTER}[^\x00-/:-@\[-\^`{{-\x7f]*)?\$"
_LINE_COMMENT = r"--[^\n\r]*"
_WORD = rf"{_LETTER}[^\x00-#%-/:-@\[-\^`{{-\x7f]*"
_NUMBER = r"\d[\w]*(?:\.(?!\.)[\w]*)?(?:(?<=[eE])[+-]\d+)?|\.\d[\w]*"
_OPERATOR = r"(?:(?!--|/\*)[-+*/<>=~!@#%^&|`?])+"

_TOKEN = lazy(
    rf"(?P<skip>[ \t\n\r\f\v]+)|(?P<comment>{_LINE_COMMENT})|(?P<block>/\*)"
    rf"|(?P<string>{_ESCAPE_STRING}|{_PLAIN_STRING})|(?P<quoted>{_IDENTIFIER})|(?P<dollar>{_DOLLAR})"
    rf"|(?P<open>(?:[uU]&|[eEbBxXnN])?'|(?:[uU]&)?\")"
    rf"|(?P<word>{_WORD})|(?P<number>{_NUMBER})|(?P<parameter>\$\d+)"
    rf"|(?P<punctuation>::|:=|\.\.|[^\w\s])|(?P<other>[\s\S])"
)
_OPERATORS = lazy(_OPERATOR)
_OPERATOR_CHARACTERS = frozenset("-+*/<>=~!@#%^&|`?")

# The same, for those who only want to step over what is quoted: everything between two marks is passed in one leap.
_MARK = lazy(
    rf"(?P<comment>{_LINE_COMMENT})|(?P<block>/\*)"
    rf"|(?P<string>(?<![\w$]){_ESCAPE_STRING}|'[^']*(?:''[^']*)*'(?!'))|(?P<quoted>\"[^\"]*(?:\"\"[^\"]*)*\"(?!\"))"
    rf"|(?P<dollar>(?<![\w$]){_DOLLAR})|(?P<open>['\"])"
)
_BLOCK_EDGE = lazy(r"/\*|\*/")
_LINE = lazy(_LINE_COMMENT)
_BLANK = lazy(r"[ \t\n\r\f\v]*")


def tokens(text: str, start: int = 0, end: int | None = None, *, comments: bool = False) -> Iterator[Token]:
    """The tokens of ``text[start:end]`` as (kind, start, end); no white space, comments when asked for."""
    end = len(text) if end is None else end
    match = _TOKEN.match
    at = start
    while at < end:
        found = match(text, at, end)
        assert found is not None  # the last alternative takes any character
        kind = found.lastgroup
        stop = found.end()
        if kind == "skip":
            at = stop
            continue
        if kind == "block":
            stop = _block_end(text, at, end)
            kind = "comment" if stop > 0 else "open"
            stop = stop if stop > 0 else end
        elif kind == "dollar":
            close = text.find(found.group(), stop, end)
            kind, stop = ("string", close + stop - at) if close != -1 else ("open", end)
        elif kind == "open":
            stop = end
        elif kind == "punctuation" and text[at] in _OPERATOR_CHARACTERS:
            operator = _OPERATORS.match(text, at, end)
            kind, stop = "operator", operator.end() if operator else stop
        elif kind == "other":
            kind = "punctuation"
        if kind != "comment" or comments:
            yield kind, at, stop  # type: ignore[misc]
        at = stop


def marks(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Only what is quoted or commented: tokens of the kinds ``comment``, ``string``, ``quoted`` and ``open``."""
    end = len(text) if end is None else end
    search = _MARK.search
    found = search(text, start, end)
    while found is not None:
        kind = found.lastgroup
        at, stop = found.span()
        if kind == "block":
            stop = _block_end(text, at, end)
            kind = "comment" if stop > 0 else "open"
            stop = stop if stop > 0 else end
        elif kind == "dollar":
            close = text.find(found.group(), stop, end)
            kind, stop = ("string", close + stop - at) if close != -1 else ("open", end)
        elif kind == "open":
            stop = end
        yield kind, at, stop  # type: ignore[misc]
        found = search(text, stop, end)


def comments(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, str]]:
    """The comments of ``text[start:end]``, each as (start, end, text with its marks)."""
    if text.find("--", start, end) == -1 and text.find("/*", start, end) == -1:
        return
    for kind, at, stop in marks(text, start, end):
        if kind == "comment":
            yield at, stop, text[at:stop]


def skip_blank(text: str, at: int, end: int) -> int:
    """The offset of the first token at or after ``at``, or ``end``: white space and comments are stepped over."""
    while True:
        found = _BLANK.match(text, at, end)
        at = found.end() if found else at
        if text.startswith("--", at):
            line = _LINE.match(text, at, end)
            at = line.end() if line else end
        elif text.startswith("/*", at):
            stop = _block_end(text, at, end)
            if stop < 0:
                return at
            at = stop
        else:
            return min(at, end)


def trim_end(text: str, start: int, end: int) -> int:
    """The end of the last token of ``text[start:end]``, which begins with a token."""
    while end > start and text[end - 1] in " \t\n\r\f\v":
        end -= 1
    line = max(text.rfind("\n", start, end), text.rfind("\r", start, end), start - 1)
    if text.find("--", line + 1, end) == -1 and not text.endswith("*/", start, end):
        return end
    last = start
    for _kind, _at, stop in tokens(text, start, end):
        last = stop
    return last


def parts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The pieces of ``text[start:end]`` between its top-level commas, trimmed to their tokens."""
    found: list[tuple[int, int]] = []
    depth, first, last = 0, -1, start
    for kind, at, stop in tokens(text, start, end):
        if kind == "punctuation":
            character = text[at]
            if character in "([":
                depth += 1
            elif character in ")]":
                depth -= 1
            elif character == "," and depth == 0:
                found.append((first if first >= 0 else at, last))
                first = -1
                continue
        if first < 0:
            first = at
        last = stop
    if first >= 0:
        found.append((first, last))
    return found


def split(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The statements of ``text[start:end]``, first token to last token, without semicolons; empty ones are left out.

    A semicolon inside parentheses ends a statement too, except in CREATE RULE, the one statement whose grammar has it
    there; so an unclosed parenthesis costs one statement and not the rest of the file. The semicolons between BEGIN
    ATOMIC and its END belong to the body.
    """
    found: list[tuple[int, int]] = []
    words: list[str] = []  # the statement's first words
    first, last, depth, atomic = -1, start, 0, 0
    for kind, at, stop in tokens(text, start, end):
        if kind == "punctuation":
            character = text[at]
            if character == ";" and not atomic and (depth <= 0 or "RULE" not in words):
                if first >= 0:
                    found.append((first, last))
                first, depth, words = -1, 0, []
                continue
            depth += 1 if character == "(" else -1 if character == ")" else 0
        elif kind == "word" and (len(words) < 4 or "FUNCTION" in words or "PROCEDURE" in words):
            word = text[at:stop].upper()
            if len(words) < 4:
                words.append(word)
            atomic = _atomic_depth(atomic, text[last - 5 : last].upper(), word)
        if first < 0:
            first = at
        last = stop
    if first >= 0:
        found.append((first, last))
    return found


def _atomic_depth(depth: int, before: str, word: str) -> int:
    """How many ENDs are still to come in a function with a BEGIN ATOMIC body: CASE has one of its own."""
    if depth == 0:
        return 1 if word == "ATOMIC" and before == "BEGIN" else 0
    if word == "CASE":
        return depth + 1
    return depth - 1 if word == "END" else depth


def _block_end(text: str, at: int, end: int) -> int:
    """The end of the block comment that opens at ``at``, nested ones included; -1 where it never closes."""
    depth = 0
    for edge in _BLOCK_EDGE.finditer(text, at, end):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return -1


class TextMap:
    """From positions in the text that was parsed to offsets in the script.

    ``text`` is what was parsed, ``base`` the script offset of its first character. ``edits`` are the places where they
    differ in length, in order: (start, end) in ``text`` and (start, end) in the script. A position inside a replaced
    piece is the start of what it replaces.
    """

    __slots__ = ("_byte", "_char", "_data", "_starts", "base", "edits", "text")

    def __init__(self, text: str, base: int, edits: tuple[tuple[int, int, int, int], ...] = ()) -> None:
        self.text = text
        self.base = base
        self.edits = edits
        self._starts = [edit[0] for edit in edits]
        self._data = None if text.isascii() else text.encode("utf-8", "replace")
        self._byte = self._char = 0

    def characters(self, byte: int) -> int:
        """The code-point offset in ``text`` of a byte offset in its UTF-8 form."""
        data = self._data
        if data is None:
            return byte
        # Questions come nearly in order: count from the last answer.
        if byte >= self._byte:
            self._char += len(data[self._byte : byte].decode("utf-8", "ignore"))
        else:
            self._char -= len(data[byte : self._byte].decode("utf-8", "ignore"))
        self._byte = byte
        return self._char

    def script(self, character: int) -> int:
        """The script offset of a code-point offset in ``text``."""
        if not self.edits:
            return self.base + character
        index = bisect_right(self._starts, character) - 1
        if index < 0:
            return self.base + character
        _, filled_end, origin, origin_end = self.edits[index]
        return origin if character < filled_end else origin_end + character - filled_end

    def script_end(self, character: int) -> int:
        """The script offset of the end of a span: the end of a replaced piece is the end of what it replaces."""
        index = bisect_right(self._starts, character - 1) - 1
        if index >= 0 and character <= self.edits[index][1]:
            return self.edits[index][3]
        return self.script(character - 1) + 1

    def part(self, start: int, end: int) -> TextMap:
        """The map of ``text[start:end]`` alone."""
        near = self.edits[max(bisect_right(self._starts, start) - 1, 0) : bisect_right(self._starts, end)]
        inside = tuple((a - start, b - start, c, d) for a, b, c, d in near if a < end and b > start)
        return TextMap(self.text[start:end], self.script(start), inside)

    def filled(self, start: int, end: int) -> bool:
        """Whether a replaced piece stands in ``text[start:end]``."""
        if not self.edits:
            return False
        index = bisect_right(self._starts, end - 1) - 1
        return index >= 0 and self.edits[index][1] > start
