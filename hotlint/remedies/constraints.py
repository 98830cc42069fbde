"""The constraints that a statement adds, on tables that are there, and how to add them without stopping anyone.

``added`` tells an ADD CONSTRAINT and a constraint written behind the new column of an ADD COLUMN alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from hotlint.catalog.names import QName
from hotlint.operations import AddColumn, AddConstraint, ConstraintDef, Expr, Operation
from hotlint.remedies import sql

if TYPE_CHECKING:
    from hotlint.catalog.records import Index
    from hotlint.context import Context
    from hotlint.finding import Fix
    from hotlint.planning.model import Step

NOT_NULL_NOT_VALID_SINCE = 18  # release 18: ALTER TABLE … ADD CONSTRAINT … NOT NULL … NOT VALID


class Added(NamedTuple):
    """A constraint that a statement adds to ``relation``.

    ``name`` is the one that the server gives it where the text has none. ``body`` is its text as a table constraint,
    without its name (``CHECK (total > 0)``), ``column`` the subcommand that adds its new column without it; both are
    None where the text cannot be told apart.
    """

    relation: QName
    definition: ConstraintDef
    name: str
    columns: tuple[str, ...]
    body: str | None = None
    column: str | None = None
    inline: bool = False


def added(step: Step, operation: Operation, context: Context, *kinds: str) -> Iterator[Added]:
    """The constraints of these kinds that an ADD CONSTRAINT or ADD COLUMN adds to a table that others use."""
    found: tuple[ConstraintDef, ...]
    if isinstance(operation, AddConstraint):
        found = (operation.constraint,)
    elif isinstance(operation, AddColumn):
        found = operation.column.constraints
    else:
        return
    found = tuple(c for c in found if c.kind in kinds)
    if not found:
        return
    relation = context.resolve(step, operation.relation)
    if not context.concerns(step, relation):
        return
    text = _subcommand(step, context)
    for constraint in found:
        if isinstance(operation, AddColumn):
            columns = constraint.columns or (operation.column.name,)
            name = _name(step, relation, constraint, columns)
            body, rest = _inline(text, constraint, operation.column.name)
            yield Added(relation, constraint, name, columns, body, rest, True)
        else:
            columns = constraint.columns
            yield Added(relation, constraint, _name(step, relation, constraint, columns), columns, _body(text))


def in_two_steps(step: Step, context: Context, constraint: Added) -> Fix | None:
    """Added NOT VALID, and validated in a transaction that does not hold the lock of the first step."""
    if constraint.body is None:
        return None
    table, name = context.sql_name(step, constraint.relation), sql.identifier(constraint.name)
    if constraint.inline and constraint.column is None:
        return None
    subcommand = f"ADD CONSTRAINT {name} {constraint.body} NOT VALID"
    if constraint.column is not None:
        whole = context.with_instead(step, f"{constraint.column}, {subcommand}")
        first = [f"ALTER TABLE {table} {constraint.column}", f"ALTER TABLE {table} {subcommand}"]
    else:
        whole = context.with_instead(step, subcommand)
        first = [f"ALTER TABLE {table} {subcommand}"]
    if whole is not None:
        first = [whole]
    second = [f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"]
    return context.fix_in_migrations(step, "Add it NOT VALID, then validate it", first, second, whole=True, safe=True)


def index_first(step: Step, context: Context, constraint: Added) -> Fix | None:
    """A UNIQUE or PRIMARY KEY whose index is built concurrently, and then taken."""
    definition, columns = constraint.definition, constraint.columns
    if definition.without_overlaps or not columns or (constraint.inline and constraint.column is None):
        return None
    if constraint.body is not None and sql.keyword_end(constraint.body, "WITH") is not None:
        return None
    table = context.sql_name(step, constraint.relation)
    record = step.before.table(constraint.relation)
    before = _before_index(step, context, constraint, table)
    statements = [*before]
    if record is not None and record.kind == "partitioned table":
        return None if constraint.inline else _partition_by_partition(step, context, constraint)
    if definition.kind == "primary key":
        for column in columns:
            if _nullable(step, constraint.relation, column):
                statements += [s for part in not_null_steps(step, context, constraint.relation, column) for s in part]
    ready = _ready_index(step, constraint)
    name = sql.identifier(constraint.name)
    index = sql.quote(ready.name.name) if ready is not None else _free_name(step, constraint)
    if ready is None:
        statements.append(f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} {_index_body(definition, columns)}")
    take = f"ADD CONSTRAINT {name} {_using(definition, index)}"
    whole = context.with_instead(step, take) if not before else None
    statements.append(whole or f"ALTER TABLE {table} {take}")
    if ready is not None and len(statements) == 1:
        return context.fix(f"Take the index {ready.name.name}, which is there already", *statements, whole=True)
    title, safe = "Build its index concurrently, then add it", ready is None  # a ready one loses its name
    return context.fix_without_transaction(step, title, *statements, whole=True, safe=safe)


def not_null_steps(
    step: Step, context: Context, relation: QName, column: str, constraint: str | None = None
) -> tuple[tuple[str, ...], ...]:
    """The statements that make a column NOT NULL without reading the table under ACCESS EXCLUSIVE, in the parts that
    need a transaction each.

    Before 18 a valid CHECK proves it (tablecmds.c: NotNullImpliedByRelConstraints, since 12); 18 has NOT VALID for NOT
    NULL itself. A constraint that is there and only waits for its validation is used; ``constraint`` is the name for a
    new one.
    """
    table, quoted = context.sql_name(step, relation), sql.quote(column)
    name = sql.identifier(constraint or f"{relation.name}_{column}_not_null")
    alter = f"ALTER TABLE {table}"
    record = step.before.table(relation)
    waiting = next((c for c in record.constraints if _says_not_null(c.expression, column)), None) if record else None
    if waiting is not None and not waiting.valid and waiting.enforced:
        there = sql.quote(waiting.name)
        return ((f"{alter} VALIDATE CONSTRAINT {there}", f"{alter} ALTER COLUMN {quoted} SET NOT NULL"),)
    if context.server.major >= NOT_NULL_NOT_VALID_SINCE:
        found = record.column(column) if record is not None else None
        if found is not None and found.not_null and found.not_null_name is not None:
            return ((f"{alter} VALIDATE CONSTRAINT {sql.quote(found.not_null_name)}",),)
        return (
            (f"{alter} ADD CONSTRAINT {name} NOT NULL {quoted} NOT VALID",),
            (f"{alter} VALIDATE CONSTRAINT {name}",),
        )
    return (
        (f"{alter} ADD CONSTRAINT {name} CHECK ({quoted} IS NOT NULL) NOT VALID",),
        (
            f"{alter} VALIDATE CONSTRAINT {name}",
            f"{alter} ALTER COLUMN {quoted} SET NOT NULL",
            f"{alter} DROP CONSTRAINT {name}",
        ),
    )


# -- texts


def _subcommand(step: Step, context: Context) -> str | None:
    """``ADD …`` as it stands in the file; of a statement in a DO block only where it has one subcommand."""
    text = sql.without_semicolon(context.text(step))
    if context.body is not None and len(context.body.operations) > 1:
        return None
    at = sql.keyword_end(text, "ADD")
    return None if at is None else sql.one_line(text[at - len("ADD") :])


def _body(text: str | None) -> str | None:
    """What follows ``ADD [CONSTRAINT name]``."""
    if text is None:
        return None
    words = [text[start:end].upper() for _, start, end in sql.tokens(text)]
    starts = [start for _, start, _ in sql.tokens(text)]
    at = 3 if words[1:2] == ["CONSTRAINT"] else 1
    return text[starts[at] :] if len(starts) > at else None


_CLAUSES = {
    "CHECK": "check",
    "REFERENCES": "foreign key",
    "UNIQUE": "unique",
    "PRIMARY": "primary key",
    "NOT": "not null",
    "NULL": "null",
    "DEFAULT": "default",
    "GENERATED": "generated",
    "COLLATE": "collate",
}
"""The words with which the clauses behind a column's type begin (gram.y: ColQualList)."""

