"""What the server refuses in the expressions of definitions: defaults, checks, generated columns, keys of indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Table
from hotlint.dialects.postgres import functions
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.literals import constant_error
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.types.change import uses_column
from hotlint.operations import ColumnDef, ConstraintDef, Expr, Name, Operation, TypeName

# pg_aggregate.dat: those that no scalar function shares its name with.
_AGGREGATES = frozenset(
    [
        "count",
        "sum",
        "avg",
        "min",
        "max",
        "array_agg",
        "string_agg",
        "bool_and",
        "bool_or",
        "every",
        "json_agg",
        "jsonb_agg",
        "json_object_agg",
        "jsonb_object_agg",
        "stddev",
        "variance",
        "xmlagg",
    ]
)


class _Place:
    """Where an expression stands: what it may not have, and the types of the columns that it may name."""

    __slots__ = ("columns", "expr", "relation", "type", "what")

    def __init__(self, what: str, expr: Expr, relation: str = "", columns: tuple[Any, ...] = (), type: Any = None):
        self.what = what
        self.expr = expr
        self.relation = relation
        self.columns = columns
        self.type: TypeName | None = type


def _walk(expr: Expr) -> Iterator[Expr]:
    yield expr
    for arg in expr.args:
        yield from _walk(arg)


def _refused(place: _Place, draft: Draft) -> str | None:
    """The SQLSTATE with which the expression is refused where it stands (parse_expr.c, parse_func.c, parse_agg.c)."""
    error = constant_error(place.expr, place.type, draft)
    if error is not None:
        return error
    for part in _walk(place.expr):
        kind = part.kind
        if kind == "subquery":
            return "0A000"  # transformSubLink
        if kind == "column" and place.what == "default":
            return "0A000"  # transformColumnRef
        if kind == "column" and place.what == "generated" and _lacks(place, part, draft):
            return "42703"
        if kind == "column" and part.name is not None and place.relation and part.name.name != place.relation:
            return "42P01" if part.name.schema is None else None  # parse_relation.c: errorMissingRTE
        if kind == "call" and part.name is not None:
            if part.name.schema is None and part.name.name in _AGGREGATES:
                return "42803"
            if draft.no_function(part.name):
                return "42883"
        if _of_missing_sequence(part, draft):
            return "42P01"
        error = _compared(part, place, draft) or (constant_error(part, None, draft) if kind == "cast" else None)
        if error is not None:
            return error
    return None


def _lacks(place: _Place, part: Expr, draft: Draft) -> bool:
    return (
        part.name is None
        and bool(place.columns)
        and draft.complete()
        and all(column.name != part.value for column in place.columns)
    )


def _of_missing_sequence(part: Expr, draft: Draft) -> bool:
    """nextval() and its like are given a sequence by name, which is looked up when the statement is parsed."""
    if part.kind != "call" or part.name is None or part.name.name not in _OF_SEQUENCES or not part.args:
        return False
    given = part.args[0]
    while given.kind == "cast":
        given = given.args[0]
    if given.kind != "string" or not given.value or '"' in given.value or not draft.complete():
        return False
    schema, _, word = given.value.rpartition(".")
    found = draft.resolve(Name(word.lower(), schema.lower() or None))
    return not draft.exists(found) and draft.after.relation(found) is None


_OF_SEQUENCES = frozenset(["nextval", "currval", "setval"])


def _compared(part: Expr, place: _Place, draft: Draft) -> str | None:
    """A literal beside a column is read as a value of the column's type (parse_oper.c: binary_oper_exact)."""
    if part.kind not in ("operator", "test") or part.value not in _COMPARING or not place.columns:
        return None
    column = next((a.value for a in part.args if a.kind == "column"), None)
    type = next((c.type for c in place.columns if c.name == column), None)
    if column is None or type is None:
        return None
    return next((e for a in part.args if (e := constant_error(a, type, draft)) is not None), None)


_COMPARING = frozenset(["=", "<>", "<", ">", "<=", ">=", "in", "not in"])


# -- the expressions of an operation


def _of_column(column: ColumnDef, relation: str, columns: tuple[Any, ...]) -> Iterator[_Place]:
    if column.default is not None:
        yield _Place("default", column.default, type=column.type)
    if column.generated is not None:
        yield _Place("generated", column.generated, relation, columns)
    yield from _of_constraints(column.constraints, relation, columns)


def _of_constraints(items: Iterable[ConstraintDef], relation: str, columns: tuple[Any, ...]) -> Iterator[_Place]:
    for item in items:
        if item.kind == "check" and item.expression is not None:
            yield _Place("check", item.expression, relation, columns)


def _columns(name: QName, draft: Draft) -> tuple[Any, ...]:
    table = draft.before.table(name)
    return table.columns if table is not None else ()


def _add_column(op: ops.AddColumn, name: QName, draft: Draft) -> Iterator[_Place]:
    return _of_column(op.column, name.name, (*_columns(name, draft), op.column))


def _create_table(op: ops.CreateTable, name: QName, draft: Draft) -> Iterator[_Place]:
    for column in op.columns:
        yield from _of_column(column, name.name, op.columns)
    yield from _of_constraints(op.constraints, name.name, op.columns)


