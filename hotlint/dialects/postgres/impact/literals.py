"""Constants that a type's input function refuses: a literal is read when the statement is parsed."""

from __future__ import annotations

from collections.abc import Callable

from hotlint.catalog.names import QName
from hotlint.catalog.records import Enum
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.types.names import Resolved, canonical, resolve
from hotlint.operations import Expr, TypeName
from hotlint.patterns import lazy

_INTEGER = lazy(r"[+-]?\d+\Z")
_INTEGER_16 = lazy(r"[+-]?(0[xX](_?[0-9a-fA-F])+|0[oO](_?[0-7])+|0[bB](_?[01])+|\d+(_\d+)*)\Z")
_NUMBER = lazy(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_UUID = lazy(r"([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}\Z")
_WORDS = frozenset(["nan", "inf", "infinity", "+inf", "-inf", "+infinity", "-infinity"])
_BITS = {"int2": 16, "int4": 32, "int8": 64}
_NON_DECIMAL_SINCE = 16  # release 16: hexadecimal, octal and binary integers, and underscores, in input
_INFINITE_NUMERIC_SINCE = 14  # release 14: infinity in numeric


def _integer(text: str, name: str, major: int) -> str | None:
    """int.c, int8.c: pg_strtoint16 … pg_strtoint64."""
    text = text.strip()
    if not (_INTEGER_16 if major >= _NON_DECIMAL_SINCE else _INTEGER).match(text):
        return "22P02"
    if not _INTEGER.match(text):
        return None
    limit = 1 << (_BITS[name] - 1)
    return None if -limit <= int(text) < limit else "22003"


def _number(text: str, name: str, major: int) -> str | None:
    """float.c: float8in_internal; numeric.c: numeric_in."""
    text = text.strip().lower()
    if _NUMBER.match(text) or text == "nan" or text[:2] in ("0x", "0o", "0b") or "_" in text:
        return None
    if text in _WORDS and (name != "numeric" or major >= _INFINITE_NUMERIC_SINCE):
        return None
    return "22P02"


_TRUTHS = frozenset(["on", "of", "off", "1", "0"]).union(
    word[:length] for word in ("true", "false", "yes", "no") for length in range(1, len(word) + 1)
)


def _boolean(text: str, name: str, major: int) -> str | None:
    """bool.c: parse_bool_with_len takes what begins one word only."""
    return None if text.strip().lower() in _TRUTHS else "22P02"


def _uuid(text: str, name: str, major: int) -> str | None:
    """uuid.c: string_to_uuid takes braces, and a hyphen after every four digits."""
    if text[:1] == "{" and text[-1:] == "}":
        text = text[1:-1]
    return None if _UUID.match(text) else "22P02"


_INPUT: dict[str, Callable[[str, str, int], str | None]] = {
    "int2": _integer,
    "int4": _integer,
    "int8": _integer,
    "float4": _number,
    "float8": _number,
    "numeric": _number,
    "bool": _boolean,
    "uuid": _uuid,
}


def input_error(text: str, type: TypeName, draft: Draft) -> str | None:
    """The SQLSTATE with which the type refuses the text; None where it takes it, or where that is not known."""
    resolved = resolve(type, draft.before, draft.context.server, draft.path)
    if resolved is None:
        return None
    if resolved.kind == "array" or canonical(type).dimensions:
        return None if text.lstrip()[:1] in ("{", "[") else "22P02"  # arrayfuncs.c: array_in
    bottom = resolved.bottom
    check = _INPUT.get(bottom.name)
    if check is not None:
        return check(text, bottom.name, draft.major)
    return "22P02" if bottom.kind == "enum" and _no_label(text, bottom, type, draft) else None


def _no_label(text: str, bottom: Resolved, type: TypeName, draft: Draft) -> bool:
    for schema in (type.schema,) if type.schema is not None else draft.path:
        found = draft.after.type(QName(schema, type.name))
        if isinstance(found, Enum):
            return found.known and not found.maybe and draft.complete() and text not in found.labels
    return False


def constant_error(value: Expr | None, type: TypeName | None, draft: Draft) -> str | None:
    """The SQLSTATE with which a constant that is to become ``type`` is refused."""
    if value is None:
        return None
    if value.kind == "cast" and value.type is not None:
        return constant_error(value.args[0], value.type, draft) if value.args[0].kind == "string" else None
    if value.kind != "string" or type is None:
        return None
    return input_error(value.value or "", type, draft)
