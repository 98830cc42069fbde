from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, ops


class DeleteWithoutWhere(Rule):
    """DELETE without WHERE removes every row.

    The rows are gone when the transaction commits, with those of every table that refers to them ON DELETE CASCADE, and
    no down script can bring them back.

    Instead:
        Name the rows with a WHERE. Where all of them are meant, keep a copy, and delete in batches.

    Sources:
        - https://www.postgresql.org/docs/current/sql-delete.html
        - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
    """

    id = "delete-without-where"
    category = "destructive"
    severity = "error"
    operations = (ops.Delete,)
    dialects = ("postgres", "mysql", "sqlite")
    bad = (
        Example(given="CREATE TABLE orders (id bigint PRIMARY KEY);", sql="DELETE FROM orders;", line=1),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);\n"
            "CREATE TABLE posts (id bigint, user_id bigint REFERENCES users ON DELETE CASCADE);",
            sql="ALTER TABLE users ADD COLUMN email text;\nDELETE FROM users;",
            line=2,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="DELETE FROM orders WHERE status = 'test';",
            why="a WHERE names the rows",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);\nCREATE TABLE test_orders (id bigint);",
            sql="DELETE FROM orders USING test_orders WHERE test_orders.id = orders.id;",
            why="the join names the rows",
        ),
        Example(
            sql="CREATE TEMPORARY TABLE staging (id bigint);\nINSERT INTO staging VALUES (1);\nDELETE FROM staging;",
            why="the table was made in this migration",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.Delete)
        if operation.where is not None or operation.joins:
            return
        relation = context.resolve(step, operation.relation)
        if context.is_new(step, relation):
            return
        followers = [
            str(table.name)
            for table, constraint in step.before.referencing(relation)
            if constraint.on_delete == "cascade" and table.name != relation
        ]
        also = f", and with them those of {', '.join(sorted(set(followers)))} that refer to them" if followers else ""
        yield context.finding(
            step,
            f"Every row of {relation} is deleted{also}: nothing brings them back after the commit",
            help="name the rows with a WHERE; where all are meant, keep a copy first",
        )