_NO_CLAUSE = {
    "NOT": ("DEFERRABLE", "VALID", "ENFORCED", "EXISTS", "DISTINCT"),
    "NULL": (),
    "DEFAULT": (),
}
"""What may follow where the word belongs to the clause before it; NULL and DEFAULT do behind SET, NOT and DEFAULT."""


def _inline(text: str | None, constraint: ConstraintDef, column: str) -> tuple[str | None, str | None]:
    """The body of a constraint on a column as that of a table constraint, and the subcommand without it."""
    found = [c for c in _clauses(text) if c[0] == constraint.kind] if text is not None else []
    if text is None or len(found) != 1:
        return None, None
    _, start, body_at, end = found[0]
    body = text[body_at:end].rstrip()
    if constraint.kind == "foreign key":
        body = f"FOREIGN KEY ({sql.quote(column)}) {body}"
    return body, " ".join(f"{text[:start].rstrip()} {text[end:].lstrip()}".split("\n")).rstrip()


def _clauses(text: str) -> Iterator[tuple[str, int, int, int]]:
    """The clauses behind a column's type: kind, start with ``CONSTRAINT name``, start of the clause itself, end."""
    starts: list[tuple[str, int, int]] = []
    depth, named = 0, -1
    before = ""
    found = list(sql.tokens(text))
    for at, (kind, start, end) in enumerate(found):
        token = text[start:end].upper()
        depth += (token in "([") - (token in ")]")
        after = text[found[at + 1][1] : found[at + 1][2]].upper() if at + 1 < len(found) else ""
        if kind == "word" and depth == 0 and token == "CONSTRAINT":
            named = start
        elif kind == "word" and depth == 0 and token in _CLAUSES and _begins(token, before, after):
            starts.append((_CLAUSES[token], named if named >= 0 else start, start))
            named = -1
        before = token
    ends = [start for _, start, _ in starts[1:]] + [len(text)]
    for (clause, start, body_at), end in zip(starts, ends, strict=True):
        yield clause, start, body_at, end


