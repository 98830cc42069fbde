"""What the server refuses of triggers: where they may stand, their conditions, transition tables and functions."""

from __future__ import annotations

from hotlint import operations as ops
from hotlint.catalog.apply.expressions import walk
from hotlint.catalog.names import QName
from hotlint.catalog.records import Table
from hotlint.dialects.postgres.impact.analysis import SYSTEM_COLUMNS
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.operations import Expr

_NOT_FOR_TABLE = "42809"


def place_unfit(op: ops.CreateTrigger, name: QName, draft: Draft) -> str | None:
    """trigger.c: CreateTriggerFiringOn, by the kind of the relation."""
    found = draft.before.relation(name)
    if found is None or found.maybe:
        return None
    instead = op.timing == "instead of"
    if found.kind in ("table", "partitioned table") and instead:
        return _NOT_FOR_TABLE
    if found.kind == "view" and ((op.row and not instead) or "truncate" in op.events or op.constraint):
        return _NOT_FOR_TABLE
    if found.kind in ("materialized view", "index", "sequence", "composite type"):
        return _NOT_FOR_TABLE
    return "0A000" if "truncate" in op.events and op.row else None


def instead_unfit(op: ops.CreateTrigger, name: QName, draft: Draft) -> bool:
    """INSTEAD OF is FOR EACH ROW, without a condition or columns."""
    return op.timing == "instead of" and (not op.row or op.when is not None or bool(op.columns))


def row_trigger_before(op: ops.CreateTrigger, name: QName, draft: Draft) -> bool:
    found = draft.before.relation(name)
    return op.row and op.timing == "before" and found is not None and found.kind == "partitioned table"


# -- transition tables


def transitions_unfit(op: ops.CreateTrigger, name: QName, draft: Draft) -> str | None:
    """trigger.c: CreateTriggerFiringOn, in its order."""
    if not op.transitions:
        return None
    found = draft.before.relation(name)
    if found is not None and found.kind in ("view", "foreign table"):
        return _NOT_FOR_TABLE
    table = draft.before.table(name)
    # Not for each row on partitioned tables, partitions and inheritance children.
    if op.row and table is not None and table.kind == "partitioned table":
        return "0A000"
    if op.row and table is not None and (table.partition_of is not None or table.inherits):
        return "0A000"
    if op.timing != "after":
        return "42P17"
    if "truncate" in op.events or len(op.events) > 1 or op.columns:
        return "0A000"
    words = [word for word, _ in op.transitions]
    names = [transition for _, transition in op.transitions]
    wrong = ("new" in words and "delete" in op.events) or ("old" in words and "insert" in op.events)
    return "42P17" if wrong or len(set(words)) < len(words) or len(set(names)) < len(names) else None


# -- conditions


def _rows(expr: Expr) -> list[tuple[str, str]]:
    """The columns of OLD and NEW in a condition."""
    return [
        (part.name.name, part.value or "")
        for part in walk(expr)
        if part.kind == "column" and part.name is not None and part.name.name in ("old", "new")
    ]


def condition_unfit(op: ops.CreateTrigger, name: QName, draft: Draft) -> str | None:
    """What a WHEN may name, by events and level."""
    if op.when is None:
        return None
    if any(part.kind == "column" and part.name is None and part.value != "*" for part in walk(op.when)):
        return _bare_column(op.when, name, draft)
    rows = _rows(op.when)
    if rows and not op.row:
        return "42P17"
    if any(row == "old" for row, _ in rows) and "insert" in op.events:
        return "42P17"
    if any(row == "new" for row, _ in rows) and "delete" in op.events:
        return "42P17"
    if op.timing != "before":
        return None
    if any(row == "new" and column in SYSTEM_COLUMNS for row, column in rows):
        return "0A000"
    table = draft.before.table(name)
    generated = {c.name for c in table.columns if c.generated_kind is not None} if table is not None else set()
    return "42P17" if any(row == "new" and column in generated for row, column in rows) else None


def _bare_column(when: Expr, name: QName, draft: Draft) -> str | None:
    """Both rows have each column, so that a column without a row is ambiguous."""
    table = draft.certain(name)
    bare = [part.value for part in walk(when) if part.kind == "column" and part.name is None]
    if not isinstance(table, Table):
        return None
    if any(column in ("old", "new") for column in bare):
        return None
    return "42702" if table.column(bare[0] or "") is not None else "42703"


def columns_missing(op: ops.CreateTrigger, name: QName, draft: Draft) -> bool:
    """Columns of OLD and NEW in the condition."""
    table = draft.certain(name)
    if not isinstance(table, Table) or op.when is None:
        return False
    return any(table.column(c) is None and c not in SYSTEM_COLUMNS and c != "*" for _, c in _rows(op.when))


def column_twice(op: ops.CreateTrigger, name: QName, draft: Draft) -> bool:
    return len(set(op.columns)) < len(op.columns)


# -- other names


def other_relation_missing(op: ops.CreateTrigger, name: QName, draft: Draft) -> bool:
    return op.from_relation is not None and draft.no_relation(op.from_relation)


_RESULTS = frozenset(["trigger", "opaque"])


def function_unfit(op: ops.CreateTrigger, name: QName, draft: Draft) -> str | None:
    """A trigger's function has no arguments and returns trigger (trigger.c: CreateTriggerFiringOn)."""
    written = op.function
    schemas = (written.schema,) if written.schema is not None else draft.path
    overloads = [f for schema in schemas for f in draft.before.functions(QName(schema, written.name)) if not f.maybe]
    if not overloads:
        return "42883" if draft.no_function(written) else None
    found = [f for f in overloads if not f.signature]
    if not found:
        return "42883" if draft.complete() else None
    wrong = all(f.returns is not None and f.returns.name not in _RESULTS for f in found)
    return "42P17" if wrong else None


TRIGGERS: tuple[Refusal, ...] = (
    Refusal(ops.CreateTrigger, 12, 12, "42809", 'partitioned table "{0}" cannot have BEFORE / FOR EACH ROW triggers',
            row_trigger_before, "trigger.c; release 13"),
    Refusal(ops.CreateTrigger, 12, 18, "", '"{0}" cannot have such a trigger', place_unfit, "trigger.c"),
    Refusal(ops.CreateTrigger, 12, 18, "42P01", "relation of the constraint trigger does not exist",
            other_relation_missing, "trigger.c"),
    Refusal(ops.CreateTrigger, 12, 18, "0A000", "INSTEAD OF triggers are FOR EACH ROW, without WHEN and columns",
            instead_unfit, "trigger.c: CreateTriggerFiringOn"),
    Refusal(ops.CreateTrigger, 12, 18, "", "transition tables do not fit the trigger", transitions_unfit, "trigger.c"),
    Refusal(ops.CreateTrigger, 12, 18, "42703", "column of OLD or NEW does not exist", columns_missing,
            "parse_relation.c"),
    Refusal(ops.CreateTrigger, 12, 18, "", "trigger's WHEN condition cannot name the column", condition_unfit,
            "trigger.c: CreateTriggerFiringOn"),
    Refusal(ops.CreateTrigger, 12, 18, "", "function of the trigger does not fit", function_unfit, "trigger.c"),
    Refusal(ops.CreateTrigger, 12, 18, "42701", "column specified more than once", column_twice, "trigger.c"),
)  # fmt: skip
