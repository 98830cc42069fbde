from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Lock, MigrationPlan, Rule, Step, sql

_WAITS = ("SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE")


class MissingLockTimeout(Rule):
    """A strong lock is waited for without a lock_timeout.

    A lock request that has to wait stands in a queue, and everything that comes after it waits behind it. One forgotten
    transaction, one long report or an autovacuum against wraparound is enough: the ALTER TABLE waits for it, every
    SELECT waits for the ALTER TABLE, and the table is down though nothing has run yet. With a lock_timeout the
    statement gives up and can be tried again.

    It is told once per script, at the first statement that needs it. Where the role or the connection sets a
    lock_timeout, say so: the rule's option ``connection`` is that value.

    Instead:
        ``SET LOCAL lock_timeout = '2s';`` at the top of a migration that runs in a transaction, ``SET lock_timeout =
        '2s';`` in one that does not, and try again when it fails.

    Sources:
        - https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
        - lock.c: a request that conflicts with a waiting one queues behind it; seen on PostgreSQL 12 to 18
    """

    id = "missing-lock-timeout"
    category = "locking"
    severity = "info"
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN note text;",
            line=1,
            fix="SET LOCAL lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, note text);",
            sql="CREATE TABLE carts (id bigint);\nALTER TABLE orders DROP COLUMN note;",
            transaction=False,
            line=2,
            fix="SET lock_timeout = '2s';\nALTER TABLE orders DROP COLUMN note;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="SET lock_timeout = 0;\nALTER TABLE orders ADD COLUMN note text;",
            line=2,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="SET LOCAL lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;",
            why="the timeout is in force when the lock is asked for",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY);\nALTER TABLE orders ADD COLUMN note text;",
            why="nobody else can see the table yet, so nobody queues for it",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="CREATE INDEX CONCURRENTLY orders_status_idx ON orders (status);",
            transaction=False,
            why="SHARE UPDATE EXCLUSIVE blocks neither reads nor writes, and neither does waiting for it",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN note text;",
            options={"connection": "5s"},
            why="the connection sets the timeout",
        ),
    )

    def check_migration(self, migration: MigrationPlan, context: Context) -> Iterator[Finding]:
        if context.options.get("connection"):
            return
        for step in migration.steps:
            lock = _strong_lock(step)
            if lock is None or step.session.lock_timeout:
                continue
            how = "SET LOCAL" if step.in_transaction else "SET"
            follow = f"{context.waiting(lock)} that come after it wait behind it"
            setting = "lock_timeout is 0 (off)" if step.session.lock_timeout == 0 else "No lock_timeout is set"
            yield context.finding(
                step,
                f"{setting}: while this statement waits for its {lock.mode} lock on {lock.relation}, all"
                f" {follow}, for as long as the transaction lasts that it waits for",
                relations=(lock.relation,),
                help="set a lock_timeout first, and try again when the statement fails with 55P03",
                fixes=(
                    context.fix(
                        "A lock_timeout before the lock",
                        f"{how} lock_timeout = '2s'",
                        sql.without_semicolon(step.sql),
                        step=step,
                        safe=step.in_transaction,
                    ),
                ),
            )
            return


def _strong_lock(step: Step) -> Lock | None:
    """The first lock of a step that others can notice while it is waited for."""
    for lock in step.impact.locks:
        if lock.blocks and lock.mode in _WAITS and not lock.created_in_transaction and lock.kind != "index":
            return lock
    return None
