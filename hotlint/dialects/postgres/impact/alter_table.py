"""ALTER TABLE: the lock of each subcommand and who else is locked; the effects that need no model of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import CompositeType, Index, Table
from hotlint.dialects.postgres.impact import columns, constraints, partitions
from hotlint.dialects.postgres.impact.draft import REWRITE, Draft
from hotlint.dialects.postgres.locks import (
    ALTER_BY_MAJOR,
    AS,
    AX,
    COLUMN_ATTRIBUTE,
    CONSTRAINT,
    SRE,
    SUE,
    Recursion,
    S,
    option_mode,
)
from hotlint.impact import Break, Rewrite
from hotlint.operations import Operation

Effect = Callable[[Any, QName, Draft], None]


def alter_rule(operation: Operation, major: int) -> tuple[int, Recursion] | None:
    """The lock of a subcommand of ALTER TABLE and who else gets it; None for an operation that is no subcommand."""
    special = _SPECIAL.get(type(operation))
    if special is not None:
        return special(operation)
    return ALTER_BY_MAJOR[major].get(type(operation))


def _option_rule(op: ops.SetOptions) -> tuple[int, Recursion]:
    if op.kind in ("view", "composite type"):
        return AX, "none"
    return max((option_mode(name) for name, _ in op.options), default=AX), "none"


def _constraint_rule(op: ops.AddConstraint) -> tuple[int, Recursion]:
    mode, recursion = CONSTRAINT[op.constraint.kind]
    return mode, "none" if op.constraint.no_inherit else recursion


_SPECIAL: dict[type[Operation], Callable[[Any], tuple[int, Recursion]]] = {
    ops.SetColumnAttribute: lambda op: COLUMN_ATTRIBUTE[op.attribute],
    ops.SetOptions: _option_rule,
    ops.AddConstraint: _constraint_rule,
    # AlterTableGetLockLevel: AT_DetachPartition, AT_DetachPartitionFinalize
    ops.DetachPartition: lambda op: (SUE if op.concurrently or op.finalize else AX, "none"),
}


def alter(op: ops.RelationOperation, draft: Draft) -> None:
    """One subcommand: its lock on the target and on those that it recurses to, then its effects.

    The lock is that of the strongest subcommand of the statement (tablecmds.c: AlterTableLookupRelation).
    """
    name = draft.target(op.relation)
    rule = alter_rule(op, draft.major)
    if name is None or rule is None:
        return
    mode, recursion = rule
    if draft.major >= _NOT_NULL_NAMED_SINCE and type(op) is ops.DropNotNull and not _not_null(op, name, draft):
        recursion = "none"  # without a constraint there is nothing to drop (ATExecDropNotNull)
    if type(op) is ops.DropColumn and _absent(op, name, draft):
        recursion = "none"  # the children are looked for after the column (ATExecDropColumn)
    mode = max(mode, draft.alter_mode)
    draft.lock(name, mode)
    if recursion != "none" and not op.only and draft.before.children(name):
        found = draft.before.relation(name)
        if recursion == "children" or found is None or found.kind == "partitioned table":
            draft.lock_family(name, mode)
    effect = EFFECTS.get(type(op))
    if effect is not None:
        effect(op, name, draft)


def _absent(op: ops.DropColumn, name: QName, draft: Draft) -> bool:
    table = draft.before.table(name)
    return op.if_column_exists and table is not None and table.known and table.column(op.column) is None


_NOT_NULL_NAMED_SINCE = 18  # release 18: NOT NULL is a constraint in pg_constraint


def _not_null(op: ops.DropNotNull, name: QName, draft: Draft) -> bool:
    table = draft.before.table(name)
    column = table.column(op.column) if table is not None else None
    return column is None or column.not_null is not False


def _persistence(op: ops.SetPersistence, name: QName, draft: Draft) -> None:
    """A table that has the persistence already is left alone (tablecmds.c: ATPrepChangePersistence)."""
    table = draft.before.table(name)
    if table is None:
        if draft.before.relation(name) is None:
            draft.rewrite(name, "persistence")
        return
    if table.kind != "partitioned table" and (table.persistence == "permanent") != op.logged:
        draft.rewrite(name, "persistence")


def _tablespace(op: ops.SetTablespace, name: QName, draft: Draft) -> None:
    """The files are copied block by block: no row is read, no index built (tablecmds.c: ATExecSetTableSpace)."""
    found = draft.before.relation(name)
    if found is None or found.kind in ("partitioned table", "composite type", "sequence", "view", "foreign table"):
        return
    if (getattr(found, "tablespace", None) or "pg_default") != op.tablespace:
        target = found.table if isinstance(found, Index) else name
        if not isinstance(found, Index):
            draft.rewrites[target] = Rewrite(target, "tablespace")
        draft.busy(name, REWRITE)


def _access_method(op: ops.SetAccessMethod, name: QName, draft: Draft) -> None:
    table = draft.before.table(name)
    if table is None or table.kind == "partitioned table":
        return
    if (table.access_method or "heap") != (op.access_method or "heap"):
        draft.rewrite(name, "access method")


def _inherit(op: ops.Inherit, name: QName, draft: Draft) -> None:
    """The child's own children are read for a circle (tablecmds.c: ATExecAddInherit)."""
    parent = draft.target(op.parent)
    if parent is not None:
        draft.lock(parent, SUE)
    for below in draft.before.descendants(name):
        draft.lock(below, AS)


