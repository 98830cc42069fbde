from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, ops


class DetachPartitionNotConcurrent(Rule):
    """DETACH PARTITION without CONCURRENTLY stops reads and writes of the whole partitioned table.

    The statement takes ACCESS EXCLUSIVE on the parent, which waits for every query that is running on any partition,
    and everyone who comes later waits behind it. Where other tables have foreign keys to the parent, they are locked as
    strongly, and searched for rows that refer to the partition.

    It is told where CONCURRENTLY is possible: from PostgreSQL 14 on, and without a default partition.

    Instead:
        DETACH PARTITION … CONCURRENTLY, in a migration of its own that your tool runs without a transaction. If it is
        interrupted, ``DETACH PARTITION … FINALIZE`` completes it.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-DETACH-PARTITION
        - tablecmds.c: ATExecDetachPartition; locks and scans measured on PostgreSQL 12 to 18
    """

    id = "detach-partition-not-concurrent"
    category = "locking"
    severity = "warning"
    versions = (14, 18)
    operations = (ops.DetachPartition,)
    bad = (
        Example(
            given="CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_20 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');",
            sql="ALTER TABLE events DETACH PARTITION events_20;",
            transaction=False,
            line=1,
            fix="ALTER TABLE events DETACH PARTITION events_20 CONCURRENTLY;",
        ),
        Example(
            given='CREATE TABLE app."Event" (id bigint PRIMARY KEY) PARTITION BY RANGE (id);\n'
            'CREATE TABLE app.old PARTITION OF app."Event" FOR VALUES FROM (1) TO (1000);\n'
            'CREATE TABLE app.notes (event_id bigint REFERENCES app."Event");',
            sql='ALTER TABLE app."Event" DETACH PARTITION app.old;',
            transaction=False,
            line=1,
            fix='ALTER TABLE app."Event" DETACH PARTITION app.old CONCURRENTLY;',
        ),
    )
    good = (
        Example(
            given="CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_20 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');",
            sql="ALTER TABLE events DETACH PARTITION events_20 CONCURRENTLY;",
            transaction=False,
            why="Reads and writes go on.",
        ),
        Example(
            given="CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_20 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');\n"
            "CREATE TABLE events_rest PARTITION OF events DEFAULT;",
            sql="ALTER TABLE events DETACH PARTITION events_20;",
            why="With a default partition the server refuses CONCURRENTLY: a lock_timeout is all one can do.",
        ),
        Example(
            given="CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_20 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');",
            sql="ALTER TABLE events DETACH PARTITION events_20;",
            server=13,
            why="PostgreSQL 13 has no DETACH CONCURRENTLY.",
        ),
        Example(
            sql="CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_20 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');\n"
            "ALTER TABLE events DETACH PARTITION events_20;",
            why="The table is made in the same migration.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.DetachPartition)
        parent, partition = context.resolve(step, operation.relation), context.resolve(step, operation.partition)
        if operation.concurrently or operation.finalize or not context.concerns(step, parent):
            return
        lock = step.impact.lock_on(parent)
        if lock is None or not context.waiting(lock) or self._has_default(step, operation, context):
            return
        others = [
            k for k in step.impact.locks if k.duration == "scan" and k.relation != partition and k.relation != parent
        ]
        also = f"; {', '.join(str(k.relation) for k in others)} is searched under the same lock" if others else ""
        yield context.finding(
            step,
            f"DETACH PARTITION {operation.partition.name} takes {lock.mode} on {parent}: {context.waiting(lock)} wait"
            f" behind it and behind every query that it waits for{context.held_on(step, lock)}{also}",
            relations=(parent, partition),
            help="if a concurrent detach is interrupted, complete it with DETACH PARTITION … FINALIZE",
            fixes=(
                context.fix_without_transaction(
                    step,
                    "Detach concurrently",
                    f"ALTER TABLE {context.sql_name(step, parent)} DETACH PARTITION"
                    f" {context.sql_name(step, partition)} CONCURRENTLY",
                    safe=True,
                ),
            ),
        )

    def _has_default(self, step: Step, operation: ops.DetachPartition, context: Context) -> bool:
        for child in step.before.children(context.resolve(step, operation.relation)):
            table = step.before.table(child)
            if table is not None and table.bound is not None and table.bound.default:
                return True
        return False
