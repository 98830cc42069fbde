from __future__ import annotations

from hotlint.rule import Example, ProblemRule


class BadFileName(ProblemRule):
    """A file among the migrations has a name that the tool does not take for a migration.

    The tool passes over it without a word: the change is reviewed, merged, and never applied.

    Instead:
        Rename it to fit its neighbours, or move it out of the folder of migrations.

    Sources:
        - the naming rules of each framework, in docs/frameworks.md
    """

    id = "bad-file-name"
    category = "ordering"
    severity = "warning"
    bad = (
        Example(
            files={
                "migrations/0001_orders.up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/0001_orders.down.sql": "DROP TABLE orders;",
                "migrations/0002_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "migrations/0002_note.down.sql": "ALTER TABLE orders DROP COLUMN note;",
                "migrations/status.sql": "ALTER TABLE orders ADD COLUMN status text;",
            },
        ),
        Example(
            files={
                "db/migration/V1__orders.sql": "CREATE TABLE orders (id bigint);",
                "db/migration/V2__note.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "db/migration/V3_status.sql": "ALTER TABLE orders ADD COLUMN status text;",
            },
        ),
    )
    good = (
        Example(
            files={
                "db/migration/V1__orders.sql": "CREATE TABLE orders (id bigint);",
                "db/migration/V2__note.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "db/migration/R__order_view.sql": "CREATE OR REPLACE VIEW order_ids AS SELECT id FROM orders;",
            },
            why="a repeatable migration has no version",
        ),
        Example(
            files={
                "migrations/20240101000000_orders.sql": "CREATE TABLE orders (id bigint);",
                "migrations/20240102000000_note.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "queries/report.sql": "SELECT count(*) FROM orders;",
            },
            why="a query outside the folder of migrations is nobody's migration",
        ),
    )
