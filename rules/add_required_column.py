from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Operation, Rule, Step, ops, sql


class AddRequiredColumn(Rule):
    """A new column is NOT NULL and has no default: INSERTs of the running release fail.

    The running code does not know the column and gives it no value: each of its INSERTs fails with 23502 from the
    commit on. And where the table has a row already, the statement itself fails with the same error.

    Instead:
        Give it a default, or add it without NOT NULL, let the application fill it, and require it in a later release.

    Sources:
        - https://www.postgresql.org/docs/current/ddl-alter.html
        - measured on PostgreSQL 12 to 18: 23502 on a table with rows
    """

    id = "add-required-column"
    category = "backward-incompatible"
    severity = "error"
    operations = (ops.AddColumn,)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN status text NOT NULL;",
            line=1,
            fix="ALTER TABLE orders ADD COLUMN status text;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders\n  ADD COLUMN note text,\n  ADD COLUMN paid boolean NOT NULL;",
            line=3,
            fix="ALTER TABLE orders ADD COLUMN paid boolean;",
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN status text NOT NULL DEFAULT 'new';",
            why="the default fills the column for those who do not know it",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN number bigint NOT NULL GENERATED ALWAYS AS IDENTITY;",
            why="an identity column fills itself (that it rewrites the table is add-column-identity's to tell)",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY);\nALTER TABLE orders ADD COLUMN status text NOT NULL;",
            why="no running code knows a table that this migration makes",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.AddColumn)
        column = operation.column
        relation = context.resolve(step, operation.relation)
        if step.impact.skipped or context.is_new(step, relation) or not _is_required(column):
            return
        table = step.after.table(relation)
        made = table.column(column.name) if table is not None else None
        if made is not None and made.default is not None:  # set by a later subcommand, or by a domain
            return
        type_ = sql.format_type(column.type) if column.type is not None else ""
        yield context.finding(
            step,
            f"INSERTs of the running release into {relation} fail from the commit on: they give {column.name} no value,"
            " and it has no default. If the table has rows, this statement fails itself",
            help="give it a default, or add it without NOT NULL and require it in a later release",
            fixes=(
                context.fix(
                    "First without NOT NULL",
                    f"ALTER TABLE {context.sql_name(step, relation)}"
                    f" ADD COLUMN {sql.identifier(column.name)} {type_}".rstrip(),
                ),
            ),
        )


def _is_required(column: ops.ColumnDef) -> bool:
    primary = any(c.kind == "primary key" for c in column.constraints)
    not_null = column.not_null or primary or any(c.kind == "not null" for c in column.constraints)
    fills_itself = column.default is not None or column.identity or column.generated is not None or column.serial
    return not_null and not fills_itself
