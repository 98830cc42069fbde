"""The catalog: the schema at one moment, and at every moment before it.

``Catalog`` is the live schema that statements are applied to; ``CatalogView`` reads it as of a moment and is what
steps,
rules and impact models hold. Both share the reading methods of ``Reader``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from hotlint.catalog.names import QName
from hotlint.catalog.records import (
    Constraint,
    Function,
    Index,
    OtherObject,
    Relation,
    Table,
    Type,
    View,
)
from hotlint.catalog.versioned import Hints, Journal, VersionedMap, changes_since
from hotlint.operations import Name

if TYPE_CHECKING:
    from hotlint.catalog.outcome import Outcome
    from hotlint.server import Server, Session
    from hotlint.source import Statement

K = TypeVar("K")
V = TypeVar("V")


def gives_no_rows(sources: tuple[tuple[Name, ...], ...], is_empty: Callable[[Name], bool]) -> bool:
    """Whether a query with these sources (as in ``Query``) surely gives no rows: each branch draws from an empty
    relation."""
    return bool(sources) and all(any(map(is_empty, branch)) for branch in sources)


class Reader:
    """Questions about the schema. ``moment`` None is the present.

    Maps: ``relations`` QName → Relation; ``types`` QName → Type; ``functions_by_name`` QName → tuple of overloads;
    ``schemas`` and ``extensions`` name → OtherObject; ``objects`` (kind, QName) → OtherObject; ``comments``
    (kind, QName, sub) → text; ``grants`` (kind, QName, grantee) → frozenset of privileges. The ``…_by_…`` hints
    are indexes over ``relations``: ask them through the methods, which check them.
    """

    catalog: Catalog
    moment: int | None

    # -- objects

    def relation(self, name: QName) -> Relation | None:
        """The relation of that name, or None: dropped, never made, or (unless ``closed``) never seen."""
        return self.catalog.relations.get(name, self.moment)

    def table(self, name: QName) -> Table | None:
        found = self.relation(name)
        return found if isinstance(found, Table) else None

    def view(self, name: QName) -> View | None:
        found = self.relation(name)
        return found if isinstance(found, View) else None

    def index(self, name: QName) -> Index | None:
        found = self.relation(name)
        return found if isinstance(found, Index) else None

    def type(self, name: QName) -> Type | None:
        return self.catalog.types.get(name, self.moment)

    def functions(self, name: QName) -> tuple[Function, ...]:
        """All overloads of that name."""
        return self.catalog.functions_by_name.get(name, self.moment) or ()

    def schema(self, name: str) -> OtherObject | None:
        return self.catalog.schemas.get(name, self.moment)

    def extension(self, name: str) -> OtherObject | None:
        return self.catalog.extensions.get(name, self.moment)

    # -- relations of relations

    def indexes(self, table: QName) -> tuple[Index, ...]:
        """The indexes of a table or materialized view, those of constraints included."""
        found = map(self.index, self.catalog.indexes_by_table.get(table))
        return tuple(i for i in found if i is not None and i.table == table)

    def children(self, table: QName) -> tuple[QName, ...]:
        """Direct partitions and inheritance children."""
        return tuple(
            c.name
            for c in map(self.table, self.catalog.children_by_parent.get(table))
            if c is not None and (c.partition_of == table or table in c.inherits)
        )

    def descendants(self, table: QName) -> Iterator[QName]:
        """All partitions and inheritance children, depth first, without the table itself."""
        for child in self.children(table):
            yield child
            yield from self.descendants(child)

    def referencing(self, table: QName) -> Iterator[tuple[Table, Constraint]]:
        """The foreign keys that point at ``table``, with the tables that they are on."""
        for name in self.catalog.referencing_by_target.get(table):
            found = self.table(name)
            for constraint in found.constraints if found is not None else ():
                if constraint.kind == "foreign key" and constraint.target == table and found is not None:
                    yield found, constraint

    def readers(self, relation: QName) -> tuple[View, ...]:
        """The views and materialized views that read ``relation`` directly."""
        found = map(self.view, self.catalog.readers_by_relation.get(relation))
        return tuple(v for v in found if v is not None and any(r == relation for r, _ in v.reads))

    # -- rows

    def unwritten(self, name: QName) -> bool:
        """Whether the history made or emptied a table, its partitions and children, and never wrote to them since."""
        relations = self.catalog.relations
        for member in (name, *self.descendants(name)):
            found = self.table(member)
            if (
                found is None
                or not found.empty
                or relations.changed_at(member, self.moment) <= self.catalog.loose_since
            ):
                return False
        return True

    # -- names

    def resolve(self, name: Name, search_path: tuple[str, ...] | None = None) -> QName:
        """The qualified name that ``name`` means for a relation: the first schema of the search path that has it.

        Where none has it, the schema in which it would be made, or (unless ``closed``) in which it is assumed to be;
        for a name that starts with ``pg_``, the server's own.
        """
        if name.schema is not None:
            return QName(name.schema, name.name)
        catalog, moment = self.catalog, self.moment
        path = search_path or catalog.search_path
        get = catalog.relations.get
        for schema in ("pg_temp", *path) if catalog.has_temporary else path:
            found = QName(schema, name.name)
            if get(found, moment) is not None:
                return found
        if name.name.startswith("pg_"):  # the server's own relations are on every search path
            return QName("pg_catalog", name.name)
        return QName(path[0] if path else "public", name.name)


class CatalogView(Reader):
    """The catalog as of a moment; costs nothing to keep."""

    moment: int

    def __init__(self, catalog: Catalog, moment: int) -> None:
        self.catalog = catalog
        self.moment = moment


class Catalog(Reader):
    """The live schema. ``closed``: what was never seen does not exist (a baseline was given, or the history is
    complete). ``whole_cluster``: nor does it outside of the database, of which a baseline does not tell. ``unfilled``:
    no table has rows but those that the history writes, as on a scratch server.

    One statement is one moment: ``advance()`` opens it, everything applied after belongs to it.
    """

    moment = None

    def __init__(self, *, closed: bool = False, unfilled: bool = False, base: CatalogView | None = None) -> None:
        self.catalog = self
        self.closed = closed
        self.whole_cluster: bool = closed if base is None else base.catalog.whole_cluster
        self.unfilled = unfilled
        self.base = base
        self.clock = [base.moment if base is not None else 0]
        self.journal: Journal = []
        self.search_path: tuple[str, ...] = ("public",)
        self.has_temporary: bool = (
            base is not None and base.catalog.has_temporary
        )  # whether pg_temp ever had a relation
        self.loosened: list[int] = [] if base is None else base.catalog.loosened_until(base.moment)
        of = base.catalog if base is not None else None
        at = base.moment if base is not None else 0
        if of is not None:
            self.search_path = of.search_path

        def made(parent: VersionedMap[K, V] | None) -> VersionedMap[K, V]:
            return VersionedMap(self.clock, self.journal, parent, at)

        self.relations: VersionedMap[QName, Relation] = made(of.relations if of else None)
        self.types: VersionedMap[QName, Type] = made(of.types if of else None)
        self.functions_by_name: VersionedMap[QName, tuple[Function, ...]] = made(of.functions_by_name if of else None)
        self.schemas: VersionedMap[str, OtherObject] = made(of.schemas if of else None)
        self.extensions: VersionedMap[str, OtherObject] = made(of.extensions if of else None)
        self.objects: VersionedMap[tuple[str, QName], OtherObject] = made(of.objects if of else None)
        self.comments: VersionedMap[tuple[str, QName, str], str] = made(of.comments if of else None)
        self.grants: VersionedMap[tuple[str, QName, str], frozenset[str]] = made(of.grants if of else None)
        # Hints, checked against the records: who may be an index of, a child of, a foreign key to, a view on a
        # relation, who may use a type, function or sequence, and which tables may have a constraint of a name.
        self.indexes_by_table: Hints[QName] = Hints(of.indexes_by_table if of else None)
        self.children_by_parent: Hints[QName] = Hints(of.children_by_parent if of else None)
        self.referencing_by_target: Hints[QName] = Hints(of.referencing_by_target if of else None)
        self.readers_by_relation: Hints[QName] = Hints(of.readers_by_relation if of else None)
        self.users_by_object: Hints[tuple[str, QName]] = Hints(of.users_by_object if of else None)
        self.notes_by_object: Hints[QName] = Hints(of.notes_by_object if of else None)  # keys of comments and grants
        self.tables_by_constraint: Hints[QName] = Hints(of.tables_by_constraint if of else None)

    def advance(self) -> int:
        """Opens the next moment and returns it; what is applied from now on belongs to it."""
        self.clock[0] += 1
        return self.clock[0]

    def now(self) -> CatalogView:
        """The schema at this moment, to keep."""
        return CatalogView(self, self.clock[0])

    def restore(self, moment: int) -> int:
        """Makes the schema what it was at ``moment`` (ROLLBACK, ROLLBACK TO) and returns the new moment.

        The moments between stay readable: the steps that were rolled back keep their views.
        """
        changed = changes_since(self.journal, moment)
        now = self.advance()
        for source, key in changed:
            source.revert(key, moment)
        return now

    @property
    def loose_since(self) -> int:
        """The moment at which something opaque last ran; -1 where nothing did."""
        return self.loosened[-1] if self.loosened else -1

    def loosen(self) -> None:
        """Tells that something opaque ran (dynamic SQL): what was not touched since may have come, gone or changed."""
        self.loosened.append(self.clock[0])

    def loosened_until(self, moment: int) -> list[int]:
        """The last moment up to ``moment`` at which something opaque ran, alone in a list, or nothing."""
        return self.loosened[: bisect_right(self.loosened, moment)][-1:]

    def apply(self, statement: Statement, session: Session, server: Server, step: int) -> Outcome:
        """Opens a moment and applies a statement to the schema as the server would.

        ``step`` becomes the ``origin`` of what it makes. Where the server would surely refuse the statement, the
        outcome has its error, and the schema is as if the statement's aim had been reached as far as possible.
        """
        from hotlint.catalog.apply.engine import apply

        return apply(self, statement, session, server, step)

    def load_baseline(self, statements: Iterable[Statement], server: Server) -> None:
        """Applies a schema dump: its objects have origin -1, and what it does not have does not exist (``closed``).

        A ``SET search_path`` or ``set_config`` in it holds for what follows in it.
        """
        from hotlint.catalog.apply.engine import load_baseline

        load_baseline(self, statements, server)
