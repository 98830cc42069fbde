"""RENAME and SET SCHEMA of relations and columns; what refers to them follows (tablecmds.c)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from hotlint.catalog.apply import indexes
from hotlint.catalog.apply.context import WORDS, Context, Handlers
from hotlint.catalog.apply.expressions import (
    columns_of,
    nextval,
    rename_column,
    rename_in_elements,
    sequence_of,
)
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, CompositeType, Constraint, Index, Policy, Relation, Sequence, Table, View
from hotlint.catalog.versioned import VersionedMap
from hotlint.operations import RenameColumn, RenameRelation


def rename_relation(ctx: Context, op: RenameRelation) -> None:
    found = ctx.find(op.relation)
    if found is None:
        ctx.missing(op.relation, op.if_exists)
        if op.kind == "index":
            ctx.put(Index(QName(ctx.resolve(op.relation).schema, op.new_name), QName("", ""), known=False))
            ctx.remove(ctx.resolve(op.relation))
            return
        found = ctx.relation(op.relation)
    elif op.kind in ("view", "materialized view", "sequence", "index") and found.kind != op.kind:
        alike = op.kind == "index" and isinstance(found, Index)
        if not alike and ctx.certain(found) and not ctx.lenient and not isinstance(found, Table):
            article = "an" if op.kind == "index" else "a"
            ctx.fail("42809", f'"{op.relation.name}" is not {article} {WORDS[op.kind][0]}')
    if op.new_name == found.name.name and ctx.certain(found) and not ctx.lenient:
        ctx.fail("42P07", f'relation "{op.new_name}" already exists')
    move(ctx, found, QName(found.name.schema, op.new_name))


def move(ctx: Context, record: Relation, name: QName) -> None:
    """Gives a relation another qualified name, everywhere. Raises CatalogError 42P07 where the name is taken."""
    if name == record.name:
        return
    ctx.refuse_duplicate(name, False)
    if isinstance(record, Index):
        _move_index(ctx, record, name)
        return
    old = record.name
    ctx.remove(old)
    ctx.put(replace(record, name=name))
    if isinstance(record, Table):
        _follow_table(ctx, record, name)
    elif isinstance(record, Sequence):
        _follow_sequence(ctx, record, name)
    if isinstance(record, (Table, View, CompositeType)):
        retype(ctx, old, name)
    for index in ctx.catalog.indexes(old):
        ctx.put(replace(index, table=name))
    for view in ctx.catalog.readers(old):
        ctx.put(replace(view, reads=tuple((name if r == old else r, columns) for r, columns in view.reads)))
    move_notes(ctx, old, name)


def _move_index(ctx: Context, index: Index, name: QName) -> None:
    table = ctx.catalog.table(index.table)
    renamed = index.constraint is not None and name.name != index.name.name
    other = table.constraint(name.name) if table is not None and renamed else None
    if table is not None and other is not None and not ctx.lenient and ctx.certain(table) and not other.maybe:
        ctx.fail("42710", f'constraint "{name.name}" for relation "{table.name.name}" already exists')
    indexes.rename_index(ctx, index, name)
    if table is not None and index.constraint is not None:
        changed = tuple(
            replace(c, name=name.name, index=name) if c.index == index.name else c for c in table.constraints
        )
        ctx.put(replace(table, constraints=changed))
    move_notes(ctx, index.name, name)


def _follow_table(ctx: Context, table: Table, name: QName) -> None:
    catalog, old = ctx.catalog, table.name
    for child in catalog.children(old):
        record = catalog.table(child)
        if record is not None:
            ctx.put(
                replace(
                    record,
                    partition_of=name if record.partition_of == old else record.partition_of,
                    inherits=tuple(name if p == old else p for p in record.inherits),
                )
            )
    for other in {o.name: o for o, _ in catalog.referencing(old)}.values():
        _change_constraints(ctx, other, lambda c: replace(c, target=name) if c.target == old else c)
    for sequence in catalog.users_by_object.get(("owner", old)):
        record_ = catalog.relations.get(sequence)
        if isinstance(record_, Sequence) and record_.owned_by is not None and record_.owned_by[0] == old:
            ctx.put(replace(record_, owned_by=(name, record_.owned_by[1])))
    for user in catalog.users_by_object.get(("relation", old)):
        reader = catalog.table(user)
        if reader is not None and any(old in p.reads for p in reader.policies):
            policies = tuple(replace(p, reads=tuple(name if r == old else r for r in p.reads)) for p in reader.policies)
            ctx.put(replace(reader, policies=policies))


def _change_constraints(ctx: Context, table: Table, change: Callable[[Constraint], Constraint]) -> None:
    ctx.put(replace(table, constraints=tuple(change(c) for c in table.constraints)))


def _follow_sequence(ctx: Context, sequence: Sequence, name: QName) -> None:
    old = sequence.name
    for user in ctx.catalog.users_by_object.get(("sequence", old)):
        table = ctx.catalog.table(user)
        for column in table.columns if table is not None else ():
            named = sequence_of(column.default)
            if named is not None and QName(named.schema or old.schema, named.name) == old and table is not None:
                table = ctx.put_column(table, replace(column, default=nextval(name)))
    if sequence.owned_by is not None:
        owner = ctx.catalog.table(sequence.owned_by[0])
        own = owner.column(sequence.owned_by[1]) if owner is not None else None
        if owner is not None and own is not None and own.identity_sequence == old:
            ctx.put_column(owner, replace(own, identity_sequence=name))


def move_notes(ctx: Context, old: QName, new: QName) -> None:
    """Comments and grants follow their object."""
    for what, key in ctx.catalog.notes_by_object.get(old):
        if what == "object":
            record = ctx.catalog.objects.get(key)
            if record is not None and old in record.relations:
                ctx.catalog.objects.set(key, replace(record, relations=(new,)))
                ctx.catalog.notes_by_object.add(new, (what, key))
            continue
        notes: VersionedMap[Any, Any] = ctx.catalog.comments if what == "comment" else ctx.catalog.grants
        value = notes.get(key)
        if value is None:
            continue
        moved = (key[0], new, key[2])
        notes.delete(key)
        notes.set(moved, value)
        ctx.catalog.notes_by_object.add(new, (what, moved))


def retype(ctx: Context, old: QName, new: QName) -> None:
    """Columns and functions of a type that was renamed or moved follow."""
    catalog = ctx.catalog
    for user in catalog.users_by_object.get(("type", old)):
        record = catalog.relations.get(user)
        if isinstance(record, (Table, View, CompositeType)):
            ctx.put(replace(record, columns=tuple(_retyped(c, old, new) for c in record.columns)))
    for user in catalog.users_by_object.get(("type user", old)):
        overloads = catalog.functions_by_name.get(user)
        if overloads:
            changed = []
            for function in overloads:
                arguments = tuple(
                    replace(a, type=replace(a.type, name=new.name, schema=new.schema))
                    if (a.type.schema, a.type.name) == old
                    else a
                    for a in function.arguments
                )
                returns = function.returns
                if returns is not None and (returns.schema, returns.name) == old:
                    returns = replace(returns, name=new.name, schema=new.schema)
                changed.append(replace(function, arguments=arguments, returns=returns))
            catalog.functions_by_name.set(user, tuple(changed))
            catalog.users_by_object.add(("type user", new), user)


def _retyped(column: Column, old: QName, new: QName) -> Column:
    if column.type is None or (column.type.schema, column.type.name) != old:
        return column
    return replace(column, type=replace(column.type, name=new.name, schema=new.schema))


# --- columns


def rename_column_op(ctx: Context, op: RenameColumn) -> None:
    found = ctx.relation(op.relation, op.if_exists)
    if not isinstance(found, (Table, View, CompositeType)):
        return
    column = found.column(op.column)
    if column is None and ctx.certain(found) and not ctx.lenient:
        ctx.fail("42703", f'column "{op.column}" does not exist')
    taken = found.column(op.new_name)
    if taken is not None and not taken.maybe and ctx.certain(found) and not ctx.lenient:
        ctx.fail("42701", f'column "{op.new_name}" of relation "{found.name.name}" already exists')
    if column is not None and column.inherited and not op.only and ctx.certain(found) and not ctx.lenient:
        ctx.fail("42P16", f'cannot rename inherited column "{op.column}"')
    _rename_column(ctx, found, op.column, op.new_name)


def _rename_column(ctx: Context, record: Table | View | CompositeType, old: str, new: str) -> None:
    column = record.column(old)
    if column is None:
        columns: tuple[Column, ...] = (*record.columns, Column(new, not_null=None, origin=ctx.step))
    else:
        columns = tuple(replace(c, name=new) if c is column else c for c in record.columns if c.name != new)
    if not isinstance(record, Table):
        ctx.put(replace(record, columns=columns))
        _follow_views(ctx, record.name, old, new)
        return
    columns = tuple(
        replace(c, generated=rename_column(c.generated, old, new)) if c.generated is not None else c for c in columns
    )
    key = record.partition_key
    ctx.put(
        replace(
            record,
            columns=columns,
            constraints=tuple(_rename_in_constraint(c, old, new, record.name) for c in record.constraints),
            triggers=tuple(
                replace(t, columns=_renamed(t.columns, old, new), when=rename_column(t.when, old, new))
                for t in record.triggers
            ),
            policies=tuple(_rename_in_policy(p, old, new) for p in record.policies),
            partition_key=replace(key, elements=rename_in_elements(key.elements, old, new)) if key else None,
        )
    )
    _follow_column(ctx, record, old, new)


def _follow_column(ctx: Context, table: Table, old: str, new: str) -> None:
    """What stands outside the table and names the column."""
    catalog, name = ctx.catalog, table.name
    for index in catalog.indexes(name):
        ctx.put(
            replace(
                index,
                elements=rename_in_elements(index.elements, old, new),
                include=_renamed(index.include, old, new),
                where=rename_column(index.where, old, new),
            )
        )
    is_key = not table.known or any(i.unique and new in i.columns for i in catalog.indexes(name))
    for other, constraint in tuple(catalog.referencing(name)) if is_key else ():
        if old in constraint.target_columns:
            changed = replace(constraint, target_columns=_renamed(constraint.target_columns, old, new))
            current = ctx.refresh(other)
            ctx.put(
                replace(
                    current,
                    constraints=tuple(
                        replace(c, target_columns=changed.target_columns) if c.name == constraint.name else c
                        for c in current.constraints
                    ),
                )
            )
    for sequence in catalog.users_by_object.get(("owner", name)):
        record = catalog.relations.get(sequence)
        if isinstance(record, Sequence) and record.owned_by == (name, old):
            ctx.put(replace(record, owned_by=(name, new)))
    _follow_views(ctx, name, old, new)
    comment = catalog.comments.get(("column", name, old))
    if comment is not None:
        catalog.comments.delete(("column", name, old))
        catalog.comments.set(("column", name, new), comment)
        catalog.notes_by_object.add(name, ("comment", ("column", name, new)))
    for child in catalog.children(name):
        below = catalog.table(child)
        if below is not None:
            _rename_column(ctx, below, old, new)


def _follow_views(ctx: Context, name: QName, old: str, new: str) -> None:
    for view in ctx.catalog.readers(name):
        reads = tuple(
            (r, _renamed(columns, old, new) if r == name and columns is not None else columns)
            for r, columns in view.reads
        )
        if reads != view.reads:
            ctx.put(replace(view, reads=reads))


def _renamed(columns: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if c == old else c for c in columns) if old in columns else columns


def _rename_in_constraint(constraint: Constraint, old: str, new: str, table: QName) -> Constraint:
    used = (*constraint.columns, *columns_of(constraint.expression))
    if old not in used and not (constraint.target == table and old in constraint.target_columns):
        return constraint
    return replace(
        constraint,
        columns=_renamed(constraint.columns, old, new),
        expression=rename_column(constraint.expression, old, new),
        elements=rename_in_elements(constraint.elements, old, new),
        where=rename_column(constraint.where, old, new),
    )


def _rename_in_policy(policy: Policy, old: str, new: str) -> Policy:
    return replace(policy, using=rename_column(policy.using, old, new), check=rename_column(policy.check, old, new))


HANDLERS: Handlers = {RenameRelation: rename_relation, RenameColumn: rename_column_op}
