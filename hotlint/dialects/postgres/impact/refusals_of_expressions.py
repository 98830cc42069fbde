"""What the server refuses in the expressions of definitions: defaults, checks, generated columns, keys of indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.apply.expressions import transform
from hotlint.catalog.names import QName
from hotlint.catalog.records import Domain
from hotlint.dialects.postgres import functions
from hotlint.dialects.postgres.impact.analysis import Scope, analyse
from hotlint.dialects.postgres.impact.coercing import Refused, assigned, boolean
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.types.change import uses_column
from hotlint.operations import ColumnDef, ConstraintDef, Expr, Operation, TypeName

_Columns = Mapping[str, "TypeName | None"] | None


class _Place:
    """Where an expression stands (``Scope.place``), the columns that it may name, and the type that it must become."""

    __slots__ = ("columns", "expr", "relation", "type", "what")

    def __init__(self, what: str, expr: Expr, relation: str = "", columns: _Columns = None, type: Any = None):
        self.what = what
        self.expr = expr
        self.relation = relation
        self.columns = columns
        self.type: TypeName | None = type


_BOOLEANS = frozenset(["check", "predicate", "policy", "trigger"])


def _refused(place: _Place, draft: Draft) -> str | None:
    """The SQLSTATE with which the expression is refused where it stands."""
    try:
        found = analyse(place.expr, Scope(place.what, place.columns, frozenset([place.relation])), draft)
        if place.what in _BOOLEANS:
            boolean(found, place.expr, draft)
        elif place.type is not None:
            assigned(found, place.expr, place.type, draft)
    except Refused as refused:
        return refused.sqlstate
    return None


# -- the expressions of an operation


def _of_column(column: ColumnDef, relation: str, columns: _Columns) -> Iterator[_Place]:
    if column.default is not None:
        yield _Place("default", column.default, type=column.type)
    if column.generated is not None:
        yield _Place("generated", column.generated, relation, columns, column.type)
    yield from _of_constraints(column.constraints, relation, columns)


def _of_constraints(items: Iterable[ConstraintDef], relation: str, columns: _Columns) -> Iterator[_Place]:
    for item in items:
        if item.kind == "check" and item.expression is not None:
            yield _Place("check", item.expression, relation, columns)
        for element in item.elements:
            if element.expression is not None:
                yield _Place("index", element.expression, relation, columns)
        if item.where is not None:
            yield _Place("predicate", item.where, relation, columns)


def _columns(name: QName, draft: Draft) -> _Columns:
    """The columns before and after the statement, as it leaves them; None where they are not all known."""
    views = [v.table(name) or v.view(name) for v in (draft.before, draft.after)]
    if not any(views) or any(v is not None and (not v.known or v.maybe) for v in views):
        return None
    return {c.name: c.type for v in views if v is not None for c in v.columns}


def _add_column(op: ops.AddColumn, name: QName, draft: Draft) -> Iterator[_Place]:
    return _of_column(op.column, name.name, _columns(name, draft))


def _create_table(op: ops.CreateTable, name: QName, draft: Draft) -> Iterator[_Place]:
    columns = _columns(name, draft)
    for column in op.columns:
        yield from _of_column(column, name.name, columns)
    yield from _of_constraints(op.constraints, name.name, columns)
    for element in op.partition_by.elements if op.partition_by is not None else ():
        if element.expression is not None:
            yield _Place("partition", element.expression, name.name, columns)


def _add_constraint(op: ops.AddConstraint, name: QName, draft: Draft) -> Iterator[_Place]:
    return _of_constraints((op.constraint,), name.name, _columns(name, draft))


def _set_default(op: ops.SetDefault, name: QName, draft: Draft) -> Iterator[_Place]:
    yield _Place("default", op.default, type=(_columns(name, draft) or {}).get(op.column))


def _create_index(op: ops.CreateIndex, name: QName, draft: Draft) -> Iterator[_Place]:
    for element in op.elements:
        if element.expression is not None:
            yield _Place("index", element.expression, name.name, _columns(name, draft))
    if op.where is not None:
        yield _Place("predicate", op.where, name.name, _columns(name, draft))


def _set_expression(op: ops.SetGeneratedExpression, name: QName, draft: Draft) -> Iterator[_Place]:
    columns = _columns(name, draft)
    yield _Place("generated", op.expression, name.name, columns, (columns or {}).get(op.column))


def _create_domain(op: ops.CreateDomain, name: QName, draft: Draft) -> Iterator[_Place]:
    if op.default is not None:
        yield _Place("default", op.default, type=op.base)
    yield from _of_constraints(op.constraints, "", {"value": op.base})


def _alter_domain(op: ops.AlterDomain, name: QName, draft: Draft) -> Iterator[_Place]:
    found = draft.before.type(draft.before.resolve(op.name, draft.path))
    base = found.base if isinstance(found, Domain) else None
    if op.constraint is not None:
        yield from _of_constraints((op.constraint,), "", {"value": base})
    if op.default is not None:
        yield _Place("default", op.default, type=base)


def _retype(op: ops.AlterColumnType, name: QName, draft: Draft) -> Iterator[_Place]:
    table = draft.before.table(name)
    known = table is not None and table.known and not table.maybe and table.column(op.column) is not None
    if op.using is not None and table is not None and known:
        added = {o.column.name: None for o in draft.operations if isinstance(o, ops.AddColumn)}
        columns = {**added, **{c.name: c.type for c in table.columns}}
        yield _Place("transform", op.using, name.name, columns, op.to)


def _policy(op: ops.CreatePolicy | ops.AlterPolicy, name: QName, draft: Draft) -> Iterator[_Place]:
    for expr in (op.using, op.check):
        if expr is not None:
            yield _Place("policy", expr, name.name, _columns(name, draft))


def _trigger(op: ops.CreateTrigger, name: QName, draft: Draft) -> Iterator[_Place]:
    """OLD and NEW stand before the columns."""
    if op.when is not None:
        yield _Place("trigger", _unqualified(op.when), name.name, _columns(name, draft))


def _unqualified(expr: Expr) -> Expr:
    def bare(part: Expr) -> Expr:
        rows = part.kind == "column" and part.name is not None and part.name.name in ("old", "new")
        return Expr("column", part.value) if rows else part

    return transform(expr, bare)


def _published(op: ops.CreateObject, name: QName, draft: Draft) -> Iterator[_Place]:
    for written, condition in op.conditions:
        found = draft.resolve(written)
        yield _Place("predicate", condition, found.name, _columns(found, draft))


_PLACES: dict[type[Operation], Callable[[Any, QName, Draft], Iterator[_Place]]] = {
    ops.AddColumn: _add_column,
    ops.CreateTable: _create_table,
    ops.AddConstraint: _add_constraint,
    ops.SetDefault: _set_default,
    ops.CreateIndex: _create_index,
    ops.SetGeneratedExpression: _set_expression,
    ops.CreateDomain: _create_domain,
    ops.AlterDomain: _alter_domain,
    ops.AlterColumnType: _retype,
    ops.CreatePolicy: _policy,
    ops.AlterPolicy: _policy,
    ops.CreateTrigger: _trigger,
    ops.CreateObject: _published,
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
    table = draft.before.table(name)
    had = frozenset(c.name for c in (table.columns if table is not None else ()) if c.generated_kind is not None)
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


def policy_reads_missing(op: ops.CreatePolicy | ops.AlterPolicy, name: QName, draft: Draft) -> bool:
    """Relations in subqueries of a policy."""
    return any(draft.no_relation(use.relation) for use in op.reads)


EXPRESSIONS: tuple[Refusal, ...] = (
    *(
        Refusal(operation, 12, 18, "42P01", "relation of the policy does not exist", policy_reads_missing,
                "parse_relation.c: parserOpenTable")
        for operation in (ops.CreatePolicy, ops.AlterPolicy)
    ),
    *(
        Refusal(
            operation, 12, 18, "", "an expression of the definition is not valid", unfit_expression, "parse_expr.c"
        )
        for operation in _PLACES
        if operation is not ops.AlterColumnType
    ),
    *(
        Refusal(
            operation, 12, 18, "42P17", "generation expression is not valid", not_generatable,
            "heap.c: cookDefault",
        )
        for operation in (ops.AddColumn, ops.CreateTable, ops.SetGeneratedExpression)
    ),
)  # fmt: skip


FIRST_EXPRESSIONS: tuple[Refusal, ...] = (
    Refusal(ops.AlterColumnType, 12, 18, "", "USING is not valid", unfit_expression,
            "tablecmds.c: ATPrepAlterColumnType"),
)  # fmt: skip
