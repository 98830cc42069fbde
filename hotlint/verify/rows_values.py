"""Values of every common type that satisfy what a condition demands of their column.

A maker gives the text of a value for the n-th row. Numbers, dates and times are made as numbers first, so that columns
can be held against each other (``starts < ends``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from hotlint.verify.rows_schema import BaseType
from hotlint.verify.rows_solver import Demand, number_of
from hotlint.verify.rows_text import like, matching

Value = str | Decimal


class Maker(NamedTuple):
    """``make(n, random)`` gives the n-th value; ``show`` is its text, where it is a number at first, in ``step``."""

    make: Callable[[int, Random], Value | None]
    show: Callable[[Decimal], str] | None = None
    step: Decimal = Decimal(1)


class _Numbers(NamedTuple):
    """The numbers of a type: the usual least one, how many of them are usual, the step, the bounds, and their text."""

    low: Decimal
    usual: int
    step: Decimal
    least: Decimal
    most: Decimal
    show: Callable[[Decimal], str]


def _integer(value: Decimal) -> str:
    return str(int(value))


_EPOCH = datetime(1970, 1, 1)
_FIRST = Decimal(1609459200)  # 2021-01-01
_DAY = Decimal(86400)


def _date(value: Decimal) -> str:
    return (_EPOCH + timedelta(seconds=int(value))).strftime("%Y-%m-%d")


def _timestamp(value: Decimal) -> str:
    return (_EPOCH + timedelta(seconds=int(value))).strftime("%Y-%m-%d %H:%M:%S")


def _time(value: Decimal) -> str:
    return str(timedelta(seconds=int(value)))


def _seconds(value: Decimal) -> str:
    return f"{int(value)} seconds"


def _whole(bits: int, usual: int = 1000) -> _Numbers:
    limit = Decimal(2) ** (bits - 1)
    return _Numbers(Decimal(1), usual, Decimal(1), -limit, limit - 1, _integer)


_ONE, _FAR = Decimal(1), Decimal(250000000000)  # about the year 9892
_NUMBERS: dict[str, _Numbers] = {
    "int2": _whole(16),
    "int4": _whole(32),
    "int8": _whole(64),
    "oid": _Numbers(_ONE, 1000, _ONE, Decimal(0), Decimal(2**32 - 1), _integer),
    "float4": _Numbers(_ONE, 1000, Decimal("0.5"), Decimal(-(10**30)), Decimal(10**30), str),
    "float8": _Numbers(_ONE, 1000, Decimal("0.5"), Decimal(-(10**30)), Decimal(10**30), str),
    "money": _Numbers(_ONE, 1000, Decimal("0.01"), Decimal(-(10**12)), Decimal(10**12), str),
    "date": _Numbers(_FIRST, 900, _DAY, Decimal(-30000000000), _FAR, _date),
    "timestamp": _Numbers(_FIRST, 20000, Decimal(3600), Decimal(-30000000000), _FAR, _timestamp),
    "timestamptz": _Numbers(_FIRST, 20000, Decimal(3600), Decimal(-30000000000), _FAR, lambda n: f"{_timestamp(n)}+00"),
    "time": _Numbers(Decimal(0), 1440, Decimal(60), Decimal(0), _DAY - 1, _time),
    "timetz": _Numbers(Decimal(0), 1440, Decimal(60), Decimal(0), _DAY - 1, lambda n: f"{_time(n)}+00"),
    "interval": _Numbers(Decimal(60), 1000, Decimal(60), -_FAR, _FAR, _seconds),
}


def _numeric(typmod: int) -> _Numbers:
    if typmod < 4:
        return _Numbers(_ONE, 100000, Decimal("0.01"), Decimal(-(10**30)), Decimal(10**30), str)
    precision, scale = (typmod - 4) >> 16 & 0xFFFF, (typmod - 4) & 0x7FF
    scale = scale - 2048 if scale > 1024 else scale
    step = Decimal(10) ** -scale
    most = Decimal(10) ** (precision - scale) - step
    return _Numbers(min(_ONE, most), 100000, step, -most, most, str)


def maker(kind: BaseType, demands: Sequence[Demand], spread: bool, column: str) -> Maker | None:
    """What makes values of the type, or None where Hotlint does not know the type. ``spread`` values do not repeat."""
    chosen = _choices(kind, demands)
    if chosen is not None:
        return Maker(lambda n, r: chosen[n % len(chosen)] if spread else r.choice(chosen)) if chosen else None
    numbers = _numeric(kind.typmod) if kind.plain == "numeric" else _NUMBERS.get(kind.plain)
    if numbers is not None:
        return _number_maker(numbers, demands, spread)
    if kind.plain in ("text", "varchar", "bpchar", "citext", "name"):
        return Maker(_text_maker(kind, demands, spread, column))
    if kind.element is not None:
        return _container_maker(kind, kind.element, demands, spread, column)
    if kind.kind == "c":
        return _row_maker(kind, column)
    simple = _SIMPLE.get(kind.plain)
    if simple is None:
        return None
    size = _size(kind, demands)
    return Maker(lambda n, r: simple(n if spread else r.randrange(1_000_000), size))


def _choices(kind: BaseType, demands: Sequence[Demand]) -> list[str] | None:
    """The values that are left where few are allowed: an enum's labels, booleans, a list."""
    allowed = list(kind.labels) if kind.kind == "e" else ["false", "true"] if kind.plain == "bool" else None
    for demand in demands:
        if demand.what == "in":
            allowed = [v for v in demand.value if allowed is None or v in allowed]
    if allowed is None:
        return None
    banned = {v for d in demands if d.what == "not in" for v in d.value}
    left = [v for v in allowed if v not in banned]
    bounds = [d for d in demands if d.what in ("low", "high")]
    return [v for v in left if all(_within(v, b) for b in bounds)] if bounds and kind.kind != "e" else left


