"""What the server refuses before it looks at anything else: inheritance and partitions, and kinds that do not fit.

These rows come before what the catalog says of names.
"""

from __future__ import annotations

from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import CompositeType, Index, Table, View
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.implication import upside_down
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.operations import Bound, Name


def _kind(name: QName, draft: Draft) -> str:
    """The kind of a relation that is surely what it is recorded as; else nothing."""
    found = draft.before.relation(name)
    return found.kind if found is not None and getattr(found, "known", True) and not found.maybe else ""


def _table(name: QName, draft: Draft) -> Table | None:
    found = draft.before.table(name)
    return found if found is not None and found.known and not found.maybe else None


# -- inheritance


def inherits_partitioned(op: ops.Inherit, name: QName, draft: Draft) -> bool:
    child = _table(name, draft)
    if child is None:
        return False
    parent = _kind(draft.resolve(op.parent), draft)
    return child.kind == "partitioned table" or child.partition_of is not None or parent == "partitioned table"


def inherits_in_circle(op: ops.Inherit, name: QName, draft: Draft) -> bool:
    parent = draft.resolve(op.parent)
    return parent == name or parent in draft.before.descendants(name) or name in draft.before.children(parent)


def leaves_partitioned(op: ops.NoInherit, name: QName, draft: Draft) -> bool:
    child = _table(name, draft)
    return child is not None and child.partition_of is not None


# -- partitions


def not_partitioned(op: ops.DetachPartition, name: QName, draft: Draft) -> bool:
    return _kind(name, draft) == "table"


