"""What changes to constraints do: which tables they lock, read, and build indexes on."""

from __future__ import annotations

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Constraint, Table
from hotlint.dialects.postgres.impact import columns
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.drops import foreign_key_gone, gone
from hotlint.dialects.postgres.locks import AS, AX, CONSTRAINT_INDEX_ON_PARTITIONS, RS, SRE, SUE
from hotlint.operations import ConstraintDef


def add_constraint(op: ops.AddConstraint, name: QName, draft: Draft) -> None:
    """ADD CONSTRAINT, by kind."""
    constraint = op.constraint
    if constraint.kind == "foreign key":
        _add_foreign_key(constraint, name, draft)
    elif constraint.kind == "check":
        if constraint.no_inherit and not op.only and draft.major >= _NO_INHERIT_LOCKS_SINCE:
            for child in draft.before.children(name):
                draft.lock(child, AX)
        if not constraint.not_valid and constraint.enforced:
            _check(op, name, draft)
    elif constraint.kind == "not null":
        if constraint.no_inherit:
            for child in draft.before.children(name):
                draft.lock(child, AX)
        if not constraint.not_valid:
            for member in draft.leaves(name, op.only or constraint.no_inherit):
                columns.verify_not_null(constraint.columns[0], member, draft)
    else:
        _add_indexed(constraint, name, op.only, draft)


_NO_INHERIT_LOCKS_SINCE = 18  # tablecmds.c: ATAddCheckNNConstraint looks for children first (measured on 12 to 18)


def _check(op: ops.AddConstraint, name: QName, draft: Draft) -> None:
    """Every row of every table of the family is checked, but for those that have the constraint already
    (heap.c: MergeWithExistingConstraint)."""
    for member in draft.leaves(name, op.only or op.constraint.no_inherit):
        if member != name and op.constraint.name is not None:
            table = draft.before.table(member)
            found = table.constraint(op.constraint.name) if table is not None else None
            if found is not None and found.valid:
                continue
        draft.scan(member, "check", op.constraint.name)


def _add_indexed(constraint: ConstraintDef, name: QName, only: bool, draft: Draft) -> None:
    """UNIQUE, PRIMARY KEY, EXCLUDE: an index is built, or one that is there is taken."""
    keys = constraint.columns
    if constraint.using_index is not None:
        index = draft.before.index(QName(name.schema, constraint.using_index))
        if index is not None:
            # The rename takes SHARE UPDATE EXCLUSIVE (index.c: index_constraint_create; measured on 12 to 18).
            renamed = constraint.name is not None and constraint.name != index.name.name
            draft.lock(index.name, SUE if renamed else AS)
            keys = tuple(c for c in index.columns if c is not None)
    else:
        build_indexes(name, draft, only)
    if constraint.kind == "primary key":
        for member in draft.leaves(name):
            for key in keys:
                columns.verify_not_null(key, member, draft)
        if draft.before.children(name) and _nullable(name, keys, draft):
            draft.lock_family(name, AX)


def _nullable(name: QName, keys: tuple[str, ...], draft: Draft) -> bool:
    """Whether a primary key makes a column NOT NULL, which recurses as SET NOT NULL does."""
    table = draft.before.table(name)
    found = [table.column(key) for key in keys] if table is not None else []
    return any(column is not None and column.not_null is False for column in found)


def build_indexes(name: QName, draft: Draft, only: bool = False) -> None:
    """Builds the indexes that the statement's constraints made, on the partitions too unless ``only`` (indexcmds.c:
    DefineIndex)."""
    draft.new_indexes(name)
    found = draft.before.relation(name)
    if only or found is None or found.kind != "partitioned table":
        return
    mode = next(mode for first, last, mode in CONSTRAINT_INDEX_ON_PARTITIONS if first <= draft.major <= last)
    for member in draft.before.descendants(name):
        draft.lock(member, mode)
        draft.new_indexes(member)


def _add_foreign_key(constraint: ConstraintDef, name: QName, draft: Draft) -> None:
    validated = not constraint.not_valid and constraint.enforced
    nulls = any(
        isinstance(op, ops.AddColumn)
        and op.column.name in constraint.columns
        and op.column.default is None
        and not op.column.serial
        and op.column.identity is None
        and op.column.generated is None
        for op in draft.operations
    )
    add_foreign_key(constraint, constraint.columns, name, validated, draft, nulls)


def add_foreign_key(
    constraint: ConstraintDef,
    keys: tuple[str, ...],
    name: QName,
    validated: bool,
    draft: Draft,
    nulls: bool = False,
) -> None:
    """The target gets the same SHARE ROW EXCLUSIVE as the table itself (tablecmds.c: ATAddForeignKeyConstraint), and
    every partition of a partitioned target, where triggers are made.

    A partition that has the same key, validated, keeps it as its part of the new one, and is not read; its triggers on
    the target go, for which that is locked ACCESS EXCLUSIVE (tryAttachPartitionForeignKey; measured on 12 to 18).
    """
    if constraint.foreign_key is None:
        return
    target = draft.target(constraint.foreign_key.target)
    taken = frozenset(m for m in draft.family(name) if m != name and _has_foreign_key(m, constraint, target, draft))
    if target is not None:
        found = draft.before.relation(target)
        only = found is None or found.kind != "partitioned table"
        draft.lock_family(target, AX if taken else SRE, only=only)
    if validated:
        validate_foreign_key(name, target, constraint.name, draft, taken, nulls)