def _within(text: str, bound: Demand) -> bool:
    value = number_of(text)
    if value is None or (value == bound.value and bound.open):
        return value is None
    return bool(value >= bound.value if bound.what == "low" else value <= bound.value)


def _number_maker(kind: _Numbers, demands: Sequence[Demand], spread: bool) -> Maker | None:
    lows = [d.value + (kind.step if d.open else 0) for d in demands if d.what == "low"]
    highs = [d.value - (kind.step if d.open and _on_step(d.value, kind) else 0) for d in demands if d.what == "high"]
    low = max(max(lows), kind.least) if lows else None
    high = min(min(highs), kind.most) if highs else None
    if low is None:
        low = kind.low if high is None or kind.low <= high else max(kind.least, high - kind.step * kind.usual)
    count = int(((high if high is not None else kind.most) - low) / kind.step) + 1
    if count < 1:
        return None
    usual = min(count, kind.usual)
    first, step, window = low, kind.step, count
    banned = {v for d in demands if d.what == "not in" for v in map(number_of, d.value)}

    def make(n: int, random: Random) -> Decimal:
        value = first + step * (n % window if spread else random.randrange(usual))
        return value if value not in banned else value + step

    return Maker(make, kind.show, kind.step)


def _on_step(value: Decimal, kind: _Numbers) -> bool:
    return (value - kind.low) % kind.step == 0


_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "juniper")


def _text_maker(kind: BaseType, demands: Sequence[Demand], spread: bool, column: str) -> Callable[[int, Random], str]:
    least = max((d.value for d in demands if d.what == "longer"), default=0)
    most = min((d.value for d in demands if d.what == "shorter"), default=10_000)
    limit = {"name": 63}.get(kind.plain, kind.typmod - 4 if kind.typmod >= 4 else 10_000)
    most = max(min(most, limit), 1)
    patterns = [d.value for d in demands if d.what == "matches"]
    likes = [d.value for d in demands if d.what == "like"]
    upper = any(d.what == "case" and d.value == "upper" for d in demands)

    def make(n: int, random: Random) -> str:
        text = matching(patterns[-1], random) if patterns else like(likes[0], random) if likes else None
        if text is None:
            number = str(n if spread else random.randrange(1000))
            text = _plain_text(column, "" if spread else random.choice(_WORDS), number, most)
        text = text + "x" * (least - len(text))
        return text[:most].upper() if upper else text[:most]

    return make


def _plain_text(column: str, word: str, number: str, most: int) -> str:
    name = column.lower()
    if "email" in name and most >= 20:
        return f"user{number}@example.com"
    if ("url" in name or "uri" in name or "link" in name) and most >= 30:
        return f"https://example.com/{number}"
    stem = word or name.replace(" ", "_")
    return f"{stem[: max(0, most - len(number))]}{number}"[-most:]


def _size(kind: BaseType, demands: Sequence[Demand]) -> int:
    size = max((d.value for d in demands if d.what == "longer"), default=0)
    return kind.typmod if kind.typmod > 0 else size


