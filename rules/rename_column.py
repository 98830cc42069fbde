from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Fix, Operation, QName, Rule, Step, ops, sql


class RenameColumn(Rule):
    """Running code that uses the old name of the column fails as soon as the rename commits.

    The statement itself takes a moment. Between its commit and the restart of the last instance of the old release,
    each query with the old name fails with 42703; with the release rolled back, each query with the new one.

    Instead:
        Add a column with the new name, let the application write both and read the new one, fill it in batches, and
        drop the old one in a later release.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html
        - the expand-and-contract pattern for changes without downtime
    """

    id = "rename-column"
    category = "backward-incompatible"
    severity = "warning"
    operations = (ops.RenameColumn,)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2));",
            sql="ALTER TABLE orders RENAME COLUMN total TO amount;",
            line=1,
            fix="ALTER TABLE orders ADD COLUMN amount numeric(10,2);",
        ),
        Example(
            given='CREATE TABLE app."Users" (id bigint PRIMARY KEY, "eMail" text);',
            sql='ALTER TABLE app."Users" RENAME "eMail" TO email;',
            line=1,
            fix='ALTER TABLE app."Users" ADD COLUMN email text;',
        ),
    )
    good = (
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);\n"
            "ALTER TABLE orders RENAME COLUMN total TO amount;",
            why="no running code knows a table that this migration makes",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN total numeric;\nALTER TABLE orders RENAME COLUMN total TO amount;",
            why="no running code knows a column that this migration adds",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders RENAME CONSTRAINT orders_pkey TO orders_id;",
            why="a constraint's name is in nobody's query",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.RenameColumn)
        relation = context.resolve(step, operation.relation)
        before = context.migration.before if context.migration is not None else step.before
        if step.impact.error is not None or context.is_new(step, relation):
            return
        table = before.table(relation)
        if table is not None and table.known and table.column(operation.column) is None:
            return
        yield context.finding(
            step,
            f"Queries of the running release that use {relation}.{operation.column} fail from the commit on: the column"
            f" is called {operation.new_name} then",
            help="add the new column beside the old one, write both, fill it, and drop the old one in a later release",
            fixes=_expand(step, operation, relation, context),
        )


def _expand(step: Step, operation: ops.RenameColumn, relation: QName, context: Context) -> tuple[Fix, ...]:
    """The first step of expand and contract, where the column's type is known."""
    table = step.before.table(relation)
    column = table.column(operation.column) if table is not None else None
    if column is None or column.type is None:
        return ()
    type_ = sql.format_type(column.type)
    new = sql.identifier(operation.new_name)
    return (
        context.fix(
            "A new column beside the old one",
            f"ALTER TABLE {context.sql_name(step, relation)} ADD COLUMN {new} {type_}",
        ),
    )
