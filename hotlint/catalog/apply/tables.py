"""CREATE TABLE with LIKE, INHERITS and OF, and the facts of a whole table (parse_utilcmd.c, tablecmds.c)."""

from __future__ import annotations

from msgspec.structs import replace

from hotlint.catalog.apply import constraints, indexes, partitions
from hotlint.catalog.apply.columns import inline_constraints, make_column, own_sequence
from hotlint.catalog.apply.context import Context, Handlers
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, CompositeType, Constraint, Table, View
from hotlint.operations import (
    AlterTableOther,
    ConstraintDef,
    CreateTable,
    Inherit,
    Name,
    NoInherit,
    ReplicaIdentity,
    SetAccessMethod,
    SetOfType,
    SetOptions,
    SetPersistence,
    SetRowSecurity,
    SetTablespace,
    TypeName,
)


def create_table(ctx: Context, op: CreateTable) -> None:
    temporary = op.persistence == "temporary"
    if temporary and op.relation.schema not in (None, "pg_temp") and not ctx.lenient:
        ctx.fail("42P16", "cannot create temporary relation in non-temporary schema")
    name = ctx.new_name(op.relation, temporary)
    ctx.refuse_duplicate(name, op.if_not_exists)
    ctx.refuse_type(name)
    if ctx.lenient and ctx.catalog.relations.get(name) is not None:
        _merge_with_older(ctx, name)
        return
    for source, _ in op.like:
        ctx.relation(source)
    parents = tuple(p for p in map(ctx.table, op.inherits) if p.name != name)
    above = _partitioned(ctx, op, name)
    table = Table(
        name,
        kind="partitioned table" if op.partition_by else "foreign table" if op.foreign_server is not None else "table",
        known=all(p.known for p in (*parents, *((above,) if above else ()))),
        persistence=op.persistence,
        partition_of=above.name if above is not None else None,
        bound=op.bound,
        partition_key=op.partition_by,
        inherits=tuple(p.name for p in parents),
        of_type=ctx.resolve(op.of_type) if op.of_type is not None else None,
        access_method=op.access_method,
        tablespace=op.tablespace,
        options=tuple(sorted(op.options)),
        empty=op.foreign_server is None,
        origin=ctx.step,
    )
    for parent in parents:
        if not ctx.lenient and ctx.certain(parent):
            _refuse_parent(ctx, parent, op, table)
        table = _inherit_columns(table, parent, partition=False)
    if above is not None:
        table = _inherit_columns(table, above, partition=ctx.major >= 17)
    if table.of_type is not None:
        table = _typed(ctx, table)
    ctx.put(table)
    table = _own_columns(ctx, table, op)
    if op.like:
        table = _copy_others(ctx, table, op)
    _all_constraints(ctx, ctx.refresh(table), op)
    if above is not None:
        partitions.complete_partition(ctx, ctx.refresh(above), ctx.refresh(table))


def _partitioned(ctx: Context, op: CreateTable, name: QName) -> Table | None:
    """The table that a new partition belongs to; its bound must be of the parent's kind (transformPartitionBound)."""
    if op.partition_of is None:
        return None
    parent = ctx.table(op.partition_of)
    if parent.name == name:
        return None
    if not ctx.lenient and ctx.certain(parent):
        if parent.partition_key is None:
            ctx.fail("42P17", f'"{op.partition_of.name}" is not partitioned')
        if op.bound is not None:
            partitions.refuse_bound(ctx, parent.partition_key.strategy, op.bound)
    return parent


def _merge_with_older(ctx: Context, name: QName) -> None:
    """The statement was a duplicate: the older table stays, and may have what the newer one would have had."""
    found = ctx.catalog.table(name)
    if found is not None:
        ctx.put(replace(found, known=False))


