"""A column replaced by one of another type while the application runs: expand, copy, swap, contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, Constraint, Index, Table
from hotlint.catalog.records import Sequence as SequenceRecord
from hotlint.operations import ColumnDef, Expr, Name, TypeName
from hotlint.remedies import sql
from hotlint.remedies.backfill import bare_column, beside, in_batches, keep_filled, outside
from hotlint.remedies.constraints import not_null_steps

if TYPE_CHECKING:
    from hotlint.context import Context
    from hotlint.finding import Fix
    from hotlint.planning.model import Step


def replaced_column(
    step: Step, context: Context, table: Table, column: Column, to: TypeName, value: str, collation: Name | None = None
) -> Fix | None:
    """A second column of type ``to`` that a trigger keeps at ``value`` (an expression over the row), copied in batches
    and swapped with the old one.

    Where foreign keys, partitions, an identity, or keys of several columns hang on the column, the fix ends with the
    copy and its title says so. None where not even the batches can be told.
    """
    new = ColumnDef(name=f"{column.name}_new", type=to, collation=collation)
    relation = table.name
    name = context.sql_name(step, relation)
    loop = in_batches(step, context, relation, f"UPDATE {name} SET {sql.quote(new.name)} = {value}")
    if loop is None:
        return None
    filled = keep_filled(step, context, relation, new.name, value, of=column.name)
    parts: list[Sequence[str]] = [
        (bare_column(step, context, relation, new), *filled),
        (*outside(step, context), loop),
    ]
    swap = _swap(step, context, table, column, new.name)
    if swap is None:
        title = "Begin with a second column, kept filled by a trigger and copied in batches; swap the names after"
        return context.fix_in_migrations(step, title, *parts)
    if column.not_null:
        parts += not_null_steps(step, context, relation, new.name)
    if swap.indexes:
        parts.append((*outside(step, context), *swap.indexes))
    begin, end = (["BEGIN"], ["COMMIT"]) if context.transaction_mode(step) == "none" else ([], [])
    parts.append([*begin, *swap.names, *end])
    parts.append((f"ALTER TABLE {name} DROP COLUMN {sql.quote(_old(column.name))}", *swap.after))
    return context.fix_in_migrations(step, "A second column, copied in batches and swapped with the first", *parts)


def _old(column: str) -> str:
    return f"{column}_old"


class _Swap(msgspec.Struct, frozen=True):
    """``indexes`` are to be built before, ``names`` are the statements of the transaction that swaps the columns, and
    ``after`` gives the indexes their old names when the old column is gone."""

    indexes: list[str]
    names: list[str]
    after: list[str]


def _swap(step: Step, context: Context, table: Table, column: Column, new: str) -> _Swap | None:
    """The second half, or None where more hangs on the column than a fix can move."""
    relation = table.name
    in_keys = [c for c in table.constraints if column.name in c.columns]
    if (
        table.kind != "table"
        or step.before.children(relation)
        or column.identity is not None
        or column.generated is not None
        or any(c.kind not in ("unique", "primary key") for c in in_keys)
        or any(column.name in c.target_columns for _, c in step.before.referencing(relation))
        or any(_reads(r.reads, relation, column.name) for r in step.before.readers(relation))
    ):
        return None
    moved = _moved_indexes(step, context, table, column, new)
    default = _moved_default(step, context, table, column)
    if moved is None or default is None:
        return None
    built, taken, after = moved
    name, quoted = context.sql_name(step, relation), sql.quote(column.name)
    alter = f"ALTER TABLE {name}"
    trigger = sql.identifier(f"{relation.name}_{new}_fill")
    names = [
        f"DROP TRIGGER {trigger} ON {name}",
        f"DROP FUNCTION {beside(context, step, relation, f'{new}_fill')}()",
        f"{alter} RENAME COLUMN {quoted} TO {sql.quote(_old(column.name))}",
        f"{alter} RENAME COLUMN {sql.quote(new)} TO {quoted}",
        *default,
        *taken,
    ]
    if column.not_null:
        names.append(f"{alter} ALTER COLUMN {sql.quote(_old(column.name))} DROP NOT NULL")
    return _Swap(built, names, after)


def _reads(reads: Sequence[tuple[QName, tuple[str, ...] | None]], relation: QName, column: str) -> bool:
    return any(name == relation and (columns is None or column in columns) for name, columns in reads)


def _moved_default(step: Step, context: Context, table: Table, column: Column) -> list[str] | None:
    """The statements that give the new column the old one's default, with the sequence that belongs to it."""
    if column.default is None:
        return []
    value = sql.render_expression(column.default)
    if value is None:
        return None
    alter = f"ALTER TABLE {context.sql_name(step, table.name)} ALTER COLUMN"
    statements = [f"{alter} {sql.quote(column.name)} SET DEFAULT {value}"]
    statements.append(f"{alter} {sql.quote(_old(column.name))} DROP DEFAULT")
    sequence = step.before.relation(QName(table.name.schema, f"{table.name.name}_{column.name}_seq"))
    if isinstance(sequence, SequenceRecord) and sequence.owned_by == (table.name, column.name):
        owner = f"{context.sql_name(step, table.name)}.{sql.quote(column.name)}"
        # The sequence of a serial column ends where the old type does.
        statements.append(
            f"ALTER SEQUENCE {context.sql_name(step, sequence.name)} AS bigint MAXVALUE 9223372036854775807"
            f" OWNED BY {owner}"
        )
    elif "nextval" in value:
        return None
    return statements


