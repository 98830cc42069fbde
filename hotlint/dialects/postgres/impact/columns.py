"""What changes to columns do: ADD, DROP, TYPE, SET NOT NULL, generated expressions, identity."""

from __future__ import annotations

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, Constraint, Domain, Table
from hotlint.dialects.postgres import functions
from hotlint.dialects.postgres.impact import constraints
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.drops import gone
from hotlint.dialects.postgres.impact.implication import implies_not_null
from hotlint.dialects.postgres.locks import AX, SRE
from hotlint.dialects.postgres.types import (
    ForeignKeyMatch,
    TypeChange,
    constrained_domain,
    foreign_key_match,
    type_change,
)
from hotlint.dialects.postgres.types.change import uses_column
from hotlint.impact import Break, DataLoss
from hotlint.operations import ColumnDef, Expr


def add_column(op: ops.AddColumn, name: QName, draft: Draft) -> None:
    """A default that is not volatile is kept in the catalog; anything else is written into every row.

    tablecmds.c: ATExecAddColumn (``missingMode``), heap.c: AddRelationNewConstraints.
    """
    table = draft.before.table(name)
    column = op.column
    if table is not None and table.column(column.name) is not None:
        return
    reason = _rewrite_reason(column, draft)
    for member in draft.leaves(name, op.only):
        if reason is not None:
            draft.rewrite(member, reason, column.name)
        else:
            _verify_new_column(column, member, draft)
    _inline_constraints(column, name, draft)
    if column.not_null and not _has_value(column):
        draft.breaks.append(Break(name, "required", column.name))


def _has_value(column: ColumnDef) -> bool:
    """Whether an INSERT that does not name the column gives it a value."""
    return bool(
        (column.default is not None and column.default.kind != "null")
        or column.serial
        or column.identity is not None
        or column.generated is not None
    )


def _rewrite_reason(column: ColumnDef, draft: Draft) -> str | None:
    """Why adding the column writes every row anew, or None."""
    if column.generated is not None:
        return "generated" if column.generated_kind != "virtual" else None
    if column.serial or column.identity is not None:
        return "default"
    if column.type is not None:
        constrained = constrained_domain(column.type, draft.before, draft.context.server, draft.context.session)
        if constrained:
            return "default"
        if constrained is None:
            draft.unknown.append(f"whether the type of column {column.name} is a domain with constraints is not known")
    default = column.default if column.default is not None else _domain_default(column, draft)
    if default is not None:
        volatility = functions.volatility(default, draft.before, draft.context.server, draft.path)
        if volatility == "volatile":
            return "default"
        if volatility is None:
            draft.unknown.append(f"whether the default of column {column.name} is volatile is not known")
    return None


_DOMAIN_DEFAULT_SINCE = 13  # 12 does not write a domain's volatile default into the rows (measured on 12 to 18)


def _domain_default(column: ColumnDef, draft: Draft) -> Expr | None:
    """A domain's default is that of a column without one (rewriteHandler.c: build_column_default)."""
    if column.type is None or column.type.dimensions or draft.major < _DOMAIN_DEFAULT_SINCE:
        return None
    for schema in (column.type.schema,) if column.type.schema is not None else draft.path:
        found = draft.before.type(QName(schema, column.type.name))
        if isinstance(found, Domain):
            return found.default
    return None


def _verify_new_column(column: ColumnDef, table: QName, draft: Draft) -> None:
    """The checks of a column that was added without writing the rows (ATExecAddColumn: ``verify_new_notnull``)."""
    constant = column.default is not None and column.default.kind != "null"
    primary = any(c.kind == "primary key" for c in column.constraints)
    if (column.not_null or primary or any(c.kind == "not null" for c in column.constraints)) and not constant:
        draft.scan(table, "not null", column.name)
    for constraint in column.constraints:
        if constraint.kind == "check" and constraint.enforced:
            draft.scan(table, "check", constraint.name)


def _inline_constraints(column: ColumnDef, name: QName, draft: Draft) -> None:
    """REFERENCES is not validated while the new column is null (parse_utilcmd.c: transformAlterTableStmt)."""
    for constraint in column.constraints:
        if constraint.kind == "foreign key":
            validated = column.default is not None and constraint.enforced and not constraint.not_valid
            constraints.add_foreign_key(constraint, (column.name,), name, validated, draft)
        elif constraint.kind in ("unique", "primary key"):
            constraints.build_indexes(name, draft)