def _inherit_columns(table: Table, parent: Table, *, partition: bool) -> Table:
    """The table with its parent's columns and CHECK constraints; partitions have its identity too, since 17."""
    columns = list(table.columns)
    places = {c.name: i for i, c in enumerate(columns)}
    for column in parent.columns:
        if column.name in places:
            mine = columns[places[column.name]]
            columns[places[column.name]] = replace(mine, inherited=mine.inherited + 1)
            continue
        keeps = column.identity if partition else None
        columns.append(
            replace(column, inherited=1, local=False, identity=keeps, identity_sequence=None, origin=table.origin)
        )
    checks = tuple(
        replace(c, inherited=1, local=False, valid=c.enforced, origin=table.origin)
        for c in parent.constraints
        if c.kind == "check" and not c.no_inherit and table.constraint(c.name) is None
    )
    return replace(table, columns=tuple(columns), constraints=(*table.constraints, *checks))


def _refuse_parent(ctx: Context, parent: Table, op: CreateTable, table: Table) -> None:
    """What a table cannot inherit from, and columns that do not go together (tablecmds.c: MergeAttributes)."""
    if parent.kind == "partitioned table":
        ctx.fail("42809", f'cannot inherit from partitioned table "{parent.name.name}"')
    if parent.partition_of is not None:
        ctx.fail("42809", f'cannot inherit from partition "{parent.name.name}"')
    if parent.persistence == "temporary" and op.persistence != "temporary":
        ctx.fail("42809", f'cannot inherit from temporary relation "{parent.name.name}"')
    own = {c.name: ctx.type(c.type) for c in op.columns}
    for column in parent.columns:
        before = table.column(column.name)
        for other in (before.type if before is not None else None, own.get(column.name)):
            if other is not None and column.type is not None and _differ(column.type, other):
                ctx.fail("42804", f'column "{column.name}" has a type conflict')


def _differ(one: TypeName, other: TypeName) -> bool:
    """Whether two types are surely not the same."""
    if one.schema is None or other.schema is None or one.percent_type or other.percent_type:
        return False
    return (one.name, one.schema, one.modifiers, one.dimensions > 0) != (
        other.name,
        other.schema,
        other.modifiers,
        other.dimensions > 0,
    )


def _typed(ctx: Context, table: Table) -> Table:
    composite = ctx.catalog.relations.get(table.of_type) if table.of_type is not None else None
    if isinstance(composite, CompositeType) and composite.known:
        return replace(table, columns=composite.columns)
    return replace(table, known=False)


def _own_columns(ctx: Context, table: Table, op: CreateTable) -> Table:
    inherited = {c.name: i for i, c in enumerate(table.columns)}
    columns = list(table.columns)
    seen: set[str] = set()
    for given in op.columns:
        if given.name in seen:
            ctx.fail("42701", f'column "{given.name}" specified more than once')
        seen.add(given.name)
        column = make_column(ctx, table.name, given)
        if column.not_null and ctx.major >= 18:
            named = next((c for c in given.constraints if c.kind == "not null"), None)
            column = replace(column, not_null_name=constraints.not_null_name(ctx, table, given.name, named))
        place = inherited.get(given.name)
        if place is None:
            columns.append(column)
            continue
        above = columns[place]
        columns[place] = replace(
            above,
            local=True,
            not_null=above.not_null or column.not_null,
            not_null_name=column.not_null_name or above.not_null_name,
            default=column.default or above.default,
            type=above.type or column.type,
        )
    if not op.columns:
        return table
    table = replace(table, columns=tuple(columns))
    ctx.put(table)
    return table


_ORDER = {"not null": 0, "check": 1, "primary key": 2, "unique": 3, "exclude": 3, "foreign key": 4}


def _all_constraints(ctx: Context, table: Table, op: CreateTable) -> None:
    """Adds the constraints in the server's order: checks, then keys (the primary key first), then foreign keys."""
    given: list[ConstraintDef] = [c for column in op.columns for c in inline_constraints(column)]
    given.extend(op.constraints)
    if len(given) > 1:
        given.sort(key=lambda c: _ORDER[c.kind])
    keys: list[ConstraintDef] = []
    for constraint in given:
        if constraint.kind in ("primary key", "unique") and constraint.using_index is None:
            if _repeats(constraint, keys):
                continue
            keys.append(constraint)
        table = constraints.define(ctx, ctx.refresh(table), constraint)


