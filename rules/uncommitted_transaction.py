from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, ops


class UncommittedTransaction(Rule):
    """BEGIN without COMMIT: the changes are lost when the connection closes.

    The server rolls an open transaction back when its connection ends. The tool has recorded the migration as applied,
    and nothing of it is there; until the connection ends, its locks are held.

    Instead:
        Put COMMIT at the end of the script, or take the BEGIN away.

    Sources:
        - https://www.postgresql.org/docs/current/sql-begin.html
        - measured on PostgreSQL 12 to 18
    """

    id = "uncommitted-transaction"
    category = "transaction"
    severity = "error"
    operations = (ops.Transaction,)
    directions = ("up", "down")
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint);",
            sql="BEGIN;\nALTER TABLE orders ADD COLUMN note text;",
            transaction=False,
            line=1,
        ),
        Example(
            sql="BEGIN;\nCREATE TABLE carts (id bigint);\nCOMMIT;\nBEGIN;\nCREATE TABLE items (id bigint);",
            transaction=False,
            line=4,
        ),
    )
    good = (
        Example(
            sql="BEGIN;\nCREATE TABLE carts (id bigint);\nEND;",
            transaction=False,
            why="END is another word for COMMIT",
        ),
        Example(
            sql="BEGIN;\nCREATE TABLE carts (id bigint);",
            why="the tool commits at the end of the file; the BEGIN only warns, which transaction-nesting tells",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.Transaction)
        info = step.transaction
        if operation.command != "begin" or info.ended != "open" or info.first_step != step.index:
            return
        count = info.last_step - info.first_step
        what = "the statement after it is" if count == 1 else f"the {count} statements after it are"
        yield context.finding(
            step,
            f"This transaction is never committed: {what} rolled back when the connection closes, though the migration"
            " counts as applied",
            help="end the script with COMMIT",
            fixes=(context.fix_at_end("Commit at the end of the script", "COMMIT"),),
        )
