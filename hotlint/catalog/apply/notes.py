"""What is noted on objects: comments and privileges."""

from __future__ import annotations

from hotlint.catalog.apply.builtin import RELATIONS, ROUTINES, TYPE_KINDS
from hotlint.catalog.apply.context import Context, Handlers
from hotlint.catalog.apply.writer import find_function
from hotlint.catalog.names import QName
from hotlint.catalog.records import CompositeType, OtherObject, Table, View
from hotlint.operations import Comment, DefaultPrivileges, Grant


def comment(ctx: Context, op: Comment) -> None:
    name = QName(op.name.schema or "", op.name.name)
    if op.kind in RELATIONS:
        record = ctx.find(op.name)
        if record is None:
            ctx.missing(op.name, False)
        name = ctx.resolve(op.name)
        if isinstance(record, (Table, View, CompositeType)) and op.kind == "column" and op.sub is not None:
            ctx.column(record, op.sub)
    elif op.sub is not None:
        name = ctx.resolve(op.name)
    elif op.kind in TYPE_KINDS:
        name = ctx.find_type(op.name)[0]
    key = (op.kind, name, op.sub or "")
    if op.text is None:
        ctx.catalog.comments.delete(key)
    else:
        ctx.catalog.comments.set(key, op.text)
        ctx.catalog.notes_by_object.add(name, ("comment", key))


_OPEN = frozenset([*ROUTINES, *TYPE_KINDS, "database", "language", "schema"])
"""What PUBLIC has privileges on from the start, so that a REVOKE takes something away (acl.c: acldefault)."""


def grant(ctx: Context, op: Grant) -> None:
    for written in op.names:
        name = QName(written.schema or "", written.name)
        if op.kind in RELATIONS and not op.all_in_schema:
            if ctx.find(written) is None:
                ctx.missing(written, False)
            name = ctx.resolve(written)
        elif op.kind in ROUTINES:
            name = find_function(ctx.catalog, written) or name
        elif op.kind in TYPE_KINDS:
            name = ctx.find_type(written)[0]
        kind = f"{op.kind} in schema" if op.all_in_schema else op.kind
        for grantee in op.grantees:
            key = (kind, name, grantee)
            held = ctx.catalog.grants.get(key) or frozenset()
            given = frozenset(op.privileges or ("all",))
            withheld = frozenset(f"not {privilege}" for privilege in given)
            if op.revoke and grantee == "public" and op.kind in _OPEN and not given <= held:
                held = (held - given) | withheld
            elif not op.revoke:
                held = (held - withheld) | given if held & withheld else held | given
            elif op.privileges:
                held -= given
            else:
                held = frozenset()
            if held:
                ctx.catalog.grants.set(key, held)
                ctx.catalog.notes_by_object.add(name, ("grant", key))
            else:
                ctx.catalog.grants.delete(key)


def default_privileges(ctx: Context, op: DefaultPrivileges) -> None:
    key = ("default privileges", QName("", op.text))
    ctx.catalog.objects.set(key, OtherObject("default privileges", key[1], origin=ctx.step))


HANDLERS: Handlers = {Comment: comment, Grant: grant, DefaultPrivileges: default_privileges}
