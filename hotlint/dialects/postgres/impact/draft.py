"""The impact of a statement while it is being made: what the models write into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hotlint.catalog.catalog import CatalogView, gives_no_rows
from hotlint.catalog.names import QName
from hotlint.catalog.outcome import Outcome, ServerError
from hotlint.catalog.records import Index, OtherObject, Relation, Table
from hotlint.catalog.versioned import changes_since
from hotlint.dialects.postgres import functions
from hotlint.dialects.postgres.impact.context import ImpactContext
from hotlint.dialects.postgres.locks import BLOCKS, MODES
from hotlint.dialects.postgres.types.names import canonical
from hotlint.dialects.postgres.types.names import resolve as resolve_type
from hotlint.dialects.postgres.types.tables import tables
from hotlint.impact import Break, DataLoss, Duration, Impact, IndexBuild, Lock, Rewrite, Scan
from hotlint.operations import DropConstraint, Name, Operation, RelationOperation, RelationUse, TypeName

BRIEF, SCAN, BUILD, REWRITE = range(4)
_DURATIONS: tuple[Duration, ...] = ("brief", "scan", "build", "rewrite")
SYSTEM_SCHEMAS = ("pg_catalog", "information_schema", "pg_toast")


class Remembering(CatalogView):
    """A view that looks up each relation once: a statement asks for the same few again and again."""

    def __init__(self, view: CatalogView) -> None:
        super().__init__(view.catalog, view.moment)
        self._seen: dict[QName, Relation | None] = {}
        self._names: dict[Name, QName] = {}

    def relation(self, name: QName) -> Relation | None:
        try:
            return self._seen[name]
        except KeyError:
            found = self._seen[name] = self.catalog.relations.get(name, self.moment)
            return found

    def resolve(self, name: Name, search_path: tuple[str, ...] | None = None) -> QName:
        if name.schema is not None:
            return QName(name.schema, name.name)
        found = self._names.get(name)
        if found is None:
            found = self._names[name] = super().resolve(name, search_path)
        return found


class Draft:
    """Collects what a statement does; ``finish`` makes the ``Impact``.

    The statement runs on ``before`` and leaves ``after``. Only relations that were there before it are locked: what it
    makes itself nobody else can see. ``alone`` is False while the statements of a DO block are looked at.
    """

    __slots__ = (
        "_complete",
        "after",
        "allowed",
        "alone",
        "alter_mode",
        "before",
        "breaks",
        "builds",
        "context",
        "data_loss",
        "durations",
        "error",
        "late",
        "locks",
        "major",
        "operations",
        "outcome",
        "path",
        "released",
        "rewrites",
        "scans",
        "truncated",
        "unknown",
    )

    def __init__(self, before: CatalogView, after: CatalogView, outcome: Outcome, context: ImpactContext) -> None:
        self.before: CatalogView = Remembering(before)
        self.after = after
        self.outcome = outcome
        self.context = context
        self.major = context.server.major
        self.path = context.session.search_path
        self.operations: tuple[Operation, ...] = ()
        self._complete: bool | None = None
        self.alone = True
        self.alter_mode = -1
        self.allowed = True
        self.released = False
        self.error: ServerError | None = None
        self.late: ServerError | None = None
        self.locks: dict[QName, int] = {}
        self.durations: dict[QName, int] = {}
        self.rewrites: dict[QName, Rewrite] = {}
        self.scans: dict[tuple[QName, str, str | None], Scan] = {}
        self.builds: dict[tuple[QName, QName | None], IndexBuild] = {}
        self.data_loss: list[DataLoss] = []
        self.breaks: list[Break] = []
        self.truncated: list[QName] = []
        self.unknown: list[str] = []

    # -- names and records

    def resolve(self, name: Name) -> QName:
        """The relation that a name of the statement means before it runs."""
        return self.before.resolve(name, self.path)

    def target(self, name: Name) -> QName | None:
        """The relation that the statement works on: None where it is surely not there, or made by the statement."""
        found = self.before.resolve(name, self.path)
        return found if self.exists(found) else None

    def exists(self, name: QName) -> bool:
        """Whether the relation is there before the statement; one that the history never saw is assumed to be."""
        if self.before.relation(name) is not None:
            return True
        catalog = self.before.catalog
        if catalog.closed or name.schema in SYSTEM_SCHEMAS or (name.schema == "public" and name.name.startswith("pg_")):
            return False
        made = self.after.relation(name)
        if made is not None:
            return getattr(made, "origin", -1) < 0
        if not catalog.relations.deleted(name, self.before.moment):
            return True
        # What dynamic SQL may have made again since it was dropped is assumed to be there.
        return catalog.relations.changed_at(name, self.before.moment) <= catalog.loose_since

    def table(self, name: QName) -> Table | None:
        """The table before the statement, or as the statement's own use of it showed it."""
        return self.before.table(name) or self.after.table(name)

    def dropped(self, table: QName, constraint: str) -> bool:
        """Whether the statement itself drops a constraint, which it does before anything else (AT_PASS_DROP)."""
        return any(
            type(op) is DropConstraint and op.constraint == constraint and self.resolve(op.relation) == table
            for op in self.operations
        )

    # -- what surely is not there

    def complete(self) -> bool:
        """Whether what was never seen does not exist: the history is whole, and nothing brought objects unseen."""
        if self._complete is None:
            catalog = self.before.catalog
            self._complete = (
                catalog.closed
                and not catalog.loosened_until(self.before.moment)
                and not any(name != "plpgsql" for name, _ in catalog.extensions.items(self.before.moment))
            )
        return self._complete

    def whole_cluster(self) -> bool:
        """Whether what was never seen does not exist in the cluster either: no dump of a database tells that."""
        return self.before.catalog.whole_cluster and self.complete()

    def no_relation(self, written: Name) -> bool:
        """Whether there surely is no relation of that name."""
        if not self.complete() or written.schema in SYSTEM_SCHEMAS or written.name.startswith("pg_"):
            return False
        found = self.resolve(written)
        return not self.exists(found) and self.after.relation(found) is None

    def no_type(self, type: TypeName) -> bool:
        """Whether there surely is no type of that name."""
        if not self.complete() or type.percent_type or (type.schema or "").startswith("pg_"):
            return False
        built_in = tables(self.major).types.get(canonical(type).name) if type.schema is None else None
        of_extension = built_in is not None and built_in.extension != ""
        if not of_extension and resolve_type(type, self.before, self.context.server, self.path) is not None:
            return False
        names = [QName(schema, type.name) for schema in ((type.schema,) if type.schema is not None else self.path)]
        views = (self.before, self.after)
        return not any(view.type(name) or view.relation(name) for name in names for view in views)

    def no_schema(self, name: str) -> bool:
        """Whether there surely is no schema of that name."""
        return self.complete() and self.before.schema(name) is None and name != "public" and not name.startswith("pg_")

    def no_function(self, name: Name) -> bool:
        """Whether there surely is no function of that name, with whatever arguments."""
        if not self.complete() or name.schema in ("pg_toast", "information_schema"):
            return False
        if name.schema in (None, "pg_catalog") and functions.exists(name.name, self.context.server):
            return False
        schemas = (name.schema,) if name.schema is not None else self.path
        names = [QName(schema, name.name) for schema in schemas]
        return not any(view.functions(each) for each in names for view in (self.before, self.after))

    def certain(self, name: QName) -> Relation | None:
        """The relation, where it is surely as it is recorded before the statement."""
        found = self.before.relation(name)
        if found is None or found.maybe or not getattr(found, "known", True):
            return None
        catalog = self.before.catalog
        loose = catalog.loose_since
        return found if loose < 0 or catalog.relations.changed_at(name, self.before.moment) > loose else None

    def object(self, kind: str, name: str, schema: str = "") -> OtherObject | None:
        """An object of which the catalog keeps the name: a publication, a collation, a language …"""
        key = (kind, QName(schema, name))
        return self.before.catalog.objects.get(key, self.before.moment)

    def has_objects(self, kind: str) -> bool:
        """Whether the history made any object of that kind."""
        return any(key[0] == kind for key, _ in self.before.catalog.objects.items(self.before.moment))

    def made_here(self, name: QName) -> bool:
        """Whether the relation was made in the running transaction, this statement included."""
        found = self.before.relation(name)
        return not self.exists(name) if found is None else found.origin >= self.context.first_step

    def holds_rows(self, table: Relation | None) -> bool:
        """Whether rows may be lost with ``table``: what an earlier transaction made is in use, though the history never
        wrote to it."""
        fresh = isinstance(table, Table) and table.empty and table.origin >= self.context.first_step
        return not fresh

    def is_empty(self, name: QName) -> bool:
        """Whether a table has surely no rows, before the statement and while it runs: those of nobody else, since its
        transaction made the table or nobody else writes."""
        if not (self.before.unwritten(name) and self.after.unwritten(name)):
            return False
        return self.before.catalog.unfilled or all(map(self.made_here, self.family(name)))

    def no_rows(self, sources: tuple[tuple[Name, ...], ...]) -> bool:
        """Whether a query with these sources (as in ``Query``) surely gives none."""
        return gives_no_rows(sources, lambda name: self.is_empty(self.resolve(name)))

    def family(self, name: QName, only: bool = False) -> Iterator[QName]:
        """The relation and, unless ``only``, all its partitions and inheritance children."""
        yield name
        if not only and self.before.children(name):
            yield from self.before.descendants(name)

    def leaves(self, name: QName, only: bool = False) -> Iterator[QName]:
        """Those of the family that have rows of their own."""
        for member in self.family(name, only):
            found = self.before.relation(member)
            if found is None or found.kind != "partitioned table":
                yield member

    def lost(self) -> Iterator[tuple[QName, Relation, Relation | None]]:
        """The relations that the statement changed or removed, as they were and as they are."""
        relations = self.before.catalog.relations
        for source, key in changes_since(relations.journal, self.before.moment):
            if source is relations:
                was = self.before.relation(key)
                if was is not None:
                    yield key, was, self.after.relation(key)

    # -- effects

    def lock(self, name: QName, mode: int, duration: int = BRIEF) -> None:
        """A lock on a relation; of two, the stronger mode and the longer duration stay."""
        held = self.locks.get(name, -1)
        if mode > held:
            self.locks[name] = mode
        if duration > self.durations.get(name, -1):
            self.durations[name] = duration

    def lock_family(self, name: QName, mode: int, only: bool = False) -> None:
        for member in self.family(name, only):
            self.lock(member, mode)

    def busy(self, name: QName, duration: int) -> None:
        """The statement keeps its lock on ``name`` busy for at least this long."""
        if duration > self.durations.get(name, -1):
            self.durations[name] = duration

    def scan(self, name: QName, reason: str, what: str | None = None, duration: int = SCAN) -> None:
        """Every row of a relation is read, where it has rows of its own."""
        found = self.before.relation(name) or self.after.relation(name)
        if found is not None and found.kind in ("partitioned table", "view", "foreign table"):
            return
        self.busy(name, duration)
        key = (name, reason, what)
        if key not in self.scans:
            self.scans[key] = Scan(name, reason, what)

    def rewrite(self, name: QName, reason: str, column: str | None = None) -> None:
        """Every row is written anew, and every index is built again (cluster.c: finish_heap_swap)."""
        found = self.before.relation(name) or self.after.relation(name)
        if found is not None and found.kind in ("partitioned table", "view", "foreign table"):
            return
        self.busy(name, REWRITE)
        known = self.rewrites.get(name)
        if known is not None:
            if column is not None and column != known.column and column not in known.also:
                self.rewrites[name] = Rewrite(name, known.reason, known.column, (*known.also, column))
            return
        self.rewrites[name] = Rewrite(name, reason, column)
        if not self.made_here(name):
            self.scan(name, "rewrite", duration=REWRITE)
        for index in self.after.indexes(name):
            self.build(index, self.before.relation(index.name) is None)

    def build(self, index: Index, new: bool, concurrently: bool = False) -> None:
        """An index of a table with rows of its own is built; every row of the table is read for it."""
        if index.partitioned:
            return
        table = index.table
        found = self.after.relation(table)
        if found is not None and found.kind == "partitioned table":
            return
        self.builds.setdefault((table, index.name), IndexBuild(table, index.name, new, concurrently))
        if not self.made_here(table):
            self.scan(table, "index", index.name.name, BUILD)

    def new_indexes(self, table: QName, concurrently: bool = False) -> None:
        """Builds what the statement added to the indexes of ``table``, under a name that it freed too."""
        for index in self.after.indexes(table):
            was = self.before.relation(index.name)
            if was is None or was.origin < index.origin:
                self.build(index, True, concurrently)

    def read(self, uses: Iterable[RelationUse], mode: int) -> None:
        """Relations that the statement names and does not run: no view is expanded, no partition opened."""
        for use in uses:
            name = self.target(use.relation)
            if name is not None:
                self.lock(name, mode)

    def fail(self, sqlstate: str, message: str) -> None:
        """The server refuses the statement before it looks at any object; the first reason stays."""
        if self.error is None:
            self.error = ServerError(sqlstate, message)

    def refuse(self, sqlstate: str, message: str) -> None:
        """The server refuses the statement once it has looked; what the catalog refuses comes first."""
        if self.late is None:
            self.late = ServerError(sqlstate, message)

    def outside_transaction(self, what: str) -> None:
        """The statement refuses a transaction block, a function and a DO block (xact.c: PreventInTransactionBlock)."""
        self.allowed = False
        self.released = True
        if not self.alone:
            self.fail("25001", f"{what} cannot be executed from a function")
        elif self.context.in_transaction:
            self.fail("25001", f"{what} cannot run inside a transaction block")

    # -- the end

    def finish(self) -> Impact:
        """The impact; of a statement that fails, only the error and whether a transaction may hold it."""
        outcome = self.outcome
        error = self.error or outcome.error or self.late
        if error is not None:
            return Impact(error=error, allowed_in_transaction=self.allowed, unknown=outcome.unknown)
        return Impact(
            locks=self._locks(),
            rewrites=tuple(self.rewrites.values()),
            scans=tuple(self.scans.values()),
            index_builds=tuple(self.builds.values()),
            data_loss=tuple(self.data_loss),
            breaks=tuple(self.breaks),
            victims=outcome.victims,
            truncated=tuple(self.truncated),
            allowed_in_transaction=self.allowed,
            skipped=outcome.skipped,
            unknown=outcome.unknown + tuple(self.unknown) if self.unknown else outcome.unknown,
        )

    def _locks(self) -> tuple[Lock, ...]:
        """Whatever a statement does, it does under all its locks, but for those that go table by table."""
        longest = -1 if self.released else max(self.durations.values(), default=BRIEF)
        return tuple([self._lock(name, mode, longest) for name, mode in self.locks.items()])

    def _lock(self, name: QName, mode: int, longest: int) -> Lock:
        found = self.before.relation(name)
        return Lock(
            relation=name,
            kind=self._named_kind(name) if found is None else found.kind,
            mode=MODES[mode],
            blocks=BLOCKS[mode],
            duration=_DURATIONS[longest if longest >= 0 else self.durations[name]],
            created_in_transaction=found is not None and found.origin >= self.context.first_step,
            until="statement" if self.released else "transaction",
        )

    def _named_kind(self, name: QName) -> str:
        """What the statement takes a relation for that the history never made: ALTER INDEX, DROP VIEW …"""
        for operation in self.operations:
            kind = getattr(operation, "kind", None)
            if (
                isinstance(operation, RelationOperation)
                and kind is not None
                and self.resolve(operation.relation) == name
            ):
                return str(kind)
        return "table"
