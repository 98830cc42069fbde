"""What the server refuses of queries and of the rows that they write: views, INSERT, UPDATE."""

from __future__ import annotations

from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.types.change import uses_column
from hotlint.dialects.postgres.types.names import canonical


def _written(column: Column) -> Any:
    type = canonical(column.type) if column.type is not None else None
    return None if type is None else (type.name, type.modifiers, type.dimensions)


# -- columns that something else uses


def used_by_rule(op: ops.DropColumn, name: QName, draft: Draft) -> bool:
    table = draft.before.table(name)
    if op.cascade or table is None or table.column(op.column) is None:
        return False
    return any(rule.where is not None and uses_column(rule.where, op.column) for rule in table.rules)


# -- views


def view_column_missing(op: ops.SetDefault | ops.DropDefault, name: QName, draft: Draft) -> bool:
    view = draft.before.view(name)
    return view is not None and view.known and not view.maybe and view.column(op.column) is None


def view_retyped(op: ops.CreateView, name: QName, draft: Draft) -> bool:
    """CREATE OR REPLACE VIEW keeps the types of the columns (view.c: checkViewColumns)."""
    was, now = draft.before.view(name), draft.after.view(name)
    if not op.replace or was is None or now is None or not was.known or not now.known or was.kind != "view":
        return False
    for old, new in zip(was.columns, now.columns, strict=False):
        before, after = _written(old), _written(new)
        if before is not None and after is not None and before != after:
            return True
    return False


def more_names_than_columns(op: ops.CreateView | ops.CreateTableAs, name: QName, draft: Draft) -> bool:
    query = op.query
    return bool(query.output) and "*" not in query.output and len(op.columns) > len(query.output)


def qualifier_missing(op: Any, name: QName, draft: Draft) -> bool:
    """A qualifier that no relation of the query goes by (parse_relation.c: errorMissingRTE)."""
    query = op.query
    if not query.simple:
        return False
    known = {use.alias or use.relation.name for use in query.relations}
    return any(qualifier is not None and qualifier not in known for qualifier, _ in query.columns)


def not_updatable(op: ops.CreateView, name: QName, draft: Draft) -> bool:
    """WITH CHECK OPTION needs a view through which rows can be written (view.c: DefineView; rewriteHandler.c:
    view_query_is_auto_updatable)."""
    if op.check_option is None:
        return False
    if not op.query.updatable or not any(output.kind == "column" for output in op.query.outputs):
        return True
    found = draft.before.relation(draft.resolve(op.query.relations[0].relation))
    return found is not None and found.kind in ("materialized view", "sequence")


_T = "tablecmds.c"
QUERIES: tuple[Refusal, ...] = (
    Refusal(ops.DropColumn, 12, 18, "2BP01", 'cannot drop column of table "{0}": a rule depends on it', used_by_rule,
            "dependency.c: reportDependentObjects"),
    Refusal(ops.SetDefault, 12, 18, "42703", 'column of relation "{0}" does not exist', view_column_missing, _T),
    Refusal(ops.DropDefault, 12, 18, "42703", 'column of relation "{0}" does not exist', view_column_missing, _T),
    Refusal(ops.CreateView, 12, 18, "42P16", "cannot change data type of view column", view_retyped,
            "view.c: checkViewColumns"),
    Refusal(ops.CreateView, 12, 18, "0A000", "WITH CHECK OPTION is supported only on automatically updatable views",
            not_updatable, "view.c: DefineView"),
    Refusal(ops.CreateView, 12, 18, "42601", "CREATE VIEW specifies more column names than columns",
            more_names_than_columns, "view.c: DefineView"),
    Refusal(ops.CreateTableAs, 12, 18, "42601", "too many column names were specified", more_names_than_columns,
            "createas.c"),
    *(
        Refusal(operation, 12, 18, "42P01", "missing FROM-clause entry", qualifier_missing, "parse_relation.c")
        for operation in (ops.CreateView, ops.CreateTableAs)
    ),
)  # fmt: skip
