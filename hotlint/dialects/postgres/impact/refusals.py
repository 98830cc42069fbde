"""What a version refuses because of what a relation is: facts of the server's commands, not of the schema's names.

The catalog refuses what cannot be by the schema alone; here stands what differs between versions or kinds of relations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, CompositeType, Constraint, Table
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.operations import Operation


class Refusal(NamedTuple):
    """From version ``first`` to ``last``, the operation fails with ``sqlstate`` where ``test`` holds.

    In ``message``, ``{0}`` is the name of the relation.
    """

    operation: type[Operation]
    first: int
    last: int
    sqlstate: str
    message: str
    test: Callable[[Any, QName, Draft], bool]
    source: str


def _partitioned(op: Any, name: QName, draft: Draft) -> bool:
    found = draft.before.relation(name)
    return found is not None and found.kind == "partitioned table"


def _only_with_children(op: Any, name: QName, draft: Draft) -> bool:
    return bool(op.only and draft.before.children(name))


def _only_with_partitions(op: Any, name: QName, draft: Draft) -> bool:
    return _partitioned(op, name, draft) and _only_with_children(op, name, draft)


def _column(op: Any, name: QName, draft: Draft) -> Column | None:
    table = draft.before.table(name)
    return table.column(op.column) if table is not None else None


def _virtual(op: Any, name: QName, draft: Draft) -> bool:
    column = _column(op, name, draft)
    return column is not None and column.generated_kind == "virtual"


def _nullable_only(op: Any, name: QName, draft: Draft) -> bool:
    column = _column(op, name, draft)
    return column is not None and column.not_null is False and _only_with_partitions(op, name, draft)


def _constraint(op: Any, name: QName, draft: Draft) -> Constraint | None:
    table = draft.before.table(name)
    return table.constraint(op.constraint) if table is not None else None


def _unchecked_only(op: Any, name: QName, draft: Draft) -> bool:
    found = _constraint(op, name, draft)
    return (
        found is not None
        and not found.valid
        and found.kind == "check"
        and not found.no_inherit
        and _only_with_children(op, name, draft)
    )


def _check_only(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    kind = op.constraint
    return kind.kind == "check" and not kind.no_inherit and _only_with_children(op, name, draft)


def _dropped_only(op: ops.DropConstraint, name: QName, draft: Draft) -> bool:
    found = _constraint(op, name, draft)
    return found is not None and found.kind == "check" and _only_with_partitions(op, name, draft)


def _unchecked_key(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    return op.constraint.kind == "foreign key" and op.constraint.not_valid and _partitioned(op, name, draft)


def _exclusion(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    return op.constraint.kind == "exclude" and _partitioned(op, name, draft)


def _parameters(op: ops.SetOptions, name: QName, draft: Draft) -> bool:
    return op.kind == "table" and bool(op.options) and _partitioned(op, name, draft)


def _references_parent(op: ops.DropTable, name: QName, draft: Draft) -> bool:
    """A partition of a table that a foreign key points at can only go detached."""
    table = draft.before.table(name)
    parent = table.partition_of if table is not None else None
    return not op.cascade and parent is not None and any(True for _ in draft.before.referencing(parent))


def _in_a_column(op: ops.AlterCompositeType, name: QName, draft: Draft) -> bool:
    """Stored values of the type would have to be written anew."""
    if op.change != "alter attribute" or not isinstance(draft.before.relation(name), CompositeType):
        return False
    return any(
        column.type is not None and column.type.name == name.name and column.type.schema in (None, name.schema)
        for _, record in draft.before.catalog.relations.items(draft.before.moment)
        if isinstance(record, Table)
        for column in record.columns
    )


def _pending(op: ops.DetachPartition, name: QName, draft: Draft) -> bool:
    return op.finalize and draft.before.catalog.closed


def _missing_owned(op: ops.ValidateConstraint, name: QName, draft: Draft) -> bool:
    found = _constraint(op, name, draft)
    return found is not None and found.kind not in ("check", "foreign key", "not null")


_T = "tablecmds.c"
REFUSALS: tuple[Refusal, ...] = (
    Refusal(
        ops.AddColumn, 12, 18, "42P16", "column must be added to child tables too", _only_with_children,
        f"{_T}: ATExecAddColumn",
    ),
    Refusal(
        ops.SetNotNull, 12, 18, "42P16", "constraint must be added to child tables too", _nullable_only,
        f"{_T}: ATPrepSetNotNull",
    ),
    Refusal(
        ops.DropNotNull, 12, 18, "42P16",
        "cannot remove constraint from only the partitioned table when partitions exist", _only_with_partitions,
        f"{_T}: ATPrepDropNotNull",
    ),
    Refusal(
        ops.AddConstraint, 12, 18, "42P16", "constraint must be added to child tables too", _check_only,
        f"{_T}: ATAddCheckConstraint",
    ),
    Refusal(
        ops.DropConstraint, 12, 18, "42P16",
        "cannot remove constraint from only the partitioned table when partitions exist", _dropped_only,
        f"{_T}: ATExecDropConstraint",
    ),
    Refusal(
        ops.ValidateConstraint, 12, 18, "42P16", "constraint must be validated on child tables too", _unchecked_only,
        f"{_T}: ATExecValidateConstraint",
    ),
    Refusal(
        ops.ValidateConstraint, 12, 18, "42809",
        'constraint of relation "{0}" is not a foreign key or check constraint', _missing_owned,
        f"{_T}: ATExecValidateConstraint",
    ),
    Refusal(
        ops.AddConstraint, 12, 17, "42809", 'cannot add NOT VALID foreign key on partitioned table "{0}"',
        _unchecked_key, f"{_T}: ATAddForeignKeyConstraint; release 18",
    ),
    Refusal(
        ops.AddConstraint, 12, 16, "0A000", "exclusion constraints are not supported on partitioned tables",
        _exclusion, "parse_utilcmd.c: transformColumnDefinition; release 17",
    ),
    Refusal(
        ops.SetPersistence, 18, 18, "42809", 'ALTER action SET UNLOGGED cannot be performed on relation "{0}"',
        _partitioned, "release 18: partitioned tables cannot be UNLOGGED",
    ),
    Refusal(
        ops.SetAccessMethod, 15, 16, "42809", "cannot change access method of a partitioned table", _partitioned,
        "release 17: SET ACCESS METHOD on partitioned tables",
    ),
    Refusal(
        ops.SetOptions, 12, 15, "22023", "unrecognized parameter", _parameters,
        "reloptions.c: partitioned_table_reloptions",
    ),
    Refusal(
        ops.SetOptions, 16, 18, "42809", "cannot specify storage parameters for a partitioned table", _parameters,
        "reloptions.c: partitioned_table_reloptions",
    ),
    Refusal(
        ops.DropGeneratedExpression, 18, 18, "0A000",
        "ALTER TABLE / DROP EXPRESSION is not supported for virtual generated columns", _virtual,
        f"{_T}: ATPrepDropExpression",
    ),
    Refusal(
        ops.Truncate, 12, 18, "42809", "cannot truncate only a partitioned table", _only_with_partitions,
        f"{_T}: ExecuteTruncate",
    ),
    Refusal(
        ops.DropTable, 12, 18, "2BP01", "cannot drop table {0} because other objects depend on it", _references_parent,
        "dependency.c: reportDependentObjects",
    ),
    Refusal(
        ops.AlterCompositeType, 12, 18, "0A000", 'cannot alter type "{0}" because a column uses it', _in_a_column,
        f"{_T}: find_composite_type_dependencies",
    ),
    Refusal(
        ops.DetachPartition, 14, 18, "55000", 'cannot complete detaching partition of "{0}"', _pending,
        f"{_T}: MarkInheritDetached",
    ),
)  # fmt: skip


def _by_operation() -> dict[type[Operation], tuple[Refusal, ...]]:
    found: dict[type[Operation], tuple[Refusal, ...]] = {}
    for refusal in REFUSALS:
        found[refusal.operation] = (*found.get(refusal.operation, ()), refusal)
    return found


REFUSALS_OF = _by_operation()


def check(op: Any, draft: Draft) -> None:
    """Refuses the operation by the first row that applies."""
    written = op.name if isinstance(op, ops.AlterCompositeType) else op.relation
    name = draft.resolve(written)
    for refusal in REFUSALS_OF[type(op)]:
        if refusal.first <= draft.major <= refusal.last and refusal.test(op, name, draft):
            draft.refuse(refusal.sqlstate, refusal.message.format(name.name))
            return
