"""What the server refuses of the rows that a statement writes: columns named twice, values, conflicts."""

from __future__ import annotations

from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Table, View
from hotlint.dialects.postgres.impact.analysis import Scope, analyse
from hotlint.dialects.postgres.impact.coercing import Refused, assigned
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.literals import constant_error
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.impact.refusals_of_references import scope_of
from hotlint.operations import Expr, TypeName


def _record(name: QName, draft: Draft) -> Table | View | None:
    found = draft.certain(name)
    return found if isinstance(found, (Table, View)) else None


# -- columns


def inserted_twice(op: ops.Insert, name: QName, draft: Draft) -> bool:
    return len(set(op.columns)) < len(op.columns)


def assigned_twice(op: ops.Update, name: QName, draft: Draft) -> bool:
    """A column may be given part by part: subscripts and fields."""
    plain = [c for c, v in zip(op.columns, op.values, strict=True) if v.value != "indirection"]
    return len(set(plain)) < len(plain)


_GENERATED_STATE_SINCE = 14  # errcodes: 12 and 13 call it a syntax error (measured on 12 to 18)


def written_generated(op: ops.Insert | ops.Update, name: QName, draft: Draft) -> str | None:
    if not _writes_generated(op, name, draft):
        return None
    return "428C9" if draft.major >= _GENERATED_STATE_SINCE else "42601"


def _writes_generated(op: ops.Insert | ops.Update, name: QName, draft: Draft) -> bool:
    """rewriteHandler.c: rewriteTargetListIU."""
    table = draft.before.table(name)
    columns = table.columns if table is not None and table.known else ()
    generated = {c.name for c in columns if c.generated_kind is not None}
    if not generated:
        return False
    if isinstance(op, ops.Update):
        values = zip(op.columns, op.values, strict=False)
        return any(c in generated and not (v.kind == "other" and v.value == "default") for c, v in values)
    named = [c for c, v in zip(op.columns, op.values, strict=False) if not (v.kind == "other" and v.value == "default")]
    return any(c in generated for c in (named if op.values else op.columns)) and op.rows != 0


# -- values


def too_many_values(op: ops.Insert, name: QName, draft: Draft) -> bool:
    """parse_target.c: checkInsertTargets; analyze.c: transformInsertRow."""
    record = _record(name, draft)
    width = op.width
    if op.rows is None and op.query.outputs and "*" not in op.query.output:
        width = len(op.query.outputs)
    if op.columns:
        return width > 0 and width != len(op.columns)
    return record is not None and width > len(record.columns)


def _types(op: ops.Insert, name: QName, draft: Draft) -> list[TypeName | None]:
    record = _record(name, draft)
    if record is None:
        return []
    if not op.columns:
        return [c.type for c in record.columns]
    found = [record.column(c) for c in op.columns]
    return [c.type if c is not None else None for c in found]


def inserted_unfit(op: ops.Insert, name: QName, draft: Draft) -> str | None:
    """The values of the first row of VALUES, or the outputs of a plain query (analyze.c: transformInsertRow)."""
    types = _types(op, name, draft)
    scope: Scope | None = Scope("values", {}, frozenset())
    values: tuple[Expr, ...] = op.values
    if op.rows is None:
        scope = scope_of(op.query, None, "select", draft) if op.query.simple else None
        values = op.query.outputs if "*" not in op.query.output else ()
    if scope is None:
        return None
    try:
        for value, type in zip(values, types, strict=False):
            if value.kind == "subquery" or (value.kind == "other" and value.value == "default"):
                continue
            given = analyse(value, scope, draft)
            if type is not None:
                assigned(given, value, type, draft)
    except Refused as refused:
        return refused.sqlstate
    return None


def conflict_value_unfit(op: ops.Insert, name: QName, draft: Draft) -> str | None:
    """Constants that DO UPDATE sets."""
    record = _record(name, draft)
    for column, value in zip(op.conflict_sets, op.conflict_values, strict=False):
        own = record.column(column) if record is not None else None
        error = constant_error(value, own.type, draft) if own is not None else None
        if error is not None:
            return error
    return None


