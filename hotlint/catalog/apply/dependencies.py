"""What depends on what: for an object that goes, the objects that need it (dependency.c, pg_depend)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hotlint.catalog.apply.builtin import SERIALS
from hotlint.catalog.apply.context import Context
from hotlint.catalog.apply.expressions import columns_of, element_columns, functions_of, sequence_of, types_of
from hotlint.catalog.names import QName
from hotlint.catalog.records import CompositeType, Domain, Index, Relation, Sequence, Table, View
from hotlint.operations import Expr, TypeName

__all__ = ["SERIALS", "Edge", "Node", "dependants", "kind_of"]


class Node(NamedTuple):
    """An object that may go: a relation, or with ``sub`` a part of one."""

    kind: str  # relation, column, default, constraint, trigger, policy, rule, type, function, schema
    name: QName
    sub: str = ""


# heap.c: StoreAttrDefault: before 15 a generated column goes with the columns that it is computed from (measured).
_GENERATED_KEPT_SINCE = 15


class Edge(NamedTuple):
    """``automatic``: goes silently; otherwise only with CASCADE. ``sure``: the dependency certainly exists."""

    node: Node
    automatic: bool
    sure: bool = True


def dependants(ctx: Context, node: Node) -> Iterator[Edge]:
    """What needs the object directly."""
    finder = _FINDERS.get(node.kind)
    return finder(ctx, node) if finder is not None else iter(())


def kind_of(record: Relation) -> str:
    return record.kind


def _relation(ctx: Context, node: Node) -> Iterator[Edge]:
    record = ctx.catalog.relations.get(node.name)
    yield from _readers(ctx, node.name, None)
    if isinstance(record, Table):
        yield from _table(ctx, record)
    elif isinstance(record, View):
        for index in ctx.catalog.indexes(node.name):
            yield Edge(Node("relation", index.name), True)
    elif isinstance(record, Index):
        if record.constraint is not None:
            yield Edge(Node("constraint", record.table, record.constraint), False)
        for table in ctx.catalog.children(record.table):
            for index in ctx.catalog.indexes(table):
                if index.parent == record.name:
                    yield Edge(Node("relation", index.name), True)
    elif isinstance(record, Sequence):
        yield from _sequence(ctx, record)
    elif isinstance(record, CompositeType):
        yield from _type(ctx, node)


def _table(ctx: Context, table: Table) -> Iterator[Edge]:
    catalog = ctx.catalog
    for index in catalog.indexes(table.name):
        yield Edge(Node("relation", index.name), True)
    for child in catalog.children(table.name):
        record = catalog.table(child)
        yield Edge(Node("relation", child), record is not None and record.partition_of == table.name)
    for other, constraint in catalog.referencing(table.name):
        if other.name != table.name:
            yield Edge(Node("constraint", other.name, constraint.name), False, not constraint.maybe)
    for column in table.columns:
        for sequence in _owned(ctx, table, column.name):
            yield Edge(Node("relation", sequence), True)
    for user in catalog.users_by_object.get(("relation", table.name)):
        other_table = catalog.table(user)
        for policy in other_table.policies if other_table is not None and user != table.name else ():
            if table.name in policy.reads:
                yield Edge(Node("policy", user, policy.name), False, not policy.maybe)


def _owned(ctx: Context, table: Table, column: str) -> list[QName]:
    found = table.column(column)
    names = [found.identity_sequence] if found is not None and found.identity_sequence is not None else []
    default = sequence_of(found.default) if found is not None else None
    if default is not None:
        names.append(ctx.resolve(default))
    names.extend(ctx.catalog.users_by_object.get(("owner", table.name)))
    kept = []
    for name in dict.fromkeys(names):
        record = ctx.catalog.relations.get(name)
        if isinstance(record, Sequence) and record.owned_by == (table.name, column):
            kept.append(name)
    return kept


def _readers(ctx: Context, name: QName, column: str | None) -> Iterator[Edge]:
    for view in ctx.catalog.readers(name):
        for read, columns in view.reads:
            if read == name and (column is None or columns is None or column in columns):
                sure = not view.maybe and (column is None or columns is not None)
                if column is None or columns is not None:
                    yield Edge(Node("relation", view.name), False, sure)


def _column(ctx: Context, node: Node) -> Iterator[Edge]:
    table = ctx.catalog.table(node.name)
    if table is None:
        return
    column = node.sub
    yield from _readers(ctx, node.name, column)
    is_key = not table.known  # only a key can be referenced; a hub's thousands of references are not searched else
    for index in ctx.catalog.indexes(node.name):
        is_key = is_key or (index.unique and column in index.columns)
        used = (*element_columns(index.elements), *index.include, *columns_of(index.where))
        if column in used:
            if index.constraint is not None:
                yield Edge(Node("constraint", node.name, index.constraint), True)
            else:
                yield Edge(Node("relation", index.name), True)
    for constraint in table.constraints:
        if column in constraint.columns:
            yield Edge(Node("constraint", node.name, constraint.name), True)
    for other, constraint in ctx.catalog.referencing(node.name) if is_key else ():
        if column in constraint.target_columns:
            yield Edge(Node("constraint", other.name, constraint.name), other.name == node.name, not constraint.maybe)
    for sequence in _owned(ctx, table, column):
        yield Edge(Node("relation", sequence), True)
    for other_column in table.columns:
        if other_column.name != column and column in columns_of(other_column.generated):
            yield Edge(Node("column", node.name, other_column.name), ctx.major < _GENERATED_KEPT_SINCE)
    for trigger in table.triggers:
        if column in trigger.columns or column in columns_of(trigger.when):
            yield Edge(Node("trigger", node.name, trigger.name), False, not trigger.maybe)
    for policy in table.policies:
        if not policy.reads and column in (*columns_of(policy.using), *columns_of(policy.check)):
            yield Edge(Node("policy", node.name, policy.name), False, not policy.maybe)
    for child in ctx.catalog.children(node.name):
        record = ctx.catalog.table(child)
        below = record.column(column) if record is not None else None
        if below is not None and not below.local and below.inherited <= 1:
            yield Edge(Node("column", child, column), True)


def _constraint(ctx: Context, node: Node) -> Iterator[Edge]:
    table = ctx.catalog.table(node.name)
    found = table.constraint(node.sub) if table is not None else None
    if table is None or found is None:
        return
    if found.index is not None:
        yield Edge(Node("relation", found.index), True)
        if found.kind in ("primary key", "unique"):
            for other, constraint in ctx.catalog.referencing(node.name):
                same = sorted(constraint.target_columns) == sorted(found.columns)
                if same and not _other_key(ctx, table, found.name, found.columns):
                    yield Edge(Node("constraint", other.name, constraint.name), False, not constraint.maybe)
    for child in ctx.catalog.children(node.name):
        record = ctx.catalog.table(child)
        for below in record.constraints if record is not None else ():
            copied = below.name == found.name or (below.parent and below.columns == found.columns)
            if copied and below.kind == found.kind and below.inherited == 1 and not below.local:
                yield Edge(Node("constraint", child, below.name), True)


def _other_key(ctx: Context, table: Table, name: str, columns: tuple[str, ...]) -> bool:
    """Another unique index over the same columns may be the one that a foreign key depends on."""
    wanted = sorted(columns)
    return any(
        i.unique and i.constraint != name and i.where is None and sorted(c or "" for c in i.columns) == wanted
        for i in ctx.catalog.indexes(table.name)
    )


def _sequence(ctx: Context, sequence: Sequence) -> Iterator[Edge]:
    if sequence.identity and sequence.owned_by is not None:
        yield Edge(Node("column", *sequence.owned_by), False)
        return
    for user in ctx.catalog.users_by_object.get(("sequence", sequence.name)):
        table = ctx.catalog.table(user)
        for column in table.columns if table is not None else ():
            named = sequence_of(column.default)
            if named is not None and ctx.resolve(named) == sequence.name:
                yield Edge(Node("default", user, column.name), False, not column.maybe)


def _names_type(written: TypeName | None, name: QName) -> bool:
    return written is not None and written.name == name.name and written.schema == name.schema


def _mentions_type(ctx: Context, expression: Expr | None, name: QName) -> bool:
    return any(
        _names_type(t if t.schema is not None else ctx.type(t), name)
        for t in types_of(expression)
        if t.name == name.name
    )


def _type(ctx: Context, node: Node) -> Iterator[Edge]:
    name = node.name
    for user in ctx.catalog.users_by_object.get(("type", name)):
        record = ctx.catalog.relations.get(user)
        if isinstance(record, (Table, CompositeType)):
            for column in record.columns:
                if _names_type(column.type, name):
                    yield Edge(Node("column", user, column.name), False, not column.maybe)
                elif _mentions_type(ctx, column.default, name):
                    yield Edge(Node("default", user, column.name), False, not column.maybe)
        if isinstance(record, Table):
            for constraint in record.constraints:
                if constraint.kind == "check" and _mentions_type(ctx, constraint.expression, name):
                    yield Edge(Node("constraint", user, constraint.name), False, not constraint.maybe)
        elif isinstance(record, View):
            written = any(_names_type(c.type, name) for c in record.columns)
            if written or any(_names_type(t, name) for t in record.query.types):
                yield Edge(Node("relation", user), False, not record.maybe)
        elif isinstance(record, Index):
            parts = [e.expression for e in record.elements] + [record.where]
            if any(_mentions_type(ctx, p, name) for p in parts):
                yield Edge(Node("relation", user), False, not record.maybe)
    for user in ctx.catalog.users_by_object.get(("type user", name)):
        for number, function in enumerate(ctx.catalog.functions(user)):
            types = (*(a.type for a in function.arguments), function.returns)
            if any(_names_type(t, name) for t in types):
                yield Edge(Node("function", user, str(number)), False, not function.maybe)
        domain = ctx.catalog.types.get(user)
        if isinstance(domain, Domain) and _names_type(domain.base, name):
            yield Edge(Node("type", user), False, not domain.maybe)


def _calls(ctx: Context, expression: Expr | None, name: QName) -> bool:
    return any(f.name == name.name and (f.schema is None or f.schema == name.schema) for f in functions_of(expression))


def _function(ctx: Context, node: Node) -> Iterator[Edge]:
    name = node.name
    sure = len(ctx.catalog.functions(name)) == 1
    for user in ctx.catalog.users_by_object.get(("function", name)):
        record = ctx.catalog.relations.get(user)
        if isinstance(record, (Table, View)):
            for trigger in record.triggers:
                if trigger.function == name:
                    yield Edge(Node("trigger", user, trigger.name), False, sure and not trigger.maybe)
        if isinstance(record, Table):
            for column in record.columns:
                if _calls(ctx, column.generated, name):
                    yield Edge(Node("column", user, column.name), False, sure)
                elif _calls(ctx, column.default, name):
                    yield Edge(Node("default", user, column.name), False, sure)
            for constraint in record.constraints:
                if constraint.kind == "check" and _calls(ctx, constraint.expression, name):
                    yield Edge(Node("constraint", user, constraint.name), False, sure)
            for policy in record.policies:
                if _calls(ctx, policy.using, name) or _calls(ctx, policy.check, name):
                    yield Edge(Node("policy", user, policy.name), False, sure)
        elif (isinstance(record, View) and name in record.functions) or (
            isinstance(record, Index)
            and any(_calls(ctx, e, name) for e in (*(x.expression for x in record.elements), record.where))
        ):
            yield Edge(Node("relation", user), False, sure)


def _schema(ctx: Context, node: Node) -> Iterator[Edge]:
    """Everything in a schema; the only question that looks at all objects."""
    schema = node.name.name
    for name, record in ctx.catalog.relations.items():
        if name.schema == schema:
            yield Edge(Node("relation", name), False, not record.maybe)
    for name, kind in ctx.catalog.types.items():
        if name.schema == schema:
            yield Edge(Node("type", name), False, not kind.maybe)
    for name, overloads in ctx.catalog.functions_by_name.items():
        if name.schema == schema:
            for number in range(len(overloads)):
                yield Edge(Node("function", name, str(number)), False, True)


_FINDERS = {
    "relation": _relation,
    "column": _column,
    "constraint": _constraint,
    "type": _type,
    "function": _function,
    "schema": _schema,
}
