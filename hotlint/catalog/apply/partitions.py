"""Partitions: what a table gets from its parent, ATTACH and DETACH PARTITION (tablecmds.c)."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from hotlint.catalog.apply import constraints, indexes
from hotlint.catalog.apply.context import Context, Handlers
from hotlint.catalog.apply.foreign_keys import give_foreign_key
from hotlint.catalog.names import QName
from hotlint.catalog.records import Table
from hotlint.operations import AttachPartition, Bound, DetachPartition


def complete_partition(ctx: Context, parent: Table, partition: Table) -> None:
    """Gives a partition the indexes, keys and row triggers of its parent."""
    indexes.clone_indexes(ctx, parent, partition)
    partition = ctx.refresh(partition)
    for constraint in parent.constraints:
        if constraint.kind == "foreign key":
            give_foreign_key(ctx, partition, constraint)
            partition = ctx.refresh(partition)
    cloned = tuple(
        replace(t, origin=ctx.step)
        for t in parent.triggers
        if t.row and all(own.name != t.name for own in partition.triggers)
    )
    if cloned:
        ctx.put(replace(partition, triggers=(*partition.triggers, *cloned)))


_BOUND_OF = {"list": "values", "range": "lower", "hash": "modulus"}


def refuse_bound(ctx: Context, strategy: str, bound: Bound) -> None:
    """A bound must be of its parent's strategy; only hash has no DEFAULT (parse_utilcmd.c: transformPartitionBound)."""
    if bound.default:
        if strategy == "hash":
            ctx.fail(
                "42P17" if ctx.major < 13 else "42P16", "a hash-partitioned table may not have a default partition"
            )
    elif not getattr(bound, _BOUND_OF[strategy]):
        ctx.fail("42P16" if ctx.major >= 13 else "42P17", f"invalid bound specification for a {strategy} partition")


def attach(ctx: Context, op: AttachPartition) -> None:
    parent = ctx.table(op.relation, op.if_exists)
    partition = ctx.table(op.partition)
    if not ctx.lenient:
        _refuse_attach(ctx, parent, partition)
    elif is_circle(ctx, partition, parent):
        return
    columns = tuple(
        replace(c, inherited=1, local=False) if parent.column(c.name) is not None else c for c in partition.columns
    )
    partition = replace(partition, partition_of=parent.name, bound=op.bound, columns=columns)
    ctx.put(partition)
    for constraint in parent.constraints:
        if constraint.kind == "check" and not constraint.no_inherit:
            constraints.inherit_check(ctx, ctx.refresh(partition), constraint)
    complete_partition(ctx, ctx.refresh(parent), ctx.refresh(partition))


def _refuse_attach(ctx: Context, parent: Table, partition: Table) -> None:
    """What the server asks of a table before it becomes a partition (ATExecAttachPartition)."""
    if parent.kind != "partitioned table" and ctx.certain(parent):
        # 42P17 before 18, which says it as it does of other relations (measured on 12 to 18)
        ctx.fail(
            "42809" if ctx.major >= 18 else "42P17",
            f'ALTER action ATTACH PARTITION cannot be performed on relation "{parent.name.name}"',
        )
    if partition.partition_of is not None:
        ctx.fail("42809", f'"{partition.name.name}" is already a partition')
    if not (ctx.certain(parent) and ctx.certain(partition)):
        return
    refuse_circle(ctx, partition, parent)
    for extra in partition.columns:
        if parent.column(extra.name) is None:
            where = f'table "{partition.name.name}" contains column "{extra.name}" not found in parent'
            ctx.fail("42804", f'{where} "{parent.name.name}"')
    for column in parent.columns:
        own = partition.column(column.name)
        if own is None:
            ctx.fail("42804", f'child table is missing column "{column.name}"')
        if own.type is not None and column.type is not None and own.type != column.type:
            ctx.fail("42804", f'child table "{partition.name.name}" has different type for column "{column.name}"')
        if column.not_null and own.not_null is False:
            ctx.fail("42804", f'column "{column.name}" in child table must be marked NOT NULL')
    for constraint in parent.constraints:
        if constraint.kind == "check" and not constraint.no_inherit and partition.constraint(constraint.name) is None:
            ctx.fail("42804", f'child table is missing constraint "{constraint.name}"')


def _ancestors(ctx: Context, table: Table) -> Iterator[QName]:
    above = table.inherits if table.partition_of is None else (table.partition_of,)
    for name in above:
        yield name
        found = ctx.catalog.table(name)
        if found is not None:
            yield from _ancestors(ctx, found)


def is_circle(ctx: Context, table: Table, parent: Table) -> bool:
    """Whether the table would be its own ancestor."""
    return table.name == parent.name or table.name in _ancestors(ctx, parent)


def refuse_circle(ctx: Context, table: Table, parent: Table) -> None:
    """No table is its own ancestor (tablecmds.c: ATExecAddInherit)."""
    if is_circle(ctx, table, parent):
        ctx.fail("42P07", "circular inheritance not allowed")


def detach(ctx: Context, op: DetachPartition) -> None:
    parent = ctx.table(op.relation, op.if_exists)
    partition = ctx.table(op.partition)
    if partition.partition_of != parent.name:
        if not ctx.lenient and ctx.certain(partition) and ctx.certain(parent):
            where = f'relation "{partition.name.name}" is not a partition of relation'
            ctx.fail("42P01", f'{where} "{parent.name.name}"')
        return
    for index in ctx.catalog.indexes(partition.name):
        if index.parent is not None:
            ctx.put(replace(index, parent=None))
    ctx.put(released(replace(partition, partition_of=None, bound=None)))


def released(table: Table) -> Table:
    """A table that has lost its parent: what it had from there is its own now."""
    return replace(
        table,
        columns=tuple(replace(c, inherited=max(0, c.inherited - 1), local=True) for c in table.columns),
        constraints=tuple(
            replace(c, inherited=max(0, c.inherited - 1), local=True, parent=False) if c.inherited else c
            for c in table.constraints
        ),
    )


HANDLERS: Handlers = {AttachPartition: attach, DetachPartition: detach}
