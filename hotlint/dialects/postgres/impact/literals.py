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


# datetime.c: datetktbl, without the names of months and zones: words that stand alone.
_DATES = frozenset(["now", "today", "tomorrow", "yesterday", "epoch", "infinity", "-infinity", "+infinity", "allballs"])
_ISO = lazy(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")


def _date(text: str, name: str, major: int) -> str | None:
    """datetime.c: DecodeDateTime, as far as it is plain: a word alone, and a month or day that no calendar has."""
    text = text.strip().lower()
    iso = _ISO.match(text)
    if iso is not None:
        month, day = int(iso.group(2)), int(iso.group(3))
        return None if 1 <= month <= 12 and 1 <= day <= 31 else "22008"
    return None if text in _DATES or any(map(str.isdigit, text)) else "22007"


_CLOCK = lazy(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?")


def _time(text: str, name: str, major: int) -> str | None:
    """date.c: time_in, as far as it is plain."""
    text = text.strip().lower()
    clock = _CLOCK.match(text)
    if clock is not None:
        hour, minute, second = (int(part or 0) for part in clock.groups())
        return None if hour <= 24 and minute < 60 and second <= 60 else "22008"
    return None if text in _DATES or any(map(str.isdigit, text)) else "22007"


def _json(text: str, name: str, major: int) -> str | None:
    """json.c: json_in. What Python's parser does not take, the server does not take either."""
    import json

    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return "22P02"
    return None


def _refuse(constant: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(constant)


def _bytes(text: str, name: str, major: int) -> str | None:
    """varlena.c: byteain, hexadecimal."""
    if text[:2] != "\\x":
        return None
    digits = "".join(text[2:].split())
    return None if len(digits) % 2 == 0 and all(c in "0123456789abcdefABCDEF" for c in digits) else "22023"


def _address(text: str, name: str, major: int) -> str | None:
    """network.c: network_in; what has neither a digit nor a colon is no address."""
    return None if any(c.isdigit() or c == ":" for c in text) else "22P02"


_INPUT: dict[str, Callable[[str, str, int], str | None]] = {
    "int2": _integer,
    "int4": _integer,
    "int8": _integer,
    "float4": _number,
    "float8": _number,
    "numeric": _number,
    "bool": _boolean,
    "uuid": _uuid,
    "date": _date,
    "timestamp": _date,
    "timestamptz": _date,
    "interval": _date,
    "time": _time,
    "timetz": _time,
    "json": _json,
    "jsonb": _json,
    "bytea": _bytes,
    "inet": _address,
    "cidr": _address,
}


def input_error(text: str, type: TypeName, draft: Draft) -> str | None:
    """The SQLSTATE with which the type refuses the text; None where it takes it, or where that is not known."""
    resolved = resolve(type, draft.before, draft.context.server, draft.path)
    if resolved is None:
        return None
    if resolved.kind == "array" or canonical(type).dimensions:
        return _array(text, type, draft)
    bottom = resolved.bottom
    check = _INPUT.get(bottom.name)
    if check is not None:
        return check(text, bottom.name, draft.major)
    return "22P02" if bottom.kind == "enum" and _no_label(text, bottom, type, draft) else None


def _array(text: str, type: TypeName, draft: Draft) -> str | None:
    """arrayfuncs.c: array_in; of a plain list each element is read by itself."""
    text = text.strip()
    if text[:1] not in ("{", "["):
        return "22P02"
    element = TypeName(canonical(type).name, canonical(type).schema)
    if element.name not in _INPUT or text[:1] == "[" or any(c in text[1:-1] for c in '{}"\\'):
        return None
    items = [item.strip() for item in text[1:-1].split(",")] if text[-1:] == "}" and text != "{}" else []
    return next((e for item in items if item.lower() != "null" and (e := input_error(item, element, draft))), None)


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
