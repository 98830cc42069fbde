"""What statements about rows lock and read: SELECT, INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY, LOCK TABLE."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Constraint, Relation, Table, View
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.rows import finds_rows
from hotlint.dialects.postgres.locks import AS, AX, RS, RX, strength
from hotlint.impact import DataLoss, IndexBuild
from hotlint.operations import Query, RelationUse


def _is_view(record: Relation | None) -> bool:
    """Whether the relation is a plain view, which has no rows of its own."""
    return isinstance(record, View) and record.kind == "view"


def run_query(query: Query, draft: Draft, scans: bool = True) -> None:
    """A query that runs: everything it names, with views opened and children included."""
    single = len(query.relations) == 1
    for use in query.relations:
        _use(use, query, single, draft, scans)
    for operation in query.writes:
        handler = WRITES.get(type(operation))
        if handler is not None:
            handler(operation, draft)


def _use(use: RelationUse, query: Query, single: bool, draft: Draft, scans: bool) -> None:
    name = draft.target(use.relation)
    if name is None:
        return
    mode = RS if use.lock is not None else AS
    read(name, mode, draft, only=use.only)
    if not scans:
        return
    where = query.where if single else None
    for table in _underneath(name, use.only, draft):
        if not finds_rows(where, table, draft):
            draft.scan(table, "query")


def read(name: QName, mode: int, draft: Draft, only: bool = False) -> None:
    """Locks what a query on ``name`` opens: partitions and children, and what a view reads (rewriteHandler.c:
    AcquireRewriteLocks; a row lock reaches the tables under a view)."""
    found = draft.before.relation(name)
    if _is_view(found):
        draft.lock(name, mode)
        for below, _ in found.reads:  # type: ignore[union-attr]
            if below != name and draft.exists(below):
                read(below, mode, draft)
        return
    draft.lock_family(name, mode, only)


def _underneath(name: QName, only: bool, draft: Draft) -> Iterable[QName]:
    """The tables that a query on ``name`` reads in the end."""
    found = draft.before.relation(name)
    if isinstance(found, View) and found.kind == "view":
        for below, _ in found.reads:
            if below != name and draft.exists(below):
                yield from _underneath(below, False, draft)
    else:
        yield from draft.leaves(name, only)


def select(op: ops.Select, draft: Draft) -> None:
    """In a body a SELECT is mostly the condition of something, and stops at the first row: no scan is claimed."""
    run_query(op.query, draft, scans=draft.alone)
    _functions(op.query, draft)


def _functions(query: Query, draft: Draft) -> None:
    """What a function of the history does inside is not followed."""
    for name in query.functions:
        for schema in (name.schema,) if name.schema is not None else draft.path:
            for function in draft.before.functions(QName(schema, name.name)):
                if function.writes or function.reads:
                    draft.unknown.append(f"what function {function.name} does when it runs is not known")
                    return


def _write(op: ops.Write, name: QName, draft: Draft) -> None:
    """The target and its family get ROW EXCLUSIVE; what else the statement reads, ACCESS SHARE."""
    found = draft.before.relation(name)
    if _is_view(found):
        draft.lock(name, RX)
        for below, _ in found.reads:  # type: ignore[union-attr]
            if draft.exists(below):
                read(below, RX, draft)
    else:
        draft.lock_family(name, RX, op.only)
    relations = tuple(u for u in op.query.relations if draft.resolve(u.relation) != name or u.lock is not None)
    run_query(op.query if len(relations) == len(op.query.relations) else _with(op.query, relations), draft)


def _with(query: Query, relations: tuple[RelationUse, ...]) -> Query:
    return Query(relations=relations, where=query.where, writes=query.writes)


def _rules(name: QName, event: str, draft: Draft) -> None:
    table = draft.before.relation(name)
    for rule in getattr(table, "rules", ()):
        if rule.event == event and rule.state != "disabled":
            for below in rule.reads:
                if draft.exists(below) and below != name:
                    draft.lock(below, RX)


def _triggers(name: QName, event: str, draft: Draft) -> None:
    """A trigger's function may do anything: told, where what it does is not known to be nothing."""
    table = draft.before.relation(name)
    for trigger in getattr(table, "triggers", ()):
        if event in trigger.events and trigger.state != "disabled":
            functions = draft.before.functions(trigger.function)
            if not functions or any(f.reads or f.writes for f in functions):
                draft.unknown.append(f"what trigger {trigger.name} of {name} does is not known")


