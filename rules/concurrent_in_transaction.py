from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Place, Rule, Step, ops


class ConcurrentInTransaction(Rule):
    """A statement that refuses a transaction block stands in one.

    CREATE INDEX CONCURRENTLY and its relatives commit in their middle, so the server refuses them inside BEGIN and
    COMMIT, inside a DO block, and in a message of several statements: error 25001, and the migration stops there.
    VACUUM, CREATE DATABASE and ALTER SYSTEM are refused in the same way.

    Where the tool's own transaction is in the way and can be switched off, missing-no-transaction-directive tells
    instead.

    Instead:
        Run the statement on its own: outside BEGIN and COMMIT, in a file of its own where the tool sends each file as
        one message.

    Sources:
        - xact.c: PreventInTransactionBlock
        - measured on PostgreSQL 12 to 18: 25001
    """

    id = "concurrent-in-transaction"
    category = "transaction"
    severity = "error"
    operations = (
        ops.CreateIndex,
        ops.DropIndex,
        ops.Reindex,
        ops.DetachPartition,
        ops.Vacuum,
        ops.Cluster,
        ops.CreateObject,
        ops.DropObject,
        ops.AlterObject,
    )
    directions = ("up", "down")
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="BEGIN;\nCREATE INDEX CONCURRENTLY orders_status_idx ON orders (status);\nCOMMIT;",
            transaction=False,
            line=2,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="DO $$ BEGIN\n  CREATE INDEX CONCURRENTLY orders_status_idx ON orders (status);\nEND $$;",
            transaction=False,
            line=2,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="BEGIN;\nDELETE FROM orders WHERE id < 100;\nVACUUM orders;\nCOMMIT;",
            transaction=False,
            line=3,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="BEGIN;\nALTER TABLE orders ADD COLUMN note text;\nCOMMIT;\n"
            "CREATE INDEX CONCURRENTLY orders_status_idx ON orders (status);",
            transaction=False,
            why="the transaction is over before the index is built",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);\n"
            "CREATE MATERIALIZED VIEW order_counts AS SELECT status, count(*) FROM orders GROUP BY status;\n"
            "CREATE UNIQUE INDEX order_counts_status ON order_counts (status);",
            sql="BEGIN;\nREFRESH MATERIALIZED VIEW CONCURRENTLY order_counts;\nCOMMIT;",
            transaction=False,
            why="REFRESH … CONCURRENTLY is the one concurrent statement that may run in a transaction",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        refused = step.impact.error is not None and step.impact.error.sqlstate == "25001"
        policy = context.project.no_transaction
        of_framework = step.transaction.kind == "framework" and context.body is None
        if not refused or (of_framework and policy is not None):
            return
        if context.body is not None:
            where = "inside a DO block, which is one transaction"
        elif step.transaction.kind == "framework":
            where = f"inside the transaction that {context.project.framework} puts around every migration"
        elif step.transaction.kind == "implicit" or not step.transaction.first_step < step.index:
            where = f"in one message with other statements: {context.project.framework} sends the file as a whole"
        else:
            where = "inside the transaction that BEGIN opened"
        related: tuple[Place, ...] = ()
        if step.transaction.kind == "explicit":
            related = (context.related(context.step(step.transaction.first_step), "the transaction begins here"),)
        yield context.finding(
            step,
            f"The server refuses this statement with error 25001: it stands {where}",
            related=related,
            help="run it on its own, outside of any transaction",
            fixes=(context.fix("On its own", context.text(step), in_place=False),) if context.body is None else (),
        )
