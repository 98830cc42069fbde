"""What the columns of a query's result are called."""

from __future__ import annotations

from hotlint.dialects.postgres.lower.names import Node, strings

UNNAMED = "?column?"

# parse_target.c: FigureColnameInternal
_FIXED = {
    "GroupingFunc": "grouping",
    "MergeSupportFunc": "merge_action",
    "A_ArrayExpr": "array",
    "RowExpr": "row",
    "CoalesceExpr": "coalesce",
    "XmlSerialize": "xmlserialize",
    "JsonParseExpr": "json",
    "JsonScalarExpr": "json_scalar",
    "JsonSerializeExpr": "json_serialize",
    "JsonObjectConstructor": "json_object",
    "JsonArrayConstructor": "json_array",
    "JsonArrayQueryConstructor": "json_array",
    "JsonObjectAgg": "json_objectagg",
    "JsonArrayAgg": "json_arrayagg",
}
_BY_OPERATION = {
    "MinMaxExpr": "IS_",
    "XmlExpr": "IS_",
    "SQLValueFunction": "SVFOP_",
    "JsonFuncExpr": "",
}


def output_names(select: Node) -> tuple[str, ...]:
    """The names of a SelectStmt's result columns; ``"*"`` for each star. A set operation has those of its left side."""
    while "larg" in select:
        select = select["larg"]
    if "valuesLists" in select:
        first = select["valuesLists"][0]["List"].get("items", ())
        return tuple([f"column{number}" for number in range(1, len(first) + 1)])
    return tuple([_target_name(node["ResTarget"]) for node in select.get("targetList", ())])


def _target_name(target: Node) -> str:
    name: str | None = target.get("name")
    return name if name is not None else column_name(target.get("val", {}))


def column_name(node: Node) -> str:
    """The name that the server gives a result column that has no AS."""
    return _figure(node)[0] or UNNAMED


def _figure(node: Node) -> tuple[str | None, int]:
    """The name and its strength, 0 to 2: a type's name and ``case`` give way to a column's or a function's."""
    for tag, body in node.items():
        if tag in _FIXED:
            return _FIXED[tag], 2
        if tag == "ColumnRef":
            last = body["fields"][-1].get("String")
            return (last.get("sval", "") if last is not None else "*"), 2
        if tag == "FuncCall":
            return strings(body["funcname"])[-1], 2
        if tag == "TypeCast":
            found = _figure(body["arg"])
            return found if found[1] > 1 else (strings(body["typeName"]["names"])[-1], 1)
        if tag == "CaseExpr":
            found = _figure(body.get("defresult", {}))
            return found if found[1] > 1 else ("case", 1)
        if tag == "CollateClause":
            return _figure(body.get("arg", {}))
        if tag == "A_Indirection":
            return _figure_indirection(body)
        if tag == "SubLink":
            return _figure_subquery(body)
        if tag == "A_Expr":
            return ("nullif", 2) if body["kind"] == "AEXPR_NULLIF" else (None, 0)
        if tag in _BY_OPERATION:
            word = body.get("op", "").removeprefix(_BY_OPERATION[tag]).removesuffix("_N").removesuffix("_OP").lower()
            return (word, 2) if word != "document" else (None, 0)
    return None, 0


def _figure_indirection(body: Node) -> tuple[str | None, int]:
    for node in reversed(body.get("indirection", ())):
        if "String" in node:
            return node["String"].get("sval", ""), 2
        if "A_Star" in node:
            return "*", 2
    return _figure(body["arg"])


def _figure_subquery(body: Node) -> tuple[str | None, int]:
    kind = body["subLinkType"]
    if kind == "EXISTS_SUBLINK":
        return "exists", 2
    if kind == "ARRAY_SUBLINK":
        return "array", 2
    if kind == "EXPR_SUBLINK":
        names = output_names(body["subselect"].get("SelectStmt", {}))
        return (names[0], 2) if names else (None, 0)
    return None, 0
