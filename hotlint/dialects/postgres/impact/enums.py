"""New values of enums: until the transaction that added them ends, they cannot be used."""

from __future__ import annotations

from collections.abc import Iterator

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Table
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.operations import Expr, Operation


def check_new_values(operations: tuple[Operation, ...], draft: Draft) -> None:
    """Refuses a use of a label that the transaction added (enum.c: check_safe_enum_use, 55P04).

    A use is a cast to the enum, or a constant that is assigned to or compared with a column of it.
    """
    by_label = {label: type for type, label in draft.context.new_enum_values}
    for operation in operations:
        table = _table(operation, draft)
        for expr, column in _constants(operation, table):
            if expr.kind != "string" or expr.value not in by_label:
                continue
            type = by_label[expr.value]
            if column is None or _has_type(table, column, type):
                draft.fail("55P04", f'unsafe use of new value "{expr.value}" of enum type {type.name}')
                return


def _table(operation: Operation, draft: Draft) -> Table | None:
    relation = getattr(operation, "relation", None)
    if relation is None:
        return None
    return draft.after.table(draft.after.resolve(relation, draft.path))


def _has_type(table: Table | None, column: str, type: QName) -> bool:
    found = table.column(column) if table is not None else None
    return found is not None and found.type is not None and found.type.name == type.name


def _constants(operation: Operation, table: Table | None) -> Iterator[tuple[Expr, str | None]]:
    """Constants and the columns that they meet; the column is None where they are cast."""
    if isinstance(operation, ops.Update):
        for column, value in zip(operation.columns, operation.values, strict=False):
            yield value, column
            yield from _meeting(value)
        if operation.where is not None:
            yield from _meeting(operation.where)
    elif isinstance(operation, ops.Delete) and operation.where is not None:
        yield from _meeting(operation.where)
    elif isinstance(operation, (ops.SetDefault, ops.AddColumn)):
        default = operation.default if isinstance(operation, ops.SetDefault) else operation.column.default
        name = operation.column if isinstance(operation, ops.SetDefault) else operation.column.name
        if default is not None:
            yield default, name
            yield from _meeting(default)
    elif isinstance(operation, ops.AddConstraint) and operation.constraint.expression is not None:
        yield from _meeting(operation.constraint.expression)
    elif isinstance(operation, ops.CreateIndex) and operation.where is not None:
        yield from _meeting(operation.where)


def _meeting(expr: Expr) -> Iterator[tuple[Expr, str | None]]:
    """Constants compared with a column, or cast."""
    column = next((a.value for a in expr.args if a.kind == "column"), None)
    for argument in expr.args:
        if column is not None and argument.kind == "string":
            yield argument, column
        yield from _meeting(argument)
