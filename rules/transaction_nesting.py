from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, ops


class TransactionNesting(Rule):
    """BEGIN or COMMIT where the transaction is not the script's own.

    A COMMIT in a script that the tool wraps ends the tool's transaction: what follows is committed statement by
    statement, and a failure later in the file leaves half a migration behind that the tool believes undone. A BEGIN
    inside a transaction and a COMMIT outside of one do nothing but warn, and whoever wrote them believed otherwise.

    Instead:
        Leave BEGIN and COMMIT to the tool, or switch its transaction off for this migration and write both.

    Sources:
        - xact.c: BeginTransactionBlock, EndTransactionBlock (warnings 25001 and 25P01)
        - measured on PostgreSQL 12 to 18
    """

    id = "transaction-nesting"
    category = "transaction"
    severity = "warning"
    operations = (ops.Transaction,)
    directions = ("up", "down")
    bad = (
        Example(
            sql="ALTER TABLE orders ADD COLUMN note text;\nCOMMIT;\nALTER TABLE orders ADD COLUMN tag text;",
            given="CREATE TABLE orders (id bigint);",
            line=2,
        ),
        Example(sql="BEGIN;\nCREATE TABLE carts (id bigint);\nCOMMIT;", line=1),
        Example(sql="CREATE TABLE carts (id bigint);\nCOMMIT;", transaction=False, line=2),
        Example(sql="BEGIN;\nCREATE TABLE carts (id bigint);\nBEGIN;\nCOMMIT;", transaction=False, line=3),
    )
    good = (
        Example(
            sql="BEGIN;\nCREATE TABLE carts (id bigint);\nCOMMIT;\nBEGIN;\nDROP TABLE carts;\nCOMMIT;",
            transaction=False,
            why="each BEGIN has its COMMIT, and the tool has no transaction of its own",
        ),
        Example(
            sql="SAVEPOINT before_carts;\nCREATE TABLE carts (id bigint);\nRELEASE before_carts;",
            why="a savepoint is how a part of a transaction is undone; it does not end it",
        ),
        Example(
            sql="DO $$\nBEGIN\n  CREATE TABLE carts (id bigint);\nEND\n$$;",
            why="BEGIN and END of a PL/pgSQL block are not the transaction's",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.Transaction)
        tool = context.project.framework
        kind = step.transaction.kind
        if operation.command == "begin" and step.transaction.first_step < step.index and kind != "implicit":
            who = f"{tool} has opened one around this migration" if kind == "framework" else "one is open already"
            message = f"BEGIN does nothing but warn here: {who}"
        elif operation.command == "begin" and kind == "framework":
            message = f"BEGIN does nothing but warn here: {tool} has opened a transaction around this migration"
        elif operation.command in ("commit", "rollback") and kind == "framework":
            word = operation.command.upper()
            message = (
                f"{word} ends the transaction that {tool} put around this migration: what follows is committed"
                " statement by statement, and a failure after it leaves half a migration behind"
            )
        elif operation.command in ("commit", "rollback") and not step.in_transaction:
            message = f"{operation.command.upper()} does nothing but warn here: no transaction is open"
        else:
            return
        policy = context.project.no_transaction
        help = f"leave BEGIN and COMMIT to {tool}"
        if kind == "framework" and policy is not None:
            help += f", or switch its transaction off: {policy.help}"
        yield context.finding(step, message, help=help)