def _add_constraint(op: ops.AddConstraint, name: QName, draft: Draft) -> Iterator[_Place]:
    return _of_constraints((op.constraint,), name.name, _columns(name, draft))


def _set_default(op: ops.SetDefault, name: QName, draft: Draft) -> Iterator[_Place]:
    type = next((c.type for c in _columns(name, draft) if c.name == op.column), None)
    yield _Place("default", op.default, type=type)


def _create_index(op: ops.CreateIndex, name: QName, draft: Draft) -> Iterator[_Place]:
    for element in op.elements:
        if element.expression is not None:
            yield _Place("index", element.expression, name.name, _columns(name, draft))
    if op.where is not None:
        yield _Place("index", op.where, name.name, _columns(name, draft))


def _set_expression(op: ops.SetGeneratedExpression, name: QName, draft: Draft) -> Iterator[_Place]:
    yield _Place("generated", op.expression, name.name, _columns(name, draft))


def _create_domain(op: ops.CreateDomain, name: QName, draft: Draft) -> Iterator[_Place]:
    if op.default is not None:
        yield _Place("default", op.default, type=op.base)
    yield from _of_constraints(op.constraints, "", ())


def _alter_domain(op: ops.AlterDomain, name: QName, draft: Draft) -> Iterator[_Place]:
    if op.constraint is not None:
        yield from _of_constraints((op.constraint,), "", ())


_PLACES: dict[type[Operation], Callable[[Any, QName, Draft], Iterator[_Place]]] = {
    ops.AddColumn: _add_column,
    ops.CreateTable: _create_table,
    ops.AddConstraint: _add_constraint,
    ops.SetDefault: _set_default,
    ops.CreateIndex: _create_index,
    ops.SetGeneratedExpression: _set_expression,
    ops.CreateDomain: _create_domain,
    ops.AlterDomain: _alter_domain,
}


def unfit_expression(op: Operation, name: QName, draft: Draft) -> str | None:
    for place in _PLACES[type(op)](op, name, draft):
        error = _refused(place, draft)
        if error is not None:
            return error
    return None


# -- generated columns


def _generated(op: Any, name: QName, draft: Draft) -> Iterator[tuple[str, Expr, frozenset[str]]]:
    """Each generation expression that the operation gives, with its column and the other generated columns."""
    if isinstance(op, ops.CreateTable):
        made = frozenset(c.name for c in op.columns if c.generated is not None)
        for column in op.columns:
            if column.generated is not None:
                yield column.name, column.generated, made
        return
    had = frozenset(c.name for c in _columns(name, draft) if c.generated_kind is not None)
    if isinstance(op, ops.SetGeneratedExpression):
        yield op.column, op.expression, had
    elif op.column.generated is not None:
        yield op.column.name, op.column.generated, had


def not_generatable(op: Any, name: QName, draft: Draft) -> bool:
    """heap.c: check_nested_generated, and immutability of the expression."""
    types = {c.name: c.type for c in getattr(draft.before.table(name), "columns", ()) if c.type is not None}
    if isinstance(op, ops.CreateTable):
        types = {c.name: c.type for c in op.columns if c.type is not None}
    for column, expression, others in _generated(op, name, draft):
        if any(uses_column(expression, other) for other in others | {column}):
            return True
        volatility = functions.volatility(expression, draft.before, draft.context.server, draft.path, types)
        if volatility in ("stable", "volatile"):
            return True
    return False


def using_missing(op: ops.AlterColumnType, name: QName, draft: Draft) -> bool:
    table: Table | None = draft.before.table(name)
    if op.using is None or table is None or not table.known or not draft.complete():
        return False
    added = {o.column.name for o in draft.operations if isinstance(o, ops.AddColumn)}
    return any(
        p.kind == "column" and p.value and table.column(p.value) is None and p.value not in added and p.value != "*"
        for p in _walk(op.using)
    )


def sequence_missing(op: ops.Select, name: QName, draft: Draft) -> bool:
    return any(_of_missing_sequence(part, draft) for output in op.query.outputs for part in _walk(output))


def function_in_query_missing(op: Any, name: QName, draft: Draft) -> bool:
    query = getattr(op, "query", None)
    return query is not None and any(draft.no_function(function) for function in query.functions)


EXPRESSIONS: tuple[Refusal, ...] = (
    *(
        Refusal(
            operation, 12, 18, "", "an expression of the definition is not valid", unfit_expression, "parse_expr.c"
        )
        for operation in _PLACES
    ),
    *(
        Refusal(
            operation, 12, 18, "42P17", "generation expression is not valid", not_generatable,
            "heap.c: cookDefault",
        )
        for operation in (ops.AddColumn, ops.CreateTable, ops.SetGeneratedExpression)
    ),
    Refusal(
        ops.AlterColumnType, 12, 18, "42703", "column of the USING expression does not exist", using_missing,
        "parse_relation.c: colNameToVar",
    ),
    Refusal(ops.Select, 12, 18, "42P01", "sequence does not exist", sequence_missing, "regproc.c: regclassin"),
    *(
        Refusal(operation, 12, 18, "42883", "function does not exist", function_in_query_missing, "parse_func.c")
        for operation in (ops.Select, ops.CreateView, ops.CreateTableAs, ops.Insert, ops.Update, ops.Delete, ops.Merge)
    ),
)  # fmt: skip