def insert(op: ops.Insert, draft: Draft) -> None:
    """Each foreign key whose columns get a value reads its target (ri_triggers.c: RI_FKey_check)."""
    name = draft.target(op.relation)
    if name is None:
        return
    table = draft.before.table(name)
    if op.rows is None and draft.no_rows(op.query.sources):
        _write(op, name, draft)
        _rules(name, "insert", draft)
        return
    if table is not None and table.kind == "partitioned table":
        # The rows choose the partitions that are opened (execPartition.c: ExecInitPartitionInfo).
        draft.lock(name, RX)
        run_query(op.query, draft)
        draft.unknown.append(f"which partitions of {name} the rows go to is not known")
    else:
        _write(op, name, draft)
        _partition_parents(table, draft)
    for constraint in _foreign_keys(table):
        if _given(constraint, op.columns, table):
            _check_parent(constraint, draft)
    _rules(name, "insert", draft)
    _triggers(name, "insert", draft)


def _partition_parents(table: Table | None, draft: Draft) -> None:
    """The bound of a partition that is written directly is made from its parents (partcache.c:
    generate_partition_qual)."""
    while table is not None and table.partition_of is not None:
        draft.lock(table.partition_of, AS)
        table = draft.before.table(table.partition_of)


def _foreign_keys(table: Table | None) -> list[Constraint]:
    if table is None:
        return []
    return [c for c in table.constraints if c.kind == "foreign key" and c.enforced and not c.initially_deferred]


def _given(constraint: Constraint, columns: tuple[str, ...], table: Table | None) -> bool:
    """Whether an INSERT gives all columns of the key a value: it names them, names none, or they have a default."""
    if not columns:
        return True
    for key in constraint.columns:
        column = table.column(key) if table is not None else None
        if key not in columns and (column is None or column.default is None):
            return False
    return True


def _check_parent(constraint: Constraint, draft: Draft) -> None:
    if constraint.target is not None and draft.exists(constraint.target):
        draft.lock_family(constraint.target, RS)


def update(op: ops.Update, draft: Draft) -> None:
    """A foreign key is looked at only where its columns, or those that it points at, are set."""
    name = draft.target(op.relation)
    if name is None:
        return
    _write(op, name, draft)
    _find_rows(op, op.where if not op.joins else None, name, draft)
    _rules(name, "update", draft)
    if _changes_nothing(op, name, draft):
        return
    table = draft.before.table(name)
    values = dict(zip(op.columns, op.values, strict=False))
    for constraint in _foreign_keys(table):
        touched = [values[c] for c in constraint.columns if c in values]
        if touched and not any(v.kind == "null" for v in touched):
            _check_parent(constraint, draft)
    _referencing(name, frozenset(op.columns), "on_update", draft)
    _partition_parents(table, draft)
    _triggers(name, "update", draft)


def _changes_nothing(op: ops.Update | ops.Delete, name: QName, draft: Draft) -> bool:
    """Whether there surely is no row to change: then no key is checked, nothing cascades and no row trigger fires."""
    return draft.is_empty(name) or draft.no_rows(op.query.sources)


def _find_rows(op: ops.Write, where: ops.Expr | None, name: QName, draft: Draft) -> None:
    for member in _underneath(name, op.only, draft):
        if not finds_rows(where, member, draft):
            draft.scan(member, "query")


def _referencing(name: QName, columns: frozenset[str] | None, action: str, draft: Draft, depth: int = 0) -> None:
    """Rows that point at what goes are looked for, or go along (ri_triggers.c: RI_FKey_noaction_del,
    RI_FKey_cascade_del …). ``columns`` None: whole rows go."""
    for other, constraint in draft.before.referencing(name):
        if not constraint.enforced or (columns is not None and columns.isdisjoint(constraint.target_columns)):
            continue
        does = getattr(constraint, action)
        if does == "no action" and constraint.initially_deferred:
            continue
        passive = does in ("no action", "restrict")
        draft.lock_family(other.name, RS if passive else RX)
        if not passive and depth < 20 and other.name != name and not draft.is_empty(other.name):
            if action == "on_delete" and does == "cascade":
                _referencing(other.name, None, "on_delete", draft, depth + 1)
            else:
                _referencing(other.name, frozenset(constraint.columns), "on_update", draft, depth + 1)


