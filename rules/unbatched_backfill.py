from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import (
    CatalogView,
    Context,
    Example,
    Finding,
    Fix,
    Operation,
    QName,
    Rule,
    Step,
    in_batches,
    is_bulk,
    key_column,
    ops,
    sets_only_new_columns,
    sql,
)


class UnbatchedBackfill(Rule):
    """One statement changes a large part of a table.

    Every row that it touches is locked until its transaction ends, so the first rows wait for the last ones; replicas
    fall behind by as much as is written, and nothing of it can be cleaned up while it runs. If it is cancelled after an
    hour, an hour's work is undone.

    An UPDATE or DELETE that overwrites all rows without a WHERE is told by update-without-where and
    delete-without-where; filling a column that the same migration adds is told here.

    Instead:
        Batches of some thousand rows along the primary key, each committed on its own, outside of the migration's
        transaction.

    Sources:
        - https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS
        - https://www.postgresql.org/docs/current/routine-vacuuming.html
    """

    id = "unbatched-backfill"
    category = "data-dependent"
    severity = "warning"
    operations = (ops.Update, ops.Delete)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="UPDATE orders SET status = 'paid' WHERE status = 'payed';",
            line=1,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD COLUMN net numeric;\nUPDATE orders SET net = total / 1.19;",
            line=2,
        ),
        Example(
            given="CREATE TABLE logs (id bigint PRIMARY KEY, at timestamptz);",
            sql="DELETE FROM logs WHERE at < now() - interval '1 year';",
            line=1,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE plans (id bigint PRIMARY KEY, price numeric);",
            sql="UPDATE plans SET price = 5 WHERE id IN (1, 2, 3);",
            why="three rows, found by their primary key",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="UPDATE orders SET status = 'paid' WHERE status = 'payed' AND id BETWEEN 1 AND 10000;",
            why="one batch of many",
        ),
        Example(
            sql="CREATE TABLE plans (id bigint PRIMARY KEY, price numeric);\nINSERT INTO plans VALUES (1, 5), (2, 9);\n"
            "UPDATE plans SET price = price * 1.19;",
            why="the table was made in this migration",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="DO $$\nBEGIN\n  LOOP\n    UPDATE orders SET status = 'paid' WHERE id IN\n"
            "      (SELECT id FROM orders WHERE status = 'payed' LIMIT 1000);\n"
            "    EXIT WHEN NOT FOUND;\n    COMMIT;\n  END LOOP;\nEND $$;",
            transaction=False,
            why="a loop that commits every batch",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.Update | ops.Delete)
        relation = context.resolve(step, operation.relation)
        if context.is_new(step, relation) or not is_bulk(operation, relation, step.before):
            return
        if context.body is not None and context.body.loop:
            return
        before = context.migration.before if context.migration is not None else step.before
        if operation.where is None and not operation.joins and not _fills_new_columns(operation, relation, before):
            return
        verb = "updates" if isinstance(operation, ops.Update) else "deletes"
        yield context.finding(
            step,
            f"One statement {verb} all matching rows of {relation} in one go: each stays locked until the last one is"
            " done and the transaction ends, and replicas fall behind meanwhile",
            help="work in batches along the primary key, each committed on its own",
            fixes=_batches(step, operation, relation, context),
        )


def _fills_new_columns(operation: ops.Update | ops.Delete, relation: QName, before: CatalogView) -> bool:
    return isinstance(operation, ops.Update) and sets_only_new_columns(operation, relation, before)


def _batches(step: Step, operation: ops.Update | ops.Delete, relation: QName, context: Context) -> tuple[Fix, ...]:
    """A loop over the table by its one-column primary key, where the statement is simple enough to take over."""
    table = step.before.table(relation)
    if key_column(table) is None or operation.joins or context.body is not None or operation.returning:
        return ()
    statement, where = sql.split_where(sql.without_semicolon(context.text(step)))
    alias = sql.quote(operation.alias) if operation.alias is not None else None
    loop = in_batches(step, context, relation, statement, where, alias)
    return (context.fix_without_transaction(step, "In batches that commit", loop),) if loop is not None else ()
