"""What the server refuses of the types that columns are given: modifiers, collations, names of types and row types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import CompositeType, Table, View
from hotlint.dialects.postgres.impact.coercing import collatable, collation_missing
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.types.modifiers import modifier_error
from hotlint.dialects.postgres.types.names import constrained_domain, resolve
from hotlint.operations import ColumnDef, Name, Operation, TypeName

_Use = tuple["TypeName | None", "Name | None"]  # a type and the collation that is given with it


def _of_columns(columns: Iterable[ColumnDef]) -> Iterator[_Use]:
    for column in columns:
        yield column.type, column.collation


_USES: dict[type[Operation], Callable[[Any], Iterable[_Use]]] = {
    ops.AddColumn: lambda op: _of_columns((op.column,)),
    ops.CreateTable: lambda op: _of_columns(op.columns),
    ops.CreateCompositeType: lambda op: _of_columns(op.columns),
    ops.AlterCompositeType: lambda op: ((op.to, None),),
    ops.AlterColumnType: lambda op: ((op.to, op.collation),),
    ops.CreateDomain: lambda op: ((op.base, op.collation),),
}


def type_unfit(op: Any, name: QName, draft: Draft) -> str | None:
    """parse_type.c: typenameTypeIdAndMod, GetColumnDefCollation."""
    for written, collation in _USES[type(op)](op):
        if written is None:
            continue
        resolved = resolve(written, draft.before, draft.context.server, draft.path)
        error = modifier_error(written, resolved, draft.major)
        if error is not None:
            return error
        if collation is None:
            continue
        if collation_missing(collation, draft):
            return "42704"
        if resolved is not None and not collatable(resolved):
            return "42804"
    return None


# -- names


def row_type_taken(op: ops.RenameRelation, name: QName, draft: Draft) -> bool:
    """A table's row type is renamed with it (tablecmds.c: RenameRelationInternal)."""
    found = draft.before.relation(name)
    taken = draft.before.type(QName(name.schema, op.new_name))
    return isinstance(found, (Table, View)) and taken is not None and not taken.maybe


def type_name_taken(op: ops.RenameObject, name: QName, draft: Draft) -> bool:
    if op.kind not in ("type", "domain"):
        return False
    found = draft.before.relation(draft.resolve(Name(op.new_name, op.name.schema)))
    return isinstance(found, (Table, View, CompositeType)) and not found.maybe


def renames_row_type(op: ops.RenameObject | ops.ChangeSchema | ops.ChangeOwner, name: QName, draft: Draft) -> bool:
    """ALTER TYPE does not take the row type of a table (typecmds.c: RenameType, AlterTypeOwner …)."""
    found = draft.before.relation(draft.resolve(op.name))
    return op.kind == "type" and isinstance(found, (Table, View)) and not found.maybe


# -- row types in columns


def rewrites_row_type(op: ops.AddColumn, name: QName, draft: Draft) -> bool:
    """A table whose row type is a column elsewhere takes no column that has a value, be it one that needs no rewrite
    (tablecmds.c: ATRewriteTables, find_composite_type_dependencies)."""
    column = op.column
    writes = column.identity is not None or column.serial or column.generated_kind == "stored"
    given = column.default is not None and column.default.kind != "null"
    domain = column.type is not None and constrained_domain(
        column.type, draft.before, draft.context.server, draft.context.session
    )
    return bool(writes or given or domain) and _in_columns(name, draft)


def _in_columns(name: QName, draft: Draft) -> bool:
    for user in draft.before.catalog.users_by_object.get(("type", name)):
        table = draft.before.table(user)
        columns = table.columns if table is not None and user != name else ()
        if any(c.type is not None and (c.type.schema or name.schema, c.type.name) == name for c in columns):
            return True
    return False


TYPES: tuple[Refusal, ...] = (
    *(
        Refusal(operation, 12, 18, "", "modifier or collation does not fit the type", type_unfit, "parse_type.c")
        for operation in _USES
    ),
    Refusal(ops.RenameRelation, 12, 18, "42710", "type of the new name already exists", row_type_taken,
            "typecmds.c: RenameTypeInternal"),
    Refusal(ops.RenameObject, 12, 18, "42710", "type of the new name already exists", type_name_taken,
            "typecmds.c: RenameTypeInternal"),
    *(
        Refusal(operation, 12, 18, "42809", '"{0}" is a table\'s row type', renames_row_type, "typecmds.c")
        for operation in (ops.RenameObject, ops.ChangeSchema, ops.ChangeOwner)
    ),
    Refusal(ops.AddColumn, 12, 18, "0A000", 'cannot alter table "{0}" because a column uses its row type',
            rewrites_row_type, "tablecmds.c: find_composite_type_dependencies"),
)  # fmt: skip
