"""Schemas, extensions, owners, and objects of which only the name is kept."""

from __future__ import annotations

from collections.abc import Sequence as Many

from msgspec.structs import replace

from hotlint.catalog.apply import functions, notes, rename
from hotlint.catalog.apply.builtin import RELATIONS, ROUTINES, TYPE_KINDS
from hotlint.catalog.apply.context import Context, Handlers, Skip
from hotlint.catalog.apply.dependencies import Node, dependants
from hotlint.catalog.apply.drop import drop
from hotlint.catalog.names import QName
from hotlint.catalog.records import CompositeType, OtherObject, Sequence, Type
from hotlint.operations import (
    AlterObject,
    ChangeOwner,
    ChangeSchema,
    CreateExtension,
    CreateObject,
    CreateSchema,
    DropObject,
    FunctionSignature,
    Name,
    RenameObject,
)

_UNIQUE = frozenset(["role", "publication", "subscription", "server", "event trigger", "foreign data wrapper"])

_TOLD = _UNIQUE | {"statistics"}
"""Kinds of which every DROP is sure to be seen."""


def create_schema(ctx: Context, op: CreateSchema) -> None:
    schemas = ctx.catalog.schemas
    found = schemas.get(op.name)
    there = found is not None or (op.name == "public" and not schemas.deleted("public"))
    if there:
        if op.if_not_exists:
            raise Skip
        if (found is None or not found.maybe) and (found is None or ctx.settled(schemas, op.name)):
            ctx.fail("42P06", f'schema "{op.name}" already exists')
    schemas.set(op.name, OtherObject("schema", QName("", op.name), origin=ctx.step))


def create_extension(ctx: Context, op: CreateExtension) -> None:
    extensions = ctx.catalog.extensions
    found = extensions.get(op.name)
    if found is not None:
        if op.if_not_exists:
            raise Skip
        if not found.maybe and ctx.settled(extensions, op.name):
            ctx.fail("42710", f'extension "{op.name}" already exists')
    extensions.set(op.name, OtherObject("extension", QName(op.schema or "", op.name), origin=ctx.step))


def _key(ctx: Context, kind: str, name: Name) -> tuple[str, QName]:
    return kind, QName(name.schema or "", name.name)


def create_object(ctx: Context, op: CreateObject) -> None:
    key = _key(ctx, op.kind, op.name)
    objects = ctx.catalog.objects
    found = objects.get(key)
    for relation in op.relations:
        if ctx.find(relation) is None:
            ctx.missing(relation, False)
    if found is not None:
        if op.if_not_exists:
            raise Skip
        if op.kind in _TOLD and not op.replace and not found.maybe and ctx.settled(objects, key):
            ctx.fail("42710", f'{op.kind} "{op.name.name}" already exists')
    relations = tuple(ctx.resolve(r) for r in op.relations)
    objects.set(key, OtherObject(op.kind, key[1], op.details, relations, origin=ctx.step))
    if op.kind == "statistics":  # goes with its table
        for name in relations:
            ctx.catalog.notes_by_object.add(name, ("object", key))


def alter_object(ctx: Context, op: AlterObject) -> None:
    key = _key(ctx, op.kind, op.name)
    found = ctx.catalog.objects.get(key)
    if (
        found is None and op.kind in _SETTABLE and op.details
    ):  # its settings are objects of their own (pg_db_role_setting)
        key = _key(ctx, f"{op.kind} settings", op.name)
        found = ctx.catalog.objects.get(key) or OtherObject(key[0], key[1], origin=ctx.step)
    if found is None:
        return
    given = dict(op.details)
    action = given.pop("action", "") if op.kind == "publication" else ""
    if action:
        found = replace(found, relations=_published(ctx, found.relations, op, action))
    details = tuple(sorted({**dict(found.details), **given}.items()))
    ctx.catalog.objects.set(key, replace(found, details=details))


_SETTABLE = frozenset(["database", "role"])


def _published(ctx: Context, held: tuple[QName, ...], op: AlterObject, action: str) -> tuple[QName, ...]:
    """The tables of a publication after ADD, DROP or SET TABLE."""
    given = tuple(map(ctx.resolve, op.relations))
    if action == "AP_SetObjects":
        return given
    if action == "AP_DropObjects":
        return tuple(r for r in held if r not in given)
    return tuple(dict.fromkeys((*held, *given)))


# --- drop


