"""Which function or operator a call means, by the types of its arguments (parse_func.c, parse_oper.c).

A type that is not known fits everything: what is left then is an answer only if all that fits agrees on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hotlint.catalog.names import QName
from hotlint.catalog.records import Function
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.signatures import Signature, signatures
from hotlint.dialects.postgres.types.coercion import CannotTell, pathway
from hotlint.dialects.postgres.types.names import Resolved, array_of, built_in, resolve
from hotlint.operations import Name

LITERAL = Resolved("unknown", "pseudo", "X")
"""The type of a bare string or NULL, to which nothing has given one yet."""

Given = Resolved | None
_Types = tuple["Resolved | str | None", ...]


class Choice(NamedTuple):
    """A function that fits: the types that it takes there, the type that it gives (None: not told), and its kind."""

    takes: _Types
    gives: Given
    kind: str = "f"
    rows: bool = False


def named(name: str, major: int) -> Given:
    """A type of the server by its plain name; None for what stands for many types."""
    if name.endswith("[]"):
        element = built_in(name[:-2], major)
        return array_of(element) if element is not None else None
    found = built_in(name, major)
    return None if found is None or found.kind == "pseudo" else found


def _fits(given: Given, wanted: Resolved | str | None, major: int) -> bool:
    """parse_coerce.c: can_coerce_type, implicitly."""
    if given is None or given is LITERAL or wanted is None:
        return True
    bottom = given.bottom
    if isinstance(wanted, str):
        if wanted.startswith("any"):
            return _fits_any(bottom, wanted)
        target = named(wanted, major)
        if target is None:
            return wanted != "record" or bottom.kind == "composite"
    else:
        target = wanted
    if bottom.kind == "pseudo":
        return True
    try:
        return pathway(given, target, "i", major) is not None
    except CannotTell:
        return True


def _fits_any(given: Resolved, wanted: str) -> bool:
    """Polymorphic types, each by itself (parse_coerce.c: check_generic_type_consistency)."""
    kind = wanted.removeprefix("anycompatible").removeprefix("any")
    if kind == "array":
        return given.element is not None
    if kind == "nonarray":
        return given.element is None
    return kind in ("", "element") or given.kind == kind


def _exact(given: Given, wanted: Resolved | str | None) -> bool:
    name = wanted if isinstance(wanted, str) else wanted.name if wanted is not None else None
    return given is not None and name == given.bottom.name


def _user(function: Function, count: int, draft: Draft) -> Choice | None:
    inputs = [a for a in function.arguments if a.mode in ("in", "inout", "variadic")]
    variadic = bool(inputs) and inputs[-1].mode == "variadic"
    least = sum(a.default is None for a in inputs) - variadic
    if count < least or (count > len(inputs) and not variadic):
        return None
    found: list[Given] = [resolve(a.type, draft.after, draft.context.server, draft.path) for a in inputs]
    if variadic:
        found = [*found[:-1], *[None] * (count - len(found) + 1)]
    takes: _Types = tuple(None if t is None or t.kind == "pseudo" else t for t in found[:count])
    returns = function.returns
    gives = resolve(returns, draft.after, draft.context.server, draft.path) if returns is not None else None
    gives = gives if gives is not None and gives.kind != "pseudo" else None
    rows = returns is not None and returns.setof
    return Choice(takes, gives, {"aggregate": "a", "procedure": "p"}.get(function.kind, "f"), rows)


def functions(name: Name, count: int, draft: Draft) -> list[Choice]:
    """The functions of that name that take so many arguments."""
    major = draft.major
    found: list[Choice] = []
    if name.schema in (None, "pg_catalog"):
        found += _built_in(signatures(major).functions.get(name.name), count, major)
    for schema in draft.path if name.schema is None else (name.schema,):
        seen = dict.fromkeys(
            (*draft.before.functions(QName(schema, name.name)), *draft.after.functions(QName(schema, name.name)))
        )
        found += [choice for f in seen if (choice := _user(f, count, draft)) is not None]
    return found


def _built_in(rows: Sequence[Signature], count: int, major: int) -> list[Choice]:
    found = []
    for row in rows:
        takes = row.spread(count)
        if takes is not None:
            found.append(Choice(takes, named(row.gives, major), row.kind, row.rows))
    return found


def operators(operator: str, left: bool, major: int) -> list[Choice]:
    """The server's operators of that name, with one operand or two."""
    rows = signatures(major).operators.get(operator)
    return [
        Choice((row.left, row.right) if left else (row.right,), named(row.gives, major))
        for row in rows
        if bool(row.left) == left
    ]


def choose(choices: list[Choice], given: list[Given], major: int) -> list[Choice]:
    """Those that the call may mean: one where the server would find one, none where it would find none."""
    exact = [c for c in choices if all(map(_exact, given, c.takes))]
    if exact:
        return exact[:1]
    fits = [c for c in choices if all(_fits(g, w, major) for g, w in zip(given, c.takes, strict=False))]
    if len(fits) < 2 or None in given:
        return fits
    return _best(fits, given, major)


def _best(fits: list[Choice], given: list[Given], major: int) -> list[Choice]:
    """parse_func.c: func_select_candidate: most exact matches, preferred types, what literals mean."""
    for score in (_exact, lambda g, w: _exact(g, w) or _preferred(g, w, major)):
        scores = [sum(map(score, given, c.takes)) for c in fits]
        fits = [c for c, s in zip(fits, scores, strict=True) if s == max(scores)]
        if len(fits) == 1:
            return fits
    for at, one in enumerate(given):
        if one is LITERAL:
            texts = [c for c in fits if _category(c.takes[at], major) == "S"]
            fits = texts or fits
    return fits


def _category(wanted: Resolved | str | None, major: int) -> str:
    found = named(wanted, major) if isinstance(wanted, str) else wanted
    return found.category if found is not None else ""


def _preferred(given: Given, wanted: Resolved | str | None, major: int) -> bool:
    found = named(wanted, major) if isinstance(wanted, str) else wanted
    return given is not None and found is not None and found.preferred and found.category == given.category
