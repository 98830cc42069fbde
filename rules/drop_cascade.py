from __future__ import annotations

from collections.abc import Iterator

from hotlint.rule import Context, Example, Finding, Fix, Operation, QName, Rule, Step, Victim, ops, sql


class DropCascade(Rule):
    """CASCADE drops what depends on an object too: views, foreign keys, columns and defaults that nobody named.

    The server does not ask and only mentions it in a NOTICE that no tool shows. A foreign key of another table is gone,
    and with it the guarantee that it gave; a view that a report reads is gone with the grants on it; with a type go the
    columns that have it, and their values.

    Instead:
        Leave CASCADE out: the server then refuses the statement, and names what depends. Drop that by name before, so
        that a reviewer sees it.

    Sources:
        - https://www.postgresql.org/docs/current/ddl-depend.html
        - the server's dependency.c, performMultipleDeletions; what goes along measured on PostgreSQL 12 to 18
    """

    id = "drop-cascade"
    category = "destructive"
    severity = "warning"
    operations = (ops.DropRelation, ops.DropColumn, ops.DropConstraint, ops.DropObject)

    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);\n"
            "CREATE TABLE items (order_id bigint CONSTRAINT items_order REFERENCES orders);\n"
            "CREATE VIEW totals AS SELECT id, total FROM orders;\nCREATE VIEW large AS SELECT id FROM totals;",
            sql="DROP TABLE orders CASCADE;",
            line=1,
            fix="ALTER TABLE items DROP CONSTRAINT items_order;\nDROP VIEW large, totals;\nDROP TABLE orders;",
        ),
        Example(
            given="CREATE TYPE app.mood AS ENUM ('ok', 'bad');\nCREATE TABLE app.people (id bigint, mood app.mood);",
            sql="SELECT 1;\nDROP TYPE IF EXISTS app.mood CASCADE;",
            line=2,
            fix="ALTER TABLE app.people DROP COLUMN mood;\nDROP TYPE IF EXISTS app.mood;",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);\n"
            "CREATE VIEW totals AS SELECT id, total FROM orders;",
            sql="ALTER TABLE orders\n  ADD COLUMN net numeric,\n  DROP COLUMN total CASCADE;",
            line=3,
            fix="DROP VIEW totals;\nALTER TABLE orders\n  ADD COLUMN net numeric,\n  DROP COLUMN total;",
        ),
        Example(
            given="CREATE TABLE orders (id int PRIMARY KEY);\nCREATE TABLE items (order_id int REFERENCES orders);",
            sql="ALTER TABLE orders DROP CONSTRAINT orders_pkey CASCADE;",
            line=1,
            fix="ALTER TABLE items DROP CONSTRAINT items_order_id_fkey;\n"
            "ALTER TABLE orders DROP CONSTRAINT orders_pkey;",
        ),
        Example(sql="DROP TABLE legacy CASCADE;", line=1, fix="DROP TABLE legacy;"),
    )
    good = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);\nCREATE INDEX ON orders (total);",
            sql="DROP TABLE orders CASCADE;",
            why="Nothing but its own index depends on the table: CASCADE takes nothing else along.",
        ),
        Example(
            given="CREATE TABLE orders (id int PRIMARY KEY);\nCREATE TABLE items (order_id int REFERENCES orders);",
            sql="DROP TABLE orders, items CASCADE;",
            why="The only thing that depends on the one table is the other, which is named.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="CREATE VIEW ids AS SELECT id FROM orders;\nDROP TABLE orders CASCADE;",
            why="What goes along came in the same migration.",
        ),
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="CREATE TABLE items (order_id bigint REFERENCES orders ON DELETE CASCADE);",
            why="ON DELETE CASCADE is about rows.",
        ),
        Example(
            given="CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';",
            sql="DROP FUNCTION one() CASCADE;",
            why="Nothing uses the function.",
        ),
    )

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        if not _is_first(step, operation, context) or step.impact.error is not None or step.impact.skipped:
            return
        victims = [v for v in step.impact.victims if not v.automatic and not context.is_victim_new(v)]
        what = _what(step, operation, context)
        if victims:
            message = f"CASCADE takes along what depends on {what}: {sql.enumerated([_told(v) for v in victims])}"
        elif step.impact.victims or not _is_unknown(step, operation, context):
            return
        else:
            message = f"CASCADE takes along whatever depends on {what}: this history does not show what that is"
        yield context.finding(
            step,
            message,
            related=context.related_victims(victims, "goes along"),
            help="leave CASCADE out, and drop by name what depends on it",
            fixes=_fixes(step, operation, context, victims),
        )


_NOT_HERE = frozenset(["schema", "database", "owned", "role", "event trigger", "publication", "statistics"])
"""Kinds that other rules tell, or on which nothing can depend."""


def _is_first(step: Step, operation: Operation, context: Context) -> bool:
    """Whether it is the first with CASCADE of its statement: what goes along is told for all of them together."""
    operations = context.body.operations if context.body is not None else step.operations
    return operation is next((op for op in operations if _cascades(op)), None)


