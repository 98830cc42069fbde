"""Constraints: ADD, DROP, VALIDATE, ALTER and RENAME CONSTRAINT, and those of CREATE TABLE (tablecmds.c, heap.c)."""

from __future__ import annotations

from msgspec.structs import replace

from hotlint.catalog.apply import indexes
from hotlint.catalog.apply.context import Context, Handlers
from hotlint.catalog.apply.expressions import columns_of
from hotlint.catalog.apply.foreign_keys import add_foreign_key
from hotlint.catalog.apply.naming import free_constraint_name
from hotlint.catalog.records import Column, Constraint, Domain, Table
from hotlint.operations import (
    AddConstraint,
    AlterConstraint,
    ConstraintDef,
    IndexElement,
    RenameConstraint,
    ValidateConstraint,
)


def add_constraint(ctx: Context, op: AddConstraint) -> None:
    define(ctx, ctx.table(op.relation, op.if_exists), op.constraint, recurse=not op.only)


def define(ctx: Context, table: Table, given: ConstraintDef, *, recurse: bool = True) -> Table:
    """Adds a constraint to a table, with its index, its copies on children, and the server's name if it has none."""
    if given.name is not None and given.using_index is None and not _merges(table, given):
        _refuse_duplicate(ctx, table, given.name)
    if given.kind == "check":
        return _add_check(ctx, table, given, recurse)
    if given.kind == "not null":
        return set_not_null(ctx, table, given.columns[0], given, recurse)
    if given.kind == "foreign key":
        return add_foreign_key(ctx, table, given)
    return _add_key(ctx, table, given, recurse)


def _merges(table: Table, given: ConstraintDef) -> bool:
    """Whether it is what the table inherits already (heap.c: MergeWithExistingConstraint)."""
    found = table.constraint(given.name or "")
    return (
        found is not None
        and found.kind == given.kind == "check"
        and not found.local
        and found.inherited > 0
        and found.expression == given.expression
    )


def _refuse_duplicate(ctx: Context, table: Table, name: str) -> None:
    found = table.constraint(name)
    if found is not None and not found.maybe and ctx.certain(table):
        ctx.fail("42710", f'constraint "{name}" for relation "{table.name.name}" already exists')


def with_constraint(table: Table, constraint: Constraint) -> Table:
    """The table with a constraint more, in the place of one of the same name."""
    others = table.constraints
    if table.constraint(constraint.name) is not None:
        others = tuple(c for c in others if c.name != constraint.name)
    return replace(table, constraints=(*others, constraint))


def _add_check(ctx: Context, table: Table, given: ConstraintDef, recurse: bool) -> Table:
    used = columns_of(given.expression)
    if not ctx.lenient and ctx.certain(table):
        for column in used:
            if table.column(column) is None and column not in indexes.SYSTEM_COLUMNS and column != table.name.name:
                ctx.fail("42703", f'column "{column}" does not exist')
    name = given.name or free_constraint_name(
        ctx.catalog, table.name.schema, table.name.name, used[0] if len(used) == 1 else None, "check"
    )
    constraint = Constraint(
        name,
        "check",
        columns=used,
        expression=given.expression,
        valid=not given.not_valid,
        enforced=given.enforced,
        no_inherit=given.no_inherit,
        origin=ctx.step,
    )
    table = with_constraint(table, constraint)
    ctx.put(table)
    if recurse and not given.no_inherit:
        for child in ctx.catalog.children(table.name):
            inherit_check(ctx, child_of(ctx, child), constraint)
    return table


def child_of(ctx: Context, name: object) -> Table:
    """The child table of that name; children are read from the catalog, so it is there."""
    found = ctx.catalog.relations.get(name)  # type: ignore[arg-type]
    assert isinstance(found, Table)
    return found


def inherit_check(ctx: Context, child: Table, constraint: Constraint) -> None:
    """Gives a child, and its children, its parent's CHECK constraint, or merges it with the child's own."""
    own = child.constraint(constraint.name)
    if own is not None:
        merged = replace(own, inherited=own.inherited + 1)
    else:
        merged = replace(constraint, inherited=1, local=False)
    ctx.put(with_constraint(child, merged))
    for grandchild in ctx.catalog.children(child.name):
        inherit_check(ctx, child_of(ctx, grandchild), constraint)


def set_not_null(
    ctx: Context, table: Table, name: str, given: ConstraintDef | None = None, recurse: bool = True
) -> Table:
    """Marks a column NOT NULL, on the children too; 18 gives the constraint a name."""
    column = ctx.column(table, name) or Column(name, not_null=None, origin=ctx.step)
    label = column.not_null_name
    if column.not_null is not True or label is None:
        label = not_null_name(ctx, table, name, given)
    valid = not (given is not None and given.not_valid)
    table = ctx.put_column(table, replace(column, not_null=True, not_null_name=label, not_null_valid=valid))
    if recurse:
        for child in ctx.catalog.children(table.name):
            set_not_null(ctx, child_of(ctx, child), name, given)
    return table


def not_null_name(ctx: Context, table: Table, column: str, given: ConstraintDef | None = None) -> str | None:
    """The name of a NOT NULL constraint: 18 has them in pg_constraint, older servers have no such name."""
    if ctx.major < 18:
        return None
    if given is not None and given.name is not None:
        return given.name
    return free_constraint_name(ctx.catalog, table.name.schema, table.name.name, column, "not_null")


