"""Volatility of functions and expressions, as the server's planner judges it.

The facts are the server's own, for each version: ``data/functions.json``, written by ``tools/generate_functions.py``,
for functions and operators; the casts of ``types``. User functions come from the history. What decides is the
expression after planning (clauses.c: contain_volatile_functions, contain_mutable_functions over expression_planner): a
literal with a type is a constant already (``'2024-01-01'::timestamptz`` is immutable), and a call of a simple SQL
function is its body (clauses.c: inline_function), so that ``DEFAULT f()`` where f, VOLATILE by omission, is
``SELECT 1`` does not rewrite a table (measured on 12 to 18).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from hotlint.catalog.catalog import Reader
from hotlint.catalog.names import QName
from hotlint.catalog.records import Function
from hotlint.dialects.postgres.procedures import OperatorRow, Overload, Procedures, procedures
from hotlint.dialects.postgres.types.coercion import CannotTell, pathway
from hotlint.dialects.postgres.types.names import Resolved, resolve
from hotlint.dialects.postgres.types.tables import tables
from hotlint.operations import Expr, TypeName
from hotlint.server import Server

Volatility = Literal["immutable", "stable", "volatile"]
Span = tuple[int, int]  # the least and the most volatile that it can be: 0 immutable, 1 stable, 2 volatile

_WORDS: tuple[Volatility, ...] = ("immutable", "stable", "volatile")
_LEVEL = {"i": 0, "s": 1, "v": 2, "immutable": 0, "stable": 1, "volatile": 2}
_IMMUTABLE, _STABLE, _ANY = (0, 0), (1, 1), (0, 2)
_NOT_VOLATILE = (0, 1)


def volatility(
    expr: Expr,
    catalog: Reader,
    server: Server,
    search_path: tuple[str, ...],
    columns: Mapping[str, TypeName] | None = None,
) -> Volatility | None:
    """The worst volatility of any part of the expression after planning; None where it cannot be known: a function
    that neither the server nor the history has, or an operator whose operands' types decide.

    ``columns`` are the types of the columns that the expression may name.
    """
    low, high = _Judge(catalog, server, search_path, columns or {}).judge(expr)
    return _WORDS[low] if low == high else None


def volatile(expr: Expr, catalog: Reader, server: Server, search_path: tuple[str, ...]) -> bool | None:
    """Whether the expression is volatile after planning, which is what makes ADD COLUMN … DEFAULT rewrite the table
    (tablecmds.c: ATExecAddColumn); None where it cannot be known."""
    if expr.kind in _LEAVES:
        return False
    low, high = _Judge(catalog, server, search_path, {}).judge(expr)
    return True if low == 2 else False if high < 2 else None


def exists(name: str, server: Server) -> bool:
    """Whether version ``server.major`` has a built-in function of that name (``gen_random_uuid`` since 13)."""
    return name in procedures(server.major).built_in or name in _SPECIAL


# Forms of the grammar that look like calls. SQL value functions are stable (clauses.c: contain_mutable_functions).
_SPECIAL: dict[str, Span] = {
    **dict.fromkeys(("coalesce", "greatest", "least", "nullif", "grouping"), _IMMUTABLE),
    **dict.fromkeys(
        (
            "current_date",
            "current_time",
            "current_timestamp",
            "localtime",
            "localtimestamp",
            "current_role",
            "current_user",
            "user",
            "session_user",
            "current_catalog",
            "current_schema",
        ),
        _STABLE,
    ),
}
_SPECIAL_TYPES = {
    "current_date": "date",
    "current_time": "timetz",
    "current_timestamp": "timestamptz",
    "localtime": "time",
    "localtimestamp": "timestamp",
}
_LEAVES = frozenset(["null", "string", "number", "bool", "bits", "column", "parameter"])
# The operators behind the tests of the grammar; LIKE and its kin are immutable for every type.
_TEST_OPERATORS = {
    "in": "=",
    "not in": "<>",
    "is distinct from": "=",
    "is not distinct from": "=",
    "between": ">=",
    "not between": "<",
    "between symmetric": ">=",
    "not between symmetric": "<",
}
_LITERAL = "unknown"  # the type of a string or NULL to which nothing has given one yet
_ARRAY = "[]"  # the type of any array
_TEXTS = frozenset(["varchar", "bpchar", "name"])
_MOST_INLINED = 8  # deeper calls of SQL functions in SQL functions are left unknown


class _Judge:
    """One question: the expression's surroundings."""

    __slots__ = ("catalog", "columns", "depth", "known", "path", "server")

    def __init__(self, catalog: Reader, server: Server, path: tuple[str, ...], columns: Mapping[str, TypeName]) -> None:
        self.catalog = catalog
        self.server = server
        self.path = path
        self.columns = columns
        self.known: Procedures = procedures(server.major)
        self.depth = 0

    def judge(self, expr: Expr) -> Span:
        handler = _BY_KIND.get(expr.kind)
        span = handler(self, expr) if handler is not None else _IMMUTABLE
        return self.worst(span, expr.args) if expr.args else span

    def worst(self, span: Span, args: tuple[Expr, ...]) -> Span:
        for arg in args:
            if arg.kind not in _LEAVES:
                low, high = self.judge(arg)
                span = max(span[0], low), max(span[1], high)
        return span

    # -- calls

    def call(self, expr: Expr) -> Span:
        name = expr.name
        if name is None:
            return _ANY
        schema, word = name.schema, name.name
        if schema is None and word in _SPECIAL:
            return _SPECIAL[word]
        found: list[Span] = []
        if schema is None or schema == "pg_catalog":
            letters = self.known.built_in.get(word)
            if letters is not None:
                found.append(_LEVELS[letters] if len(letters) == 1 else self.overload(word, expr.args))
        schemas = self.path if schema is None else (schema,)
        for each in schemas:
            found.extend(self.user(f) for f in self.catalog.functions(QName(each, word)) if _takes(f, len(expr.args)))
        if not found:
            found = self.extension(word)
        return _either(found)

    def overload(self, name: str, args: tuple[Expr, ...]) -> Span:
        """A built-in whose overloads differ: those that fit the number and, where they are known, types of ``args``."""
        types = [self.type(arg) for arg in args]
        fits = [o for o in self.known.overloads[name] if o.least <= len(args) <= o.most]
        exact = [o for o in fits if len(o.types) >= len(types) and all(map(_fits, types, o.types))]
        # A bare literal is taken for text where a text is among the choices (parse_func.c: func_select_candidate).
        texts = [o for o in exact if all(t != _LITERAL or w == "text" for t, w in zip(types, o.types, strict=False))]
        exact = texts or exact or self.implicit(fits, types)
        return _either([_LEVELS[o.volatility] for o in exact or fits])

    def implicit(self, fits: list[Overload], types: list[str | None]) -> list[Overload]:
        """Those that the arguments are cast to by themselves; of several, those with a preferred type of its kind
        (``date_trunc`` of a date is that of a timestamptz)."""
        known = tables(self.server.major)

        def becomes(given: str | None, wanted: str) -> bool:
            cast = known.casts.get((given or "", wanted))
            return _fits(given, wanted) or (cast is not None and cast.context == "i")

        found = [o for o in fits if len(o.types) >= len(types) and all(map(becomes, types, o.types))]
        if len(found) < 2:
            return found
        preferred = [o for o in found if any(t in known.types and known.types[t].preferred for t in o.types[1:])]
        return preferred or found

    def extension(self, name: str) -> list[Span]:
        """The extensions that have such a function; one that the history made settles it."""
        owners = self.known.extensions.get(name, ())
        made = [letters for owner, letters in owners if self.catalog.extension(owner) is not None]
        return [_letters(letters) for letters in made or [letters for _, letters in owners]]

    def user(self, function: Function) -> Span:
        declared = _LEVEL[function.volatility]
        if declared == 0 or function.language != "sql":
            return declared, declared
        body = inlined(function)
        if body is None:
            return declared, declared
        if (body.kind == "other" and body.value == "unknown") or self.depth >= _MOST_INLINED:
            return 0, declared
        self.depth += 1
        low, high = self.judge(body)
        self.depth -= 1
        # A body that is worse than what its function says is not inlined; a strict one only under conditions.
        return min(low, declared), declared if function.strict else min(high, declared)

    # -- operators and casts

    def operator(self, expr: Expr) -> Span:
        return self.operate(expr.value or "", expr.args)

    def operate(self, operator: str, args: tuple[Expr, ...]) -> Span:
        fits = self.candidates(operator, args)
        if any(r.left == "anynonarray" or r.right == "anynonarray" for r in fits):
            return self.joined(args, fits)
        return _either([_LEVELS[r.volatility] for r in fits]) if fits else _IMMUTABLE

    def joined(self, args: tuple[Expr, ...], fits: list[OperatorRow]) -> Span:
        """Text || anything: an SQL function that is inlined, so what counts is the cast of the other operand."""
        if any(r.left == r.right for r in fits):
            return _NOT_VOLATILE
        text = TypeName("text")
        return self.worst(_IMMUTABLE, tuple(Expr("cast", args=(a,), type=text) for a in args))

    def candidates(self, operator: str, args: tuple[Expr, ...]) -> list[OperatorRow]:
        """The operators of that name that the operands may mean; none where all of the name are immutable."""
        rows = self.known.operators.get(operator, [])
        right = self.type(args[-1])
        left = self.type(args[0]) if len(args) > 1 else ""
        fits = [r for r in rows if _fits(left, r.left) and _fits(right, r.right)]
        # A bare literal is first taken for the type of the other operand (parse_oper.c: binary_oper_exact).
        if left and right and _LITERAL in (left, right):
            other = right if left == _LITERAL else left
            left = right = "text" if other in _TEXTS or other == _LITERAL else other
        exact = [r for r in fits if r.left == left and r.right == right]
        return exact or fits

    def test(self, expr: Expr) -> Span:
        word = expr.value or ""
        operator = _TEST_OPERATORS.get(word) or word.removesuffix(" any").removesuffix(" all")
        span = _IMMUTABLE
        for other in expr.args[1:]:
            low, high = self.operate(operator, (expr.args[0], other))
            span = max(span[0], low), max(span[1], high)
        return span

    def cast(self, expr: Expr) -> Span:
        arg, to = expr.args[0], expr.type
        if to is None or arg.kind in ("string", "null"):
            return _IMMUTABLE  # the literal is read when the statement is parsed (parse_coerce.c: coerce_type)
        target = resolve(to, self.catalog, self.server, self.path)
        if target is None:
            return _ANY
        if arg.kind == "array" and to.dimensions:  # each element is cast by itself (parse_expr.c: transformArrayExpr)
            element = TypeName(to.name, to.schema)
            return self.worst(_IMMUTABLE, tuple(Expr("cast", args=(a,), type=element) for a in arg.args))
        if target.category == "S" and not to.dimensions and _is_array(arg):
            return _STABLE  # array_out
        name = self.type(arg)
        source = resolve(TypeName(name), self.catalog, self.server, self.path) if name else None
        if source is None:
            return _NOT_VOLATILE
        return self.conversion(source.bottom, target.bottom)

    def conversion(self, source: Resolved, target: Resolved) -> Span:
        major = self.server.major
        try:
            way = pathway(source, target, "e", major)
        except CannotTell:
            return _ANY
        known = tables(major)
        if way in ("function", "zone"):
            return _LEVELS[known.casts[source.name, target.name].volatility]
        if way == "io":
            writes = known.text_io.get(source.name, "ii")[1] if source.kind == "base" else "s"
            reads = known.text_io.get(target.name, "ii")[0] if target.kind == "base" else "s"
            return max(_LEVELS[writes], _LEVELS[reads])
        if way == "array" and source.element and target.element:
            return self.conversion(source.element.bottom, target.element.bottom)
        return _IMMUTABLE

    # -- types

    def type(self, expr: Expr) -> str | None:
        """The plain name of the expression's type, ``unknown`` for a bare literal, None where it is not told."""
        kind = expr.kind
        if _is_array(expr):
            return _ARRAY
        if kind == "string" or kind == "null":
            return _LITERAL
        if kind == "number":
            return "int4" if (expr.value or "").isdigit() else "numeric"
        if kind == "cast":
            return expr.type.name if expr.type is not None else None
        if kind == "column":
            column = self.columns.get(expr.value or "")
            return column.name if column is not None and not column.dimensions else None
        if kind == "call" and expr.name is not None:
            return _SPECIAL_TYPES.get(expr.name.name) or self.known.returns.get(expr.name.name)
        if kind == "operator":
            return self.result(expr)
        return "bool" if kind in ("bool", "and", "or", "not", "is_null", "is_not_null", "test") else None

    def result(self, expr: Expr) -> str | None:
        results = {r.result for r in self.candidates(expr.value or "", expr.args)}
        return results.pop() if len(results) == 1 else None


