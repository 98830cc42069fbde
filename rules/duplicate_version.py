from __future__ import annotations

from hotlint.rule import Example, ProblemRule


class DuplicateVersion(ProblemRule):
    """Two migrations claim one version.

    It happens when two branches take the next free number and both are merged. Some tools refuse to start, some run the
    one that sorts first and count the other as applied: its changes are missing in some databases and present in
    others.

    Instead:
        Give the newer of the two the next free number.

    Sources:
        - golang-migrate, "duplicate migration file"; goose, "duplicate version"; Flyway, "Found more than one migration
          with version"
    """

    id = "duplicate-version"
    category = "ordering"
    severity = "error"
    bad = (
        Example(
            files={
                "migrations/0001_orders.up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/0002_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "migrations/0002_status.up.sql": "ALTER TABLE orders ADD COLUMN status text;",
            },
        ),
        Example(
            files={
                "db/migration/V1__orders.sql": "CREATE TABLE orders (id bigint);",
                "db/migration/V1.1__note.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "db/migration/V1_1__status.sql": "ALTER TABLE orders ADD COLUMN status text;",
            },
        ),
    )
    good = (
        Example(
            files={
                "migrations/0001_orders.up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/0001_orders.down.sql": "DROP TABLE orders;",
                "migrations/0002_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "migrations/0002_note.down.sql": "ALTER TABLE orders DROP COLUMN note;",
            },
            why="an up and a down script share their version on purpose",
        ),
        Example(
            files={
                "migrations/0001_orders.postgres.up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/0001_orders.mysql.up.sql": "CREATE TABLE orders (id bigint);",
                "migrations/0002_note.postgres.up.sql": "ALTER TABLE orders ADD COLUMN note text;",
                "migrations/0002_note.mysql.up.sql": "ALTER TABLE orders ADD COLUMN note text;",
            },
            why="one migration written for two databases is not two migrations",
        ),
    )
