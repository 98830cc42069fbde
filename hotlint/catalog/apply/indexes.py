"""Indexes: made by CREATE INDEX and by keys, cloned to partitions, adopted, attached, renamed (indexcmds.c)."""

from __future__ import annotations

from msgspec.structs import replace

from hotlint.catalog.apply.builtin import SYSTEM_COLUMNS
from hotlint.catalog.apply.context import Context, Handlers, Skip
from hotlint.catalog.apply.expressions import columns_of
from hotlint.catalog.apply.naming import index_name
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, Constraint, Index, Table, View
from hotlint.operations import (
    AttachIndex,
    Cluster,
    ClusterOn,
    ConstraintDef,
    CreateIndex,
    Expr,
    IndexElement,
    Name,
    Reindex,
)

__all__ = [
    "HANDLERS",
    "SYSTEM_COLUMNS",
    "adopt_index",
    "build",
    "clone_indexes",
    "clone_unattached",
    "record_constraint",
    "rename_index",
]


def create_index(ctx: Context, op: CreateIndex) -> None:
    found = ctx.relation(op.relation)
    if isinstance(found, View):
        if found.kind == "view" and ctx.certain(found):
            ctx.fail("42809", f'cannot create index on relation "{op.relation.name}"')
    elif not isinstance(found, Table):
        ctx.fail("42809", f'cannot create index on relation "{op.relation.name}"')
    _check_columns(ctx, found, op)
    if op.method in _SINGLE and not ctx.lenient:
        _refuse_method(ctx, op.method, op.elements, op.unique, op.include)
    if op.index is not None:
        name = QName(found.name.schema, op.index)
        if op.if_not_exists and ctx.catalog.relations.get(name) is not None:
            raise Skip
        ctx.refuse_duplicate(name, False)
    if op.concurrently and isinstance(found, Table) and found.kind == "partitioned table":
        ctx.fail("0A000", f'cannot create index on partitioned table "{op.relation.name}" concurrently')
    build(
        ctx,
        found,
        op.index,
        op.elements,
        unique=op.unique,
        method=op.method,
        include=op.include,
        where=op.where,
        nulls_not_distinct=op.nulls_not_distinct,
        tablespace=op.tablespace,
        options=op.options,
        recurse=not op.only,
    )


def _check_columns(ctx: Context, table: Table | View, op: CreateIndex) -> None:
    if ctx.lenient or not ctx.certain(table):
        return
    wanted = [(c, True) for e in op.elements for c in ((e.column,) if e.column else columns_of(e.expression))]
    wanted += [(c, True) for c in op.include if c] + [(c, True) for c in columns_of(op.where)]
    for column, _ in wanted:
        if table.column(column) is None and column not in SYSTEM_COLUMNS and column != table.name.name:
            ctx.fail("42703", f'column "{column}" does not exist')


def build(
    ctx: Context,
    table: Table | View,
    name: str | None,
    elements: tuple[IndexElement, ...],
    *,
    unique: bool,
    method: str = "btree",
    include: tuple[str, ...] = (),
    where: Expr | None = None,
    nulls_not_distinct: bool = False,
    tablespace: str | None = None,
    options: tuple[tuple[str, str], ...] = (),
    constraint: ConstraintDef | None = None,
    recurse: bool = True,
) -> Index:
    """Makes an index on a table and, on a partitioned one, its copies on the partitions."""
    kind = constraint.kind if constraint is not None else None
    if name is None:
        name = index_name(ctx.catalog, table.name, elements, include, kind=kind)
    full = QName(table.name.schema, name)
    ctx.refuse_duplicate(full, False)
    if method in _SINGLE and not ctx.lenient:
        _refuse_method(ctx, method, elements, unique and not (constraint is not None and constraint.without_overlaps))
    partitioned = isinstance(table, Table) and table.kind == "partitioned table"
    if partitioned and unique:
        _refuse_partial_key(ctx, table, elements, kind)
    index = Index(
        full,
        table.name,
        elements=elements,
        include=include,
        unique=unique,
        method=method,
        where=where,
        nulls_not_distinct=nulls_not_distinct,
        constraint=name if constraint is not None else None,
        partitioned=partitioned,
        valid=recurse or not partitioned or not ctx.catalog.children(table.name),
        tablespace=tablespace,
        options=options,
        origin=ctx.step,
    )
    ctx.put(index)
    if partitioned and recurse:
        for child in ctx.catalog.children(table.name):
            partition = ctx.catalog.table(child)
            if partition is not None and partition.kind != "foreign table":
                give_index(ctx, index, constraint, partition)
    return index


_SINGLE = {"hash": True, "spgist": True, "gin": False, "gist": False, "brin": False}
"""Built-in access methods besides btree, and whether they allow one key column only (their handlers)."""


_INCLUDING = (frozenset(["gist"]), frozenset(["gist", "spgist"]))
"""Which of them allow INCLUDE, before 14 and since."""


