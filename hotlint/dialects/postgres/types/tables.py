"""The server's own types, casts and operator classes: ``data/types.json``, written by ``tools/generate_types.py``."""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Literal

import msgspec

Context = Literal["i", "a", "e"]  # implicit, assignment, explicit: pg_cast.castcontext
RANK: dict[str, int] = {"i": 0, "a": 1, "e": 2}


class BuiltIn(msgspec.Struct, frozen=True, gc=False):
    """A row of pg_type. ``kind``: b(ase), r(ange), m(ultirange), p(seudo). ``element`` is set for the vectors only."""

    name: str
    category: str
    kind: str
    preferred: bool
    collation: str
    element: str
    modifiable: bool
    extension: str


class Cast(msgspec.Struct, frozen=True, gc=False):
    """A row of pg_cast. ``method``: f(unction), b(inary), i(nput and output). ``support``: its function can tell the
    planner that there is nothing to do."""

    source: str
    target: str
    context: str
    method: str
    support: bool
    volatility: str


class OperatorClass(msgspec.Struct, frozen=True, gc=False):
    """A row of pg_opclass. ``verbatim``: its indexes hold the values themselves, not hashes or parts of them."""

    method: str
    name: str
    family: str
    input: str
    default: bool
    verbatim: bool


class Tables:
    """What one major version knows."""

    __slots__ = ("casts", "defaults", "equality", "opclasses", "text_io", "types", "zero_zones")

    def __init__(self, data: dict[str, list[Any]], major: int) -> None:
        def rows(section: str, width: int) -> list[list[Any]]:
            return [r[:width] for r in data[section] if len(r) == width or r[width] <= major <= r[width + 1]]

        self.types = {row[0]: BuiltIn(*row) for row in rows("types", 8)}
        self.casts = {(row[0], row[1]): Cast(*row) for row in rows("casts", 6)}
        self.opclasses: dict[tuple[str, str], OperatorClass] = {}
        self.defaults: dict[str, list[OperatorClass]] = {}
        for row in rows("opclasses", 6):
            opclass = OperatorClass(*row)
            self.opclasses[opclass.method, opclass.name] = opclass
            if opclass.default:
                self.defaults.setdefault(opclass.method, []).append(opclass)
        self.equality = frozenset((family, left, right) for family, left, right in rows("equality", 3))
        self.text_io = {name: (reads, writes) for name, reads, writes in rows("text_io", 3)}
        self.zero_zones = frozenset(data["zero_zones"])


@cache
def _data() -> dict[str, list[Any]]:
    with open(os.path.join(os.path.dirname(os.path.dirname(__file__)), "data", "types.json"), "rb") as file:
        decoded: dict[str, list[Any]] = msgspec.json.decode(file.read())
    return decoded


@cache
def tables(major: int) -> Tables:
    """The tables of one major version; read once, about a millisecond."""
    return Tables(_data(), major)
