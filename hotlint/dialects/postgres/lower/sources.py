"""Which relations a query draws its rows from: where one of them is empty, so is its result.

Only what the query's form decides counts: inner joins, the row-giving side of outer ones, what WHERE asks to be there.
"""

from __future__ import annotations

from collections.abc import Iterable

from hotlint.dialects.postgres.lower.names import Node, dotted, relation_name
from hotlint.operations import Name

Branches = tuple[tuple[Name, ...], ...]
"""Per branch of a UNION, the relations that must all have rows for it to give any; () of nothing that can be told."""

_ANY: Branches = ((),)

# pg_aggregate.dat: without GROUP BY they give a row for no rows.
_AGGREGATES = frozenset(
    (
        *("count", "sum", "min", "max", "avg", "every", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor"),
        *("array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "xmlagg"),
        *("json_agg_strict", "jsonb_agg_strict", "json_object_agg_unique", "jsonb_object_agg_unique", "any_value"),
        *("range_agg", "range_intersect_agg", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp"),
        *("corr", "covar_pop", "covar_samp", "mode", "percentile_cont", "percentile_disc", "rank", "dense_rank"),
        *(
            "percent_rank",
            "cume_dist",
            "regr_count",
            "regr_slope",
            "regr_intercept",
            "regr_r2",
            "regr_avgx",
            "regr_avgy",
        ),
    )
)


def sources(node: Node) -> Branches:
    """The sources of a query node (``{"SelectStmt": …}`` and the like); () where a branch may give rows of nothing."""
    return _told(_sources(node, {}))


def sources_beside(body: Node) -> Branches:
    """The sources of an UPDATE or DELETE besides its target: its FROM or USING, and what its WHERE asks for."""
    return _told((_beside(body, {}),))


def _told(branches: Branches) -> Branches:
    return branches if all(branches) else ()


def _sources(node: Node, ctes: dict[str, Branches]) -> Branches:
    for tag, body in node.items():
        if tag == "SelectStmt":
            return _select(body, ctes)
        if tag in ("UpdateStmt", "DeleteStmt"):
            return ((relation_name(body["relation"]), *_beside(body, ctes)),)
        if tag == "InsertStmt" and "selectStmt" in body:
            return _select(body["selectStmt"]["SelectStmt"], _with(body, ctes))
    return _ANY


def _beside(body: Node, ctes: dict[str, Branches]) -> tuple[Name, ...]:
    known = _with(body, ctes)
    items = [*body.get("fromClause", ()), *body.get("usingClause", ())]
    return (*_from(items, known), *_wanted(body.get("whereClause"), known))


def _select(body: Node, ctes: dict[str, Branches]) -> Branches:
    known = _with(body, ctes)
    if "larg" in body:
        left, right = _select(body["larg"], known), _select(body["rarg"], known)
        if body.get("op") == "SETOP_UNION":
            return (*left, *right)
        both = body.get("op") == "SETOP_INTERSECT" and len(left) == len(right) == 1
        return ((*left[0], *right[0]),) if both else left
    if "valuesLists" in body or "fromClause" not in body:
        return _ANY
    if "groupClause" not in body and _aggregates(body):
        return _ANY
    return ((*_from(body["fromClause"], known), *_wanted(body.get("whereClause"), known)),)


def _with(body: Node, ctes: dict[str, Branches]) -> dict[str, Branches]:
    """The CTEs that a statement sees; of a recursive one nothing is told."""
    clause = body.get("withClause")
    if clause is None:
        return ctes
    known = dict(ctes)
    for item in clause.get("ctes", ()):
        cte = item["CommonTableExpr"]
        known[cte["ctename"]] = _ANY if "recursive" in clause else _sources(cte["ctequery"], known)
    return known


def _from(items: Iterable[Node], ctes: dict[str, Branches]) -> tuple[Name, ...]:
    """The relations of a FROM list without whose rows it gives none."""
    return tuple([name for item in items for name in _item(item, ctes)])


def _item(item: Node, ctes: dict[str, Branches]) -> tuple[Name, ...]:
    relation, join, below = item.get("RangeVar"), item.get("JoinExpr"), item.get("RangeSubselect")
    if relation is not None:
        name = relation_name(relation)
        return _single(ctes[name.name]) if name.schema is None and name.name in ctes else (name,)
    if below is not None:
        return _single(_sources(below["subquery"], ctes))
    if join is None:
        return ()
    kind = join.get("jointype", "JOIN_INNER")
    left = _item(join["larg"], ctes) if kind in ("JOIN_INNER", "JOIN_LEFT") else ()
    right = _item(join["rarg"], ctes) if kind in ("JOIN_INNER", "JOIN_RIGHT") else ()
    return (*left, *right)


def _single(branches: Branches) -> tuple[Name, ...]:
    """What is needed of one branch; of several, none of them is needed by itself."""
    return branches[0] if len(branches) == 1 else ()


def _wanted(where: Node | None, ctes: dict[str, Branches]) -> tuple[Name, ...]:
    """What EXISTS and IN with a subquery, joined by AND, want to be there."""
    if where is None:
        return ()
    joined = where.get("BoolExpr")
    if joined is not None and joined.get("boolop") == "AND_EXPR":
        return tuple([name for part in joined["args"] for name in _wanted(part, ctes)])
    link = where.get("SubLink")
    if link is not None and link.get("subLinkType") in ("EXISTS_SUBLINK", "ANY_SUBLINK"):
        return _single(_sources(link["subselect"], ctes))
    return ()


def _aggregates(body: Node) -> bool:
    """Whether a SELECT may make one row of none: an aggregate in it, or a call that could be one."""
    return "havingClause" in body or any(map(_may_aggregate, body.get("targetList", ())))


def _may_aggregate(node: object) -> bool:
    if isinstance(node, list):
        return any(map(_may_aggregate, node))
    if not isinstance(node, dict):
        return False
    call = node.get("FuncCall")
    if call is not None and "over" not in call:
        name = dotted(call["funcname"])
        if {"agg_star", "agg_distinct", "agg_filter", "agg_order", "agg_within_group"} & call.keys():
            return True
        if name.name in _AGGREGATES or name.schema not in (None, "pg_catalog"):
            return True
    return any(_may_aggregate(value) for key, value in node.items() if key != "SubLink")