def _repeats(given: ConstraintDef, keys: list[ConstraintDef]) -> bool:
    """A nameless UNIQUE that repeats an earlier key makes no index of its own (transformIndexConstraints)."""
    return given.name is None and any(
        k.columns == given.columns
        and k.include == given.include
        and k.nulls_not_distinct == given.nulls_not_distinct
        and k.deferrable == given.deferrable
        and k.initially_deferred == given.initially_deferred
        for k in keys
    )


def _copy_others(ctx: Context, table: Table, op: CreateTable) -> Table:
    """The table with what each LIKE copies, at the place where it stands among the columns."""
    own = {c.name for c in op.columns}
    start = next((i for i, c in enumerate(table.columns) if c.name in own and c.local and not c.inherited), None)
    written = table.columns[start:] if start is not None else ()
    above = table.columns[: len(table.columns) - len(written)]
    copies: list[tuple[Column, ...]] = []
    for source, included in op.like:
        count = len(table.columns)
        table = like(ctx, table, source, included)
        copies.append(table.columns[count:])
    places = op.like_at or (0,) * len(copies)
    if len(written) == len(op.columns):
        columns = list(above)
        for place in range(len(written) + 1):
            for at, copied in zip(places, copies, strict=True):
                if at == place:
                    columns.extend(copied)
            columns.extend(written[place : place + 1])
        table = replace(table, columns=tuple(columns))
        ctx.put(table)
    if not ctx.lenient and not op.inherits:
        ctx.refuse_repeated(table.columns)
    return table


def like(ctx: Context, table: Table, source: Name, included: tuple[str, ...]) -> Table:
    """Copies columns, and what is included, of another relation (transformTableLikeClause)."""
    found = ctx.relation(source)
    everything = "all" in included
    if not isinstance(found, Table):
        columns = found.columns if isinstance(found, (View, CompositeType)) else ()
        table = replace(table, columns=(*table.columns, *(_bare(ctx, c) for c in columns)))
        ctx.put(table)
        return table
    copied: list[Column] = []
    for column in found.columns:
        copy = _bare(ctx, column)
        if everything or "defaults" in included:
            copy = replace(copy, default=column.default)
        if everything or "generated" in included:
            copy = replace(copy, generated=column.generated, generated_kind=column.generated_kind)
        if column.identity is not None and (everything or "identity" in included):
            sequence = own_sequence(ctx, table.name, column.name, None, identity=True)
            copy = replace(copy, identity=column.identity, identity_sequence=sequence)
        if ctx.major >= 18 and copy.not_null:
            copy = replace(copy, not_null_name=column.not_null_name)
        copied.append(copy)
    checks: tuple[Constraint, ...] = ()
    if everything or "constraints" in included:
        checks = tuple(
            replace(c, inherited=0, local=True, valid=c.enforced, origin=ctx.step)
            for c in found.constraints
            if c.kind == "check"
        )
    table = replace(
        table,
        columns=(*table.columns, *copied),
        constraints=(*table.constraints, *checks),
        known=table.known and found.known,
    )
    ctx.put(table)
    if everything or "indexes" in included:
        indexes.clone_unattached(ctx, found, table)
    return ctx.refresh(table)


def _bare(ctx: Context, column: Column) -> Column:
    return Column(column.name, type=column.type, not_null=column.not_null, collation=column.collation, origin=ctx.step)


# --- facts of the whole table


def set_persistence(ctx: Context, op: SetPersistence) -> None:
    found = ctx.relation(op.relation, op.if_exists)
    if isinstance(found, Table):
        if found.persistence == "temporary" and not ctx.lenient:
            where = f'cannot change logged status of table "{found.name.name}"'
            ctx.fail("42P16", f"{where} because it is temporary")
        if found.kind == "table":  # a partitioned table has nothing to log
            ctx.put(replace(found, persistence="permanent" if op.logged else "unlogged"))


