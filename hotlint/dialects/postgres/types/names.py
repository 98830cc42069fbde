"""Types by name: aliases, how the server writes them, and what a name stands for in a schema."""

from __future__ import annotations

from typing import Literal

import msgspec

from hotlint.catalog.catalog import Reader
from hotlint.catalog.names import QName, quote
from hotlint.catalog.records import CompositeType, Domain, Enum, OtherType, Table, View
from hotlint.dialects.postgres.types.tables import tables
from hotlint.operations import TypeName
from hotlint.server import Server, Session

Modifiers = tuple[int, ...]
Kind = Literal["base", "enum", "domain", "composite", "range", "multirange", "pseudo", "array"]

# Spellings that the grammar resolves (gram.y: Numeric, Character, …), for type names that come from elsewhere.
ALIASES = {
    "int": "int4",
    "integer": "int4",
    "smallint": "int2",
    "bigint": "int8",
    "real": "float4",
    "double precision": "float8",
    "float": "float8",
    "decimal": "numeric",
    "dec": "numeric",
    "boolean": "bool",
    "character varying": "varchar",
    "character": "bpchar",
    "bit varying": "varbit",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "time with time zone": "timetz",
}
# format_type.c: format_type_extended. The part after "%" follows the modifiers.
_SQL_NAMES = {
    "bit": "bit",
    "bool": "boolean",
    "bpchar": "character",
    "char": '"char"',
    "float4": "real",
    "float8": "double precision",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "numeric": "numeric",
    "interval": "interval",
    "time": "time% without time zone",
    "timetz": "time% with time zone",
    "timestamp": "timestamp% without time zone",
    "timestamptz": "timestamp% with time zone",
    "varbit": "bit varying",
    "varchar": "character varying",
}
# What would read as (1) under its SQL name.
_UNBOUNDED = {"bpchar": "bpchar", "bit": '"bit"'}
# datetime.h: the field masks that an interval's first modifier holds.
_YEAR, _MONTH, _DAY, _HOUR, _MINUTE, _SECOND = 1 << 2, 1 << 1, 1 << 3, 1 << 10, 1 << 11, 1 << 12
INTERVAL_FULL_RANGE = 0x7FFF
_INTERVAL_FIELDS = {
    _YEAR: "year",
    _MONTH: "month",
    _YEAR | _MONTH: "year to month",
    _DAY: "day",
    _DAY | _HOUR: "day to hour",
    _DAY | _HOUR | _MINUTE: "day to minute",
    _DAY | _HOUR | _MINUTE | _SECOND: "day to second",
    _HOUR: "hour",
    _HOUR | _MINUTE: "hour to minute",
    _HOUR | _MINUTE | _SECOND: "hour to second",
    _MINUTE: "minute",
    _MINUTE | _SECOND: "minute to second",
    _SECOND: "second",
    INTERVAL_FULL_RANGE: "",
}
# The smallest field that an interval keeps, 0 for seconds (timestamp.c: intervaltypmodleastfield).
INTERVAL_LEAST = {
    _YEAR: 5,
    _MONTH: 4,
    _YEAR | _MONTH: 4,
    _DAY: 3,
    _DAY | _HOUR: 2,
    _DAY | _HOUR | _MINUTE: 1,
    _HOUR: 2,
    _HOUR | _MINUTE: 1,
    _MINUTE: 1,
}
_TIMES = frozenset(["time", "timetz", "timestamp", "timestamptz"])
MAX_PRECISION = 6


def canonical(type: TypeName) -> TypeName:
    """The type under the server's own name for it: ``pg_catalog`` dropped, aliases and ``_name`` arrays resolved,
    modifiers completed (``numeric(10)`` is ``numeric(10,0)``, ``timestamp(9)`` is ``timestamp(6)``)."""
    schema, name, dimensions = type.schema, type.name, type.dimensions
    if schema == "pg_catalog":
        schema = None
    if schema is None:
        if name[:1] == "_" and len(name) > 1:
            name, dimensions = name[1:], dimensions + 1
        name = ALIASES.get(name, name)
    modifiers = _complete(name, type.modifiers) if type.modifiers else ()
    if (schema, name, dimensions, modifiers) == (type.schema, type.name, type.dimensions, type.modifiers):
        return type
    return TypeName(name, schema, modifiers, dimensions, type.setof, type.percent_type)


def _complete(name: str, modifiers: Modifiers) -> Modifiers:
    if name == "numeric" and len(modifiers) == 1:
        return (modifiers[0], 0)
    if name in _TIMES:
        return (min(modifiers[0], MAX_PRECISION),)
    if name == "interval":
        if len(modifiers) == 1:
            return () if modifiers[0] == INTERVAL_FULL_RANGE else modifiers
        return (modifiers[0], min(modifiers[1], MAX_PRECISION))
    return modifiers


def format_type(type: TypeName) -> str:
    """The type as the server writes it (format_type.c): ``character varying(20)``, ``numeric(10,2)``, ``text[]``."""
    type = canonical(type)
    if type.percent_type:
        return ".".join(quote(part) for part in (type.schema, type.name) if part) + "%TYPE"
    if type.schema is not None:
        name = f"{quote(type.schema)}.{quote(type.name)}"
    elif not type.modifiers and type.name in _UNBOUNDED:
        name = _UNBOUNDED[type.name]
    else:
        name = _SQL_NAMES.get(type.name) or quote(type.name)
    written = _modifiers(type)
    name = name.replace("%", written) if "%" in name else name + written
    return ("SETOF " if type.setof else "") + name + ("[]" if type.dimensions else "")


