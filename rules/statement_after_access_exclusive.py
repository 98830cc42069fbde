from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, HeldLock, Lock, Operation, Rule, Step, ops

_WRITES = (ops.Insert, ops.Update, ops.Delete, ops.Merge, ops.Copy, ops.DoBlock)


class StatementAfterAccessExclusive(Rule):
    """A slow statement runs while its transaction holds ACCESS EXCLUSIVE on a table.

    A lock is kept until the transaction ends. ``ALTER TABLE … ADD COLUMN`` itself takes a moment; when an index build
    or a validation on any table follows in the same transaction, the altered table can be neither read nor written for
    all that time.

    It is told once per transaction, at the first slow statement. Quick statements after the lock are not told, and
    neither are changes of rows: ddl-and-backfill-same-tx is about those.

    Instead:
        Put the slow statement into a migration of its own, or before the one that takes the lock.

    Sources:
        - https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
        - measured on PostgreSQL 12 to 18: locks are held until the transaction ends
    """

    id = "statement-after-access-exclusive"
    category = "locking"
    severity = "warning"
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);\n"
            "CREATE TABLE items (id bigint, note text);",
            sql="ALTER TABLE orders ADD COLUMN note text;\nCREATE INDEX items_note_idx ON items (note);",
            line=2,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);\n"
            "ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;",
            sql="ALTER TABLE orders RENAME COLUMN total TO amount;\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT total_positive;",
            line=2,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);\nCREATE TABLE items (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN note text;\nALTER TABLE items ADD COLUMN note text;",
            why="both statements take a moment",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN note text;\nCREATE TABLE items (id bigint, note text);\n"
            "CREATE INDEX items_note_idx ON items (note);",
            why="the index is built on a table that was just made and has no rows",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="ALTER TABLE orders ADD COLUMN note text;\nCREATE INDEX orders_status_idx ON orders (status);",
            transaction=False,
            why="without a transaction the first lock is gone when the second statement starts",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        held, lock = _held(step), _slow_lock(step)
        if held is None or lock is None or context.migration is None:
            return
        steps = context.migration.steps
        transaction = step.transaction
        slow = context.once(
            f"slow {transaction.first_step} {step.script.path}", lambda: _slow_steps(steps, transaction.first_step)
        )
        if slow[0] is not step:
            return
        taken = context.step(held.step)
        line = taken.script.position(taken.statement.start).line
        what = "it" if lock.relation == held.lock.relation else str(lock.relation)
        doing = f"{_DOING[lock.duration]} {what}"
        if len(slow) > 1:
            doing = f"and {len(slow) - 1} more after it do their work"
        yield context.finding(
            step,
            f"{held.lock.relation} is locked since line {line} and can be neither read nor written while this statement"
            f" {doing}",
            relations=tuple(dict.fromkeys((held.lock.relation, lock.relation))),
            related=(
                context.related(taken, f"ACCESS EXCLUSIVE on {held.lock.relation} is taken here"),
                *(context.related(s, _doing(s)) for s in slow[1:]),
            ),
            help="put the slow statements into a migration of their own, or before the one that takes the lock",
        )


_DOING = {"scan": "reads every row of", "build": "builds an index on", "rewrite": "copies every row of"}


def _slow_steps(steps: tuple[Step, ...], first: int) -> list[Step]:
    """The slow statements under an ACCESS EXCLUSIVE lock, in the transaction whose first step is ``first``."""
    return [
        s for s in steps if s.transaction.first_step == first and _held(s) is not None and _slow_lock(s) is not None
    ]


def _doing(step: Step) -> str:
    lock = _slow_lock(step)
    return f"{_DOING[lock.duration]} {lock.relation}" if lock is not None else ""


def _held(step: Step) -> HeldLock | None:
    """The first ACCESS EXCLUSIVE lock on a table that is held when ``step`` starts."""
    return next((h for h in step.held if h.lock.mode == "ACCESS EXCLUSIVE" and h.lock.kind != "index"), None)


def _slow_lock(step: Step) -> Lock | None:
    """The first lock of a step that is kept for long, unless the step changes rows or makes a block of code run."""
    if any(isinstance(operation, _WRITES) for operation in step.operations):
        return None
    return next((k for k in step.impact.locks if k.duration != "brief" and not k.created_in_transaction), None)
