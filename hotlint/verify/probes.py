"""Probes: other sessions that read and write every table while a migration runs, and tell for how long they could not.

A probe first asks with a ``lock_timeout`` of 1 ms: a refusal (55P03) can only come from a lock, never from a slow
machine. From then on it waits, 40 ms at a time, until it is let through: for that time the table was closed.
Row locks are not seen: a write here is one that touches no row.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hotlint.verify.model import Blocked

if TYPE_CHECKING:
    from psycopg import Connection

    from hotlint.verify.server import ScratchServer

Interval = tuple[float, float]
"""From and to, in seconds of ``time.perf_counter``."""

_FIRST = b"SET LOCAL lock_timeout = '1ms'"
_WAITING = b"SET LOCAL lock_timeout = '40ms'"
_READ, _WRITE = "read", "write"
_OWN_SESSIONS = 6  # tables that get a pair of sessions of their own; the others share one
_PAUSE_SECONDS = 0.0005
_LOCK_NOT_AVAILABLE = "55P03"
_TABLES = """
SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND c.oid >= 16384 AND n.nspname <> 'hotlint_verify'
  AND n.nspname !~ '^pg_(toast|temp)' AND (c.relkind <> 'm' OR c.relispopulated)
ORDER BY 1, 2
"""


class Target:
    """One table and one way of using it. ``closed`` are the times for which probes were refused."""

    def __init__(self, schema: str, name: str, way: str) -> None:
        from hotlint.catalog.names import QName

        self.relation = str(QName(schema, name))
        self.way = way
        quoted = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name))
        self.statement = (
            f"SELECT FROM {quoted} LIMIT 1" if way == _READ else f"DELETE FROM {quoted} WHERE false"
        ).encode()
        self.closed: list[Interval] = []
        self.gone = False


class Probes:
    """Sessions on a scratch database, kept from one migration to the next. Close it before the database is copied."""

    def __init__(self, server: ScratchServer, dbname: str) -> None:
        self._server = server
        self._dbname = dbname
        self._sessions: list[Connection[Any]] = []

    def close(self) -> None:
        """Closes the sessions; the next migration makes new ones."""
        for session in self._sessions:
            session.close()
        self._sessions.clear()

    @contextmanager
    def watching(self, likely: Iterable[str]) -> Iterator[list[Target]]:
        """Probes all tables that there are now, while the block runs; afterwards the targets know when they were
        closed. ``likely`` are the tables that the plan locks: each has sessions of its own."""
        targets = self._targets()
        groups = _groups(targets, frozenset(likely))
        self._connect(len(groups))
        stop = threading.Event()
        threads = [
            threading.Thread(target=_probe, args=(session, group, stop), daemon=True)
            for session, group in zip(self._sessions, groups, strict=False)
        ]
        for thread in threads:
            thread.start()
        try:
            yield targets
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _targets(self) -> list[Target]:
        with self._server.connect("admin", self._dbname) as connection:
            found = connection.execute(_TABLES.encode()).fetchall()
        return [
            Target(schema, name, way)
            for schema, name, kind in found
            for way in ((_READ,) if kind in ("m", b"m") else (_READ, _WRITE))
        ]

    def _connect(self, count: int) -> None:
        self._sessions = [session for session in self._sessions if not session.closed]
        while len(self._sessions) < count:
            session = self._server.connect("admin", self._dbname)
            if self._server.privileged:  # triggers of the history are not ours to fire
                session.execute(b"SET session_replication_role = replica")
            self._sessions.append(session)


def blocked(targets: Iterable[Target], running: list[Interval]) -> tuple[Blocked, ...]:
    """For how long each table was closed while statements of the migration were ``running``; what measuring took
    between them does not count. Tables that were always open are left out."""
    times: dict[str, dict[str, float]] = {}
    for target in targets:
        closed = sum(overlap(interval, running) for interval in target.closed) * 1000
        if closed > 0:
            times.setdefault(target.relation, {})[target.way] = closed
    return tuple(
        Blocked(relation, unreadable_ms=ways.get(_READ, 0.0), unwritable_ms=ways.get(_WRITE, 0.0))
        for relation, ways in sorted(times.items())
    )


def overlap(interval: Interval, others: Iterable[Interval]) -> float:
    """How much of ``interval`` lies in ``others``, which do not overlap each other."""
    start, end = interval
    return sum(max(min(end, other[1]) - max(start, other[0]), 0.0) for other in others)


def _groups(targets: list[Target], likely: frozenset[str]) -> list[list[Target]]:
    """What each session probes in turn: one of the likely targets each, as far as that goes; the rest shares two."""
    own = [target for target in targets if target.relation in likely][: 2 * _OWN_SESSIONS]
    shared = [target for target in targets if target not in own]
    groups = [[target] for target in own]
    groups += [[target for target in shared if target.way == way] for way in (_READ, _WRITE)]
    return [group for group in groups if group]


def _probe(session: Connection[Any], group: list[Target], stop: threading.Event) -> None:
    """Probes the targets in turn until told to stop; a table that is closed is waited for."""
    import psycopg

    try:
        while not stop.is_set():
            open_ones = [target for target in group if not target.gone]
            if not open_ones:
                return
            for target in open_ones:
                if stop.is_set():
                    return
                _once(session, target, stop)
                time.sleep(_PAUSE_SECONDS)
    except psycopg.Error:  # the server went away: the migration's own session tells it
        session.close()


def _once(session: Connection[Any], target: Target, stop: threading.Event) -> None:
    began = time.perf_counter()
    if _attempt(session, target, _FIRST):
        return
    while not target.gone and not stop.is_set() and not _attempt(session, target, _WAITING):
        pass
    target.closed.append((began, time.perf_counter()))


def _attempt(session: Connection[Any], target: Target, timeout: bytes) -> bool:
    """Whether the table could be used; whatever was done is taken back. A table that is gone is not probed again."""
    import psycopg

    try:
        with session.transaction(force_rollback=True):
            session.execute(timeout)
            session.execute(target.statement)
    except psycopg.OperationalError as error:
        if error.sqlstate == _LOCK_NOT_AVAILABLE:
            return False
        raise
    except psycopg.Error:
        target.gone = True
    return True
