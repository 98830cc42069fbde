"""What a condition asks of single columns: a small solver, so that most generated rows satisfy it at once.

A condition becomes alternatives, each a list of demands that must hold together. What the solver does not understand
demands nothing: the server itself tries each row (``rows.py``), so that a wrong row is never written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import combinations
from typing import Any

import msgspec


class Demand(msgspec.Struct, frozen=True, gc=False):
    """``what`` of ``column``: "low", "high" (numbers, or seconds of a time; ``open`` excludes the bound), "in",
    "not in" (texts), "longer", "shorter" (characters), "matches" (a regular expression), "like", "null", "case", and of
    two columns "<", "<=", "=", "<>" (``value`` is the other column)."""

    column: str
    what: str
    value: Any = None
    open: bool = False


Alternative = tuple[Demand, ...]
_MOST = 24
_NOW = {"now", "current_timestamp", "transaction_timestamp", "statement_timestamp", "clock_timestamp"}
_FUTURE, _PAST = Decimal(3786912000), Decimal(1577836800)  # 2090 and 2020: on both sides of any clock
_FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}
_NEGATION = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "=": "<>", "<>": "=", "~~": "!~~", "~": "!~"}
_LENGTHS = {"length", "char_length", "character_length", "octet_length", "cardinality", "array_length"}
_SAME_VALUE = {"btrim", "ltrim", "rtrim", "trim", "lower", "upper", "coalesce", "date", "abs"}


@lru_cache(maxsize=4096)
def alternatives(condition: str) -> tuple[Alternative, ...]:
    """The ways in which the condition can hold; one empty alternative where nothing is known."""
    import pglast
    from pglast import ast

    try:
        select = pglast.parse_sql(f"SELECT 1 WHERE {condition}")[0].stmt
    except pglast.parser.ParseError:
        return ((),)
    assert isinstance(select, ast.SelectStmt)
    return tuple(_solve(select.whereClause, True))[:_MOST] or ((),)


def _solve(node: Any, positive: bool) -> list[Alternative]:
    solver = _SOLVERS.get(type(node).__name__)
    return solver(node, positive) if solver is not None else [()]


def _all(parts: Iterable[list[Alternative]]) -> list[Alternative]:
    found: list[Alternative] = [()]
    for part in parts:
        found = [(*one, *two) for one in found for two in part][:_MOST]
    return found


def _any(parts: Iterable[list[Alternative]]) -> list[Alternative]:
    found = [one for part in parts for one in part]
    return [one for one in found if one] or [()]


def _bool(node: Any, positive: bool) -> list[Alternative]:
    if node.boolop.name == "NOT_EXPR":
        return _solve(node.args[0], not positive)
    parts = [_solve(a, positive) for a in node.args]
    return _all(parts) if (node.boolop.name == "AND_EXPR") == positive else _any(parts)


def _null_test(node: Any, positive: bool) -> list[Alternative]:
    column = _column(node.arg)
    is_null = (node.nulltesttype.name == "IS_NULL") == positive
    return [(Demand(column, "null", is_null),)] if column is not None else [()]


def _boolean(node: Any, positive: bool) -> list[Alternative]:
    column = _column(node)
    return [(Demand(column, "in", ("true" if positive else "false",)),)] if column is not None else [()]


def _operator(node: Any, positive: bool) -> list[Alternative]:
    name = node.name[-1].sval if node.name else ""
    kind = node.kind.name
    if kind in ("AEXPR_OP_ANY", "AEXPR_IN", "AEXPR_OP_ALL"):
        return _membership(node, positive == (kind != "AEXPR_OP_ALL" and name == "="))
    if kind not in ("AEXPR_OP", "AEXPR_LIKE") or node.lexpr is None:
        return [()]
    if not positive:
        if name not in _NEGATION:
            return [()]
        name = _NEGATION[name]
    counted = _counted_nulls(node, name)
    if counted is not None:
        return counted
    left, right = _column(node.lexpr), _column(node.rexpr)
    if left is not None and right is not None:
        return _pair(left, name, right) if left != right else _case(left, name, node)
    if left is None and right is not None:
        return _against_constant(right, node.rexpr, _FLIP.get(name, name), node.lexpr)
    return _against_constant(left, node.lexpr, name, node.rexpr) if left is not None else [()]


def _pair(left: str, name: str, right: str) -> list[Alternative]:
    if name in (">", ">="):
        return [(Demand(right, _FLIP[name], left),)]
    return [(Demand(left, name, right),)] if name in ("<", "<=", "=", "<>") else [()]


def _case(column: str, name: str, node: Any) -> list[Alternative]:
    """``code = upper(code)``."""
    case = _function(_uncast(node.lexpr)) or _function(_uncast(node.rexpr))
    return [(Demand(column, "case", case),)] if name == "=" and case in ("lower", "upper") else [()]


def _membership(node: Any, inside: bool) -> list[Alternative]:
    column = _column(node.lexpr)
    values = node.rexpr if isinstance(node.rexpr, tuple) else getattr(_uncast(node.rexpr), "elements", None)
    if column is None or not values:
        return [()]
    texts = tuple(t for t in map(_constant, values) if t is not None)
    return [(Demand(column, "in" if inside else "not in", texts),)]


def _against_constant(column: str, side: Any, name: str, other: Any) -> list[Alternative]:
    side = _uncast(side)
    wrapped = _function(side)
    text = _constant(other)
    if text is None:
        number = _moment(other, name)
        return [(_bound(column, name, number),)] if number is not None and name in _FLIP else [()]
    if wrapped in _LENGTHS or wrapped in ("jsonb_typeof", "json_typeof"):
        return _measured(column, wrapped, name, text)
    if name in ("~", "~*"):
        return [(Demand(column, "matches", text),)]
    if name in ("~~", "~~*"):
        return [(Demand(column, "like", text),)]
    if name == "=":
        return [(Demand(column, "in", (text,)),)]
    if name == "<>":
        return [(Demand(column, "not in", (text,)),)]
    value = number_of(text)
    return [(_bound(column, name, value),)] if value is not None and name in _FLIP else [()]


def _bound(column: str, name: str, value: Decimal) -> Demand:
    return Demand(column, "high" if name.startswith("<") else "low", value, name in ("<", ">"))


def _measured(column: str, function: str, name: str, text: str) -> list[Alternative]:
    if function.endswith("_typeof"):
        sample = {"object": '{"k": 1}', "array": "[1]", "string": '"s"', "number": "1", "boolean": "true"}.get(text)
        return [(Demand(column, "in", (sample,)),)] if sample is not None and name == "=" else [()]
    value = number_of(text)
    if value is None:
        return [()]
    size = int(value)
    demands = {
        "=": (Demand(column, "longer", size), Demand(column, "shorter", size)),
        ">": (Demand(column, "longer", size + 1),),
        ">=": (Demand(column, "longer", size),),
        "<": (Demand(column, "shorter", size - 1),),
        "<=": (Demand(column, "shorter", size),),
        "<>": (Demand(column, "longer", size + 1),),
    }
    return [demands[name]] if name in demands else [()]


def _counted_nulls(node: Any, name: str) -> list[Alternative] | None:
    """``(a IS NULL) = (b IS NULL)``, ``num_nonnulls(a, b) = 1``."""
    left, right = _uncast(node.lexpr), _uncast(node.rexpr)
    if name in ("=", "<>") and _is_truth(left) and _is_truth(right):
        same = name == "="
        pairs = ((True, same), (False, not same))
        return [a for one, two in pairs for a in _all([_solve(left, one), _solve(right, two)])]
    function = _function(left)
    if function not in ("num_nonnulls", "num_nulls"):
        return None
    text = _constant(right)
    columns = [c for c in map(_column, left.args) if c is not None]
    if text is None or not text.isdigit() or name not in _FLIP:
        return [()]
    wanted = [n for n in range(len(columns) + 1) if _holds(n, name, int(text))]
    found = []
    for n in wanted:
        for chosen in combinations(columns, n):
            present = function == "num_nonnulls"
            found.append(tuple(Demand(c, "null", (c in chosen) != present) for c in columns))
    return found or [()]


def _holds(n: int, name: str, value: int) -> bool:
    return {"=": n == value, "<": n < value, ">": n > value, "<=": n <= value, ">=": n >= value, "<>": n != value}[name]


def _is_truth(node: Any) -> bool:
    kind = type(node).__name__
    return kind in ("NullTest", "BoolExpr") or (kind == "A_Expr" and node.name[-1].sval in _NEGATION)


_SOLVERS: dict[str, Callable[[Any, bool], list[Alternative]]] = {
    "BoolExpr": _bool,
    "NullTest": _null_test,
    "A_Expr": _operator,
    "ColumnRef": _boolean,
}


def _uncast(node: Any) -> Any:
    while type(node).__name__ in ("TypeCast", "CollateClause"):
        node = node.arg
    return node


def _function(node: Any) -> str | None:
    return node.funcname[-1].sval if type(node).__name__ == "FuncCall" else None


def _column(node: Any) -> str | None:
    """The column that the value is of; through casts and functions that keep what is compared."""
    node = _uncast(node)
    name = _function(node)
    if name is not None and (name in _SAME_VALUE or name in _LENGTHS or name.endswith("_typeof")) and node.args:
        return _column(node.args[0])
    if type(node).__name__ == "CoalesceExpr":
        return _column(node.args[0])
    if type(node).__name__ != "ColumnRef" or type(node.fields[-1]).__name__ != "String":
        return None
    text: str = node.fields[-1].sval
    return text


def _constant(node: Any) -> str | None:
    node = _uncast(node)
    if type(node).__name__ == "A_Expr" and node.lexpr is None and node.name[-1].sval == "-":
        inner = _constant(node.rexpr)
        return f"-{inner}" if inner is not None else None
    if type(node).__name__ != "A_Const" or node.isnull:
        return None
    value = node.val
    for field in ("ival", "fval", "sval", "boolval", "bsval"):
        held = getattr(value, field, None)
        if held is not None:
            return str(held).lower() if field == "boolval" else str(held)
    return None


def _moment(node: Any, name: str) -> Decimal | None:
    """A bound that moves with the clock, as a moment that is surely on its far side."""
    node = _uncast(node)
    while type(node).__name__ == "A_Expr" and node.lexpr is not None:
        node = _uncast(node.lexpr)
    if _function(node) in _NOW or type(node).__name__ == "SQLValueFunction":
        return _PAST if name.startswith("<") else _FUTURE
    return None


def number_of(text: str) -> Decimal | None:
    """A number, or a date or time as seconds since 1970."""
    try:
        value = Decimal(text)
        return value if value.is_finite() else None
    except InvalidOperation:
        pass
    try:
        moment = datetime.fromisoformat(text.strip().replace("+00", "+00:00") if text.endswith("+00") else text.strip())
    except ValueError:
        return None
    return Decimal((moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp())
