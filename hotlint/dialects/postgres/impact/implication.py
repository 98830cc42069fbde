"""What CHECK constraints prove: NOT NULL without a scan, and a partition's bound without a scan.

The server's prover (predtest.c) is stronger than this in corners; what is here is what people write for the purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hotlint.catalog.records import Constraint, Table
from hotlint.operations import Bound, Expr, PartitionKey

_MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}
_CONSTANTS = ("string", "number", "bool", "null")

Comparison = tuple[str, str, str | float]
"""A column, an operator and a constant."""


def conjuncts(expression: Expr) -> Iterator[Expr]:
    """The parts of an expression that all hold where it holds."""
    if expression.kind == "and":
        for part in expression.args:
            yield from conjuncts(part)
    else:
        yield expression


def _not_null_column(part: Expr) -> str | None:
    """The column of ``column IS NOT NULL`` or ``NOT column IS NULL``."""
    if (part.kind == "not" and part.args[0].kind == "is_null") or part.kind == "is_not_null":
        inner = part.args[0].args[0] if part.kind == "not" else part.args[0]
        return inner.value if inner.kind == "column" else None
    return None


def implies_not_null(checks: Iterable[Constraint], column: str) -> bool:
    """Whether valid CHECK constraints say that a column is not null (tablecmds.c: NotNullImpliedByRelConstraints).

    A strict comparison such as ``column > 0`` proves nothing: a CHECK that is null passes.
    """
    return any(
        _not_null_column(part) == column
        for check in checks
        if check.kind == "check" and check.valid and check.enforced and check.expression is not None
        for part in conjuncts(check.expression)
    )


def implies_bound(table: Table, key: PartitionKey, bound: Bound, siblings: Iterable[Bound]) -> bool:
    """Whether a table's own constraints prove that every row is within a partition's bound, so that ATTACH PARTITION
    need not look (tablecmds.c: PartConstraintImpliedByRelConstraint). ``siblings`` are the other partitions' bounds."""
    if bound.default:
        return not any(not sibling.default for sibling in siblings)
    column = key.elements[0].column
    if key.strategy == "hash" or column is None:
        return False
    checks = [
        part
        for c in table.constraints
        if c.kind == "check" and c.valid and c.enforced and c.expression is not None
        for part in conjuncts(c.expression)
    ]
    found = table.column(column)
    has_null = key.strategy == "list" and any(v.kind == "null" for v in bound.values)
    never_null = found is not None and found.not_null is True and found.not_null_valid
    if not has_null and not never_null and not any(_not_null_column(p) == column for p in checks):
        return False
    if key.strategy == "list":
        return _within_list(checks, column, bound)
    return len(key.elements) == 1 and _within_range(checks, column, bound)


def excludes_bound(table: Table, key: PartitionKey, bound: Bound) -> bool:
    """Whether a table's own constraints prove that none of its rows is within a partition's bound (partbounds.c:
    check_default_partition_contents).

    Within the bound the column is not null, so that a comparison with it is true or false.
    """
    column = key.elements[0].column
    if key.strategy == "hash" or column is None or len(key.elements) != 1 or bound.default:
        return False
    if any(value.kind == "null" for value in bound.values):
        return False
    return any(
        _false_within(c.expression, column, bound)
        for c in table.constraints
        if c.kind == "check" and c.valid and c.enforced and c.expression is not None
    )


def _false_within(expr: Expr, column: str, bound: Bound) -> bool:
    """Whether an expression is surely false for every value of the column within the bound."""
    within = {_constant(value) for value in bound.values}
    if within and within <= (_values_left_out(expr, column) or set()):
        return True
    if expr.kind in ("and", "or"):
        found = (_false_within(arg, column, bound) for arg in expr.args)
        return any(found) if expr.kind == "and" else all(found)
    if expr.kind == "not":
        return _true_within(expr.args[0], column, bound)
    if expr.kind == "is_null":
        return _column(expr.args[0]) == column
    if bound.values:
        values = _values(expr, column)
        return values is not None and values.isdisjoint(within)
    comparisons = [c for c in _comparisons(expr) if c[0] == column]
    lower, upper = bound.lower[0] if bound.lower else None, bound.upper[0] if bound.upper else None
    above = upper is not None and _proved(comparisons, ">=", upper)
    return above or (lower is not None and _proved(comparisons, "<", lower))


def _true_within(expr: Expr, column: str, bound: Bound) -> bool:
    """Whether an expression is surely true for every value of the column within the bound."""
    if expr.kind in ("and", "or"):
        found = (_true_within(arg, column, bound) for arg in expr.args)
        return all(found) if expr.kind == "and" else any(found)
    if expr.kind == "not":
        return _false_within(expr.args[0], column, bound)
    if expr.kind == "is_not_null":
        return _column(expr.args[0]) == column
    if bound.values:
        values = _values(expr, column)
        return values is not None and {_constant(value) for value in bound.values} <= values
    lower, upper = bound.lower[0] if bound.lower else None, bound.upper[0] if bound.upper else None
    for name, operator, value in _comparisons(expr):
        if name == column and operator == ">=" and lower is not None:
            return _at_least(_constant(lower), value)
        if name == column and operator == "<" and upper is not None:
            return _at_least(value, _constant(upper))
    return False


def _at_least(one: str | float | None, other: str | float | None) -> bool:
    """Whether ``one >= other`` for constants of one kind."""
    if isinstance(one, float) and isinstance(other, float):
        return one >= other
    return isinstance(one, str) and isinstance(other, str) and one >= other