def drop_column(op: ops.DropColumn, name: QName, draft: Draft) -> None:
    """No row is touched; what depended on the column goes with it."""
    table = draft.before.table(name)
    if table is not None and table.known and table.column(op.column) is None:
        return
    if op.only:
        for child in draft.before.children(name):
            draft.lock(child, max(AX, draft.alter_mode))
    gone(draft)
    draft.breaks.append(Break(name, "dropped", op.column))
    if draft.holds_rows(table):
        draft.data_loss.append(DataLoss(name, "column", op.column))


def set_not_null(op: ops.SetNotNull, name: QName, draft: Draft) -> None:
    """A scan of every table of the family whose column may be null (tablecmds.c: ATExecSetNotNull)."""
    for member in draft.leaves(name, op.only):
        verify_not_null(op.column, member, draft)


def verify_not_null(column: str, name: QName, draft: Draft) -> None:
    """The scan for nulls, unless the column is NOT NULL or a valid CHECK that outlives the statement says it.

    A constraint that the same statement drops is gone before (AT_PASS_DROP comes first).
    """
    table = draft.before.table(name)
    if table is not None:
        found = table.column(column)
        if found is not None and found.not_null and found.not_null_valid:
            return
        after = draft.after.table(name)
        kept = {c.name for c in after.constraints} if after is not None else set()
        if implies_not_null((c for c in table.constraints if c.name in kept), column):
            return
    draft.scan(name, "not null", column)


def set_expression(op: ops.SetGeneratedExpression, name: QName, draft: Draft) -> None:
    """A stored column is computed anew; of a virtual one only the constraints are checked (ATExecSetExpression)."""
    for member in draft.leaves(name, op.only):
        table = draft.before.table(member)
        column = table.column(op.column) if table is not None else None
        if table is None or column is None or column.generated_kind != "virtual":
            draft.rewrite(member, "generated", op.column)
        else:
            _recheck(table, op.column, draft)
            if column.not_null:
                draft.scan(member, "not null", op.column)
    draft.data_loss.append(DataLoss(name, "values", op.column))


def set_identity(op: ops.SetIdentity, name: QName, draft: Draft) -> None:
    """The options are those of the column's sequence (sequence.c: AlterSequence)."""
    table = draft.before.table(name)
    column = table.column(op.column) if table is not None else None
    if op.options is not None and column is not None and column.identity_sequence is not None:
        draft.lock(column.identity_sequence, SRE)


def drop_identity(op: ops.DropIdentity, name: QName, draft: Draft) -> None:
    """Its sequence goes."""
    gone(draft)


def alter_type(op: ops.AlterColumnType, name: QName, draft: Draft) -> None:
    """ALTER COLUMN TYPE, on each table of the family (tablecmds.c: ATPrepAlterColumnType, ATPostAlterTypeCleanup)."""
    narrowed = False
    for member in draft.family(name, op.only):
        table = draft.before.table(member)
        column = table.column(op.column) if table is not None else None
        change = type_change(
            column.type if column is not None else None,
            op.to,
            using=op.using,
            column=op.column,
            old_collation=column.collation if column is not None else None,
            new_collation=op.collation,
            catalog=draft.before,
            server=draft.context.server,
            session=draft.context.session,
        )
        if change.error is not None:
            draft.refuse(change.error.sqlstate, change.error.message)
            return
        if change.rewrite:
            draft.rewrite(member, "type", op.column)
            narrowed = True
        elif change.rewrite is None:
            draft.unknown.append(change.unknown or f"whether {member} is rewritten is not known")
        if table is not None:
            _dependants(table, column, op, change, draft)
    draft.breaks.append(Break(name, "type changed", op.column))
    if narrowed and op.using is None:
        _narrowing(op, name, draft)


def _dependants(table: Table, column: Column | None, op: ops.AlterColumnType, change: TypeChange, draft: Draft) -> None:
    """What used the column is made again: indexes, CHECK constraints, foreign keys on both sides."""
    for constraint in table.constraints:
        if draft.dropped(table.name, constraint.name):
            continue
        if constraint.kind == "foreign key" and op.column in constraint.columns:
            _remade_foreign_key(table.name, constraint, column, op, change, draft)
    for other, constraint in draft.before.referencing(table.name):
        if op.column in constraint.target_columns:
            _remade_foreign_key(other.name, constraint, column, op, change, draft, referenced=True)
    if column is not None and column.identity_sequence is not None:
        draft.lock(column.identity_sequence, SRE)
    if change.rewrite:
        return
    for index in draft.before.indexes(table.name):
        if index.constraint is not None and draft.dropped(table.name, index.constraint):
            continue
        kept = change.keeps_index(index, op.column)
        if kept is False:
            draft.build(draft.after.index(index.name) or index, False)
        elif kept is None and change.rewrite is False:
            draft.unknown.append(f"whether index {index.name} is built anew is not known")
    if change.rewrite is False:
        _recheck(table, op.column, draft)


