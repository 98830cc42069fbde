"""What one statement does, measured: its locks from a second connection, rewrites, scans and index builds from what the
server tells the session itself. The instruments live in a schema of their own on the scratch database.

Sources: ``pg_locks``; the event triggers ``table_rewrite`` and ``sql_drop`` (superuser only); ``pg_class.relfilenode``,
since no event is fired for CLUSTER, VACUUM FULL, REFRESH and SET TABLESPACE; messages of level DEBUG1 and DEBUG2
(tablecmds.c: ATRewriteTable; index.c: index_build; vacuumlazy.c, analyze.c); ``pg_stat_get_xact_numscans``.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from hotlint.catalog.names import QName
from hotlint.catalog.outcome import Victim
from hotlint.dialects.postgres.locks import strength
from hotlint.impact import Rewrite
from hotlint.verify.model import MeasuredBuild, MeasuredLock
from hotlint.verify.server import ScratchServer

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.errors import Diagnostic

SCHEMA = "hotlint_verify"
_MARK = f"{SCHEMA}|"

_INSTRUMENTS = f"""
CREATE SCHEMA {SCHEMA};
CREATE FUNCTION {SCHEMA}.tell_rewrite() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE DEBUG '{_MARK}rewrite|%|%', pg_catalog.pg_event_trigger_table_rewrite_oid(),
    pg_catalog.pg_event_trigger_table_rewrite_reason();
END $$;
CREATE FUNCTION {SCHEMA}.tell_drop() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE victim record;
BEGIN
  FOR victim IN SELECT * FROM pg_catalog.pg_event_trigger_dropped_objects() WHERE NOT original LOOP
    RAISE DEBUG '{_MARK}drop|%', pg_catalog.json_build_object('kind', victim.object_type,
      'name', victim.object_identity, 'automatic', NOT victim.normal);
  END LOOP;
END $$;
CREATE EVENT TRIGGER {SCHEMA}_rewrite ON table_rewrite EXECUTE FUNCTION {SCHEMA}.tell_rewrite();
CREATE EVENT TRIGGER {SCHEMA}_drop ON sql_drop EXECUTE FUNCTION {SCHEMA}.tell_drop();
"""

# All user relations as the session sees them now. Everything qualified: a script may have set any search_path.
_RELATIONS = f"""
SELECT c.oid::pg_catalog.int8, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.relkind::pg_catalog.text,
  c.relfilenode::pg_catalog.int8, i.indrelid::pg_catalog.int8,
  CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_stat_get_xact_numscans(c.oid) ELSE 0 END, c.relispopulated
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE c.oid >= 16384 AND n.nspname NOT IN ('{SCHEMA}', 'pg_toast') AND n.nspname !~ '^pg_(toast_)?temp_'
"""
_LOCKS = """
SELECT relation::int8, mode, granted FROM pg_locks
WHERE pid = %s AND locktype = 'relation' AND relation >= 16384
  AND database = (SELECT oid FROM pg_database WHERE datname = %s)
