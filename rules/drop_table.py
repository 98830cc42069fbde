from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, QName, Rule, Step, ops, records, sql


class DropTable(Rule):
    """DROP TABLE destroys every row of the table, and code that still uses it fails at once.

    Nothing brings the rows back but a backup. Releases that run while the migration does, and those you roll back to,
    still query the table: each such query fails with "relation does not exist" from the moment the transaction
    commits. The lock is ACCESS EXCLUSIVE, on the table and on every table that its foreign keys point at: behind one
    long query, all reads and writes of those tables queue up.

    Instead:
        Release code that does not use the table. Then rename the table, so that a forgotten use fails loudly and can
        be undone in a second. Drop it in a later migration, with a backup at hand. Suppress this rule there, with the
        reason.

    Sources:
        - https://www.postgresql.org/docs/current/sql-droptable.html
        - the server's dependency.c and heap.c, RemoveConstraintById; locks measured on PostgreSQL 12 to 18
    """

    id = "drop-table"
    category = "destructive"
    severity = "warning"
    operations = (ops.DropTable,)

    bad = (
        Example(
            given="CREATE TABLE carts (id bigint PRIMARY KEY, total numeric);",
            sql="DROP TABLE carts;",
            line=1,
            fix="ALTER TABLE carts RENAME TO carts_to_be_dropped;",
        ),
        Example(
            given="CREATE TABLE shop.customers (id bigint PRIMARY KEY);\n"
            "CREATE TABLE shop.carts (id bigint PRIMARY KEY, customer_id bigint REFERENCES shop.customers);",
            sql="SET lock_timeout = '2s';\nDROP TABLE IF EXISTS shop.carts CASCADE;",
            line=2,
            fix="ALTER TABLE shop.carts RENAME TO carts_to_be_dropped;",
        ),
        Example(sql="DROP TABLE legacy_orders;", line=1),
        Example(
            given="CREATE TABLE carts (id bigint PRIMARY KEY);",
            sql="DO $$\nBEGIN\n  DROP TABLE carts;\nEND\n$$;",
            line=3,
        ),
    )
    good = (
        Example(
            sql="CREATE TABLE carts_copy AS SELECT 1 AS id;\nDROP TABLE carts_copy;",
            why="The table came in the same migration: there is nothing of anyone's in it.",
        ),
        Example(
            sql="CREATE TEMPORARY TABLE moved (id bigint);\nDROP TABLE moved;",
            why="A temporary table is visible to its own session only.",
        ),
        Example(
            given="CREATE TABLE carts (id bigint PRIMARY KEY);\nDROP TABLE carts;",
            sql="DROP TABLE IF EXISTS carts;",
            why="The table is gone already: IF EXISTS makes the statement do nothing.",
        ),
        Example(
            given="SELECT 1;",
            sql="CREATE TABLE carts (id bigint PRIMARY KEY);",
            down="DROP TABLE carts;",
            why="A down script that drops what its up script made is what it is there for.",
        ),
        Example(
            given="CREATE TABLE carts (id bigint PRIMARY KEY);",
            sql="CREATE FUNCTION clean() RETURNS void LANGUAGE plpgsql AS $$\nBEGIN\n  DROP TABLE carts;\nEND\n$$;",
            why="The body of a function is stored and not executed by the migration.",
        ),
    )

    def check_step(self, step: Step, operation: ops.Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.DropTable)
        table = context.resolve(step, operation.relation)
        found = step.before.relation(table)
        if step.impact.error is not None or step.impact.skipped or context.is_new(step, table):
            return
        if isinstance(found, records.Table) and found.persistence == "temporary":
            return
        kept = sql.identifier(f"{table.name}_to_be_dropped")
        yield context.finding(
            step,
            f"DROP TABLE destroys {table} and every row in it; code that still reads or writes it fails from then on."
            + self._locks(step, table, context),
            help="Drop it in a later migration, once no release that may still run uses it and there is a backup.",
            fixes=(
                context.fix(
                    "Rename the table first, which can be undone",
                    f"ALTER TABLE {context.sql_name(step, table)} RENAME TO {kept}",
                ),
            ),
        )

    def _locks(self, step: Step, table: QName, context: Context) -> str:
        others = [
            lock
            for lock in step.impact.locks
            if lock.relation != table and lock.kind in _TABLES and "reads" in lock.blocks and context.waiting(lock)
        ]
        if not others:
            return ""
        names = ", ".join(str(lock.relation) for lock in others)
        until = context.held_on(step, others[0])
        return f" It also takes an {others[0].mode} lock on {names}: reads and writes there wait{until}."


_TABLES = ("table", "partitioned table", "foreign table")
