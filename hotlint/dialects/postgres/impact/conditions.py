"""Conditions on which the server refuses an operation, as the rows of ``refusals.py`` name them."""

from __future__ import annotations

from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, CompositeType, Constraint, Table
from hotlint.dialects.postgres import functions
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.implication import bounds_overlap
from hotlint.dialects.postgres.types.change import uses_column
from hotlint.operations import ConstraintDef, TypeName


def partitioned(op: Any, name: QName, draft: Draft) -> bool:
    found = draft.before.relation(name)
    return found is not None and found.kind == "partitioned table"


def only_with_children(op: Any, name: QName, draft: Draft) -> bool:
    return bool(op.only and draft.before.children(name))


def added_only(op: ops.AddColumn, name: QName, draft: Draft) -> bool:
    table = draft.before.table(name)
    if op.if_not_exists and table is not None and table.column(op.column.name) is not None:
        return False
    return only_with_children(op, name, draft)


def only_with_partitions(op: Any, name: QName, draft: Draft) -> bool:
    return partitioned(op, name, draft) and only_with_children(op, name, draft)


def column_of(op: Any, name: QName, draft: Draft) -> Column | None:
    table = draft.before.table(name)
    return table.column(op.column) if table is not None else None


def virtual(op: Any, name: QName, draft: Draft) -> bool:
    column = column_of(op, name, draft)
    return column is not None and column.generated_kind == "virtual"


def nullable_only(op: Any, name: QName, draft: Draft) -> bool:
    column = column_of(op, name, draft)
    return column is not None and column.not_null is False and only_with_partitions(op, name, draft)


def constraint_of(op: Any, name: QName, draft: Draft) -> Constraint | None:
    table = draft.before.table(name)
    return table.constraint(op.constraint) if table is not None else None


def unchecked_only(op: Any, name: QName, draft: Draft) -> bool:
    found = constraint_of(op, name, draft)
    return (
        found is not None
        and not found.valid
        and found.kind == "check"
        and not found.no_inherit
        and only_with_children(op, name, draft)
    )


