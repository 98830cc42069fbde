from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, MigrationPlan, Rule, Script


class EmptyMigration(Rule):
    """A script has nothing in it.

    An empty up script counts as applied and did nothing: the SQL was forgotten, or a merge lost it. An empty down
    script
    counts as rolled back and did nothing. A script that does nothing on purpose says so in a comment.

    Instead:
        Write the SQL, delete the file, or say in a comment why nothing is to be done.

    Sources:
        - the behaviour of the runners: a file without statements is recorded as applied (golang-migrate, Flyway, sqlx)
    """

    id = "empty-migration"
    category = "rollback"
    severity = "warning"
    dialects = ("postgres", "mysql", "sqlite")
    bad = (
        Example(sql="\n\n"),
        Example(sql="CREATE TABLE carts (id bigint);", down=""),
    )
    good = (
        Example(sql="-- The column was added by hand in production; see the runbook.\n", why="a comment says why"),
        Example(
            sql="CREATE TABLE carts (id bigint);",
            down="/* Carts are kept: orders refer to them. */",
            why="a down script that does nothing on purpose",
        ),
    )

    def check_migration(self, migration: MigrationPlan, context: Context) -> Iterator[Finding]:
        for plan in (migration, migration.down):
            if plan is None or plan.steps or plan.problems:
                continue
            script = plan.migration.up if plan.direction == "up" else plan.migration.down
            if script is None or not _is_blank(script):
                continue
            if plan.direction == "up":
                message = "nothing is in this migration: it will count as applied and change nothing"
            else:
                message = "nothing is in this down script: a rollback will count as done and change nothing"
            yield context.finding_at(
                context.file_place(script),
                message,
                migration=migration,
                help="write the SQL, or say in a comment why there is nothing to do",
            )


def _is_blank(script: Script) -> bool:
    """Whether the script's own stretches of the file have neither statements nor comments."""
    return not any(script.text[region.start : region.end].strip(" \t\r\n;") for region in script.regions)
