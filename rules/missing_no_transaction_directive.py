from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Fix, Operation, Rule, Step, ops


class MissingNoTransactionDirective(Rule):
    """A statement that refuses a transaction block stands in a migration that the tool wraps in one.

    Most migration tools run every file between BEGIN and COMMIT. CREATE INDEX CONCURRENTLY, VACUUM and their relatives
    are refused there (error 25001): the migration fails, always, on every server.

    Instead:
        Give the statement a migration of its own, with the tool's way to say "no transaction": goose
        ``-- +goose NO TRANSACTION``, dbmate ``-- migrate:up transaction:false``, Flyway ``executeInTransaction=false``,
        diesel ``run_in_transaction = false``, and so on; the finding names the one for this project.

    Sources:
        - xact.c: PreventInTransactionBlock
        - measured on PostgreSQL 12 to 18: 25001
    """

    id = "missing-no-transaction-directive"
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
            files={
                "migrations/00001_orders.sql": "-- +goose Up\nCREATE TABLE orders (id bigint, status text);\n",
                "migrations/00002_index.sql": "-- +goose Up\n"
                "CREATE INDEX CONCURRENTLY orders_status_idx ON orders (status);\n",
            },
        ),
        Example(
            files={
                "db/migrations/20240101000000_orders.sql": "-- migrate:up\nCREATE TABLE orders (id bigint);\n"
                "-- migrate:down\nDROP TABLE orders;\n",
                "db/migrations/20240102000000_vacuum.sql": "-- migrate:up\nVACUUM orders;\n-- migrate:down\n",
            },
        ),
    )
    good = (
        Example(
            files={
                "migrations/00001_orders.sql": "-- +goose Up\nCREATE TABLE orders (id bigint, status text);\n",
                "migrations/00002_index.sql": "-- +goose NO TRANSACTION\n-- +goose Up\n"
                "CREATE INDEX CONCURRENTLY orders_status_idx ON orders (status);\n",
            },
            why="the directive is there",
        ),
        Example(
            files={
                "migrations/0001_orders.up.sql": "CREATE TABLE orders (id bigint, status text);\n",
                "migrations/0002_index.up.sql": "CREATE INDEX CONCURRENTLY orders_status_idx ON orders (status);\n",
            },
            why="golang-migrate has no transaction of its own, and one statement in a message runs on its own",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        refused = step.impact.error is not None and step.impact.error.sqlstate == "25001"
        policy = context.project.no_transaction
        if not refused or policy is None or step.transaction.kind != "framework" or context.body is not None:
            return
        fixes: tuple[Fix, ...] = ()
        if policy.directive is not None:
            head = f"{policy.directive}\n" if policy.directive.startswith("--") else ""
            sql = f"{head}{context.text(step)};"
            edits = context.directive_edits(step)
            own = "No transaction" if edits else "A migration of its own without a transaction"
            fixes = (Fix(f"{own} ({policy.where})", sql, edits, safe=bool(edits)),)
        yield context.finding(
            step,
            f"The server refuses this statement with error 25001: {context.project.framework} runs this migration in a"
            " transaction",
            help=policy.help,
            fixes=fixes,
        )
