"""What the server's parser says of an expression: its type, or the error with which it is refused (parse_expr.c).

An expression is walked as the server walks it, arguments first, so that of several errors the same comes first. What is
not known has no type, and nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from hotlint.dialects.postgres.impact.coercing import (
    Refused,
    boolean,
    coerced,
    collatable,
    collation_missing,
    read_literal,
    written,
)
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.overloads import LITERAL, Choice, Given, choose, functions, named, operators
from hotlint.dialects.postgres.signatures import signatures
from hotlint.dialects.postgres.types.defaults import number_type
from hotlint.dialects.postgres.types.modifiers import modifier_error
from hotlint.dialects.postgres.types.names import array_of, resolve
from hotlint.operations import Expr, Name, TypeName


class Scope(NamedTuple):
    """Where an expression stands. ``columns`` are those that it may name, None where they are not all known;
    ``relations`` the names that may stand before them, None for any. ``twice`` are columns of several relations."""

    place: str
    columns: Mapping[str, TypeName | None] | None = None
    relations: frozenset[str] | None = None
    twice: frozenset[str] = frozenset()


SYSTEM_COLUMNS = frozenset(["tableoid", "xmin", "xmax", "cmin", "cmax", "ctid"])
# parse_expr.c: transformSubLink; parse_agg.c: check_agglevels_and_constraints.
_SUBQUERIES = frozenset(["select", "where", "policy"])
_CHECKED = frozenset(["check", "generated"])  # expressions of which only tableoid among the system columns is part


def analyse(expr: Expr, scope: Scope, draft: Draft) -> Given:
    """The type of the expression, ``LITERAL`` for a bare string or NULL, None where it is not told.

    Raises:
        Refused: where the server surely refuses it.
    """
    return _Walk(scope, draft).of(expr)


_VALUES = {
    "current_date": "date",
    "current_time": "timetz",
    "current_timestamp": "timestamptz",
    "localtime": "time",
    "localtimestamp": "timestamp",
    **dict.fromkeys(("current_role", "current_user", "user", "session_user"), "name"),
    **dict.fromkeys(("current_catalog", "current_schema"), "name"),
}  # fmt: skip
_COMMON = frozenset(["coalesce", "greatest", "least"])


class _Walk:
    """One expression being analysed."""

    __slots__ = ("draft", "major", "scope")

    def __init__(self, scope: Scope, draft: Draft) -> None:
        self.scope = scope
        self.draft = draft
        self.major = draft.major

    def of(self, expr: Expr) -> Given:
        handler = _HANDLERS.get(expr.kind)
        if handler is not None:
            return handler(self, expr)
        for arg in expr.args:
            self.of(arg)
        return self.plain(_PLAIN.get(expr.kind))

    def plain(self, name: str | None) -> Given:
        return named(name, self.major) if name is not None else None

    def type(self, type: TypeName) -> Given:
        return resolve(type, self.draft.after, self.draft.context.server, self.draft.path)

    # -- columns

    def column(self, expr: Expr) -> Given:
        scope, column = self.scope, expr.value or ""
        if column == "*":
            return None
        if scope.place == "default":
            raise Refused("0A000")
        if expr.name is not None and scope.relations is not None and expr.name.name not in scope.relations:
            raise Refused("42P01")
        if column in scope.twice and expr.name is None:
            raise Refused("42702")
        if column in SYSTEM_COLUMNS:
            if scope.place in _CHECKED and column != "tableoid":
                raise Refused("42P10")
            return None
        if scope.columns is None:
            return None
        if column not in scope.columns:
            if column in (scope.relations or ()) or not self.draft.complete():
                return None  # a whole row
            raise Refused("42703")
        type = scope.columns[column]
        return self.type(type) if type is not None and (expr.name is None or column not in scope.twice) else None

    # -- calls

    def call(self, expr: Expr) -> Given:
        name = expr.name
        given = [self.of(arg) for arg in expr.args if not _clause(arg)]
        if name is None:
            return None
        if name.schema is None and name.name in _VALUES:
            return self.plain(_VALUES[name.name])
        if name.schema is None and name.name in _COMMON:
            return self.common(given, expr.args)
        if name.schema is None and name.name in ("nullif", "grouping"):
            return given[0] if name.name == "nullif" and given[0] is not LITERAL else None
        if expr.args and expr.args[0] == _STAR:
            given = []
        if any(arg.kind == "other" and arg.value == "=>" for arg in expr.args) or expr.value == "variadic":
            return None
        over = any(_clause(arg) and (arg.value or "").startswith("over") for arg in expr.args)
        return self.chosen(name, expr, given, over)

    def chosen(self, name: Name, expr: Expr, given: list[Given], over: bool) -> Given:
        choices = functions(name, len(given), self.draft)
        fits = choose(choices, given, self.major)
        if not fits:
            self.no_function(name, given)
            return None
        kinds = {c.kind for c in fits}
        if kinds == {"p"} and self.scope.place != "call":
            raise Refused("42809")
        if over and self.scope.place != "select":
            raise Refused("42P20")
        if kinds == {"a"} and not over and self.scope.place != "select":
            raise Refused("42803")
        if all(c.rows for c in fits) and self.scope.place != "select":
            raise Refused("0A000")
        if kinds == {"w"} and not over:
            raise Refused("42809")
        if len(fits) == 1:
            self.settle(expr.args, given, fits[0])
        return _agreed(fits)

    def settle(self, args: tuple[Expr, ...], given: list[Given], choice: Choice) -> None:
        """Bare literals become what the function takes."""
        for arg, one, wanted in zip(args, given, choice.takes, strict=False):
            if one is LITERAL and arg.kind == "string" and wanted is not None:
                name = wanted if isinstance(wanted, str) else wanted.name
                if not name.startswith("any") and not name.endswith("[]"):
                    read_literal(arg, TypeName(name), self.draft)

    def no_function(self, name: Name, given: list[Given]) -> None:
        """A call of one argument may be a cast, or a column of a composite (parse_func.c: func_get_detail)."""
        if not self.draft.complete() or name.schema in ("pg_toast", "information_schema"):
            return
        if name.schema == "pg_catalog" and name.name not in signatures(self.major).functions:
            return
        if len(given) == 1 and (given[0] is None or given[0].kind == "composite" or self.type(TypeName(name.name))):
            return
        raise Refused("42883")

    def common(self, given: list[Given], args: tuple[Expr, ...] = ()) -> Given:
        """The type that all of them become (parse_coerce.c: select_common_type)."""
        if len(args) == len(given) and len({g.name for g in given if g is not None and g is not LITERAL}) == 1:
            own = next((g for g in given if g is not None and g is not LITERAL), None)
            if own is not None and None not in given and own.kind != "array":
                for arg, one in zip(args, given, strict=True):
                    if one is LITERAL and arg.kind == "string":
                        read_literal(arg, written(own), self.draft)
        told = [g for g in given if g is not LITERAL]
        if given and not told:
            return self.plain("text")
        if not told or any(g is None for g in told):
            return None
        categories = {g.bottom.category for g in told if g is not None}
        if len(categories) > 1 and not any(g is not None and g.kind in ("pseudo",) for g in told):
            raise Refused("42804")
        names = {g.bottom.name for g in told if g is not None}
        return told[0] if len(names) == 1 else None

    # -- operators

    def operator(self, expr: Expr) -> Given:
        return self.operate(expr.value or "", list(expr.args), [self.of(arg) for arg in expr.args])

    def operate(self, operator: str, args: list[Expr], given: list[Given]) -> Given:
        """parse_oper.c: oper, left_oper. A literal is first taken for the type of the other operand."""
        if any(g is not None and (g.kind == "composite" or (g.kind == "pseudo" and g is not LITERAL)) for g in given):
            return None
        if operator in _EQUALITIES and self.enums(args, given):
            return self.plain("bool")
        choices = operators(operator, len(given) > 1, self.major)
        if not choices or None in given:
            if not choices and self.draft.complete() and not self.draft.has_objects("operator"):
                raise Refused("42883")
            return _agreed(choices)
        other = next((g for g in given if g is not LITERAL), None)
        if other is not None and LITERAL in given:
            same = [c for c in choices if all(t == other.bottom.name for t in c.takes)]
            if len(same) == 1:
                self.settle(tuple(args), given, Choice((other.name,) * len(args), None))
                return same[0].gives
        fits = choose(choices, given, self.major)
        if not fits:
            if self.draft.complete() and not self.draft.has_objects("operator") and all(_plain_type(g) for g in given):
                raise Refused("42883")
            return None
        if len(fits) == 1:
            self.settle(tuple(args), given, fits[0])
        return _agreed(fits)

    def enums(self, args: list[Expr], given: list[Given]) -> bool:
        """A literal beside an enum is one of its labels."""
        own = next((g for g in given if g is not None and g.bottom.kind == "enum"), None)
        if own is None or LITERAL not in given:
            return False
        for arg, one in zip(args, given, strict=True):
            if one is LITERAL and arg.kind == "string":
                read_literal(arg, written(own.bottom), self.draft)
        return True

    def test(self, expr: Expr) -> Given:
        word = expr.value or ""
        given = [self.of(arg) for arg in expr.args]
        if word.startswith("is ") and len(given) == 1:
            if word not in ("is unknown", "is not unknown") or given[0] is not LITERAL:
                boolean(given[0], expr.args[0], self.draft)
        elif word in _TEST_OPERATORS and _COMPARED_ROWS.isdisjoint(a.kind for a in expr.args):
            for operator, other, one in zip(_operators_of(word, len(given)), expr.args[1:], given[1:], strict=False):
                self.operate(operator, [expr.args[0], other], [given[0], one])
        elif word.endswith((" any", " all")) and len(given) == 2:
            array, left = given[1], given[0]
            if array is LITERAL and left is not None and left is not LITERAL and left.kind != "array":
                own = written(left.bottom)
                read_literal(expr.args[1], TypeName(own.name, own.schema, dimensions=1), self.draft)
            if array is not None and array is not LITERAL and array.bottom.element is None:
                raise Refused("42809")
            if array is not None and array is not LITERAL:
                self.operate(word.rpartition(" ")[0], list(expr.args), [given[0], array.bottom.element])
        return self.plain("bool")

    def logic(self, expr: Expr) -> Given:
        for arg in expr.args:
            boolean(self.of(arg), arg, self.draft)
        return self.plain("bool")

    # -- the rest

    def cast(self, expr: Expr) -> Given:
        to, arg = expr.type, expr.args[0]
        if to is None:
            return None
        if self.draft.no_type(to):
            raise Refused("42704")
        target = self.type(to)
        error = modifier_error(to, target, self.major)
        if error is not None:
            raise Refused(error)
        if arg.kind == "array" and to.dimensions:
            for item in arg.args:
                self.cast(Expr("cast", args=(item,), type=TypeName(to.name, to.schema, to.modifiers)))
            return target
        given = self.of(arg)
        if given is LITERAL and arg.kind == "string":
            read_literal(arg, to, self.draft)
        if not coerced(given, target, "e", self.draft):
            raise Refused("42846")
        return target

    def subquery(self, expr: Expr) -> Given:
        if self.scope.place not in _SUBQUERIES:
            raise Refused("0A000")
        for arg in expr.args:
            self.of(arg)
        word = (expr.value or "").split(" ")[0]
        return self.plain("bool") if word.startswith(("exists", "any", "all")) else None

    def case(self, expr: Expr) -> Given:
        given = [self.of(arg) for arg in expr.args]
        first = 1 if expr.value == "simple" else 0
        whens = range(first, len(given) - (len(given) - first) % 2, 2)
        for at in whens if not first else ():
            boolean(given[at], expr.args[at], self.draft)
        results = [given[at + 1] for at in whens]
        if (len(given) - first) % 2:
            results.append(given[-1])
        return self.common(results)

    def array(self, expr: Expr) -> Given:
        found = self.common([self.of(arg) for arg in expr.args])
        return array_of(found) if found is not None and found.kind != "array" else None

    def subscript(self, expr: Expr) -> Given:
        given = [self.of(arg) for arg in expr.args if arg.value != ""]
        if expr.value == "slice":
            return given[0]
        if given[0] is not None and given[0].kind == "base" and given[0].bottom.name in _NEVER_SUBSCRIPTED:
            raise Refused("42804")
        return given[0].bottom.element if given[0] is not None else None

    def collate(self, expr: Expr) -> Given:
        given = [self.of(arg) for arg in expr.args]
        schema, _, name = (expr.value or "").rpartition(".")
        if collation_missing(Name(name, schema or None), self.draft):
            raise Refused("42704")
        if given and given[0] is not None and given[0] is not LITERAL and not collatable(given[0]):
            raise Refused("42804")
        return given[0] if given else None


_NEVER_SUBSCRIPTED = frozenset(
    ["int2", "int4", "int8", "numeric", "bool", "text", "varchar", "date", "timestamp", "timestamptz", "uuid", "bytea"]
)
_PLAIN = {
    "bool": "bool",
    "bits": "bit",
    "is_null": "bool",
    "is_not_null": "bool",
}  # fmt: skip
_EQUALITIES = frozenset(["=", "<>", "<", ">", "<=", ">="])
_STAR = Expr("column", "*")
_COMPARED_ROWS = frozenset(["row", "subquery"])
_TEST_OPERATORS = {
    "in": ("=",),
    "not in": ("<>",),
    "is distinct from": ("=",),
    "is not distinct from": ("=",),
    "between": (">=", "<="),
    "not between": ("<", ">"),
    "like": ("~~",),
    "not like": ("!~~",),
    "ilike": ("~~*",),
    "not ilike": ("!~~*",),
}


def _operators_of(word: str, count: int) -> tuple[str, ...]:
    found = _TEST_OPERATORS[word]
    return found * (count - 1) if len(found) == 1 else found


def _clause(arg: Expr) -> bool:
    """OVER, FILTER and ORDER BY of a call, which stand behind its arguments."""
    return arg.kind == "other" and (arg.value or "").startswith(("agg_", "over "))


def _plain_type(given: Given) -> bool:
    return given is LITERAL or (given is not None and given.known and given.kind in ("base", "enum", "domain", "array"))


def _agreed(choices: list[Choice]) -> Given:
    found = {c.gives.name if c.gives is not None else "" for c in choices}
    return choices[0].gives if len(found) == 1 else None


_HANDLERS: dict[str, Callable[[_Walk, Expr], Given]] = {
    "null": lambda walk, expr: LITERAL,
    "string": lambda walk, expr: LITERAL,
    "number": lambda walk, expr: number_type(expr.value or "", walk.major),
    "column": _Walk.column,
    "call": _Walk.call,
    "cast": _Walk.cast,
    "operator": _Walk.operator,
    "and": _Walk.logic,
    "or": _Walk.logic,
    "not": _Walk.logic,
    "test": _Walk.test,
    "case": _Walk.case,
    "array": _Walk.array,
    "subscript": _Walk.subscript,
    "collate": _Walk.collate,
    "subquery": _Walk.subquery,
}
