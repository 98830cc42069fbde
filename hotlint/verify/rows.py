"""Fills the tables of a database with rows that satisfy its keys and conditions: the same ones for the same seed.

Candidates come from ``rows_plan.py``; one INSERT for a thousand of them holds each against the table's own conditions
on the server, so that what is written is right by the server's judgement and not by ours.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import msgspec

from hotlint.verify.rows_plan import Candidates, Pool, Row, in_place_of_value
from hotlint.verify.rows_schema import FillTable, ForeignKey, read_tables
from hotlint.verify.server import is_lost
from hotlint.verify.snapshot import INSTRUMENTS

if TYPE_CHECKING:
    from psycopg import Connection

_BATCH = 1000
_ATTEMPTS = 6
_FAILURES = 48
"""Statements that may fail for one table before it is given up: each failure halves the batch."""


class Filled(msgspec.Struct):
    """Rows that were added, by table, and what could not be filled, in sentences."""

    added: dict[str, int]
    notes: tuple[str, ...]


def fill(
    connection: Connection[Any],
    rows: int,
    seed: int = 0,
    *,
    left_empty: frozenset[str] = frozenset(),
    ignored_schemas: tuple[str, ...] = INSTRUMENTS,
) -> Filled:
    """Adds rows to every table that has less than ``rows``, but to those of ``left_empty`` (qualified, unquoted).

    Wants an autocommitting connection of a role to which row security does not apply. Triggers fire as they would for a
    program. Foreign tables are left alone. Costs some 10 µs for each value; raises ``psycopg.Error`` only where the
    catalogs cannot be read or the server is lost.
    """
    tables, notes = read_tables(connection, ignored_schemas)
    filler = _Filler(connection, tables, rows, seed, notes)
    have = _counts(connection, tables, rows)
    for group in _order(tables):
        wanted = {
            oid: rows - have[oid] for oid in group if have[oid] < rows and _bare(tables[oid].name) not in left_empty
        }
        if wanted:
            filler.fill_group(wanted, have)
    return Filled(filler.added, tuple(filler.notes))


def _counts(connection: Connection[Any], tables: dict[int, FillTable], rows: int) -> dict[int, int]:
    found: dict[int, int] = {}
    oids = list(tables)
    for at in range(0, len(oids), 100):
        selects = (
            f"SELECT {oid}, count(*) FROM (SELECT FROM {'' if tables[oid].partitioned else 'ONLY '}{tables[oid].name}"
            f" LIMIT {rows}) t"
            for oid in oids[at : at + 100]
        )
        found.update(connection.execute(" UNION ALL ".join(selects).encode()).fetchall())
    return found


def _order(tables: dict[int, FillTable]) -> list[list[int]]:
    """The tables so that what is referred to comes first; tables that need each other's rows stand together."""
    import networkx

    graph: networkx.DiGraph[int] = networkx.DiGraph()
    graph.add_nodes_from(tables)
    for table in tables.values():
        for key in table.foreign_keys:
            if key.target in tables and key.target != table.oid and _must(table, key):
                graph.add_edge(key.target, table.oid)
    for table in tables.values():  # what may be NULL is respected where that makes no circle
        for key in table.foreign_keys:
            known = key.target in tables and key.target != table.oid
            if known and not networkx.has_path(graph, table.oid, key.target):
                graph.add_edge(key.target, table.oid)
    condensed = networkx.condensation(graph)
    places = {oid: place for place, oid in enumerate(tables)}
    groups = [sorted(condensed.nodes[n]["members"], key=places.__getitem__) for n in condensed]
    first = {n: places[groups[i][0]] for i, n in enumerate(condensed)}
    order = networkx.lexicographical_topological_sort(condensed, key=first.__getitem__)
    return [sorted(condensed.nodes[n]["members"], key=places.__getitem__) for n in order]


def _must(table: FillTable, key: ForeignKey) -> bool:
    """Whether every row has to refer to something."""
    required = {c.name for c in table.columns if c.not_null}
    return all(c in required for c in key.columns)


