"""New values of enums: until the transaction that added them ends, they cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Table
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.operations import ColumnDef, Expr, Name, Operation, Query, TypeName

# Values added to a type that the transaction itself made can be used since 17 (pg_enum.c: EnumUncommitted; measured).
_OWN_TYPES_SINCE = 17

Use = tuple[str, "str | None", "TypeName | None"]
"""A text constant, the column that it meets or None, and the type that it is cast to or None."""


def check_new_values(operations: tuple[Operation, ...], draft: Draft) -> None:
    """Refuses a use of a label that the transaction added (enum.c: check_safe_enum_use, 55P04).

    A use is a cast to the enum, or a constant that is assigned to or compared with a column of it.
    """
    by_label = {label: type for type, label in draft.context.new_enum_values if not _usable(type, draft)}
    if not by_label:
        return
    for operation in operations:
        uses = _USES.get(type(operation))
        if uses is None:
            continue
        tables = list(_tables(operation, draft))
        for text, column, cast in uses(operation):
            enum = by_label.get(text)
            if enum is not None and _meets(enum, column, cast, tables):
                draft.refuse("55P04", f'unsafe use of new value "{text}" of enum type {enum.name}')
                return


def _usable(type: QName, draft: Draft) -> bool:
    found = draft.before.type(type)
    return draft.major >= _OWN_TYPES_SINCE and found is not None and found.origin >= draft.context.first_step


def _meets(enum: QName, column: str | None, cast: TypeName | None, tables: list[Table]) -> bool:
    if cast is not None:
        return cast.name == enum.name
    found = [table.column(column) for table in tables if column is not None]
    return any(c is not None and c.type is not None and c.type.name == enum.name for c in found)


def _tables(operation: Operation, draft: Draft) -> Iterator[Table]:
    """The tables whose columns the operation's constants may meet."""
    names: list[Name] = [operation.relation] if isinstance(operation, ops.RelationOperation) else []
    query = getattr(operation, "query", None)
    if query is not None:
        names.extend(use.relation for use in query.relations)
    for name in names:
        found = draft.after.table(draft.after.resolve(name, draft.path))
        if found is not None:
            yield found


def _meeting(expr: Expr) -> Iterator[Use]:
    """Constants compared with a column, or cast."""
    if expr.kind == "cast" and expr.args[0].kind == "string" and expr.type is not None:
        yield expr.args[0].value or "", None, expr.type
    column = next((a.value for a in expr.args if a.kind == "column"), None)
    for argument in expr.args:
        if column is not None and argument.kind == "string":
            yield argument.value or "", column, None
        yield from _meeting(argument)


def _assigned(column: str, value: Expr | None) -> Iterator[Use]:
    if value is not None:
        if value.kind == "string":
            yield value.value or "", column, None
        yield from _meeting(value)


def _where(where: Expr | None) -> Iterator[Use]:
    if where is not None:
        yield from _meeting(where)


def _query(query: Query) -> Iterator[Use]:
    yield from _where(query.where)
    for output in query.outputs:
        yield from _meeting(output)


def _insert(op: ops.Insert) -> Iterator[Use]:
    for at, texts in enumerate(op.texts):
        if at < len(op.columns):
            yield from ((text, op.columns[at], None) for text in texts)
    for output, column in zip(op.query.outputs, op.columns, strict=False):
        yield from _assigned(column, output)
    yield from _where(op.query.where)


def _update(op: ops.Update) -> Iterator[Use]:
    for column, value in zip(op.columns, op.values, strict=False):
        yield from _assigned(column, value)
    yield from _where(op.where)


def _create_table(op: ops.CreateTable) -> Iterator[Use]:
    for column in op.columns:
        yield from _column(column)
    for constraint in op.constraints:
        yield from _where(constraint.expression)


def _column(column: ColumnDef) -> Iterator[Use]:
    yield from _assigned(column.name, column.default)
    for constraint in column.constraints:
        yield from _where(constraint.expression)


_USES: dict[type[Operation], Callable[[Any], Iterator[Use]]] = {
    ops.Insert: _insert,
    ops.Update: _update,
    ops.Delete: lambda op: _where(op.where),
    ops.Select: lambda op: _query(op.query),
    ops.CreateView: lambda op: _query(op.query),
    ops.CreateTableAs: lambda op: _query(op.query),
    ops.CreateTable: _create_table,
    ops.AddColumn: lambda op: _column(op.column),
    ops.SetDefault: lambda op: _assigned(op.column, op.default),
    ops.AddConstraint: lambda op: _where(op.constraint.expression),
    ops.CreateIndex: lambda op: _where(op.where),
}