"""
_KINDS = {
    "r": "table",
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
    "S": "sequence",
    "i": "index",
    "I": "partitioned index",
    "c": "type",
}
_REASONS = {1: "persistence", 2: "default", 4: "type", 8: "access method"}  # event_trigger.h: AT_REWRITE_…
_FILE_REASONS = {
    "ClusterStmt": "cluster",
    "VacuumStmt": "vacuum full",
    "RefreshMatViewStmt": "refresh",
    "AlterTableStmt": "tablespace",
    "AlterTableMoveAllStmt": "tablespace",
    "RepackStmt": "cluster",
}
_MODES = {
    "AccessShareLock": "ACCESS SHARE",
    "RowShareLock": "ROW SHARE",
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}
_REWRITING = re.compile(r'rewriting table "(.+)"')
_VERIFYING = re.compile(r'verifying table "(.+)"')
_BUILDING = re.compile(r'building index "(.+)" on table "(.+?)"')
_VALIDATING = re.compile(r'validating foreign key constraint "(.+)"')
_MAINTAINING = re.compile(r'(?:aggressively )?(?:vacuuming|analyzing) "(.+)"')


class Relation(msgspec.Struct, frozen=True, gc=False):
    """A relation at one moment. ``table`` is an index's table; ``scans`` counts sequential scans not yet reported;
    ``populated`` is false for a materialized view without data."""

    name: QName
    kind: str
    file: int
    table: int | None
    scans: int
    populated: bool = True


Relations = dict[int, Relation]


class Measured(msgspec.Struct, gc=False):
    """What one statement did. ``foreign_keys`` are constraints whose rows were checked. ``held`` is the strongest mode
    by relation that is held after the statement, by the names before it; ``existing`` are the relations that there
    were before its transaction."""

    locks: tuple[MeasuredLock, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    scans: tuple[str, ...] = ()
    index_builds: tuple[MeasuredBuild, ...] = ()
    victims: tuple[Victim, ...] = ()
    foreign_keys: tuple[str, ...] = ()
    truncated: tuple[str, ...] = ()
    held: dict[str, str] = {}
    existing: frozenset[str] = frozenset()


class Tracer:
    """Measures the statements that one connection runs on a scratch database. Close it, or use it in a ``with``.

    ``events`` tells whether event triggers report rewrites and victims (superusers only may make them).
    """

    def __init__(self, server: ScratchServer, dbname: str) -> None:
        self.dbname = dbname
        self.events = server.privileged
        self.monitor = server.connect("admin", dbname)
        self.holder = server.connect("admin", dbname)
        if self.events and not self._installed():
            self.monitor.execute(_INSTRUMENTS.encode())
        self._connection: Connection[Any] | None = None
        self._notices: list[str] = []
        self._before: Relations | None = None
        self._last: Relations = {}
        self._held: dict[int, str] = {}

    def __enter__(self) -> Tracer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the tracer's own connections."""
        self.monitor.close()
        self.holder.close()

    def attach(self, connection: Connection[Any]) -> None:
        """Measures what ``connection`` runs from now on."""
        self._connection = connection
        connection.add_notice_handler(self._notice)
        self.end_transaction()

    # -- a statement inside a transaction

    def before_statement(self, tag: str) -> None:
        """Notes what is there, where that is not known yet. SET TRANSACTION must stay the first statement."""
        if tag in QUIET:
            return
        connection = self._of()
        level = "debug2" if tag == "VacuumStmt" else "debug1"
        if self._before is None:
            self._before = self._last = self.relations(connection)
        connection.execute(f"SET client_min_messages = {level}".encode())
        self._notices.clear()

    def after_statement(self, tag: str) -> Measured:
        """What the statement did that has just run; its transaction is still open."""
        if tag in QUIET or self._before is None:
            return Measured()
        notices = tuple(self._notices)
        stronger = self._new_locks(self.locks())
        self._of().execute(b"SET client_min_messages = warning")
        now = self.relations(self._of())
        measured = self._measured(tag, notices, self._last, now)
        named = self._named()
        measured.locks = measured_locks(named, {oid: mode for oid, mode in stronger.items() if oid in named})
        measured.held = {str(named[oid].name): mode for oid, mode in self._held.items() if oid in named}
        measured.existing = frozenset(str(relation.name) for relation in named.values())
        self._last = now
        return measured

    def _named(self) -> Relations:
        """What existed before the transaction and is still there, by its names at the start of the statement."""
        assert self._before is not None
        return {oid: self._last[oid] for oid in self._before if oid in self._last}

    def after_rollback_to(self) -> None:
        """A savepoint was returned to: what was locked after it is free again, and may be locked anew."""
        if self._before is None:
            return
        self._held = {}
        self._new_locks(self.locks())
        self._last = self.relations(self._of())

    def end_transaction(self) -> None:
        """The transaction is over: what exists is looked at anew, nothing is held."""
        self._before = None
        self._held = {}

    # -- readings

    def relations(self, connection: Connection[Any]) -> Relations:
        """All user relations as ``connection`` sees them."""
        rows = connection.execute(_RELATIONS.encode()).fetchall()
        return {
            oid: Relation(QName(schema, name), _KINDS.get(kind, kind), file, table, scans, populated)
            for oid, schema, name, kind, file, table, scans, populated in rows
        }

    def locks(self) -> list[tuple[int, str, bool]]:
        """The relation locks of the connection that is measured: relation, mode, whether granted."""
        rows = self.monitor.execute(_LOCKS.encode(), [self._of().info.backend_pid, self.dbname]).fetchall()
        return [(oid, _MODES.get(mode, mode), granted) for oid, mode, granted in rows]

    def cancel(self) -> None:
        """Asks the server to give up the statement that runs."""
        import psycopg

        with suppress(psycopg.Error):
            self._of().cancel()

    def is_waiting(self) -> bool:
        """Whether the connection that is measured stands still because another session is in its way."""
        row = self.monitor.execute(
            b"SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", [self._of().info.backend_pid]
        ).fetchone()
        return bool(row and row[0])

    def _new_locks(self, found: list[tuple[int, str, bool]]) -> dict[int, str]:
        """The locks that are stronger than what the transaction held before, on what existed before it."""
        assert self._before is not None
        stronger: dict[int, str] = {}
        for oid, mode, _ in found:
            held = stronger.get(oid) or self._held.get(oid)
            if oid in self._before and (held is None or strength(mode) > strength(held)):
                stronger[oid] = mode
        self._held.update(stronger)
        return stronger

    def _measured(self, tag: str, notices: tuple[str, ...], last: Relations, now: Relations) -> Measured:
        """Everything but the locks, told of what existed before the transaction."""
        assert self._before is not None
        reading = _Reading(self._named(), last, now)
        for notice in notices:
            reading.notice(notice)
        reading.files(tag)
        reading.counters()
        return reading.result()

    # -- statements outside a transaction

    def alone_before(self, tag: str) -> Relations:
        """What is there before a statement that runs by itself."""
        connection = self._of()
        self._before = self._last = self.relations(connection)
        connection.execute(b"SET client_min_messages = debug2" if tag == "VacuumStmt" else _DEBUG1)
        self._notices.clear()
        return self._before

    def alone_after(self, tag: str, seen: set[tuple[int, str]]) -> Measured:
        """What such a statement did; ``seen`` are the locks that it was seen to hold or to wait for."""
        assert self._before is not None
        notices = tuple(self._notices)
        self._of().execute(b"SET client_min_messages = warning")
        before, now = self._before, self.relations(self._of())
        measured = self._measured(tag, notices, before, now)
        strongest: dict[int, str] = {}
        for oid, mode in seen:
            if oid in before and (oid not in strongest or strength(mode) > strength(strongest[oid])):
                strongest[oid] = mode
        measured.locks = measured_locks(before, strongest)
        measured.held = {lock.relation: lock.mode for lock in measured.locks}
        measured.existing = frozenset(str(relation.name) for relation in before.values())
        self.end_transaction()
        return measured

    # -- helpers

    def _of(self) -> Connection[Any]:
        assert self._connection is not None, "attach a connection first"
        return self._connection

    def _notice(self, diagnostic: Diagnostic) -> None:
        self._notices.append(diagnostic.message_primary or "")

    def _installed(self) -> bool:
        row = self.monitor.execute("SELECT to_regnamespace(%s) IS NOT NULL", [SCHEMA]).fetchone()
        return bool(row and row[0])


