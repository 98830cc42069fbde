"""How the server gets from one type to another, and whether the stored bytes stay as they are.

Follows parse_coerce.c (coerce_to_target_type, coerce_type, coerce_type_typmod, coerce_to_domain, find_coercion_pathway)
and the planner support functions of the length coercions, which is what decides on versions 12 to 18.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from hotlint.dialects.postgres.types.names import (
    INTERVAL_FULL_RANGE,
    INTERVAL_LEAST,
    MAX_PRECISION,
    Modifiers,
    Resolved,
    has_constraints,
)
from hotlint.dialects.postgres.types.tables import RANK, Context, tables

Pathway = Literal["relabel", "zone", "function", "io", "array"]
Cost = Literal["free", "zone", "rewrite"]  # "zone": free if the session's time zone is always at UTC, else a rewrite
_WORSE: dict[Cost, int] = {"free": 0, "zone": 1, "rewrite": 2}
_ZONE_CASTS = frozenset([("timestamp", "timestamptz"), ("timestamptz", "timestamp")])
_VECTORS = frozenset(["oidvector", "int2vector"])


class Coercion(msgspec.Struct, frozen=True, gc=False):
    """A coercion that exists: what it costs per row, and the modifiers of its result."""

    cost: Cost
    modifiers: Modifiers


class CannotTell(Exception):
    """A type whose casts the history does not show."""


def worse(a: Cost, b: Cost) -> Cost:
    """The more expensive of two costs."""
    return a if _WORSE[a] >= _WORSE[b] else b


def pathway(source: Resolved, target: Resolved, context: Context, major: int) -> Pathway | None:
    """The way from ``source`` to ``target``, None where there is none (parse_coerce.c: find_coercion_pathway).

    Raises:
        CannotTell: for a type made outside the history.
    """
    source, target = source.bottom, target.bottom
    if source.name == target.name:
        return "relabel"
    cast = tables(major).casts.get((source.name, target.name))
    if cast is not None:
        if RANK[context] < RANK[cast.context]:
            return None
        if cast.method == "b":
            return "relabel"
        return "zone" if (source.name, target.name) in _ZONE_CASTS else "function" if cast.method == "f" else "io"
    if not (source.known and target.known):
        raise CannotTell(f"casts between {source.sql} and {target.sql} may exist")
    if source.element and target.element and target.name not in _VECTORS:
        found = pathway(source.element, target.element, context, major)
        if found is not None:
            return "array"
    if context != "i" and target.category == "S":
        return "io"
    if context == "e" and source.category == "S":
        return "io"
    return None


def coerce(
    source: Resolved, had: Modifiers, target: Resolved, wanted: Modifiers, context: Context, major: int
) -> Coercion | None:
    """The coercion of a value of ``source`` with modifiers ``had``; None where the server has none.

    Raises:
        CannotTell: for a type made outside the history.
    """
    if source.name == target.name:
        return Coercion(length_cost(target, had, wanted, major), wanted)
    way = pathway(source, target, context, major)
    if way is None:
        return None
    cost: Cost = "free" if way == "relabel" else "zone" if way == "zone" else "rewrite"
    if target.base is not None:
        base, base_modifiers = _base_and_modifiers(target)
        # A cast function leaves no modifiers behind; a relabelled value still shows those that it had.
        start = had if way == "relabel" else ()
        cost = worse(cost, length_cost(base, start, base_modifiers, major))
        return Coercion("rewrite" if has_constraints(target) else cost, ())
    return Coercion(worse(cost, length_cost(target, (), wanted, major)), wanted)


def _base_and_modifiers(domain: Resolved) -> tuple[Resolved, Modifiers]:
    """The type under all domains and the modifiers that the innermost gives (getBaseTypeAndTypmod)."""
    modifiers: Modifiers = ()
    while domain.base is not None:
        modifiers = domain.base_modifiers
        domain = domain.base
    return domain, modifiers


def length_cost(type: Resolved, had: Modifiers, wanted: Modifiers, major: int) -> Cost:
    """What it costs to give a value of ``type`` other modifiers (coerce_type_typmod and its support functions)."""
    if had == wanted or not wanted:
        return "free"
    plain = (type.element or type).name
    length = tables(major).casts.get((plain, plain))
    if length is None:
        return "free"
    if type.element is not None or not length.support:
        return "rewrite"
    return "free" if _WIDENS[type.name](had, wanted) else "rewrite"


def _longer(had: Modifiers, wanted: Modifiers) -> bool:
    return bool(had) and wanted[0] >= had[0]  # varchar.c: varchar_support, varbit.c: varbit_support


def _wider(had: Modifiers, wanted: Modifiers) -> bool:
    return bool(had) and wanted[1] == had[1] and wanted[0] >= had[0]  # numeric.c: numeric_support


def _finer(had: Modifiers, wanted: Modifiers) -> bool:
    return wanted[0] >= MAX_PRECISION or (bool(had) and wanted[0] >= had[0])  # datetime.c: TemporalSimplify


def _interval(had: Modifiers, wanted: Modifiers) -> bool:
    """timestamp.c: interval_support. Without a precision an interval has the full one."""
    full = 0xFFFF
    old_range, old_precision = (*had, full)[:2] if had else (INTERVAL_FULL_RANGE, full)
    new_range, new_precision = (*wanted, full)[:2]
    old_least, new_least = INTERVAL_LEAST.get(old_range, 0), INTERVAL_LEAST.get(new_range, 0)
    return new_least <= old_least and (
        old_least > 0 or new_precision >= MAX_PRECISION or new_precision >= old_precision
    )


_WIDENS: dict[str, Callable[[Modifiers, Modifiers], bool]] = {
    "varchar": _longer,
    "varbit": _longer,
    "numeric": _wider,
    "time": _finer,
    "timetz": _finer,
    "timestamp": _finer,
    "timestamptz": _finer,
    "interval": _interval,
}
