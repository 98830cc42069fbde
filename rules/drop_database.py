from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, ops, sql


class DropDatabase(Rule):
    """DROP DATABASE destroys a whole database, and there is no way back but a backup.

    It is not part of any transaction: it cannot be rolled back. A migration runs on every server that your tool is
    pointed at, and so does this statement.

    Instead:
        Drop a database by hand, never in a migration. Where it must be here, forbid connections first, and drop it when
        nobody has missed it.

    Sources:
        - https://www.postgresql.org/docs/current/sql-dropdatabase.html
        - the server's dbcommands.c, dropdb
    """

    id = "drop-database"
    category = "destructive"
    severity = "error"
    operations = (ops.DropObject,)

    bad = (
        Example(
            sql="DROP DATABASE reports;",
            transaction=False,
            line=1,
            fix="ALTER DATABASE reports ALLOW_CONNECTIONS false;",
        ),
        Example(
            sql='SELECT 1;\nDROP DATABASE IF EXISTS "oldReports" WITH (FORCE);',
            transaction=False,
            line=2,
            fix='ALTER DATABASE "oldReports" ALLOW_CONNECTIONS false;',
        ),
    )
    good = (
        Example(
            sql="DROP DATABASE reports;",
            why="In a transaction the server refuses it, which migration-fails tells: nothing is lost.",
        ),
        Example(
            sql="COMMENT ON TABLE jobs IS 'DROP DATABASE reports';\nSELECT 'DROP DATABASE reports';",
            transaction=False,
            why="The words stand in a string.",
        ),
        Example(
            sql="CREATE DATABASE reports;\nALTER DATABASE reports SET work_mem = '64MB';",
            transaction=False,
            why="Nothing goes.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.DropObject)
        if operation.kind != "database" or step.impact.error is not None or step.impact.skipped:
            return
        name = sql.quote(operation.name.name)
        yield context.finding(
            step,
            f"DROP DATABASE destroys {name} with everything in it, on every server where this migration runs; it cannot"
            " be rolled back",
            help="Drop a database by hand, with a backup at hand, never in a migration.",
            fixes=(
                context.fix(
                    "Forbid connections first, which can be undone", f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"
                ),
            ),
        )
