"""Expressions and columns back to SQL, for fixes. Where the reduced form has lost something, the answer is None: a fix
is whole or absent."""

from __future__ import annotations

from collections.abc import Callable

from hotlint.catalog.names import quote
from hotlint.dialects.postgres.types.names import format_type
from hotlint.operations import ColumnDef, Expr, Name

_WORDS = frozenset(
    (
        *("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_role"),
        *("current_user", "user", "session_user", "current_catalog", "current_schema"),
    )
)
"""Functions that are written without parentheses (gram.y, func_expr_common_subexpr); a precision goes in them."""

_SERIAL = {"int2": "smallserial", "int4": "serial", "int8": "bigserial"}


def render_expression(expression: Expr) -> str | None:
    """The expression as SQL, with more parentheses than a person would write; None where it cannot be told."""
    render = _RENDERERS.get(expression.kind)
    return None if render is None else render(expression)


def render_column(column: ColumnDef, *, default: bool = True, not_null: bool = True) -> str | None:
    """Name, type, collation, default and NOT NULL of a column; ``default`` and ``not_null`` leave theirs out.

    None for what this cannot say: inline constraints, identity, generated and typed columns, and expressions that are
    reduced too far.
    """
    if column.type is None or column.constraints or column.identity or column.generated is not None:
        return None
    type = _SERIAL.get(column.type.name) if column.serial else None
    parts = [quote(column.name), type or format_type(column.type)]
    if column.collation is not None:
        parts += ["COLLATE", _name(column.collation)]
    if default and column.default is not None:
        value = render_expression(column.default)
        if value is None:
            return None
        parts += ["DEFAULT", value]
    if not_null and column.not_null:
        parts.append("NOT NULL")
    return " ".join(parts)


def _name(name: Name) -> str:
    return quote(name.name) if name.schema is None else f"{quote(name.schema)}.{quote(name.name)}"


def _all(expressions: tuple[Expr, ...]) -> list[str] | None:
    """All of them as operands, or None where one cannot be told."""
    rendered = [_operand(e) for e in expressions]
    return [r for r in rendered if r is not None] if None not in rendered else None


_ATOMS = frozenset(("null", "string", "number", "bool", "bits", "column", "parameter", "call", "cast"))


def _operand(expression: Expr) -> str | None:
    text = render_expression(expression)
    return text if text is None or expression.kind in _ATOMS else f"({text})"


def _string(e: Expr) -> str:
    text = (e.value or "").replace("'", "''")
    return f"'{text}'"


def _bits(e: Expr) -> str:
    value = e.value or "b"
    return f"{value[0]}'{value[1:]}'"


def _column(e: Expr) -> str:
    column = "*" if e.value == "*" else quote(e.value or "")
    return column if e.name is None else f"{_name(e.name)}.{column}"


def _call(e: Expr) -> str | None:
    if e.name is None or e.value is not None:  # DISTINCT, VARIADIC
        return None
    args = _list(e.args)
    word = e.name.name if e.name.schema is None else ""
    if args is None:
        return None
    if word in _WORDS:
        return f"{word}({args})" if args else word
    name = word if word in ("coalesce", "greatest", "least", "nullif", "grouping") else _name(e.name)
    return f"{name}({args})"


def _list(expressions: tuple[Expr, ...]) -> str | None:
    rendered = [render_expression(e) for e in expressions]
    return None if None in rendered else ", ".join(r for r in rendered if r is not None)


def _cast(e: Expr) -> str | None:
    inner = _operand(e.args[0])
    return None if inner is None or e.type is None else f"{inner}::{format_type(e.type)}"


def _operator(e: Expr) -> str | None:
    args = _all(e.args)
    return None if args is None else f"{e.value} {args[0]}" if len(args) == 1 else f"{args[0]} {e.value} {args[1]}"


def _joined(word: str) -> Callable[[Expr], str | None]:
    def render(e: Expr) -> str | None:
        args = _all(e.args)
        return None if args is None else f" {word} ".join(args)

    return render


def _around(before: str, after: str) -> Callable[[Expr], str | None]:
    def render(e: Expr) -> str | None:
        inner = _operand(e.args[0])
        return None if inner is None else f"{before}{inner}{after}"

    return render


def _test(e: Expr) -> str | None:
    args, word = _all(e.args), e.value or ""
    if args is None:
        return None
    if word in ("in", "not in"):
        return f"{args[0]} {word.upper()} ({', '.join(args[1:])})"
    if "between" in word:
        return f"{args[0]} {word.upper()} {args[1]} AND {args[2]}"
    if word.startswith("is ") and len(args) == 1:
        return f"{args[0]} {word.upper()}"
    if word.endswith((" any", " all")) and len(args) == 2:
        operator, _, quantifier = word.rpartition(" ")
        return f"{args[0]} {operator} {quantifier.upper()} ({args[1]})"
    return f"{args[0]} {word.upper()} {args[1]}" if len(args) == 2 else None


def _array(e: Expr) -> str | None:
    args = _list(e.args)
    return None if args is None else f"ARRAY[{args}]"


_RENDERERS: dict[str, Callable[[Expr], str | None]] = {
    "null": lambda e: "NULL",
    "string": _string,
    "number": lambda e: e.value,
    "bool": lambda e: e.value,
    "bits": _bits,
    "column": _column,
    "parameter": lambda e: f"${e.value}",
    "call": _call,
    "cast": _cast,
    "operator": _operator,
    "and": _joined("AND"),
    "or": _joined("OR"),
    "not": _around("NOT ", ""),
    "is_null": _around("", " IS NULL"),
    "is_not_null": _around("", " IS NOT NULL"),
    "test": _test,
    "array": _array,
}
"""By kind of expression. What is not here (CASE, subqueries, subscripts, collations, anything else) is not rendered."""
