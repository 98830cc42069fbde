"""String constants, and expressions that are nothing but string constants."""

from __future__ import annotations

import re

from hotlint.catalog.names import quote
from hotlint.dialects.postgres.scan import Token, tokens
from hotlint.patterns import lazy

_ESCAPE = lazy(r"''|\\(?:x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{1,3}|[\s\S])|[^\\']+", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_VERB = lazy(r"%(?:(\d+)\$)?([sIL%])")


def literal_text(literal: str) -> tuple[str, int | list[int]]:
    """The value of a string constant, and where its characters stand in it: all equally far in, or each by its own.

    A list of offsets has one more at its end, for the end of the value.
    """
    if literal.startswith("$"):
        far = literal.index("$", 1) + 1
        return literal[far : len(literal) - far], far
    far = literal.index("'") + 1
    inner = literal[far:-1]
    escapes = literal[0] in "eE" and "\\" in inner
    if not escapes and "'" not in inner:
        return inner, far
    value: list[str] = []
    offsets: list[int] = []
    for found in _ESCAPE.finditer(inner) if escapes else re.finditer(r"''|[^']+", inner):
        piece = found.group()
        if piece == "''" or piece[0] == "\\":
            piece = "'" if piece == "''" else _unescaped(piece[1:])
            offsets += [far + found.start()] * len(piece)
        else:
            offsets += range(far + found.start(), far + found.end())
        value.append(piece)
    offsets.append(far + len(inner))  # where the value ends
    return "".join(value), offsets


def _unescaped(escape: str) -> str:
    head = escape[0]
    if head in "xuU" and len(escape) > 1:
        code = int(escape[1:], 16)
        return chr(code) if code <= 0x10FFFF else "\ufffd"
    if head in "01234567":
        return chr(int(escape, 8) & 0xFF)
    return _LETTERS.get(head, escape)


def constant_text(expression: str) -> tuple[str, int, int | list[int] | None] | None:
    """The value of an expression of string constants, or None where it has anything else in it.

    Constants may be joined with ``||`` and formatted with ``format()``. Gives the value, the offset of the constant
    that it is, and how far into that its characters stand (``literal_text``; None where it was put together).
    """
    items = list(tokens(expression))
    while len(items) > 2 and expression[items[0][1]] == "(" and expression[items[-1][1]] == ")":
        items = items[1:-1]
    if len(items) == 1 and items[0][0] == "string":
        value, offsets = literal_text(expression[items[0][1] : items[0][2]])
        return value, items[0][1], offsets
    joined = _joined(expression, items)
    if joined is None:
        joined = _formatted(expression, items)
    return None if joined is None else (joined, 0, None)


def _joined(expression: str, items: list[Token]) -> str | None:
    """``'a' || 'b' || …``"""
    if len(items) % 2 == 0:
        return None
    pieces: list[str] = []
    for index, (kind, start, end) in enumerate(items):
        if index % 2:
            if expression[start:end] != "||":
                return None
        elif kind != "string":
            return None
        else:
            pieces.append(literal_text(expression[start:end])[0])
    return "".join(pieces)


def _formatted(expression: str, items: list[Token]) -> str | None:
    """``format('…', 'a', 'b')`` with plain positional verbs."""
    words = [expression[start:end] for _, start, end in items]
    if len(words) < 4 or words[0].lower() != "format" or words[1] != "(" or words[-1] != ")":
        return None
    inner = items[2:-1]
    if any(kind != "string" for kind, _, _ in inner[::2]) or any(word != "," for word in words[3:-1:2]):
        return None
    if len(inner) % 2 == 0:
        return None
    pattern, *arguments = [literal_text(expression[start:end])[0] for _, start, end in inner[::2]]
    used = 0

    def verb(found: re.Match[str]) -> str:
        nonlocal used
        if found.group(2) == "%":
            return "%"
        used = int(found.group(1)) if found.group(1) else used + 1
        argument = arguments[used - 1]
        if found.group(2) == "I":
            return quote(argument)
        return "'" + argument.replace("'", "''") + "'" if found.group(2) == "L" else argument

    if "%" in _VERB.sub("", pattern):
        return None
    try:
        return _VERB.sub(verb, pattern)
    except IndexError:  # too few arguments: the server refuses it as well, when it runs
        return None
