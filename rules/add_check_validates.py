from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, added, in_two_steps, ops


class AddCheckValidates(Rule):
    """ADD CHECK reads every row while the table can be neither read nor written.

    The statement takes ACCESS EXCLUSIVE on the table and keeps it until its transaction ends; meanwhile the expression
    is evaluated for each row that is there. With NOT VALID no row is read, and the constraint holds for new rows from
    then on; VALIDATE CONSTRAINT then reads the old ones while everyone goes on working.

    A CHECK behind the new column of an ADD COLUMN is checked in the same way.

    Instead:
        ``ADD CONSTRAINT … CHECK (…) NOT VALID`` and, in a later transaction, ``VALIDATE CONSTRAINT``.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT
        - tablecmds.c: ATAddCheckNNConstraint, ATRewriteTable; locks and scans measured on PostgreSQL 12 to 18
    """

    id = "add-check-validates"
    category = "scan"
    severity = "error"
    operations = (ops.AddConstraint, ops.AddColumn)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0);",
            line=1,
            fix="ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;\n"
            "-- in the next migration:\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT total_positive;",
        ),
        Example(
            given="CREATE TABLE app.orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE app.orders\n  DROP COLUMN IF EXISTS note,\n  ADD CHECK (total > 0), -- no free lunch\n"
            "  ADD CHECK (total < 1000000);",
            transaction=False,
            line=3,
            fix="ALTER TABLE app.orders\n  DROP COLUMN IF EXISTS note,\n"
            "  ADD CONSTRAINT orders_total_check CHECK (total > 0) NOT VALID, -- no free lunch\n"
            "  ADD CHECK (total < 1000000);\n"
            "ALTER TABLE app.orders VALIDATE CONSTRAINT orders_total_check;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'paid'));",
            transaction=False,
            line=1,
            fix="ALTER TABLE orders ADD COLUMN status text NOT NULL DEFAULT 'new';\n"
            "ALTER TABLE orders ADD CONSTRAINT orders_status_check CHECK (status IN ('new', 'paid')) NOT VALID;\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT orders_status_check;",
        ),
        Example(
            given="CREATE TABLE events (n int, at date NOT NULL) PARTITION BY RANGE (at);\n"
            "CREATE TABLE events_26 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
            sql="ALTER TABLE events ADD CONSTRAINT n_positive CHECK (n > 0);",
            transaction=False,
            line=1,
            fix="ALTER TABLE events ADD CONSTRAINT n_positive CHECK (n > 0) NOT VALID;\n"
            "ALTER TABLE events VALIDATE CONSTRAINT n_positive;",
        ),
        Example(
            given="CREATE TABLE orders (status text, CONSTRAINT known CHECK (status IN ('new', 'paid')));",
            sql="ALTER TABLE orders\n  DROP CONSTRAINT known,\n"
            "  ADD CONSTRAINT known CHECK (status IN ('new', 'paid', 'sent'));",
            transaction=False,
            line=3,
            fix="ALTER TABLE orders\n  DROP CONSTRAINT known,\n"
            "  ADD CONSTRAINT known CHECK (status IN ('new', 'paid', 'sent')) NOT VALID;\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT known;",
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;",
            why="No row is read.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT ENFORCED;",
            server=18,
            why="What is not enforced is not checked.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);\n"
            "ALTER TABLE orders ADD CHECK (total > 0);",
            why="The table is made in the same migration and has no rows of anyone's.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE invoices RENAME TO bills;\nALTER TABLE orders ADD CHECK (amount > 0);",
            why="The server refuses it, for a column that is not there: migration-fails tells that.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        for constraint in added(step, operation, context, "check"):
            names = (constraint.definition.name, constraint.name)
            scanned = [s.relation for s in step.impact.scans if s.reason == "check" and s.name in names]
            locks = [
                lock for lock in map(step.impact.lock_on, scanned) if lock is not None and context.blocked(step, lock)
            ]
            if not locks:
                continue
            others = f" and {len(locks) - 1} more tables" if len(locks) > 2 else ""
            others = f" and {locks[1].relation}" if len(locks) == 2 else others
            fix = in_two_steps(step, context, constraint)
            yield context.finding(
                step,
                f"ADD CHECK reads every row of {locks[0].relation}{others} under {locks[0].mode}: "
                f"{context.blocked(step, locks[0])}",
                help="a CHECK that is NOT VALID holds for new rows at once; VALIDATE reads the old ones while everyone"
                " goes on working",
                fixes=() if fix is None else (fix,),
            )
