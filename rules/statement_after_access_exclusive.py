from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, HeldLock, Lock, Operation, QName, Rule, Step, ops

_WRITES = (ops.Insert, ops.Update, ops.Delete, ops.Merge, ops.Copy, ops.DoBlock)


class StatementAfterAccessExclusive(Rule):
    """A slow statement runs while its transaction holds ACCESS EXCLUSIVE on a table.

    A lock is kept until the transaction ends. ``ALTER TABLE … ADD COLUMN`` itself takes a moment; when an index build
    or a validation on any table follows in the same transaction, the altered table can be neither read nor written for
    all that time.

    Quick statements after the lock are not told, and neither are changes of rows: ddl-and-backfill-same-tx is about
    those.

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
        held = next((h for h in step.held if h.lock.mode == "ACCESS EXCLUSIVE" and h.lock.kind != "index"), None)
        if held is None or isinstance(operation, _WRITES):
            return
        slow = next((lock for lock in step.impact.locks if _is_slow(lock)), None)
        if slow is None:
            return
        taken = context.step(held.step)
        line = taken.script.position(taken.statement.start).line
        doing = {"scan": "reads every row of", "build": "builds an index on", "rewrite": "copies every row of"}
        what = "it" if slow.relation == held.lock.relation else str(slow.relation)
        yield context.finding(
            step,
            f"{held.lock.relation} is locked since line {line} and can be neither read nor written while this"
            f" statement {doing[slow.duration]} {what}",
            relations=_relations(held, slow),
            related=(context.related(taken, f"ACCESS EXCLUSIVE on {held.lock.relation} is taken here"),),
            help="put the slow statement into a migration of its own, or before the one that takes the lock",
        )


def _is_slow(lock: Lock) -> bool:
    return lock.duration != "brief" and not lock.created_in_transaction


def _relations(held: HeldLock, slow: Lock) -> tuple[QName, ...]:
    return (held.lock.relation,) if slow.relation == held.lock.relation else (held.lock.relation, slow.relation)