def _add_key(ctx: Context, table: Table, given: ConstraintDef, recurse: bool = True) -> Table:
    """PRIMARY KEY, UNIQUE and EXCLUDE: the constraint and the index behind it, on the partitions too to ``recurse``."""
    if given.kind == "primary key" and table.primary_key is not None:
        if not table.primary_key.maybe and ctx.certain(table):
            ctx.fail("42P16", f'multiple primary keys for table "{table.name.name}" are not allowed')
        table = replace(table, constraints=tuple(c for c in table.constraints if c.kind != "primary key"))
    if given.kind == "exclude" and table.kind == "partitioned table" and ctx.major < 17 and not ctx.lenient:
        ctx.fail("0A000", "exclusion constraints are not supported on partitioned tables")
    if given.using_index is not None:
        return indexes.adopt_index(ctx, table, given)
    elements = given.elements or tuple(IndexElement(column=c) for c in given.columns)
    for column in (*(given.columns or [e.column for e in elements if e.column is not None]), *given.include):
        if not ctx.lenient and ctx.certain(table) and table.column(column) is None:
            ctx.fail("42703", f'column "{column}" named in key does not exist')
    if given.kind == "primary key":
        for column in given.columns:
            current = table.column(column)
            if current is None or current.not_null is not True:
                table = set_not_null(ctx, table, column)
    index = indexes.build(
        ctx,
        table,
        given.name,
        elements,
        unique=given.kind != "exclude",
        method=given.method or ("gist" if given.kind == "exclude" or given.without_overlaps else "btree"),
        include=given.include,
        where=given.where,
        nulls_not_distinct=given.nulls_not_distinct,
        tablespace=given.tablespace,
        constraint=given,
        recurse=recurse,
    )
    return indexes.record_constraint(ctx, index, given)


def validate_constraint(ctx: Context, op: ValidateConstraint) -> None:
    table = ctx.table(op.relation, op.if_exists)
    found = table.constraint(op.constraint)
    if found is None:
        named = next((c for c in table.columns if c.not_null_name == op.constraint), None)
        if named is not None:
            ctx.put_column(table, replace(named, not_null_valid=True))
        else:
            _refuse_missing(ctx, table, op.constraint)
        return
    if found.kind not in ("check", "foreign key"):
        ctx.fail(
            "42809",
            f'constraint "{op.constraint}" of relation "{table.name.name}" is not a foreign key'
            + (" or check constraint" if ctx.major < 18 else ", check, or not-null constraint"),
        )
    _change(ctx, table, op.constraint, valid=True)


def _refuse_missing(ctx: Context, table: Table, name: str) -> None:
    if not ctx.lenient and ctx.certain(table):
        ctx.fail("42704", f'constraint "{name}" of relation "{table.name.name}" does not exist')


def _change(ctx: Context, table: Table, name: str, **changes: bool) -> None:
    """Changes a constraint on a table and on all children that have it from there."""
    found = table.constraint(name)
    if found is None:
        return
    changed = replace(found, **changes)
    ctx.put(replace(table, constraints=tuple(changed if c.name == name else c for c in table.constraints)))
    if not found.no_inherit:
        for child in ctx.catalog.children(table.name):
            _change(ctx, child_of(ctx, child), name, **changes)


def alter_constraint(ctx: Context, op: AlterConstraint) -> None:
    table = ctx.table(op.relation, op.if_exists)
    if table.constraint(op.constraint) is None:
        _refuse_missing(ctx, table, op.constraint)
        return
    given = {
        "deferrable": op.deferrable,
        "initially_deferred": op.initially_deferred,
        "enforced": op.enforced,
        "no_inherit": op.no_inherit,
    }
    _change(ctx, table, op.constraint, **{k: v for k, v in given.items() if v is not None})


def rename_constraint(ctx: Context, op: RenameConstraint) -> None:
    if op.kind == "domain":
        _rename_domain_constraint(ctx, op)
        return
    table = ctx.table(op.relation, op.if_exists)
    named = next((c for c in table.columns if c.not_null_name == op.constraint), None)
    if named is not None:
        ctx.put_column(table, replace(named, not_null_name=op.new_name))
        return
    found = table.constraint(op.constraint)
    if found is None:
        if not ctx.lenient and ctx.certain(table):
            ctx.fail("42704", f'constraint "{op.constraint}" for table "{table.name.name}" does not exist')
        return
    _refuse_duplicate(ctx, table, op.new_name)
    _rename(ctx, table, op.constraint, op.new_name)


def _rename(ctx: Context, table: Table, old: str, new: str) -> None:
    found = table.constraint(old)
    if found is None:
        return
    renamed = replace(found, name=new)
    if found.index is not None:
        index = ctx.catalog.index(found.index)
        if index is not None:
            moved = index.name._replace(name=new)
            ctx.refuse_duplicate(moved, False)
            indexes.rename_index(ctx, index, moved)
            renamed = replace(renamed, index=moved)
        table = ctx.refresh(table)
    ctx.put(replace(table, constraints=tuple(renamed if c.name in (old, new) else c for c in table.constraints)))
    if found.kind == "check" and not found.no_inherit:
        for child in ctx.catalog.children(table.name):
            _rename(ctx, child_of(ctx, child), old, new)


def _rename_domain_constraint(ctx: Context, op: RenameConstraint) -> None:
    name, found = ctx.find_type(op.relation)
    if isinstance(found, Domain):
        constraints = tuple(replace(c, name=op.new_name) if c.name == op.constraint else c for c in found.constraints)
        ctx.catalog.types.set(name, replace(found, constraints=constraints))


HANDLERS: Handlers = {
    AddConstraint: add_constraint,
    ValidateConstraint: validate_constraint,
    AlterConstraint: alter_constraint,
    RenameConstraint: rename_constraint,
}

__all__ = [
    "HANDLERS",
    "child_of",
    "define",
    "inherit_check",
    "not_null_name",
    "set_not_null",
    "with_constraint",
]
