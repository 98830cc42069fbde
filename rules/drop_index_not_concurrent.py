from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, ops, records


class DropIndexNotConcurrent(Rule):
    """DROP INDEX without CONCURRENTLY stops reads and writes of the table.

    The statement takes ACCESS EXCLUSIVE on the index's table. The drop itself takes a moment, but the lock waits for
    every query that is running, and everyone who comes later waits behind it; then it is kept until the transaction
    ends.

    An index that belongs to a constraint, or is partitioned, cannot be dropped concurrently and is not told; neither is
    one whose table the same transaction has locked as strongly before.

    Instead:
        DROP INDEX CONCURRENTLY, in a migration of its own that your tool runs without a transaction. One index at a
        time, without CASCADE.

    Sources:
        - https://www.postgresql.org/docs/current/sql-dropindex.html
        - index.c: index_drop; tablecmds.c: RemoveRelations; locks measured on PostgreSQL 12 to 18
    """

    id = "drop-index-not-concurrent"
    category = "locking"
    severity = "warning"
    operations = (ops.DropIndex,)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);\n"
            "CREATE INDEX orders_status ON orders (status);",
            sql="DROP INDEX orders_status;",
            transaction=False,
            line=1,
            fix="DROP INDEX CONCURRENTLY orders_status;",
        ),
        Example(
            given='CREATE TABLE app.orders (id bigint, status text);\nCREATE INDEX "byStatus" ON app.orders (status);',
            sql='DROP INDEX IF EXISTS app."byStatus" CASCADE;',
            transaction=False,
            line=1,
            fix='DROP INDEX CONCURRENTLY IF EXISTS app."byStatus";',
        ),
        Example(
            given="CREATE TABLE orders (id bigint, status text);\nCREATE INDEX a ON orders (id);\n"
            "CREATE INDEX b ON orders (status);",
            sql="DROP INDEX a, b;",
            transaction=False,
            line=1,
            fix="DROP INDEX CONCURRENTLY a;",
        ),
        Example(sql="DROP INDEX old_idx;", transaction=False, line=1, fix="DROP INDEX CONCURRENTLY old_idx;"),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint, status text);\nCREATE INDEX orders_status ON orders (status);",
            sql="DROP INDEX CONCURRENTLY orders_status;",
            transaction=False,
            why="Reads and writes go on.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint, status text);\nCREATE INDEX orders_status ON orders (status);\n"
            "DROP INDEX orders_status;",
            why="The table is made in the same migration.",
        ),
        Example(
            given="CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);\n"
            "CREATE INDEX by_id ON events (id);",
            sql="DROP INDEX by_id;",
            why="A partitioned index cannot be dropped concurrently.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="DROP INDEX orders_pkey;",
            why="The server refuses to drop the index of a constraint.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint, status text);\nCREATE INDEX orders_status ON orders (status);",
            sql="ALTER TABLE orders DROP COLUMN id;\nDROP INDEX orders_status;",
            why="The transaction holds ACCESS EXCLUSIVE on the table anyway.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.DropIndex)
        name = context.resolve(step, operation.relation)
        index = step.before.relation(name)
        if operation.concurrently or not context.concerns(step, name):
            return
        table = index.table if isinstance(index, records.Index) else None
        if isinstance(index, records.Index):
            held = any(h.lock.relation == table and h.lock.mode == "ACCESS EXCLUSIVE" for h in step.held)
            if index.partitioned or index.parent is not None or context.is_new(step, index.table) or held:
                return
        lock = step.impact.lock_on(table) if table is not None else None
        who = context.waiting(lock) if lock is not None else "reads and writes of its table"
        if not who:
            return
        until = context.held_on(step, lock) if lock is not None else ""
        exists = "IF EXISTS " if operation.if_exists else ""
        yield context.finding(
            step,
            f"DROP INDEX {operation.relation.name} takes ACCESS EXCLUSIVE on {table or 'its table'}: "
            f"{who} wait behind it and behind every query that it waits for{until}",
            relations=(name if table is None else table,),
            help="a concurrent drop waits for running transactions too, but nobody waits behind it",
            fixes=(
                context.fix_without_transaction(
                    step,
                    "Drop the index concurrently",
                    f"DROP INDEX CONCURRENTLY {exists}{context.sql_name(step, name)}",
                    safe=True,
                ),
            ),
        )