def drop_objects(ctx: Context, ops: Many[DropObject]) -> None:
    """All objects that one DROP names, together."""
    nodes: list[Node] = []
    what, skips = "", 0
    for op in ops:
        try:
            node = _named(ctx, op)
        except Skip:
            skips += 1
            continue
        if node is not None:
            nodes.append(node)
            what = what or f"{op.kind} {op.name.name}" + ("()" if op.kind in ROUTINES else "")
    if nodes:
        drop(ctx, nodes, ops[0].cascade, what if len(nodes) == 1 else "desired object(s)")
    elif skips == len(ops):
        raise Skip


def _named(ctx: Context, op: DropObject) -> Node | None:
    if op.kind in ROUTINES:
        return _named_function(ctx, op)
    if op.kind in TYPE_KINDS:
        return _named_type(ctx, op)
    if op.kind == "schema":
        return _named_schema(ctx, op)
    if op.kind == "extension":
        _drop_extension(ctx, op)
        return None
    key = _key(ctx, op.kind, op.name)
    objects = ctx.catalog.objects
    if objects.get(key) is None and op.kind in _TOLD and ctx.surely_absent(objects, key, key[1].schema):
        if op.if_exists:
            raise Skip
        if not ctx.lenient:
            ctx.fail("42704", f'{op.kind} "{op.name.name}" does not exist')
    objects.delete(key)
    return None


def _named_function(ctx: Context, op: DropObject) -> Node | None:
    signature = op.signature or FunctionSignature(op.name)
    if op.if_exists:
        lenient, ctx.lenient = ctx.lenient, True
        try:
            name, place = functions.find(ctx, signature)
        finally:
            ctx.lenient = lenient
    else:
        name, place = functions.find(ctx, signature)
    if place is None:
        if not ctx.catalog.functions(name):
            ctx.catalog.functions_by_name.delete(name)
        return None
    return Node("function", name, str(place))


def _named_type(ctx: Context, op: DropObject) -> Node | None:
    name, found = ctx.find_type(op.name)
    types = ctx.catalog.types
    if found is None:
        if types.deleted(name) and ctx.settled(types, name):
            shown = f"{op.name.schema}.{op.name.name}" if op.name.schema else op.name.name
            if op.if_exists or not ctx.lenient:
                ctx.skip_or_fail(op.if_exists, "42704", f'type "{shown}" does not exist')
        types.delete(name)
        return None
    if isinstance(found, CompositeType):
        return Node("relation", name)
    return Node("type", name)


def _named_schema(ctx: Context, op: DropObject) -> Node | None:
    schemas, name = ctx.catalog.schemas, op.name.name
    if schemas.get(name) is None and schemas.deleted(name) and ctx.settled(schemas, name):
        if op.if_exists or not ctx.lenient:
            ctx.skip_or_fail(op.if_exists, "3F000", f'schema "{name}" does not exist')
        return None
    return Node("schema", QName("", name))


def _drop_extension(ctx: Context, op: DropObject) -> None:
    extensions, name = ctx.catalog.extensions, op.name.name
    if extensions.get(name) is None and extensions.deleted(name) and ctx.settled(extensions, name):
        if op.if_exists or not ctx.lenient:
            ctx.skip_or_fail(op.if_exists, "42704", f'extension "{name}" does not exist')
        return
    extensions.delete(name)
    if op.cascade:  # what used its types and functions is gone, and Hotlint does not know its members
        ctx.catalog.loosen()


# --- names, schemas, owners


def rename_object(ctx: Context, op: RenameObject) -> None:
    if op.kind in TYPE_KINDS:
        name, found = ctx.find_type(op.name)
        _move_type(ctx, name, found, name._replace(name=op.new_name))
    elif op.kind in ROUTINES:
        name, place = functions.find(ctx, op.signature or FunctionSignature(op.name))
        _move_function(ctx, name, place, name._replace(name=op.new_name))
    elif op.kind == "schema":
        _rename_schema(ctx, op.name.name, op.new_name)
    else:
        old = _key(ctx, op.kind, op.name)
        record = ctx.catalog.objects.get(old)
        new = (op.kind, old[1]._replace(name=op.new_name))
        ctx.catalog.objects.delete(old)
        ctx.catalog.objects.set(new, replace(record, name=new[1]) if record else OtherObject(op.kind, new[1]))