def _refuse_method(
    ctx: Context, method: str, elements: tuple[IndexElement, ...], unique: bool, include: tuple[str, ...] = ()
) -> None:
    """What an access method cannot do (indexcmds.c: DefineIndex)."""
    what = None
    if unique:
        what = "unique indexes"
    elif include and method not in _INCLUDING[ctx.major >= 14]:
        what = "included columns"
    elif _SINGLE[method] and len(elements) > 1:
        what = "multicolumn indexes"
    elif any(e.descending for e in elements):
        what = "ASC/DESC options"
    elif any(e.nulls != "default" for e in elements):
        what = "NULLS FIRST/LAST options"
    if what is not None:
        ctx.fail("0A000", f'access method "{method}" does not support {what}')


def _refuse_partial_key(
    ctx: Context, table: Table | View, elements: tuple[IndexElement, ...], kind: str | None
) -> None:
    if not isinstance(table, Table) or table.partition_key is None or ctx.lenient:
        return
    columns = {e.column for e in elements}
    word = "PRIMARY KEY" if kind == "primary key" else "unique constraint" if kind else "unique index"
    for element in table.partition_key.elements:
        if element.column is not None and element.column not in columns:
            word = {"PRIMARY KEY": "unique constraint"}.get(word, word)
            ctx.fail("0A000", f"{word} on partitioned table must include all partitioning columns")


def give_index(ctx: Context, parent: Index, given: ConstraintDef | None, partition: Table) -> None:
    """Gives a partition its copy of a partitioned index: an equal index of its own is attached, else one is built."""
    for own in ctx.catalog.indexes(partition.name):
        if own.parent is None and same_definition(own, parent) and bool(own.constraint) >= bool(given):
            ctx.put(replace(own, parent=parent.name))
            return
    bare = replace(given, name=None) if given is not None else None
    copy = build(
        ctx,
        partition,
        None,
        parent.elements,
        unique=parent.unique,
        method=parent.method,
        include=parent.include,
        where=parent.where,
        nulls_not_distinct=parent.nulls_not_distinct,
        options=parent.options,
        constraint=bare,
    )
    ctx.put(replace(copy, parent=parent.name))
    if bare is not None:
        table = record_constraint(ctx, copy, bare)
        changed = replace(table.constraints[-1], inherited=1, local=False, parent=True)
        ctx.put(replace(table, constraints=(*table.constraints[:-1], changed)))


def clone_indexes(ctx: Context, parent: Table, partition: Table) -> None:
    """Gives a new partition all the indexes of its parent."""
    for index in ctx.catalog.indexes(parent.name):
        owner = parent.constraint(index.constraint) if index.constraint is not None else None
        given = None
        if owner is not None:
            given = ConstraintDef(
                owner.kind,
                columns=owner.columns,
                elements=owner.elements,
                deferrable=owner.deferrable,
                initially_deferred=owner.initially_deferred,
            )
        current = ctx.refresh(partition)
        if given is not None and given.kind == "primary key" and current.primary_key is not None:
            attached = ctx.catalog.index(current.primary_key.index) if current.primary_key.index else None
            if attached is not None:
                ctx.put(replace(attached, parent=index.name))
            continue
        give_index(ctx, index, given, current)


def clone_unattached(ctx: Context, source: Table, table: Table) -> None:
    """LIKE … INCLUDING INDEXES: equal indexes and keys under names of their own."""
    for index in ctx.catalog.indexes(source.name):
        owner = source.constraint(index.constraint) if index.constraint is not None else None
        given = None
        if owner is not None:
            given = ConstraintDef(owner.kind, columns=owner.columns, elements=owner.elements)
        copy = build(
            ctx,
            ctx.refresh(table),
            None,
            index.elements,
            unique=index.unique,
            method=index.method,
            include=index.include,
            where=index.where,
            nulls_not_distinct=index.nulls_not_distinct,
            constraint=given,
        )
        if given is not None:
            record_constraint(ctx, copy, given)


def same_definition(one: Index, two: Index) -> bool:
    """Whether two indexes are equal but for name, table and place (CompareIndexInfo)."""
    return (
        one.elements == two.elements
        and one.unique == two.unique
        and one.method == two.method
        and one.include == two.include
        and one.where == two.where
        and one.nulls_not_distinct == two.nulls_not_distinct
    )


def record_constraint(ctx: Context, index: Index, given: ConstraintDef) -> Table:
    """Writes the constraint that an index stands behind on its table."""
    table = ctx.catalog.table(index.table)
    assert table is not None
    constraint = Constraint(
        index.constraint or index.name.name,
        given.kind,
        columns=given.columns or tuple(c for c in index.columns if c is not None),
        deferrable=given.deferrable,
        initially_deferred=given.initially_deferred,
        index=index.name,
        elements=given.elements,
        where=given.where,
        nulls_not_distinct=given.nulls_not_distinct,
        without_overlaps=given.without_overlaps,
        origin=ctx.step,
    )
    table = replace(table, constraints=(*(c for c in table.constraints if c.name != constraint.name), constraint))
    ctx.put(table)
    return table


