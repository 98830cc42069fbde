"""Whether a query finds its rows through an index, so that no table is read in full.

The planner decides by cost, which no file tells. What can be told: without a condition, or with one that no index
serves, every row is read; a unique key given by constants is looked up.
"""

from __future__ import annotations

from hotlint.catalog.names import QName
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.implication import conjuncts
from hotlint.operations import Expr

_CONSTANT = frozenset(["string", "number", "bool", "parameter", "bits"])
_RANGE = frozenset(["<", ">", "<=", ">=", "="])


def finds_rows(where: Expr | None, table: QName, draft: Draft) -> bool:
    """Whether the condition names few enough rows by an index. Where it may or may not, that is told."""
    if where is None:
        return False
    if where.kind == "or":
        return all(finds_rows(part, table, draft) for part in where.args)
    equal, ranged = set(), set()
    for part in conjuncts(where):
        column = _compared(part)
        if column is None:
            continue
        ranged.add(column)
        if part.value is not None and part.value.upper() in ("=", "IN"):
            equal.add(column)
    if not ranged:
        return False
    maybe = False
    for index in draft.before.indexes(table):
        keys = index.columns
        if index.where is not None or not keys or keys[0] is None:
            continue
        if index.unique and equal.issuperset(keys):
            return True
        maybe = maybe or keys[0] in ranged
    if maybe:
        draft.unknown.append(f"whether {table} is read in full is the planner's choice")
    return maybe


def _compared(part: Expr) -> str | None:
    """The column that a condition compares with a constant."""
    if part.kind == "operator" and part.value in _RANGE and len(part.args) == 2:
        for one, other in (part.args, part.args[::-1]):
            if one.kind == "column" and _constant(other):
                return one.value
    if part.kind == "test" and part.args and part.args[0].kind == "column" and all(map(_constant, part.args[1:])):
        return part.args[0].value
    return None


def _constant(expr: Expr) -> bool:
    if expr.kind == "cast":
        return _constant(expr.args[0])
    return expr.kind in _CONSTANT