def _other(judge: _Judge, expr: Expr) -> Span:
    """XML, JSON and named arguments: the parts tell; nothing of the grammar itself is volatile."""
    return _IMMUTABLE if expr.value == "=>" else _NOT_VOLATILE


_BY_KIND: dict[str, Callable[[_Judge, Expr], Span]] = {
    "call": _Judge.call,
    "operator": _Judge.operator,
    "cast": _Judge.cast,
    "test": _Judge.test,
    "subquery": lambda judge, expr: _ANY,
    "other": _other,
}
_LEVELS: dict[str, Span] = {"i": _IMMUTABLE, "s": _STABLE, "v": (2, 2)}


def _letters(letters: str) -> Span:
    return _either([_LEVELS[letter] for letter in letters])


def _either(spans: list[Span]) -> Span:
    """What one of them is, not knowing which; nothing is known of none."""
    if not spans:
        return _ANY
    return min(s[0] for s in spans), max(s[1] for s in spans)


def _fits(given: str | None, wanted: str) -> bool:
    """Whether an operand may be taken for ``wanted``: exactly, as a literal, as text, or as any type."""
    if given is None or given == wanted or (given == _LITERAL and wanted):
        return True
    if given == _ARRAY:
        return wanted.endswith("array") and wanted != "anynonarray"
    if given in _TEXTS:
        return wanted == "text"
    if wanted.endswith("array"):
        return wanted == "anynonarray" and given not in ("", "text")
    return wanted.startswith("any") and given not in ("", "text")


