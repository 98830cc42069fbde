from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step


class MigrationFails(Rule):
    """The server will refuse this statement: the schema that the history has built by then does not allow it.

    Hotlint replays all migrations on a model of the schema. A column that is not there, a table that is made twice, a
    drop of something that another object needs: the server ends each with an error, on every database that this
    history built. In a transaction nothing of the migration remains; without one, the statements before this one stay,
    and the migration has to be repaired by hand.

    What the history never made is taken to exist, unless the configuration says that the history is complete
    (``history: complete``) or gives a baseline.

    Instead:
        Correct the statement, or the migration that should have made what is missing. If the object is made outside
        this history, give a schema dump as ``baseline``.

    Sources:
        - https://www.postgresql.org/docs/current/errcodes-appendix.html
        - the errors of PostgreSQL 12 to 18, measured statement by statement
    """

    id = "migration-fails"
    category = "correctness"
    severity = "error"
    directions = ("up", "down")

    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD COLUMN note text;\nALTER TABLE orders ALTER COLUMN amount SET NOT NULL;",
            line=2,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="CREATE TABLE orders (id bigint PRIMARY KEY, note text);",
            line=1,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);\nDROP TABLE orders;",
            sql="ALTER TABLE orders ADD COLUMN note text;",
            line=1,
        ),
    )
    good = (
        Example(
            sql="ALTER TABLE orders ALTER COLUMN amount SET NOT NULL;",
            why="The history never made the table: it may be older than the history, and may have that column.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, note text);",
            why="IF NOT EXISTS makes it do nothing: that may be a mistake, but it is no error.",
        ),
        Example(
            given='CREATE TABLE "Order" (id bigint PRIMARY KEY, "createdAt" timestamptz);',
            sql='ALTER TABLE "Order" RENAME COLUMN "createdAt" TO created_at;\nCREATE TABLE "order" (id bigint);',
            why='Quoted names keep their case: "Order" and "order" are two tables.',
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        error = step.impact.error
        if error is None or error.sqlstate in _TOLD_ELSEWHERE:
            return
        span = None if error.start is None else (error.start, step.statement.end)
        remains = "nothing of the migration remains"
        if not step.in_transaction:
            remains = "the statements before it have happened and stay"
        yield context.finding(
            step,
            f"The server refuses this: {error.message} (SQLSTATE {error.sqlstate}); {remains}.",
            span=span,
            help="If the object is made outside this history, give a schema dump as baseline in the configuration.",
        )


_TOLD_ELSEWHERE = frozenset(("25001",))  # not allowed in a transaction block: concurrent-in-transaction
