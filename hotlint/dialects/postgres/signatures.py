"""What the server's own functions and operators take and give: ``data/signatures.json``, written by
``tools/generate_signatures.py``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Generic, TypeVar

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


Row = TypeVar("Row")


class _ByName(Generic[Row]):
    """Rows by their first field, made into structs when somebody asks for a name: most are never asked for."""

    __slots__ = ("_made", "_make", "_rows")

    def __init__(self, rows: Iterable[list[Any]], make: Callable[[list[Any]], Row]) -> None:
        self._make = make
        self._made: dict[str, list[Row]] = {}
        self._rows: dict[str, list[list[Any]]] = {}
        for row in rows:
            self._rows.setdefault(row[0], []).append(row)

    def __contains__(self, name: str) -> bool:
        return name in self._rows

    def get(self, name: str) -> list[Row]:
        """The rows of that name."""
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = [self._make(row) for row in self._rows.get(name, ())]
        return found

    def rename(self, old: str, new: str) -> None:
        """Lets ``new`` mean what ``old`` means."""
        self._rows[new] = self._rows[old]


class Signatures:
    """What one major version has."""

    __slots__ = ("functions", "operators")

    def __init__(self, data: dict[str, list[Any]], major: int) -> None:
        def rows(section: str, width: int) -> list[list[Any]]:
            return [r for r in data[section] if len(r) == width or r[width] <= major <= r[width + 1]]

        self.functions = _ByName(rows("functions", 7), _signature)
        self.operators = _ByName(rows("operators", 4), _operation)
        if major < _EXTRACT_SINCE:
            self.functions.rename("date_part", "extract")


def _signature(row: list[Any]) -> Signature:
    _, takes, defaults, variadic, gives, rows, kind = row[:7]
    return Signature(tuple(map(_plain, takes.split())), _plain(gives), defaults, variadic, rows, kind)


def _operation(row: list[Any]) -> Operation:
    return Operation(*map(_plain, row[1:4]))


_EXTRACT_SINCE = 14  # release 14: EXTRACT is a function of its own, which gives numeric


def _plain(name: str) -> str:
    return name[1:] + "[]" if name[:1] == "_" else name


@cache
def signatures(major: int) -> Signatures:
    """The tables of one major version; read once, a few milliseconds, so only where an expression asks for it."""
    with open(os.path.join(os.path.dirname(__file__), "data", "signatures.json"), "rb") as file:
        return Signatures(msgspec.json.decode(file.read()), major)
