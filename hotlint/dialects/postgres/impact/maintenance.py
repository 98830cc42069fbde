"""VACUUM, ANALYZE, REFRESH MATERIALIZED VIEW."""

from __future__ import annotations

from collections.abc import Iterator

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Table, View
from hotlint.dialects.postgres.impact import data
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.locks import AS, AX, SUE, X
from hotlint.impact import IndexBuild

_FALSE = frozenset(["false", "off", "0", "no"])


def _everything(draft: Draft, partitioned: bool = False) -> Iterator[QName]:
    """All tables and materialized views of the database that are known."""
    kinds = ("table", "materialized view", "partitioned table" if partitioned else "table")
    for name, record in draft.before.catalog.relations.items(draft.before.moment):
        if isinstance(record, (Table, View)) and record.kind in kinds:
            yield name


_INHERITANCE_SINCE = 18  # vacuum.c: expand_vacuum_rel takes inheritance children too (release 18)


def _stored(name: QName, draft: Draft) -> bool:
    """Whether VACUUM and ANALYZE do something with it; of a view they only warn."""
    found = draft.before.relation(name)
    return found is None or found.kind in ("table", "partitioned table", "materialized view")


def _members(name: QName, only: bool, draft: Draft) -> Iterator[QName]:
    """What VACUUM or ANALYZE of a table works on."""
    return draft.family(name, only or not (_partitioned(name, draft) or draft.major >= _INHERITANCE_SINCE))


def vacuum(op: ops.Vacuum, draft: Draft) -> None:
    """SHARE UPDATE EXCLUSIVE, given back table by table; FULL writes the table anew (vacuum.c: vacuum_rel)."""
    draft.outside_transaction("VACUUM")
    options = dict(op.options)
    if "only_database_stats" in options and options["only_database_stats"].lower() not in _FALSE:
        return
    if op.relation is None:
        for name in _everything(draft):
            _vacuum_one(name, op, draft)
        return
    target = draft.target(op.relation)
    if target is None or not _stored(target, draft):
        return
    for member in _members(target, op.only, draft):
        _vacuum_one(member, op, draft)


def _partitioned(name: QName, draft: Draft) -> bool:
    found = draft.before.relation(name)
    return found is not None and found.kind == "partitioned table"


def _vacuum_one(name: QName, op: ops.Vacuum, draft: Draft) -> None:
    if op.full:
        draft.lock(name, AX)
        draft.rewrite(name, "vacuum full")
    else:
        draft.lock(name, SUE)
        draft.scan(name, "vacuum")


def analyze(op: ops.Analyze, draft: Draft) -> None:
    """SHARE UPDATE EXCLUSIVE on what is analyzed; children are read for the statistics of the whole (analyze.c:
    acquire_inherited_sample_rows)."""
    if op.relation is None:
        for name in _everything(draft, partitioned=True):
            draft.lock(name, SUE)
            draft.scan(name, "analyze")
        return
    target = draft.target(op.relation)
    if target is None or not _stored(target, draft):
        return
    for member in _members(target, op.only, draft):
        draft.lock(member, SUE)
    sampled = _partitioned(target, draft) or not op.only
    for member in draft.family(target, not sampled):
        draft.lock(member, AS)
        draft.scan(member, "analyze")


def refresh(op: ops.RefreshMaterializedView, draft: Draft) -> None:
    """The query runs and its result replaces the rows; CONCURRENTLY compares and changes them (matview.c:
    ExecRefreshMatView)."""
    name = draft.target(op.relation)
    if name is None:
        return
    view = draft.before.view(name)
    if op.concurrently:
        draft.lock(name, X)
        if view is not None and not any(
            i.unique and i.where is None and None not in i.columns and i.valid is not False
            for i in draft.before.indexes(name)
        ):
            draft.refuse("55000", f'cannot refresh materialized view "{name}" concurrently')
        if view is not None and not view.populated:
            draft.refuse("55000", "CONCURRENTLY cannot be used when the materialized view is not populated")
        draft.scan(name, "refresh")
    else:
        draft.lock(name, AX)
    if not op.with_data:
        draft.truncated.append(name)
        for index in draft.before.indexes(name):
            draft.builds[(name, index.name)] = IndexBuild(name, index.name, new=False)
        return
    if view is not None:
        data.run_query(view.query, draft)
        for below, _ in view.reads:
            if draft.exists(below):
                data.read(below, AS, draft)
    if not op.concurrently:
        draft.rewrite(name, "refresh")
        draft.scans.pop((name, "rewrite", None), None)