_DEBUG1 = b"SET client_min_messages = debug1"
QUIET = frozenset(["TransactionStmt", "VariableSetStmt", "VariableShowStmt"])
"""Statements that lock nothing, some of which must come first in a transaction: nothing is asked around them."""


def measured_locks(relations: Relations, modes: dict[int, str]) -> tuple[MeasuredLock, ...]:
    """Locks by relation, in the order of their names."""
    locks = [MeasuredLock(str(relations[oid].name), relations[oid].kind, mode) for oid, mode in modes.items()]
    return tuple(sorted(locks, key=lambda lock: lock.relation))


class _Reading:
    """Puts together what messages, files and counters say of one statement."""

    def __init__(self, before: Relations, last: Relations, now: Relations) -> None:
        self.before, self.last, self.now = before, last, now
        self.rewrites: dict[int, str] = {}
        self.scans: set[int] = set()
        self.builds: list[MeasuredBuild] = []
        self.victims: list[Victim] = []
        self.foreign_keys: list[str] = []
        self.truncated: set[int] = set()

    def notice(self, text: str) -> None:
        if text.startswith(_MARK):
            self._event(text[len(_MARK) :])
        elif found := _REWRITING.match(text):
            self._each(found[1], lambda oid: self.rewrites.setdefault(oid, ""))
        elif found := _VERIFYING.match(text):
            self._each(found[1], self.scans.add)
        elif found := _BUILDING.match(text):
            self._built(found[1], found[2])
        elif found := _VALIDATING.match(text):
            self.foreign_keys.append(found[1])
        elif found := _MAINTAINING.match(text):
            for oid, relation in self.before.items():  # of a partitioned table only its partitions are read
                if relation.kind in _STORED and found[1].endswith(f"{relation.name.schema}.{relation.name.name}"):
                    self.scans.add(oid)

    def _event(self, text: str) -> None:
        what, _, rest = text.partition("|")
        if what == "rewrite":
            oid, _, bits = rest.partition("|")
            reason = next((name for bit, name in _REASONS.items() if int(bits) & bit), "")
            if int(oid) in self.before:
                self.rewrites[int(oid)] = reason
        else:
            victim = json.loads(rest)
            self.victims.append(Victim(victim["kind"], victim["name"], automatic=victim["automatic"]))

    def _each(self, name: str, take: Any) -> None:
        """Messages name tables without their schema: of several, those that may be meant."""
        for oid, relation in self.before.items():
            known = self.last.get(oid, relation)
            if known.name.name == name and known.kind in ("table", "materialized view"):
                take(oid)

    def _built(self, index: str, table: str) -> None:
        tables = {
            relation.table
            for relations in (self.last, self.now)
            for relation in relations.values()
            if relation.name.name == index and relation.table is not None
        }
        named = [oid for oid in self.before if self.last.get(oid, self.before[oid]).name.name == table]
        for oid in [oid for oid in named if oid in tables] or ([] if tables else named):
            self.builds.append(MeasuredBuild(str(self.before[oid].name), index))
            self.scans.add(oid)

    def files(self, tag: str) -> None:
        for oid, relation in self.now.items():
            old = self.last.get(oid)
            if old is None or oid not in self.before or old.file == relation.file or old.kind not in _STORED:
                continue
            if oid in self.rewrites:
                continue
            reason = _FILE_REASONS.get(tag)
            if reason is None or not relation.populated:  # REFRESH … WITH NO DATA
                self.truncated.add(oid)
            else:
                self.rewrites[oid] = reason

    def counters(self) -> None:
        for oid, relation in self.now.items():
            old = self.last.get(oid)
            if oid in self.before and relation.scans > (old.scans if old is not None else 0):
                self.scans.add(oid)

    def result(self) -> Measured:
        name = {oid: str(relation.name) for oid, relation in self.before.items()}
        scanned = self.scans - self.truncated
        return Measured(
            rewrites=tuple(
                sorted((Rewrite(self.before[oid].name, why) for oid, why in self.rewrites.items()), key=_by_relation)
            ),
            scans=tuple(sorted(name[oid] for oid in scanned)),
            index_builds=tuple(self.builds),
            victims=tuple(self.victims),
            foreign_keys=tuple(self.foreign_keys),
            truncated=tuple(sorted(name[oid] for oid in self.truncated)),
        )


_STORED = ("table", "materialized view")


def _by_relation(rewrite: Rewrite) -> QName:
    return rewrite.relation
