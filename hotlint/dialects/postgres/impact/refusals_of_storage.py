"""What the server refuses of where and how relations are stored: tablespaces, access methods, its own schema.

Tablespaces are the cluster's: what no history makes is missed only where the whole of it is said to be known.
"""

from __future__ import annotations

from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal

# -- tablespaces


def _tablespaces(op: Any) -> list[str]:
    found = [getattr(op, "tablespace", None)]
    if isinstance(op, ops.CreateTable):
        constraints = (*op.constraints, *(k for c in op.columns for k in c.constraints))
        found += [constraint.tablespace for constraint in constraints]
    if isinstance(op, ops.AddConstraint):
        found.append(op.constraint.tablespace)
    return [name for name in found if name]


def tablespace_unfit(op: Any, name: QName, draft: Draft) -> str | None:
    """tablespace.c: get_tablespace_oid; tablecmds.c: DefineRelation."""
    for tablespace in _tablespaces(op):
        if tablespace == "pg_global":
            return "22023"
        if isinstance(op, ops.CreateTable) and tablespace == "pg_default" and op.partition_by is not None:
            return "0A000"
        if tablespace_missing(tablespace, draft):
            return "42704"
    return None


def tablespace_missing(name: str, draft: Draft) -> bool:
    """Whether there surely is no tablespace of that name."""
    return not name.startswith("pg_") and draft.whole_cluster() and draft.object("tablespace", name) is None


# -- access methods

_INDEX_METHODS = frozenset(["btree", "hash", "gist", "gin", "spgist", "brin"])


def method_unfit(op: ops.CreateTable | ops.SetAccessMethod, name: QName, draft: Draft) -> str | None:
    """amcmds.c: get_am_type_oid. Extensions bring access methods, too."""
    method = op.access_method
    if method in (None, "heap", "default") or draft.object("access method", method or "") is not None:
        return None
    if method in _INDEX_METHODS:
        return "55000"
    return "42704" if draft.complete() else None


# -- the system's schema


def in_system_schema(op: Any, name: QName, draft: Draft) -> bool:
    """heap.c: heap_create, without allow_system_table_mods."""
    return op.relation.schema in ("pg_catalog", "pg_toast") and draft.before.relation(name) is None


_SYSTEM_RELATIONS = frozenset(
    ["pg_class", "pg_attribute", "pg_type", "pg_proc", "pg_index", "pg_constraint", "pg_namespace", "pg_enum"]
)


def of_system(op: Any, name: QName, draft: Draft) -> bool:
    """A system catalog takes no change (tablecmds.c: RangeVarCallbackForAlterRelation and its kin)."""
    return name.schema == "pg_catalog" and name.name in _SYSTEM_RELATIONS


_ALTERING = (ops.AddColumn, ops.DropColumn, ops.AlterColumnType, ops.AddConstraint, ops.CreateIndex, ops.CreateTrigger,
             ops.DropTable, ops.RenameRelation, ops.RenameColumn)  # fmt: skip


# -- partitioned tables


def unlogged_partitioned(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    return op.persistence == "unlogged" and op.partition_by is not None


STORAGE: tuple[Refusal, ...] = (
    *(
        Refusal(operation, 12, 18, "", "tablespace does not exist or does not fit", tablespace_unfit,
                "tablespace.c: get_tablespace_oid")
        for operation in (ops.CreateTable, ops.CreateIndex, ops.SetTablespace, ops.AddConstraint)
    ),
    Refusal(ops.CreateTable, 12, 18, "", "access method does not exist or is no table's", method_unfit,
            "amcmds.c: get_am_type_oid"),
    *(
        Refusal(operation, 12, 18, "42501", 'permission denied to create "{0}"', in_system_schema,
                "heap.c: heap_create")
        for operation in (ops.CreateTable, ops.CreateTableAs, ops.CreateView, ops.CreateSequence)
    ),
    *(
        Refusal(operation, 12, 18, "42501", 'permission denied: "{0}" is a system catalog', of_system, "tablecmds.c")
        for operation in _ALTERING
    ),
    Refusal(ops.CreateTable, 18, 18, "0A000", "partitioned tables cannot be unlogged", unlogged_partitioned,
            "tablecmds.c: DefineRelation; release 18"),
)  # fmt: skip
FIRST_STORAGE: tuple[Refusal, ...] = (
    Refusal(ops.SetAccessMethod, 15, 18, "", "access method does not exist or is no table's", method_unfit,
            "amcmds.c: get_am_type_oid"),
)  # fmt: skip
