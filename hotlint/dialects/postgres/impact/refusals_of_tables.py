"""What the server refuses of new tables and columns: keys named twice, pseudo-types, what is inherited or liked,
columns that a type or a parent does not have, and bounds of partitions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import CompositeType, Enum, Table, View
from hotlint.dialects.postgres.impact.analysis import SYSTEM_COLUMNS, Scope, analyse
from hotlint.dialects.postgres.impact.coercing import Refused, assigned
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.types.names import built_in, canonical
from hotlint.operations import ConstraintDef, Expr, TypeName

_T = "tablecmds.c"


# -- constraints


def _constraints(op: ops.CreateTable) -> Iterator[ConstraintDef]:
    for column in op.columns:
        yield from column.constraints
    yield from op.constraints


def two_primary_keys(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    return sum(constraint.kind == "primary key" for constraint in _constraints(op)) > 1


def default_and_expression(op: ops.CreateTable | ops.AddColumn, name: QName, draft: Draft) -> bool:
    """parse_utilcmd.c: transformColumnDefinition."""
    columns = op.columns if isinstance(op, ops.CreateTable) else (op.column,)
    return any(c.generated is not None and (c.default is not None or c.identity is not None) for c in columns)


def key_beside_expression(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    """A unique key has all columns of the partition key, which an expression is none of (indexcmds.c: DefineIndex)."""
    if op.partition_by is None or not any(e.expression is not None for e in op.partition_by.elements):
        return False
    return any(c.kind in ("unique", "primary key") for c in _constraints(op))


def key_twice(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    return any(c.kind in ("unique", "primary key") and len(set(c.columns)) < len(c.columns) for c in op.constraints)


# -- types of columns


def pseudo_type(op: Any, name: QName, draft: Draft) -> bool:
    """heap.c: CheckAttributeType."""
    columns = op.columns if isinstance(op, ops.CreateTable) else (op.column,) if isinstance(op, ops.AddColumn) else ()
    types = [c.type for c in columns] if columns else [op.to] if isinstance(op, ops.AlterColumnType) else []
    return any(t is not None and (_pseudo(t, draft) or t.setof) for t in types)


def _pseudo(type: TypeName, draft: Draft) -> bool:
    plain = canonical(type)
    if plain.schema is not None or plain.percent_type:
        return False
    found = built_in(plain.name, draft.major)
    return found is not None and found.kind == "pseudo"


def array_of_serial(op: ops.CreateTable | ops.AddColumn, name: QName, draft: Draft) -> bool:
    columns = op.columns if isinstance(op, ops.CreateTable) else (op.column,)
    return any(c.type is not None and c.type.dimensions and c.type.name in _SERIALS for c in columns)


_SERIALS = frozenset(["serial", "serial2", "serial4", "serial8", "bigserial", "smallserial"])


def of_itself(op: ops.AddColumn, name: QName, draft: Draft) -> bool:
    type = op.column.type
    return type is not None and draft.before.table(name) is not None and (type.schema or name.schema, type.name) == name


def own_type_missing(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    """A table's row type is there only once the table is."""
    if not draft.complete() or draft.before.relation(name) is not None or draft.before.type(name) is not None:
        return False
    named = [c.type for c in op.columns if c.type is not None]
    return any((t.schema or name.schema, t.name) == name and built_in(t.name, draft.major) is None for t in named)


def system_column_name(op: ops.CreateTable | ops.RenameColumn, name: QName, draft: Draft) -> bool:
    if isinstance(op, ops.CreateTable):
        return any(c.name in SYSTEM_COLUMNS for c in op.columns)
    found = draft.before.relation(name)
    return op.new_name in SYSTEM_COLUMNS and isinstance(found, Table)


# -- what it is made from


