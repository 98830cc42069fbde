from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, added, ops


class AddExclusionConstraint(Rule):
    """ADD EXCLUDE builds an index and compares all rows while the table can be neither read nor written.

    The statement takes ACCESS EXCLUSIVE on the table and keeps it until its transaction ends: every row goes into an
    index, mostly a GiST one, which is slower to build than a B-tree, and is then looked up in it. There is no NOT VALID
    for it, no USING INDEX, and its index cannot be built concurrently. The same holds for UNIQUE and PRIMARY KEY with
    WITHOUT OVERLAPS (18).

    Instead:
        Where the table is large, make a new one with the constraint, fill it in batches, and exchange the two. Where it
        is small, set a lock_timeout and choose a quiet hour.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html
        - index.c: IndexCheckExclusion; parse_utilcmd.c: transformIndexConstraint; measured on PostgreSQL 12 to 18
    """

    id = "add-exclusion-constraint"
    category = "locking"
    severity = "error"
    operations = (ops.AddConstraint,)
    bad = (
        Example(
            given="CREATE TABLE bookings (id bigint PRIMARY KEY, room int, during tstzrange);",
            sql="ALTER TABLE bookings ADD CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&);",
            line=1,
        ),
        Example(
            given="CREATE TABLE hotel.bookings (id bigint PRIMARY KEY, during tstzrange);",
            sql="ALTER TABLE hotel.bookings\n  ADD COLUMN note text,\n  ADD EXCLUDE USING gist (during WITH &&);",
            line=3,
        ),
        Example(
            given="CREATE TABLE bookings (room int4range, during tstzrange);",
            sql="ALTER TABLE bookings ADD CONSTRAINT one_guest UNIQUE (room, during WITHOUT OVERLAPS);",
            server=18,
            line=1,
        ),
    )
    good = (
        Example(
            sql="CREATE TABLE bookings (id bigint PRIMARY KEY, during tstzrange);\n"
            "ALTER TABLE bookings ADD EXCLUDE USING gist (during WITH &&);",
            why="The table is made in the same migration and has no rows.",
        ),
        Example(
            given="CREATE TABLE bookings (id bigint PRIMARY KEY, during tstzrange);",
            sql="CREATE INDEX CONCURRENTLY bookings_during ON bookings USING gist (during);",
            transaction=False,
            why="A GiST index is no constraint, and is built concurrently.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        for constraint in added(step, operation, context, "exclude", "unique", "primary key"):
            definition = constraint.definition
            lock = context.busy_lock(step, constraint.relation, "build", "rewrite")
            if lock is None or not (definition.kind == "exclude" or definition.without_overlaps):
                continue
            what = "EXCLUDE" if definition.kind == "exclude" else f"{definition.kind.upper()} … WITHOUT OVERLAPS"
            yield context.finding(
                step,
                f"ADD {what} builds its index and compares all rows under {lock.mode} on {lock.relation}: "
                f"{context.blocked(step, lock)}",
                help="there is no way to add it to a table in use: fill a new table that has it in batches and exchange"
                " the two, or set a lock_timeout and choose a quiet hour",
            )
