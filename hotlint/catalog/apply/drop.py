"""DROP of everything, with RESTRICT, CASCADE and what it takes along (dependency.c: performMultipleDeletions)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from hotlint.catalog.apply.context import WORDS, Context, Handlers, Skip
from hotlint.catalog.apply.dependencies import Node, dependants
from hotlint.catalog.names import QName
from hotlint.catalog.outcome import Victim
from hotlint.catalog.records import Index, Relation, Sequence, Table, View
from hotlint.catalog.versioned import VersionedMap
from hotlint.operations import (
    DropColumn,
    DropConstraint,
    DropRelation,
    DropSubobject,
)


def drop(ctx: Context, nodes: Iterable[Node], cascade: bool, what: str) -> None:
    """Deletes objects and all that goes with them. Raises CatalogError 2BP01, in which ``what`` names the object."""
    named = list(nodes)
    silent: set[Node] = set(named)
    needing: dict[Node, bool] = {}  # goes only with CASCADE; whether that is sure
    found: dict[Node, None] = dict.fromkeys(named)
    queue = list(named)
    while queue:
        for edge in dependants(ctx, queue.pop()):
            if edge.automatic:
                silent.add(edge.node)
            else:
                needing[edge.node] = needing.get(edge.node, False) or edge.sure
            if edge.node not in found:
                found[edge.node] = None
                queue.append(edge.node)
    if not cascade and not ctx.lenient and not _loose(ctx):
        for node, sure in needing.items():
            if sure and node not in silent and not _inside(node, silent):
                ctx.fail("2BP01", f"cannot drop {what} because other objects depend on it")
    for node in found:
        if node not in named and not _inside(node, silent):
            ctx.victims.append(_victim(ctx, node, node in silent))
    _delete(ctx, found)


def _loose(ctx: Context) -> bool:
    """After an opaque statement nothing is known for sure to depend on anything."""
    return ctx.catalog.loose_since >= 0


def _inside(node: Node, silent: set[Node]) -> bool:
    """A part of a relation that goes, goes with it; so does the default of a column."""
    if node.kind == "default" and Node("column", node.name, node.sub) in silent:
        return True
    return bool(node.sub) and node.kind != "function" and Node("relation", node.name) in silent


_PARTS = {"constraint": "constraints", "trigger": "triggers", "policy": "policies", "rule": "rules"}


def _victim(ctx: Context, node: Node, automatic: bool) -> Victim:
    relation = ctx.catalog.relations.get(node.name)
    kind, origin, part = node.kind, -1, node.sub
    if kind == "relation":
        kind = relation.kind if relation is not None else "table"
        origin = getattr(relation, "origin", -1)
    elif kind == "function":
        made, part = ctx.catalog.functions(node.name), ""
        origin = made[int(node.sub)].origin if int(node.sub) < len(made) else -1
    elif kind == "type":
        origin = getattr(ctx.catalog.types.get(node.name), "origin", -1)
    elif part:
        parts = getattr(relation, _PARTS.get(kind, "columns"), ())
        origin = next((x.origin for x in parts if x.name == part), -1)
    return Victim(kind, _shown(node), automatic, node.name, part, origin)


def _shown(node: Node) -> str:
    if node.kind == "schema":
        return node.name.name
    return f"{node.name}.{node.sub}" if node.sub and node.kind != "function" else str(node.name)


def _delete(ctx: Context, nodes: Iterable[Node]) -> None:
    """Deletes without asking, parts first gathered per relation."""
    catalog = ctx.catalog
    parts: dict[QName, list[Node]] = {}
    functions: dict[QName, set[int]] = {}
    for node in nodes:
        if node.kind == "relation":
            ctx.remove(node.name)
            forget_notes(ctx, node.name)
        elif node.kind == "type":
            catalog.types.delete(node.name)
        elif node.kind == "function":
            functions.setdefault(node.name, set()).add(int(node.sub))
        elif node.kind == "schema":
            catalog.schemas.delete(node.name.name)
        else:
            parts.setdefault(node.name, []).append(node)
            forget_notes(ctx, node.name, node.sub)
    for name, gone in functions.items():
        kept = tuple(f for i, f in enumerate(catalog.functions(name)) if i not in gone)
        if kept:
            catalog.functions_by_name.set(name, kept)
        else:
            catalog.functions_by_name.delete(name)
    for name, pieces in parts.items():
        record = catalog.relations.get(name)
        if record is not None:
            _delete_parts(ctx, record, pieces)


def forget_notes(ctx: Context, name: QName, sub: str | None = None) -> None:
    """Comments and grants go with their object, or those of one part of it."""
    for what, key in ctx.catalog.notes_by_object.get(name):
        if what == "object":
            _forget_statistics(ctx, key, name, sub)
            continue
        notes: VersionedMap[Any, Any] = ctx.catalog.comments if what == "comment" else ctx.catalog.grants
        if notes.get(key) is not None and (sub is None or key[2] == sub):
            notes.delete(key)


def _forget_statistics(ctx: Context, key: tuple[str, QName], table: QName, column: str | None) -> None:
    """Extended statistics go with their table, and with any column of theirs."""
    record = ctx.catalog.objects.get(key)
    if record is not None and table in record.relations and (column is None or column in str(record.details)):
        ctx.catalog.objects.delete(key)


def _delete_parts(ctx: Context, record: Relation, pieces: list[Node]) -> None:
    changes: dict[str, object] = {}
    gone: dict[str, set[str]] = {}
    for piece in pieces:
        gone.setdefault(piece.kind, set()).add(piece.sub)
    columns = getattr(record, "columns", ())
    if "column" in gone or "default" in gone:
        without, bare = gone.get("column", set()), gone.get("default", set())
        changes["columns"] = tuple(
            replace(c, default=None) if c.name in bare else c for c in columns if c.name not in without
        )
    for kind, attribute in _PARTS.items():
        if kind in gone:
            changes[attribute] = tuple(x for x in getattr(record, attribute, ()) if x.name not in gone[kind])
    ctx.put(replace(record, **changes))


# --- relations


def drop_relations(ctx: Context, ops: Iterable[DropRelation]) -> None:
    """All relations that one DROP names, together: they may depend on each other."""
    nodes: list[Node] = []
    cascade, what, skips = False, "", 0
    for op in ops:
        cascade = op.cascade
        try:
            node = _named(ctx, op)
        except Skip:
            skips += 1
            continue
        if node is not None:
            nodes.append(node)
            what = what or f"{WORDS[op.kind][0]} {op.relation.name}"
    if nodes:
        drop(ctx, nodes, cascade, what if len(nodes) == 1 else "desired object(s)")
    elif skips:
        raise Skip


_KINDS: dict[str, Callable[[object], bool]] = {
    "table": lambda r: isinstance(r, Table) and r.kind != "foreign table",
    "foreign table": lambda r: isinstance(r, Table) and r.kind == "foreign table",
    "view": lambda r: isinstance(r, View) and r.kind == "view",
    "materialized view": lambda r: isinstance(r, View) and r.kind == "materialized view",
    "index": lambda r: isinstance(r, Index),
    "sequence": lambda r: isinstance(r, Sequence),
}


def _named(ctx: Context, op: DropRelation) -> Node | None:
    word, sqlstate = WORDS[op.kind]
    record = ctx.find(op.relation)
    if record is None:
        ctx.missing(op.relation, op.if_exists, word, sqlstate)
        name = ctx.resolve(op.relation)
        ctx.remove(name)
        return None
    if not _KINDS[op.kind](record):
        if ctx.certain(record) and not ctx.lenient:
            article = "an" if word == "index" else "a"
            ctx.fail("42809", f'"{op.relation.name}" is not {article} {word}')
    elif isinstance(record, Index) and record.constraint is not None and not ctx.lenient and not record.maybe:
        table = record.table.name
        ctx.fail(
            "2BP01",
            f"cannot drop index {record.name.name} because constraint {record.constraint} on table {table} requires it",
        )
    elif isinstance(record, Sequence) and record.identity and record.owned_by is not None and not ctx.lenient:
        table_name, column = record.owned_by
        ctx.fail(
            "2BP01",
            f"cannot drop sequence {record.name.name} because column {column} of table {table_name.name} requires it",
        )
    return Node("relation", record.name)


# --- parts of relations


def drop_column(ctx: Context, op: DropColumn) -> None:
    found = ctx.relation(op.relation, op.if_exists)
    if not isinstance(found, Table):
        return
    column = found.column(op.column)
    if column is None:
        if ctx.certain(found) and not ctx.lenient:
            where = f'column "{op.column}" of relation "{found.name.name}"'
            ctx.skip_or_fail(op.if_column_exists, "42703", f"{where} does not exist")
        return
    if column.inherited and not column.local and ctx.certain(found) and not ctx.lenient:
        ctx.fail("42P16", f'cannot drop inherited column "{op.column}"')
    key = found.partition_key
    if key is not None and not ctx.lenient and any(e.column == op.column for e in key.elements):
        where = f'cannot drop column "{op.column}" because it is part of the partition key of relation'
        ctx.fail("42P16", f'{where} "{found.name.name}"')
    what = f"column {op.column} of table {found.name.name}"
    drop(ctx, (Node("column", found.name, op.column),), op.cascade, what)


def drop_constraint(ctx: Context, op: DropConstraint) -> None:
    table = ctx.table(op.relation, op.if_exists)
    found = table.constraint(op.constraint)
    if found is None:
        named = next((c for c in table.columns if c.not_null_name == op.constraint), None)
        if named is not None:
            ctx.put_column(table, replace(named, not_null=False, not_null_name=None))
        elif ctx.certain(table) and not ctx.lenient:
            where = f'constraint "{op.constraint}" of relation "{table.name.name}"'
            ctx.skip_or_fail(op.if_constraint_exists, "42704", f"{where} does not exist")
        elif not table.known:
            _forget_unseen(ctx, table, op.constraint)
        return
    if found.inherited and not found.local and ctx.certain(table) and not ctx.lenient:
        ctx.fail("42P16", f'cannot drop inherited constraint "{op.constraint}" of relation "{table.name.name}"')
    what = f"constraint {op.constraint} on table {table.name.name}"
    drop(ctx, (Node("constraint", table.name, op.constraint),), op.cascade, what)


def _forget_unseen(ctx: Context, table: Table, constraint: str) -> None:
    """A constraint that was never seen may have had an index of its name: that is gone too."""
    name = QName(table.name.schema, constraint)
    if ctx.catalog.relations.get(name) is None:
        ctx.remove(name)


def drop_subobject(ctx: Context, op: DropSubobject) -> None:
    record = ctx.find(op.relation)
    if record is None:
        ctx.missing(op.relation, op.if_exists)
        return
    parts = getattr(record, _PARTS[op.kind], ())
    if all(p.name != op.name for p in parts):
        if ctx.certain(record) and not ctx.lenient:
            where = f'{op.kind} "{op.name}" for {"relation" if op.kind == "rule" else "table"} "{op.relation.name}"'
            ctx.skip_or_fail(op.if_exists, "42704", f"{where} does not exist")
        return
    drop(ctx, (Node(op.kind, record.name, op.name),), op.cascade, f"{op.kind} {op.name}")


HANDLERS: Handlers = {
    DropColumn: drop_column,
    DropConstraint: drop_constraint,
    DropSubobject: drop_subobject,
}
