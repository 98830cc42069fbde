from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import (
    Context,
    Example,
    Finding,
    Fix,
    Operation,
    QName,
    Rule,
    Step,
    in_batches,
    key_column,
    ops,
    records,
)


class Truncate(Rule):
    """TRUNCATE empties the table under ACCESS EXCLUSIVE: every row is gone at commit, and nobody can read meanwhile.

    No WHERE and no trigger for rows stands between the statement and the data; nothing brings the rows back but a
    backup. The lock queues behind the longest query that reads the table, and all others queue behind the lock. A
    transaction that began earlier and reads the table after sees it empty: TRUNCATE is not safe for its snapshot.

    Instead:
        DELETE in batches, each committed on its own. Suppress this rule where the rows are really worth nothing, as in
        a cache, with that reason.

    Sources:
        - https://www.postgresql.org/docs/current/sql-truncate.html
        - https://www.postgresql.org/docs/current/mvcc-caveats.html
        - the server's tablecmds.c, ExecuteTruncateGuts; locks measured on PostgreSQL 12 to 18
    """

    id = "truncate"
    category = "destructive"
    severity = "warning"
    operations = (ops.Truncate,)

    bad = (
        Example(
            given="CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz);",
            sql="TRUNCATE events;",
            line=1,
        ),
        Example(
            given="CREATE TABLE shop.carts (id bigint PRIMARY KEY);\n"
            "CREATE TABLE shop.items (id uuid PRIMARY KEY, cart_id bigint REFERENCES shop.carts);",
            sql="SET lock_timeout = '2s';\nTRUNCATE TABLE shop.carts, shop.items RESTART IDENTITY;",
            line=2,
        ),
        Example(sql="TRUNCATE cache;", line=1, transaction=False),
        Example(
            given="CREATE TABLE carts (id bigint PRIMARY KEY);",
            sql="DO $$\nBEGIN\n  TRUNCATE carts;\nEND\n$$;",
            line=3,
        ),
    )
    good = (
        Example(
            sql="CREATE TABLE numbers (id bigint);\nINSERT INTO numbers SELECT generate_series(1, 9);\n"
            "TRUNCATE numbers;",
            why="The table came in the same migration: there is nothing of anyone's in it.",
        ),
        Example(
            given="SELECT 1;",
            sql="CREATE TEMPORARY TABLE moved (id bigint);\nTRUNCATE moved;",
            why="A temporary table is visible to its own session only.",
        ),
        Example(
            given="CREATE TABLE carts (id bigint PRIMARY KEY);\nCREATE TABLE items (id bigint REFERENCES carts);",
            sql="TRUNCATE carts;",
            why="The server refuses it because of the foreign key, which migration-fails tells: nothing is lost.",
        ),
        Example(
            given="CREATE TABLE carts (id bigint PRIMARY KEY);",
            sql="CREATE FUNCTION clean() RETURNS void LANGUAGE plpgsql AS $$ BEGIN TRUNCATE carts; END $$;",
            why="The body of a function is stored and not executed by the migration.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.Truncate)
        relation = context.resolve(step, operation.relation)
        table = step.before.relation(relation)
        lock = step.impact.lock_on(relation)
        if lock is None or not context.concerns(step, relation):
            return
        if isinstance(table, records.Table) and table.persistence == "temporary":
            return
        yield context.finding(
            step,
            f"TRUNCATE destroys every row of {relation}{_below(step, relation, operation.only)} under {lock.mode}:"
            f" {context.blocked(step, lock)}",
            help="delete in batches, each committed on its own",
            fixes=_batches(step, context, relation),
        )


def _below(step: Step, relation: QName, only: bool) -> str:
    """The partitions and children that are emptied too."""
    below = () if only else tuple(step.before.descendants(relation))
    return f" and of the {len(below)} tables below it" if len(below) > 1 else f" and of {below[0]}" if below else ""


def _batches(step: Step, context: Context, relation: QName) -> tuple[Fix, ...]:
    table = step.before.table(relation)
    statement = f"DELETE FROM {context.sql_name(step, relation)}"
    loop = in_batches(step, context, relation, statement, None if key_column(table) is not None else "true")
    return (context.fix_without_transaction(step, "Delete in batches that commit", loop),) if loop is not None else ()
