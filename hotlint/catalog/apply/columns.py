"""Columns: their making in CREATE TABLE and ADD COLUMN, and ALTER COLUMN in all its forms (tablecmds.c)."""

from __future__ import annotations

from msgspec.structs import replace

from hotlint.catalog.apply import constraints
from hotlint.catalog.apply.builtin import SERIALS, SYSTEM_COLUMNS
from hotlint.catalog.apply.context import Context, Handlers, Skip
from hotlint.catalog.apply.expressions import columns_of, element_columns, nextval
from hotlint.catalog.apply.naming import free_name
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, Sequence, Table, View
from hotlint.operations import (
    AddColumn,
    AddIdentity,
    AlterColumnType,
    ColumnDef,
    ConstraintDef,
    DropDefault,
    DropGeneratedExpression,
    DropIdentity,
    DropNotNull,
    SequenceOptions,
    SetColumnAttribute,
    SetDefault,
    SetGeneratedExpression,
    SetIdentity,
    SetNotNull,
    TypeName,
)


def make_column(ctx: Context, table: QName, given: ColumnDef) -> Column:
    """The column that a definition makes, with the sequence behind a serial or identity column."""
    written = given.type
    serial = given.serial or (written is not None and written.schema is None and written.name in SERIALS)
    default, sequence = given.default, None
    if serial or given.identity is not None:
        if not ctx.lenient:
            _refuse_two_values(ctx, table, given, serial)
        sequence = own_sequence(ctx, table, given.name, given.identity_options, identity=not serial)
    if serial and sequence is not None:
        default = nextval(sequence)
    return Column(
        given.name,
        type=_column_type(ctx, written),
        not_null=given.not_null or serial or given.identity is not None,
        default=default,
        identity=given.identity,
        identity_sequence=sequence if given.identity is not None else None,
        generated=given.generated,
        generated_kind=given.generated_kind,
        collation=given.collation.name if given.collation is not None else None,
        storage=given.storage,
        compression=given.compression,
        origin=ctx.step,
    )


def _refuse_two_values(ctx: Context, table: QName, given: ColumnDef, serial: bool) -> None:
    """A column takes its value from one thing, and identity is for integers (parse_utilcmd.c, sequence.c)."""
    where = f'specified for column "{given.name}" of table "{table.name}"'
    if given.identity is not None:
        if serial or given.default is not None:
            ctx.fail("42601", f"both default and identity {where}")
        _refuse_identity_type(ctx, ctx.type(given.type))
    elif given.default is not None:
        ctx.fail("42601", f"multiple default values {where}")


def _refuse_identity_type(ctx: Context, written: TypeName | None) -> None:
    """Refuses what is surely no integer: built-in types, and those that the history made."""
    if written is None or written.schema is None or written.percent_type:
        return
    if written.schema == "pg_catalog":
        sure = written.name not in _INTEGERS or written.dimensions > 0
    else:
        sure = ctx.catalog.types.get(QName(written.schema, written.name)) is not None
    if sure:
        ctx.fail("22023", "identity column type must be smallint, integer, or bigint")


def _column_type(ctx: Context, written: TypeName | None) -> TypeName | None:
    if written is not None and written.schema is None and written.name in SERIALS:
        return TypeName(SERIALS[written.name], "pg_catalog")
    return ctx.type(written)


def own_sequence(
    ctx: Context, table: QName, column: str, options: SequenceOptions | None, *, identity: bool = False
) -> QName:
    """Makes the sequence of a serial or identity column, under the name that the server gives it."""
    name = QName(table.schema, free_name(ctx.catalog, table.schema, table.name, column, "seq", False))
    ctx.put(Sequence(name, options or SequenceOptions(), owned_by=(table, column), identity=identity, origin=ctx.step))
    return name


def inline_constraints(given: ColumnDef) -> tuple[ConstraintDef, ...]:
    """The constraints written on a column, with the column filled in."""
    return tuple(c if c.columns or c.kind == "check" else replace(c, columns=(given.name,)) for c in given.constraints)


def add_column(ctx: Context, op: AddColumn) -> None:
    table = ctx.table(op.relation, op.if_exists)
    given = op.column
    found = table.column(given.name)
    if found is not None:
        if op.if_not_exists:
            raise Skip
        if not found.maybe and ctx.certain(table):
            ctx.fail("42701", f'column "{given.name}" of relation "{table.name.name}" already exists')
    elif given.name in SYSTEM_COLUMNS:
        ctx.fail("42701", f'column name "{given.name}" conflicts with a system column name')
    if table.partition_of is not None and ctx.certain(table):
        ctx.fail("42809", "cannot add column to a partition")
    column = make_column(ctx, table.name, given)
    table = ctx.put_column(ctx.refresh(table), column)
    if column.not_null and ctx.major >= 18:
        named = next((c for c in given.constraints if c.kind == "not null"), None)
        label = constraints.not_null_name(ctx, table, given.name, named)
        table = ctx.put_column(table, replace(column, not_null_name=label))
    if not op.only:
        _give_children(ctx, table, table.column(given.name) or column)
    for constraint in inline_constraints(given):
        table = constraints.define(ctx, ctx.refresh(table), constraint)