def _recheck(table: Table, column: str, draft: Draft) -> None:
    """A valid CHECK that uses a changed column is added again, and so checked."""
    for constraint in table.constraints:
        if (
            constraint.kind == "check"
            and constraint.valid
            and constraint.enforced
            and constraint.expression is not None
            and uses_column(constraint.expression, column)
            and not draft.dropped(table.name, constraint.name)
        ):
            draft.scan(table.name, "check", constraint.name)


def _remade_foreign_key(
    name: QName,
    constraint: Constraint,
    column: Column | None,
    op: ops.AlterColumnType,
    change: TypeChange,
    draft: Draft,
    *,
    referenced: bool = False,
) -> None:
    """Dropped and added again: ACCESS EXCLUSIVE on both sides, and validated unless the table is not rewritten and its
    columns are compared as before (ATPostAlterTypeParse: TryReuseForeignKey)."""
    draft.lock(name, AX)
    if constraint.target is not None and draft.exists(constraint.target):
        draft.lock_family(constraint.target, AX)
    if not (constraint.valid and constraint.enforced) or change.rewrite is None:
        return
    was, now = _comparisons(name, constraint, column, op, draft, referenced)
    if now is False:
        draft.refuse("42804", f'foreign key constraint "{constraint.name}" cannot be implemented')
        return
    if not change.rewrite and was is not None and was == now:
        return
    constraints.validate_foreign_key(name, constraint.target, constraint.name, draft)


def _comparisons(
    name: QName,
    constraint: Constraint,
    column: Column | None,
    op: ops.AlterColumnType,
    draft: Draft,
    referenced: bool,
) -> tuple[ForeignKeyMatch | bool | None, ForeignKeyMatch | bool | None]:
    """How the foreign key's columns are compared before and after the change; None where it is not known."""
    ours, theirs = constraint.columns, constraint.target_columns
    at = (theirs if referenced else ours).index(op.column)
    other_table = draft.before.table(name if referenced else constraint.target) if constraint.target else None
    other_name = (ours if referenced else theirs)[at] if len(ours) == len(theirs) else None
    other = other_table.column(other_name) if other_table is not None and other_name is not None else None
    if other is None or other.type is None or column is None or column.type is None:
        return None, None
    server, session = draft.context.server, draft.context.session
    pairs = [(t, other.type) if referenced else (other.type, t) for t in (column.type, op.to)]
    was, now = (foreign_key_match(key, mine, draft.before, server, session) for key, mine in pairs)
    return was, now


# Casts between built-in types that give another value without an error (the assignment casts of pg_cast.dat that round
# or cut; measured on 12 to 18).
_LOSSY = frozenset(
    [
        ("timestamp", "date"),
        ("timestamptz", "date"),
        ("timestamp", "time"),
        ("timestamptz", "time"),
        ("timestamptz", "timetz"),
        ("numeric", "int2"),
        ("numeric", "int4"),
        ("numeric", "int8"),
        ("float4", "int2"),
        ("float4", "int4"),
        ("float4", "int8"),
        ("float8", "int2"),
        ("float8", "int4"),
        ("float8", "int8"),
        ("float8", "float4"),
        ("numeric", "float4"),
        ("numeric", "float8"),
        ("json", "jsonb"),
    ]
)


def _narrowing(op: ops.AlterColumnType, name: QName, draft: Draft) -> None:
    """Tells the type changes that round or cut values."""
    table = draft.before.table(name)
    column = table.column(op.column) if table is not None else None
    if column is None or column.type is None:
        return
    old, new = column.type, op.to
    lossy = (old.name, new.name) in _LOSSY
    if old.name == new.name == "numeric" and new.modifiers:
        scale = new.modifiers[1] if len(new.modifiers) > 1 else 0
        lossy = not old.modifiers or (old.modifiers[1] if len(old.modifiers) > 1 else 0) > scale
    elif old.name == new.name and old.name in ("timestamp", "timestamptz", "time", "timetz") and new.modifiers:
        lossy = not old.modifiers or old.modifiers[0] > new.modifiers[0]
    if lossy:
        draft.data_loss.append(DataLoss(name, "values", op.column))