def liked_unfit(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    """parse_utilcmd.c: transformTableLikeClause."""
    found = [draft.before.relation(draft.resolve(source)) for source, _ in op.like]
    return any(r is not None and not r.maybe and r.kind in ("sequence", "index") for r in found)


def inherits_twice(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    parents = [draft.resolve(parent) for parent in op.inherits]
    return len(set(parents)) < len(parents)


def option_column_missing(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    """Column options of a typed table or a partition name columns that are there (tablecmds.c: MergeAttributes)."""
    source = op.of_type or op.partition_of
    if source is None:
        return False
    record = draft.certain(draft.resolve(source))
    if not isinstance(record, (Table, CompositeType)):
        return False
    return any(column.name != "" and record.column(column.name) is None for column in op.columns)


def on_commit_unfit(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    return op.on_commit != "preserve" and op.persistence != "temporary" and op.relation.schema != "pg_temp"


def typed_by_other(op: ops.SetOfType, name: QName, draft: Draft) -> bool:
    """tablecmds.c: check_of_type; ATExecDropOf."""
    if op.of_type is None:
        table = draft.certain(name)
        return isinstance(table, Table) and table.of_type is None
    found = draft.before.type(draft.resolve(op.of_type))
    return isinstance(found, Enum) or isinstance(draft.before.relation(draft.resolve(op.of_type)), (Table, View))


# -- bounds


def bound_value_unfit(op: ops.CreateTable | ops.AttachPartition, name: QName, draft: Draft) -> str | None:
    """parse_utilcmd.c: transformPartitionBound, transformPartitionBoundValue."""
    bound = op.bound
    if bound is None or bound.default:
        return None
    if bound.modulus is not None:
        return _hash_bound(bound.modulus, bound.remainder or 0)
    parent = _parent(op, name, draft)
    types = _key_types(parent)
    for values in (bound.lower, bound.upper):
        for type, value in zip(types, values, strict=False):
            if value is not None and value.kind == "null":
                return "42P17"
            error = _value_error(value, type, draft)
            if error is not None:
                return error
    for value in bound.values:
        error = _value_error(value, types[0] if types else None, draft)
        if error is not None:
            return error
    return None


def _hash_bound(modulus: int, remainder: int) -> str | None:
    return "42P16" if modulus <= 0 or remainder < 0 or remainder >= modulus else None


def _parent(op: ops.CreateTable | ops.AttachPartition, name: QName, draft: Draft) -> Table | None:
    if isinstance(op, ops.CreateTable):
        name = draft.resolve(op.partition_of) if op.partition_of is not None else name
    found = draft.certain(name)
    return found if isinstance(found, Table) else None


def _key_types(parent: Table | None) -> list[TypeName | None]:
    if parent is None or parent.partition_key is None:
        return []
    columns = [parent.column(e.column) if e.column else None for e in parent.partition_key.elements]
    return [c.type if c is not None else None for c in columns]


def _value_error(value: Expr | None, type: TypeName | None, draft: Draft) -> str | None:
    if value is None or value.kind == "null":
        return None
    if value.kind == "column":
        return "0A000"
    try:
        given = analyse(value, Scope("default"), draft)
        if type is not None:
            assigned(given, value, type, draft)
    except Refused as refused:
        return refused.sqlstate
    return None


def modulus_unfit(op: ops.CreateTable | ops.AttachPartition, name: QName, draft: Draft) -> bool:
    """Each modulus is a factor of the next larger one (partbounds.c: check_new_partition_bound)."""
    parent = _parent(op, name, draft)
    new = op.bound.modulus if op.bound is not None else None
    if parent is None or not new:
        return False
    children = [draft.before.table(child) for child in draft.before.children(parent.name)]
    held = [c.bound.modulus for c in children if c is not None and c.bound is not None and c.bound.modulus]
    ordered = sorted({*held, new})
    return any(larger % smaller for smaller, larger in pairwise(ordered))


TABLES: tuple[Refusal, ...] = (
    Refusal(ops.CreateTable, 12, 18, "42P16", "ON COMMIT can only be used on temporary tables", on_commit_unfit,
            f"{_T}: DefineRelation"),
    Refusal(ops.CreateTable, 12, 18, "42809", "source of LIKE has no columns to copy", liked_unfit,
            "parse_utilcmd.c: transformTableLikeClause"),
    Refusal(ops.CreateTable, 12, 18, "42P07", "relation would be inherited from more than once", inherits_twice,
            f"{_T}: MergeAttributes"),
    *(
        Refusal(operation, 12, 18, "0A000", "array of serial is not implemented", array_of_serial,
                "parse_utilcmd.c: transformColumnDefinition")
        for operation in (ops.CreateTable, ops.AddColumn)
    ),
    *(
        Refusal(operation, 12, 18, "42601", "both default and generation expression specified", default_and_expression,
                "parse_utilcmd.c: transformColumnDefinition")
        for operation in (ops.CreateTable, ops.AddColumn)
    ),
    Refusal(ops.CreateTable, 12, 18, "0A000", "unique constraint with an expression in the partition key",
            key_beside_expression, "indexcmds.c: DefineIndex"),
    Refusal(ops.CreateTable, 12, 18, "42P16", 'multiple primary keys for table "{0}"', two_primary_keys,
            "parse_utilcmd.c: transformIndexConstraints"),
    Refusal(ops.CreateTable, 12, 18, "42701", "column appears twice in the constraint", key_twice,
            "parse_utilcmd.c: transformIndexConstraint"),
    Refusal(ops.CreateTable, 12, 18, "42703", "column does not exist", option_column_missing, f"{_T}: MergeAttributes"),
    Refusal(ops.CreateTable, 12, 18, "42704", 'type "{0}" does not exist', own_type_missing, "parse_type.c"),
    *(
        Refusal(operation, 12, 18, "42701", "column name conflicts with a system column name", system_column_name,
                "heap.c: CheckAttributeNamesTypes; tablecmds.c: check_for_column_name_collision")
        for operation in (ops.CreateTable, ops.RenameColumn)
    ),
    *(
        Refusal(operation, 12, 18, "42P16", "column has a pseudo-type", pseudo_type, "heap.c: CheckAttributeType")
        for operation in (ops.CreateTable, ops.AddColumn, ops.AlterColumnType)
    ),
    Refusal(ops.AddColumn, 12, 18, "42P16", 'composite type "{0}" cannot be made a member of itself', of_itself,
            "heap.c: CheckAttributeType"),
    Refusal(ops.SetOfType, 12, 18, "42809", "is not typed, or type is not a composite type", typed_by_other,
            f"{_T}: ATExecDropOf, check_of_type"),
    *(
        Refusal(operation, 12, 18, "", "value of the bound is not valid", bound_value_unfit,
                "parse_utilcmd.c: transformPartitionBoundValue")
        for operation in (ops.CreateTable, ops.AttachPartition)
    ),
    *(
        Refusal(operation, 12, 18, "42P17", "every hash partition modulus must be a factor of the next larger modulus",
                modulus_unfit, "partbounds.c: check_new_partition_bound")
        for operation in (ops.CreateTable, ops.AttachPartition)
    ),
)  # fmt: skip
