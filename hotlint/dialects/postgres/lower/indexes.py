"""CREATE INDEX, REINDEX, and the keys of indexes, exclusion constraints and partitioned tables."""

from __future__ import annotations

from typing import Any

from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.expressions import expression, optional
from hotlint.dialects.postgres.lower.names import Node, dotted, flag, options, relation_name
from hotlint.operations import AnyOperation, CreateIndex, IndexElement, Name, Reindex

_NULLS: dict[str, Any] = {"SORTBY_NULLS_FIRST": "first", "SORTBY_NULLS_LAST": "last"}


def elements(nodes: list[Node] | None) -> tuple[IndexElement, ...]:
    """IndexElem and PartitionElem nodes."""
    return tuple([_element(body) for node in nodes or () for body in node.values()])


def _element(node: Node) -> IndexElement:
    name = node.get("name")
    nulls = _NULLS.get(node.get("nulls_ordering", ""), "default")
    descending = node.get("ordering") == "SORTBY_DESC"
    if name is not None and not descending and nulls == "default" and "opclass" not in node and "collation" not in node:
        return IndexElement(name)
    return IndexElement(
        name,
        expression(node["expr"]) if "expr" in node else None,
        dotted(node["opclass"]) if "opclass" in node else None,
        dotted(node["collation"]) if "collation" in node else None,
        descending,
        nulls,
    )


def create_index(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    """IndexStmt."""
    relation = node["relation"]
    return (
        CreateIndex(
            relation=relation_name(relation),
            only="inh" not in relation,
            index=node.get("idxname"),
            elements=elements(node.get("indexParams")),
            unique="unique" in node,
            concurrently="concurrent" in node,
            if_not_exists="if_not_exists" in node,
            method=node.get("accessMethod", "btree"),
            include=tuple([item["IndexElem"].get("name", "") for item in node.get("indexIncludingParams", ())]),
            where=optional(node.get("whereClause")),
            nulls_not_distinct="nulls_not_distinct" in node,
            tablespace=node.get("tableSpace"),
            options=options(node.get("options")),
        ),
    )


_REINDEX: dict[str, Any] = {
    "REINDEX_OBJECT_INDEX": "index",
    "REINDEX_OBJECT_TABLE": "table",
    "REINDEX_OBJECT_SCHEMA": "schema",
    "REINDEX_OBJECT_SYSTEM": "system",
    "REINDEX_OBJECT_DATABASE": "database",
}


def reindex(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    """ReindexStmt; ``CONCURRENTLY`` is an option in both syntaxes."""
    name = relation_name(node["relation"]) if "relation" in node else Name(node["name"]) if "name" in node else None
    target = _REINDEX.get(node.get("kind", ""), "index")
    written = options(node.get("params"))
    words = tuple([item["DefElem"]["defname"] for item in node.get("params", ()) if _in_parentheses(item, context)])
    return (Reindex(target=target, name=name, concurrently=flag(written, "concurrently"), options=words),)


def _in_parentheses(item: Node, context: LowerContext) -> bool:
    """Whether an option stands in the list of options: ``(CONCURRENTLY)``, not the key word."""
    location = item["DefElem"].get("location", -1)
    return location > 0 and context.encoded[:location].rstrip()[-1:] in (b"(", b",")