def parent_not_partitioned(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    return op.partition_of is not None and _kind(draft.resolve(op.partition_of), draft) == "table"


def attaches_ancestor(op: ops.AttachPartition, name: QName, draft: Draft) -> bool:
    partition = draft.resolve(op.partition)
    return partition == name or name in draft.before.descendants(partition)


def _parent(op: ops.AttachPartition | ops.CreateTable, name: QName, draft: Draft) -> Table | None:
    if isinstance(op, ops.CreateTable):
        return _table(draft.resolve(op.partition_of), draft) if op.partition_of is not None else None
    return _table(name, draft)


def bound_of_other_kind(op: ops.AttachPartition | ops.CreateTable, name: QName, draft: Draft) -> bool:
    """parse_utilcmd.c: transformPartitionBound."""
    parent = _parent(op, name, draft)
    bound: Bound | None = op.bound
    if parent is None or parent.partition_key is None or bound is None:
        return False
    strategy = parent.partition_key.strategy
    if bound.default:
        return strategy == "hash"
    written = "hash" if bound.modulus is not None else "list" if bound.values else "range"
    if written != strategy:
        return True
    width = len(parent.partition_key.elements)
    return written == "range" and (len(bound.lower) != width or len(bound.upper) != width)


def bound_empty(op: ops.AttachPartition | ops.CreateTable, name: QName, draft: Draft) -> bool:
    """partbounds.c: check_new_partition_bound."""
    parent = _parent(op, name, draft)
    return parent is not None and op.bound is not None and upside_down(op.bound)


def key_column_missing(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    """tablecmds.c: ComputePartitionAttrs; columns of LIKE, parents and types count as well."""
    if op.partition_by is None or op.like or op.inherits or op.of_type is not None or op.partition_of is not None:
        return False
    names = {c.name for c in op.columns}
    return any(e.column is not None and e.column not in names for e in op.partition_by.elements)


def partitioned_inherits(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    return op.partition_by is not None and bool(op.inherits)


# -- indexes


def attaches_to_plain(op: ops.AttachIndex, name: QName, draft: Draft) -> bool:
    parent = draft.before.index(name)
    return parent is not None and parent.known and not parent.partitioned


def attaches_other(op: ops.AttachIndex, name: QName, draft: Draft) -> bool:
    """tablecmds.c: ATExecAttachPartitionIdx compares keys, method, uniqueness and condition."""
    parent, child = draft.before.index(name), draft.before.index(draft.resolve(op.index))
    if parent is None or child is None or not (parent.known and child.known and parent.partitioned):
        return False
    same = (parent.columns, parent.method, parent.unique, parent.where)
    return same != (child.columns, child.method, child.unique, child.where) or (
        child.table not in draft.before.children(parent.table)
    )


def index_of_other_table(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    if op.constraint.using_index is None:
        return False
    index = draft.before.index(QName(name.schema, op.constraint.using_index))
    return index is not None and index.known and index.constraint is None and index.table != name


# -- kinds


def replaces_other(op: ops.CreateView, name: QName, draft: Draft) -> bool:
    return op.replace and _kind(name, draft) not in ("", "view")


def type_named_as_relation(op: Any, name: QName, draft: Draft) -> bool:
    """A table has a type of its own name (typecmds.c: DefineDomain, DefineEnum …)."""
    schema = op.name.schema or (draft.path[0] if draft.path else "public")
    found = draft.before.relation(QName(schema, op.name.name))
    return isinstance(found, (Table, View, CompositeType)) and not found.maybe and getattr(found, "known", True)


def relation_named_as_type(op: Any, name: QName, draft: Draft) -> bool:
    """heap.c: heap_create_with_catalog: the row type's name must be free."""
    if getattr(op, "if_not_exists", False) or getattr(op, "persistence", "") == "temporary":
        return False
    schema = op.relation.schema or (draft.path[0] if draft.path else "public")
    found = draft.before.type(QName(schema, op.relation.name))
    return found is not None and not found.maybe and getattr(found, "known", True)


def composite_retyped(op: Any, name: QName, draft: Draft) -> bool:
    """ALTER TYPE … ATTRIBUTE is of composite types; another type has no relation of its name (tablecmds.c)."""
    return draft.before.relation(name) is None and _enum_or_domain(op.name, draft)


def _enum_or_domain(written: Name, draft: Draft) -> bool:
    schemas = (written.schema,) if written.schema is not None else draft.path
    return any(draft.before.type(QName(schema, written.name)) is not None for schema in schemas)


def not_an_index(op: ops.Reindex, name: QName, draft: Draft) -> bool:
    """indexcmds.c: RangeVarCallbackForReindexIndex; ReindexTable takes tables and materialized views."""
    if op.name is None:
        return False
    found = draft.before.relation(name)
    if op.target == "table":
        return found is not None and found.kind in ("view", "sequence", "index", "composite type")
    return op.target == "index" and found is not None and not isinstance(found, Index)


_T = "tablecmds.c"
_BOUND = "parse_utilcmd.c: transformPartitionBound"
_COMPOSITE = (ops.CreateEnum, ops.CreateDomain, ops.CreateRangeType, ops.CreateShellType, ops.CreateCompositeType)
PARTITIONS: tuple[Refusal, ...] = (
    Refusal(ops.Inherit, 12, 18, "42809", 'cannot change inheritance of "{0}"', inherits_partitioned,
            f"{_T}: ATPrepAddInherit, ATExecAddInherit"),
    Refusal(ops.Inherit, 12, 18, "42P07", "circular inheritance not allowed", inherits_in_circle,
            f"{_T}: ATExecAddInherit"),
    Refusal(ops.NoInherit, 12, 18, "42809", "cannot change inheritance of a partition", leaves_partitioned,
            f"{_T}: ATExecDropInherit"),
    Refusal(ops.DetachPartition, 12, 17, "42P17", 'table "{0}" is not partitioned', not_partitioned,
            f"{_T}: transformPartitionCmd"),
    Refusal(ops.DetachPartition, 18, 18, "42809", 'ALTER action DETACH PARTITION cannot be performed on "{0}"',
            not_partitioned, f"{_T}: ATSimplePermissions, ATT_PARTITIONED_TABLE"),
    Refusal(ops.CreateTable, 12, 18, "42P17", "parent table is not partitioned", parent_not_partitioned,
            f"{_T}: DefineRelation"),
    Refusal(ops.AttachPartition, 12, 18, "42P07", "circular inheritance not allowed", attaches_ancestor,
            f"{_T}: ATExecAttachPartition"),
    *(
        Refusal(operation, 12, 18, "42P16", "invalid bound for the partition", bound_of_other_kind, _BOUND)
        for operation in (ops.AttachPartition, ops.CreateTable)
    ),
    *(
        Refusal(operation, 12, 18, "42P17", "empty range bound specified for the partition", bound_empty,
                "partbounds.c: check_new_partition_bound")
        for operation in (ops.AttachPartition, ops.CreateTable)
    ),
    Refusal(ops.CreateTable, 12, 18, "42703", "column named in partition key does not exist", key_column_missing,
            f"{_T}: ComputePartitionAttrs"),
    Refusal(ops.CreateTable, 12, 18, "42P17", "cannot create partitioned table as inheritance child",
            partitioned_inherits, "parse_utilcmd.c: transformCreateStmt"),
    Refusal(ops.AttachIndex, 12, 12, "42P17", 'cannot attach index to index "{0}"', attaches_to_plain,
            f"{_T}: ATExecAttachPartitionIdx"),
    Refusal(ops.AttachIndex, 13, 18, "42809", '"{0}" is not a partitioned index', attaches_to_plain,
            f"{_T}: RangeVarCallbackForAttachIndex"),
    Refusal(ops.AttachIndex, 12, 18, "42P17", 'cannot attach index as a partition of index "{0}"', attaches_other,
            f"{_T}: ATExecAttachPartitionIdx"),
    Refusal(ops.AddConstraint, 12, 18, "55000", 'index does not belong to table "{0}"', index_of_other_table,
            "parse_utilcmd.c: transformIndexConstraint"),
    Refusal(ops.CreateView, 12, 18, "42809", '"{0}" is not a view', replaces_other, "view.c: DefineVirtualRelation"),
    *(
        Refusal(operation, 12, 18, "42710", 'type "{0}" already exists', type_named_as_relation, "typecmds.c")
        for operation in _COMPOSITE
    ),
    *(
        Refusal(operation, 12, 18, "42710", 'type "{0}" already exists', relation_named_as_type,
                "heap.c: heap_create_with_catalog")
        for operation in (ops.CreateTable, ops.CreateTableAs, ops.CreateView)
    ),
    Refusal(ops.AlterCompositeType, 12, 18, "42P01", 'relation "{0}" does not exist', composite_retyped,
            f"{_T}: AlterTableLookupRelation"),
    Refusal(ops.Reindex, 12, 18, "42809", '"{0}" is not a table or index', not_an_index, "indexcmds.c"),
)  # fmt: skip
