from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, MigrationPlan, Rule


class MissingDownSection(Rule):
    """A migration file has no Down section, in a project whose migrations have them.

    goose, dbmate, sql-migrate and their relatives keep both directions in one file. Without the Down section a rollback
    counts as done and undoes nothing, and the next attempt to migrate fails on what is still there.

    Instead:
        Write the Down section, or put a comment into it that says why there is no way back.

    Sources:
        - goose, dbmate and sql-migrate: an absent section is run as an empty one
    """

    id = "missing-down-section"
    category = "rollback"
    severity = "warning"
    dialects = ("postgres", "mysql", "sqlite")
    bad = (
        Example(
            files={
                "migrations/00001_orders.sql": "-- +goose Up\nCREATE TABLE orders (id bigint);\n"
                "-- +goose Down\nDROP TABLE orders;\n",
                "migrations/00002_note.sql": "-- +goose Up\nALTER TABLE orders ADD COLUMN note text;\n",
            },
        ),
        Example(
            files={
                "migrations/20240101000000-orders.sql": "-- +migrate Up\nCREATE TABLE orders (id bigint);\n"
                "-- +migrate Down\nDROP TABLE orders;\n",
                "migrations/20240102000000-note.sql": "-- +migrate Up\nALTER TABLE orders ADD COLUMN note text;\n",
            },
        ),
    )
    good = (
        Example(
            files={
                "migrations/00001_orders.sql": "-- +goose Up\nCREATE TABLE orders (id bigint);\n",
                "migrations/00002_note.sql": "-- +goose Up\nALTER TABLE orders ADD COLUMN note text;\n",
            },
            why="this project rolls forward only",
        ),
        Example(
            files={
                "migrations/00001_orders.sql": "-- +goose Up\nCREATE TABLE orders (id bigint);\n"
                "-- +goose Down\nDROP TABLE orders;\n",
                "migrations/00002_note.sql": "-- +goose Up\nALTER TABLE orders ADD COLUMN note text;\n"
                "-- +goose Down\n-- Notes are legal records: they stay.\n",
            },
            why="the section is there and says why there is no way back",
        ),
    )

    def check_migration(self, migration: MigrationPlan, context: Context) -> Iterator[Finding]:
        this = migration.migration
        if context.project.down_style != "section" or this.down is not None or this.repeatable:
            return
        if not context.downs_are_usual:
            return
        yield context.finding_at(
            context.file_place(this.up),
            "This file has no Down section: a rollback will count as done and undo nothing",
            migration=migration,
            help="write the Down section, or put a comment into it that says why there is no way back",
        )