def _no_inherit(op: ops.NoInherit, name: QName, draft: Draft) -> None:
    parent = draft.target(op.parent)
    if parent is not None:
        draft.lock(parent, AS)


def _of_type(op: ops.SetOfType, name: QName, draft: Draft) -> None:
    if op.of_type is not None:
        found = draft.resolve(op.of_type)
        if isinstance(draft.before.relation(found), CompositeType):
            draft.lock(found, AS)


def _replica_identity(op: ops.ReplicaIdentity, name: QName, draft: Draft) -> None:
    if op.index is not None:
        index = QName(name.schema, op.index)
        if draft.before.index(index) is not None:
            draft.lock(index, S)


def _trigger_state(op: ops.SetTriggerState, name: QName, draft: Draft) -> None:
    """The clones of a partitioned table's row triggers change along (trigger.c: EnableDisableTrigger)."""
    table = draft.before.table(name)
    if table is None or table.kind != "partitioned table" or op.only:
        return
    if any(t.row and (op.special or t.name == op.trigger) for t in table.triggers):
        draft.lock_family(name, max(SRE, draft.alter_mode))


def _drop_not_null(op: ops.DropNotNull, name: QName, draft: Draft) -> None:
    """Since 18 the children are locked even where ONLY leaves them alone (dropconstraint_internal)."""
    if op.only and draft.major >= 18:
        for child in draft.before.children(name):
            draft.lock(child, AX)


def _rename_column(op: ops.RenameColumn, name: QName, draft: Draft) -> None:
    if isinstance(draft.before.relation(name), CompositeType):
        for key, record in draft.before.catalog.relations.items(draft.before.moment):
            if isinstance(record, Table) and record.of_type == name:
                draft.lock(key, AX)
        return
    draft.breaks.append(Break(name, "renamed", op.column, op.new_name))


def _rename_constraint(op: ops.RenameConstraint, name: QName, draft: Draft) -> None:
    """Children have a CHECK under the same name (tablecmds.c: rename_constraint_internal)."""
    table = draft.before.table(name)
    found = table.constraint(op.constraint) if table is not None else None
    if found is not None and found.kind in ("check", "not null") and not found.no_inherit:
        draft.lock_family(name, AX, op.only)


EFFECTS: dict[type[Operation], Effect] = {
    ops.AddColumn: columns.add_column,
    ops.DropColumn: columns.drop_column,
    ops.AlterColumnType: columns.alter_type,
    ops.SetNotNull: columns.set_not_null,
    ops.SetGeneratedExpression: columns.set_expression,
    ops.SetIdentity: columns.set_identity,
    ops.DropIdentity: columns.drop_identity,
    ops.AddConstraint: constraints.add_constraint,
    ops.DropConstraint: constraints.drop_constraint,
    ops.ValidateConstraint: constraints.validate_constraint,
    ops.AlterConstraint: constraints.alter_constraint,
    ops.AttachPartition: partitions.attach,
    ops.DetachPartition: partitions.detach,
    ops.SetPersistence: _persistence,
    ops.SetTablespace: _tablespace,
    ops.SetAccessMethod: _access_method,
    ops.Inherit: _inherit,
    ops.NoInherit: _no_inherit,
    ops.SetOfType: _of_type,
    ops.ReplicaIdentity: _replica_identity,
    ops.DropNotNull: _drop_not_null,
    ops.SetTriggerState: _trigger_state,
    ops.RenameColumn: _rename_column,
    ops.RenameConstraint: _rename_constraint,
}
