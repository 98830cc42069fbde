"""Statements that read, change, copy, lock or maintain rows."""

from __future__ import annotations

from typing import Any

from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.names import Node, flag, options, relation_name, strings
from hotlint.dialects.postgres.lower.queries import delete, insert, merge, query, update
from hotlint.dialects.postgres.lower.session import set_config
from hotlint.dialects.postgres.lower.views import select_into
from hotlint.operations import Analyze, AnyOperation, Cluster, Copy, LockTable, Name, Select, Truncate, Vacuum

Operations = tuple[AnyOperation, ...]


def select(node: Node, context: LowerContext) -> Operations:
    """SelectStmt: a query, SELECT INTO, or nothing but calls of set_config()."""
    leftmost = node
    while "larg" in leftmost:
        leftmost = leftmost["larg"]
    if "intoClause" in leftmost:
        return (select_into(node),)
    settings = set_config(node)
    if settings:
        return settings
    return (Select(query=query({"SelectStmt": node}, runs=True)),)


def insert_statement(node: Node, context: LowerContext) -> Operations:
    """InsertStmt."""
    return (insert(node),)


def update_statement(node: Node, context: LowerContext) -> Operations:
    """UpdateStmt."""
    return (update(node),)


def delete_statement(node: Node, context: LowerContext) -> Operations:
    """DeleteStmt."""
    return (delete(node),)


def merge_statement(node: Node, context: LowerContext) -> Operations:
    """MergeStmt."""
    return (merge(node),)


_WRITERS: dict[str, Any] = {"InsertStmt": insert, "UpdateStmt": update, "DeleteStmt": delete, "MergeStmt": merge}


def executed(node: Node) -> Operations:
    """What a query node inside another statement does when that runs it (COPY, EXPLAIN ANALYZE, a cursor)."""
    for tag, body in node.items():
        if tag in _WRITERS:
            return (_WRITERS[tag](body),)
    return (Select(query=query(node, runs=True)),)


def copy(node: Node, context: LowerContext) -> Operations:
    """CopyStmt; of a query it is that query."""
    if "query" in node:
        return executed(node["query"])
    source: Any = "program" if "is_program" in node else "file" if "filename" in node else "stdin"
    return (
        Copy(
            relation=relation_name(node["relation"]),
            direction="from" if "is_from" in node else "to",
            columns=strings(node.get("attlist")),
            source=source,
        ),
    )


def truncate(node: Node, context: LowerContext) -> Operations:
    """TruncateStmt: one operation per table."""
    cascade = node.get("behavior") == "DROP_CASCADE"
    restart = "restart_seqs" in node
    return tuple(
        [
            Truncate(
                relation=relation_name(item["RangeVar"]),
                only="inh" not in item["RangeVar"],
                cascade=cascade,
                restart_identity=restart,
            )
            for item in node["relations"]
        ]
    )


# lockdefs.h
_MODES = {
    1: "ACCESS SHARE",
    2: "ROW SHARE",
    3: "ROW EXCLUSIVE",
    4: "SHARE UPDATE EXCLUSIVE",
    5: "SHARE",
    6: "SHARE ROW EXCLUSIVE",
    7: "EXCLUSIVE",
    8: "ACCESS EXCLUSIVE",
}


def lock(node: Node, context: LowerContext) -> Operations:
    """LockStmt: one operation per table."""
    mode = _MODES[node["mode"]]
    relations = [item["RangeVar"] for item in node["relations"]]
    return tuple(
        [
            LockTable(relation=relation_name(item), only="inh" not in item, mode=mode, nowait="nowait" in node)
            for item in relations
        ]
    )


def vacuum(node: Node, context: LowerContext) -> Operations:
    """VacuumStmt, which is ANALYZE too: one operation per table, or one for the whole database."""
    pairs = options(node.get("options"))
    relations = [item["VacuumRelation"] for item in node.get("rels", ())]
    if "is_vacuumcmd" not in node:
        if not relations:
            return (Analyze(),)
        return tuple(
            [
                Analyze(
                    relation=relation_name(item["relation"]),
                    columns=strings(item.get("va_cols")),
                    only="inh" not in item["relation"],
                )
                for item in relations
            ]
        )
    parts: dict[str, Any] = {
        "full": flag(pairs, "full"),
        "analyze": flag(pairs, "analyze") or flag(pairs, "analyse"),
        "freeze": flag(pairs, "freeze"),
        "skip_locked": flag(pairs, "skip_locked"),
        "options": tuple([pair for pair in pairs if pair[0] not in _VACUUM_FIELDS]),
    }
    if not relations:
        return (Vacuum(**parts),)
    return tuple(
        [
            Vacuum(
                relation=relation_name(item["relation"]),
                only="inh" not in item["relation"],
                columns=strings(item.get("va_cols")),
                **parts,
            )
            for item in relations
        ]
    )


_VACUUM_FIELDS = frozenset(["full", "analyze", "analyse", "freeze", "skip_locked"])


def cluster(node: Node, context: LowerContext) -> Operations:
    """ClusterStmt."""
    name: Name | None = relation_name(node["relation"]) if "relation" in node else None
    return (Cluster(relation=name, index=node.get("indexname")),)


def declare_cursor(node: Node, context: LowerContext) -> Operations:
    """DeclareCursorStmt: its query holds its locks from here on."""
    return executed(node["query"])


def explain_analyzes(node: Node) -> bool:
    """Whether an ExplainStmt runs its statement."""
    return flag(options(node.get("options")), "analyze")
