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
    constraint_body,
    index_sql,
    ops,
    outside,
    records,
    replaced_column,
    sql,
    uses,
)


class AlterColumnType(Rule):
    """Another type for a column rewrites the table, builds its indexes anew or checks its rows, all under ACCESS
    EXCLUSIVE.

    Where the old values are not also values of the new type as they stand on disk, every row is copied and every index
    built again: reads and writes of the table wait for minutes, and the disk must hold both copies. Other changes keep
    the rows, and yet build the indexes anew whose order is another one, or check a CHECK or a foreign key again on
    every row.

    Free are a longer or no limit of varchar, varchar to text, more digits before the point of numeric, a longer
    precision of times, and timestamp to timestamptz while TimeZone is UTC and no index has the column. These are not
    told here.

    Instead:
        A second column of the new type that a trigger keeps filled; the old rows copied in batches; the indexes built
        concurrently; then the names swapped in a moment. A shorter limit of a text is a CHECK constraint as well, which
        is validated while writes go on.

    Sources:
        - https://www.postgresql.org/docs/current/sql-altertable.html (Notes)
        - the server's tablecmds.c, ATColumnChangeRequiresRewrite and ATPostAlterTypeCleanup; rewrites, scans and
          builds measured on PostgreSQL 12 to 18
    """

    id = "alter-column-type"
    category = "rewrite"
    severity = "error"
    operations = (ops.AlterColumnType,)

    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total int NOT NULL DEFAULT 0);\n"
            "CREATE INDEX orders_total_idx ON orders (total);",
            sql="ALTER TABLE orders ALTER COLUMN total TYPE bigint;",
            line=1,
        ),
        Example(
            given="CREATE TABLE app.orders (id serial PRIMARY KEY);",
            sql="ALTER TABLE app.orders\n  ADD COLUMN note text,\n  ALTER COLUMN id TYPE bigint;",
            line=3,
            transaction=False,
        ),
        Example(
            given="CREATE TABLE users (id uuid PRIMARY KEY, name varchar(100));",
            sql="ALTER TABLE users ALTER name TYPE varchar(50);",
            line=1,
            fix="ALTER TABLE users ADD CONSTRAINT users_name_length CHECK (char_length(name) <= 50) NOT VALID;\n"
            "-- in the next migration:\n"
            "ALTER TABLE users VALIDATE CONSTRAINT users_name_length;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, state text, CHECK (state <> ''));",
            sql="ALTER TABLE orders ALTER COLUMN state TYPE varchar;",
            line=1,
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, state text);\n"
            "CREATE INDEX orders_state ON orders (state);",
            sql='ALTER TABLE orders ALTER COLUMN state TYPE text COLLATE "C";',
            line=1,
        ),
        Example(
            given="CREATE TABLE orders (id int PRIMARY KEY);\nCREATE TABLE items (order_id int REFERENCES orders);",
            sql="ALTER TABLE orders ALTER COLUMN id TYPE bigint USING id::bigint;",
            line=1,
        ),
        Example(sql="ALTER TABLE legacy_orders ALTER COLUMN total TYPE bigint;", line=1),
    )
    good = (
        Example(
            given="CREATE TABLE users (id bigint PRIMARY KEY, name varchar(50), price numeric(10,2), net inet,\n"
            "  address cidr, at timestamp(3));\nCREATE INDEX ON users (name);",
            sql="ALTER TABLE users ALTER name TYPE varchar(100), ALTER price TYPE numeric(12,2),\n"
            "  ALTER at TYPE timestamp(6), ALTER address TYPE inet;\nALTER TABLE users ALTER COLUMN name TYPE text;",
            why="The old values are valid as they stand: only the catalog changes.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, at timestamp);",
            sql="SET timezone = 'UTC';\nALTER TABLE orders ALTER COLUMN at TYPE timestamptz;",
            why="Under UTC a timestamp and a timestamptz have the same bytes.",
        ),
        Example(
            sql="CREATE TABLE orders (id int PRIMARY KEY);\nALTER TABLE orders ALTER COLUMN id TYPE bigint;",
            why="The table is new in this migration: there is nothing to rewrite.",
        ),
        Example(
            given="CREATE DOMAIN label AS text;\nCREATE TABLE orders (id bigint PRIMARY KEY, state text);",
            sql="ALTER TABLE orders ALTER COLUMN state TYPE label;",
            why="A domain without constraints is its base type.",
        ),
        Example(
            given="CREATE TABLE events (id int, at date) PARTITION BY RANGE (at);",
            sql="ALTER TABLE events ALTER COLUMN id TYPE bigint;",
            why="The partitioned table has no partition yet, and no rows of its own.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        assert isinstance(operation, ops.AlterColumnType)
        relation, column = context.resolve(step, operation.relation), operation.column
        lock = step.impact.lock_on(relation)
        if lock is None or not context.concerns(step, relation):
            return
        rewriting = context.rewriting(step, relation, column)
        table = step.before.table(relation)
        builds, checks = _rebuilt(step, relation, column), _checked(step, relation, column)
        if rewriting:
            what, fixes = rewriting, _instead_of_rewrite(step, operation, context, relation)
            help = "add a column of the new type, keep it filled by a trigger, copy in batches, and swap the names"
        elif builds:
            names = ", ".join(str(name) for name in builds)
            what = f"builds {names} anew under {lock.mode}: {context.blocked(step, lock)}"
            fixes = _instead_of_builds(step, operation, context, relation, builds)
            help = "build the index concurrently, before or after: on a second column, or on this one without the index"
        elif checks:
            names = ", ".join(f"{c.name} of {on}" for on, c in checks)
            what = f"checks {names} again on every row under {lock.mode}: {context.blocked(step, lock)}"
            fixes = _instead_of_checks(step, operation, context, relation, checks)
            help = "take the constraint away in the same transaction, and add it again NOT VALID to be validated later"
        else:
            if _is_unseen(step, relation, column):
                yield context.finding(
                    step,
                    f"Changing {column} to {_type(operation)} rewrites {relation} under {lock.mode}, and reads and"
                    f" writes of it wait while every row is copied, unless {_type(operation)} takes the old values as"
                    " they stand; this history does not show the old type",
                    help="give a schema dump as baseline in the configuration, so that the old type is known",
                    at_most="warning",
                )
            return
        found = table.column(column) if table is not None else None
        old = f" from {sql.format_type(found.type)}" if found is not None and found.type is not None else ""
        lost = any(d.what == "values" and d.name == column for d in step.impact.data_loss)
        yield context.finding(
            step,
            f"Changing {column}{old} to {_type(operation)} {what}"
            + ("; values that do not fit are rounded or cut" if lost else ""),
            help=help,
            fixes=fixes,
        )


def _is_unseen(step: Step, relation: QName, column: str) -> bool:
    """Whether the history never said of which type the column is."""
    found = step.before.relation(relation)
    if found is None or not isinstance(found, records.Table):
        return found is None
    before = found.column(column)
    return not found.known if before is None else before.type is None


# -- what of it is this column's


def _rebuilt(step: Step, relation: QName, column: str) -> list[QName]:
    """The indexes with the column that are built anew."""
    family = {relation, *step.before.descendants(relation)}
    found: list[QName] = []
    for build in step.impact.index_builds:
        index = step.before.index(build.index) if build.index is not None else None
        if not build.new and build.relation in family and index is not None and uses(index, column):
            found.append(index.name)
    return found


def _checked(step: Step, relation: QName, column: str) -> list[tuple[QName, records.Constraint]]:
    """The constraints with the column that are checked again, with their tables."""
    family = {relation, *step.before.descendants(relation)}
    found: list[tuple[QName, records.Constraint]] = []
    for scan in step.impact.scans:
        table = step.before.table(scan.relation)
        constraint = table.constraint(scan.name or "") if table is not None else None
        if constraint is None or scan.reason not in ("check", "foreign key"):
            continue
        own = scan.relation in family and column in constraint.columns
        if own or (constraint.target in family and column in constraint.target_columns):
            found.append((scan.relation, constraint))
    return found


# -- ways out


def _using(step: Step, operation: ops.AlterColumnType, context: Context) -> str | None:
    """The text behind USING."""
    text = sql.one_line(sql.without_semicolon(context.text(step)))
    at = sql.keyword_end(text, "USING")
    return text[at:].strip() if operation.using is not None and at is not None else None


def _instead_of_rewrite(step: Step, operation: ops.AlterColumnType, context: Context, relation: QName) -> Iterator[Fix]:
    table = step.before.table(relation)
    column = table.column(operation.column) if table is not None else None
    if table is None or column is None or (operation.using is not None and context.body is not None):
        return
    quoted, to = sql.quote(column.name), operation.to
    if operation.using is None and to.name == "varchar" and to.modifiers and _is_text(column.type):
        name = sql.identifier(f"{relation.name}_{column.name}_length")
        alter = f"ALTER TABLE {context.sql_name(step, relation)}"
        yield context.fix_in_migrations(
            step,
            "Limit the length by a CHECK",
            (f"{alter} ADD CONSTRAINT {name} CHECK (char_length({quoted}) <= {to.modifiers[0]}) NOT VALID",),
            (f"{alter} VALIDATE CONSTRAINT {name}",),
        )
    value = _using(step, operation, context) or quoted  # assigned, as the server does: what does not fit is refused
    replaced = replaced_column(step, context, table, column, to, value, operation.collation)
    if replaced is not None:
        yield replaced


def _is_text(type: ops.TypeName | None) -> bool:
    return type is not None and type.name in ("varchar", "text") and not type.dimensions


def _type(operation: ops.AlterColumnType) -> str:
    """The new type as SQL, with its collation where the statement gives one."""
    text, collation = sql.format_type(operation.to), operation.collation
    if collation is None:
        return text
    return f"{text} COLLATE {sql.named(collation)}"


def _alter(step: Step, operation: ops.AlterColumnType, context: Context, relation: QName) -> str:
    """The change alone, as a statement."""
    text = f"ALTER TABLE {context.sql_name(step, relation)} ALTER COLUMN {sql.quote(operation.column)}"
    text += f" TYPE {_type(operation)}"
    using = _using(step, operation, context)
    return f"{text} USING {using}" if using is not None else text


def _instead_of_builds(
    step: Step, operation: ops.AlterColumnType, context: Context, relation: QName, names: list[QName]
) -> Iterator[Fix]:
    """Without its indexes the column changes in a moment; they are built again concurrently. Not for those of keys."""
    indexes = [index for index in map(step.before.index, names) if index is not None]
    if any(i.constraint is not None or i.partitioned or i.parent is not None for i in indexes):
        return
    table = context.sql_name(step, relation)
    again = [index_sql(i, i.name.name, table) for i in indexes]
    if None in again:
        return
    drops = [f"DROP INDEX CONCURRENTLY {context.sql_name(step, i.name)}" for i in indexes]
    yield context.fix_in_migrations(
        step,
        "Without the index, which is built again concurrently (queries do without it meanwhile)",
        (*outside(step, context), *drops),
        (_alter(step, operation, context, relation),),
        (*outside(step, context), *(text for text in again if text is not None)),
    )


def _instead_of_checks(
    step: Step,
    operation: ops.AlterColumnType,
    context: Context,
    relation: QName,
    checks: list[tuple[QName, records.Constraint]],
) -> Iterator[Fix]:
    """The constraints are taken away and come back NOT VALID, to be validated later."""
    bodies = [constraint_body(c, context, step) for _, c in checks]
    if None in bodies or context.body is not None:
        return
    alters = [f"ALTER TABLE {context.sql_name(step, on)}" for on, _ in checks]
    names = [sql.quote(c.name) for _, c in checks]
    first = [f"{a} DROP CONSTRAINT {n}" for a, n in zip(alters, names, strict=True)]
    first.append(_alter(step, operation, context, relation))
    first += [f"{a} ADD CONSTRAINT {n} {b} NOT VALID" for a, n, b in zip(alters, names, bodies, strict=True)]
    second = [f"{a} VALIDATE CONSTRAINT {n}" for a, n in zip(alters, names, strict=True)]
    yield context.fix_in_migrations(
        step, "Let the constraint come back NOT VALID, and validate it later", first, second
    )