def _modifiers(type: TypeName) -> str:
    if not type.modifiers:
        return ""
    if type.name == "interval" and type.schema is None:
        fields = _INTERVAL_FIELDS.get(type.modifiers[0], "")
        precision = f"({type.modifiers[1]})" if len(type.modifiers) > 1 else ""
        return (f" {fields}" if fields else "") + precision
    return f"({','.join(map(str, type.modifiers))})"


class Resolved(msgspec.Struct, frozen=True, gc=False):
    """What a type name stands for, without modifiers. Two types are the same if their ``name`` is.

    ``element`` for arrays; for domains ``base`` is the type under it, ``base_modifiers`` the modifiers that it gives to
    that, ``constrained`` whether the domain itself has a CHECK or NOT NULL. ``preferred`` within its ``category``
    (pg_type.typcategory). ``known`` is False where casts that were never seen may exist.
    """

    name: str
    kind: Kind
    category: str
    collation: str | None = None
    preferred: bool = False
    modifiable: bool = False
    element: Resolved | None = None
    base: Resolved | None = None
    base_modifiers: Modifiers = ()
    constrained: bool = False
    known: bool = True
    sql: str = ""

    @property
    def bottom(self) -> Resolved:
        """The type under all domains (lsyscache.c: getBaseType)."""
        type = self
        while type.base is not None:
            type = type.base
        return type


_KINDS: dict[str, Kind] = {"b": "base", "r": "range", "m": "multirange", "p": "pseudo"}


def resolve(type: TypeName, catalog: Reader, server: Server, path: tuple[str, ...]) -> Resolved | None:
    """What ``type`` stands for under the search path, or None where the history does not tell."""
    type = canonical(type)
    if type.percent_type:
        return None
    if type.dimensions:
        element = resolve(TypeName(type.name, type.schema), catalog, server, path)
        return None if element is None else array_of(element)
    if type.schema is None:
        found = built_in(type.name, server.major)
        if found is not None:
            return found
        names = [QName(schema, type.name) for schema in path]
    else:
        names = [QName(type.schema, type.name)]
    for name in names:
        resolved = _user_type(name, catalog, server, path)
        if resolved is not None:
            return resolved
    return _extension_type(type.name, server.major)


def array_of(element: Resolved) -> Resolved:
    """The array type over ``element``."""
    return Resolved(
        element.name + "[]",
        "array",
        "A",
        element.collation,
        modifiable=element.modifiable,
        element=element,
        known=element.known,
        sql=element.sql + "[]",
    )


def built_in(name: str, major: int) -> Resolved | None:
    """The type of that name in ``pg_catalog``, or None."""
    row = tables(major).types.get(name)
    return None if row is None or row.extension else _of_row(name, major)


def _extension_type(name: str, major: int) -> Resolved | None:
    row = tables(major).types.get(name)
    return _of_row(name, major) if row is not None and row.extension else None


def _of_row(name: str, major: int) -> Resolved:
    row = tables(major).types[name]
    return Resolved(
        name,
        _KINDS[row.kind],
        row.category,
        row.collation or None,
        row.preferred,
        row.modifiable,
        built_in(row.element, major) if row.element else None,
        sql=_SQL_NAMES.get(name, quote(name)).replace("%", ""),
    )


def _user_type(name: QName, catalog: Reader, server: Server, path: tuple[str, ...]) -> Resolved | None:
    found = catalog.type(name)
    key = str(name)
    sql = key if name.schema not in path else quote(name.name)
    if isinstance(found, Enum):
        return Resolved(key, "enum", "E", sql=sql)
    if isinstance(found, Domain):
        base = resolve(found.base, catalog, server, path)
        if base is None:
            return None
        modifiers = canonical(found.base).modifiers
        constrained = found.not_null or any(c.kind in ("check", "not null") for c in found.constraints)
        collation = found.collation or base.collation
        return Resolved(
            key,
            "domain",
            base.category,
            collation,
            base=base,
            base_modifiers=modifiers,
            constrained=constrained,
            known=base.known,
            sql=sql,
        )
    if isinstance(found, OtherType):
        if found.kind == "range":
            return Resolved(key, "range", "R", sql=sql)
        if found.kind == "unknown" and (extension := _extension_type(name.name, server.major)) is not None:
            return extension
        return Resolved(key, "base", "U", known=False, sql=sql)
    relation = catalog.relation(name)
    if isinstance(relation, Table | View | CompositeType):
        return Resolved(key, "composite", "C", known=isinstance(relation, CompositeType), sql=sql)
    return None


def constrained_domain(type: TypeName, catalog: Reader, server: Server, session: Session) -> bool | None:
    """Whether the type is a domain with a CHECK or NOT NULL, its own or of the domains under it (typcache.c:
    DomainHasConstraints). None where the type is not known. An array of a domain is no domain."""
    resolved = resolve(type, catalog, server, session.search_path)
    return None if resolved is None else has_constraints(resolved)


def has_constraints(type: Resolved) -> bool:
    """Whether the domain or one under it has constraints; False for what is no domain."""
    domain: Resolved | None = type
    while domain is not None:
        if domain.constrained:
            return True
        domain = domain.base
    return False