def _is_array(expr: Expr) -> bool:
    return expr.kind == "array" or (expr.kind == "cast" and expr.type is not None and expr.type.dimensions > 0)


def _takes(function: Function, count: int) -> bool:
    inputs = [a for a in function.arguments if a.mode in ("in", "inout", "variadic")]
    if inputs and inputs[-1].mode == "variadic":
        return count >= len(inputs) - 1
    return sum(a.default is None for a in inputs) <= count <= len(inputs)


_UNKNOWN_BODY = Expr("other", "unknown")


def inlined(function: Function) -> Expr | None:
    """The expression that the planner puts in the place of a call, None where the call stays (clauses.c:
    inline_function): one SELECT of one value and nothing else, in a function without settings, SECURITY DEFINER or a
    row type."""
    returns = function.returns
    if function.kind != "function" or function.security_definer or function.settings:
        return None
    if returns is None or returns.setof or returns.name in ("record", "void"):
        return None
    from pglast import parser

    from hotlint.dialects.postgres.lower.expressions import expression

    text = function.body.strip()
    if text[:7].lower() == "return ":
        text = "SELECT " + text[7:]
    try:
        statements = msgspec.json.decode(parser.parse_sql_json(text)).get("stmts", ())
    except parser.ParseError:
        return _UNKNOWN_BODY
    if len(statements) != 1:
        return None
    select = statements[0]["stmt"].get("SelectStmt")
    if select is None or len(select.get("targetList", ())) != 1 or not select.keys() <= _BARE_SELECT:
        return None
    return expression(select["targetList"][0]["ResTarget"]["val"])


_BARE_SELECT = frozenset(["targetList", "limitOption", "op"])
