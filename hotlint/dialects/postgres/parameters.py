"""Configuration parameters and their values: ``data/parameters.json``, written by ``tools/generate_signatures.py``."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import msgspec

from hotlint.patterns import lazy


class Parameter(msgspec.Struct, frozen=True, gc=False):
    """A row of pg_settings. ``words`` are the values of an enum that are shown; hidden spellings may exist."""

    name: str
    context: str
    type: str
    unit: str
    least: str | None
    most: str | None
    words: str


# Parameters that pg_settings does not show, and old names (guc.c: GUC_NO_SHOW_ALL, map_old_guc_names).
_HIDDEN = frozenset(
    [
        "all",
        "default_with_oids",
        "is_superuser",
        "lc_collate",
        "lc_ctype",
        "role",
        "seed",
        "session_authorization",
        "sort_mem",
        "ssl_renegotiation_limit",
        "transaction_deferrable",
        "transaction_isolation",
        "transaction_read_only",
        "vacuum_mem",
    ]
)
# The server takes them at its start, from its files or at the connection's start only (guc.c: set_config_option).
_FIXED = frozenset(["internal", "postmaster", "sighup", "backend", "superuser-backend"])
_BOOLEANS = frozenset(["on", "of", "off", "1", "0"]).union(
    word[:length] for word in ("true", "false", "yes", "no") for length in range(1, len(word) + 1)
)
# Words that stand for a unit of time or memory; they are case-sensitive (guc.c: convert_to_base_unit).
_NUMBER = lazy(r"\s*[+-]?(0[xX][0-9a-fA-F]+|\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)\s*([A-Za-z]*)\s*\Z")
_UNIT = lazy(r"(\d*)([A-Za-z]+)\Z")
_TIME = {"us": 0.001, "ms": 1.0, "s": 1e3, "min": 6e4, "h": 3.6e6, "d": 8.64e7}
_MEMORY = {"B": 1.0, "kB": 1024.0, "MB": 1024.0**2, "GB": 1024.0**3, "TB": 1024.0**4}


def setting_error(name: str, values: tuple[str, ...] | None, major: int) -> str | None:
    """The SQLSTATE with which SET or RESET of a parameter is refused; None where it is not, or where that is not known.

    A name with a dot may be that of a library's parameter, or of nobody's: the server takes it.
    """
    name = name.lower()
    if "." in name or name in _HIDDEN:
        return None
    found = _parameters(major).get(name)
    if found is None:
        return "42704"
    if found.context in _FIXED:
        return "55P02"
    return "22023" if values is not None and len(values) == 1 and _refuses(found, values[0]) else None


def _refuses(parameter: Parameter, value: str) -> bool:
    if parameter.type == "bool":
        return value.lower() not in _BOOLEANS
    if parameter.type == "enum":
        # Enums of an on and an off, and some others, have spellings that are not shown.
        shown = parameter.words.split()
        return not shown or (value.lower() not in shown and value.lower() not in _BOOLEANS and value not in _SPELLINGS)
    return parameter.type in ("integer", "real") and _no_number(parameter, value)


_SPELLINGS = frozenset(["debug", "fatal", "panic", "safe_encoding"])


def _no_number(parameter: Parameter, value: str) -> bool:
    match = _NUMBER.match(value)
    if match is None:
        return True
    text, unit = match.group(1), match.group(4)
    if text.lower().startswith("0x"):
        return False
    number = float(match.group(0).strip().removesuffix(unit))
    if unit:
        own = _UNIT.match(parameter.unit)
        units = _TIME if own and own.group(2) in _TIME else _MEMORY if own else {}
        if own is None or unit not in units:
            return True
        number = number * units[unit] / (float(own.group(1) or 1) * units[own.group(2)])
    least, most = parameter.least, parameter.most
    return (least is not None and number < float(least) - 0.5) or (most is not None and number > float(most) + 0.5)


@cache
def _parameters(major: int) -> dict[str, Parameter]:
    with open(os.path.join(os.path.dirname(__file__), "data", "parameters.json"), "rb") as file:
        rows: list[Any] = msgspec.json.decode(file.read())["parameters"]
    kept = [r[:7] for r in rows if len(r) == 7 or r[7] <= major <= r[8]]
    return {row[0].lower(): Parameter(*row) for row in kept}