def check_only(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    kind = op.constraint
    return kind.kind == "check" and not kind.no_inherit and only_with_children(op, name, draft)


def dropped_only(op: ops.DropConstraint, name: QName, draft: Draft) -> bool:
    found = constraint_of(op, name, draft)
    return found is not None and found.kind == "check" and only_with_partitions(op, name, draft)


def unchecked_key(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    return op.constraint.kind == "foreign key" and op.constraint.not_valid and partitioned(op, name, draft)


def exclusion(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    return op.constraint.kind == "exclude" and partitioned(op, name, draft)


def parameters(op: ops.SetOptions, name: QName, draft: Draft) -> bool:
    return op.kind == "table" and bool(op.options) and partitioned(op, name, draft)


def references_parent(op: ops.DropTable, name: QName, draft: Draft) -> bool:
    """A partition of a table that a foreign key points at can only go detached."""
    table = draft.before.table(name)
    parent = table.partition_of if table is not None else None
    return not op.cascade and parent is not None and any(True for _ in draft.before.referencing(parent))


def in_a_column(op: ops.AlterCompositeType, name: QName, draft: Draft) -> bool:
    """Stored values of the type would have to be written anew."""
    if op.change != "alter attribute" or not isinstance(draft.before.relation(name), CompositeType):
        return False
    return any(
        column.type is not None and column.type.name == name.name and column.type.schema in (None, name.schema)
        for _, record in draft.before.catalog.relations.items(draft.before.moment)
        if isinstance(record, Table)
        for column in record.columns
    )


def pending(op: ops.DetachPartition, name: QName, draft: Draft) -> bool:
    return op.finalize and draft.before.catalog.closed


def missing_owned(op: ops.ValidateConstraint, name: QName, draft: Draft) -> bool:
    found = constraint_of(op, name, draft)
    return found is not None and found.kind not in ("check", "foreign key", "not null")


def overlaps(op: ops.AttachPartition | ops.CreateTable, name: QName, draft: Draft) -> bool:
    """Whether a partition of the parent has values of the bound already."""
    if isinstance(op, ops.CreateTable):
        if op.partition_of is None:
            return False
        name = draft.resolve(op.partition_of)
    parent = draft.before.table(name)
    if op.bound is None or parent is None or parent.partition_key is None:
        return False
    for child in draft.before.children(name):
        table = draft.before.table(child)
        taken = table.bound if table is not None else None
        if taken is not None and bounds_overlap(parent.partition_key.strategy, op.bound, taken):
            return True
    return False


def publishes_view(op: ops.CreateObject | ops.AlterObject, name: QName, draft: Draft) -> bool:
    if op.kind != "publication":
        return False
    found = [draft.before.relation(draft.resolve(relation)) for relation in op.relations]
    return any(record is not None and not isinstance(record, Table) for record in found)


def typed(op: Any, name: QName, draft: Draft) -> bool:
    table = draft.before.table(name)
    return table is not None and table.of_type is not None


def check_stays(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    return op.constraint.kind == "check" and op.constraint.no_inherit and partitioned(op, name, draft)


def not_deferrable(op: ops.AlterConstraint, name: QName, draft: Draft) -> bool:
    found = constraint_of(op, name, draft)
    asked = op.deferrable is not None or op.initially_deferred is not None
    return asked and found is not None and found.kind != "foreign key"


def unfit_index(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    """An index with expressions or a condition stands behind no constraint."""
    if op.constraint.using_index is None:
        return False
    index = draft.before.index(QName(name.schema, op.constraint.using_index))
    return index is not None and index.known and (index.where is not None or None in index.columns)


def other_not_null(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    """A column has one NOT NULL constraint; a second name for it is refused."""
    constraint = op.constraint
    table = draft.before.table(name)
    if constraint.kind != "not null" or constraint.name is None or table is None:
        return False
    column = table.column(constraint.columns[0])
    had = column.not_null_name if column is not None else None
    return bool(
        column is not None and column.not_null and (had or f"{name.name}_{column.name}_not_null") != constraint.name
    )


def persistence_of(name: QName, draft: Draft) -> str | None:
    table = draft.before.table(name)
    return table.persistence if table is not None and table.known else None


def mixed_persistence(op: ops.SetPersistence, name: QName, draft: Draft) -> bool:
    """A permanent table may not reference one that is not."""
    table = draft.before.table(name)
    if table is None or (table.persistence == "permanent") == op.logged:
        return False
    if not op.logged:
        return any(
            other.name != name and other.persistence == "permanent" for other, _ in draft.before.referencing(name)
        )
    return any(
        c.kind == "foreign key"
        and c.target is not None
        and c.target != name
        and persistence_of(c.target, draft) == "unlogged"
        for c in table.constraints
    )


def to_unlogged(constraints: tuple[ConstraintDef, ...], draft: Draft) -> bool:
    return any(
        c.foreign_key is not None
        and persistence_of(draft.resolve(c.foreign_key.target), draft) in ("unlogged", "temporary")
        for c in constraints
    )


def key_to_unlogged(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    return persistence_of(name, draft) == "permanent" and to_unlogged((op.constraint,), draft)


def column_to_unlogged(op: ops.AddColumn, name: QName, draft: Draft) -> bool:
    return persistence_of(name, draft) == "permanent" and to_unlogged(op.column.constraints, draft)


def table_to_unlogged(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    if op.persistence != "permanent":
        return False
    return to_unlogged(op.constraints, draft) or any(to_unlogged(c.constraints, draft) for c in op.columns)


def missing_inherited(op: ops.Inherit, name: QName, draft: Draft) -> bool:
    child, parent = draft.before.table(name), draft.before.table(draft.resolve(op.parent))
    if child is None or parent is None or not child.known:
        return False
    return any(child.column(column.name) is None for column in parent.columns)


def virtual_checked(op: ops.SetGeneratedExpression, name: QName, draft: Draft) -> bool:
    table = draft.before.table(name)
    return table is not None and virtual(op, name, draft) and any(c.kind == "check" for c in table.constraints)


def used_by_rule(op: ops.AlterColumnType, name: QName, draft: Draft) -> bool:
    table = draft.before.table(name)
    rules = table.rules if table is not None else ()
    return any(rule.where is not None and uses_column(rule.where, op.column) for rule in rules)


def referenced(op: ops.Truncate, name: QName, draft: Draft) -> bool:
    """Tables that point at it must be truncated by the same statement."""
    if op.cascade:
        return False
    together = {draft.resolve(other.relation) for other in draft.operations if isinstance(other, ops.Truncate)}
    return any(other.name not in together for other, _ in draft.before.referencing(name))


def no_table(op: Any, name: QName, draft: Draft) -> bool:
    found = draft.before.relation(name)
    return found is not None and not isinstance(found, Table)


def not_clustered(op: ops.Cluster, name: QName, draft: Draft) -> bool:
    found = draft.before.relation(name)
    return op.relation is not None and found is not None and found.kind in ("view", "index", "sequence")


def no_transaction(op: Any, name: QName, draft: Draft) -> bool:
    return draft.alone and not draft.context.in_transaction


def not_lockable(op: ops.LockTable, name: QName, draft: Draft) -> bool:
    found = draft.before.relation(name)
    return found is not None and found.kind not in ("table", "partitioned table", "view", "foreign table")


def types_of(name: QName, draft: Draft) -> dict[str, TypeName]:
    """The types of a relation's columns, where they are known."""
    found = draft.after.table(name) or draft.after.view(name)
    return {c.name: c.type for c in found.columns if c.type is not None} if found is not None else {}


def mutable_key(op: ops.CreateIndex, name: QName, draft: Draft) -> bool:
    server = draft.context.server
    written = [e.expression for e in op.elements if e.expression is not None]
    if op.where is not None:
        written.append(op.where)
    found = [functions.volatility(e, draft.before, server, draft.path, types_of(name, draft)) for e in written]
    return any(volatility in ("stable", "volatile") for volatility in found)


def unknown_method(op: ops.CreateIndex, name: QName, draft: Draft) -> bool:
    return op.method not in ("btree", "hash", "gist", "gin", "spgist", "brin") and draft.complete()


def with_cascade(op: ops.DropIndex, name: QName, draft: Draft) -> bool:
    return op.concurrently and op.cascade


def system_concurrently(op: ops.Reindex, name: QName, draft: Draft) -> bool:
    return op.concurrently and op.target == "system"


def schema_missing(op: ops.Reindex, name: QName, draft: Draft) -> bool:
    return op.target == "schema" and op.name is not None and draft.no_schema(op.name.name)


def column_missing(op: ops.Analyze, name: QName, draft: Draft) -> bool:
    table = draft.before.table(name)
    return table is not None and table.known and any(table.column(column) is None for column in op.columns)


def identity_missing(op: ops.ReplicaIdentity, name: QName, draft: Draft) -> bool:
    table = draft.before.table(name)
    if op.index is None or table is None or not table.known or not draft.complete():
        return False
    return draft.before.index(QName(name.schema, op.index)) is None


def identity_unfit(op: ops.ReplicaIdentity, name: QName, draft: Draft) -> bool:
    """A replica identity is unique, immediate, whole, of columns, and all of them NOT NULL."""
    index = draft.before.index(QName(name.schema, op.index)) if op.index is not None else None
    table = draft.before.table(name)
    if index is None or table is None or not index.known or not table.known:
        return False
    if not index.unique or index.where is not None:
        return True
    columns = [table.column(key) if key is not None else None for key in index.columns]
    return any(column is None or column.not_null is False for column in columns)


def rule_missing(op: ops.SetRuleState, name: QName, draft: Draft) -> bool:
    table = draft.before.table(name)
    return table is not None and table.known and not any(rule.name == op.rule for rule in table.rules)


def typed_tables(op: ops.AlterCompositeType, name: QName, draft: Draft) -> bool:
    if op.cascade:
        return False
    return any(
        isinstance(record, Table) and record.of_type == name
        for _, record in draft.before.catalog.relations.items(draft.before.moment)
    )


def type_missing(op: ops.AddColumn | ops.AlterColumnType, name: QName, draft: Draft) -> bool:
    type = op.column.type if isinstance(op, ops.AddColumn) else op.to
    return type is not None and draft.no_type(type)


def types_missing(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    return any(c.type is not None and draft.no_type(c.type) for c in op.columns)


def domain_missing(op: ops.AlterDomain, name: QName, draft: Draft) -> bool:
    return draft.no_type(ops.TypeName(op.name.name, op.name.schema))


def object_type_missing(op: ops.DropObject, name: QName, draft: Draft) -> bool:
    if op.if_exists or op.kind not in ("type", "domain"):
        return False
    return draft.no_type(ops.TypeName(op.name.name, op.name.schema))


def object_schema_missing(op: ops.DropObject | ops.RenameObject, name: QName, draft: Draft) -> bool:
    if op.kind != "schema" or (isinstance(op, ops.DropObject) and op.if_exists):
        return False
    return draft.no_schema(op.name.name)


def function_missing(op: ops.Call, name: QName, draft: Draft) -> bool:
    return draft.no_function(op.name)


def object_function_missing(op: ops.DropObject, name: QName, draft: Draft) -> bool:
    return op.kind in ("function", "procedure") and not op.if_exists and draft.no_function(op.name)
