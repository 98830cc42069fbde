"""Views, materialized views, and tables made from a query."""

from __future__ import annotations

from typing import Any

from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.names import Node, options, persistence, relation_name, strings
from hotlint.dialects.postgres.lower.queries import query
from hotlint.operations import AnyOperation, CreateTableAs, CreateView, RefreshMaterializedView

_CHECK_OPTIONS: dict[str, Any] = {"LOCAL_CHECK_OPTION": "local", "CASCADED_CHECK_OPTION": "cascaded"}


def create_view(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    """ViewStmt. ``WITH (check_option = …)`` says what WITH CHECK OPTION says."""
    view = node["view"]
    pairs = options(node.get("options"))
    check: Any = _CHECK_OPTIONS.get(node.get("withCheckOption", "")) or dict(pairs).get("check_option")
    return (
        CreateView(
            relation=relation_name(view),
            query=query(node["query"], text=True),
            columns=strings(node.get("aliases")),
            replace="replace" in node,
            temporary=persistence(view) == "temporary",
            options=pairs,
            check_option=check if check in ("local", "cascaded") else None,
        ),
    )


def create_table_as(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    """CreateTableAsStmt."""
    kind = "materialized view" if node.get("objtype") == "OBJECT_MATVIEW" else "table"
    return (_into(node["into"], node["query"], kind, "if_not_exists" in node),)


def select_into(node: Node) -> AnyOperation:
    """A SelectStmt with INTO; in a set operation the INTO stands in the leftmost query."""
    leftmost = node
    while "larg" in leftmost:
        leftmost = leftmost["larg"]
    return _into(leftmost["intoClause"], {"SelectStmt": node}, "table", False)


def _into(into: Node, source: Node, kind: Any, if_not_exists: bool) -> CreateTableAs:
    relation = into["rel"]
    return CreateTableAs(
        relation=relation_name(relation),
        query=query(source, text=True),
        kind=kind,
        columns=strings(into.get("colNames")),
        with_data="skipData" not in into,
        if_not_exists=if_not_exists,
        persistence=persistence(relation),
    )


def refresh(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    """RefreshMatViewStmt."""
    return (
        RefreshMaterializedView(
            relation=relation_name(node["relation"]),
            concurrently="concurrent" in node,
            with_data="skipData" not in node,
        ),
    )
