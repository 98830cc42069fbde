"""Candidate rows for one table: what its conditions demand, its foreign keys from rows that exist, values for the rest.

Candidates need not be right: the server itself rejects what breaks a condition (``rows.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from random import Random

import msgspec

from hotlint.verify.rows_schema import FillColumn, FillTable, ForeignKey
from hotlint.verify.rows_solver import Alternative, Demand, alternatives
from hotlint.verify.rows_values import Maker, maker

Row = dict[str, str | None]
Pool = list[tuple[str, ...]]
_LITERAL = re.compile(r"(?:'((?:[^']|'')*)'::[\w .\"]+|(-?\d+(?:\.\d+)?|true|false))\Z")
_ORDERING = {"<": (1, True), "<=": (0, False), "=": (0, True), "<>": (1, True)}
_NULLS = (0.1, 0.1, 0.4, 0.5, 0.5, 0.7)


class _Plan(msgspec.Struct):
    """How to make a row under one choice of alternatives."""

    makers: dict[str, Maker]
    nulls: dict[str, bool]
    pairs: list[Demand]
    possible: bool


class Candidates:
    """Makes candidate rows. ``pools`` has the keys that each foreign key may refer to, ``reserved`` the values of
    columns that a sequence numbers."""

    def __init__(self, table: FillTable, pools: dict[str, Pool], random: Random) -> None:
        self.table = table
        self.columns = [c for c in table.columns if c.generated is None]
        self.keys = [k for k in table.foreign_keys if k.name in pools]
        self.pools = pools
        self.reserved: dict[str, list[str]] = {}
        self._random = random
        self._by_key = {c for k in self.keys for c in k.columns}
        self._defaults = {c.name: text for c in self.columns if (text := _literal(c.default)) is not None}
        self._groups = [alternatives(condition) for _, condition in table.checks]
        self._groups += [alternatives(c) for column in self.columns for c in _domain_checks(column)]
        self._groups += [alternatives(e) for e in _orders(table)]
        self._partitions = [alternatives(p) for p in table.partitions]
        self._required = {c.name for c in self.columns if c.not_null}
        self._plans: dict[tuple[int, ...], _Plan] = {}
        self._indexes: dict[tuple[str, tuple[int, ...]], dict[tuple[str | None, ...], Pool]] = {}
        unknown = [c for c in self.columns if not self._fills(c) and maker(c.type, (), False, c.name) is None]
        self.unfilled = [c for c in unknown if c.not_null and c.default is None]
        self._left_out = {c.name for c in unknown}
        self.names = [c.name for c in self.columns if c.name not in self._left_out]

    def _fills(self, column: FillColumn) -> bool:
        return column.name in self._by_key or column.sequence is not None

    def rows(self, first: int, count: int, attempt: int) -> Iterator[Row]:
        """``count`` candidates numbered from ``first``; later attempts leave more columns NULL."""
        for n in range(first, first + count):
            row = self._row(n, attempt)
            if row is not None:
                yield row

    def promise(self, n: int, columns: Sequence[str]) -> tuple[str, ...] | None:
        """The values that the n-th row will have in columns that a unique key spreads."""
        found: list[str] = []
        for name in columns:
            column = next(c for c in self.columns if c.name == name)
            if name in self.reserved:
                found.append(self.reserved[name][n])
                continue
            made = maker(column.type, (), True, name) if name not in self._by_key else None
            if made is None:
                return None
            value = made.make(n, self._random)
            found.append(made.show(value) if made.show and isinstance(value, Decimal) else str(value))
        return tuple(found)

    def _row(self, n: int, attempt: int) -> Row | None:
        random = self._random
        choice = tuple(random.randrange(len(g)) for g in self._groups)
        parts: tuple[int, ...] = ()
        if self._partitions:
            at = n % len(self._partitions)
            parts = (at, random.randrange(len(self._partitions[at])))
        plan = self._plans.get((*parts, *choice))
        if plan is None:
            plan = self._plans[(*parts, *choice)] = self._make_plan(choice, parts)
        if not plan.possible:
            return None
        nulls = _NULLS[min(attempt, len(_NULLS) - 1)]
        row: Row = {}
        if not self._refer(n, row, plan, nulls):
            return None
        numbers: dict[str, Decimal] = {}
        for name, made in plan.makers.items():
            if name in row:
                continue
            if plan.nulls.get(name) or (
                name not in self._required and name not in plan.nulls and random.random() < nulls
            ):
                row[name] = None
                continue
            value = made.make(n, random)
            if made.show is not None and isinstance(value, Decimal):
                numbers[name] = value
                row[name] = made.show(value)
            else:
                row[name] = str(value) if value is not None else None
                default = self._defaults.get(name)
                if default is not None and name not in self.table.spread and random.random() < 0.3:
                    row[name] = default
        for name, values in self.reserved.items():
            row[name] = values[n] if n < len(values) else None
        for pair in plan.pairs:
            _hold(pair, row, numbers, plan.makers, random)
        return row

    def _make_plan(self, choice: Sequence[int], parts: tuple[int, ...]) -> _Plan:
        chosen: list[Alternative] = [g[i] for g, i in zip(self._groups, choice, strict=True)]
        if parts:
            chosen.append(self._partitions[parts[0]][parts[1]])
        demands = [d for alternative in chosen for d in alternative]
        pairs = [d for d in demands if d.what in _ORDERING]
        plan = _Plan({}, {d.column: d.value for d in demands if d.what == "null"}, pairs, True)
        for column in self.columns:
            if column.name in self._left_out or column.name in self._by_key or column.sequence is not None:
                continue
            own = [d for d in demands if d.column == column.name]
            made = maker(column.type, own, column.name in self.table.spread, column.name)
            if made is not None:
                plan.makers[column.name] = made
            elif column.not_null or plan.nulls.get(column.name) is False:
                plan.possible = False
            else:
                plan.nulls[column.name] = True
        return plan

    def _refer(self, n: int, row: Row, plan: _Plan, nulls: float) -> bool:
        """Chooses what the foreign keys refer to; False where one that must refer to something finds nothing."""
        stride = 1
        for place, key in enumerate(self.keys):
            pool = self._pool(key, row)
            free = [c for c in key.columns if c not in row]
            if not free:
                continue
            optional = any(c not in self._required for c in free)
            demanded = [plan.nulls.get(c) for c in free]
            wants_null = True in demanded or (optional and False not in demanded and self._random.random() < nulls)
            if wants_null or not pool:
                if not optional:
                    return False
                for column in free:
                    if key.full or column not in self._required:
                        row[column] = None
                continue
            spread = any(c in self.table.spread for c in key.columns)
            at = (n // stride + (n if place else 0)) if spread else self._random.randrange(len(pool))
            row.update(zip(key.columns, pool[at % len(pool)], strict=True))
            stride *= len(pool) if spread else 1
        return all(c in row for k in self.keys for c in k.columns if c in self._required) or self._complete(n, row)

    def _complete(self, n: int, row: Row) -> bool:
        """Columns of keys that refer to nothing (another column of theirs is NULL), but want a value."""
        for column in self.columns:
            if column.name in self._by_key and column.name not in row:
                made = maker(column.type, (), False, column.name)
                if made is None:
                    return False
                value = made.make(n, self._random)
                row[column.name] = made.show(value) if made.show and isinstance(value, Decimal) else str(value)
        return True

    def _pool(self, key: ForeignKey, row: Row) -> Pool:
        """What the key may refer to, given the columns that another key has filled already."""
        fixed = tuple(i for i, c in enumerate(key.columns) if c in row)
        pool = self.pools[key.name]
        if not fixed:
            return pool
        index = self._indexes.get((key.name, fixed))
        if index is None:
            index = self._indexes[key.name, fixed] = {}
            for one in pool:
                index.setdefault(tuple(one[i] for i in fixed), []).append(one)
        return index.get(tuple(row[key.columns[i]] for i in fixed), [])


def _literal(default: str | None) -> str | None:
    found = _LITERAL.match(default) if default is not None else None
    if found is None:
        return None
    return found[1].replace("''", "'") if found[1] is not None else found[2]


_OUTSIDE_QUOTES = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\bVALUE\b")


def in_place_of_value(condition: str, column: str) -> str:
    """A domain's condition about a column."""
    quoted = '"' + column.replace('"', '""') + '"'
    return _OUTSIDE_QUOTES.sub(lambda m: quoted if m.group() == "VALUE" else m.group(), condition)


