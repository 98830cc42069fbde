"""What a value becomes: a type by assignment, true or false, a type that has a collation (parse_coerce.c).

A bare literal is read by the type that it becomes, when the statement is parsed.
"""

from __future__ import annotations

import re

from hotlint.catalog.apply.expressions import parse_name
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.literals import input_error
from hotlint.dialects.postgres.impact.overloads import LITERAL, Given, named
from hotlint.dialects.postgres.types.coercion import CannotTell, pathway
from hotlint.dialects.postgres.types.names import Resolved, resolve
from hotlint.dialects.postgres.types.tables import Context
from hotlint.operations import Expr, Name, TypeName
from hotlint.patterns import lazy


class Refused(Exception):
    """The server refuses the expression; ``sqlstate`` says why."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def coerced(given: Given, to: Resolved | None, context: Context, draft: Draft) -> bool:
    """Whether a value may become ``to`` in that context; True where that is not known."""
    if given is None or to is None or given is LITERAL or given.kind == "pseudo" or to.kind == "pseudo":
        return True
    try:
        return pathway(given, to, context, draft.major) is not None
    except CannotTell:
        return True


def boolean(given: Given, value: Expr, draft: Draft) -> None:
    """The expression must be true or false (parse_coerce.c: coerce_to_boolean)."""
    if given is LITERAL and value.kind == "string":
        read_literal(value, TypeName("bool"), draft)
    if not coerced(given, named("bool", draft.major), "a", draft):
        raise Refused("42804")


def assigned(given: Given, value: Expr, type: TypeName, draft: Draft) -> None:
    """The expression must become a value of the type (parse_coerce.c: coerce_to_target_type, by assignment)."""
    if given is LITERAL and value.kind == "string":
        read_literal(value, type, draft)
    elif not coerced(given, resolve(type, draft.after, draft.context.server, draft.path), "a", draft):
        raise Refused("42804")


def read_literal(value: Expr, type: TypeName, draft: Draft) -> None:
    """A bare string becomes a value of the type when the statement is parsed."""
    text = value.value or ""
    if type.name == "regclass" and type.schema in (None, "pg_catalog") and not type.dimensions:
        if _no_relation(text, draft):
            raise Refused("42P01")
        return
    error = input_error(text, type, draft)
    if error is not None:
        raise Refused(error)


def _no_relation(text: str, draft: Draft) -> bool:
    if not text or text.isdigit() or not draft.complete():
        return False
    name = parse_name(text)
    if name.schema == "pg_catalog" or name.name.startswith("pg_") or name.schema == "information_schema":
        return False
    found = draft.resolve(name)
    return not draft.exists(found) and draft.after.relation(found) is None


# Collations are the operating system's: what looks like a locale may be there (collationcmds.c).
_LOCALE = lazy(r"[a-z]{2,3}([-_.@].*)?\Z|.*-x-icu\Z", re.IGNORECASE)
_COLLATIONS = frozenset(["default", "C", "POSIX", "ucs_basic", "unicode", "pg_c_utf8", "pg_unicode_fast"])


def collation_missing(name: Name | None, draft: Draft) -> bool:
    """Whether there surely is no collation of that name."""
    if name is None or name.name in _COLLATIONS or _LOCALE.match(name.name) or not draft.complete():
        return False
    schemas = (name.schema,) if name.schema is not None else (*draft.path, "")
    return not any(draft.object("collation", name.name, schema) for schema in schemas)


def written(type: Resolved) -> TypeName:
    """The name of a type, to be looked up again."""
    schema, _, name = type.name.rpartition(".")
    return TypeName(name, schema or None)


def collatable(type: Resolved) -> bool:
    """Whether values of the type have a collation (lsyscache.c: type_is_collatable); what is not known has."""
    return type.collation is not None or not type.known or type.kind in ("pseudo", "composite")
