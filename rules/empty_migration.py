from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, MigrationPlan, Rule, Script


class EmptyMigration(Rule):
    """A migration has nothing in it.

    It counts as applied and did nothing: the SQL was forgotten, or a merge lost it. A script that does nothing on
    purpose says so in a comment. What an empty down script leaves behind, down-not-inverse-of-up tells.

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
        Example(
            files={
                "migrations/00001_orders.sql": "-- +goose Up\nCREATE TABLE orders (id bigint);\n",
                "migrations/00002_note.sql": "-- +goose Up\n-- +goose Down\n",
            },
        ),
    )
    good = (
        Example(sql="-- The column was added by hand in production; see the runbook.\n", why="a comment says why"),
        Example(
            sql="CREATE TABLE carts (id bigint);",
            down="",
            why="the migration does something; whether its down script undoes it is another rule's question",
        ),
    )

    def check_migration(self, migration: MigrationPlan, context: Context) -> Iterator[Finding]:
        script = migration.migration.up
        if migration.steps or migration.problems or not _is_blank(script):
            return
        yield context.finding_at(
            context.file_place(script),
            "Nothing is in this migration: it will count as applied and change nothing",
            migration=migration,
            help="write the SQL, or say in a comment why there is nothing to do",
        )


def _is_blank(script: Script) -> bool:
    """Whether the script's own stretches of the file have neither statements nor comments."""
    return not any(script.text[region.start : region.end].strip(" \t\r\n;") for region in script.regions)
