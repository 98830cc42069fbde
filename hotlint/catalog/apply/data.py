"""Statements on rows: whether their targets exist, and which tables can no longer be taken as empty."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from hotlint.catalog.apply.builtin import SYSTEM_COLUMNS
from hotlint.catalog.apply.context import Context, Handlers
from hotlint.catalog.apply.expressions import columns_of
from hotlint.catalog.apply.functions import called
from hotlint.catalog.catalog import gives_no_rows
from hotlint.catalog.names import QName
from hotlint.catalog.records import Relation, Table, View
from hotlint.operations import (
    Analyze,
    Copy,
    Delete,
    Expr,
    Insert,
    LockTable,
    Merge,
    Name,
    Query,
    Select,
    Truncate,
    Update,
    Vacuum,
)


def fill(ctx: Context, record: Relation) -> None:
    """Rows may be in the table from now on, in its partitions and in what its triggers write."""
    if not isinstance(record, Table):
        return
    if record.empty:
        ctx.put(replace(record, empty=False))
        for child in ctx.catalog.descendants(record.name):
            below = ctx.catalog.table(child)
            if below is not None and below.empty:
                ctx.put(replace(below, empty=False))
    fires(ctx, ctx.catalog.table(record.name))


def fires(ctx: Context, record: Relation | None) -> None:
    """Rows that are changed may set off triggers and rules, which may write elsewhere."""
    if not isinstance(record, Table) or (ctx.catalog.unfilled and ctx.catalog.unwritten(record.name)):
        return
    for trigger in record.triggers:
        for function in ctx.catalog.functions(trigger.function):
            fill_written(ctx, function.writes, record.name)
    for rule in record.rules:
        fill_written(ctx, rule.reads, record.name)


def no_rows(ctx: Context, sources: tuple[tuple[Name, ...], ...]) -> bool:
    """Whether a query surely gives no rows, on a database where only the history writes."""
    return ctx.catalog.unfilled and gives_no_rows(sources, lambda name: ctx.catalog.unwritten(ctx.resolve(name)))


def fill_written(ctx: Context, names: Iterable[QName], but: QName | None = None) -> None:
    """Rows may be in the tables that a function writes."""
    for name in names:
        written = ctx.catalog.table(name)
        if written is not None and written.empty and name != but:
            fill(ctx, written)


def _target(ctx: Context, name: Name, columns: tuple[str, ...]) -> Relation | None:
    record = ctx.find(name)
    if record is None:
        ctx.missing(name, False)
        return None
    if isinstance(record, (Table, View)) and not ctx.lenient and ctx.certain(record):
        for column in columns:
            if record.column(column) is None:
                ctx.fail("42703", f'column "{column}" of relation "{record.name.name}" does not exist')
    return record


def _where(ctx: Context, record: Relation | None, where: Expr | None, query: Query) -> None:
    """Columns of a condition, where only the target can have them."""
    if where is None or ctx.inside or ctx.lenient or query.relations or not isinstance(record, Table):
        return
    if not ctx.certain(record):
        return
    for column in columns_of(where):
        if record.column(column) is None and column not in SYSTEM_COLUMNS and column != record.name.name:
            ctx.fail("42703", f'column "{column}" does not exist')


def read(ctx: Context, query: Query) -> None:
    """The relations that a query names must exist; what it writes on the way is applied."""
    if not ctx.inside or ctx.plain:
        for use in query.relations:
            if ctx.find(use.relation) is None:
                ctx.missing(use.relation, False)
    for write in query.writes:
        handler = HANDLERS.get(type(write))
        if handler is not None:
            handler(ctx, write)
    for function in called(ctx, query.functions):
        fill_written(ctx, function.writes)


def insert(ctx: Context, op: Insert) -> None:
    record = _target(ctx, op.relation, op.columns)
    read(ctx, op.query)
    current = ctx.find(op.relation)
    if record is not None and current is not None and not no_rows(ctx, op.query.sources):
        fill(ctx, current)


def update(ctx: Context, op: Update) -> None:
    record = _target(ctx, op.relation, op.columns)
    if not op.joins and op.alias is None:
        _where(ctx, record, op.where, op.query)
    read(ctx, op.query)
    fires(ctx, record)


def delete(ctx: Context, op: Delete) -> None:
    record = _target(ctx, op.relation, ())
    if not op.joins and op.alias is None:
        _where(ctx, record, op.where, op.query)
    read(ctx, op.query)
    fires(ctx, record)


def merge(ctx: Context, op: Merge) -> None:
    record = _target(ctx, op.relation, ())
    read(ctx, op.query)
    if record is not None:
        fill(ctx, record)


def copy(ctx: Context, op: Copy) -> None:
    record = _target(ctx, op.relation, op.columns)
    if record is not None and op.direction == "from":
        fill(ctx, record)


def select(ctx: Context, op: Select) -> None:
    read(ctx, op.query)


def truncate(ctx: Context, op: Truncate) -> None:
    """The table, its partitions and children are empty; so, with CASCADE, is what points at them."""
    record = _target(ctx, op.relation, ())
    if not isinstance(record, Table) or not record.known:
        return
    pending, seen = [record.name], {record.name}
    while pending:
        found = ctx.catalog.table(pending.pop())
        if found is None:
            continue
        if not found.empty:
            ctx.put(replace(found, empty=True))
        more = [] if op.only else list(ctx.catalog.children(found.name))
        if op.cascade:
            more += [other.name for other, _ in ctx.catalog.referencing(found.name)]
        pending += [name for name in more if name not in seen]
        seen.update(more)


def named(ctx: Context, op: LockTable) -> None:
    _target(ctx, op.relation, ())


def maintained(ctx: Context, op: Vacuum | Analyze) -> None:
    if op.relation is not None:
        _target(ctx, op.relation, ())


HANDLERS: Handlers = {
    Insert: insert,
    Update: update,
    Delete: delete,
    Merge: merge,
    Copy: copy,
    Select: select,
    Truncate: truncate,
    LockTable: named,
    Vacuum: maintained,
    Analyze: maintained,
}