# -- conflicts


def conflict_column_missing(op: ops.Insert, name: QName, draft: Draft) -> bool:
    """Columns of ON CONFLICT (…) and of its DO UPDATE SET."""
    record = _record(name, draft)
    return record is not None and any(record.column(c) is None for c in (*op.conflict_columns, *op.conflict_sets))


def conflict_unfit(op: ops.Insert, name: QName, draft: Draft) -> bool:
    """ON CONFLICT (columns) needs a unique index on just these (plancat.c: infer_arbiter_indexes)."""
    if not op.conflict_columns or _record(name, draft) is None or not draft.complete():
        return False
    wanted = set(op.conflict_columns)
    return not any(i.unique and set(i.columns) == wanted for i in draft.before.indexes(name))


def conflict_constraint_missing(op: ops.Insert, name: QName, draft: Draft) -> bool:
    """parse_clause.c: get_relation_constraint_oid."""
    table = draft.certain(name)
    if op.conflict_constraint is None or not isinstance(table, Table) or not draft.complete():
        return False
    return table.constraint(op.conflict_constraint) is None


def excluded_column_missing(op: ops.Insert, name: QName, draft: Draft) -> bool:
    record = _record(name, draft)
    if record is None or op.on_conflict != "update":
        return False
    return any(q == "excluded" and record.column(c) is None for q, c in op.query.columns)


def merged_column_missing(op: ops.Merge, name: QName, draft: Draft) -> bool:
    record = _record(name, draft)
    return record is not None and any(record.column(c) is None for c in op.columns)


def copied_twice(op: Any, name: QName, draft: Draft) -> bool:
    return len(set(op.columns)) < len(op.columns)


WRITES: tuple[Refusal, ...] = (
    Refusal(ops.Insert, 12, 18, "42701", "column specified more than once", inserted_twice,
            "parse_target.c: checkInsertTargets"),
    Refusal(ops.Copy, 12, 18, "42701", "column specified more than once", copied_twice, "copy.c: CopyGetAttnums"),
    Refusal(ops.Insert, 12, 18, "42601", "INSERT has more expressions than target columns", too_many_values,
            "parse_target.c: checkInsertTargets"),
    Refusal(ops.Insert, 12, 18, "", "a value does not fit its column", inserted_unfit,
            "parse_target.c: transformAssignedExpr"),
    Refusal(ops.Insert, 12, 18, "42703", "column of ON CONFLICT does not exist", conflict_column_missing,
            "parse_clause.c: transformOnConflictArbiter"),
    Refusal(ops.Insert, 12, 18, "", "a value does not fit its column", conflict_value_unfit, "parse_target.c"),
    Refusal(ops.Insert, 12, 18, "42703", "column of excluded does not exist", excluded_column_missing,
            "parse_relation.c: colNameToVar"),
    Refusal(ops.Insert, 12, 18, "42704", 'constraint for table "{0}" does not exist', conflict_constraint_missing,
            "pg_constraint.c: get_relation_constraint_oid"),
    Refusal(ops.Merge, 12, 18, "42703", 'column of relation "{0}" does not exist', merged_column_missing,
            "parse_merge.c: transformMergeStmt"),
    Refusal(ops.Insert, 12, 18, "", 'cannot write a generated column of "{0}"', written_generated,
            "rewriteHandler.c: rewriteTargetListIU"),
    Refusal(ops.Update, 12, 18, "", 'cannot write a generated column of "{0}"', written_generated,
            "rewriteHandler.c: rewriteTargetListIU"),
    Refusal(ops.Update, 12, 18, "42601", "multiple assignments to same column", assigned_twice,
            "rewriteHandler.c: process_matched_tle"),
    Refusal(ops.Insert, 12, 18, "42P10", "no unique or exclusion constraint matches the ON CONFLICT specification",
            conflict_unfit, "plancat.c: infer_arbiter_indexes"),
)  # fmt: skip
