from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, QName, Rule, Step, ops, sql


class RenameTable(Rule):
    """Running code that uses the old name of the table fails as soon as the rename commits.

    Between the commit and the restart of the last instance of the old release, each query with the old name fails with
    42P01; with the release rolled back, each query with the new one. The same holds for a table that is moved to
    another schema.

    Instead:
        Leave a view with the old name in the same transaction: a plain ``SELECT *`` from one table can be read and
        written like the table. Drop it in a later release.

    Sources:
        - https://www.postgresql.org/docs/current/sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS
        - the expand-and-contract pattern for changes without downtime
    """

    id = "rename-table"
    category = "backward-incompatible"
    severity = "warning"
    operations = (ops.RenameRelation, ops.ChangeSchema)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders RENAME TO purchases;",
            line=1,
            fix="ALTER TABLE orders RENAME TO purchases;\nCREATE VIEW orders AS SELECT * FROM purchases;",
        ),
        Example(
            given="CREATE SCHEMA app;\nCREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders SET SCHEMA app;",
            line=1,
            fix="ALTER TABLE orders SET SCHEMA app;\nCREATE VIEW orders AS SELECT * FROM app.orders;",
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders RENAME TO purchases;\nCREATE VIEW orders AS SELECT * FROM purchases;",
            why="a view takes over the old name in the same migration",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, note text);\nCREATE INDEX orders_n ON orders (note);",
            sql="ALTER INDEX orders_n RENAME TO orders_note_idx;",
            why="an index's name is in nobody's query",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="CREATE TABLE orders_new (LIKE orders INCLUDING ALL);\nDROP TABLE orders;\n"
            "ALTER TABLE orders_new RENAME TO orders;",
            why="the table that is renamed was made in this migration",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        kind: str
        if isinstance(operation, ops.RenameRelation):
            kind = operation.kind
            old = context.resolve(step, operation.relation)
            new = QName(old.schema, operation.new_name)
        elif isinstance(operation, ops.ChangeSchema):
            kind = operation.kind
            old = context.resolve(step, operation.name)
            new = QName(operation.schema, old.name)
        else:
            return
        found = step.before.relation(old)
        kind = found.kind if found is not None else kind
        if kind not in ("table", "partitioned table", "foreign table", "view", "materialized view"):
            return
        if step.impact.error is not None or context.is_new(step, old) or _is_replaced(old, context):
            return
        text = sql.without_semicolon(context.text(step))
        old_name, schema = context.sql_name(step, old), step.session.search_path
        new_name = sql.quote(new.name) if new.schema in schema else str(new)
        yield context.finding(
            step,
            f"Queries of the running release that use {old} fail from the commit on: it is called {new} then",
            relations=(old,),
            help="leave a view with the old name in the same transaction, and drop it in a later release",
            fixes=(
                context.fix(
                    "A view with the old name, in the same transaction",
                    text,
                    f"CREATE VIEW {old_name} AS SELECT * FROM {new_name}",
                ),
            ),
        )


def _is_replaced(old: QName, context: Context) -> bool:
    """Whether the migration ends with something else under the old name: a view, or a table that takes its place."""
    return context.migration is not None and context.migration.after.relation(old) is not None