def _has_foreign_key(name: QName, given: ConstraintDef, target: QName | None, draft: Draft) -> bool:
    table, key = draft.before.table(name), given.foreign_key
    if table is None or table.partition_of is None or key is None:
        return False
    wanted = (given.columns, target, key.on_delete, key.on_update, key.match, given.deferrable)
    return any(
        (c.columns, c.target, c.on_delete, c.on_update, c.match, c.deferrable) == wanted
        and c.target_columns == (key.columns or c.target_columns)
        and c.valid
        and c.enforced
        for c in table.constraints
        if c.kind == "foreign key"
    )


def validate_foreign_key(
    name: QName,
    target: QName | None,
    what: str | None,
    draft: Draft,
    taken: frozenset[QName] = frozenset(),
    nulls: bool = False,
) -> None:
    """One join of both tables in full (ri_triggers.c: RI_Initial_Check); where the referencing table has no rows, or
    only ``nulls``, the other is not read (nodeHashjoin.c: an empty outer side ends the join). The partitions in
    ``taken`` are left out."""
    table = draft.before.table(name)
    partitioned = table is not None and table.kind == "partitioned table"
    empty = True
    for member in draft.leaves(name, only=not partitioned):
        if member in taken:
            continue
        draft.scan(member, "foreign key", what)
        found = draft.before.table(member)
        empty = empty and found is not None and found.empty
    if target is None or empty or nulls or target == name:
        return
    found = draft.before.table(target)
    only = found is None or found.kind != "partitioned table"
    for member in draft.leaves(target, only):
        if draft.exists(member):
            draft.scan(member, "foreign key", what)


def drop_constraint(op: ops.DropConstraint, name: QName, draft: Draft) -> None:
    """DROP CONSTRAINT (tablecmds.c: ATExecDropConstraint; index.c: index_drop)."""
    table = draft.before.table(name)
    found = table.constraint(op.constraint) if table is not None else None
    if found is None:
        return
    if found.kind == "foreign key":
        foreign_key_gone(name, found, draft)
        _lock_partitions(name, AX, draft)
    elif found.kind in ("check", "not null"):
        if not found.no_inherit:
            draft.lock_family(name, AX, op.only)
    else:
        if found.index is not None and draft.before.index(found.index) is not None:
            draft.lock(found.index, AX)
        _lock_partitions(name, AX, draft)
    gone(draft)


def _lock_partitions(name: QName, mode: int, draft: Draft) -> None:
    found = draft.before.relation(name)
    if found is not None and found.kind == "partitioned table":
        draft.lock_family(name, mode)


def validate_constraint(op: ops.ValidateConstraint, name: QName, draft: Draft) -> None:
    """VALIDATE CONSTRAINT reads what was not checked; one that is valid costs nothing (ATExecValidateConstraint)."""
    found = _constraint(op.constraint, name, draft)
    if found is None and _validate_not_null(op, name, draft):
        return
    if found is None:
        table = draft.table(name)
        if table is None or not table.known:
            draft.scan(name, "check", op.constraint)
            draft.unknown.append(f"the kind of constraint {op.constraint} is not known")
        return
    before = draft.before.table(name)
    was = before.constraint(op.constraint) if before is not None else None
    if was is not None and was.valid:
        return
    if found.kind == "foreign key":
        _validate_partner(found, name, draft)
        return
    for member in draft.family(name, op.only or found.no_inherit):
        draft.lock(member, SUE)
    reason = "not null" if found.kind == "not null" else "check"
    for member in draft.leaves(name, op.only or found.no_inherit):
        copy = _constraint(op.constraint, member, draft, before_only=True)
        if copy is None or not copy.valid:
            draft.scan(member, reason, op.constraint)


def _validate_not_null(op: ops.ValidateConstraint, name: QName, draft: Draft) -> bool:
    """A NOT NULL constraint is kept with its column (18). Whether there is one of that name."""
    table = draft.before.table(name)
    column = next((c for c in table.columns if c.not_null_name == op.constraint), None) if table is not None else None
    if column is None:
        return False
    draft.lock_family(name, SUE, op.only)
    for member in draft.leaves(name, op.only):
        columns.verify_not_null(column.name, member, draft)
    return True


def _validate_partner(found: Constraint, name: QName, draft: Draft) -> None:
    """The target is opened with ROW SHARE, its partitions are read (tablecmds.c: validateForeignKeyConstraint)."""
    _lock_partitions(name, SUE, draft)
    target = found.target
    if target is not None and draft.exists(target):
        record = draft.before.relation(target)
        if record is not None and record.kind == "partitioned table":
            draft.lock_family(target, AS)
        draft.lock(target, RS)
    validate_foreign_key(name, target, found.name, draft)


def _constraint(what: str, name: QName, draft: Draft, before_only: bool = False) -> Constraint | None:
    """The constraint as it was, or as an earlier part of the same statement made it."""
    for view in (draft.before,) if before_only else (draft.before, draft.after):
        table: Table | None = view.table(name)
        found = table.constraint(what) if table is not None else None
        if found is not None:
            return found
    return None


def alter_constraint(op: ops.AlterConstraint, name: QName, draft: Draft) -> None:
    """Enforcing or not makes or drops the triggers of both sides (18: ATExecAlterConstrEnforceability)."""
    found = _constraint(op.constraint, name, draft)
    if found is None or op.enforced is None or found.enforced == op.enforced or found.kind != "foreign key":
        return
    if found.target is not None and draft.exists(found.target):
        draft.lock_family(found.target, SRE if op.enforced else AX)
    if op.enforced:
        validate_foreign_key(name, found.target, found.name, draft)
