"""Enums, domains, composite types, ranges and sequences (typecmds.c, pg_enum.c, sequence.c)."""

from __future__ import annotations

from typing import Union

from msgspec.structs import replace

from hotlint.catalog.apply.context import Context, Handlers, Skip
from hotlint.catalog.apply.dependencies import Node
from hotlint.catalog.apply.drop import drop
from hotlint.catalog.apply.expressions import transform
from hotlint.catalog.apply.naming import free_constraint_name
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, CompositeType, Constraint, Domain, Enum, OtherType, Sequence, Type, View
from hotlint.operations import (
    AddEnumValue,
    AlterCompositeType,
    AlterDomain,
    AlterSequence,
    ConstraintDef,
    CreateCompositeType,
    CreateDomain,
    CreateEnum,
    CreateRangeType,
    CreateSequence,
    CreateShellType,
    Expr,
    Name,
    RenameEnumValue,
    SequenceOptions,
)


def _new_type(ctx: Context, written: Name) -> QName:
    """The name of a new type. Raises CatalogError 42710 where a type of that name surely exists."""
    name = ctx.new_name(written)
    found = ctx.catalog.types.get(name)
    if found is None or (isinstance(found, OtherType) and found.kind == "shell"):
        return name
    if not found.maybe and getattr(found, "known", True) and ctx.settled(ctx.catalog.types, name):
        ctx.fail("42710", f'type "{name.name}" already exists')
    return name


def create_enum(ctx: Context, op: CreateEnum) -> None:
    name = _new_type(ctx, op.name)
    ctx.catalog.types.set(name, Enum(name, op.labels, origin=ctx.step))


def create_range(ctx: Context, op: CreateRangeType) -> None:
    name = _new_type(ctx, op.name)
    ctx.catalog.types.set(name, OtherType(name, "range", subtype=ctx.type(op.subtype), origin=ctx.step))


def create_shell(ctx: Context, op: CreateShellType) -> None:
    name = _new_type(ctx, op.name)
    ctx.catalog.types.set(name, OtherType(name, "shell", origin=ctx.step))


def create_domain(ctx: Context, op: CreateDomain) -> None:
    name = _new_type(ctx, op.name)
    domain = Domain(
        name,
        ctx.type(op.base) or op.base,
        default=op.default,
        not_null=op.not_null,
        collation=op.collation.name if op.collation is not None else None,
        origin=ctx.step,
    )
    for given in op.constraints:
        domain = _with_check(ctx, domain, given)
    ctx.catalog.types.set(name, domain)
    if domain.base.schema is not None:
        ctx.catalog.users_by_object.add(("type user", QName(domain.base.schema, domain.base.name)), name)


def _with_check(ctx: Context, domain: Domain, given: ConstraintDef) -> Domain:
    if given.kind != "check":
        return replace(domain, not_null=True) if given.kind == "not null" else domain
    taken = frozenset(c.name for c in domain.constraints)
    name = given.name or free_constraint_name(ctx.catalog, domain.name.schema, domain.name.name, None, "check", taken)
    if name in taken and not ctx.lenient:
        ctx.fail("42710", f'constraint "{name}" for domain "{domain.name.name}" already exists')
    constraint = Constraint(name, "check", expression=given.expression, valid=not given.not_valid, origin=ctx.step)
    return replace(domain, constraints=(*domain.constraints, constraint))


def _find(ctx: Context, written: Name) -> tuple[QName, Union[Type, CompositeType, None]]:
    """A type that must exist. Raises CatalogError 42704 where it surely does not."""
    name, found = ctx.find_type(written)
    if found is None and not ctx.lenient and ctx.catalog.types.deleted(name) and ctx.settled(ctx.catalog.types, name):
        shown = f"{written.schema}.{written.name}" if written.schema else written.name
        ctx.fail("42704", f'type "{shown}" does not exist')
    return name, found


def alter_domain(ctx: Context, op: AlterDomain) -> None:
    name, domain = _find(ctx, op.name)
    if not isinstance(domain, Domain):
        return
    if op.change == "set default":
        domain = replace(domain, default=op.default)
    elif op.change == "drop default":
        domain = replace(domain, default=None)
    elif op.change in ("set not null", "drop not null"):
        domain = replace(domain, not_null=op.change == "set not null")
    elif op.change == "add constraint" and op.constraint is not None:
        domain = _with_check(ctx, domain, op.constraint)
    else:
        named = [c for c in domain.constraints if c.name == op.constraint_name]
        if not named and not ctx.lenient:
            where = f'constraint "{op.constraint_name}" of domain "{name.name}"'
            ctx.skip_or_fail(op.if_constraint_exists, "42704", f"{where} does not exist")
        valid = op.change == "validate constraint"
        kept = tuple(
            replace(c, valid=True) if c.name == op.constraint_name else c
            for c in domain.constraints
            if valid or c.name != op.constraint_name
        )
        domain = replace(domain, constraints=kept)
    ctx.catalog.types.set(name, domain)