def _give_children(ctx: Context, parent: Table, column: Column) -> None:
    for name in ctx.catalog.children(parent.name):
        child = constraints.child_of(ctx, name)
        own = child.column(column.name)
        if own is not None:
            given = replace(own, inherited=own.inherited + 1)
        else:
            given = replace(column, inherited=1, local=False, identity_sequence=None)
        _give_children(ctx, ctx.put_column(child, given), column)


def change_column(ctx: Context, table: Table, name: str, recurse: bool, **changes: object) -> None:
    """Changes facts of a column on a table and its children."""
    column = ctx.column(table, name) or Column(name, not_null=None, origin=ctx.step)
    ctx.put_column(table, replace(column, **changes))
    if recurse:
        for child in ctx.catalog.children(table.name):
            change_column(ctx, constraints.child_of(ctx, child), name, recurse, **changes)


def alter_type(ctx: Context, op: AlterColumnType) -> None:
    table = ctx.table(op.relation, op.if_exists)
    column = ctx.column(table, op.column)
    written = _column_type(ctx, op.to)
    if column is not None and not ctx.lenient:
        _refuse_type_change(ctx, table, column, written)
    changes: dict[str, object] = {"type": written}
    if op.collation is not None:
        changes["collation"] = op.collation.name
    change_column(ctx, table, op.column, not op.only, **changes)
    if column is not None and column.identity_sequence is not None:
        sequence = ctx.catalog.relations.get(column.identity_sequence)
        if isinstance(sequence, Sequence):
            ctx.put(replace(sequence, options=replace(sequence.options, type=written)))


def _refuse_type_change(ctx: Context, table: Table, column: Column, written: TypeName | None) -> None:
    """What stands in the way of a type change (ATPrepAlterColumnType, ATExecAlterColumnType)."""
    if column.inherited and not column.local and ctx.certain(table):
        ctx.fail("42P16", f'cannot alter inherited column "{column.name}"')
    key = table.partition_key
    if key is not None and column.name in element_columns(key.elements):
        where = f'cannot alter column "{column.name}" because it is part of the partition key of relation'
        ctx.fail("42P16", f'{where} "{table.name.name}"')
    for view in ctx.catalog.readers(table.name):
        if reads_column(view, table.name, column.name) and not view.maybe:
            ctx.fail("0A000", "cannot alter type of a column used by a view or rule")
    for policy in table.policies:
        if not policy.maybe and column.name in (*columns_of(policy.using), *columns_of(policy.check)):
            ctx.fail("0A000", "cannot alter type of a column used in a policy definition")
    for trigger in table.triggers:
        if not trigger.maybe and (column.name in trigger.columns or column.name in columns_of(trigger.when)):
            ctx.fail("0A000", "cannot alter type of a column used in a trigger definition")
    for other in table.columns:
        if other.generated is not None and other is not column and column.name in columns_of(other.generated):
            # 42601 before 15 (measured on 12 to 18)
            state = "0A000" if ctx.major >= 15 else "42601"
            ctx.fail(state, "cannot alter type of a column used by a generated column")


def reads_column(view: View, table: QName, column: str) -> bool:
    """Whether a view surely reads a column of a table."""
    return any(r == table and columns is not None and column in columns for r, columns in view.reads)


def set_default(ctx: Context, op: SetDefault) -> None:
    table = ctx.relation(op.relation, op.if_exists)
    if isinstance(table, View):
        columns = tuple(replace(c, default=op.default) if c.name == op.column else c for c in table.columns)
        ctx.put(replace(table, columns=columns))
        return
    table = ctx.table(op.relation, op.if_exists)
    column = ctx.column(table, op.column)
    if column is not None and column.identity is not None and not ctx.lenient:
        ctx.fail("42601", f'column "{op.column}" of relation "{table.name.name}" is an identity column')
    if column is not None and column.generated is not None and not ctx.lenient:
        ctx.fail("42601", f'column "{op.column}" of relation "{table.name.name}" is a generated column')
    change_column(ctx, table, op.column, not op.only, default=op.default)


def drop_default(ctx: Context, op: DropDefault) -> None:
    found = ctx.relation(op.relation, op.if_exists)
    if isinstance(found, View):
        columns = tuple(replace(c, default=None) if c.name == op.column else c for c in found.columns)
        ctx.put(replace(found, columns=columns))
        return
    table = ctx.table(op.relation, op.if_exists)
    column = ctx.column(table, op.column)
    if column is not None and column.identity is not None and not ctx.lenient:
        ctx.fail("42601", f'column "{op.column}" of relation "{table.name.name}" is an identity column')
    change_column(ctx, table, op.column, not op.only, default=None)


