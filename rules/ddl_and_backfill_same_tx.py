from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, is_bulk, ops


class DdlAndBackfillSameTx(Rule):
    """Many rows are changed in a transaction that already holds ACCESS EXCLUSIVE on a table.

    ``ALTER TABLE … ADD COLUMN`` takes a moment, and its lock stays until the transaction ends. The UPDATE that fills
    the new column takes as long as it takes to write every row; until then the table can be neither read nor written.

    Instead:
        Two migrations: one that changes the schema, one that fills the column in batches.

    Sources:
        - https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
        - measured on PostgreSQL 12 to 18: locks are held until the transaction ends
    """

    id = "ddl-and-backfill-same-tx"
    category = "transaction"
    severity = "warning"
    operations = (ops.Insert, ops.Update, ops.Delete)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD COLUMN net numeric;\nUPDATE orders SET net = total / 1.19;",
            line=2,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="BEGIN;\nALTER TABLE orders ADD COLUMN note text;\n"
            "DELETE FROM orders WHERE status = 'cancelled';\nCOMMIT;",
            transaction=False,
            line=3,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD COLUMN net numeric;\nUPDATE orders SET net = total / 1.19;",
            transaction=False,
            why="without a transaction the lock is gone when the UPDATE starts",
        ),
        Example(
            given="CREATE TABLE plans (id bigint PRIMARY KEY, name text);",
            sql="ALTER TABLE plans ADD COLUMN price numeric;\nUPDATE plans SET price = 5 WHERE id = 1;",
            why="one row, found by its primary key",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="CREATE TABLE totals (id bigint, total numeric);\nINSERT INTO totals SELECT id, total FROM orders;",
            why="nobody can see the new table yet, and reading the old one blocks nobody",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.Write)
        held = next((h for h in step.held if h.lock.mode == "ACCESS EXCLUSIVE" and h.lock.kind != "index"), None)
        relation = context.resolve(step, operation.relation)
        if held is None or not is_bulk(operation, relation, step.before):
            return
        if context.is_new(step, relation) and not isinstance(operation, ops.Insert):
            return
        taken = context.step(held.step)
        line = taken.script.position(taken.statement.start).line
        doing = {ops.Insert: "fills", ops.Update: "updates", ops.Delete: "deletes from"}[type(operation)]
        what = "it" if relation == held.lock.relation else str(relation)
        yield context.finding(
            step,
            f"{held.lock.relation} is locked since line {line} and can be neither read nor written while this statement"
            f" {doing} {what}, row by row",
            relations=tuple(dict.fromkeys((held.lock.relation, relation))),
            related=(context.related(taken, f"ACCESS EXCLUSIVE on {held.lock.relation} is taken here"),),
            help="change the schema in one migration and the rows in the next",
        )