class _Filler:
    def __init__(
        self, connection: Connection[Any], tables: dict[int, FillTable], rows: int, seed: int, notes: list[str]
    ) -> None:
        self.connection = connection
        self.tables = tables
        self.rows = rows
        self.seed = seed
        self.notes = notes
        self.added: dict[str, int] = {}
        self._promised: dict[int, Candidates] = {}

    def fill_group(self, wanted: dict[int, int], have: dict[int, int]) -> None:
        """Fills a table, or several that need each other, in one transaction with their foreign keys deferred."""
        import psycopg

        added: dict[str, int] = {}
        try:
            with self.connection.transaction():
                self.connection.execute("SET CONSTRAINTS ALL DEFERRED")
                made = {oid: self._candidates(self.tables[oid], wanted) for oid in wanted}
                for oid, candidates in made.items():
                    self._reserve(candidates, wanted[oid])
                    self._promised[oid] = candidates
                for oid, candidates in made.items():
                    self._refresh(candidates, wanted)
                    count = self._fill_table(candidates, wanted[oid], have[oid])
                    self._promised.pop(oid, None)
                    if count:
                        added[self.tables[oid].name] = count
        except psycopg.Error as error:
            if is_lost(error):
                raise
            names = " and ".join(self.tables[oid].name for oid in wanted)
            self.notes.append(f"{names}: no rows: {_first_line(error)}")
            added = {}
        finally:
            self._promised.clear()
        self.added.update(added)

    def _candidates(self, table: FillTable, group: dict[int, int]) -> Candidates:
        pools: dict[str, Pool] = {k.name: [] for k in table.foreign_keys}
        return Candidates(table, pools, Random(f"{self.seed} {table.name}"))

    def _refresh(self, candidates: Candidates, group: dict[int, int]) -> None:
        for key in candidates.table.foreign_keys:
            candidates.pools[key.name] = self._pool(candidates.table, key)

    def _reserve(self, candidates: Candidates, count: int) -> None:
        """Takes ``count`` numbers in all from the sequences, so that these are not behind their columns afterwards."""
        for column in candidates.columns:
            if column.sequence is not None and column.name not in {c for k in candidates.keys for c in k.columns}:
                query = "SELECT nextval(%s::regclass)::text FROM generate_series(1, %s)"
                held = candidates.reserved.setdefault(column.name, [])
                taken = self.connection.execute(query, [column.sequence, count - len(held)]).fetchall()
                held.extend(value for (value,) in taken)

    def _pool(self, table: FillTable, key: ForeignKey) -> Pool:
        """The keys of the rows referred to; those that are promised, where the table is filled later."""
        target = self.tables.get(key.target)
        if target is None:
            return []
        columns = ", ".join(f"{_quoted(c)}::text" for c in key.target_columns)
        filled = " AND ".join(f"{_quoted(c)} IS NOT NULL" for c in key.target_columns)
        query = f"SELECT {columns} FROM {target.name} WHERE {filled} ORDER BY {columns} LIMIT {max(self.rows, 100)}"
        found: Pool = self.connection.execute(query.encode()).fetchall()
        later = self._promised.get(key.target)
        if found or later is None or not _must(table, key):
            return found
        if key.target != table.oid and not key.deferrable:
            self.notes.append(f"{table.name}: {key.name} needs rows of {target.name}, which needs its rows in turn")
            return []
        promised = [later.promise(n, key.target_columns) for n in range(self.rows)]
        return [one for one in promised if one is not None]

    def _fill_table(self, candidates: Candidates, wanted: int, have: int) -> int:
        table = candidates.table
        if candidates.unfilled:
            column = candidates.unfilled[0]
            self.notes.append(f"{table.name}: no rows: no values known for {column.name} of type {column.type.name}")
            return 0
        batch = _Batch(self.connection, candidates)
        added, at = 0, 0
        for attempt in range(_ATTEMPTS):
            while added < wanted and at < (attempt + 1) * 5 * max(wanted, 50) and not batch.given_up:
                count = min(_BATCH, wanted - added if attempt == 0 else max(4 * (wanted - added), 50))
                self._reserve(candidates, at + count)
                rows = list(candidates.rows(have + at if not candidates.reserved else at, count, attempt))
                at += count
                before = added
                added += batch.insert(rows, wanted - added)
                if added == before:
                    break
            if added >= wanted or batch.given_up:
                break
        if added < wanted:
            self._tell_missing(candidates, batch, added, wanted)
        return added

    def _tell_missing(self, candidates: Candidates, batch: _Batch, added: int, wanted: int) -> None:
        table = candidates.table
        empty = [k for k in candidates.keys if _must(table, k) and not candidates.pools[k.name]]
        if batch.error is not None:
            why = batch.error
        elif empty:
            target = self.tables.get(empty[0].target)
            why = f"{empty[0].name} refers to {target.name if target else 'a table'}, which has no rows"
        else:
            why = "no more rows that satisfy its keys and conditions were found"
        self.notes.append(f"{table.name}: {added or 'no'} rows instead of {wanted}: {why}")


