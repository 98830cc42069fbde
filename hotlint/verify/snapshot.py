"""A schema as the server's own catalogs tell it, and what differs between two of them, object by object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from hotlint.catalog.diff import Change, Difference
from hotlint.verify.snapshot_sql import PREFIX, QUERIES, RARE, RARE_OBJECTS

if TYPE_CHECKING:
    from psycopg import Connection

Key = tuple[str, str]


class Entry(msgspec.Struct, gc=False):
    """An object: the whole that it is part of, where it is one, and its facts (absent ones left out)."""

    whole: Key | None
    facts: dict[str, Any]


class Snapshot(msgspec.Struct):
    """All objects of a database by kind and name, and the columns of its tables in their order."""

    entries: dict[Key, Entry]
    orders: dict[str, tuple[str, ...]]


INSTRUMENTS = ("hotlint_verify",)
"""Schemas of verify's own instruments on the scratch server: not part of the schema that is measured."""


def take(connection: Connection[Any], *, ignored_schemas: tuple[str, ...] = INSTRUMENTS) -> Snapshot:
    """The schema of the connection's database. Changes nothing; costs some 20 ms and 10 µs for each object.

    Names are qualified, as a dump has them: ``search_path`` is empty while the catalogs are read. Reads PostgreSQL 12
    to 18; wants a role that may read the sequences (a superuser, or their owner). Raises ``psycopg.Error``.
    """
    major = connection.info.server_version // 10000
    snapshot = Snapshot({}, {})
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL search_path = ''; SET LOCAL max_parallel_workers_per_gather = 0")
        queries = [query for since, query in QUERIES if major >= since]
        if connection.execute(RARE_OBJECTS).fetchone() == (True,):
            queries.extend(RARE)
        together = " UNION ALL ".join(f"({query})" for query in queries)  # one after the other, in their own orders
        rows = connection.execute((PREFIX + together).encode(), {"ignored": list(ignored_schemas)})
        for kind, name, whole_kind, whole, facts in rows:
            held = {k: v for k, v in facts.items() if v is not None}
            snapshot.entries[kind, name] = Entry((whole_kind, whole) if whole_kind else None, held)
        _read_positions(connection, snapshot)
    _arrange(snapshot)
    return snapshot


def _read_positions(connection: Connection[Any], snapshot: Snapshot) -> None:
    """Where each sequence stands: the next value is told apart from the last by ``is_called``."""
    names = [name for kind, name in snapshot.entries if kind == "sequence"]
    for at in range(0, len(names), 200):
        part = names[at : at + 200]
        selects = [f"SELECT {n}, last_value, is_called FROM {name}" for n, name in enumerate(part)]
        for n, value, called in connection.execute(" UNION ALL ".join(selects).encode()):
            snapshot.entries["sequence", part[n]].facts["position"] = f"{value}{'' if called else ' (not yet used)'}"


_COMMENTED = {"table column": "column", "table constraint": "constraint", "view column": "column"}


def _arrange(snapshot: Snapshot) -> None:
    """The order of columns out of their numbers, and comments as parts of what they are on."""
    orders: dict[str, list[str]] = {}
    for (kind, name), entry in snapshot.entries.items():
        if kind == "column":
            entry.facts.pop("number")
            assert entry.whole is not None
            if entry.whole[0] == "table":
                orders.setdefault(entry.whole[1], []).append(name.removeprefix(entry.whole[1] + "."))
        elif kind == "comment" and "on" in entry.facts:
            on, name = entry.facts.pop("on"), entry.facts.pop("name")
            entry.whole = _commented(on, name)
    snapshot.orders = {table: tuple(columns) for table, columns in orders.items()}


def _commented(on: str, name: str) -> Key:
    """The object that a comment is on, as ``pg_identify_object`` names it: a constraint comes as ``name on table``."""
    kind = _COMMENTED.get(on, "column" if on.endswith(" column") else on)
    if " on " in name and kind in ("constraint", "trigger", "policy", "rule"):
        part, _, table = name.partition(" on ")
        return kind, f"{table}.{part.strip(chr(34))}"
    if kind == "column":
        table, _, column = name.rpartition(".")
        return kind, f"{table}.{column.strip(chr(34))}"
    return kind, name


def compare(before: Snapshot, after: Snapshot) -> tuple[Difference, ...]:
    """What differs, in the words of ``hotlint.catalog.diff``; parts of what is missing or extra are not told again.

    The kind "column order" stands apart; "position" is the property of a sequence that has gone on or back.
    """
    return tuple(_differences(before, after))


def _differences(before: Snapshot, after: Snapshot) -> Iterator[Difference]:
    for (kind, name), entry in before.entries.items():
        other = after.entries.get((kind, name))
        if other is None:
            if not _goes_along(entry, before, after):
                yield Difference(kind, name, "missing")
            continue
        yield from _changed(kind, name, entry.facts, other.facts)
    for key, entry in after.entries.items():
        if key not in before.entries and not _goes_along(entry, after, before):
            extra: Change = "extra"
            yield Difference(*key, extra)
    for table, columns in before.orders.items():
        others = after.orders.get(table)
        if others is not None and others != columns:
            one, two = [c for c in columns if c in others], [c for c in others if c in columns]
            if one != two:
                yield Difference("column order", table, "changed", None, ", ".join(one), ", ".join(two))


def _goes_along(entry: Entry, here: Snapshot, there: Snapshot) -> bool:
    """Whether the whole that the object is part of is gone too, which tells it all."""
    while entry.whole is not None and entry.whole in here.entries:
        if entry.whole not in there.entries:
            return True
        entry = here.entries[entry.whole]
    return False


def _changed(kind: str, name: str, one: dict[str, Any], two: dict[str, Any]) -> Iterator[Difference]:
    if one == two:
        return
    for fact in dict.fromkeys((*one, *two)):
        was, now = one.get(fact), two.get(fact)
        if was != now:
            yield Difference(kind, name, "changed", fact, _text(was), _text(now))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
