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
    bare_column,
    in_batches,
    is_required,
    keep_filled,
    not_null_steps,
    ops,
    outside,
    sql,
)


class AddColumnGeneratedStored(Rule):
    """A new STORED generated column is computed for every row at once: the table is rewritten under ACCESS EXCLUSIVE.

    Every row is copied with its value and every index built again, and all reads and writes of the table wait until the
    transaction ends.

    Instead:
        From 18 on a VIRTUAL column, which is computed when it is read and costs nothing to add, where neither an index
        nor a function or type of your own stands in the way. Else a plain column that a trigger keeps filled, with the
        old rows filled in batches. Where only a search needs the value, an index on the expression needs no column.

    Sources:
        - https://www.postgresql.org/docs/current/ddl-generated-columns.html
        - the server's tablecmds.c, ATExecAddColumn; rewrites measured on PostgreSQL 12 to 18
    """

    id = "add-column-generated-stored"
    category = "rewrite"
    severity = "error"
    operations = (ops.AddColumn,)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, net numeric, tax numeric);",
            sql="ALTER TABLE orders ADD COLUMN total numeric GENERATED ALWAYS AS (net + tax) STORED;",
            line=1,
            server=18,
            fix="ALTER TABLE orders ADD COLUMN total numeric GENERATED ALWAYS AS (net + tax) VIRTUAL;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, net numeric, tax numeric);",
            sql="ALTER TABLE orders ADD COLUMN total numeric NOT NULL GENERATED ALWAYS AS (net + tax) STORED;",
            line=1,
            server=12,
        ),
        Example(
            given="CREATE TABLE app.people (id uuid PRIMARY KEY, name text);",
            sql="ALTER TABLE app.people\n  ADD COLUMN note text,\n"
            "  ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', coalesce(name, ''))) STORED;\n"
            "CREATE INDEX CONCURRENTLY ON app.people USING gin (words);",
            line=3,
            server=18,
            transaction=False,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, net numeric, tax numeric);",
            sql="ALTER TABLE orders ADD COLUMN total numeric GENERATED ALWAYS AS (net + tax) VIRTUAL;",
            server=18,
            why="A virtual column has nothing in the rows: only the catalog changes.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint PRIMARY KEY, net numeric);\n"
            "ALTER TABLE orders ADD COLUMN total numeric GENERATED ALWAYS AS (net * 1.19) STORED;",
            why="The table is new in this migration: there is nothing to compute.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, net numeric,\n"
            "  total numeric GENERATED ALWAYS AS (net * 1.19) STORED);",
            sql="ALTER TABLE orders ALTER COLUMN total DROP EXPRESSION;",
            why="The values stay as they are.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.AddColumn)
        column = operation.column
        relation = context.resolve(step, operation.relation)
        if column.generated is None or not context.concerns(step, relation):
            return
        rewriting = context.rewriting(step, relation, column.name)
        if not rewriting:
            return
        virtual = _virtual(step, context, relation, column)
        fixes = (virtual,) if virtual is not None else _filled(step, context, relation, column)
        yield context.finding(
            step,
            f"Adding the stored generated column {column.name} {rewriting}",
            help="make it virtual: it is computed when it is read"
            if virtual is not None
            else "add a plain column, keep it filled by a trigger, and fill the old rows in batches",
            fixes=fixes,
        )


_VIRTUAL_SINCE = 18


def _virtual(step: Step, context: Context, relation: QName, column: ops.ColumnDef) -> Fix | None:
    """The same column as a virtual one (documentation, "Generated Columns"): not indexed, now or later in the history,
    and without functions and types of the user's."""
    if context.server.major < _VIRTUAL_SINCE or column.generated is None or column.type is None:
        return None
    end = context.plan.migrations[-1].after
    indexed = any(
        column.name in i.columns or None in i.columns for i in end.indexes(relation) if i.origin >= step.index
    )
    if column.constraints or indexed or column.type.schema != "pg_catalog" or _calls_own(column.generated, step):
        return None
    text = sql.one_line(context.text(step))
    add, stored = sql.keyword_end(text, "ADD"), sql.keyword_end(text, "STORED")
    if add is None or stored is None:
        return None
    words = f"{text[add - 3 : stored - 6]}{'virtual' if text[stored - 6].islower() else 'VIRTUAL'}"
    rest = sql.without_semicolon(text[stored:])
    return context.fix("Make it virtual", f"ALTER TABLE {context.sql_name(step, relation)} {words}{rest}")


def _calls_own(expression: ops.Expr, step: Step) -> bool:
    """Whether an expression calls a function, or names a type, that the history made or an extension brought."""
    if expression.kind == "call" and expression.name is not None:
        name = expression.name
        schemas = (name.schema,) if name.schema is not None else step.session.search_path
        if name.schema not in (None, "pg_catalog") or any(step.before.functions(QName(s, name.name)) for s in schemas):
            return True
    if expression.type is not None and expression.type.schema != "pg_catalog":
        return True
    return any(_calls_own(arg, step) for arg in expression.args)


def _filled(step: Step, context: Context, relation: QName, column: ops.ColumnDef) -> tuple[Fix, ...]:
    """A plain column with a trigger, where the column has no constraint but NOT NULL."""
    value = sql.parenthesised(context.text(step), "GENERATED")
    if value is None or any(c.kind != "not null" for c in column.constraints):
        return ()
    table, name = context.sql_name(step, relation), sql.quote(column.name)
    value = sql.one_line(value)
    loop = in_batches(step, context, relation, f"UPDATE {table} SET {name} = {value}")
    if loop is None:
        return ()
    parts = [
        (bare_column(step, context, relation, column), *keep_filled(step, context, relation, column.name, value)),
        (*outside(step, context), loop),
    ]
    if is_required(column):
        parts += not_null_steps(step, context, relation, column.name)
    return (context.fix_in_migrations(step, "A plain column that a trigger keeps filled", *parts),)