def set_tablespace(ctx: Context, op: SetTablespace) -> None:
    found = ctx.relation(op.relation, op.if_exists)
    if hasattr(found, "tablespace"):
        ctx.put(replace(found, tablespace=op.tablespace))


def set_access_method(ctx: Context, op: SetAccessMethod) -> None:
    found = ctx.relation(op.relation, op.if_exists)
    if isinstance(found, Table):
        ctx.put(replace(found, access_method=op.access_method))


def set_options(ctx: Context, op: SetOptions) -> None:
    found = ctx.find(op.relation)
    if found is None:
        ctx.missing(op.relation, op.if_exists)
        return
    options = getattr(found, "options", None)
    if not isinstance(options, tuple):
        return
    kept = dict(options)
    for key, value in op.options:
        if op.reset:
            kept.pop(key, None)
        else:
            kept[key] = value or ""
    ctx.put(replace(found, options=tuple(sorted(kept.items()))))


def set_row_security(ctx: Context, op: SetRowSecurity) -> None:
    table = ctx.table(op.relation, op.if_exists)
    ctx.put(
        replace(
            table,
            row_security=table.row_security if op.enabled is None else op.enabled,
            force_row_security=table.force_row_security if op.forced is None else op.forced,
        )
    )


def replica_identity(ctx: Context, op: ReplicaIdentity) -> None:
    table = ctx.table(op.relation, op.if_exists)
    identity = op.identity if op.index is None else f"index {op.index}"
    ctx.put(replace(table, replica_identity=identity))


def set_of_type(ctx: Context, op: SetOfType) -> None:
    table = ctx.table(op.relation, op.if_exists)
    ctx.put(replace(table, of_type=ctx.resolve(op.of_type) if op.of_type is not None else None))


def inherit(ctx: Context, op: Inherit) -> None:
    table = ctx.table(op.relation, op.if_exists)
    parent = ctx.table(op.parent)
    if not ctx.lenient:
        partitions.refuse_circle(ctx, table, parent)
        if parent.name in table.inherits:
            ctx.fail("42P07", f'relation "{parent.name.name}" would be inherited from more than once')
        for column in parent.columns if ctx.certain(parent) and ctx.certain(table) else ():
            own = table.column(column.name)
            if own is not None and own.type is not None and column.type is not None and _differ(own.type, column.type):
                where = f'child table "{table.name.name}" has different type'
                ctx.fail("42804", f'{where} for column "{column.name}"')
    elif partitions.is_circle(ctx, table, parent):
        return
    table = replace(ctx.refresh(table), inherits=(*table.inherits, parent.name))
    ctx.put(_inherit_columns(table, parent, partition=False))


def no_inherit(ctx: Context, op: NoInherit) -> None:
    table = ctx.table(op.relation, op.if_exists)
    parent = ctx.resolve(op.parent)
    if parent not in table.inherits and not ctx.lenient and ctx.certain(table):
        where = f'relation "{op.parent.name}" is not a parent of relation'
        ctx.fail("42P01", f'{where} "{table.name.name}"')
    ctx.put(partitions.released(replace(table, inherits=tuple(p for p in table.inherits if p != parent))))


def other(ctx: Context, op: AlterTableOther) -> None:
    if ctx.find(op.relation) is None:
        ctx.missing(op.relation, op.if_exists)


HANDLERS: Handlers = {
    CreateTable: create_table,
    SetPersistence: set_persistence,
    SetTablespace: set_tablespace,
    SetAccessMethod: set_access_method,
    SetOptions: set_options,
    SetRowSecurity: set_row_security,
    ReplicaIdentity: replica_identity,
    SetOfType: set_of_type,
    Inherit: inherit,
    NoInherit: no_inherit,
    AlterTableOther: other,
}
