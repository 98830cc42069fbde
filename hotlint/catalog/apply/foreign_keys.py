"""Foreign keys (tablecmds.c: ATAddForeignKeyConstraint, transformFkeyCheckAttrs)."""

from __future__ import annotations

from msgspec.structs import replace

from hotlint.catalog.apply.context import Context
from hotlint.catalog.apply.naming import free_constraint_name, joined
from hotlint.catalog.names import QName
from hotlint.catalog.records import Constraint, Domain, Table
from hotlint.operations import ConstraintDef, ForeignKey, TypeName

# Types between which no equality operator exists, implicit casts included: a key from one family to another is refused,
# and one from a wider kind of number to a narrower one (measured on 12 to 18).
_NUMBERS = {"int2": 0, "int4": 0, "int8": 0, "numeric": 1, "float4": 2, "float8": 2}
_FAMILIES = {
    **dict.fromkeys(_NUMBERS, "number"),
    **dict.fromkeys(["text", "varchar", "bpchar"], "text"),
    **dict.fromkeys(["date", "timestamp", "timestamptz"], "time"),
    "uuid": "uuid",
    "bool": "bool",
    "bytea": "bytea",
    "jsonb": "jsonb",
}


def add_foreign_key(ctx: Context, table: Table, given: ConstraintDef) -> Table:
    """Adds a foreign key to a table and its partitions. Raises CatalogError 42P01, 42703, 42704, 42830, 42804."""
    key = given.foreign_key
    assert key is not None
    target = ctx.table(key.target)
    table = ctx.refresh(table)
    if not ctx.lenient and ctx.certain(table):
        for column in given.columns:
            if table.column(column) is None:
                ctx.fail("42703", f'column "{column}" referenced in foreign key constraint does not exist')
    if table.persistence == "temporary" != target.persistence and not ctx.lenient and ctx.certain(target):
        ctx.fail("42P16", "constraints on temporary tables may reference only temporary tables")
    columns = _target_columns(ctx, target, key)
    name = given.name or free_constraint_name(
        ctx.catalog, table.name.schema, table.name.name, joined(given.columns), "fkey"
    )
    if columns:
        _refuse_mismatch(ctx, table, target, name, given.columns, columns)
    constraint = Constraint(
        name,
        "foreign key",
        columns=given.columns,
        valid=not given.not_valid,
        enforced=given.enforced,
        deferrable=given.deferrable,
        initially_deferred=given.initially_deferred,
        target=target.name,
        target_columns=columns,
        on_delete=key.on_delete,
        on_update=key.on_update,
        match=key.match,
        origin=ctx.step,
    )
    table = replace(table, constraints=(*(c for c in table.constraints if c.name != name), constraint))
    ctx.put(table)
    if table.kind == "partitioned table":
        clone_foreign_key(ctx, table.name, constraint)
    return table


def clone_foreign_key(ctx: Context, parent: QName, constraint: Constraint) -> None:
    """Gives every partition its copy of the parent's foreign key."""
    for name in ctx.catalog.children(parent):
        child = ctx.catalog.table(name)
        if child is not None and child.partition_of == parent:
            give_foreign_key(ctx, child, constraint)


def give_foreign_key(ctx: Context, child: Table, constraint: Constraint) -> None:
    """Gives one partition, and its partitions, a copy of a foreign key; an equal one of its own is taken over."""
    twin = next(
        (
            c
            for c in child.constraints
            if c.kind == "foreign key" and c.columns == constraint.columns and c.target == constraint.target
        ),
        None,
    )
    copy = replace(twin or constraint, inherited=1, local=twin is not None, parent=True)
    if twin is None and child.constraint(copy.name) is not None:
        label = free_constraint_name(ctx.catalog, child.name.schema, child.name.name, joined(copy.columns), "fkey")
        copy = replace(copy, name=label)
    ctx.put(replace(child, constraints=(*(c for c in child.constraints if c.name != copy.name), copy)))
    clone_foreign_key(ctx, child.name, constraint)


def _target_columns(ctx: Context, target: Table, key: ForeignKey) -> tuple[str, ...]:
    """The referenced columns, checked to exist and to be unique; empty where that is unknown."""
    sure = ctx.certain(target) and not ctx.lenient and not _is_opaque(target, key.columns)
    if not key.columns:
        primary = target.primary_key
        if primary is not None:
            return primary.columns
        if sure:
            ctx.fail("42704", f'there is no primary key for referenced table "{target.name.name}"')
        return ()
    for column in key.columns:
        if sure and target.column(column) is None:
            ctx.fail("42703", f'column "{column}" referenced in foreign key constraint does not exist')
    if sure and not _is_unique(ctx, target, key.columns):
        ctx.fail(
            "42830", f'there is no unique constraint matching given keys for referenced table "{target.name.name}"'
        )
    return key.columns


def _is_opaque(target: Table, columns: tuple[str, ...]) -> bool:
    """Whether a referenced column has a type of which nothing is known: what stood there may have said more than a type
    (a template's placeholder for a whole column definition)."""
    referenced = [c for c in target.columns if not columns or c.name in columns]
    return any(c.type is not None and c.type.schema is None for c in referenced)


def _is_unique(ctx: Context, target: Table, columns: tuple[str, ...]) -> bool:
    wanted = sorted(columns)
    for index in ctx.catalog.indexes(target.name):
        keys = [e.column for e in index.elements if e.column is not None]
        if index.unique and index.where is None and len(keys) == len(index.elements) and sorted(keys) == wanted:
            return True
    return any(c.maybe for c in target.constraints) or any(c.without_overlaps for c in target.constraints)


def _refuse_mismatch(
    ctx: Context, table: Table, target: Table, name: str, columns: tuple[str, ...], referenced: tuple[str, ...]
) -> None:
    if len(columns) != len(referenced):
        if not ctx.lenient:
            ctx.fail("42830", "number of referencing and referenced columns for foreign key disagree")
        return
    for mine, theirs in zip(columns, referenced, strict=True):
        one, two = table.column(mine), target.column(theirs)
        if one is None or two is None or one.type is None or two.type is None or ctx.lenient:
            continue
        if _never_equal(_base(ctx, one.type), _base(ctx, two.type)):
            ctx.fail("42804", f'foreign key constraint "{name}" cannot be implemented')


def _base(ctx: Context, written: TypeName) -> TypeName:
    """The type under a domain."""
    while written.schema is not None:
        found = ctx.catalog.types.get(QName(written.schema, written.name))
        if not isinstance(found, Domain) or written.dimensions:
            break
        written = found.base
    return written


def _never_equal(referencing: TypeName, referenced: TypeName) -> bool:
    if not referencing.schema == referenced.schema == "pg_catalog":
        return False
    if bool(referencing.dimensions) != bool(referenced.dimensions):
        return True
    first, second = _FAMILIES.get(referencing.name), _FAMILIES.get(referenced.name)
    if first is None or second is None:
        return False
    if first == "number":
        return second != first or _NUMBERS[referencing.name] > _NUMBERS[referenced.name]
    return first != second
