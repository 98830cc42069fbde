"""Parts of queries that are read without walking into them."""

from __future__ import annotations

from collections.abc import Iterable

from hotlint.dialects.postgres.lower.expressions import column_parts, expression
from hotlint.dialects.postgres.lower.names import Node, strings
from hotlint.dialects.postgres.lower.outputs import output_names
from hotlint.operations import Expr


def only_relations(items: Iterable[Node], scope: frozenset[str]) -> bool:
    """Whether a FROM names relations and joins of them alone, each column of which goes by its own name."""
    for item in items:
        relation, join = item.get("RangeVar"), item.get("JoinExpr")
        if relation is not None:
            if relation["relname"] in scope or "colnames" in relation.get("alias", ()):
                return False
        elif join is None or _MERGING & join.keys() or not only_relations((join["larg"], join["rarg"]), scope):
            return False
    return True


_MERGING = frozenset(["isNatural", "usingClause", "alias"])
"""What gives a join columns of its own."""


def bare_column(node: Node) -> str:
    """The name that ORDER BY or GROUP BY consists of, which may be that of a result column; else a text no name has."""
    reference = node.get("SortBy", {}).get("node", node).get("ColumnRef")
    if reference is None or len(reference["fields"]) != 1:
        return "\0"
    return column_parts(reference["fields"])[1]


def texts(rows: list[Node]) -> tuple[tuple[str, ...], ...]:
    """The distinct text constants of each column of VALUES."""
    found: list[dict[str, None]] = []
    for row in rows:
        for at, item in enumerate(row["List"].get("items", ())):
            if at == len(found):
                found.append({})
            constant = item.get("A_Const")
            if constant is not None and "sval" in constant:
                found[at][constant["sval"].get("sval", "")] = None
    return tuple([tuple(column) for column in found]) if any(found) else ()


def assigned(target: Node) -> Expr:
    """The value that a SET gives one column; of ``(a, b) = (1, 2)`` its part."""
    value = target.get("val", {})
    several = value.get("MultiAssignRef")
    if "indirection" in target:
        return Expr("other", "indirection", None, (expression(value),))
    if several is None:
        return expression(value)
    row = several["source"].get("RowExpr")
    if row is not None:
        return expression(row["args"][several["colno"] - 1])
    return Expr("other", f"MultiAssignRef {several['colno']}", None, (expression(several["source"]),))


def result_names(query: Node) -> tuple[str, ...] | None:
    """The names of the columns that a subquery gives, those of stars left out; None of a statement that writes, whose
    stars are its target's."""
    select = query.get("SelectStmt")
    if select is None:
        return None
    leftmost = select
    while "larg" in leftmost:
        leftmost = leftmost["larg"]
    names = output_names(select)
    if "targetList" not in leftmost:
        return names
    # A column without an alias is one of a relation, and goes by the name that it has there.
    targets = [node["ResTarget"] for node in leftmost["targetList"]]
    return tuple([n for n, t in zip(names, targets, strict=True) if "name" in t or "ColumnRef" not in t.get("val", {})])


def source_names(item: Node) -> tuple[str, ...] | None:
    """The words that something in FROM brings with it, beside the columns of relations: its alias, what the alias calls
    the columns, and what a subquery gives. None where they cannot be told, as the columns of most functions."""
    found: list[str] = []
    alias = item.get("alias")
    if alias is not None:
        found += [alias["aliasname"], *strings(alias.get("colnames"))]
    if "subquery" in item:
        names = result_names(item["subquery"])
        return None if names is None else (*found, *names)
    if "functions" in item:
        for function in item["functions"]:
            call = function["List"]["items"][0].get("FuncCall")
            name = strings(call["funcname"])[-1] if call is not None else ""
            if name not in _OF_ONE_COLUMN or "coldeflist" in item:
                return None
            found.append(name)
        found.append("ordinality")
    return tuple(found)


def whole_columns(query: Node) -> tuple[str, ...] | None:
    """All columns of a subquery; None where a star or a writing statement gives them."""
    select = query.get("SelectStmt")
    names = output_names(select) if select is not None else ("*",)
    return None if "*" in names else names


def derived_columns(item: Node) -> tuple[str, ...] | None:
    """All columns of a subquery in FROM; None of anything else, and where its alias names them."""
    if "subquery" not in item or "colnames" in item.get("alias", {}):
        return None
    return whole_columns(item["subquery"])


UPDATABLE = frozenset(["targetList", "fromClause", "whereClause", "sortClause", "lockingClause", "limitOption", "op"])
"""The parts of a SELECT through which rows can be written (rewriteHandler.c: view_query_is_auto_updatable)."""

_OF_ONE_COLUMN = frozenset(["generate_series", "generate_subscripts", "regexp_split_to_table", "string_to_table"])
"""Functions in FROM that give one column of their own name; ``unnest`` of composites gives theirs."""
