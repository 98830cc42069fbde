"""The server's own functions and operators: ``data/functions.json``, written by ``tools/generate_functions.py``."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import msgspec


class Overload(msgspec.Struct, frozen=True, gc=False):
    """A function that shares its name with one of another volatility; it takes ``least`` to ``most`` arguments."""

    types: tuple[str, ...]
    least: int
    most: int
    volatility: str


class OperatorRow(msgspec.Struct, frozen=True, gc=False):
    """An operator that shares its name with one that is not immutable; ``left`` is empty for a prefix operator."""

    left: str
    right: str
    result: str
    volatility: str


class Procedures:
    """What one major version knows. Volatilities are letters: i, s, v; several where the overloads of a name differ.

    ``extensions`` maps a function's name to the extensions that have it; ``returns`` gives the type of functions whose
    overloads all return the same one, where that is a date, a time or a text.
    """

    __slots__ = ("built_in", "extensions", "operators", "overloads", "returns")

    def __init__(self, data: dict[str, Any], major: int) -> None:
        self.built_in: dict[str, str] = {}
        self.extensions: dict[str, list[tuple[str, str]]] = {}
        for key, names in data["functions"].items():
            extension, letters, first, last = key.split("/")
            if not int(first) <= major <= int(last):
                continue
            if extension:
                for name in names.split():
                    self.extensions.setdefault(name, []).append((extension, letters))
            else:
                self.built_in.update(dict.fromkeys(names.split(), letters))
        self.overloads: dict[str, list[Overload]] = {}
        for name, types, least, most, letter, *span in data["overloads"]:
            if _within(span, major):
                self.overloads.setdefault(name, []).append(Overload(tuple(types.split()), least, most, letter))
        self.operators: dict[str, list[OperatorRow]] = {}
        for name, left, right, result, letter, *span in data["operators"]:
            if _within(span, major):
                self.operators.setdefault(name, []).append(OperatorRow(left, right, result, letter))
        self.returns = {name: result for result, names in data["returns"].items() for name in names.split()}
        if major < 14:  # EXTRACT was a spelling of date_part, whose overloads are the same
            self.built_in["extract"] = self.built_in["date_part"]
            self.overloads["extract"] = self.overloads["date_part"]


def _within(span: list[int], major: int) -> bool:
    return not span or span[0] <= major <= span[1]


@cache
def _data() -> dict[str, Any]:
    with open(os.path.join(os.path.dirname(__file__), "data", "functions.json"), "rb") as file:
        decoded: dict[str, Any] = msgspec.json.decode(file.read())
    return decoded


@cache
def procedures(major: int) -> Procedures:
    """The tables of one major version; read once, about two milliseconds."""
    return Procedures(_data(), major)
