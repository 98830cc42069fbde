from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Fix, Operation, Rule, Step, ops, records, sql


class NotValidAndValidateSameTx(Rule):
    """A constraint is added NOT VALID and validated in one transaction, which makes NOT VALID useless.

    ADD CONSTRAINT takes its strong lock even with NOT VALID: ACCESS EXCLUSIVE for a CHECK, SHARE ROW EXCLUSIVE on both
    tables for a foreign key. That is for a moment only if the transaction ends then. When VALIDATE CONSTRAINT follows
    in the same transaction, the lock is kept while every row is read, just as if NOT VALID had not been there.

    Instead:
        Validate in a migration of its own, or, where the tool uses no transaction, in a statement of its own.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
        - measured on PostgreSQL 12 to 18: locks are held until the transaction ends
    """

    id = "not-valid-and-validate-same-tx"
    category = "transaction"
    severity = "error"
    operations = (ops.ValidateConstraint,)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT total_positive;",
            line=2,
            fix="-- in the next migration:\nALTER TABLE orders VALIDATE CONSTRAINT total_positive;",
        ),
        Example(
            given="CREATE TABLE app.users (id bigint PRIMARY KEY);\nCREATE TABLE app.orders (user_id bigint);",
            sql="BEGIN;\n"
            "ALTER TABLE app.orders ADD FOREIGN KEY (user_id) REFERENCES app.users NOT VALID;\n"
            "ALTER TABLE app.orders VALIDATE CONSTRAINT orders_user_id_fkey;\nCOMMIT;",
            transaction=False,
            line=3,
            fix="COMMIT;\nBEGIN;\nALTER TABLE app.orders VALIDATE CONSTRAINT orders_user_id_fkey;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID,\n"
            "  VALIDATE CONSTRAINT total_positive;",
            transaction=False,
            line=2,
            fix="ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT total_positive;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD CONSTRAINT total_there NOT NULL total NOT VALID;\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT total_there;",
            server=18,
            line=2,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);\n"
            "ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;",
            sql="ALTER TABLE orders VALIDATE CONSTRAINT total_positive;",
            why="The lock of the migration before is gone.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT total_positive;",
            transaction=False,
            why="Without a transaction, each statement gives its lock back at its end.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="BEGIN;\nALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;\nCOMMIT;\n"
            "BEGIN;\nALTER TABLE orders VALIDATE CONSTRAINT total_positive;\nCOMMIT;",
            transaction=False,
            why="Two transactions in one file.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);\n"
            "ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT total_positive;",
            why="The table is made in the same migration.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.ValidateConstraint)
        relation = context.resolve(step, operation.relation)
        if not step.impact.scans or not context.concerns(step, relation):
            return
        adding = self._adding(step, operation, context)
        if adding is None:
            return
        lock = adding.impact.lock_on(relation)
        if lock is None or not context.waiting(lock):
            return
        line = adding.script.position(adding.statement.start).line
        since = "" if adding is step else f", taken on line {line},"
        reading = f"{lock.mode}{since} is held while VALIDATE reads every row of {relation}"
        yield context.finding(
            step,
            f"{reading}: {context.waiting(lock)} wait",
            related=() if adding is step else (context.related(adding, f"{lock.mode} on {relation} is taken here"),),
            help="validate in a migration of its own: the constraint holds for new rows until then",
            fixes=self._fixes(step, operation, context, adding),
        )

    def _fixes(self, step: Step, operation: ops.ValidateConstraint, context: Context, adding: Step) -> Iterator[Fix]:
        if context.body is not None:
            return
        table = context.sql_name(step, context.resolve(step, operation.relation))
        validate = f"ALTER TABLE {table} VALIDATE CONSTRAINT {sql.quote(operation.constraint)}"
        if adding is step:
            rest = context.with_instead(step, "") or ""
            yield context.fix_in_migrations(
                step, "Validate in a statement of its own", [rest], [validate], whole=True, safe=True
            )
        elif step.transaction.kind == "explicit":
            yield context.fix("Validate in a transaction of its own", "COMMIT", "BEGIN", validate)
        else:
            yield context.fix(
                "Validate in a migration of its own", "-- in the next migration:", validate, in_place=False
            )

    def _adding(self, step: Step, validate: ops.ValidateConstraint, context: Context) -> Step | None:
        """The statement of the same transaction, or this one itself, that added the constraint."""
        steps = context.migration.steps if context.migration is not None else ()
        first = step.transaction.first_step if step.in_transaction else step.index
        relation = context.resolve(step, validate.relation)
        for earlier in steps:
            if not first <= earlier.index <= step.index:
                continue
            before, after = earlier.before.table(relation), earlier.after.table(relation)
            if _has(after, validate.constraint) and not _has(before, validate.constraint):
                return earlier
        return None


def _has(table: records.Table | None, name: str) -> bool:
    """Whether the table has a constraint of that name; one for NOT NULL is kept with its column."""
    if table is None:
        return False
    return table.constraint(name) is not None or any(column.not_null_name == name for column in table.columns)
