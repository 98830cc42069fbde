from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, ops
from hotlint.rule import not_null_steps as steps_to_not_null


class SetNotNull(Rule):
    """SET NOT NULL reads every row while the table can be neither read nor written.

    The statement takes ACCESS EXCLUSIVE on the table and keeps it until its transaction ends; meanwhile each row is
    looked at for a null. The server leaves that out where a valid CHECK on the table proves that there is none, and
    such a CHECK can be validated while everyone goes on working. From PostgreSQL 18 on, NOT NULL itself can be added
    NOT VALID.

    Instead:
        Up to PostgreSQL 17: add ``CHECK (column IS NOT NULL) NOT VALID``; in a later transaction validate it, SET NOT
        NULL, and drop the CHECK. From 18 on: ``ADD CONSTRAINT … NOT NULL column NOT VALID``, then VALIDATE CONSTRAINT.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL
        - tablecmds.c: NotNullImpliedByRelConstraints; locks and scans measured on PostgreSQL 12 to 18
    """

    id = "set-not-null"
    category = "scan"
    severity = "error"
    operations = (ops.SetNotNull, ops.AddConstraint)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, email text);",
            sql="ALTER TABLE orders ALTER COLUMN email SET NOT NULL;",
            line=1,
            fix="ALTER TABLE orders ADD CONSTRAINT orders_email_not_null CHECK (email IS NOT NULL) NOT VALID;\n"
            "-- in the next migration:\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT orders_email_not_null;\n"
            "ALTER TABLE orders ALTER COLUMN email SET NOT NULL;\n"
            "ALTER TABLE orders DROP CONSTRAINT orders_email_not_null;",
        ),
        Example(
            given='CREATE TABLE app."Order" (id bigint PRIMARY KEY, "createdAt" timestamptz);',
            sql='ALTER TABLE app."Order"\n  ADD COLUMN note text,\n  ALTER COLUMN "createdAt" SET NOT NULL;',
            server=18,
            transaction=False,
            line=3,
            fix='ALTER TABLE app."Order"\n  ADD COLUMN note text;\n'
            'ALTER TABLE app."Order" ADD CONSTRAINT "Order_createdAt_not_null" NOT NULL "createdAt" NOT VALID;\n'
            'ALTER TABLE app."Order" VALIDATE CONSTRAINT "Order_createdAt_not_null";',
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, email text);\n"
            "ALTER TABLE orders ADD CONSTRAINT has_email CHECK (email IS NOT NULL) NOT VALID;",
            sql="ALTER TABLE orders ALTER COLUMN email SET NOT NULL;",
            line=1,
            fix="ALTER TABLE orders VALIDATE CONSTRAINT has_email;\n"
            "ALTER TABLE orders ALTER COLUMN email SET NOT NULL;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, email text);",
            sql="ALTER TABLE orders ADD CONSTRAINT email_there NOT NULL email;",
            server=18,
            line=1,
            fix="ALTER TABLE orders ADD CONSTRAINT email_there NOT NULL email NOT VALID;\n"
            "-- in the next migration:\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT email_there;",
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, email text);\n"
            "ALTER TABLE orders ADD CONSTRAINT has_email CHECK (email IS NOT NULL) NOT VALID;\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT has_email;",
            sql="ALTER TABLE orders ALTER COLUMN email SET NOT NULL;\nALTER TABLE orders DROP CONSTRAINT has_email;",
            why="A CHECK that an earlier migration validated proves it: no row is read.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, email text NOT NULL);",
            sql="ALTER TABLE orders ALTER COLUMN email SET NOT NULL;",
            why="The column is NOT NULL already.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, email text,\n"
            "  CONSTRAINT one_of CHECK (email IS NOT NULL AND length(email) > 3));",
            sql="ALTER TABLE orders ALTER COLUMN email SET NOT NULL;",
            why="One part of a valid CHECK says it.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY, email text);\n"
            "ALTER TABLE orders ALTER COLUMN email SET NOT NULL;",
            why="The table is made in the same migration.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, email text);",
            sql="ALTER TABLE orders ADD CONSTRAINT email_there NOT NULL email NOT VALID;",
            server=18,
            why="NOT VALID: no row is read.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        name = None
        if isinstance(operation, ops.SetNotNull):
            column, words = operation.column, "SET NOT NULL"
        elif isinstance(operation, ops.AddConstraint) and operation.constraint.kind == "not null":
            column, words = operation.constraint.columns[0], "ADD NOT NULL"
            name = operation.constraint.name
        else:
            return
        relation = context.resolve(step, operation.relation)
        scanned = [s.relation for s in step.impact.scans if s.reason == "not null" and s.name == column]
        if not context.concerns(step, relation):
            return
        locks = [lock for lock in map(step.impact.lock_on, scanned) if lock is not None and context.blocked(step, lock)]
        if not locks:
            return
        first, *others = steps_to_not_null(step, context, relation, column, name)
        rest = context.with_instead(step, "")
        safe = bool(others)  # else a constraint that is there is validated, and stays so
        parts = ((*(() if rest is None else (rest,)), *first), *others)
        yield context.finding(
            step,
            f"{words} reads every row of {locks[0].relation} for nulls in {column} under {locks[0].mode}: "
            f"{context.blocked(step, locks[0])}",
            help="let a valid CHECK, or from PostgreSQL 18 on a NOT NULL that is added NOT VALID, prove it first",
            fixes=(context.fix_in_migrations(step, "Prove it without stopping anyone", *parts, whole=True, safe=safe),),
        )
