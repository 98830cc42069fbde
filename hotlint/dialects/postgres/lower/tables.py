"""CREATE TABLE."""

from __future__ import annotations

from typing import Any

from hotlint.dialects.postgres.lower.constraints import column, constraint
from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.expressions import expression, expressions
from hotlint.dialects.postgres.lower.indexes import elements
from hotlint.dialects.postgres.lower.names import Node, options, persistence, relation_name, type_name
from hotlint.operations import AnyOperation, Bound, ColumnDef, ConstraintDef, CreateTable, Expr, Name, PartitionKey

# parsenodes.h: TableLikeOption
_LIKE = (
    "comments",
    "compression",
    "constraints",
    "defaults",
    "generated",
    "identity",
    "indexes",
    "statistics",
    "storage",
)
_LIKE_ALL = 0x7FFFFFFF

_ON_COMMIT: dict[str, Any] = {"ONCOMMIT_DELETE_ROWS": "delete", "ONCOMMIT_DROP": "drop"}
_STRATEGIES: dict[str, Any] = {
    "PARTITION_STRATEGY_LIST": "list",
    "PARTITION_STRATEGY_RANGE": "range",
    "PARTITION_STRATEGY_HASH": "hash",
}


def create_table(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    """CreateStmt."""
    return (CreateTable(**table_parts(node)),)


def create_foreign_table(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    """CreateForeignTableStmt, which wraps a CreateStmt."""
    parts = table_parts(node["base"])
    parts["foreign_server"] = node.get("servername", "")
    parts["options"] = options(node.get("options"))
    return (CreateTable(**parts),)


def table_parts(node: Node) -> dict[str, Any]:
    """The fields of a CreateTable that a CreateStmt gives."""
    relation = node["relation"]
    parts: dict[str, Any] = {"relation": relation_name(relation)}
    columns: list[ColumnDef] = []
    constraints: list[ConstraintDef] = []
    likes: list[tuple[Name, tuple[str, ...]]] = []
    places: list[int] = []
    for item in node.get("tableElts", ()):
        for tag, body in item.items():
            if tag == "ColumnDef":
                columns.append(column(body))
            elif tag == "Constraint":
                found = constraint(body)
                if found is not None:
                    constraints.append(found)
            elif tag == "TableLikeClause":
                places.append(len(columns))
                likes.append((relation_name(body["relation"]), _like_options(body.get("options", 0))))
    if columns:
        parts["columns"] = tuple(columns)
    if constraints:
        parts["constraints"] = tuple(constraints)
    if likes:
        parts["like"] = tuple(likes)
        if any(places):
            parts["like_at"] = tuple(places)
    if "if_not_exists" in node:
        parts["if_not_exists"] = True
    if relation.get("relpersistence", "p") != "p" or "schemaname" in relation:
        parts["persistence"] = persistence(relation)
    _ancestry(node, parts)
    _storage(node, parts)
    return parts


def _like_options(mask: int) -> tuple[str, ...]:
    if mask & _LIKE_ALL == _LIKE_ALL:
        return ("all",)
    return tuple([name for bit, name in enumerate(_LIKE) if mask & 1 << bit])


def _ancestry(node: Node, parts: dict[str, Any]) -> None:
    """Parents, partition bounds and keys."""
    parents = [relation_name(item["RangeVar"]) for item in node.get("inhRelations", ())]
    if "partbound" in node:
        parts["partition_of"] = parents[0]
        parts["bound"] = bound(node["partbound"])
    elif parents:
        parts["inherits"] = tuple(parents)
    if "partspec" in node:
        spec = node["partspec"]
        strategy = _STRATEGIES.get(spec.get("strategy", ""), "range")
        parts["partition_by"] = PartitionKey(strategy, elements(spec.get("partParams")))


def _storage(node: Node, parts: dict[str, Any]) -> None:
    if "ofTypename" in node:
        type = type_name(node["ofTypename"])
        parts["of_type"] = Name(type.name, type.schema)
    if "accessMethod" in node:
        parts["access_method"] = node["accessMethod"]
    if "tablespacename" in node:
        parts["tablespace"] = node["tablespacename"]
    if "options" in node:
        parts["options"] = options(node["options"])
    on_commit = _ON_COMMIT.get(node.get("oncommit", ""))
    if on_commit is not None:
        parts["on_commit"] = on_commit


def bound(node: Node) -> Bound:
    """PartitionBoundSpec."""
    if "is_default" in node:
        return Bound(default=True)
    if node.get("strategy") == "h":
        return Bound(modulus=node.get("modulus", 0), remainder=node.get("remainder", 0))
    if "listdatums" in node:
        return Bound(values=expressions(node["listdatums"]))
    return Bound(lower=_datums(node.get("lowerdatums")), upper=_datums(node.get("upperdatums")))


_INFINITE = frozenset(["minvalue", "maxvalue"])


def _datums(nodes: list[Node] | None) -> tuple[Expr | None, ...]:
    """MINVALUE and MAXVALUE arrive as names of columns (parse_utilcmd.c: transformPartitionRangeBounds)."""
    found: list[Expr | None] = []
    for node in nodes or ():
        value = expression(node)
        infinite = value.kind == "column" and value.name is None and value.value in _INFINITE
        found.append(None if infinite else value)
    return tuple(found)
