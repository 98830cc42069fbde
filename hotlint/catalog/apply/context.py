"""What every effect needs: finding relations and columns three-valued, refusing as the server does, writing records."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NoReturn, TypeVar

from msgspec.structs import replace

from hotlint.catalog.apply import writer
from hotlint.catalog.apply.builtin import SERIALS, TYPES, is_system_schema
from hotlint.catalog.catalog import Catalog
from hotlint.catalog.names import QName
from hotlint.catalog.outcome import CatalogError, Victim
from hotlint.catalog.records import Column, CompositeType, Index, Relation, Sequence, Table, Type, View
from hotlint.catalog.versioned import VersionedMap
from hotlint.operations import AnyOperation, Name, TypeName
from hotlint.server import Server, Session

K = TypeVar("K", bound=Hashable)


Handlers = dict[type, Callable[["Context", Any], None]]
"""What applies an operation, by the operation's class."""


_IGNORED = frozenset(['"$user"', "$user", "pg_catalog", ""])
"""Entries of a search_path in which nothing of a history is looked for."""


class Skip(Exception):
    """IF [NOT] EXISTS makes the operation do nothing."""


WORDS = {  # the server's word for a kind, and the SQLSTATE when there is none of that name (dropcmds.c, tablecmds.c)
    "table": ("table", "42P01"),
    "partitioned table": ("table", "42P01"),
    "foreign table": ("foreign table", "42P01"),
    "view": ("view", "42P01"),
    "materialized view": ("materialized view", "42P01"),
    "sequence": ("sequence", "42P01"),
    "index": ("index", "42704"),
    "composite type": ("type", "42704"),
}


