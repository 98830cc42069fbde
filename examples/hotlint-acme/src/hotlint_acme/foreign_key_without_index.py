from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import CatalogView, Context, Example, Finding, Fix, MigrationPlan, QName, Rule, Step, records, sql


class ForeignKeyWithoutIndex(Rule):
    """A new foreign key has no index on its own columns: each DELETE from the other table reads this one whole.

    The server makes an index for the key that is referred to, and none for the columns that refer to it. When a row of
    the other table is deleted, or its key changes, it looks here for rows that point to it, and without an index it
    reads the table from one end to the other, for every such row, while the row stays locked.

    Instead:
        An index whose first columns are those of the foreign key, in any order, built concurrently where the table has
        rows. Tables from which nothing is ever deleted are named in the option ``never_deleted``.

    Sources:
        - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
        - ri_triggers.c: RI_FKey_noaction_del and its like look up the referencing rows by their columns
    """

    id = "foreign-key-without-index"
    category = "acme"
    severity = "warning"
    bad = (
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE orders (id bigint, user_id bigint);",
            sql="ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID;",
            transaction=False,
            line=1,
            fix="CREATE INDEX CONCURRENTLY ON orders (user_id);",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE orders (id bigint);",
            sql="ALTER TABLE orders ADD COLUMN user_id bigint REFERENCES users;",
            transaction=False,
            line=1,
            fix="ALTER TABLE orders ADD COLUMN user_id bigint REFERENCES users;\n"
            "CREATE INDEX CONCURRENTLY ON orders (user_id);",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);",
            sql="CREATE TABLE orders (id bigint, user_id bigint REFERENCES users);\n"
            "CREATE INDEX ON orders (id, user_id);",
            line=1,
            fix="CREATE TABLE orders (id bigint, user_id bigint REFERENCES users);\nCREATE INDEX ON orders (user_id);",
        ),
    )
    good = (
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);",
            sql="CREATE TABLE orders (id bigint, user_id bigint REFERENCES users);\nCREATE INDEX ON orders (user_id);",
            why="The index comes later in the same migration.",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);",
            sql="CREATE TABLE members (team bigint, user_id bigint REFERENCES users, PRIMARY KEY (user_id, team));",
            why="The index of the primary key begins with the column.",
        ),
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE orders (id bigint, user_id bigint);\n"
            "CREATE INDEX ON orders (user_id) WHERE user_id IS NOT NULL;",
            sql="ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID;",
            why="The index leaves out only rows that point to nothing.",
        ),
        Example(
            given="CREATE TABLE countries (code text PRIMARY KEY);",
            sql="CREATE TABLE users (id bigint PRIMARY KEY, country text REFERENCES countries);",
            options={"never_deleted": ["public.countries"]},
            why="Nothing is deleted from countries, as the configuration says.",
        ),
        Example(
            sql="ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID;",
            why="The history never made orders: which indexes it has is unknown.",
        ),
    )

    def check_migration(self, migration: MigrationPlan, context: Context) -> Iterator[Finding]:
        if not migration.steps:
            return
        spared = context.options.get("never_deleted", ())
        first, schema = migration.steps[0].index, migration.after
        for name in _tables(migration, context):
            table = schema.table(name)
            if table is None or not table.known:
                continue
            for key in table.constraints:
                is_new = key.kind == "foreign key" and key.origin >= first and key.local
                if not is_new or not key.enforced or str(key.target) in spared or _is_indexed(schema, name, key):
                    continue
                step = context.step(key.origin)
                columns = ", ".join(key.columns)
                yield context.finding(
                    step,
                    f"No index begins with {columns}: a DELETE from {key.target} reads {name} whole for each row",
                    relations=(name,),
                    help=f"if nothing is ever deleted from {key.target}, name it in the rule's option never_deleted",
                    fixes=(_fix(step, context, name, key),),
                )


def _tables(migration: MigrationPlan, context: Context) -> list[QName]:
    """The tables that the migration's statements name, each once."""
    found = {}
    for step in migration.steps:
        for operation in step.operations:
            relation = getattr(operation, "relation", None)
            if relation is not None:
                found[context.resolve(step, relation)] = None
    return list(found)


def _is_indexed(schema: CatalogView, table: QName, key: records.Constraint) -> bool:
    """Whether an index leads to the rows by the key's columns, or an index that is not known well might."""
    return any(not index.known or _leads(index, key.columns) for index in schema.indexes(table))


def _leads(index: records.Index, columns: tuple[str, ...]) -> bool:
    leading = {element.column for element in index.elements[: len(columns)]}
    where = index.where
    covers = where is None or (where.kind == "is_not_null" and where.args[0].value in columns)
    return index.method == "btree" and index.valid is not False and covers and leading == set(columns)


def _fix(step: Step, context: Context, table: QName, key: records.Constraint) -> Fix:
    """The index: after the statement where that makes the table or the column, else before it."""
    columns = ", ".join(map(sql.quote, key.columns))
    target = f"ON {context.sql_name(step, table)} ({columns})"
    before = step.before.table(table)
    statement = sql.without_semicolon(step.sql)
    if before is None:
        return context.fix("An index with the table", statement, f"CREATE INDEX {target}")
    concurrently = f"CREATE INDEX CONCURRENTLY {target}"
    if all(before.column(column) is not None for column in key.columns):
        return context.fix_without_transaction(step, "The index first", concurrently)
    return context.fix_in_migrations(step, "Then the index, without a transaction", [statement], [concurrently])
