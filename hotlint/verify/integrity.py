"""What a migration does to rows: the contents of all tables before and after, and what is gone, column by column.

Contents are compared as hashes of each value's text. Tables are followed by their oid and columns by their number, so
that a rename loses nothing; what came back under the same name is compared as such, and what is found again in another
column was moved. NULLs are no data: filling them in loses nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from hotlint.verify.model import LostData
from hotlint.verify.snapshot import INSTRUMENTS

if TYPE_CHECKING:
    from psycopg import Connection

SAMPLED_ABOVE = 50_000
"""Rows of a table with a primary key above which only every n-th key is compared; what is lost is scaled up."""


class ColumnContents(msgspec.Struct, gc=False):
    """Hashes of a column's values that are not NULL: alone, and together with the row's primary key."""

    name: str
    type: str
    plain: Counter[int]
    keyed: Counter[int] | None


class TableContents(msgspec.Struct):
    """The rows of one table. ``every`` is 1, or n where every n-th key was read; ``mark`` changes with any change."""

    oid: int
    name: str
    total: int
    mark: tuple[Any, ...]
    key: tuple[int, ...]
    every: int
    columns: dict[int, ColumnContents]


class Contents(msgspec.Struct):
    """The rows of all tables, by oid."""

    tables: dict[int, TableContents]


class _Shape(msgspec.Struct, gc=False):
    oid: int
    name: str
    key: list[int]
    columns: list[tuple[int, str, str]]  # number, name, type


_SHAPES = """
SELECT c.oid, format('%%I.%%I', n.nspname, c.relname), coalesce((SELECT conkey::int[] FROM pg_constraint
    WHERE conrelid = c.oid AND contype = 'p'), '{}'),
  (SELECT coalesce(jsonb_agg(jsonb_build_array(a.attnum, a.attname, format_type(a.atttypid, a.atttypmod))
    ORDER BY a.attnum), '[]') FROM pg_attribute a
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND n.nspname <> ALL (%(ignored)s::text[])
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.deptype = 'e')
ORDER BY c.oid"""

# Values are compared as texts, so what shapes the texts of dates, floats and bytes is set first.
_SETTINGS = "SET LOCAL DateStyle = 'ISO'; SET LOCAL TimeZone = 'UTC'; SET LOCAL IntervalStyle = 'postgres'; \
SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL row_security = off; \
SET LOCAL search_path = ''"


def take_contents(
    connection: Connection[Any], previous: Contents | None = None, *, ignored_schemas: tuple[str, ...] = INSTRUMENTS
) -> Contents:
    """The contents of all tables. ``previous`` spares the work for tables that have not changed since.

    Costs a scan of every table, and for those that changed some 2 µs for each value. Raises ``psycopg.Error``.
    """
    tables: dict[int, TableContents] = {}
    with connection.transaction(force_rollback=True):
        connection.execute(_SETTINGS.encode())
        rows = connection.execute(_SHAPES, {"ignored": list(ignored_schemas)}).fetchall()
        shapes = [_Shape(oid, name, key, [(a, b, c) for a, b, c in columns]) for oid, name, key, columns in rows]
        for shape, total, checksum in _checksums(connection, shapes):
            known = previous.tables.get(shape.oid) if previous is not None else None
            mark = (shape.name, tuple(shape.columns), tuple(shape.key), total, checksum)
            if known is not None and known.mark == mark:
                tables[shape.oid] = known
            else:
                tables[shape.oid] = _read(connection, shape, total, mark, known)
    return Contents(tables)


def _checksums(connection: Connection[Any], shapes: list[_Shape]) -> Iterator[tuple[_Shape, int, str | None]]:
    for at in range(0, len(shapes), 100):
        part = shapes[at : at + 100]
        selects = (
            f"SELECT {n}, count(*), sum(hashtextextended(t::text, 0))::text FROM ONLY {shape.name} t"
            for n, shape in enumerate(part)
        )
        for n, total, checksum in connection.execute(" UNION ALL ".join(selects).encode()).fetchall():
            yield part[n], total, checksum


def _read(
    connection: Connection[Any], shape: _Shape, total: int, mark: tuple[Any, ...], known: TableContents | None
) -> TableContents:
    every = known.every if known is not None else max(1, total // SAMPLED_ABOVE) if shape.key else 1
    columns = {
        n: ColumnContents(name, kind, Counter(), Counter() if shape.key else None) for n, name, kind in shape.columns
    }
    table = TableContents(shape.oid, shape.name, total, mark, tuple(shape.key), every, columns)
    if total and columns:
        for number in columns:
            columns[number].plain, columns[number].keyed = _hashes(connection, table, number, None)
    return table


def _hashes(
    connection: Connection[Any], table: TableContents, number: int, cast: str | None
) -> tuple[Counter[int], Counter[int] | None]:
    """The hashes of one column, its values taken back to the type ``cast`` if that is given."""
    value = f"{_quoted(table.columns[number].name)}{f'::{cast}' if cast else ''}::text"
    keys = ", ".join(_quoted(table.columns[n].name) for n in table.key if n in table.columns)
    key = f"ROW({keys})::text"
    keyed = f"hashtextextended({key} || {value}, 0)" if keys else "NULL"
    where = f" AND hashtextextended({key}, 0) % {table.every} = 0" if table.every > 1 and keys else ""
    query = f"SELECT hashtextextended({value}, 0), {keyed} FROM ONLY {table.name} WHERE {value} IS NOT NULL{where}"
    rows = connection.execute(query.encode()).fetchall()
    return Counter(row[0] for row in rows), Counter(row[1] for row in rows) if keys else None


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def lost_data(connection: Connection[Any], before: Contents, after: Contents) -> tuple[LostData, ...]:
    """What was there before and is gone: whole rows, and values of columns.

    ``after`` must be the contents of the connection's database now: where a column's type has changed, its values are
    cast back to the old type on the server, so that ``int`` to ``bigint`` loses nothing and ``numeric(10,4)`` to
    ``numeric(10,2)`` what it rounded. A type that does not go back is compared by its text.
    """
    moves = _Moves(before, after)
    names = {table.name: table for oid, table in after.tables.items() if oid not in before.tables}
    found: list[LostData] = []
    for oid, table in before.tables.items():
        if not table.total:
            continue
        now = after.tables.get(oid) or names.get(table.name)
        if now is table:
            continue
        if now is None:
            values = [c for c in table.columns.values() if c.plain]
            if not values or not all(moves.explain(c.name, c.plain) for c in values):
                found.append(LostData(table.name, None, table.total, table.total, "table dropped"))
            continue
        found.extend(_table_losses(connection, table, now, moves))
    return tuple(found)


def _table_losses(
    connection: Connection[Any], table: TableContents, now: TableContents, moves: _Moves
) -> Iterator[LostData]:
    deleted = max(0, table.total - now.total)
    losses: list[LostData] = []
    moved_rows = True
    by_name = {c.name: n for n, c in now.columns.items()}
    same = now.oid == table.oid
    for number, column in table.columns.items():
        at: int | None = number if same and number in now.columns else by_name.get(column.name)
        lost = column.plain if at is None else _gone(connection, table, column, now, at)
        count = min(sum(lost.values()) * table.every, table.total)
        if not count:
            continue
        if moves.explain(column.name, lost):
            continue
        moved_rows = False
        if at is None:
            losses.append(LostData(table.name, column.name, count, table.total, "column dropped"))
        elif count > deleted:
            how = "came back empty" if not now.columns[at].plain else "values overwritten"
            losses.append(LostData(table.name, column.name, count, table.total, how))
    if deleted and not (moved_rows and table.columns):
        yield LostData(table.name, None, deleted, table.total, "rows deleted")
        if deleted == table.total:
            return
    yield from losses


def _gone(
    connection: Connection[Any], table: TableContents, column: ColumnContents, now: TableContents, at: int
) -> Counter[int]:
    """The values that the column has no longer; with the rows' keys, where those are the same on both sides."""
    other = now.columns[at]
    lost = _minus(column, other.plain, other.keyed, table.key == now.key)
    if not lost or other.type == column.type:
        return lost
    import psycopg

    try:
        with connection.transaction(force_rollback=True):
            connection.execute(_SETTINGS.encode())
            plain, keyed = _hashes(connection, now, at, column.type)
    except psycopg.Error:
        return lost
    back = _minus(column, plain, keyed, table.key == now.key)
    return back if sum(back.values()) < sum(lost.values()) else lost