def _move_type(ctx: Context, name: QName, found: Type | CompositeType | None, target: QName) -> None:
    types = ctx.catalog.types
    if isinstance(found, CompositeType):
        rename.move(ctx, found, target)
        return
    if found is None:
        if types.deleted(name) and ctx.settled(types, name) and not ctx.lenient:
            ctx.fail("42704", f'type "{name.name}" does not exist')
        types.delete(name)
        return
    other = types.get(target)
    if other is not None and not other.maybe and ctx.settled(types, target) and not ctx.lenient:
        ctx.fail("42710", f'type "{target.name}" already exists')
    types.delete(name)
    types.set(target, replace(found, name=target))
    rename.retype(ctx, name, target)


def _move_function(ctx: Context, name: QName, place: int | None, target: QName) -> None:
    if place is None:
        return
    overloads = ctx.catalog.functions(name)
    moved = replace(overloads[place], name=target)
    rest = (*overloads[:place], *overloads[place + 1 :])
    if rest:
        ctx.catalog.functions_by_name.set(name, rest)
    else:
        ctx.catalog.functions_by_name.delete(name)
    ctx.catalog.functions_by_name.set(target, (*ctx.catalog.functions(target), moved))
    for user in ctx.catalog.users_by_object.get(("function", name)):
        record = ctx.catalog.relations.get(user)
        triggers = getattr(record, "triggers", ())
        if record is not None and any(t.function == name for t in triggers):
            changed = tuple(replace(t, function=target) if t.function == name else t for t in triggers)
            ctx.put(replace(record, triggers=changed))


def _rename_schema(ctx: Context, old: str, new: str) -> None:
    schemas = ctx.catalog.schemas
    there = schemas.get(new) is not None or (new == "public" and not schemas.deleted("public"))
    if there and ctx.settled(schemas, new) and not ctx.lenient:
        ctx.fail("42P06", f'schema "{new}" already exists')
    if schemas.deleted(old) and ctx.settled(schemas, old) and not ctx.lenient:
        ctx.fail("3F000", f'schema "{old}" does not exist')
    for edge in list(dependants(ctx, Node("schema", QName("", old)))):
        target = QName(new, edge.node.name.name)
        if edge.node.kind == "relation":
            record = ctx.catalog.relations.get(edge.node.name)
            if record is not None:
                rename.move(ctx, record, target)
        elif edge.node.kind == "type":
            _move_type(ctx, edge.node.name, ctx.catalog.types.get(edge.node.name), target)
        else:
            _move_function(ctx, edge.node.name, 0, target)
    schemas.delete(old)
    schemas.set(new, OtherObject("schema", QName("", new), origin=ctx.step))


def change_schema(ctx: Context, op: ChangeSchema) -> None:
    if op.kind in RELATIONS:
        ctx.relation(op.name, op.if_exists)
    ctx.need_schema(op.schema)
    if op.kind in TYPE_KINDS:
        name, found = ctx.find_type(op.name)
        _move_type(ctx, name, found, QName(op.schema, name.name))
        return
    if op.kind in ROUTINES:
        name, place = functions.find(ctx, op.signature or FunctionSignature(op.name))
        _move_function(ctx, name, place, QName(op.schema, name.name))
        return
    if op.kind not in RELATIONS:
        return
    found_relation = ctx.relation(op.name, op.if_exists)
    old = found_relation.name
    if old.schema == "pg_temp" != op.schema and not ctx.lenient:
        ctx.fail("0A000", "cannot move objects into or out of temporary schemas")
    indexes = ctx.catalog.indexes(old)
    owned = ctx.catalog.users_by_object.get(("owner", old))
    rename.move(ctx, found_relation, QName(op.schema, old.name))
    for index in indexes:
        current = ctx.catalog.index(index.name)
        if current is not None:
            rename.move(ctx, current, QName(op.schema, index.name.name))
    for name in owned:
        sequence = ctx.catalog.relations.get(name)
        owner = sequence.owned_by if isinstance(sequence, Sequence) else None
        if sequence is not None and owner is not None and owner[0] == QName(op.schema, old.name):
            rename.move(ctx, sequence, QName(op.schema, name.name))


def change_owner(ctx: Context, op: ChangeOwner) -> None:
    if op.kind not in RELATIONS:
        return
    record = ctx.find(op.name)
    if record is None:
        ctx.missing(op.name, op.if_exists)
    elif hasattr(record, "owner"):
        ctx.put(replace(record, owner=op.owner))


HANDLERS: Handlers = {
    CreateSchema: create_schema,
    CreateExtension: create_extension,
    CreateObject: create_object,
    AlterObject: alter_object,
    RenameObject: rename_object,
    ChangeSchema: change_schema,
    ChangeOwner: change_owner,
    **notes.HANDLERS,
}
