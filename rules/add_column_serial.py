from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Fix, Operation, QName, Rule, Step, beside, fill_first, ops, sql


class AddColumnSerial(Rule):
    """A new serial column numbers every row at once: the table is rewritten under ACCESS EXCLUSIVE.

    serial, bigserial and smallserial are an integer column whose default takes the next number of a sequence. Each row
    that is there gets its number in the same statement: every row is copied and every index built again, and all reads
    and writes of the table wait until the transaction ends.

    Instead:
        Add the integer column alone, make the sequence, let the default number the new rows, and number the old ones in
        batches.

    Sources:
        - https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-SERIAL
        - the server's parse_utilcmd.c, transformColumnDefinition; rewrites measured on PostgreSQL 12 to 18
    """

    id = "add-column-serial"
    category = "rewrite"
    severity = "error"
    operations = (ops.AddColumn,)
    bad = (
        Example(
            given="CREATE TABLE orders (code text);",
            sql="ALTER TABLE orders ADD COLUMN number bigserial;",
            line=1,
        ),
        Example(
            given="CREATE TABLE logs (at timestamptz, line text);",
            sql="ALTER TABLE logs\n  ADD COLUMN host text,\n  ADD COLUMN id serial PRIMARY KEY;",
            line=3,
            server=12,
        ),
        Example(
            given='CREATE TABLE app."Users" (id uuid PRIMARY KEY);',
            sql='ALTER TABLE app."Users" ADD "sortKey" bigserial NOT NULL UNIQUE;',
            line=1,
            server=18,
        ),
    )
    good = (
        Example(
            sql="CREATE TABLE orders (code text);\nALTER TABLE orders ADD COLUMN number bigserial;",
            why="The table is new in this migration: there is nothing to number.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN number bigint;\n"
            "CREATE SEQUENCE orders_number_seq AS bigint OWNED BY orders.number;\n"
            "ALTER TABLE orders ALTER COLUMN number SET DEFAULT nextval('orders_number_seq');",
            why="What serial stands for, one by one: the default is for rows to come.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, number bigint);",
            sql="ALTER TABLE orders ADD COLUMN IF NOT EXISTS number bigserial;",
            why="The column is there already: nothing happens.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.AddColumn)
        column = operation.column
        relation = context.resolve(step, operation.relation)
        if not column.serial or not context.concerns(step, relation):
            return
        rewriting = context.rewriting(step, relation, column.name)
        if rewriting:
            yield context.finding(
                step,
                f"Adding the serial column {column.name}, which numbers every row, {rewriting}",
                help="add an integer column, give new rows their number by a default, and number the old ones in"
                " batches",
                fixes=_fixes(step, context, relation, column),
            )


def _fixes(step: Step, context: Context, relation: QName, column: ops.ColumnDef) -> tuple[Fix, ...]:
    if column.type is None:
        return ()
    sequence = beside(context, step, relation, f"{column.name}_seq")
    owner = f"{context.sql_name(step, relation)}.{sql.quote(column.name)}"
    made = f"CREATE SEQUENCE {sequence} AS {sql.format_type(column.type)} OWNED BY {owner}"
    parts = fill_first(step, context, relation, column, f"nextval({sql.literal(sequence)})", made)
    title = "Add the column empty, then number the rows in batches"
    return (context.fix_in_migrations(step, title, *parts),) if parts else ()