def _moved_indexes(
    step: Step, context: Context, table: Table, column: Column, new: str
) -> tuple[list[str], list[str], list[str]] | None:
    """What builds the column's indexes for the new one, what makes keys of them in the swap, and what gives the others
    their names back."""
    built: list[str] = []
    taken: list[str] = []
    after: list[str] = []
    name = context.sql_name(step, table.name)
    for index in step.before.indexes(table.name):
        if not uses(index, column.name):
            continue
        fresh = f"{index.name.name[:58]}_new"
        statement = index_sql(index, fresh, name, (column.name, new))
        if statement is None or (index.constraint is not None and len(index.elements) > 1):
            return None
        built.append(statement)
        if index.constraint is None:
            there = f"{sql.quote(index.name.schema)}.{sql.quote(fresh)}" if "." in name else sql.quote(fresh)
            after.append(f"ALTER INDEX {there} RENAME TO {sql.quote(index.name.name)}")
            continue
        kind = next((c.kind for c in table.constraints if c.name == index.constraint), "unique")
        key = sql.quote(index.constraint)
        taken += [
            f"ALTER TABLE {name} DROP CONSTRAINT {key}",
            f"ALTER TABLE {name} ADD CONSTRAINT {key} {kind.upper()} USING INDEX {sql.quote(fresh)}",
        ]
    return built, taken, after


def uses(index: Index, column: str) -> bool:
    """Whether an index has the column as a key, in an expression, in INCLUDE or in its predicate."""
    expressions = [e.expression for e in index.elements if e.expression is not None]
    if index.where is not None:
        expressions.append(index.where)
    return column in index.columns or column in index.include or any(_names(e, column) for e in expressions)


def _names(expression: Expr, column: str) -> bool:
    if expression.kind == "column" and expression.value == column:
        return True
    return any(_names(arg, column) for arg in expression.args)


def index_sql(index: Index, name: str, table: str, renamed: tuple[str, str] = ("", "")) -> str | None:
    """CREATE INDEX CONCURRENTLY for an index like ``index``, under another name and with one column ``renamed`` (from,
    to). None where its definition cannot be told whole."""
    keys: list[str] = []
    for element in index.elements:
        if element.column is not None:
            text: str | None = sql.quote(_to(element.column, renamed))
        else:
            inner = sql.render_expression(_moved(element.expression, renamed)) if element.expression else None
            text = f"({inner})" if inner is not None else None
        if text is None:
            return None
        for word, found in ((" COLLATE ", element.collation), (" ", element.opclass)):
            if found is not None:
                text += word + sql.named(found)
        text += " DESC" if element.descending else ""
        text += f" NULLS {element.nulls.upper()}" if element.nulls != "default" else ""
        keys.append(text)
    where = sql.render_expression(_moved(index.where, renamed)) if index.where is not None else ""
    if not keys or where is None or index.options or index.tablespace is not None:
        return None
    include = f" INCLUDE ({', '.join(sql.quote(_to(c, renamed)) for c in index.include)})" if index.include else ""
    method = f" USING {index.method}" if index.method != "btree" else ""
    distinct = " NULLS NOT DISTINCT" if index.nulls_not_distinct else ""
    return (
        f"CREATE {'UNIQUE ' if index.unique else ''}INDEX CONCURRENTLY {sql.quote(name)} ON {table}{method}"
        f" ({', '.join(keys)}){include}{distinct}{f' WHERE {where}' if where else ''}"
    )


def _to(column: str, renamed: tuple[str, str]) -> str:
    return renamed[1] if column == renamed[0] else column


def _moved(expression: Expr, renamed: tuple[str, str]) -> Expr:
    """The expression over the renamed column."""
    if expression.kind == "column":
        return msgspec.structs.replace(expression, value=_to(expression.value or "", renamed))
    return msgspec.structs.replace(expression, args=tuple(_moved(arg, renamed) for arg in expression.args))


def constraint_body(constraint: Constraint, context: Context, step: Step) -> str | None:
    """A CHECK or a foreign key as a table constraint without its name; None where it cannot be told whole."""
    if constraint.kind == "check" and constraint.expression is not None:
        condition = sql.render_expression(constraint.expression)
        return f"CHECK ({condition})" if condition is not None else None
    if constraint.kind != "foreign key" or constraint.target is None or constraint.match != "simple":
        return None
    columns, theirs = (", ".join(map(sql.quote, names)) for names in (constraint.columns, constraint.target_columns))
    text = f"FOREIGN KEY ({columns}) REFERENCES {context.sql_name(step, constraint.target)}"
    text += f" ({theirs})" if theirs else ""
    for event, action in (("DELETE", constraint.on_delete), ("UPDATE", constraint.on_update)):
        text += f" ON {event} {action.upper()}" if action != "no action" else ""
    if constraint.deferrable:
        text += " DEFERRABLE INITIALLY DEFERRED" if constraint.initially_deferred else " DEFERRABLE"
    return text