def _cascades(operation: Operation) -> bool:
    if isinstance(operation, ops.DropObject) and operation.kind in _NOT_HERE:
        return False
    return isinstance(operation, DropCascade.operations) and bool(getattr(operation, "cascade", False))


def _what(step: Step, operation: Operation, context: Context) -> str:
    operations = context.body.operations if context.body is not None else step.operations
    count = sum(map(_cascades, operations))
    if count > 1:
        return f"the {count} objects that this statement drops"
    if isinstance(operation, ops.DropColumn):
        return f"column {operation.column} of {context.resolve(step, operation.relation)}"
    if isinstance(operation, ops.DropConstraint):
        return f"constraint {operation.constraint} of {context.resolve(step, operation.relation)}"
    if isinstance(operation, ops.DropRelation):
        return f"{operation.kind} {context.resolve(step, operation.relation)}"
    assert isinstance(operation, ops.DropObject)
    name = operation.name
    return f"{operation.kind} {sql.named(name)}"


def _told(victim: Victim) -> str:
    return f"{victim.kind} {victim.part} of {victim.object}" if victim.part else f"{victim.kind} {victim.name}"


def _is_unknown(step: Step, operation: Operation, context: Context) -> bool:
    """Whether the history has not made the object, so that nobody can tell from it what depends on the object."""
    if isinstance(operation, ops.RelationOperation):
        found = step.before.relation(context.resolve(step, operation.relation))
        return found is None or not found.known
    if not isinstance(operation, ops.DropObject) or operation.kind == "extension":
        return True
    name = operation.name
    schemas = (name.schema,) if name.schema is not None else step.session.search_path
    names = [QName(schema, name.name) for schema in schemas]
    made = [step.before.type(n) or step.before.relation(n) or step.before.functions(n) for n in names]
    return not any(record and getattr(record, "known", True) for record in made)


def _fixes(step: Step, operation: Operation, context: Context, victims: list[Victim]) -> Iterator[Fix]:
    drop = _without_cascade(step, operation, context)
    before = _drops(step, context, victims)
    if before is None:
        title = "Without CASCADE, so that the server refuses it while something depends on it"
        yield context.fix(title, drop, whole=True)
    elif before:
        safe = not any(victim.kind in _WITH_ROWS for victim in victims)
        yield context.fix("Drop by name what depends on it", *before, drop, whole=True, safe=safe)
    else:
        yield context.fix("Without CASCADE", drop, whole=True)


def _without_cascade(step: Step, operation: Operation, context: Context) -> str:
    """The whole statement without CASCADE, the other parts of it included; in a DO block, what is dropped alone."""
    if context.body is None:
        start, text = step.statement.start, step.sql
        spans = step.statement.spans or ((start, step.statement.end),)
        for (first, last), op in reversed([*zip(spans, step.operations, strict=True)]):
            if _cascades(op):
                part = sql.without_word(text[first - start : last - start], "CASCADE")
                text = f"{text[: first - start]}{part}{text[last - start :]}"
        return text
    if isinstance(operation, ops.DropColumn | ops.DropConstraint):
        table = context.sql_name(step, context.resolve(step, operation.relation))
        part = operation.column if isinstance(operation, ops.DropColumn) else operation.constraint
        word = "COLUMN" if isinstance(operation, ops.DropColumn) else "CONSTRAINT"
        return f"ALTER TABLE {table} DROP {word} {sql.quote(part)}"
    return sql.without_word(sql.without_semicolon(context.text(step)), "CASCADE")


_OF_TABLE = {
    "constraint": "ALTER TABLE {table} DROP CONSTRAINT {part}",
    "column": "ALTER TABLE {table} DROP COLUMN {part}",
    "default": "ALTER TABLE {table} ALTER COLUMN {part} DROP DEFAULT",
    "trigger": "DROP TRIGGER {part} ON {table}",
    "policy": "DROP POLICY {part} ON {table}",
    "rule": "DROP RULE {part} ON {table}",
}
_WITH_ROWS = ("table", "partitioned table", "foreign table", "column")
"""What holds rows: dropped by name, it is a finding of its own."""

_WHOLE = {
    "materialized view": "MATERIALIZED VIEW",
    "table": "TABLE",
    "partitioned table": "TABLE",
    "foreign table": "FOREIGN TABLE",
    "sequence": "SEQUENCE",
    "index": "INDEX",
    "type": "TYPE",
}


def _drops(step: Step, context: Context, victims: list[Victim]) -> list[str] | None:
    """Statements that drop the victims, the last found first; None where there is no telling how."""
    parts, wholes, views = [], [], []
    for victim in reversed(victims):
        if victim.object is None:
            return None
        name = context.sql_name(step, victim.object)
        if victim.kind in _OF_TABLE:
            parts.append(_OF_TABLE[victim.kind].format(table=name, part=sql.quote(victim.part)))
        elif victim.kind == "view":
            views.append(name)
        elif victim.kind in _WHOLE:
            wholes.append(f"DROP {_WHOLE[victim.kind]} {name}")
        else:
            return None
    return [*parts, *([f"DROP VIEW {', '.join(views)}"] if views else []), *wholes]
