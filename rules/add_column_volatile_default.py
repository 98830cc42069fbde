from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Fix, Operation, QName, Rule, Step, domains_of, fill_first, ops, sql


class AddColumnVolatileDefault(Rule):
    """A new column whose default is volatile rewrites the table under ACCESS EXCLUSIVE.

    A default that gives the same value for every row is stored once, in the catalog, whatever the size of the table.
    A volatile one (random, gen_random_uuid, clock_timestamp, nextval, a function of your own that is not marked
    otherwise) must be evaluated for each row: every row is copied and every index built again, and all reads and writes
    of the table wait until the transaction ends. A table of some gigabytes is gone for minutes, and needs its own size
    again on disk meanwhile.

    Instead:
        Add the column without a default, set the default in a second statement (which is for new rows only), and fill
        the old rows in batches.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html (Notes)
        - the server's tablecmds.c, ATExecAddColumn; rewrites measured on PostgreSQL 12 to 18
    """

    id = "add-column-volatile-default"
    category = "rewrite"
    severity = "error"
    operations = (ops.AddColumn,)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();",
            line=1,
            transaction=False,
            fix="ALTER TABLE orders ADD COLUMN token uuid;\n"
            "ALTER TABLE orders ALTER COLUMN token SET DEFAULT gen_random_uuid();\n"
            "DO $$\n"
            "DECLARE\n"
            "  batch_after public.orders.id%TYPE;\n"
            "  batch_last public.orders.id%TYPE;\n"
            "BEGIN\n"
            "  LOOP\n"
            "    SELECT batch.id INTO batch_last\n"
            "      FROM (SELECT id FROM orders\n"
            "        WHERE batch_after IS NULL OR id > batch_after ORDER BY id LIMIT 5000) batch\n"
            "      ORDER BY batch.id DESC LIMIT 1;\n"
            "    EXIT WHEN batch_last IS NULL;\n"
            "    UPDATE orders SET token = DEFAULT\n"
            "      WHERE (token IS NULL) AND (batch_after IS NULL OR orders.id > batch_after)"
            " AND orders.id <= batch_last;\n"
            "    COMMIT;\n"
            "    batch_after := batch_last;\n"
            "  END LOOP;\n"
            "END $$;",
        ),
        Example(
            given="CREATE TABLE app.users (email text);",
            sql="ALTER TABLE app.users\n  ADD COLUMN note text,\n"
            "  ADD COLUMN seen timestamptz NOT NULL DEFAULT clock_timestamp();",
            line=3,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN tokens uuid[] DEFAULT ARRAY[gen_random_uuid()];",
            line=1,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);\nCREATE SEQUENCE numbers;",
            sql="ALTER TABLE orders ADD COLUMN public_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),\n"
            "  ADD COLUMN number bigint DEFAULT nextval('numbers');",
            line=1,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);\n"
            "CREATE FUNCTION next_code() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN random()::text; END $$;",
            sql="DO $$ BEGIN\n  ALTER TABLE orders ADD COLUMN code text DEFAULT next_code();\nEND $$;",
            line=2,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),\n"
            "  ADD COLUMN owner text DEFAULT current_user, ADD COLUMN score int DEFAULT -1,\n"
            "  ADD COLUMN data jsonb DEFAULT jsonb_build_object('a', 1), ADD COLUMN word text DEFAULT lower('X');",
            why="These calls are stable or immutable: one value for all rows, kept in the catalog.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, token uuid);",
            sql="ALTER TABLE orders ALTER COLUMN token SET DEFAULT gen_random_uuid();",
            why="SET DEFAULT is for rows to come.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY);\n"
            "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();",
            why="The table is new in this migration.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);\n"
            "CREATE FUNCTION one() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';",
            sql="ALTER TABLE orders ADD COLUMN version int DEFAULT one();",
            why="A function of one's own, but an immutable one.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, token uuid);",
            sql="ALTER TABLE orders ADD COLUMN IF NOT EXISTS token uuid DEFAULT gen_random_uuid();",
            why="The column is there already: nothing happens.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.AddColumn)
        column = operation.column
        if column.serial or column.identity is not None or column.generated is not None:
            return
        domains = domains_of(step, column.type)
        default = column.default or next((d.default for d in domains if d.default is not None), None)
        relation = context.resolve(step, operation.relation)
        if default is None or any(d.constraints or d.not_null for d in domains) or not context.concerns(step, relation):
            return
        rewriting = context.rewriting(step, relation, column.name)
        if not rewriting:
            return
        value = sql.render_expression(default)
        shown = f"volatile default {value}" if value is not None else "volatile default"
        yield context.finding(
            step,
            f"Adding {column.name} with its {shown} {rewriting}",
            help="add the column without the default, set the default for new rows, and fill the old ones in batches",
            fixes=_fixes(step, context, relation, column, value),
        )


def _fixes(step: Step, context: Context, relation: QName, column: ops.ColumnDef, value: str | None) -> tuple[Fix, ...]:
    parts = fill_first(step, context, relation, column, value) if value is not None else []
    title = "Add the column empty, then fill it in batches"
    return (context.fix_in_migrations(step, title, *parts),) if parts else ()