def _hex(n: int, size: int) -> str:
    return f"\\x{n:0{2 * max(size, 4)}x}"


def _bits(n: int, size: int) -> str:
    size = max(size, 1)
    return f"{n % 2**size:0{size}b}"


def _mac(n: int, octets: int) -> str:
    text = f"{n:0{2 * octets}x}"
    return ":".join(text[i : i + 2] for i in range(0, 2 * octets, 2))


def _uuid(n: int, size: int) -> str:
    text = f"{(n + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


def _vector(n: int, size: int) -> str:
    return f"[{','.join(str((n + i) % 100) for i in range(max(size, 3)))}]"


_SIMPLE: dict[str, Callable[[int, int], str]] = {
    "uuid": _uuid,
    "bytea": _hex,
    "json": lambda n, size: f'{{"n":{n}}}',
    "jsonb": lambda n, size: f'{{"n": {n}}}',
    "inet": lambda n, size: f"10.{n // 65536 % 256}.{n // 256 % 256}.{n % 256}",
    "cidr": lambda n, size: f"10.{n // 256 % 256}.{n % 256}.0/24",
    "macaddr": lambda n, size: _mac(n, 6),
    "macaddr8": lambda n, size: _mac(n, 8),
    "bit": _bits,
    "varbit": lambda n, size: f"{n:b}"[: size or 64],
    "tsvector": lambda n, size: f"'word{n}':1",
    "tsquery": lambda n, size: f"'word{n}'",
    "point": lambda n, size: f"({n},{n % 90})",
    "line": lambda n, size: f"{{1,-1,{n}}}",
    "lseg": lambda n, size: f"[({n},0),({n + 1},1)]",
    "box": lambda n, size: f"({2 * n + 1},1),({2 * n},0)",
    "path": lambda n, size: f"[({n},0),({n + 1},1)]",
    "polygon": lambda n, size: f"(({2 * n},0),({2 * n + 1},1),({2 * n + 1},0))",
    "circle": lambda n, size: f"<({3 * n},0),1>",
    "xml": lambda n, size: f"<n>{n}</n>",
    "char": lambda n, size: chr(97 + n % 26),
    "pg_lsn": lambda n, size: f"0/{n:X}",
    "xid8": lambda n, size: str(n),
    "jsonpath": lambda n, size: "$",
    "regclass": lambda n, size: "pg_catalog.pg_class",
    "regtype": lambda n, size: "integer",
    "hstore": lambda n, size: f'"n"=>"{n}"',
    "ltree": lambda n, size: f"top.n{n}",
    "cube": lambda n, size: f"({n})",
    "vector": _vector,
    "halfvec": _vector,
    "sparsevec": lambda n, size: f"{{1:{n % 100 + 1}}}/{max(size, 3)}",
}


def _container_maker(
    kind: BaseType, element: BaseType, demands: Sequence[Demand], spread: bool, column: str
) -> Maker | None:
    """Arrays of one or more elements; ranges of one step, which never overlap where they are spread."""
    inner = maker(element, (), spread, column)
    if inner is None:
        return None
    if kind.kind in ("r", "m"):
        return _range_maker(kind.kind, inner, spread)
    length = max((d.value for d in demands if d.what == "longer"), default=1)

    def make(n: int, random: Random) -> str:
        return "{" + ",".join(_escaped(_shown(inner, n, random)) for _ in range(length)) + "}"

    return Maker(make)


def _range_maker(kind: str, inner: Maker, spread: bool) -> Maker | None:
    show, step = inner.show, inner.step
    if show is None:
        return None

    def make(n: int, random: Random) -> str:
        low = inner.make(n, random)
        assert isinstance(low, Decimal)
        text = f"[{_escaped(show(low))},{_escaped(show(low + step))})"
        return f"{{{text}}}" if kind == "m" else text

    return Maker(make)


def _row_maker(kind: BaseType, column: str) -> Maker | None:
    makers = [maker(a, (), False, column) for a in kind.attributes]
    known = [m for m in makers if m is not None]
    if len(known) < len(makers):
        return None
    return Maker(lambda n, random: "(" + ",".join(_escaped(_shown(m, n, random)) for m in known) + ")")


def _shown(made: Maker, n: int, random: Random) -> str:
    value = made.make(n, random)
    return made.show(value) if made.show is not None and isinstance(value, Decimal) else str(value)


def _escaped(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
