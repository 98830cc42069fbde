from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, ops, sql

# Above this, a waiting statement is an outage for those behind it; the option "max_ms" sets another bound.
_MAX_MS = 60_000


class LockTimeoutIneffective(Rule):
    """A lock_timeout that protects nothing.

    ``SET LOCAL`` outside a transaction only warns. A value of 0 switches the timeout off, one of an hour is no
    protection, and one with an unknown unit is an error. A timeout that is set after the lock was taken, or taken back
    before it, comes too late.

    Instead:
        ``SET LOCAL lock_timeout = '2s';`` inside the transaction, before the first statement that needs a lock; outside
        of a transaction ``SET lock_timeout = '2s';``.

    Sources:
        - https://www.postgresql.org/docs/current/sql-set.html
        - guc.c: units are us, ms, s, min, h, d, and case matters; measured on PostgreSQL 12 to 18 (22023)
    """

    id = "lock-timeout-ineffective"
    category = "locking"
    severity = "warning"
    operations = (ops.SetVariable,)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="SET LOCAL lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;",
            transaction=False,
            line=1,
            fix="SET lock_timeout = '2s';",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="SET lock_timeout = 0;\nALTER TABLE orders ADD COLUMN note text;",
            line=1,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="SET lock_timeout = '2h';\nALTER TABLE orders ADD COLUMN note text;",
            line=1,
        ),
        Example(sql="SET lock_timeout = '5 sec';\nCREATE TABLE orders (id bigint);", line=1),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN note text;\nSET LOCAL lock_timeout = '2s';",
            line=2,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="SET lock_timeout = '2s';\nRESET lock_timeout;\nALTER TABLE orders ADD COLUMN note text;",
            line=2,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="SET LOCAL lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;",
            why="the tool wraps the migration in a transaction, so SET LOCAL lasts as long as the locks",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="SET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\nRESET lock_timeout;",
            transaction=False,
            why="it is taken back when it has done its work",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="SET lock_timeout = 0;\nCREATE INDEX CONCURRENTLY orders_status_idx ON orders (status);",
            transaction=False,
            why="nobody queues behind a concurrent build: it may wait as long as it likes",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.SetVariable)
        if operation.name.lower() != "lock_timeout" or context.body is not None:
            return
        if operation.values is None:
            yield from self._reset(step, context)
            return
        value = operation.values[0] if operation.values else ""
        milliseconds = sql.duration_ms(value)
        later, earlier = _lock_after(step, context), _lock_before(step, context)
        local = "SET LOCAL" if step.in_transaction else "SET"
        late = earlier is not None and later is None
        title = "A timeout before the lock" if late else "A timeout that works"
        fix = context.fix(title, f"{local} lock_timeout = '2s'", in_place=not late)
        if milliseconds is None:
            message = f'The server refuses lock_timeout = "{value}" with error 22023: units are us, ms, s, min, h and d'
        elif operation.local and not step.in_transaction:
            message = "SET LOCAL does nothing but warn here: no transaction is open, so no lock_timeout is in force"
            written = f"{milliseconds}ms" if value.isdigit() else value
            fix = context.fix("For the whole connection", f"SET lock_timeout = {sql.literal(written)}")
        elif milliseconds == 0 and later is not None:
            message = (
                f"lock_timeout = 0 switches the timeout off, and {_where(later)} takes a lock that others queue behind"
            )
        elif milliseconds > context.options_int("max_ms", _MAX_MS) and later is not None:
            message = f"A lock_timeout of {value} protects nobody: all who come after wait that long"
        elif earlier is not None and later is None:
            message = f"This lock_timeout comes too late: {_where(earlier)} has waited for its lock without one"
        else:
            return
        places = (context.related(earlier, "the lock is taken here"),) if earlier is not None and late else ()
        yield context.finding(step, message, related=places, relations=(), fixes=(fix,))

    def _reset(self, step: Step, context: Context) -> Iterator[Finding]:
        """A RESET is a defect where the timeout that it takes away had nothing to protect yet, and a lock follows."""
        later = _lock_after(step, context)
        if step.session.lock_timeout and later is not None and _lock_before(step, context, timed=True) is None:
            yield context.finding(
                step,
                f"RESET takes the lock_timeout away before {_where(later)}, which takes a lock that others queue"
                " behind",
                related=(context.related(later, "this lock is waited for without a timeout"),),
                relations=(),
            )


def _where(step: Step) -> str:
    return f"line {step.script.position(step.statement.start).line}"


def _takes_strong_lock(step: Step) -> bool:
    return any(lock.blocks and lock.kind != "index" and not lock.created_in_transaction for lock in step.impact.locks)


def _lock_after(step: Step, context: Context) -> Step | None:
    """The next statement of the script that takes a lock which others queue behind."""
    steps = context.migration.steps if context.migration is not None else ()
    return next((s for s in steps if s.index > step.index and _takes_strong_lock(s)), None)


def _lock_before(step: Step, context: Context, *, timed: bool = False) -> Step | None:
    """The first statement before it that took such a lock, without a timeout (or, ``timed``, with one)."""
    steps = context.migration.steps if context.migration is not None else ()
    return next(
        (s for s in steps if s.index < step.index and _takes_strong_lock(s) and bool(s.session.lock_timeout) == timed),
        None,
    )