def _begins(word: str, before: str, after: str) -> bool:
    if word in ("NULL", "DEFAULT") and before in ("SET", "NOT", "DEFAULT"):
        return False
    return after not in _NO_CLAUSE.get(word, ())


# -- what the server makes of it


def _before_index(step: Step, context: Context, constraint: Added, table: str) -> list[str]:
    """What must be there before an index is built: a column that the statement itself adds."""
    if constraint.inline:
        return [context.with_instead(step, constraint.column or "") or f"ALTER TABLE {table} {constraint.column}"]
    record = step.before.table(constraint.relation)
    new = record is None or any(record.column(column) is None for column in constraint.columns)
    rest = context.with_instead(step, "") if new else None
    return [] if rest is None else [rest]


def _free_name(step: Step, constraint: Added) -> str:
    """A name for the index that is to be built: the constraint's, or another one where that is still in use."""
    taken = step.before.relation(QName(constraint.relation.schema, constraint.name)) is not None
    return sql.identifier(f"{constraint.name}_new" if taken else constraint.name)


_SUFFIXES = {
    "check": "check",
    "foreign key": "fkey",
    "unique": "key",
    "primary key": "pkey",
    "exclude": "excl",
    "not null": "not_null",
}


def _name(step: Step, relation: QName, constraint: ConstraintDef, columns: tuple[str, ...]) -> str:
    """The constraint's name: as written, as the schema after the statement has it, or as ChooseConstraintName would."""
    if constraint.name is not None:
        return constraint.name
    before, after = step.before.table(relation), step.after.table(relation)
    for made in after.constraints if after is not None else ():
        new = before is None or before.constraint(made.name) is None
        same = made.expression == constraint.expression if constraint.kind == "check" else made.columns == columns
        if new and made.kind == constraint.kind and same:
            return made.name
    parts = () if constraint.kind == "primary key" else columns
    return "_".join((relation.name, *parts, _SUFFIXES[constraint.kind]))