class _Batch:
    """Inserts candidates, leaving out those that the table's conditions refuse."""

    def __init__(self, connection: Connection[Any], candidates: Candidates) -> None:
        self._connection = connection
        self._table = candidates.table
        self._candidates = candidates
        self._names = candidates.names
        self._probed = False
        self._failures = 0
        self._conflicts = " ON CONFLICT DO NOTHING"
        self.error: str | None = None
        self._statement = self._write(candidates)

    @property
    def given_up(self) -> bool:
        return self._failures >= _FAILURES

    def _write(self, candidates: Candidates) -> str:
        table = self._table
        chosen = [c for c in candidates.columns if c.name in set(self._names)]
        names = ", ".join(_quoted(c.name) for c in chosen)
        values = ", ".join(f"u.c{n}::{c.type.name} AS {_quoted(c.name)}" for n, c in enumerate(chosen))
        arrays = ", ".join("%s::text[]" for _ in chosen)
        aliases = ", ".join(f"c{n}" for n in range(len(chosen)))
        generated = "".join(f", ({c.generated}) AS {_quoted(c.name)}" for c in table.columns if c.generated is not None)
        conditions = [condition for _, condition in table.checks]
        conditions += [in_place_of_value(k, c.name) for c in chosen for k in c.type.checks]
        if table.partitions:
            conditions.append(" OR ".join(f"({p})" for p in table.partitions))
        missing = "".join(f", NULL::{c.type.name} AS {_quoted(c.name)}" for c in candidates.columns if c not in chosen)
        where = " AND ".join(f"({c}) IS NOT FALSE" for c in conditions) or "true"
        return (
            f"INSERT INTO {table.name} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM (SELECT s.*{generated}"
            f" FROM (SELECT {values}{missing} FROM unnest({arrays}) AS u({aliases})) s) n WHERE "
        ).replace("%s::text[]", "\0") + where

    def insert(self, rows: list[Row], limit: int) -> int:
        """Inserts up to ``limit`` of the rows; how many that was."""
        import psycopg

        if not rows or limit <= 0 or self.given_up:
            return 0
        if not self._names:
            statement, values = (
                f"INSERT INTO {self._table.name} SELECT FROM generate_series(1, {min(len(rows), limit)})",
                [],
            )
        else:
            statement = (
                (self._statement + f" LIMIT {limit}" + self._conflicts).replace("%", "%%").replace("\0", "%s::text[]")
            )
            values = [[row.get(name) for row in rows] for name in self._names]
        try:
            with self._connection.transaction():
                return self._connection.execute(statement.encode(), values).rowcount
        except psycopg.Error as error:
            if is_lost(error):
                raise
            if self._conflicts and error.sqlstate in ("55000", "0A000"):
                self._conflicts = ""  # deferrable keys and rules do not go with ON CONFLICT
                return self.insert(rows, limit)
            self._failures += 1
            self.error = _first_line(error)
            if self._leave_out_unreadable(rows[0]):
                return self.insert(rows, limit)
        if len(rows) == 1:
            return 0
        half = len(rows) // 2
        first = self.insert(rows[:half], limit)
        return first + self.insert(rows[half:], limit - first)

    def _leave_out_unreadable(self, row: Row) -> bool:
        """Leaves out columns whose values this server does not read (xml, where it was built without)."""
        import psycopg

        if self._probed:
            return False
        self._probed = True
        unreadable: set[str] = set()
        for column in self._candidates.columns:
            value = row.get(column.name)
            if value is None or (column.not_null and column.default is None):
                continue
            try:
                with self._connection.transaction(force_rollback=True):
                    self._connection.execute(f"SELECT %s::text::{column.type.name}".encode(), [value])
            except psycopg.Error:
                unreadable.add(column.name)
        self._names = [name for name in self._names if name not in unreadable]
        self._statement = self._write(self._candidates)
        return bool(unreadable)


def _bare(name: str) -> str:
    return name.replace('"', "")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
