"""Runs a planned script on a scratch database as its framework would: the plan says which statements there are, where
transactions begin and end, and the connection what became of them."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any

from hotlint.finding import Place
from hotlint.operations import Transaction
from hotlint.planning.model import MigrationPlan, Step
from hotlint.source import Problem, Region, Script
from hotlint.verify import compare
from hotlint.verify.extensions import Extensions
from hotlint.verify.model import Claim, MeasuredError, ScriptTrace, StatementTrace
from hotlint.verify.server import is_lost
from hotlint.verify.trace import Measured, Tracer

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

REFUSED_IN_TRANSACTION = ("25001", "2D000")
"""SQLSTATEs with which the server refuses a transaction block: active SQL transaction, and invalid transaction
termination of a procedure."""

_NEEDS_A_TRANSACTION = ("LockStmt", "DeclareCursorStmt")
"""Refused outside of one (xact.c: RequireTransactionBlock), which a transaction for measuring would hide."""

_OWN_COMMIT = re.compile(r"\b(?:commit|rollback)\b", re.IGNORECASE)
_PARK_SECONDS = 1.0
_SETTLE_SECONDS = 0.02
_COPY_FROM_STDIN = re.compile(r"\bfrom\s+(?:stdin|pstdin)\b", re.IGNORECASE)


def run_script(
    connection: Connection[Any],
    plan: MigrationPlan,
    tracer: Tracer | None = None,
    extensions: Extensions | None = None,
    running: list[tuple[float, float]] | None = None,
) -> ScriptTrace:
    """Runs one script, to its end or its first error, on a connection in autocommit mode; nothing stays open.

    ``tracer`` measures each statement and must be on the same database; without one, only times and errors are told.
    ``extensions`` helps where the scratch server lacks one, or lets only a superuser make it.
    ``running`` is filled with the intervals (``time.perf_counter``) in which the server worked for the script.
    A lost server, or one whose disk is full, raises ``psycopg.OperationalError``; whatever the server says to a
    statement does not raise.
    """
    run = _ScriptRun(connection, plan, tracer, extensions, [] if running is None else running)
    run.run()
    return run.trace()


class _ScriptRun:
    """One script on one connection. The clock counts the time of statements, not that of measuring them."""

    def __init__(
        self,
        connection: Connection[Any],
        plan: MigrationPlan,
        tracer: Tracer | None,
        extensions: Extensions | None,
        running: list[tuple[float, float]],
    ) -> None:
        self.connection = connection
        self.running = running
        self.plan = plan
        self.tracer = tracer
        self.extensions = extensions
        self.clock = 0.0
        self.done: list[StatementTrace] = []
        self.unreleased: list[StatementTrace] = []
        self.error: MeasuredError | None = None
        if tracer is not None:
            tracer.attach(connection)

    def run(self) -> None:
        import psycopg

        self._refuse_unreadable()
        for step in self.plan.steps:
            if self.error is not None:
                break
            try:
                self._step(step)
            except psycopg.Error as error:
                self._failed(step, error)
        self._end()

    def trace(self) -> ScriptTrace:
        script = self.plan.migration.up if self.plan.direction == "up" else self.plan.migration.down
        return ScriptTrace(
            migration=self.plan.migration.id,
            direction=self.plan.direction,
            path=script.path if script is not None else "",
            statements=tuple(self.done),
            duration_ms=self.clock,
            error=self.error,
        )

    # -- transactions

    @property
    def _open(self) -> bool:
        from psycopg.pq import TransactionStatus

        return self.connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    def _step(self, step: Step) -> None:
        transaction = step.transaction
        if transaction.kind in ("framework", "implicit") and step.index == transaction.first_step and not self._open:
            self._send(b"BEGIN")
        if self._open or _is_transaction_command(step):
            self._inside(step)
        else:
            self._alone(step)
        last = transaction.kind in ("framework", "implicit") and step.index == transaction.last_step
        if last and self._open and transaction.ended != "open":
            self._send(b"COMMIT")
        if not self._open:
            self._released()

    def _end(self) -> None:
        """What a script leaves open is given up when its connection ends."""
        if not self.connection.closed and self._open:
            self.connection.execute(b"ROLLBACK")
        self._released()

    def _released(self) -> None:
        for trace in self.unreleased:
            trace.released_ms = self.clock
        self.unreleased.clear()
        if self.tracer is not None:
            self.tracer.end_transaction()

    # -- statements

    def _inside(self, step: Step) -> None:
        """A statement inside a transaction, or a transaction command."""
        tag = step.statement.tag
        if self.tracer is None or _is_transaction_command(step):
            start, duration = self._timed(step)
            self._note(step, start, duration)
            if self.tracer is not None and self._open:
                self.tracer.after_rollback_to()
            return
        self.tracer.before_statement(tag)
        start, duration = self._timed(step)
        self._note(step, start, duration, self.tracer.after_statement(tag))

    def _alone(self, step: Step) -> None:
        """A statement in no transaction: measured in one of its own, unless it refuses that."""
        import psycopg

        if self.tracer is None or step.statement.tag in _NEEDS_A_TRANSACTION:
            self._note(step, *self._timed(step))
            return
        if _commits_itself(step):
            self._parked(step, self.tracer, ())
            return
        clock = self.clock
        self.connection.execute(b"BEGIN")
        try:
            self._inside(step)
            self._send(b"COMMIT")
        except psycopg.Error as error:
            self.connection.execute(b"ROLLBACK")
            self.tracer.end_transaction()
            if error.sqlstate not in REFUSED_IN_TRANSACTION:
                raise
            self.clock = clock
            self._parked(step, self.tracer, (compare.transaction_claim(step, False),))
            return
        if not step.impact.allowed_in_transaction:
            self.done[-1].claims += (compare.transaction_claim(step, True),)

    def _parked(self, step: Step, tracer: Tracer, claims: tuple[Claim, ...]) -> None:
        before = tracer.alone_before(step.statement.tag)
        targets = [
            oid for oid, relation in before.items() if step.impact.lock_on(relation.name) and relation.kind in _HOLDABLE
        ]
        parking = Parking(tracer, [before[oid].name for oid in targets], step.statement.tag)
        start = self.clock
        duration = parking.run(lambda: self._execute(step))
        self.clock += duration
        ended = time.perf_counter()
        self.running.append((ended - duration / 1000, ended))
        measured = tracer.alone_after(step.statement.tag, parking.seen)
        self._note(step, start, duration, measured, alone=True)
        self.done[-1].claims += claims

    def _timed(self, step: Step) -> tuple[float, float]:
        """Runs a statement; when it started and how long it took, in milliseconds."""
        start, began = self.clock, time.perf_counter()
        try:
            self._execute(step)
        finally:
            duration = self._worked(began)
        return start, duration

    def _execute(self, step: Step) -> None:
        if self.extensions is not None and self.extensions.run_instead(step, self.connection):
            return
        text = _text(step)
        if step.statement.tag == "CopyStmt" and _COPY_FROM_STDIN.search(text):
            with self.connection.cursor() as cursor, cursor.copy(text.encode()) as copy:
                data = _copy_data(step)
                if data:
                    copy.write(data)
            return
        self.connection.execute(text.encode())

    def _send(self, command: bytes) -> None:
        began = time.perf_counter()
        try:
            self.connection.execute(command)
        finally:
            self._worked(began)

    def _worked(self, began: float) -> float:
        """Lets the clock go on by the milliseconds since ``began``, which it gives."""
        ended = time.perf_counter()
        self.running.append((began, ended))
        self.clock += (ended - began) * 1000
        return (ended - began) * 1000

    def _note(
        self, step: Step, start: float, duration: float, measured: Measured | None = None, *, alone: bool = False
    ) -> None:
        """Adds the trace of a statement; ``measured`` is None where it was not measured or did nothing."""
        compared = measured is not None
        measured = measured or Measured()
        trace = StatementTrace(
            place=place_of(step.script, step.statement.start, step.statement.end),
            sql=step.sql,
            start_ms=start,
            duration_ms=duration,
            released_ms=start + duration,
            locks=measured.locks,
            rewrites=measured.rewrites,
            scans=measured.scans,
            index_builds=measured.index_builds,
            victims=measured.victims,
            foreign_keys=measured.foreign_keys,
            truncated=measured.truncated,
            step=step.index,
            claims=compare.claims_of(step, measured, alone=alone) if compared else (),
        )
        self.done.append(trace)
        self.unreleased.append(trace)

    # -- errors

    def _failed(self, step: Step, error: psycopg.Error) -> None:
        if self.connection.closed or is_lost(error):
            raise error
        at_commit = bool(self.done) and self.done[-1].step == step.index
        if not at_commit:
            self._note(step, self.clock, 0.0)
        self.error = self.done[-1].error = measured_error(step, error, at_commit=at_commit)
        if self.tracer is not None:
            self.done[-1].claims += compare.error_claims(step, self.error)

    def _refuse_unreadable(self) -> None:
        """A text that the parser does not take: the server is asked too, which runs nothing of it then."""
        import psycopg

        problems = [problem for problem in self.plan.problems if problem.rule == "syntax-error"]
        script = self.plan.migration.up if self.plan.direction == "up" else self.plan.migration.down
        if not problems or script is None:
            return
        region = _region_of(script, problems[0])
        self.connection.execute(b"BEGIN READ ONLY")
        try:
            self.connection.execute(script.text[region.start : region.end].encode())
        except psycopg.Error as error:
            if error.sqlstate == "42601":
                position = _position(error)
                start = region.start + (position or 1) - 1
                self.error = _error(script, error, start, start + 1)
        finally:
            if not self.connection.closed:
                self.connection.execute(b"ROLLBACK")


class Parking:
    """Runs a statement that refuses a transaction against another session that stands in its way on all ``targets``, so
    that it waits where its locks can be read; then lets it pass. ``seen``: relation and mode, held or waited for."""

    def __init__(self, tracer: Tracer, targets: list[Any], tag: str) -> None:
        self.tracer = tracer
        self.targets = targets
        # VACUUM and ANALYZE pass writers, so only another one of their kind stops them (vacuum.c: vacuum_open_relation)
        self.mode = "SHARE UPDATE EXCLUSIVE" if tag == "VacuumStmt" else "ROW EXCLUSIVE"
        self.seen: set[tuple[int, str]] = set()
        self._error: BaseException | None = None
        self._ended = 0.0

    def run(self, execute: Any) -> float:
        """Its duration in milliseconds, without the time for which it was kept waiting. Raises what it raises."""
        holding = self._hold()
        began = time.perf_counter()
        thread = threading.Thread(target=self._work, args=(execute,), daemon=True)
        thread.start()
        waited = 0.0
        try:
            waited = self._watch(thread, holding)
        except BaseException:  # Ctrl-C, or the server is gone
            self.tracer.cancel()
            raise
        finally:
            self._let_go(holding)
            thread.join()
        if self._error is not None:
            raise self._error
        return max(self._ended - began - waited, 0.0) * 1000

    def _watch(self, thread: threading.Thread, holding: bool) -> float:
        """Reads locks until the statement ends; lets go once it stands still. Gives the seconds of standing still."""
        began, still_since, waited = time.perf_counter(), None, 0.0
        while thread.is_alive():
            locks = self.tracer.locks()
            self.seen |= {(oid, mode) for oid, mode, _ in locks}
            now = time.perf_counter()
            if holding and self.tracer.is_waiting():
                still_since = still_since or now
                if now - still_since > _SETTLE_SECONDS:
                    waited = time.perf_counter() - still_since
                    self._let_go(True)
                    holding = False
            elif holding and now - began > _PARK_SECONDS:
                self._let_go(True)
                holding = False
            thread.join(0.001)
        return waited

    def _work(self, execute: Any) -> None:
        try:
            execute()
        except BaseException as error:  # raised again by run(), in the caller's thread
            self._error = error
        finally:
            self._ended = time.perf_counter()

    def _hold(self) -> bool:
        import psycopg
        from psycopg import sql

        if not self.targets:
            return False
        names = sql.SQL(", ").join(sql.Identifier(*name) for name in self.targets)
        holder = self.tracer.holder
        holder.execute(b"BEGIN")
        try:
            holder.execute(sql.SQL("LOCK TABLE ONLY {} IN {} MODE").format(names, sql.SQL(self.mode)))
            holder.execute(b"SELECT pg_current_xact_id()" if holder.info.server_version >= 130000 else _OLD_XACT_ID)
        except psycopg.Error:  # gone or of another kind by now: it is watched without being stopped
            holder.execute(b"ROLLBACK")
            return False
        return True

    def _let_go(self, holding: bool) -> None:
        if holding and not self.tracer.holder.closed:
            self.tracer.holder.execute(b"ROLLBACK")


_OLD_XACT_ID = b"SELECT txid_current()"
_HOLDABLE = ("table", "partitioned table")


def _is_transaction_command(step: Step) -> bool:
    operations = step.operations
    return len(operations) == 1 and isinstance(operations[0], Transaction)


def _commits_itself(step: Step) -> bool:
    """CALL and DO may commit, which a transaction around them would forbid (spi.c: SPI_commit)."""
    tag = step.statement.tag
    return tag == "CallStmt" or (tag == "DoStmt" and _OWN_COMMIT.search(step.sql) is not None)


def _text(step: Step) -> str:
    return step.statement.raw if step.statement.raw is not None else step.sql


def _copy_data(step: Step) -> str:
    """The lines that follow ``COPY … FROM stdin;`` up to ``\\.`` in a script that is written for psql."""
    text = step.script.text
    line = text.find("\n", step.statement.end)
    end = re.compile(r"^\\\.[ \t]*\r?$", re.MULTILINE).search(text, line + 1) if line != -1 else None
    return "" if end is None else text[line + 1 : end.start()]


def place_of(script: Script, start: int, end: int, message: str = "") -> Place:
    """The span of a script as lines and columns."""
    first, last = script.position(start), script.position(end)
    return Place(script.path, first.line, first.column, last.line, last.column, message)


def measured_error(step: Step, error: psycopg.Error, *, at_commit: bool = False) -> MeasuredError:
    """The server's error at the place in the file that it points at, or at the whole statement."""
    statement = step.statement
    position = _position(error)
    start, end = statement.start, statement.end
    if position is not None and not at_commit and statement.raw is None:
        start = min(statement.start + position - 1, statement.end)
        end = start + _word_length(step.script.text, start, statement.end)
    return _error(step.script, error, start, end)


def _error(script: Script, error: psycopg.Error, start: int, end: int) -> MeasuredError:
    diagnostic = error.diag
    return MeasuredError(
        sqlstate=error.sqlstate or "",
        message=diagnostic.message_primary or str(error).strip(),
        place=place_of(script, start, end),
        detail=diagnostic.message_detail or "",
        hint=diagnostic.message_hint or "",
        relation=f"{diagnostic.schema_name}.{diagnostic.table_name}" if diagnostic.table_name else "",
    )


def _position(error: psycopg.Error) -> int | None:
    """The 1-based code point of the query at which the server points."""
    position = error.diag.statement_position
    return int(position) if position is not None and position.isdecimal() else None


_WORD = re.compile(r'"(?:[^"]|"")*"|[\w$.]+')


def _word_length(text: str, start: int, end: int) -> int:
    word = _WORD.match(text, start, end)
    return len(word.group()) if word is not None else 1


def _region_of(script: Script, problem: Problem) -> Region:
    inside = [region for region in script.regions if region.start <= problem.start <= region.end]
    return inside[0] if inside else Region(0, len(script.text))
