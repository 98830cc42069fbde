from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, MigrationPlan, Rule


class MissingDownFile(Rule):
    """An up script has no down script, in a project whose migrations have them.

    When the release has to be taken back, this migration cannot: somebody writes the SQL by hand, on production, in a
    hurry. Projects that never write down scripts are left in peace.

    Instead:
        Write the down script, or one with a comment that says why there is no way back.

    Sources:
        - the up and down pairs of golang-migrate, diesel, Sqitch and their relatives
    """

    id = "missing-down-file"
    category = "rollback"
    severity = "warning"
    dialects = ("postgres", "mysql", "sqlite")
    bad = (
        Example(
            files={
                "migrations/0001_orders.up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/0001_orders.down.sql": "DROP TABLE orders;",
                "migrations/0002_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;",
            },
        ),
        Example(
            files={
                "migrations/2024-01-01-000000_orders/up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/2024-01-01-000000_orders/down.sql": "DROP TABLE orders;",
                "migrations/2024-01-02-000000_note/up.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "migrations/2024-01-02-000000_note/down.sql": "ALTER TABLE orders DROP COLUMN note;",
                "migrations/2024-01-03-000000_tag/up.sql": "ALTER TABLE orders ADD COLUMN tag text;",
            },
        ),
    )
    good = (
        Example(
            files={
                "migrations/0001_orders.up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/0002_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;",
            },
            why="this project rolls forward only",
        ),
        Example(
            files={
                "migrations/0001_orders.up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/0001_orders.down.sql": "DROP TABLE orders;",
                "migrations/0002_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "migrations/0002_note.down.sql": "-- Notes are legal records: they stay.",
            },
            why="the file is there and says why there is no way back",
        ),
    )

    def check_migration(self, migration: MigrationPlan, context: Context) -> Iterator[Finding]:
        project = context.project
        this = migration.migration
        if project.down_style != "file" or this.down is not None or this.repeatable:
            return
        if not context.downs_are_usual:
            return
        yield context.finding_at(
            context.file_place(this.up),
            "This migration has no down script: it cannot be rolled back, as the others of this project can",
            migration=migration,
            help="write the down script, or one with a comment that says why there is no way back",
        )
