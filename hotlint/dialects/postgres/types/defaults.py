"""Whether a column's default survives a change of its type."""

from __future__ import annotations

from hotlint.catalog.catalog import Reader
from hotlint.catalog.outcome import ServerError
from hotlint.dialects.postgres.procedures import procedures
from hotlint.dialects.postgres.types.coercion import CannotTell, coerce
from hotlint.dialects.postgres.types.names import Resolved, built_in, canonical, resolve
from hotlint.operations import Expr, TypeName
from hotlint.server import Server, Session

_INT4_MAX, _INT8_MAX = 2**31 - 1, 2**63 - 1


def default_error(
    default: Expr,
    old: TypeName,
    new: TypeName,
    *,
    column: str,
    generated: bool = False,
    catalog: Reader,
    server: Server,
    session: Session,
) -> ServerError | None:
    """Error 42804 where the column's default (or, ``generated``, its generation expression) has no assignment cast to
    the new type, which USING does not help with (tablecmds.c: ATExecAlterColumnType). None also where the type of the
    default is not known.
    """
    path = session.search_path
    target = resolve(new, catalog, server, path)
    source = _type_of(default, old, catalog, server, path)
    if target is None or source is None:
        return None
    try:
        if coerce(source, (), target, canonical(new).modifiers, "a", server.major) is not None:
            return None
    except CannotTell:
        return None
    what = "generation expression" if generated else "default"
    return ServerError("42804", f'{what} for column "{column}" cannot be cast automatically to type {target.sql}')


def _type_of(default: Expr, old: TypeName, catalog: Reader, server: Server, path: tuple[str, ...]) -> Resolved | None:
    """The type of the default before the server fitted it to the column: implicit casts are stripped. A bare literal
    was read as a value of the column's type."""
    kind, major = default.kind, server.major
    if kind == "string":
        column = resolve(old, catalog, server, path)
        return column.bottom if column is not None else None
    if kind == "number":
        return number_type(default.value or "", major)
    if kind == "bool":
        return built_in("bool", major)
    if kind == "cast" and default.type is not None:
        return resolve(default.type, catalog, server, path)
    if kind == "call" and default.name is not None and default.name.schema in (None, "pg_catalog"):
        returns = procedures(major).returns.get(default.name.name)
        return built_in(returns, major) if returns else None
    return None


def number_type(text: str, major: int) -> Resolved | None:
    """The type of a numeric literal (parse_node.c: make_const)."""
    if not text.lstrip("-").isdigit():
        return built_in("numeric", major)
    value = abs(int(text))
    return built_in("int4" if value <= _INT4_MAX else "int8" if value <= _INT8_MAX else "numeric", major)