def _minus(column: ColumnContents, plain: Counter[int], keyed: Counter[int] | None, same_key: bool) -> Counter[int]:
    if same_key and column.keyed is not None and keyed is not None:
        lost = column.keyed - keyed
        return (column.plain - plain) or lost if lost else lost
    return column.plain - plain


class _Moves:
    """The columns that are new or have gained values: what was lost elsewhere may have gone there."""

    def __init__(self, before: Contents, after: Contents) -> None:
        self.gains: list[tuple[str, Counter[int]]] = []
        for oid, table in after.tables.items():
            known = before.tables.get(oid)
            if known is table:
                continue
            for number, column in table.columns.items():
                old = known.columns.get(number) if known is not None else None
                gained = column.plain - old.plain if old is not None else column.plain
                if gained:
                    self.gains.append((column.name, gained))

    def explain(self, name: str, lost: Counter[int]) -> bool:
        """Whether all of the values are found in one of these columns.

        Under another name three distinct values are wanted: a few ``true`` and ``false`` are found anywhere.
        """
        return any((n == name or len(lost) >= 3) and not lost - gained for n, gained in self.gains)


def beyond(lost: Iterable[LostData], tolerance: float) -> tuple[LostData, ...]:
    """Those losses that are more than ``tolerance`` percent of the rows that their table had."""
    return tuple(one for one in lost if one.rows * 100 > tolerance * one.total)
