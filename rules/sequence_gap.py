from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hotlint.rule import Context, Example, Finding, Migration, MigrationPlan, Rule

# A history is counted by ones when at least this share of its steps from one number to the next is one.
_MOSTLY = 0.8


class SequenceGap(Rule):
    """The numbers of the migrations have a hole.

    Where migrations are counted 1, 2, 3, a missing number is a file that was lost in a merge, or one that another
    branch is about to bring: it will run after its successors in some databases and before them in others.

    Instead:
        Restore the file, or give this migration the next number.

    Sources:
        - Atlas, sqlcheck's non-linear history; go-migrate-style numbering
    """

    id = "sequence-gap"
    category = "ordering"
    severity = "warning"
    dialects = ("postgres", "mysql", "sqlite")
    bad = (
        Example(
            files={
                "migrations/0001_orders.up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/0002_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "migrations/0003_status.up.sql": "ALTER TABLE orders ADD COLUMN status text;",
                "migrations/0004_total.up.sql": "ALTER TABLE orders ADD COLUMN total numeric;",
                "migrations/0005_paid.up.sql": "ALTER TABLE orders ADD COLUMN paid boolean;",
                "migrations/0007_tag.up.sql": "ALTER TABLE orders ADD COLUMN tag text;",
            },
        ),
        Example(
            files={
                "db/migration/V1__orders.sql": "CREATE TABLE orders (id bigint);",
                "db/migration/V2__note.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "db/migration/V3__status.sql": "ALTER TABLE orders ADD COLUMN status text;",
                "db/migration/V4__total.sql": "ALTER TABLE orders ADD COLUMN total numeric;",
                "db/migration/V5__paid.sql": "ALTER TABLE orders ADD COLUMN paid boolean;",
                "db/migration/V9__tag.sql": "ALTER TABLE orders ADD COLUMN tag text;",
            },
        ),
    )
    good = (
        Example(
            files={
                "migrations/0010_orders.up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/0020_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "migrations/0030_status.up.sql": "ALTER TABLE orders ADD COLUMN status text;",
            },
            why="counting by tens leaves room on purpose",
        ),
        Example(
            files={
                "migrations/20240101000000_orders.up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/20240202000000_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;",
            },
            why="timestamps have no next number",
        ),
        Example(
            files={
                "migrations/0041_orders.up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/0042_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "migrations/0043_status.up.sql": "ALTER TABLE orders ADD COLUMN status text;",
            },
            why="a history may start anywhere: older migrations were squashed",
        ),
    )

    def check_migration(self, migration: MigrationPlan, context: Context) -> Iterator[Finding]:
        project = context.project
        if project.numbering != "integer":
            return
        number = _number(migration.migration)
        numbers = context.once("numbers", lambda: _counted_by_ones(project.migrations))
        if number is None or not numbers or number - 1 in numbers or number == min(numbers):
            return
        previous = max(n for n in numbers if n < number)
        missing = f"Number {number - 1}" if number - previous == 2 else f"Numbers {previous + 1} to {number - 1}"
        yield context.finding_at(
            context.file_place(migration.migration.up),
            f"{missing} {'is' if number - previous == 2 else 'are'} missing before this migration: a file was lost, or"
            " another branch will bring it and it will run out of order",
            migration=migration,
            help=f"restore the file, or number this migration {previous + 1}",
        )


def _number(migration: Migration) -> int | None:
    return int(migration.id) if migration.id.isdigit() and not migration.repeatable else None


def _counted_by_ones(migrations: tuple[Migration, ...]) -> frozenset[int]:
    """All numbers, or nothing where the history is not counted by ones."""
    numbers = sorted({n for n in map(_number, migrations) if n is not None})
    steps = [after - before for before, after in pairwise(numbers)]
    return frozenset(numbers) if steps and steps.count(1) >= _MOSTLY * len(steps) else frozenset()
