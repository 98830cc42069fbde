from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, ops, sets_only_new_columns


class UpdateWithoutWhere(Rule):
    """UPDATE without WHERE overwrites a column in every row.

    The old values are gone when the transaction commits, and no down script can bring them back. Every row is locked
    until then, and the table grows by a second copy of every row.

    Filling a column that the same migration adds loses nothing and is not told here (see unbatched-backfill).

    Instead:
        Name the rows with a WHERE. Where all rows are meant, keep the old values (a second column, a backup table) and
        work in batches.

    Sources:
        - https://www.postgresql.org/docs/current/sql-update.html
        - https://www.postgresql.org/docs/current/routine-vacuuming.html
    """

    id = "update-without-where"
    category = "destructive"
    severity = "warning"
    operations = (ops.Update,)
    dialects = ("postgres", "mysql", "sqlite")
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="UPDATE orders SET status = 'new';",
            line=1,
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY, email text);",
            sql="ALTER TABLE users ADD COLUMN phone text;\nUPDATE users SET phone = '', email = lower(email);",
            line=2,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD COLUMN net numeric;\nUPDATE orders SET net = total / 1.19;",
            why="the column was added by this migration: there is nothing to overwrite",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY, email text);\n"
            "CREATE TABLE emails (user_id bigint PRIMARY KEY, email text);",
            sql="UPDATE users SET email = emails.email FROM emails WHERE emails.user_id = users.id;",
            why="the join names the rows",
        ),
        Example(
            sql="CREATE TABLE plans (id bigint, price numeric);\nINSERT INTO plans VALUES (1, 5);\n"
            "UPDATE plans SET price = 6;",
            why="the table was made in this migration",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.Update)
        if operation.where is not None or operation.joins:
            return
        relation = context.resolve(step, operation.relation)
        before = context.migration.before if context.migration is not None else step.before
        if context.is_new(step, relation) or sets_only_new_columns(operation, relation, before):
            return
        table = before.table(relation)
        known = [c for c in operation.columns if table is None or not table.known or table.column(c) is not None]
        lost = ", ".join(known or operation.columns)
        yield context.finding(
            step,
            f"Every row of {relation} gets a new value in {lost}: the old ones are gone at commit, and writes to those"
            " rows wait until then",
            help="name the rows with a WHERE, or keep the old values and work in batches",
        )
