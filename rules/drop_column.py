from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import (
    Context,
    Example,
    Finding,
    Fix,
    Operation,
    QName,
    Rule,
    Step,
    Victim,
    ops,
    records,
    sql,
)


class DropColumn(Rule):
    """DROP COLUMN destroys the column's values in every row, and code that still names the column fails at once.

    Nothing brings the values back but a backup. Releases that run while the migration does, and those you roll back to,
    still read or write the column: each such query fails with 42703 from the moment the transaction commits, those of
    object mappers that have read the list of columns at their start among them. Indexes and constraints with the column
    in them go with it without a word, those over several columns too.

    Instead:
        Release code that does not use the column: where it is NOT NULL without a default, let it be null first. Drop it
        in a later migration, with a backup at hand. Suppress this rule there, with the reason.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html
        - the server's tablecmds.c, ATExecDropColumn; what goes along measured on PostgreSQL 12 to 18
    """

    id = "drop-column"
    category = "destructive"
    severity = "warning"
    operations = (ops.DropColumn,)

    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL);",
            sql="ALTER TABLE orders DROP COLUMN status;",
            line=1,
            fix="ALTER TABLE orders ALTER COLUMN status DROP NOT NULL;",
        ),
        Example(
            given="CREATE TABLE app.users (id bigint PRIMARY KEY, first text, last text);\n"
            "CREATE UNIQUE INDEX users_names ON app.users (first, last);",
            sql="ALTER TABLE app.users\n  ADD COLUMN name text,\n  DROP COLUMN last;",
            line=3,
            fix="ALTER TABLE app.users RENAME COLUMN last TO last_to_be_dropped;",
        ),
        Example(sql='ALTER TABLE legacy DROP COLUMN IF EXISTS "oldValue" CASCADE;', line=1),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="DO $$\nBEGIN\n  ALTER TABLE orders DROP COLUMN status;\nEND\n$$;",
            line=3,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);",
            sql="ALTER TABLE orders ADD COLUMN net numeric;\nALTER TABLE orders DROP COLUMN net;",
            why="The column came in the same migration: nobody has put anything into it.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY, status text);\nALTER TABLE orders DROP COLUMN status;",
            why="The table came in the same migration.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            sql="ALTER TABLE orders DROP COLUMN status;\nDROP TABLE orders;",
            why="The whole table goes in the same migration, which drop-table tells.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders DROP COLUMN IF EXISTS status;",
            why="There is no such column: IF EXISTS makes the statement do nothing.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN status text;",
            down="ALTER TABLE orders DROP COLUMN status;",
            why="A down script that drops what its up script added is what it is there for.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.DropColumn)
        relation = context.resolve(step, operation.relation)
        column = operation.column
        dropped = any(b.how == "dropped" and b.column == column and b.relation == relation for b in step.impact.breaks)
        if not dropped or not context.concerns(step, relation) or _is_passing(step, relation, column, context):
            return
        along = [v for v in step.impact.victims if v.object is not None and _goes_with(v, step, relation, column)]
        names = [f"{v.kind} {v.part or v.name}" for v in along]
        also = f". It takes along {sql.enumerated(names)}" if names else ""
        yield context.finding(
            step,
            f"DROP COLUMN destroys {column} of {relation} with its value in every row; code that still names it fails"
            f" from then on{also}",
            related=context.related_victims(along, "goes with it"),
            help="Drop it in a later migration, once no release that may still run uses it and there is a backup.",
            fixes=_fixes(step, context, relation, column),
        )


def _is_passing(step: Step, relation: QName, column: str, context: Context) -> bool:
    """Whether the column came in this script, or the table goes in it, or is a session's own or another server's."""
    table, migration = step.before.table(relation), context.migration
    if table is not None and (table.persistence == "temporary" or table.kind == "foreign table"):
        return True
    if migration is None:
        return False
    found = table.column(column) if table is not None else None
    if found is not None and migration.steps and found.origin >= migration.steps[0].index:
        return True
    return any(
        isinstance(op, ops.DropTable) and context.resolve(later, op.relation) == relation
        for later in migration.steps
        if later.index > step.index
        for op in later.operations
    )


def _goes_with(victim: Victim, step: Step, relation: QName, column: str) -> bool:
    """Whether it is this column with which something goes, where one statement drops several."""
    if sum(isinstance(op, ops.DropColumn) for op in step.operations) == 1:
        return True
    name = victim.object
    found = step.before.relation(name) if name is not None else None
    if isinstance(found, records.Index):
        return found.table == relation and (column in found.columns or column in found.include)
    if isinstance(found, records.View):
        return any(read == relation and (columns is None or column in columns) for read, columns in found.reads)
    if isinstance(found, records.Sequence):
        return found.owned_by == (relation, column)
    part = found.constraint(victim.part) if isinstance(found, records.Table) and victim.kind == "constraint" else None
    return part is not None and column in (part.columns if name == relation else part.target_columns)


def _fixes(step: Step, context: Context, relation: QName, column: str) -> Iterator[Fix]:
    table = step.before.table(relation)
    found = table.column(column) if table is not None else None
    alter, name = f"ALTER TABLE {context.sql_name(step, relation)}", sql.quote(column)
    key = table.primary_key if table is not None else None
    if found is not None and found.not_null and found.default is None and not (key and column in key.columns):
        yield context.fix("Let new code leave it out first", f"{alter} ALTER COLUMN {name} DROP NOT NULL")
    kept = sql.identifier(f"{column}_to_be_dropped")
    yield context.fix("Rename it first, which can be undone", f"{alter} RENAME COLUMN {name} TO {kept}")
