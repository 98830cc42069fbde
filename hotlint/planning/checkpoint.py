"""What the beginning of a history comes to, kept, so that a check of its last files need not replay it.

A checkpoint is the schema after the first migrations and where their statements stand. Its key is made of their texts
and of all else that decides what they do, so an edit, a removal or another order simply has no checkpoint from there
on; the longest beginning that has one is taken. What was kept by other code has other keys (``identity``), and what
cannot be read is as if it were not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from hotlint.cache import Store, key_of
from hotlint.catalog.catalog import Catalog
from hotlint.catalog.names import QName
from hotlint.catalog.records import Function, OtherObject, Relation, Type
from hotlint.catalog.versioned import Hints
from hotlint.digest import blake2b
from hotlint.impact import Impact
from hotlint.planning.model import MigrationPlan, Step, TransactionInfo
from hotlint.project.model import Migration, Project
from hotlint.server import Server, Session
from hotlint.source import Statement

if TYPE_CHECKING:
    from hotlint.planning.loop import PlanOptions

_MAPS = ("relations", "types", "functions_by_name", "schemas", "extensions", "objects", "comments", "grants")
_HINTS = (
    "indexes_by_table",
    "children_by_parent",
    "referencing_by_target",
    "readers_by_relation",
    "tables_by_constraint",
)


class _Snapshot(msgspec.Struct, gc=False):
    """A catalog's present: each map's keys with the moment of their last change and the value, None where it was
    deleted; and the hints."""

    moment: int
    closed: bool
    loose_since: int
    search_path: tuple[str, ...]
    relations: list[tuple[QName, int, Relation | None]]
    types: list[tuple[QName, int, Type | None]]
    functions_by_name: list[tuple[QName, int, tuple[Function, ...] | None]]
    schemas: list[tuple[str, int, OtherObject | None]]
    extensions: list[tuple[str, int, OtherObject | None]]
    objects: list[tuple[tuple[str, QName], int, OtherObject | None]]
    comments: list[tuple[tuple[str, QName, str], int, str | None]]
    grants: list[tuple[tuple[str, QName, str], int, frozenset[str] | None]]
    indexes_by_table: list[tuple[QName, list[QName]]]
    children_by_parent: list[tuple[QName, list[QName]]]
    referencing_by_target: list[tuple[QName, list[QName]]]
    readers_by_relation: list[tuple[QName, list[QName]]]
    tables_by_constraint: list[tuple[QName, list[QName]]]
    users_by_object: list[tuple[tuple[str, QName], list[QName]]]
    notes_by_object: list[tuple[QName, list[tuple[str, str, QName, str | None]]]]
    steps: list[list[tuple[int, int]]]


class Checkpoints:
    """The checkpoints of one project's migrations before ``options.judged_from``; ``restored`` counts those whose
    effects were known."""

    def __init__(self, store: Store, identity: object, project: Project, server: Server, options: PlanOptions) -> None:
        self.store = store
        self.migrations = project.migrations[: options.judged_from]
        baseline = project.baseline.text if project.baseline is not None else None
        first = key_of("checkpoint", identity, project.dialect, server, options.complete, options.parse, baseline)
        self.keys = _keys(first, self.migrations)
        self.restored = 0

    def restore(self, catalog: Catalog) -> list[MigrationPlan]:
        """Makes an empty catalog what the longest known beginning makes of it; the plans of those migrations."""
        for count in range(len(self.keys), 0, -1):
            data = self.store.get(self.keys[count - 1])
            if data is None:
                continue
            try:
                snapshot = msgspec.msgpack.decode(data, type=_Snapshot)
            except msgspec.DecodeError:  # written by something else under the same name
                continue
            if len(snapshot.steps) == count:
                self.restored = count
                _fill(catalog, snapshot)
                return _plans(catalog, self.migrations, snapshot.steps)
        return []

    def keep(self, catalog: Catalog, plans: Sequence[MigrationPlan]) -> None:
        """Keeps what all these migrations came to, unless Hotlint failed at one of them."""
        if any(plan.failures for plan in plans):
            return
        steps = [[(step.statement.start, step.statement.end) for step in plan.steps] for plan in plans]
        self.store.put(self.keys[-1], msgspec.msgpack.encode(_snapshot(catalog, steps)))


def _keys(first: str, migrations: Sequence[Migration]) -> list[str]:
    """A key for each beginning: of the one before, and of what the next script says and how it runs."""
    keys = []
    last = first
    for migration in migrations:
        up = migration.up
        how = msgspec.msgpack.encode((last, migration.transaction, up.regions))
        last = blake2b(how + up.text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
        keys.append(last)
    return keys


def _snapshot(catalog: Catalog, steps: list[list[tuple[int, int]]]) -> _Snapshot:
    maps = {name: getattr(catalog, name).present() for name in _MAPS}
    hints = {name: getattr(catalog, name).all() for name in (*_HINTS, "users_by_object")}
    notes = [
        (name, [(what, key[0], key[1], key[2] if len(key) > 2 else None) for what, key in held])
        for name, held in catalog.notes_by_object.all()
    ]
    return _Snapshot(
        moment=catalog.clock[0],
        closed=catalog.closed,
        loose_since=catalog.loose_since,
        search_path=catalog.search_path,
        notes_by_object=notes,
        steps=steps,
        **maps,
        **hints,
    )


def _fill(catalog: Catalog, snapshot: _Snapshot) -> None:
    catalog.clock[0] = snapshot.moment
    catalog.closed = snapshot.closed
    catalog.loosened = [snapshot.loose_since] if snapshot.loose_since >= 0 else []
    catalog.search_path = snapshot.search_path
    catalog.has_temporary = any(name.schema == "pg_temp" for name, _, _ in snapshot.relations)
    for name in _MAPS:
        getattr(catalog, name).load(getattr(snapshot, name))
    for name in (*_HINTS, "users_by_object"):
        hints: Hints[object] = getattr(catalog, name)
        hints.load(getattr(snapshot, name))
    catalog.notes_by_object.load(
        (name, [(what, (kind, of) if sub is None else (kind, of, sub)) for what, kind, of, sub in held])
        for name, held in snapshot.notes_by_object
    )


_NOTHING = Impact()


def _plans(
    catalog: Catalog, migrations: Sequence[Migration], spans: list[list[tuple[int, int]]]
) -> list[MigrationPlan]:
    """Plans whose steps tell where they stand and no more; what they saw is gone."""
    view, session, transaction = catalog.now(), Session(), TransactionInfo("single", 0)
    plans = []
    index = 0
    for migration, places in zip(migrations, spans, strict=False):
        steps = []
        for start, end in places:
            statement = Statement(start, end, "", ())
            steps.append(
                Step(
                    index,
                    migration,
                    migration.up,
                    "up",
                    statement,
                    view,
                    view,
                    _NOTHING,
                    transaction,
                    False,
                    (),
                    session,
                )
            )
            index += 1
        plans.append(MigrationPlan(migration, "up", tuple(steps), (), view, view))
    return plans
