"""Writing many rows in small transactions, and keeping a new column filled: the long half of many fixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hotlint.catalog.names import QName
from hotlint.catalog.records import Domain, Table
from hotlint.operations import ColumnDef, TypeName
from hotlint.remedies import sql
from hotlint.remedies.constraints import not_null_steps

if TYPE_CHECKING:
    from hotlint.context import Context
    from hotlint.planning.model import Step


def in_batches(
    step: Step,
    context: Context,
    relation: QName,
    statement: str,
    where: str | None = None,
    alias: str | None = None,
) -> str | None:
    """A DO block that runs an UPDATE or DELETE (given without its WHERE) for some thousand rows at a time and commits
    each time.

    The batches go along the primary key where it has one column, else by the rows' places for as long as ``where``
    finds some. None where neither can be told: the rows that are done must not be found by ``where`` again.
    """
    table, name = step.before.table(relation), context.sql_name(step, relation)
    key = key_column(table)
    if key is not None:
        column = sql.quote(key)
        called = alias or sql.quote(relation.name)
        return sql.batch_loop(name, called, f"{relation}.{column}", column, statement, where)
    if where is None or (table is not None and table.kind != "table"):
        return None
    return sql.place_loop(name, statement, where)


def key_column(table: Table | None) -> str | None:
    """The column of a primary key that has one only."""
    key = table.primary_key if table is not None else None
    return key.columns[0] if key is not None and len(key.columns) == 1 else None


def outside(step: Step, context: Context) -> tuple[str, ...]:
    """The comment lines that head a part of a fix which may not run in a transaction."""
    if context.transaction_mode(step) != "wrapped":
        return ()
    policy = context.project.no_transaction
    if policy is not None and policy.directive is not None and policy.directive.startswith("--"):
        return (policy.directive,)
    return (f"-- without a transaction{f': {policy.help}' if policy is not None else ''}",)


def fill_first(
    step: Step, context: Context, relation: QName, column: ColumnDef, default: str, *before_default: str
) -> list[Sequence[str]]:
    """The parts of a fix that adds a column without a default, gives new rows ``default``, fills the old rows, and then
    adds NOT NULL, UNIQUE or PRIMARY KEY where the column's definition has them.

    Empty where the rows cannot be filled in batches, or the column has other constraints or is not on one plain table.
    ``before_default`` are statements that the default needs.
    """
    table, name = context.sql_name(step, relation), sql.quote(column.name)
    record = step.before.table(relation)
    loop = in_batches(step, context, relation, f"UPDATE {table} SET {name} = DEFAULT", f"{name} IS NULL")
    keys = [c for c in column.constraints if c.kind in ("unique", "primary key")]
    others = any(c.kind not in ("unique", "primary key", "not null") for c in column.constraints)
    partitioned = record is not None and record.kind != "table"
    if loop is None or others or column.type is None or (keys and partitioned):
        return []
    alter = f"ALTER TABLE {table} ALTER COLUMN {name}"
    parts: list[Sequence[str]] = [
        (bare_column(step, context, relation, column), *before_default, f"{alter} SET DEFAULT {default}"),
        (*outside(step, context), loop),
    ]
    if is_required(column):
        parts += not_null_steps(step, context, relation, column.name)
    for key in keys:
        suffix = "pkey" if key.kind == "primary key" else f"{column.name}_key"
        index = sql.identifier(key.name or f"{relation.name}_{suffix}")
        parts.append(
            (
                *outside(step, context),
                f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({name})",
                f"ALTER TABLE {table} ADD CONSTRAINT {index} {key.kind.upper()} USING INDEX {index}",
            )
        )
    return parts


def bare_column(step: Step, context: Context, relation: QName, column: ColumnDef) -> str:
    """ADD COLUMN with nothing but the type and the collation."""
    type = sql.format_type(column.type) if column.type is not None else ""
    if column.collation is not None:
        type += f" COLLATE {sql.named(column.collation)}"
    return f"ALTER TABLE {context.sql_name(step, relation)} ADD COLUMN {sql.quote(column.name)} {type}"


def beside(context: Context, step: Step, relation: QName, suffix: str) -> str:
    """A new name in the schema of ``relation``, as SQL: its own with a suffix; qualified where its own must be."""
    name = sql.identifier(f"{relation.name}_{suffix}")
    return f"{sql.quote(relation.schema)}.{name}" if "." in context.sql_name(step, relation) else name


def is_required(column: ColumnDef) -> bool:
    """Whether the definition of a column says NOT NULL, as serial and identity columns do without a word."""
    return bool(
        column.not_null
        or column.serial
        or column.identity is not None
        or any(c.kind in ("not null", "primary key") for c in column.constraints)
    )


def domains_of(step: Step, type: TypeName | None) -> tuple[Domain, ...]:
    """The domain that a column's type is, and those that it is made of, as far as the history has them."""
    found: list[Domain] = []
    while type is not None and not type.dimensions:
        schemas = (type.schema,) if type.schema is not None else step.session.search_path or ("public",)
        records = (step.before.type(QName(schema, type.name)) for schema in schemas)
        domain = next((record for record in records if isinstance(record, Domain)), None)
        if domain is None or domain in found:
            break
        found.append(domain)
        type = domain.base
    return tuple(found)


def keep_filled(
    step: Step, context: Context, relation: QName, column: str, value: str, of: str | None = None
) -> tuple[str, ...]:
    """A trigger that gives ``column`` the value of an expression over the row, on every INSERT and on every UPDATE (of
    column ``of``)."""
    table, function = context.sql_name(step, relation), beside(context, step, relation, f"{column}_fill")
    trigger = sql.identifier(f"{relation.name}_{column}_fill")
    event = f"INSERT OR UPDATE OF {sql.quote(of)}" if of is not None else "INSERT OR UPDATE"
    return (
        f"""CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.{sql.quote(column)} := (SELECT {value} FROM (SELECT NEW.*) AS {sql.quote(relation.name)});
  RETURN NEW;
END $$""",
        f"CREATE TRIGGER {trigger} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
    )
