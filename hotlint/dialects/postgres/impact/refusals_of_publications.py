"""What the server refuses of publications and extended statistics."""

from __future__ import annotations

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.dialects.postgres import functions
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal


def published_unfit(op: ops.CreateObject | ops.AlterObject, name: QName, draft: Draft) -> bool:
    """publicationcmds.c: only permanent tables are published."""
    if op.kind != "publication":
        return False
    tables = [draft.before.table(draft.resolve(relation)) for relation in op.relations]
    return any(t is not None and t.persistence != "permanent" for t in tables)


def published_already(op: ops.AlterObject, name: QName, draft: Draft) -> bool:
    if op.kind != "publication" or not any("add" in part.lower() for pair in op.details for part in pair):
        return False
    found = draft.before.catalog.objects.get((op.kind, QName("", op.name.name)), draft.before.moment)
    return found is not None and any(draft.resolve(relation) in found.relations for relation in op.relations)


def statistics_unfit(op: ops.CreateObject, name: QName, draft: Draft) -> bool:
    """statscmds.c: CreateStatistics takes tables and materialized views."""
    if op.kind != "statistics":
        return False
    return any(_kind(draft.resolve(relation), draft) in ("view", "index", "sequence") for relation in op.relations)


def publication_unfit(op: ops.CreateObject, name: QName, draft: Draft) -> str | None:
    """publicationcmds.c: CreatePublication, parse_publication_options, check_simple_rowfilter_expr."""
    if op.kind != "publication":
        return None
    for key, value in op.details:
        columns = value.split(", ")
        if key.startswith("of ") and len(set(columns)) < len(columns):
            return "42710"
        if key == "schema" and draft.no_schema(value):
            return "3F000"
        if key == "publish" and not {v.strip() for v in value.split(",")} <= _PUBLISHED:
            return "42601"
        told = key in _PUBLICATION_DETAILS or key.startswith(("of ", "where of "))
        if not told and _PUBLICATION_OPTIONS.get(key, 99) > draft.major:
            return "42601"
    for _, condition in op.conditions:
        judged = functions.volatility(condition, draft.before, draft.context.server, draft.path)
        if judged in ("stable", "volatile"):
            return "0A000"
    return None


_PUBLISHED = frozenset(["insert", "update", "delete", "truncate", ""])
_PUBLICATION_OPTIONS = {"publish": 12, "publish_via_partition_root": 13, "publish_generated_columns": 18}
_PUBLICATION_DETAILS = frozenset(["schema", "for_all_tables", "kind", "action"])


def statistics_twice(op: ops.CreateObject, name: QName, draft: Draft) -> bool:
    columns = [c for c in dict(op.details).get("columns", "").split(", ") if c] if op.kind == "statistics" else []
    return len(set(columns)) < len(columns)


def too_few_for_statistics(op: ops.CreateObject, name: QName, draft: Draft) -> bool:
    """statscmds.c: CreateStatistics; a single expression will do."""
    written = dict(op.details).get("columns") if op.kind == "statistics" else None
    return written is not None and written != "" and "," not in written


def column_of_object_missing(op: ops.CreateObject, name: QName, draft: Draft) -> bool:
    """The columns of extended statistics, and those that a publication lists."""
    if op.kind not in ("statistics", "publication") or not draft.complete():
        return False
    for key, value in op.details:
        owner = key[3:] if key.startswith("of ") else None
        if owner is None and key != "columns":
            continue
        tables = [r for r in op.relations if owner is None or r.name == owner]
        table = draft.before.table(draft.resolve(tables[0])) if tables else None
        columns = [c for c in value.split(", ") if c]
        if table is not None and table.known and any(table.column(c) is None for c in columns):
            return True
    return False


def _kind(name: QName, draft: Draft) -> str:
    found = draft.before.relation(name)
    return found.kind if found is not None and not found.maybe else ""


def expression_statistics(op: ops.CreateObject, name: QName, draft: Draft) -> bool:
    """statscmds.c: CreateStatistics: only columns before release 14."""
    columns = dict(op.details).get("columns") if op.kind == "statistics" else None
    return columns is not None and "" in columns.split(", ")


PUBLICATIONS: tuple[Refusal, ...] = (
    Refusal(ops.CreateObject, 12, 13, "0A000", "only simple column references are allowed in CREATE STATISTICS",
            expression_statistics, "statscmds.c: CreateStatistics; release 14"),
    Refusal(ops.CreateObject, 12, 18, "22023", "only permanent tables can be published", published_unfit,
            "pg_publication.c: check_publication_add_relation"),
    Refusal(ops.AlterObject, 12, 18, "22023", "only permanent tables can be published", published_unfit,
            "pg_publication.c: check_publication_add_relation"),
    Refusal(ops.AlterObject, 12, 18, "42710", "relation is already member of publication", published_already,
            "pg_publication.c: publication_add_relation"),
    Refusal(ops.CreateObject, 12, 18, "42809", "statistics are of tables", statistics_unfit, "statscmds.c"),
    Refusal(ops.CreateObject, 12, 18, "42701", "duplicate column name in statistics definition", statistics_twice,
            "statscmds.c: CreateStatistics"),
    Refusal(ops.CreateObject, 12, 18, "", "publication is not valid", publication_unfit, "publicationcmds.c"),
    Refusal(ops.CreateObject, 12, 18, "42P17", "extended statistics require at least 2 columns", too_few_for_statistics,
            "statscmds.c: CreateStatistics"),
    Refusal(ops.CreateObject, 12, 18, "42703", "column does not exist", column_of_object_missing, "statscmds.c"),
)  # fmt: skip