def delete(op: ops.Delete, draft: Draft) -> None:
    name = draft.target(op.relation)
    if name is None:
        return
    _write(op, name, draft)
    _find_rows(op, op.where if not op.joins else None, name, draft)
    _rules(name, "delete", draft)
    if draft.major < 14:
        _partition_parents(draft.before.table(name), draft)
    if _changes_nothing(op, name, draft):
        return
    _referencing(name, None, "on_delete", draft)
    _triggers(name, "delete", draft)
    draft.data_loss.append(DataLoss(name, "rows"))


def merge(op: ops.Merge, draft: Draft) -> None:
    """MERGE joins both tables in full."""
    name = draft.target(op.relation)
    if name is None:
        return
    _write(op, name, draft)
    _find_rows(op, None, name, draft)
    table = draft.before.table(name)
    if "insert" in op.actions or "update" in op.actions:
        for constraint in _foreign_keys(table):
            _check_parent(constraint, draft)
    if "delete" in op.actions:
        _referencing(name, None, "on_delete", draft)
        draft.data_loss.append(DataLoss(name, "rows"))
    for action in op.actions:
        _triggers(name, action, draft)


def truncate(op: ops.Truncate, draft: Draft) -> None:
    """New, empty files for the tables and their indexes (tablecmds.c: ExecuteTruncateGuts)."""
    name = draft.target(op.relation)
    if name is None:
        return
    pending, seen = [name], {name}
    while pending:
        table = pending.pop()
        for member in draft.family(table, op.only):
            _truncate_one(member, op, draft)
            if op.cascade:
                for other, _ in draft.before.referencing(member):
                    if other.name not in seen:
                        seen.add(other.name)
                        pending.append(other.name)
    if draft.major < 14:
        # Its bound is made for what will be inserted (execMain.c: InitResultRelInfo on 12 and 13).
        _partition_parents(draft.before.table(name), draft)


def _truncate_one(name: QName, op: ops.Truncate, draft: Draft) -> None:
    draft.lock(name, AX)
    table = draft.before.table(name)
    if table is not None and table.kind == "partitioned table":
        return
    if name not in draft.truncated and draft.holds_rows(table):
        draft.truncated.append(name)
        draft.data_loss.append(DataLoss(name, "rows"))
    for index in draft.before.indexes(name):
        draft.builds.setdefault((name, index.name), IndexBuild(name, index.name, new=False))
    if op.restart_identity and table is not None:
        _restart(table, draft)


def _restart(table: Table, draft: Draft) -> None:
    """RESTART IDENTITY locks the sequences that the table's columns own (sequence.c: ResetSequence)."""
    for column in table.columns:
        if column.identity_sequence is not None:
            draft.lock(column.identity_sequence, AX)


def copy(op: ops.Copy, draft: Draft) -> None:
    name = draft.target(op.relation)
    if name is None:
        return
    table = draft.before.table(name)
    if op.direction == "to":
        draft.lock(name, AS)
        draft.scan(name, "query")
        return
    draft.lock(name, RX)
    _partition_parents(table, draft)
    for constraint in _foreign_keys(table):
        if _given(constraint, op.columns, table):
            _check_parent(constraint, draft)


def lock_table(op: ops.LockTable, draft: Draft) -> None:
    """LOCK TABLE reaches the children, and the tables under a view (lockcmds.c)."""
    name = draft.target(op.relation)
    if name is not None:
        read(name, strength(op.mode), draft, op.only)


WRITES: dict[type[ops.Operation], Callable[[Any, Draft], None]] = {
    ops.Insert: insert,
    ops.Update: update,
    ops.Delete: delete,
    ops.Merge: merge,
}
