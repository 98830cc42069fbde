"""Expression nodes → ``Expr``, normalised so that equal trees are the same expression.

AND and OR are flat; the special forms of the grammar (``coalesce``, ``greatest``, ``current_date`` …) are calls; what
has no kind of its own is ``other`` with the parser's word and, where its parts do not tell all, a digest of the node.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from hotlint.dialects.postgres.lower.names import Node, dotted, strings, type_name
from hotlint.digest import blake2b
from hotlint.operations import Expr, ExprKind, Name

# Only the numbers go, with as much of their keys as makes the pattern begin with a letter that the search can look for.
_LOCATION = re.compile(rb'l(?:ocation|ist_start|ist_end)":-?\d+')
_encode = msgspec.json.Encoder().encode


def digest(node: Any) -> str:
    """A text that is equal for equal trees, wherever they stand."""
    return blake2b(_LOCATION.sub(b"", _encode(node)), digest_size=12).hexdigest()


def expression(node: Node) -> Expr:
    """Any expression node. A missing one (``{}``) is ``other``, empty."""
    for tag, body in node.items():
        handler = _HANDLERS.get(tag)
        return handler(body) if handler is not None else _other(tag, body)
    return _NOTHING


def optional(node: Node | None) -> Expr | None:
    """The expression, or None where the statement has none."""
    return expression(node) if node else None


def expressions(nodes: list[Node] | None) -> tuple[Expr, ...]:
    """Each of a list."""
    return tuple([expression(node) for node in nodes]) if nodes else ()


_NOTHING = Expr("other", "")
_STAR = Expr("column", "*")
_NULL = Expr("null")
_TRUE = Expr("bool", "true")
_FALSE = Expr("bool", "false")


def _constant(body: Node) -> Expr:
    for key, value in body.items():
        if key == "sval":
            return Expr("string", value.get("sval", ""))
        if key == "ival":
            return Expr("number", str(value.get("ival", 0)))
        if key == "boolval":
            return _TRUE if value.get("boolval") else _FALSE
        if key == "fval":
            return Expr("number", value.get("fval", ""))
        if key == "isnull":
            return _NULL
        if key == "bsval":
            return Expr("bits", value.get("bsval", ""))
    return _NULL


def column_parts(fields: list[Node]) -> tuple[Name | None, str]:
    """The qualifier and the column of a ColumnRef; ``"*"`` stands for the star."""
    last = fields[-1].get("String")
    column = last.get("sval", "") if last is not None else "*"
    if len(fields) == 1:
        return None, column
    if len(fields) == 2:
        return Name(fields[0]["String"].get("sval", "")), column
    return dotted(fields[:-1]), column


def _column(body: Node) -> Expr:
    qualifier, column = column_parts(body["fields"])
    return Expr("column", column, qualifier)


def _sides(body: Node) -> tuple[Expr, ...]:
    """Both operands; a list on the right is spread."""
    args = [expression(body["lexpr"])] if "lexpr" in body else []
    right = body.get("rexpr")
    if right is not None:
        items = right.get("List")
        if items is None:
            args.append(expression(right))
        else:
            args.extend([expression(item) for item in items.get("items", ())])
    return tuple(args)


# The words of A_Expr's kinds; where two are given, the operator's name tells which (gram.y: a_expr).
_TESTS: dict[str, tuple[str, str]] = {
    "AEXPR_DISTINCT": ("is distinct from", "is distinct from"),
    "AEXPR_NOT_DISTINCT": ("is not distinct from", "is not distinct from"),
    "AEXPR_IN": ("in", "not in"),
    "AEXPR_LIKE": ("like", "not like"),
    "AEXPR_ILIKE": ("ilike", "not ilike"),
    "AEXPR_SIMILAR": ("similar to", "not similar to"),
    "AEXPR_BETWEEN": ("between", "between"),
    "AEXPR_NOT_BETWEEN": ("not between", "not between"),
    "AEXPR_BETWEEN_SYM": ("between symmetric", "between symmetric"),
    "AEXPR_NOT_BETWEEN_SYM": ("not between symmetric", "not between symmetric"),
}


def _operator(body: Node) -> Expr:
    kind = body["kind"]
    operator = strings(body.get("name"))[-1]
    if kind == "AEXPR_OP":
        return Expr("operator", operator, None, _sides(body))
    if kind == "AEXPR_NULLIF":
        return Expr("call", None, Name("nullif"), _sides(body))
    if kind == "AEXPR_OP_ANY":
        return Expr("test", f"{operator} any", None, _sides(body))
    if kind == "AEXPR_OP_ALL":
        return Expr("test", f"{operator} all", None, _sides(body))
    plain, negated = _TESTS[kind]
    return Expr("test", negated if operator.startswith(("!", "<>")) else plain, None, _sides(body))


_BOOLEAN: dict[str, ExprKind] = {"AND_EXPR": "and", "OR_EXPR": "or", "NOT_EXPR": "not"}


def _boolean(body: Node) -> Expr:
    kind = _BOOLEAN[body["boolop"]]
    args: list[Expr] = []
    for node in body["args"]:
        arg = expression(node)
        if arg.kind == kind and kind != "not":
            args.extend(arg.args)
        else:
            args.append(arg)
    return Expr(kind, None, None, tuple(args))


def _null_test(body: Node) -> Expr:
    kind: ExprKind = "is_null" if body["nulltesttype"] == "IS_NULL" else "is_not_null"
    return Expr(kind, None, None, (expression(body["arg"]),))


def _boolean_test(body: Node) -> Expr:
    word = body["booltesttype"].replace("_", " ").lower()
    return Expr("test", word, None, (expression(body["arg"]),))


_CALL_EXTRAS = ("agg_order", "agg_filter", "over", "agg_within_group")


def _call(body: Node) -> Expr:
    args = expressions(body.get("args"))
    if "agg_star" in body:
        args = (_STAR,)
    for extra in _CALL_EXTRAS:
        if extra in body:
            args = (*args, Expr("other", f"{extra} {digest(body[extra])}"))
    value = "distinct" if "agg_distinct" in body else "variadic" if "func_variadic" in body else None
    return Expr("call", value, dotted(body["funcname"]), args)


def _cast(body: Node) -> Expr:
    return Expr("cast", None, None, (expression(body["arg"]),), type_name(body["typeName"]))


def _subquery(body: Node) -> Expr:
    kind = body["subLinkType"][: -len("_SUBLINK")].lower()
    operator = "".join(strings(body.get("operName"))[-1:])
    args = (expression(body["testexpr"]),) if "testexpr" in body else ()
    return Expr("subquery", f"{kind}{operator} {digest(body['subselect'])}", None, args)


def _case(body: Node) -> Expr:
    args: list[Expr] = []
    if "arg" in body:
        args.append(expression(body["arg"]))
    for node in body.get("args", ()):
        branch = node["CaseWhen"]
        args.append(expression(branch["expr"]))
        args.append(expression(branch["result"]))
    if "defresult" in body:
        args.append(expression(body["defresult"]))
    return Expr("case", "simple" if "arg" in body else None, None, tuple(args))


def _indirection(body: Node) -> Expr:
    result = expression(body["arg"])
    for node in body.get("indirection", ()):
        if "A_Indices" in node:
            indices = node["A_Indices"]
            bounds = [expression(indices[key]) if key in indices else _NOTHING for key in ("lidx", "uidx")]
            if "is_slice" in indices:
                result = Expr("subscript", "slice", None, (result, *bounds))
            else:
                result = Expr("subscript", None, None, (result, bounds[1]))
        else:
            result = Expr("field", node["String"].get("sval", "") if "String" in node else "*", None, (result,))
    return result


def _collate(body: Node) -> Expr:
    args = (expression(body["arg"]),) if "arg" in body else ()
    return Expr("collate", ".".join(strings(body.get("collname"))), None, args)


def _value_function(body: Node) -> Expr:
    word = body["op"].removeprefix("SVFOP_").removesuffix("_N").lower()
    precision = body.get("typmod", 0)
    args = (Expr("number", str(precision)),) if body["op"].endswith("_N") else ()
    return Expr("call", None, Name(word), args)


def _min_max(body: Node) -> Expr:
    word = body.get("op", "IS_GREATEST").removeprefix("IS_").lower()
    return Expr("call", None, Name(word), expressions(body.get("args")))


def _named_argument(body: Node) -> Expr:
    return Expr("other", "=>", Name(body.get("name", "")), (expression(body["arg"]),))


def _other(tag: str, body: Any) -> Expr:
    args: list[Expr] = []
    if isinstance(body, dict):
        for value in body.values():
            for node in value if isinstance(value, list) else (value,):
                if isinstance(node, dict) and any(key in _HANDLERS for key in node):
                    args.append(expression(node))
    return Expr("other", f"{tag} {digest(body)}", None, tuple(args))


_HANDLERS: dict[str, Callable[[Node], Expr]] = {
    "A_Const": _constant,
    "ColumnRef": _column,
    "FuncCall": _call,
    "TypeCast": _cast,
    "A_Expr": _operator,
    "BoolExpr": _boolean,
    "NullTest": _null_test,
    "BooleanTest": _boolean_test,
    "SQLValueFunction": _value_function,
    "A_ArrayExpr": lambda body: Expr("array", None, None, expressions(body.get("elements"))),
    "RowExpr": lambda body: Expr("row", None, None, expressions(body.get("args"))),
    "CoalesceExpr": lambda body: Expr("call", None, Name("coalesce"), expressions(body.get("args"))),
    "GroupingFunc": lambda body: Expr("call", None, Name("grouping"), expressions(body.get("args"))),
    "MinMaxExpr": _min_max,
    "CaseExpr": _case,
    "SubLink": _subquery,
    "ParamRef": lambda body: Expr("parameter", str(body.get("number", 0))),
    "A_Indirection": _indirection,
    "CollateClause": _collate,
    "NamedArgExpr": _named_argument,
    "SetToDefault": lambda body: Expr("other", "default"),
    "List": lambda body: Expr("row", None, None, expressions(body.get("items"))),
}