def set_not_null(ctx: Context, op: SetNotNull) -> None:
    table = ctx.table(op.relation, op.if_exists)
    constraints.set_not_null(ctx, table, op.column, recurse=not op.only)


def drop_not_null(ctx: Context, op: DropNotNull) -> None:
    table = ctx.table(op.relation, op.if_exists)
    column = ctx.column(table, op.column)
    primary = table.primary_key
    if primary is not None and op.column in primary.columns and not primary.maybe and not ctx.lenient:
        ctx.fail("42P16", f'column "{op.column}" is in a primary key')
    if column is not None and column.identity is not None and not ctx.lenient:
        ctx.fail("42601", f'column "{op.column}" of relation "{table.name.name}" is an identity column')
    parent = ctx.catalog.table(table.partition_of) if table.partition_of is not None else None
    above = parent.column(op.column) if parent is not None else None
    if above is not None and above.not_null and not ctx.lenient:
        ctx.fail("42P16", f'column "{op.column}" is marked NOT NULL in parent table')
    change_column(ctx, table, op.column, not op.only, not_null=False, not_null_name=None, not_null_valid=True)


def set_generated(ctx: Context, op: SetGeneratedExpression) -> None:
    table = ctx.table(op.relation, op.if_exists)
    change_column(ctx, table, op.column, not op.only, generated=op.expression)


def drop_generated(ctx: Context, op: DropGeneratedExpression) -> None:
    table = ctx.table(op.relation, op.if_exists)
    column = ctx.column(table, op.column)
    if column is not None and column.generated is None and ctx.certain(table) and not ctx.lenient:
        ctx.skip_or_fail(
            op.if_column_exists,
            "55000",
            f'column "{op.column}" of relation "{table.name.name}" is not a '
            + ("stored generated column" if ctx.major < 18 else "generated column"),
        )
    change_column(ctx, table, op.column, not op.only, generated=None, generated_kind=None)


_INTEGERS = frozenset(["int2", "int4", "int8"])


def add_identity(ctx: Context, op: AddIdentity) -> None:
    table = ctx.table(op.relation, op.if_exists)
    column = ctx.column(table, op.column) or Column(op.column, not_null=None, origin=ctx.step)
    if not ctx.lenient:
        where = f'column "{op.column}" of relation "{table.name.name}"'
        _refuse_identity_type(ctx, column.type)
        if column.identity is not None:
            ctx.fail("55000", f"{where} is already an identity column")
        if column.default is not None:
            ctx.fail("55000", f"{where} already has a default value")
        if column.not_null is False:
            ctx.fail("55000", f"{where} must be declared NOT NULL before identity can be added")
    sequence = own_sequence(ctx, table.name, op.column, op.options, identity=True)
    ctx.put_column(table, replace(column, identity=op.identity, identity_sequence=sequence, not_null=True))


def set_identity(ctx: Context, op: SetIdentity) -> None:
    table = ctx.table(op.relation, op.if_exists)
    column = ctx.column(table, op.column)
    if column is None:
        return
    if column.identity is None and ctx.certain(table) and not ctx.lenient:
        ctx.fail("55000", f'column "{op.column}" of relation "{table.name.name}" is not an identity column')
    if op.identity is not None:
        ctx.put_column(table, replace(column, identity=op.identity))


def drop_identity(ctx: Context, op: DropIdentity) -> None:
    table = ctx.table(op.relation, op.if_exists)
    column = ctx.column(table, op.column)
    if column is None:
        return
    if column.identity is None and ctx.certain(table) and not ctx.lenient:
        ctx.skip_or_fail(
            op.if_column_exists,
            "55000",
            f'column "{op.column}" of relation "{table.name.name}" is not an identity column',
        )
    if column.identity_sequence is not None:
        ctx.remove(column.identity_sequence)
    ctx.put_column(table, replace(column, identity=None, identity_sequence=None))


def set_attribute(ctx: Context, op: SetColumnAttribute) -> None:
    found = ctx.relation(op.relation, op.if_exists)
    if isinstance(found, Table):
        change_column(ctx, found, op.column, not op.only, **{op.attribute: op.value})


HANDLERS: Handlers = {
    AddColumn: add_column,
    AlterColumnType: alter_type,
    SetDefault: set_default,
    DropDefault: drop_default,
    SetNotNull: set_not_null,
    DropNotNull: drop_not_null,
    SetGeneratedExpression: set_generated,
    DropGeneratedExpression: drop_generated,
    AddIdentity: add_identity,
    SetIdentity: set_identity,
    DropIdentity: drop_identity,
    SetColumnAttribute: set_attribute,
}
