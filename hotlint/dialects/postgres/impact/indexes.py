"""CREATE INDEX, REINDEX, CLUSTER."""

from __future__ import annotations

from collections.abc import Iterator

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Index, Table, View
from hotlint.dialects.postgres.impact.draft import BUILD, Draft
from hotlint.dialects.postgres.locks import AS, AX, SUE, S
from hotlint.impact import IndexBuild

_PARTITIONED_REINDEX_SINCE = 14  # indexcmds.c: ReindexPartitions
_PARTITIONED_CLUSTER_SINCE = 15  # cluster.c: get_tables_to_cluster_partitioned


def create_index(op: ops.CreateIndex, draft: Draft) -> None:
    """SHARE, or SHARE UPDATE EXCLUSIVE if concurrently, on the table and all partitions (indexcmds.c: DefineIndex).

    Where IF NOT EXISTS skips it, the lock is taken all the same. An inheritance child gets no index.
    """
    name = draft.target(op.relation)
    found = draft.before.relation(name) if name is not None else None
    temporary = isinstance(found, Table) and found.persistence == "temporary"
    partitioned = found is not None and found.kind == "partitioned table"
    if op.concurrently:
        draft.outside_transaction("CREATE INDEX CONCURRENTLY")
        if partitioned and not draft.outcome.skipped:
            draft.refuse("0A000", f'cannot create index on partitioned table "{op.relation.name}" concurrently')
    if name is None:
        return
    concurrently = op.concurrently and not temporary
    mode = SUE if concurrently else S
    draft.lock(name, mode)
    if draft.outcome.skipped:
        return
    if partitioned and not op.only:
        draft.lock_family(name, mode)
    members = list(draft.leaves(name, op.only or not partitioned))
    for member in members:
        draft.new_indexes(member, concurrently)
    if name in members and not any(table == name for table, _ in draft.builds):
        # Made again under a name that was there, or not followed by the catalog.
        draft.builds[(name, None)] = IndexBuild(name, None, True, concurrently)
        draft.scan(name, "index", op.index, BUILD)


def attach_index(op: ops.AttachIndex, draft: Draft) -> None:
    """ALTER INDEX … ATTACH PARTITION (tablecmds.c: ATExecAttachPartitionIdx)."""
    parent, child = draft.target(op.relation), draft.target(op.index)
    for name, mode in ((parent, SUE), (child, AX)):
        index = draft.before.index(name) if name is not None else None
        if index is not None:
            draft.lock(index.name, mode)
            if draft.exists(index.table):
                draft.lock(index.table, AS)


def reindex(op: ops.Reindex, draft: Draft) -> None:
    """SHARE on the table, SHARE UPDATE EXCLUSIVE if concurrently (indexcmds.c: ReindexIndex, ReindexTable,
    ReindexMultipleTables)."""
    if op.target in ("schema", "database", "system"):
        draft.outside_transaction(f"REINDEX {op.target.upper()}")
        _reindex_many(op, draft)
        return
    if op.concurrently:
        draft.outside_transaction("REINDEX CONCURRENTLY")
    name = draft.target(op.name) if op.name is not None else None
    if name is None:
        return
    found = draft.before.relation(name)
    mode = SUE if op.concurrently else S
    if isinstance(found, Index):
        _reindex_index(found, op, mode, draft)
    elif found is not None and found.kind == "partitioned table":
        draft.lock(name, mode)
        _partitions(name, f"REINDEX {op.target.upper()}", op, mode, draft)
    elif op.target == "index":
        draft.lock(name, AX)
        draft.unknown.append(f"the table of index {name} is not known")
    else:
        draft.lock(name, mode)
        rebuild(name, draft, op.concurrently)


def _reindex_index(index: Index, op: ops.Reindex, mode: int, draft: Draft) -> None:
    if index.partitioned:
        if draft.major < _PARTITIONED_REINDEX_SINCE:
            draft.refuse("0A000", "REINDEX is not yet implemented for partitioned indexes")
            return
        draft.outside_transaction("REINDEX INDEX")
        draft.lock(index.table, mode)
        for below in _index_leaves(index, draft):
            draft.lock(below.table, mode)
            _rebuild_one(below, op.concurrently, draft)
        return
    draft.lock(index.table, mode)
    draft.lock(index.name, SUE if op.concurrently else AX)
    _rebuild_one(index, op.concurrently, draft)


def _index_leaves(index: Index, draft: Draft) -> Iterator[Index]:
    for table in draft.before.descendants(index.table):
        for below in draft.before.indexes(table):
            if not below.partitioned and _under(below, index.name, draft):
                yield below


def _under(index: Index, ancestor: QName, draft: Draft) -> bool:
    while index.parent is not None:
        if index.parent == ancestor:
            return True
        above = draft.before.index(index.parent)
        if above is None:
            return False
        index = above
    return False


def _partitions(name: QName, what: str, op: ops.Reindex, mode: int, draft: Draft) -> None:
    """Since 14 each partition is done in a transaction of its own; before, nothing is done but a warning."""
    if draft.major < _PARTITIONED_REINDEX_SINCE:
        return
    draft.outside_transaction(what)
    for member in draft.before.descendants(name):
        # Collected under SHARE, also if concurrently (indexcmds.c: ReindexPartitions).
        draft.lock(member, S)
    for member in draft.leaves(name):
        rebuild(member, draft, op.concurrently)


def _reindex_many(op: ops.Reindex, draft: Draft) -> None:
    mode = SUE if op.concurrently else S
    for name, record in draft.before.catalog.relations.items(draft.before.moment):
        if not isinstance(record, (Table, View)) or record.kind not in ("table", "materialized view"):
            continue
        if op.target == "schema" and (op.name is None or name.schema != op.name.name):
            continue
        if op.target != "system" and draft.before.indexes(name):
            draft.lock(name, mode)
            rebuild(name, draft, op.concurrently)


def rebuild(name: QName, draft: Draft, concurrently: bool = False) -> None:
    """Every index of a table is built again."""
    for index in draft.before.indexes(name):
        _rebuild_one(index, concurrently, draft)


def _rebuild_one(index: Index, concurrently: bool, draft: Draft) -> None:
    """Concurrently, a new index is built beside the old one, which it then replaces (not for exclusion constraints)."""
    draft.build(index, False, concurrently)


def cluster(op: ops.Cluster, draft: Draft) -> None:
    """ACCESS EXCLUSIVE, every row written anew in the order of an index (cluster.c)."""
    if op.relation is None:
        draft.outside_transaction("CLUSTER")
        for name, record in draft.before.catalog.relations.items(draft.before.moment):
            if isinstance(record, Table) and record.cluster_index is not None and record.kind == "table":
                draft.lock(name, AX)
                draft.rewrite(name, "cluster")
        return
    name_or_none = draft.target(op.relation)
    if name_or_none is None:
        return
    name = name_or_none
    found = draft.before.relation(name)
    if found is not None and found.kind == "partitioned table":
        if draft.major < _PARTITIONED_CLUSTER_SINCE:
            draft.fail("0A000", "cannot cluster a partitioned table")
            return
        draft.outside_transaction("CLUSTER")
    elif isinstance(found, Table) and found.known and op.index is None and found.cluster_index is None:
        draft.refuse("42704", f'there is no previously clustered index for table "{name.name}"')
        return
    for member in draft.family(name, found is None or found.kind != "partitioned table"):
        draft.lock(member, AX)
        draft.rewrite(member, "cluster")
