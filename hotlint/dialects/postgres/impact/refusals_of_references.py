"""What the server refuses of the columns that a query names, and of the types of its conditions and values.

Of a query with subqueries it is not told here which of them a column belongs to: it is missing where none of the
relations has it and nothing else goes by its name (parse_relation.c: colNameToVar, errorMissingColumn).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.apply.expressions import walk
from hotlint.catalog.names import QName
from hotlint.catalog.records import CompositeType, Table, View
from hotlint.dialects.postgres.impact.analysis import SYSTEM_COLUMNS, Scope, analyse
from hotlint.dialects.postgres.impact.coercing import Refused, assigned, boolean
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.signatures import signatures
from hotlint.operations import Expr, Query, RelationUse, TypeName

_Record = Table | View | CompositeType
_Sources = list[tuple[str, _Record]]


def _sources(query: Query, target: RelationUse | None, draft: Draft) -> _Sources | None:
    """The relations of a query under the names that it knows them by; None where one is not surely known."""
    found: _Sources = []
    for use in (*query.relations, *((target,) if target is not None else ())):
        record = draft.certain(draft.resolve(use.relation))
        if not isinstance(record, _Record):
            return None
        found.append((use.alias or use.relation.name, record))
    return found


def _target(op: Any) -> RelationUse | None:
    return RelationUse(op.relation, op.alias) if isinstance(op, ops.Write) else None


def unknown_column(
    query: Query, target: RelationUse | None, draft: Draft, more: frozenset[str] = frozenset()
) -> str | None:
    """The SQLSTATE of the first column that nothing has. ``more`` are names that stand for values: parameters."""
    if query.names is None or query.writes:
        return None
    sources = _sources(query, target, draft)
    if sources is None:
        return None
    words = {*query.names, *more, *SYSTEM_COLUMNS, *(label for label, _ in sources)}
    columns = {c.name for _, record in sources for c in record.columns}
    derived = _derived(query)
    for qualifier, column in query.columns:
        if qualifier is None:
            if column not in columns and column not in words:
                return "42703"
        elif qualifier in more or qualifier in _ROWS:
            continue
        elif qualifier in derived:
            told = derived[qualifier]
            having = [record for label, record in sources if label == qualifier]
            if told is not None and not having:
                if column not in told and not _functional(column, draft):
                    return "42703"
            elif column not in columns and column not in words and not _functional(column, draft):
                return "42703"
        else:
            having = [record for label, record in sources if label == qualifier]
            named = [record for record in having if record.column(column) is None]
            if not having and qualifier not in words:
                return "42P01"
            if having and len(named) == len(having) and column not in words and not _functional(column, draft):
                return "42703"
    return None


def _derived(query: Query) -> dict[str, frozenset[str] | None]:
    """The columns of what is no relation, by name; None where one of that name does not tell them."""
    found: dict[str, frozenset[str] | None] = {}
    for label, columns in query.derived:
        told = found.get(label, frozenset())
        found[label] = None if told is None or columns is None else told | frozenset(columns)
    return found


_ROWS = frozenset(["excluded", "old", "new"])
"""Rows that ON CONFLICT, RETURNING and rules know beside the relations."""


def _functional(column: str, draft: Draft) -> bool:
    """A function of one row may be written as a column of it (parse_func.c: ParseFuncOrColumn)."""
    return any(draft.before.functions(QName(schema, column)) for schema in draft.path)


# -- types in queries of one level


def scope_of(query: Query, target: RelationUse | None, place: str, draft: Draft) -> Scope | None:
    sources = _sources(query, target, draft)
    if sources is None or query.names is None:
        return None
    columns: dict[str, TypeName | None] = dict.fromkeys((*query.names, *(label for label, _ in sources)))
    twice: set[str] = set()
    for _, record in sources:
        for column in record.columns:
            if column.name in columns:
                twice.add(column.name)
            columns[column.name] = column.type
    for repeated in twice:
        columns[repeated] = None
    return Scope(place, columns, None)


def mistyped(op: Any, name: QName, draft: Draft) -> str | None:
    """The error of a condition, an output or an assigned value, where the query has no subqueries."""
    try:
        _check(op, draft)
    except Refused as refused:
        return refused.sqlstate
    return None


def _check(op: Any, draft: Draft) -> None:
    query: Query = op.query
    target = _target(op)
    if isinstance(op, (ops.Update, ops.Delete)):
        scope = scope_of(query, target, "where", draft)
        if scope is None:
            return
        if isinstance(op, ops.Update):
            _assignments(op, scope, draft)
        if op.where is not None:
            boolean(analyse(op.where, scope, draft), op.where, draft)
    elif query.simple:
        _select(query, draft)


def _assignments(op: ops.Update, scope: Scope, draft: Draft) -> None:
    table = draft.certain(draft.resolve(op.relation))
    for column, value in zip(op.columns, op.values, strict=False):
        own = table.column(column) if isinstance(table, _Record) else None
        given = analyse(value, scope, draft)
        if own is not None and own.type is not None and value.kind not in ("other", "subquery"):
            assigned(given, value, own.type, draft)


def _select(query: Query, draft: Draft) -> None:
    scope = scope_of(query, None, "select", draft)
    if scope is None:
        return
    labels = [use.alias or use.relation.name for use in query.relations]
    if len(set(labels)) < len(labels) and len({use.relation.schema for use in query.relations}) == 1:
        raise Refused("42712")
    repeated = _ambiguous(query, draft)
    for output in query.outputs:
        analyse(output, scope._replace(twice=repeated), draft)
    if query.where is not None:
        boolean(analyse(query.where, scope._replace(place="where"), draft), query.where, draft)
    if query.having is not None:
        boolean(analyse(query.having, scope, draft), query.having, draft)


def _ambiguous(query: Query, draft: Draft) -> frozenset[str]:
    """Columns that two of the relations have, all of which stand in one FROM."""
    seen: set[str] = set()
    twice: set[str] = set()
    for _, record in _sources(query, None, draft) or ():
        own = {c.name for c in record.columns}
        twice |= seen & own
        seen |= own
    return frozenset(twice)


# -- groups


def ungrouped(op: Any, name: QName, draft: Draft) -> bool:
    """A column beside aggregates, or beside a GROUP BY, that is not grouped by (parse_agg.c: parseCheckAggregates).

    What depends on a primary key that is grouped by is left out, and so is what goes by another name."""
    query: Query = op.query
    if not query.simple or not query.outputs:
        return False
    shown = (*query.outputs, *((query.having,) if query.having is not None else ()))
    if query.group is None:
        if query.having is None and not any(_aggregates(output, draft) for output in query.outputs):
            return False
        return any(_bare(output, draft, frozenset()) for output in shown)
    grouped = _grouped(query, draft)
    return grouped is not None and any(_bare(output, draft, grouped) for output in shown)


def _grouped(query: Query, draft: Draft) -> frozenset[str] | None:
    """The columns that a query groups by; None where it groups by more than columns of one relation, or by its key."""
    sources = _sources(query, None, draft)
    if sources is None or len(sources) != 1 or query.group is None:
        return None
    columns = {part.value for part in query.group if part.kind == "column"}
    _, record = sources[0]
    if len(columns) < len(query.group) or not all(c and record.column(c) is not None for c in columns):
        return None
    key = record.primary_key if isinstance(record, Table) else None
    if key is not None and set(key.columns) <= columns:
        return None
    return frozenset(c for c in columns if c)


def _aggregates(expr: Expr, draft: Draft) -> bool:
    return any(part.kind == "call" and _is_aggregate(part, draft) for part in walk(expr))


def _is_aggregate(call: Expr, draft: Draft) -> bool:
    if call.name is None or call.name.schema not in (None, "pg_catalog") or _over(call):
        return False
    found = signatures(draft.major).functions.get(call.name.name)
    return bool(found) and all(f.kind == "a" for f in found)


def _over(call: Expr) -> bool:
    return any(arg.kind == "other" and (arg.value or "").startswith("over ") for arg in call.args)


def _bare(expr: Expr, draft: Draft, grouped: frozenset[str]) -> bool:
    """Whether the expression has a column outside of aggregates that is not ``grouped`` by."""
    if expr.kind == "column":
        return expr.value not in grouped
    if expr.kind in ("subquery", "other") or (expr.kind == "call" and (_is_aggregate(expr, draft) or _over(expr))):
        return False
    return any(_bare(arg, draft, grouped) for arg in expr.args)


# -- rows of the table


def columns_missing(op: Any, name: QName, draft: Draft) -> str | None:
    return unknown_column(op.query, _target(op), draft)


def function_missing(op: Any, name: QName, draft: Draft) -> bool:
    return any(draft.no_function(function) for function in op.query.functions)


def inner_statements(op: ops.NoEffect) -> Iterator[Any]:
    """The statements that EXPLAIN and PREPARE plan."""
    yield from (inner for inner in op.names if hasattr(inner, "query"))


def unpopulated(op: Any, name: QName, draft: Draft) -> bool:
    """A materialized view that has no data yet is not read (execMain.c: ExecOpenScanRelation)."""
    if isinstance(op, ops.CreateTableAs) and not op.with_data:
        return False
    found = [draft.certain(draft.resolve(use.relation)) for use in op.query.relations]
    return any(isinstance(r, View) and r.kind == "materialized view" and not r.populated for r in found)


def planned_unfit(op: ops.NoEffect, name: QName, draft: Draft) -> str | None:
    for inner in inner_statements(op):
        for use in inner.query.relations:
            if draft.no_relation(use.relation):
                return "42P01"
        if isinstance(inner, ops.Write) and draft.no_relation(inner.relation):
            return "42P01"
        found = columns_missing(inner, name, draft)
        if found is not None:
            return found
    return None


_READING = (ops.Select, ops.CreateView, ops.CreateTableAs, ops.Insert, ops.Update, ops.Delete, ops.Merge)
REFERENCES: tuple[Refusal, ...] = (
    *(
        Refusal(operation, 12, 18, "", "column or relation of the query does not exist", columns_missing,
                "parse_relation.c: colNameToVar, errorMissingRTE")
        for operation in _READING
    ),
    *(
        Refusal(operation, 12, 18, "42883", "function does not exist", function_missing, "parse_func.c")
        for operation in _READING
    ),
    *(
        Refusal(operation, 12, 18, "", "an expression of the query is not valid", mistyped, "parse_expr.c")
        for operation in (ops.Select, ops.CreateView, ops.CreateTableAs, ops.Update, ops.Delete)
    ),
    *(
        Refusal(operation, 12, 18, "42803", "column must appear in the GROUP BY clause", ungrouped,
                "parse_agg.c: check_ungrouped_columns_walker")
        for operation in (ops.Select, ops.CreateView, ops.CreateTableAs)
    ),
    *(
        Refusal(operation, 12, 18, "55000", "materialized view has not been populated", unpopulated,
                "execMain.c: ExecOpenScanRelation")
        for operation in (ops.Select, ops.CreateTableAs, ops.Insert, ops.Update, ops.Delete)
    ),
    Refusal(ops.NoEffect, 12, 18, "", "the statement that is planned is not valid", planned_unfit, "explain.c"),
)  # fmt: skip