def _nullable(step: Step, relation: QName, column: str) -> bool:
    """Whether the statement reads the table for nulls of the column, or the column is new."""
    table = step.before.table(relation)
    new = table is not None and table.known and table.column(column) is None
    return new or any(s.reason == "not null" and s.name == column for s in step.impact.scans)


def _says_not_null(expression: Expr | None, column: str) -> bool:
    return (
        expression is not None
        and expression.kind == "is_not_null"
        and expression.args[0].kind == "column"
        and expression.args[0].value == column
    )


def _ready_index(step: Step, constraint: Added) -> Index | None:
    """A unique index on the same columns that a constraint can take (index.c: index_constraint_create; parse_utilcmd.c:
    transformIndexConstraint)."""
    definition = constraint.definition
    for index in step.before.indexes(constraint.relation):
        plain = all(e.opclass is None and not e.descending and e.nulls == "default" for e in index.elements)
        if (
            index.unique
            and plain
            and index.known
            and index.where is None
            and index.constraint is None
            and index.valid is True
            and not index.maybe
            and index.columns == constraint.columns
            and index.include == definition.include
            and index.nulls_not_distinct == definition.nulls_not_distinct
        ):
            return index
    return None


def _index_body(definition: ConstraintDef, columns: tuple[str, ...]) -> str:
    text = f"({', '.join(map(sql.quote, columns))})"
    if definition.include:
        text += f" INCLUDE ({', '.join(map(sql.quote, definition.include))})"
    if definition.nulls_not_distinct:
        text += " NULLS NOT DISTINCT"
    if definition.tablespace is not None:
        text += f" TABLESPACE {sql.quote(definition.tablespace)}"
    return text


def _using(definition: ConstraintDef, index: str) -> str:
    text = f"{definition.kind.upper()} USING INDEX {index}"
    if definition.deferrable:
        text += " DEFERRABLE"
    return text + " INITIALLY DEFERRED" if definition.initially_deferred else text


_SHOWN = 3  # partitions that a fix spells out


def _partition_by_partition(step: Step, context: Context, constraint: Added) -> Fix | None:
    """ONLY the parent first, whose index stays invalid until each partition's is attached (documentation, "Table
    Partitioning": Partition Maintenance)."""
    partitions = step.before.children(constraint.relation)
    records = [step.before.table(partition) for partition in partitions]
    if not partitions or any(record is None or record.kind != "table" for record in records):
        return None
    definition, columns = constraint.definition, constraint.columns
    if definition.kind == "primary key" and any(_nullable(step, p, column) for p in partitions for column in columns):
        return None
    table, name = context.sql_name(step, constraint.relation), sql.identifier(constraint.name)
    parent = sql.qualified(constraint.relation.schema, constraint.name) if "." in table else name
    body = f"{definition.kind.upper()} ({', '.join(map(sql.quote, columns))})"
    statements = [f"ALTER TABLE ONLY {table} ADD CONSTRAINT {name} {body}"]
    for partition in partitions[:_SHOWN]:
        index = sql.identifier(f"{partition.name}_{constraint.name}")
        on = context.sql_name(step, partition)
        attached = f"{sql.quote(partition.schema)}.{index}" if "." in on else index
        statements += [
            f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {on} {_index_body(definition, columns)}",
            f"ALTER TABLE {on} ADD CONSTRAINT {index} {_using(definition, index)}",
            f"ALTER INDEX {parent} ATTACH PARTITION {attached}",
        ]
    if len(partitions) > _SHOWN:
        statements.append(f"-- and so on for the other {len(partitions) - _SHOWN} partitions")
    return context.fix_without_transaction(step, "Partition by partition, with indexes built concurrently", *statements)