def _values_left_out(expr: Expr, column: str) -> set[str | float | None] | None:
    """The constants that ``column <> constant`` or ``column NOT IN (…)`` leaves out, or several of them together."""
    if expr.kind == "and":
        return {value for arg in expr.args for value in _values_left_out(arg, column) or ()}
    value = (expr.value or "").upper()
    operator = expr.kind == "operator" and value in ("<>", "!=") and len(expr.args) == 2
    if not (operator or (expr.kind == "test" and value == "NOT IN")) or _column(expr.args[0]) != column:
        return None
    values = {_constant(v) for v in expr.args[1:]}
    return None if None in values else values


def bounds_overlap(strategy: str, one: Bound, other: Bound) -> bool:
    """Whether two bounds surely have a value in common (partbounds.c: check_new_partition_bound)."""
    if one.default or other.default:
        return one.default and other.default
    if strategy == "list":
        known = [_constant(v) for v in one.values]
        return any(v is not None and v in known for v in map(_constant, other.values))
    if strategy != "range" or len(one.lower) != 1 or len(other.lower) != 1:
        return False
    return _before(one.lower[0], other.upper[0]) and _before(other.lower[0], one.upper[0])


def _before(lower: Expr | None, upper: Expr | None) -> bool:
    """Whether a lower limit is surely below an upper one; None is MINVALUE below and MAXVALUE above."""
    if lower is None or upper is None:
        return True
    low, high = _constant(lower), _constant(upper)
    if isinstance(low, float) and isinstance(high, float):
        return low < high
    if not isinstance(low, str) or not isinstance(high, str) or len(low) != len(high):
        return False
    return low[:4].isdigit() and high[:4].isdigit() and low < high


def _within_list(checks: list[Expr], column: str, bound: Bound) -> bool:
    allowed = {_constant(v) for v in bound.values}
    for part in checks:
        values = _values(part, column)
        if values is not None and values <= allowed:
            return True
    return False


def _values(part: Expr, column: str) -> set[str | float | None] | None:
    """The constants that ``column = constant`` or ``column IN (…)`` allows."""
    if part.kind == "operator" and part.value == "=" and len(part.args) == 2 and _column(part.args[0]) == column:
        value = _constant(part.args[1])
        return None if value is None else {value}
    if (
        part.kind == "test"
        and part.value is not None
        and part.value.upper() == "IN"
        and _column(part.args[0]) == column
    ):
        values = {_constant(v) for v in part.args[1:]}
        return None if None in values else values
    if part.kind == "or":
        found: set[str | float | None] = set()
        for inner in part.args:
            values_of = _values(inner, column)
            if values_of is None:
                return None
            found |= values_of
        return found
    return None


def _within_range(checks: list[Expr], column: str, bound: Bound) -> bool:
    comparisons = [c for part in checks for c in _comparisons(part) if c[0] == column]
    lower = bound.lower[0] if bound.lower else None
    upper = bound.upper[0] if bound.upper else None
    return _proved(comparisons, ">=", lower) and _proved(comparisons, "<", upper)


def _proved(comparisons: list[Comparison], operator: str, limit: Expr | None) -> bool:
    """Whether ``column <operator> limit`` follows; there is nothing to prove of MINVALUE and MAXVALUE."""
    if limit is None:
        return True
    wanted = _constant(limit)
    if wanted is None:
        return False
    for _, op, value in comparisons:
        if type(value) is not type(wanted):
            continue
        if operator == ">=" and (op in (">=", "=", ">") and value >= wanted):  # type: ignore[operator]
            return True
        if operator == "<" and ((op in ("<",) and value <= wanted) or (op in ("<=", "=") and value < wanted)):  # type: ignore[operator]
            return True
    return False


def _comparisons(part: Expr) -> Iterator[Comparison]:
    if part.kind == "test" and part.value is not None and part.value.upper() == "BETWEEN" and len(part.args) == 3:
        column, low, high = _column(part.args[0]), _constant(part.args[1]), _constant(part.args[2])
        if column is not None and low is not None and high is not None:
            yield column, ">=", low
            yield column, "<=", high
    if part.kind != "operator" or len(part.args) != 2 or part.value not in _MIRROR:
        return
    left, right = part.args
    column, value = _column(left), _constant(right)
    if column is not None and value is not None:
        yield column, part.value, value
    column, value = _column(right), _constant(left)
    if column is not None and value is not None:
        yield column, _MIRROR[part.value], value


def _column(expr: Expr) -> str | None:
    if expr.kind == "cast":
        return _column(expr.args[0])
    return expr.value if expr.kind == "column" else None


def _constant(expr: Expr) -> str | float | None:
    """The value of a constant: a number, or text. Dates in ISO form compare as text."""
    if expr.kind == "cast":
        return _constant(expr.args[0])
    if expr.kind == "number" and expr.value is not None:
        return float(expr.value)
    if expr.kind == "operator" and expr.value == "-" and len(expr.args) == 1:
        inner = _constant(expr.args[0])
        return -inner if isinstance(inner, float) else None
    return expr.value if expr.kind in _CONSTANTS else None


def upside_down(bound: Bound) -> bool:
    """Whether a range's lower limit is surely not below its upper one (partbounds.c: check_new_partition_bound)."""
    if len(bound.lower) != 1 or len(bound.upper) != 1 or bound.lower[0] is None or bound.upper[0] is None:
        return False
    low, high = _constant(bound.lower[0]), _constant(bound.upper[0])
    return low == high or _before(bound.upper[0], bound.lower[0])