class Context:
    """One statement being applied.

    ``lenient``: an earlier try met an error, so now the statement's aim is taken as reached: what is missing is
    assumed, what is in the way goes. ``inside``: the statement is in a body, where a name may be a variable. ``plain``:
    the body is that of a DO block without dynamic SQL, so that what it reads is there or not.
    """

    __slots__ = (
        "catalog",
        "inside",
        "lenient",
        "major",
        "path",
        "plain",
        "refused",
        "session",
        "skipped",
        "step",
        "unknown",
        "victims",
    )

    def __init__(self, catalog: Catalog, session: Session, server: Server, step: int) -> None:
        self.catalog = catalog
        self.session = session
        self.major = server.major
        self.step = step
        path = tuple(s for s in session.search_path if s not in _IGNORED)
        self.path = path or ("public",)
        self.victims: list[Victim] = []
        self.unknown: list[str] = []
        self.refused: list[AnyOperation] = []
        self.skipped = False
        self.lenient = False
        self.inside = False
        self.plain = False

    # -- refusing

    def fail(self, sqlstate: str, message: str) -> NoReturn:
        """The server refuses the statement."""
        raise CatalogError(sqlstate, message)

    def skip_or_fail(self, skip: bool, sqlstate: str, message: str) -> NoReturn:
        if skip:
            raise Skip
        raise CatalogError(sqlstate, message)

    # -- certainty

    def settled(self, items: VersionedMap[K, Any], key: K) -> bool:
        """Whether what is known of a key was learned after the last opaque statement."""
        loose = self.catalog.loose_since
        return loose < 0 or items.changed_at(key) > loose

    def surely_absent(self, items: VersionedMap[K, Any], key: K, schema: str) -> bool:
        """Whether a key that is not in a map surely does not exist on the server either."""
        if is_system_schema(schema):
            return False
        if items.deleted(key):
            return self.settled(items, key)
        return self.catalog.closed and self.catalog.loose_since < 0

    def absent(self, name: Name) -> bool:
        """Whether no relation of that name surely exists."""
        relations = self.catalog.relations
        if name.schema is not None:
            return self.surely_absent(relations, QName(name.schema, name.name), name.schema)
        if name.name.startswith("pg_"):
            return False
        found = False
        for schema in self.path:
            key = QName(schema, name.name)
            if relations.deleted(key):
                found = True
                if not self.settled(relations, key):
                    return False
        return found or (self.catalog.closed and self.catalog.loose_since < 0)

    def certain(self, record: Relation) -> bool:
        """Whether a relation surely exists as it is recorded."""
        return not record.maybe and getattr(record, "known", True) and self.settled(self.catalog.relations, record.name)

    # -- relations

    def resolve(self, name: Name) -> QName:
        return self.catalog.resolve(name, self.path)

    def new_name(self, name: Name, temporary: bool = False) -> QName:
        """The qualified name that a new object gets."""
        if temporary:
            return QName("pg_temp", name.name)
        schema = name.schema
        if schema is None:
            schemas = self.catalog.schemas
            schema = next((s for s in self.path if not schemas.deleted(s)), self.path[0])
        else:
            self.need_schema(schema)
        return QName(schema, name.name)

    def need_schema(self, schema: str) -> None:
        catalog = self.catalog
        if catalog.schemas.get(schema) is not None or is_system_schema(schema) or schema == "public":
            return
        if not self.lenient and self.surely_absent(catalog.schemas, schema, schema):
            self.fail("3F000", f'schema "{schema}" does not exist')

    def find(self, name: Name) -> Relation | None:
        return self.catalog.relations.get(self.resolve(name))

    def missing(self, name: Name, if_exists: bool, word: str = "relation", sqlstate: str = "42P01") -> None:
        """Refuses, or skips, what names a relation that surely does not exist; returns where it may exist."""
        if self.absent(name):
            if if_exists:
                raise Skip
            if not self.lenient:
                if name.schema is not None:
                    self.need_schema(name.schema)
                shown = f"{name.schema}.{name.name}" if name.schema and word == "relation" else name.name
                self.fail(sqlstate, f'{word} "{shown}" does not exist')

    def table(self, name: Name, if_exists: bool = False) -> Table:
        """The table that a statement names; one that is unknown is assumed from now on.

        Raises CatalogError 42P01 or 42809; Skip with ``if_exists``.
        """
        found = self.find(name)
        if isinstance(found, Table):
            return found
        if found is not None and self.certain(found):
            self.fail("42809", f'"{name.name}" is not a table')
        if found is None:
            self.missing(name, if_exists)
        ghost = Table(self.resolve(name), known=False, maybe=if_exists)
        self.put(ghost)
        return ghost

    def relation(self, name: Name, if_exists: bool = False) -> Relation:
        """The relation of any kind that a statement names; an unknown one is assumed to be a table."""
        found = self.find(name)
        if found is not None:
            return found
        self.missing(name, if_exists)
        ghost = Table(self.resolve(name), known=False, maybe=if_exists)
        self.put(ghost)
        return ghost

    def put(self, record: Relation) -> None:
        """Writes a relation. One from before an opaque statement stays open to what that may have done to it."""
        if self.catalog.loose_since >= 0 and isinstance(record, (Table, View)) and record.known:
            relations = self.catalog.relations
            if relations.get(record.name) is not None and not self.settled(relations, record.name):
                record = replace(record, known=False)
        writer.put_relation(self.catalog, record)

    def remove(self, name: QName) -> None:
        writer.drop_relation(self.catalog, name)

    def refresh(self, table: Table) -> Table:
        """The table as it is now, after effects on it that went another way."""
        return self.catalog.table(table.name) or table

    def refuse_duplicate(self, name: QName, if_not_exists: bool) -> None:
        """42P07 where a relation of that name surely exists; an uncertain one gives way silently."""
        found = self.catalog.relations.get(name)
        if found is None:
            return
        if if_not_exists:
            if self.certain(found):
                raise Skip
            if getattr(found, "known", True):
                self.unknown.append(f"whether {name} exists")
                raise Skip
            return
        if not self.certain(found):
            return
        if self.lenient and isinstance(found, Table):  # whichever of the two is meant, its columns are now in doubt
            self.put(replace(found, known=False))
            raise Skip
        self.fail("42P07", f'relation "{name.name}" already exists')

    def refuse_repeated(self, columns: tuple[Column, ...]) -> None:
        """42701 where two columns of a new relation have one name."""
        names = [column.name for column in columns]
        if len(set(names)) < len(names):
            twice = next(name for place, name in enumerate(names) if name in names[:place])
            self.fail("42701", f'column "{twice}" specified more than once')

    def refuse_type(self, name: QName) -> None:
        """42710 where a type of that name is in the way of a new relation's row type (heap.c)."""
        types = self.catalog.types
        found = types.get(name)
        if found is not None and not found.maybe and not self.lenient and self.settled(types, name):
            self.fail("42710", f'type "{name.name}" already exists')

    # -- columns

    def column(self, table: Table | View | CompositeType, name: str) -> Column | None:
        """The column; None where it may exist unseen. Raises CatalogError 42703."""
        found = table.column(name)
        if found is None and not self.lenient and self.certain(table):
            self.fail("42703", f'column "{name}" of relation "{table.name.name}" does not exist')
        return found

    def put_column(self, table: Table, column: Column) -> Table:
        """The table with one column replaced, or added where it was unseen; written."""
        if table.column(column.name) is None:
            columns = (*table.columns, column)
        else:
            columns = tuple(column if c.name == column.name else c for c in table.columns)
        table = replace(table, columns=columns)
        self.put(table)
        return table

    # -- types

    def type(self, written: TypeName | None) -> TypeName | None:
        """The type with its schema filled in: ``pg_catalog`` for built-in ones, the history's where it made one.

        An unknown type keeps the name that it was written with. Raises CatalogError 42704 where it surely does not
        exist.
        """
        if written is None or written.schema == "pg_catalog" or written.percent_type:
            return written
        catalog = self.catalog
        if written.schema is None:
            for schema in ("pg_temp", *self.path):
                key = QName(schema, written.name)
                if catalog.types.get(key) is not None or catalog.relations.get(key) is not None:
                    if written.name in TYPES and schema != "pg_temp":
                        break  # pg_catalog is searched first
                    return _with_schema(written, schema)
            if written.name in TYPES:
                return _with_schema(written, "pg_catalog")
            if written.name in SERIALS:
                return TypeName(SERIALS[written.name], "pg_catalog")
        self._refuse_missing_type(written)
        return written

    def _refuse_missing_type(self, written: TypeName) -> None:
        types, relations = self.catalog.types, self.catalog.relations
        schemas = (written.schema,) if written.schema is not None else self.path
        keys = [QName(s, written.name) for s in schemas]
        if self.lenient or any(types.get(k) is not None or relations.get(k) is not None for k in keys):
            return
        if any(types.deleted(k) and self.settled(types, k) for k in keys):
            shown = f"{written.schema}.{written.name}" if written.schema else written.name
            self.fail("42704", f'type "{shown}" does not exist')

    def find_type(self, name: Name) -> tuple[QName, Type | CompositeType | None]:
        """The type that a statement names, with its qualified name; None where the history never saw it."""
        schemas = (name.schema,) if name.schema is not None else ("pg_temp", *self.path)
        for schema in schemas:
            key = QName(schema, name.name)
            found = self.catalog.types.get(key)
            if found is not None:
                return key, found
            relation = self.catalog.relations.get(key)
            if isinstance(relation, CompositeType):
                return key, relation
        return QName(name.schema or self.path[0], name.name), None

    # -- other relations

    def index(self, name: Name) -> Index | None:
        found = self.find(name)
        return found if isinstance(found, Index) else None

    def sequence(self, name: Name) -> Sequence | None:
        found = self.find(name)
        return found if isinstance(found, Sequence) else None


def _with_schema(written: TypeName, schema: str) -> TypeName:
    return TypeName(written.name, schema, written.modifiers, written.dimensions, written.setof, written.percent_type)
