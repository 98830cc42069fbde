"""Texts that match a regular expression or a LIKE pattern."""

from __future__ import annotations

import importlib
import re
import sys
from functools import lru_cache
from random import Random
from typing import Any

_SRE: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_CLASSES = {
    "[:alpha:]": "A-Za-z",
    "[:alnum:]": "A-Za-z0-9",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:upper:]": "A-Z",
    "[:space:]": " ",
    "[:punct:]": "!-/",
    "[:xdigit:]": "0-9a-f",
    "\\m": "\\b",
    "\\M": "\\b",
    "\\y": "\\b",
}
_CLASS = re.compile("|".join(map(re.escape, _CLASSES)))
_CATEGORIES = {
    "CATEGORY_DIGIT": "0123456789",
    "CATEGORY_SPACE": " ",
    "CATEGORY_WORD": "abcdefghijklmnopqrstuvwxyz0123456789_",
}
_ANY = "abcdefghijklmnopqrstuvwxyz0123456789"


@lru_cache(maxsize=512)
def _parsed(pattern: str) -> Any:
    try:
        return _SRE.parse(_CLASS.sub(lambda m: _CLASSES[m.group()], pattern))
    except (re.error, OverflowError):
        return None


def matching(pattern: str, random: Random) -> str | None:
    """A text that the pattern matches as a whole; None where the pattern is not understood."""
    tree = _parsed(pattern)
    return "".join(_one(item, random) for item in tree) if tree is not None else None


def like(pattern: str, random: Random) -> str:
    """A text that a LIKE pattern matches."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    made = {"%": f"x{random.randrange(1000)}", "_": "a"}
    return "".join(part[1:] if part.startswith("\\") else made.get(part, part) for part in parts)


def _one(item: Any, random: Random) -> str:
    name, value = str(item[0]), item[1]
    if name == "LITERAL":
        return chr(value)
    if name == "ANY":
        return random.choice(_ANY)
    if name == "IN":
        return random.choice(_choices(value))
    if name == "NOT_LITERAL":
        return random.choice(_ANY.replace(chr(value), ""))
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        low, high, inner = value
        times = (
            random.randint(low, min(int(high), low + 8))
            if low >= 6 or int(high) < 6
            else random.randint(max(low, 4), 8)
        )
        times = max(low, min(times, int(high)))
        return "".join(_one(i, random) for _ in range(times) for i in inner)
    if name == "SUBPATTERN":
        return "".join(_one(i, random) for i in value[-1])
    if name == "BRANCH":
        return "".join(_one(i, random) for i in random.choice(value[1]))
    return ""  # anchors and looks


def _choices(members: Any) -> str:
    allowed, negated = "", False
    for kind, value in members:
        name = str(kind)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            allowed += chr(value)
        elif name == "RANGE":
            allowed += "".join(map(chr, range(value[0], min(value[1], value[0] + 128) + 1)))
        elif name == "CATEGORY":
            allowed += _CATEGORIES.get(str(value), "")
    if negated:
        return "".join(c for c in _ANY if c not in allowed) or "~"
    return allowed or "a"