def adopt_index(ctx: Context, table: Table, given: ConstraintDef) -> Table:
    """UNIQUE or PRIMARY KEY USING INDEX: the index takes the constraint's name (transformIndexConstraint)."""
    assert given.using_index is not None
    old = QName(table.name.schema, given.using_index)
    index = ctx.catalog.index(old)
    name = given.name or given.using_index
    if index is None:
        if not ctx.lenient and ctx.certain(table) and ctx.absent(Name(old.name, old.schema)):
            ctx.fail("42704", f'index "{given.using_index}" does not exist')
        index = Index(old, table.name, unique=True, known=False, origin=ctx.step)
        ctx.put(index)
    elif not index.unique and index.known and not ctx.lenient:
        ctx.fail("42809", f'"{given.using_index}" is not a unique index')
    elif index.constraint is not None and not ctx.lenient:
        ctx.fail("55000", f'index "{given.using_index}" is already associated with a constraint')
    if name != given.using_index:
        ctx.refuse_duplicate(old._replace(name=name), False)
        index = rename_index(ctx, index, old._replace(name=name))
    index = replace(index, constraint=name)
    ctx.put(table)
    ctx.put(index)
    columns = tuple(c for c in index.columns if c is not None)
    alike = replace(given, name=name, columns=columns, where=None, nulls_not_distinct=index.nulls_not_distinct)
    table = record_constraint(ctx, index, alike)
    if given.kind == "primary key":
        for column in columns:
            current = table.column(column) or Column(column, not_null=None)
            table = ctx.put_column(table, replace(current, not_null=True))
    return table


def rename_index(ctx: Context, index: Index, name: QName) -> Index:
    """Gives an index another name, in the partitions' parent links too; the constraint behind it is the caller's."""
    ctx.remove(index.name)
    moved = replace(index, name=name, constraint=name.name if index.constraint is not None else None)
    ctx.put(moved)
    if index.partitioned:
        for child in ctx.catalog.children(index.table):
            for own in ctx.catalog.indexes(child):
                if own.parent == index.name:
                    ctx.put(replace(own, parent=name))
    return moved


def attach_index(ctx: Context, op: AttachIndex) -> None:
    parent, child = ctx.find(op.relation), ctx.find(op.index)
    for name, found in ((op.relation, parent), (op.index, child)):
        if found is None:
            ctx.missing(name, op.if_exists)
    if not isinstance(parent, Index) or not isinstance(child, Index):
        return
    ctx.put(replace(child, parent=parent.name))
    attached = [
        i for t in ctx.catalog.children(parent.table) for i in ctx.catalog.indexes(t) if i.parent == parent.name
    ]
    if len(attached) >= len(ctx.catalog.children(parent.table)) and parent.valid is False:
        ctx.put(replace(parent, valid=True))


def reindex(ctx: Context, op: Reindex) -> None:
    if op.target not in ("index", "table") or op.name is None:
        return
    found = ctx.find(op.name)
    if found is None:
        ctx.missing(op.name, False)
    elif op.target == "index" and not isinstance(found, Index) and ctx.certain(found):
        ctx.fail("42809", f'"{op.name.name}" is not an index')
    if isinstance(found, Index) and found.valid is not True:
        ctx.put(replace(found, valid=True))


def cluster(ctx: Context, op: Cluster) -> None:
    if op.relation is None or isinstance(ctx.find(op.relation), View):  # a materialized view keeps no such mark here
        return
    table = ctx.table(op.relation)
    if op.index is not None:
        _need_index(ctx, table, op.index)
        ctx.put(replace(table, cluster_index=op.index))


def cluster_on(ctx: Context, op: ClusterOn) -> None:
    if isinstance(ctx.find(op.relation), View):  # a materialized view can be clustered on, of which nothing is kept
        return
    table = ctx.table(op.relation, op.if_exists)
    if op.index is not None:
        _need_index(ctx, table, op.index)
        if table.kind == "partitioned table" and ctx.certain(table) and not ctx.lenient:  # CLUSTER can do it since 15
            ctx.fail("0A000", "cannot mark index clustered in partitioned table")
    ctx.put(replace(table, cluster_index=op.index))


def _need_index(ctx: Context, table: Table, name: str) -> None:
    found = ctx.catalog.index(QName(table.name.schema, name))
    if found is not None and not ctx.lenient and ctx.certain(table) and ctx.certain(found):
        if found.table != table.name:
            ctx.fail("42809", f'"{name}" is not an index for table "{table.name.name}"')
        if found.where is not None:
            ctx.fail("0A000", f'cannot cluster on partial index "{name}"')
    if found is None and not ctx.lenient and ctx.certain(table) and ctx.absent(Name(name, table.name.schema)):
        ctx.fail("42704", f'index "{name}" for table "{table.name.name}" does not exist')


HANDLERS: Handlers = {
    CreateIndex: create_index,
    AttachIndex: attach_index,
    Reindex: reindex,
    Cluster: cluster,
    ClusterOn: cluster_on,
}
