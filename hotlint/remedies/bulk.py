"""Whether a statement changes few rows or many, as far as its text and the schema can tell."""

from __future__ import annotations

from collections.abc import Iterator

from hotlint.catalog.catalog import CatalogView
from hotlint.catalog.names import QName
from hotlint.operations import Delete, Expr, Insert, Update, Write

_CONSTANTS = frozenset({"null", "string", "number", "bool", "bits", "parameter"})


def is_bulk(operation: Write, relation: QName, catalog: CatalogView) -> bool:
    """Whether an INSERT, UPDATE or DELETE may touch a large part of ``relation``.

    Few rows are an INSERT of VALUES, and an UPDATE or DELETE whose WHERE names the rows: every column of a unique index
    or of the primary key equals a constant or stands in a list of them, or a range of a key is bounded on both sides.
    On a table that the history never made, a column called ``id``, ``uuid``, ``key``, ``code``, ``slug`` or ``name``
    counts as unique.
    """
    if relation.schema == "pg_catalog":
        return False
    if isinstance(operation, Insert):
        return operation.rows is None and bool(operation.query.relations)
    if not isinstance(operation, Update | Delete):
        return False
    if operation.where is None:
        return True
    conjuncts = tuple(_conjuncts(operation.where))
    pinned = {column for column in map(_pinned_column, conjuncts) if column is not None}
    table = catalog.table(relation)
    if pinned and (table is None or not table.known):
        return False
    if any(set(key) <= pinned for key in _keys(relation, catalog)):
        return False
    return not (_is_batch(operation) or _is_bounded(conjuncts))


def sets_only_new_columns(operation: Update, relation: QName, before: CatalogView) -> bool:
    """Whether every column that an UPDATE sets was not yet there in ``before``."""
    table = before.table(relation)
    return table is not None and all(table.column(name) is None for name in operation.columns)


def _conjuncts(expr: Expr) -> Iterator[Expr]:
    if expr.kind == "and":
        for arg in expr.args:
            yield from _conjuncts(arg)
    else:
        yield expr


def _is_constant(expr: Expr) -> bool:
    if expr.kind in ("cast", "array", "row"):
        return all(map(_is_constant, expr.args))
    return expr.kind in _CONSTANTS


def _pinned_column(expr: Expr) -> str | None:
    """The column that ``column = constant``, ``column IN (constants)`` or ``column = ANY ('{…}')`` pins."""
    if expr.kind not in ("operator", "test") or len(expr.args) < 2 or expr.value not in ("=", "in", "= any"):
        return None
    first, *rest = expr.args
    if first.kind != "column" and len(rest) == 1:
        first, rest = rest[0], [first]
    if first.kind == "column" and all(map(_is_constant, rest)):
        return first.value
    return None


def _keys(relation: QName, catalog: CatalogView) -> Iterator[tuple[str, ...]]:
    """The columns of each unique index without a predicate."""
    for index in catalog.indexes(relation):
        columns = tuple(c for c in index.columns if c is not None)
        if index.unique and index.where is None and len(columns) == len(index.columns):
            yield columns


def _is_batch(operation: Write) -> bool:
    """Whether the rows come from a subquery with LIMIT, as in batched deletes."""
    return operation.query.row_limit


def _is_bounded(conjuncts: tuple[Expr, ...]) -> bool:
    """Whether a column is bounded on both sides by constants: ``id BETWEEN 1 AND 1000``, ``id > 5 AND id <= 10``."""
    lower: set[str | None] = set()
    upper: set[str | None] = set()
    for expr in conjuncts:
        if expr.kind == "test" and expr.value == "between" and expr.args[0].kind == "column":
            return all(map(_is_constant, expr.args[1:]))
        if expr.kind == "operator" and len(expr.args) == 2 and expr.args[0].kind == "column":
            if not _is_constant(expr.args[1]):
                continue
            if expr.value in (">", ">="):
                lower.add(expr.args[0].value)
            elif expr.value in ("<", "<="):
                upper.add(expr.args[0].value)
    return bool(lower & upper)