def _domain_checks(column: FillColumn) -> list[str]:
    return [in_place_of_value(check, column.name) for check in column.type.checks]


_RANGE_OF = re.compile(r"\b(?:int4|int8|num|ts|tstz|date)range\(\"?(\w+)\"?, \"?(\w+)\"?")


def _orders(table: FillTable) -> list[str]:
    """Conditions that an exclusion constraint over ``tstzrange(starts, ends)`` implies: its bounds in order."""
    texts = [*table.exclusions, *(condition for _, condition in table.checks)]
    return [f'"{low}" < "{high}"' for text in texts for low, high in _RANGE_OF.findall(text)]


def _hold(pair: Demand, row: Row, numbers: dict[str, Decimal], makers: dict[str, Maker], random: Random) -> None:
    """Makes one column follow another."""
    one, two = pair.column, str(pair.value)
    if row.get(one) is None or row.get(two) is None:
        return
    least, strict = _ORDERING[pair.what]
    made = makers.get(two)
    if one not in numbers or two not in numbers or made is None or made.show is None:
        if pair.what == "=":
            row[two] = row[one]
        return
    low, high = numbers[one], numbers[two]
    if pair.what == "=":
        value = low
    elif (pair.what == "<>" and low != high) or (pair.what != "<>" and (low < high or (low == high and not strict))):
        if pair.what == "<>" or two not in numbers:
            return
        value = low + made.step * (least + random.randrange(3)) if high - low > made.step * 1000 else high
    else:
        value = low + made.step * least
    numbers[two] = value
    row[two] = made.show(value)