def add_enum_value(ctx: Context, op: AddEnumValue) -> None:
    name, enum = _find(ctx, op.name)
    if enum is None:
        ctx.catalog.types.set(name, Enum(name, (op.label,), known=False))
        return
    if not isinstance(enum, Enum):
        if not ctx.lenient and isinstance(enum, Domain):
            ctx.fail("42809", f"{op.name.name} is not an enum")
        return
    sure = enum.known and not enum.maybe and ctx.settled(ctx.catalog.types, name)
    if op.label in enum.labels:
        if op.if_not_exists:
            raise Skip
        if sure:
            ctx.fail("42710", f'enum label "{op.label}" already exists')
        return
    neighbour = op.before or op.after
    labels = list(enum.labels)
    if neighbour is None or neighbour not in labels:
        if neighbour is not None and sure and not ctx.lenient:
            ctx.fail("22023", f'"{neighbour}" is not an existing enum label')
        labels.append(op.label)
    else:
        labels.insert(labels.index(neighbour) + (0 if op.before is not None else 1), op.label)
    ctx.catalog.types.set(name, replace(enum, labels=tuple(labels)))


def rename_enum_value(ctx: Context, op: RenameEnumValue) -> None:
    name, enum = _find(ctx, op.name)
    if not isinstance(enum, Enum):
        return
    if enum.known and not enum.maybe and ctx.settled(ctx.catalog.types, name) and not ctx.lenient:
        if op.label not in enum.labels:
            ctx.fail("22023", f'"{op.label}" is not an existing enum label')
        if op.new_label in enum.labels:
            ctx.fail("42710", f'enum label "{op.new_label}" already exists')
    labels = tuple(op.new_label if label == op.label else label for label in enum.labels)
    ctx.catalog.types.set(name, replace(enum, labels=labels))
    for user in ctx.catalog.users_by_object.get(("type", name)):
        table = ctx.catalog.table(user)
        for column in table.columns if table is not None else ():
            own = column.type is not None and (column.type.schema, column.type.name) == name
            if own and column.default is not None and table is not None:
                default = transform(column.default, lambda e: _relabelled(e, op))
                if default is not column.default:
                    table = ctx.put_column(table, replace(column, default=default))


def _relabelled(e: Expr, op: RenameEnumValue) -> Expr:
    """A default holds the label itself, not its text, so that it follows a rename."""
    return replace(e, value=op.new_label) if e.kind == "string" and e.value == op.label else e


def create_composite(ctx: Context, op: CreateCompositeType) -> None:
    name = _new_type(ctx, op.name)
    ctx.refuse_duplicate(name, False)
    columns = tuple(Column(c.name, type=ctx.type(c.type), origin=ctx.step) for c in op.columns)
    ctx.put(CompositeType(name, columns, origin=ctx.step))


def alter_composite(ctx: Context, op: AlterCompositeType) -> None:
    _, found = _find(ctx, op.name)
    if not isinstance(found, CompositeType):
        return
    own = found.column(op.attribute)
    if op.change == "add attribute":
        if own is not None and ctx.certain(found) and not ctx.lenient:
            ctx.fail("42701", f'column "{op.attribute}" of relation "{op.name.name}" already exists')
        ctx.put(replace(found, columns=(*found.columns, Column(op.attribute, ctx.type(op.to), origin=ctx.step))))
        return
    if own is None:
        if ctx.certain(found) and not ctx.lenient:
            where = f'column "{op.attribute}" of relation "{op.name.name}"'
            ctx.skip_or_fail(op.if_attribute_exists, "42703", f"{where} does not exist")
        return
    if op.change == "drop attribute":
        what = f"column {op.attribute} of composite type {found.name.name}"
        drop(ctx, (Node("column", found.name, op.attribute),), op.cascade, what)
    else:
        changed = tuple(replace(c, type=ctx.type(op.to)) if c is own else c for c in found.columns)
        ctx.put(replace(found, columns=changed))


# --- sequences


def create_sequence(ctx: Context, op: CreateSequence) -> None:
    name = ctx.new_name(op.relation, op.temporary)
    ctx.refuse_duplicate(name, op.if_not_exists)
    ctx.put(Sequence(name, op.options, owned_by=_owner(ctx, op.options), origin=ctx.step))


def _owner(ctx: Context, options: SequenceOptions) -> tuple[QName, str] | None:
    owned = options.owned_by
    if owned is None or len(owned) < 2:
        return None
    written = Name(owned[-2], owned[-3] if len(owned) > 2 else None)
    view = ctx.find(written)
    found = view if isinstance(view, View) and view.kind == "view" else ctx.table(written)
    ctx.column(found, owned[-1])
    return found.name, owned[-1]


def alter_sequence(ctx: Context, op: AlterSequence) -> None:
    found = ctx.find(op.relation)
    if found is None:
        ctx.missing(op.relation, op.if_exists)
        name = ctx.resolve(op.relation)
        ctx.put(Sequence(name, op.options, owned_by=_owner(ctx, op.options), known=False, maybe=op.if_exists))
        return
    if not isinstance(found, Sequence):
        if ctx.certain(found) and not ctx.lenient:
            ctx.fail("42809", f'"{op.relation.name}" is not a sequence')
        return
    given = {k: v for k in op.options.__struct_fields__ if (v := getattr(op.options, k)) is not None}
    owned = given.pop("owned_by", None)
    given.pop("restart", None)  # a position, not a definition
    owner = found.owned_by if owned is None else _owner(ctx, op.options)
    ctx.put(replace(found, options=replace(found.options, **given), owned_by=owner))


HANDLERS: Handlers = {
    CreateEnum: create_enum,
    CreateRangeType: create_range,
    CreateShellType: create_shell,
    CreateDomain: create_domain,
    AlterDomain: alter_domain,
    AddEnumValue: add_enum_value,
    RenameEnumValue: rename_enum_value,
    CreateCompositeType: create_composite,
    AlterCompositeType: alter_composite,
    CreateSequence: create_sequence,
    AlterSequence: alter_sequence,
}
