from __future__ import annotations

from collections.abc import Iterator

from hotlint.impact import LockMode
from hotlint.rule import Context, Example, Finding, Fix, Lock, Operation, Rule, Step, ops


class ExplicitLockTable(Rule):
    """LOCK TABLE stops writes, or reads and writes, until the transaction ends.

    Without a mode it takes ACCESS EXCLUSIVE, which not even a SELECT gets past. It waits for every query that runs
    on the table while all later ones wait behind it, and the lock is kept for whatever the transaction does afterwards.
    The statements of a migration take the locks that they need themselves.

    It is not told where a quick statement of the same transaction takes as strong a lock on the table anyway and
    nothing slow follows: then it only fixes the order in which locks are taken.

    Instead:
        Leave it out. Where rows must not change while they are copied or compared, SHARE ROW EXCLUSIVE keeps writers
        away and lets readers go on; set a lock_timeout before.

    Sources:
        - https://www.postgresql.org/docs/current/sql-lock.html
        - https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
    """

    id = "explicit-lock-table"
    category = "locking"
    severity = "warning"
    operations = (ops.LockTable,)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="LOCK TABLE orders;\nUPDATE orders SET total = 0 WHERE total IS NULL;",
            line=1,
            fix="LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE;",
        ),
        Example(
            given="CREATE TABLE app.orders (id bigint PRIMARY KEY, total numeric);",
            sql="BEGIN;\nLOCK app.orders IN EXCLUSIVE MODE NOWAIT;\n"
            "INSERT INTO app.orders SELECT id + 1, total FROM app.orders;\nCOMMIT;",
            transaction=False,
            line=2,
            fix="LOCK TABLE app.orders IN SHARE ROW EXCLUSIVE MODE NOWAIT;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);\nCREATE TABLE items (id bigint);",
            sql="LOCK TABLE orders IN SHARE MODE;\nCREATE INDEX items_id ON items (id);",
            line=1,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);\nCREATE TABLE items (id bigint);",
            sql="LOCK\n  orders,\n  ONLY items;\nDELETE FROM items;",
            line=1,
            fix="LOCK TABLE orders, ONLY items IN SHARE ROW EXCLUSIVE MODE;",
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="LOCK TABLE orders IN ROW EXCLUSIVE MODE;\nUPDATE orders SET total = 0 WHERE id = 5;",
            why="A mode that every UPDATE takes lets reads and writes go on.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);\nCREATE TABLE orders_new (id bigint PRIMARY KEY);",
            sql="LOCK TABLE orders IN ACCESS EXCLUSIVE MODE;\nALTER TABLE orders RENAME TO orders_old;\n"
            "ALTER TABLE orders_new RENAME TO orders;",
            why="The rename takes the same lock a moment later, and nothing slow follows.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY);\nLOCK TABLE orders;",
            why="The table is made in the same migration.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="LOCK TABLE orders;",
            transaction=False,
            why="Outside of a transaction the server refuses LOCK TABLE.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.LockTable)
        together = context.body.operations if context.body is not None else step.operations
        named = [o for o in together if isinstance(o, ops.LockTable)]
        if named[0] is not operation:  # one finding per statement
            return
        relations = [context.resolve(step, o.relation) for o in named]
        locks = [
            lock
            for lock in (step.impact.lock_on(r) for r in relations if context.concerns(step, r))
            if lock is not None and context.waiting(lock) and not lock.created_in_transaction
        ]
        if not locks or all(self._only_orders(step, lock, context) for lock in locks):
            return
        names = ", ".join(str(lock.relation) for lock in locks)
        who = "reads and writes" if "reads" in locks[0].blocks else "writes"
        until = "the transaction ends" if step.in_transaction or context.body is None else "the block ends"
        yield context.finding(
            step,
            f"LOCK TABLE takes {operation.mode} on {names}: {who} wait until {until}",
            span=None if context.body is not None else (step.statement.start, step.statement.end),
            relations=tuple(lock.relation for lock in locks),
            help="leave it out: the statements of a migration take the locks that they need themselves",
            fixes=self._fixes(step, named, context),
        )

    def _only_orders(self, step: Step, lock: Lock, context: Context) -> bool:
        """Whether a later statement of the transaction takes as strong a lock on the table, and all are quick."""
        steps = context.migration.steps if context.migration is not None else ()
        later = [s for s in steps if step.index < s.index <= step.transaction.last_step]
        if any(isinstance(o, _ROWS) for s in later for o in s.operations):
            return False
        if any(k.duration != "brief" and not k.created_in_transaction for s in later for k in s.impact.locks):
            return False
        locks = (s.impact.lock_on(lock.relation) for s in later)
        return any(k is not None and k.blocks >= lock.blocks for k in locks)

    def _fixes(self, step: Step, named: list[ops.LockTable], context: Context) -> Iterator[Fix]:
        if named[0].mode not in _STRONGER:
            return
        names = [("ONLY " if o.only else "") + context.sql_name(step, context.resolve(step, o.relation)) for o in named]
        nowait = " NOWAIT" if named[0].nowait else ""
        statement = f"LOCK TABLE {', '.join(names)} IN SHARE ROW EXCLUSIVE MODE{nowait}"
        yield context.fix("Keep only writers away, if it must be", statement, in_place=False)


_ROWS = (ops.Write, ops.Copy, ops.DoBlock, ops.Call)
_STRONGER: tuple[LockMode, ...] = ("EXCLUSIVE", "ACCESS EXCLUSIVE")
