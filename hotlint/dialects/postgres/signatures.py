"""What the server's own functions and operators take and give: ``data/signatures.json``, written by
``tools/generate_signatures.py``."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import msgspec


class Signature(msgspec.Struct, frozen=True, gc=False):
    """One function. Types go by their plain name, arrays by that of their elements with ``[]``; the last of ``takes``
    of a ``variadic`` one is the array that its further arguments make. ``kind``: f(unction), a(ggregate), w(indow
    function), p(rocedure). ``rows``: it returns a set."""

    takes: tuple[str, ...]
    gives: str
    defaults: int = 0
    variadic: bool = False
    rows: bool = False
    kind: str = "f"

    def spread(self, count: int) -> tuple[str, ...] | None:
        """The types for ``count`` arguments, None where it does not take so many."""
        if self.variadic and count >= len(self.takes) - 1:
            last = self.takes[-1]
            element = "any" if last in ("any", "anyarray") else last.removesuffix("[]")
            fixed = self.takes[:-1]
            return (*fixed, *[element] * (count - len(fixed)))
        return self.takes[:count] if len(self.takes) - self.defaults <= count <= len(self.takes) else None


class Operation(msgspec.Struct, frozen=True, gc=False):
    """One operator; ``left`` is empty for a prefix operator."""

    left: str
    right: str
    gives: str


class Signatures:
    """What one major version has."""

    __slots__ = ("functions", "opclasses", "operators")

    def __init__(self, data: dict[str, list[Any]], major: int) -> None:
        def rows(section: str, width: int) -> list[list[Any]]:
            return [r[:width] for r in data[section] if len(r) == width or r[width] <= major <= r[width + 1]]

        self.functions: dict[str, list[Signature]] = {}
        for name, takes, defaults, variadic, gives, many, kind in rows("functions", 7):
            found = Signature(tuple(map(_plain, takes.split())), _plain(gives), defaults, variadic, many, kind)
            self.functions.setdefault(name, []).append(found)
        self.operators: dict[str, list[Operation]] = {}
        for name, left, right, gives in rows("operators", 4):
            self.operators.setdefault(name, []).append(Operation(_plain(left), _plain(right), _plain(gives)))
        self.opclasses = frozenset((method, name) for method, name in rows("opclasses", 2))
        if major < _EXTRACT_SINCE:
            self.functions["extract"] = self.functions["date_part"]


_EXTRACT_SINCE = 14  # release 14: EXTRACT is a function of its own, which gives numeric


def _plain(name: str) -> str:
    return name[1:] + "[]" if name[:1] == "_" else name


@cache
def signatures(major: int) -> Signatures:
    """The tables of one major version; read once, about ten milliseconds, so only where an expression asks for it."""
    with open(os.path.join(os.path.dirname(__file__), "data", "signatures.json"), "rb") as file:
        return Signatures(msgspec.json.decode(file.read()), major)
