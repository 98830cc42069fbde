"""ATTACH and DETACH PARTITION, and what CREATE TABLE … PARTITION OF does to its relatives."""

from __future__ import annotations

from collections.abc import Iterator

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Table
from hotlint.dialects.postgres.impact import constraints
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.drops import default_partition
from hotlint.dialects.postgres.impact.implication import excludes_bound, implies_bound
from hotlint.dialects.postgres.locks import AS, AX, SRE, SUE
from hotlint.operations import Bound

# (first version, last version, mode): what DETACH PARTITION takes on the partition (tablecmds.c: ATExecDetachPartition;
# measured on 12 to 18).
_DETACHED: tuple[tuple[int, int, int], ...] = ((12, 13, SUE), (14, 18, AX))


# (first version, last version, mode): what a new partition of a referenced table takes on the referencing table
# (tablecmds.c: CloneFkReferenced; measured on 12 to 18).
_REFERENCING: tuple[tuple[int, int, int], ...] = ((12, 14, AS), (15, 18, SRE))


def attach(op: ops.AttachPartition, name: QName, draft: Draft) -> None:
    """The partition is read unless its own constraints prove the bound; so is the default partition
    (tablecmds.c: ATExecAttachPartition, QueuePartitionConstraintValidation)."""
    partition = draft.target(op.partition)
    parent = draft.before.table(name)
    if partition is None:
        # Made in this very statement: cannot be.
        return
    draft.lock_family(partition, AX)
    siblings = [bound for _, bound in _bounds(name, draft)]
    for member in draft.leaves(partition):
        if not _proved(member, parent, op.bound, siblings, draft):
            draft.scan(member, "partition", member.name)
    default = default_partition(name, draft)
    if default is not None:
        draft.lock_family(default, AX)
        _scan_default(default, parent, op.bound, draft)
    for member in draft.family(partition):
        draft.new_indexes(member)
    if parent is not None:
        _parent_indexes(name, partition, draft)
        _parent_foreign_keys(parent, partition, draft)


def _bounds(name: QName, draft: Draft) -> Iterator[tuple[QName, Bound]]:
    for child in draft.before.children(name):
        table = draft.before.table(child)
        if table is not None and table.bound is not None:
            yield child, table.bound


def _proved(name: QName, parent: Table | None, bound: Bound, siblings: list[Bound], draft: Draft) -> bool:
    table = draft.before.table(name)
    if table is None or parent is None or parent.partition_key is None:
        return False
    return implies_bound(table, parent.partition_key, bound, siblings)


def _scan_default(default: QName, parent: Table | None, bound: Bound | None, draft: Draft) -> None:
    """No row of the default partition may belong to the new one (partbounds.c: check_default_partition_contents)."""
    key = parent.partition_key if parent is not None else None
    for member in draft.leaves(default):
        table = draft.before.table(member)
        if table is None or key is None or bound is None or not excludes_bound(table, key, bound):
            draft.scan(member, "default partition", member.name)


def _parent_indexes(name: QName, partition: QName, draft: Draft) -> None:
    """Each index of the parent becomes the parent of one of the partition's (index.c: IndexSetParentIndex)."""
    for index in draft.before.indexes(name):
        draft.lock(index.name, SUE)


def _parent_foreign_keys(parent: Table, partition: QName, draft: Draft) -> None:
    """The parent's foreign keys are copied and validated, unless the partition has the same one
    (tablecmds.c: CloneFkReferencing, tryAttachPartitionForeignKey)."""
    table = draft.before.table(partition)
    own = [c for c in table.constraints if c.kind == "foreign key"] if table is not None else []
    for constraint in parent.constraints:
        if constraint.kind != "foreign key" or constraint.target is None or not draft.exists(constraint.target):
            continue
        same = (constraint.columns, constraint.target, constraint.target_columns)
        taken = any((c.columns, c.target, c.target_columns) == same and c.valid for c in own)
        # The partition's own triggers on the target go where its constraint becomes part of the parent's.
        draft.lock_family(constraint.target, AX if taken else SRE)
        if not taken and constraint.enforced and constraint.valid:
            constraints.validate_foreign_key(partition, constraint.target, constraint.name, draft)


def detach(op: ops.DetachPartition, name: QName, draft: Draft) -> None:
    """DETACH PARTITION [CONCURRENTLY | FINALIZE] (tablecmds.c: ATExecDetachPartition)."""
    partition = draft.target(op.partition)
    default = default_partition(name, draft)
    if op.concurrently:
        draft.outside_transaction("ALTER TABLE ... DETACH CONCURRENTLY")
        if default is not None:
            draft.refuse("55000", "cannot detach partitions concurrently when a default partition exists")
    if partition is None:
        return
    mode = next(mode for first, last, mode in _DETACHED if first <= draft.major <= last)
    draft.lock(partition, mode)
    for below in draft.before.descendants(partition):
        draft.lock(below, AX)
    if default is not None and default != partition:
        draft.lock(default, AX)
    parent = draft.before.table(name)
    for constraint in parent.constraints if parent is not None else ():
        if constraint.kind == "foreign key" and constraint.target is not None:
            # The partition's copy becomes a constraint of its own, with triggers of its own.
            draft.lock_family(constraint.target, SRE)
    for other, constraint in draft.before.referencing(name):
        draft.lock(other.name, AX)
        draft.lock(partition, AX)
        draft.scan(other.name, "foreign key", constraint.name)
        for member in draft.leaves(partition):
            draft.scan(member, "foreign key", constraint.name)


def created_partition(op: ops.CreateTable, draft: Draft) -> None:
    """CREATE TABLE … PARTITION OF: the parent is locked (tablecmds.c: DefineRelation), the default partition is locked
    and read, unless its constraints prove that no row moves."""
    parent = draft.target(op.partition_of) if op.partition_of is not None else None
    if parent is None:
        return
    draft.lock(parent, AX)
    default = default_partition(parent, draft)
    table = draft.before.table(parent)
    if default is not None:
        draft.lock_family(default, AX)
        _scan_default(default, table, op.bound, draft)
    for constraint in table.constraints if table is not None else ():
        if constraint.kind == "foreign key" and constraint.target is not None and draft.exists(constraint.target):
            draft.lock_family(constraint.target, SRE)
    mode = next(mode for first, last, mode in _REFERENCING if first <= draft.major <= last)
    for other, _ in draft.before.referencing(parent):
        draft.lock(other.name, mode)
