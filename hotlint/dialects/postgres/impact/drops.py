"""What goes: DROP of relations and objects, and everything that goes with them."""

from __future__ import annotations

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Constraint, Index, Sequence, Table
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.locks import AX, SUE
from hotlint.impact import Break, DataLoss


def gone(draft: Draft) -> None:
    """Locks everything that lost something (dependency.c: deleteOneObject locks what it removes).

    A foreign key takes its triggers on both sides along (trigger.c: RemoveTriggerById takes ACCESS EXCLUSIVE), an index
    its table's lock (index.c: index_drop), a partition that of its parent and of the default partition (heap.c:
    heap_drop_with_catalog).
    """
    for name, was, now in draft.lost():
        if isinstance(was, Table):
            if now is None:
                _table_gone(name, was, draft)
            elif isinstance(now, Table):
                _table_lost(name, was, now, draft)
        elif now is None:
            draft.lock(name, AX)
            if isinstance(was, Index):
                draft.lock(was.table, AX)


def _table_gone(name: QName, was: Table, draft: Draft) -> None:
    draft.lock(name, AX)
    for constraint in was.constraints:
        if constraint.kind == "foreign key":
            foreign_key_gone(name, constraint, draft)
    for other, _ in draft.before.referencing(name):
        draft.lock(other.name, AX)
    if was.partition_of is not None:
        draft.lock(was.partition_of, AX)
        default = default_partition(was.partition_of, draft)
        if default is not None:
            draft.lock(default, AX)


def _table_lost(name: QName, was: Table, now: Table, draft: Draft) -> None:
    kept = {c.name for c in now.constraints}
    for constraint in was.constraints:
        if constraint.name not in kept:
            draft.lock(name, AX)
            if constraint.kind == "foreign key":
                foreign_key_gone(name, constraint, draft)
    columns = {c.name: c for c in now.columns}
    for column in was.columns:
        left = columns.get(column.name)
        if left is None or (column.default is not None and left.default is None):
            draft.lock(name, AX)
    if (
        len(now.triggers) < len(was.triggers)
        or len(now.policies) < len(was.policies)
        or len(now.rules) < len(was.rules)
        or (was.inherits != now.inherits)
    ):
        draft.lock(name, AX)


def foreign_key_gone(name: QName, constraint: Constraint, draft: Draft) -> None:
    """The triggers of a foreign key stand on the target too, on each of its partitions."""
    draft.lock(name, AX)
    if constraint.target is not None and draft.exists(constraint.target):
        draft.lock_family(constraint.target, AX)


def default_partition(parent: QName, draft: Draft) -> QName | None:
    """The default partition of a partitioned table."""
    for child in draft.before.children(parent):
        table = draft.before.table(child)
        if table is not None and table.bound is not None and table.bound.default:
            return child
    return None


def drop_relation(op: ops.DropRelation, draft: Draft) -> None:
    """DROP TABLE, VIEW, MATERIALIZED VIEW, SEQUENCE, FOREIGN TABLE."""
    name = draft.target(op.relation)
    if name is None or _may_be_absent(name, op, draft):
        return
    draft.lock(name, AX)
    gone(draft)
    found = draft.before.relation(name)
    if op.kind in ("table", "foreign table"):
        table = found if isinstance(found, Table) else None
        if draft.holds_rows(table):
            draft.data_loss.append(DataLoss(name, "table"))
    elif isinstance(found, Sequence):
        draft.data_loss.append(DataLoss(name, "sequence position"))
    if op.kind in ("table", "foreign table", "view", "materialized view"):
        draft.breaks.append(Break(name, "dropped"))


def _may_be_absent(name: QName, op: ops.DropRelation, draft: Draft) -> bool:
    """Whether IF EXISTS is about a relation that the history never saw: whoever wrote it did not know either."""
    absent = op.if_exists and draft.before.relation(name) is None
    if absent:
        draft.unknown.append(f"whether {name} exists")
    return absent


def drop_index(op: ops.DropIndex, draft: Draft) -> None:
    """DROP INDEX [CONCURRENTLY] (tablecmds.c: RemoveRelations; index.c: index_drop)."""
    name = draft.target(op.relation)
    found = draft.before.relation(name) if name is not None else None
    if op.concurrently:
        draft.outside_transaction("DROP INDEX CONCURRENTLY")
        if isinstance(found, Index) and found.partitioned:
            draft.refuse("0A000", f'cannot drop partitioned index "{found.name.name}" concurrently')
    if name is None or _may_be_absent(name, op, draft):
        return
    if not isinstance(found, Index):
        draft.lock(name, AX)
        draft.unknown.append(f"the table of index {name} is not known")
        return
    mode = SUE if op.concurrently else AX
    draft.lock(name, AX)
    draft.lock_family(found.table, mode, only=not found.partitioned)
    if not op.concurrently:
        gone(draft)


def drop_object(op: ops.DropObject, draft: Draft) -> None:
    """DROP of what is no relation: it touches tables by what it takes along."""
    if op.kind in _OUTSIDE_TRANSACTION:
        draft.outside_transaction(f"DROP {op.kind.upper()}")
    if op.kind == "statistics":
        _statistics(op, draft)
    elif op.kind == "owned":
        for name, record in draft.before.catalog.relations.items(draft.before.moment):
            if getattr(record, "owner", None) == op.name.name:
                draft.lock(name, AX)
    gone(draft)
    if op.kind == "schema" and op.cascade:
        for name, was, now in draft.lost():
            if now is None and isinstance(was, Table) and draft.holds_rows(was):
                draft.data_loss.append(DataLoss(name, "table"))
                draft.breaks.append(Break(name, "dropped"))


_OUTSIDE_TRANSACTION = frozenset(["database", "tablespace"])  # dbcommands.c; tablespace.c (12 to 18)


def _statistics(op: ops.DropObject, draft: Draft) -> None:
    """The table keeps SHARE UPDATE EXCLUSIVE (statscmds.c: RemoveStatisticsById)."""
    key = ("statistics", QName(op.name.schema or "", op.name.name))
    found = draft.before.catalog.objects.get(key, draft.before.moment)
    for relation in found.relations if found is not None else ():
        if draft.exists(relation):
            draft.lock(relation, SUE)


def drop_subobject(op: ops.DropSubobject, draft: Draft) -> None:
    """DROP TRIGGER, POLICY, RULE. Where it is not there, nothing stays locked (measured on 12 to 18)."""
    name = draft.target(op.relation)
    if name is None or draft.outcome.skipped:
        return
    draft.lock(name, AX)
    if op.kind == "trigger":
        for child in draft.before.descendants(name):
            table = draft.before.table(child)
            if table is not None and any(t.name == op.name for t in table.triggers):
                draft.lock(child, AX)
