"""Modifiers that a type refuses: lengths, precisions, and any at all (parse_type.c: typenameTypeMod)."""

from __future__ import annotations

from hotlint.dialects.postgres.types.names import Resolved, canonical
from hotlint.operations import TypeName

# varchar.c: anychar_typmodin; varbit.c: anybit_typmodin; numeric.c: numerictypmodin.
_MOST = {"varchar": 10485760, "bpchar": 10485760, "bit": 83886080, "varbit": 83886080}
_MOST_PRECISION = 1000
_FREE_SCALE_SINCE = 15  # release 15: numeric with a negative scale, or one above the precision


def modifier_error(type: TypeName, resolved: Resolved | None, major: int) -> str | None:
    """The SQLSTATE with which the type's modifiers are refused; None where they are taken or not known to be refused.

    ``resolved`` is what the name stands for, None where that is not known.
    """
    if type.words:
        return None
    given = type.modifiers
    if not given or type.percent_type:
        return None
    plain = canonical(type)
    if plain.schema is None and plain.name in _MOST:
        return None if len(given) == 1 and 1 <= given[0] <= _MOST[plain.name] else "22023"
    if plain.schema is None and plain.name == "numeric":
        return None if _numeric(given, major) else "22023"
    element = resolved.element if resolved is not None and resolved.kind == "array" else resolved
    if element is None or element.modifiable or not element.known or element.kind == "pseudo":
        return None
    return "42601"  # type modifier is not allowed


def _numeric(given: tuple[int, ...], major: int) -> bool:
    precision, scale = given[0], given[1] if len(given) > 1 else 0
    if len(given) > 2 or not 1 <= precision <= _MOST_PRECISION:
        return False
    if major < _FREE_SCALE_SINCE:
        return 0 <= scale <= precision
    return -_MOST_PRECISION <= scale <= _MOST_PRECISION
