from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Added, Context, Example, Finding, Fix, Operation, Rule, Step, added, index_first, ops, sql
from hotlint.rule import not_null_steps as steps_to_not_null


class AddPrimaryKey(Rule):
    """ADD PRIMARY KEY builds its index, or looks for nulls, while the table can be neither read nor written.

    The statement takes ACCESS EXCLUSIVE on the table, reads and sorts every row for the index, and keeps the lock until
    its transaction ends. ``USING INDEX`` saves the build; but a column of the key that is not NOT NULL yet is made so,
    and every row is read for that under the same lock.

    Instead:
        Make the columns NOT NULL first (set-not-null tells how), build a unique index CONCURRENTLY, and take it with
        ``ADD CONSTRAINT … PRIMARY KEY USING INDEX …``.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX
        - index.c: index_check_primary_key; locks and scans measured on PostgreSQL 12 to 18
    """

    id = "add-primary-key"
    category = "locking"
    severity = "error"
    operations = (ops.AddConstraint, ops.AddColumn)
    bad = (
        Example(
            given="CREATE TABLE orders (id bigint NOT NULL);",
            sql="ALTER TABLE orders ADD PRIMARY KEY (id);",
            transaction=False,
            line=1,
            fix="CREATE UNIQUE INDEX CONCURRENTLY orders_pkey ON orders (id);\n"
            "ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_pkey;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint);",
            sql="ALTER TABLE orders ADD CONSTRAINT orders_pk PRIMARY KEY (id);",
            transaction=False,
            line=1,
            fix="ALTER TABLE orders ADD CONSTRAINT orders_id_not_null CHECK (id IS NOT NULL) NOT VALID;\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT orders_id_not_null;\n"
            "ALTER TABLE orders ALTER COLUMN id SET NOT NULL;\n"
            "ALTER TABLE orders DROP CONSTRAINT orders_id_not_null;\n"
            "CREATE UNIQUE INDEX CONCURRENTLY orders_pk ON orders (id);\n"
            "ALTER TABLE orders ADD CONSTRAINT orders_pk PRIMARY KEY USING INDEX orders_pk;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint);\nCREATE UNIQUE INDEX orders_id ON orders (id);",
            sql="ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_id;",
            server=18,
            line=1,
            fix="ALTER TABLE orders ADD CONSTRAINT orders_id_not_null NOT NULL id NOT VALID;\n"
            "-- in the next migration:\n"
            "ALTER TABLE orders VALIDATE CONSTRAINT orders_id_not_null;\n"
            "ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_id;",
        ),
        Example(
            given="CREATE TABLE tags (name text);",
            sql="ALTER TABLE tags\n  ADD COLUMN note text,\n  ADD COLUMN id bigserial PRIMARY KEY;",
            line=3,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint NOT NULL);\nCREATE UNIQUE INDEX orders_id ON orders (id);",
            sql="ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_id;",
            why="The index is there and the column is NOT NULL: no row is read.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint);\nCREATE UNIQUE INDEX orders_id ON orders (id);\n"
            "ALTER TABLE orders ADD CONSTRAINT id_there CHECK (id IS NOT NULL);",
            sql="ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_id;",
            why="A valid CHECK proves that there are no nulls, so they are not looked for.",
        ),
        Example(
            sql="CREATE TABLE orders (id bigint);\nALTER TABLE orders ADD PRIMARY KEY (id);",
            why="The table is made in the same migration, as a dump does it.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD PRIMARY KEY (id);",
            why="The server refuses a second primary key: migration-fails tells that.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        for constraint in added(step, operation, context, "primary key"):
            lock = context.busy_lock(step, constraint.relation, "scan", "build", "rewrite")
            if lock is None:
                continue
            taken = constraint.definition.using_index
            nullable = tuple(dict.fromkeys(s.name for s in step.impact.scans if s.reason == "not null" and s.name))
            if taken is not None and not nullable:
                continue
            if taken is not None:
                what = f"takes index {taken}, but reads every row for nulls in {', '.join(nullable)}"
            elif _fills_itself(operation):
                what = "on a new column that fills itself writes every row and builds the index"
            else:
                what = "builds its index"
            fix = self._fix(step, context, constraint, nullable, operation)
            help = "make the columns NOT NULL and build the unique index concurrently, each before the key is added"
            if _fills_itself(operation):
                help = (
                    "add the column without a default, let the application and a batched backfill fill it, then make it"
                    " the key"
                )
            yield context.finding(
                step,
                f"ADD PRIMARY KEY {what} under {lock.mode} on {lock.relation}: {context.blocked(step, lock)}",
                help=help,
                fixes=() if fix is None else (fix,),
            )

    def _fix(
        self, step: Step, context: Context, constraint: Added, nullable: tuple[str, ...], operation: Operation
    ) -> Fix | None:
        if _fills_itself(operation):
            return None
        if constraint.definition.using_index is None:
            return index_first(step, context, constraint)
        if constraint.body is None:
            return None
        first: list[str] = []
        last: list[str] = []
        for column in nullable:
            begin, *rest = steps_to_not_null(step, context, constraint.relation, column)
            first += begin
            last += [statement for part in rest for statement in part]
        table = context.sql_name(step, constraint.relation)
        last.append(f"ALTER TABLE {table} ADD CONSTRAINT {sql.identifier(constraint.name)} {constraint.body}")
        return context.fix_in_migrations(step, "Make the column NOT NULL before", first, last, safe=True)


def _fills_itself(operation: Operation) -> bool:
    """Whether the key is a new column with a value for each row that is there."""
    if not isinstance(operation, ops.AddColumn):
        return False
    column = operation.column
    return bool(column.serial or column.identity or column.default is not None or column.generated is not None)
