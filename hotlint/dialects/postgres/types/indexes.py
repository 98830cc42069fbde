"""Operator classes: which indexes and foreign keys survive the change of a column's type."""

from __future__ import annotations

import msgspec

from hotlint.catalog.catalog import Reader
from hotlint.catalog.outcome import ServerError
from hotlint.dialects.postgres.types.coercion import CannotTell, pathway
from hotlint.dialects.postgres.types.names import Resolved, resolve
from hotlint.dialects.postgres.types.tables import OperatorClass, tables
from hotlint.operations import TypeName
from hotlint.server import Server, Session

# Input types that take a kind of types, by that kind (parse_coerce.c: IsBinaryCoercible).
_KINDS_TAKEN = {
    "anyarray": "array",
    "anyenum": "enum",
    "anyrange": "range",
    "anymultirange": "multirange",
    "record": "composite",
}


def default_opclass(type: Resolved, method: str, major: int) -> OperatorClass | None:
    """The operator class that an index of ``method`` takes for ``type`` (indexcmds.c: GetDefaultOpClass)."""
    type = type.bottom
    fits = []
    for opclass in tables(major).defaults.get(method, ()):
        if opclass.input == type.name:
            return opclass
        if accepts(opclass, type, major):
            fits.append(opclass)
    preferred = [o for o in fits if _preferred(o.input, type, major)]
    return preferred[0] if len(preferred) == 1 else fits[0] if len(fits) == 1 else None


def _preferred(name: str, type: Resolved, major: int) -> bool:
    row = tables(major).types.get(name)
    return row is not None and row.preferred and row.category == type.category


def accepts(opclass: OperatorClass, type: Resolved, major: int) -> bool:
    """Whether values of ``type`` can be handed to ``opclass`` as they are (parse_coerce.c: IsBinaryCoercible)."""
    type = type.bottom
    if opclass.input == type.name:
        return True
    if opclass.input in _KINDS_TAKEN:
        return _KINDS_TAKEN[opclass.input] == ("array" if type.element else type.kind)
    cast = tables(major).casts.get((type.name, opclass.input))
    return cast is not None and cast.method == "b" and cast.context == "i"


def key_error(old: Resolved, new: Resolved, method: str, opclass: str | None, major: int) -> ServerError | None:
    """The error with which a key of an index cannot be made for the new type (indexcmds.c: ResolveOpClass)."""
    before = default_opclass(old, method, major)
    if opclass is None or (before is not None and opclass == before.name):
        if before is None or default_opclass(new, method, major) is not None:
            return None
        return ServerError("42704", f'data type {new.sql} has no default operator class for access method "{method}"')
    given = tables(major).opclasses.get((method, opclass))
    if given is None or accepts(given, new, major):
        return None
    return ServerError("42804", f'operator class "{opclass}" does not accept data type {new.sql}')


def keeps_key(old: Resolved, new: Resolved, method: str, opclass: str | None, major: int) -> bool | None:
    """Whether a key of an index compares alike before and after (indexcmds.c: CheckIndexCompatible)."""
    before = default_opclass(old, method, major)
    given = tables(major).opclasses.get((method, opclass)) if opclass is not None else before
    if given is None:
        return None
    # The server keeps an operator class that it would not choose itself, and chooses anew otherwise.
    after = default_opclass(new, method, major) if before is not None and given.name == before.name else given
    if after is None or after.name != given.name:
        return False
    # What takes any array, enum or range must find its own type in the index, which a hash or a part of it is not:
    # the server then builds anew even where only a modifier goes (measured on 12 to 18).
    return not given.input.startswith("any") or (old.name == new.name and given.verbatim)


class ForeignKeyMatch(msgspec.Struct, frozen=True, gc=False):
    """How the server compares a key column with a foreign key's column: the types of the equality operator and the
    cast that the foreign key's column needs.

    ``TypeChange.keeps_foreign_key`` compares the match before with the match after.
    """

    left: str
    right: str
    cast: str


def foreign_key_match(
    key: TypeName, column: TypeName, catalog: Reader, server: Server, session: Session
) -> ForeignKeyMatch | bool | None:
    """The comparison of a referenced ``key`` column (with a default btree index) and a foreign key's ``column``.

    False where there is none, which is error 42804 "foreign key constraint … cannot be implemented"; None where it
    cannot be known.
    """
    path, major = session.search_path, server.major
    pk, fk = resolve(key, catalog, server, path), resolve(column, catalog, server, path)
    if pk is None or fk is None or not (pk.known and fk.known):
        return None
    opclass = default_opclass(pk, "btree", major)
    if opclass is None:
        return None
    base = fk.bottom
    equality = tables(major).equality
    if (opclass.family, opclass.input, base.name) in equality and (opclass.family, base.name, base.name) in equality:
        return ForeignKeyMatch(opclass.input, base.name, "relabel")
    if opclass.input in _KINDS_TAKEN:
        # Domains over enums are not seen through here (parse_coerce.c: check_generic_type_consistency).
        if pk.bottom.name != base.name or (base.kind == "enum" and (pk.base or fk.base)):
            return False
        return ForeignKeyMatch(opclass.input, opclass.input, fk.name)
    target = Resolved(opclass.input, "base", "")
    try:
        way = pathway(fk, target, "i", major)
    except CannotTell:
        return None
    if way is None:
        return False
    cast = "relabel" if way == "relabel" else base.name
    return ForeignKeyMatch(opclass.input, opclass.input, cast)
