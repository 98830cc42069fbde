"""What the server does not find of the kinds of objects of which the catalog keeps the name only.

The server's own are told by their names; what the cluster has beside them, and what extensions bring, nobody tells: so
nothing is missed unless the whole schema is known (``Draft.complete``), and no role ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.dialects.postgres.impact.coercing import collation_missing
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.impact.refusals_of_storage import tablespace_missing
from hotlint.dialects.postgres.signatures import signatures
from hotlint.dialects.postgres.types.tables import tables
from hotlint.operations import Name

_LANGUAGES = frozenset(["internal", "c", "sql", "plpgsql"])
_METHODS = frozenset(["heap", "btree", "hash", "gist", "gin", "spgist", "brin"])
# pg_ts_config.dat and the snowball configurations; dictionaries are these with _stem; pg_ts_parser.dat.
_SEARCH = frozenset(
    [
        "simple", "arabic", "armenian", "basque", "catalan", "danish", "dutch", "english", "estonian", "finnish",
        "french", "german", "greek", "hindi", "hungarian", "indonesian", "irish", "italian", "lithuanian", "nepali",
        "norwegian", "portuguese", "romanian", "russian", "serbian", "spanish", "swedish", "tamil", "turkish",
        "yiddish", "default", "ispell", "synonym", "snowball", "thesaurus",
    ]
)  # fmt: skip


def _named(kind: str, name: Name, draft: Draft) -> bool:
    schemas = (name.schema,) if name.schema is not None else (*draft.path, "")
    return any(draft.object(kind, name.name, schema) for schema in schemas)


def _never(name: Name, draft: Draft) -> bool:
    return False


def _opclass(name: Name, draft: Draft) -> bool:
    return any(name.name in (opclass, row.family) for (_, opclass), row in tables(draft.major).opclasses.items())


def _cast(name: Name, draft: Draft) -> bool:
    """``name`` is "source as target"."""
    source, _, target = name.name.partition(" as ")
    return (source, target) in tables(draft.major).casts


# Kind → whether the server itself has one of that name.
_BUILT_IN: dict[str, Callable[[Name, Draft], bool]] = {
    "access method": lambda name, draft: name.name in _METHODS,
    "cast": _cast,
    "collation": lambda name, draft: not collation_missing(name, draft),
    "conversion": lambda name, draft: "_to_" in name.name,
    "event trigger": _never,
    "foreign data wrapper": _never,
    "language": lambda name, draft: name.name in _LANGUAGES,
    "operator": lambda name, draft: name.name in signatures(draft.major).operators,
    "operator class": _opclass,
    "operator family": _opclass,
    "publication": _never,
    "server": _never,
    "statistics": _never,
    "subscription": _never,
    "tablespace": lambda name, draft: not tablespace_missing(name.name, draft),
    "text search configuration": lambda name, draft: name.name in _SEARCH,
    "text search dictionary": lambda name, draft: name.name.removesuffix("_stem") in _SEARCH,
    "text search parser": lambda name, draft: name.name in _SEARCH,
    "text search template": lambda name, draft: name.name in _SEARCH,
    "transform": _never,
    "user mapping": _never,
}
_STATES = {"operator": "42883"}


def missing(kind: str, name: Name, draft: Draft) -> str | None:
    """The SQLSTATE with which an object that is surely not there is missed (objectaddress.c)."""
    own = _BUILT_IN.get(kind)
    if own is None or not draft.complete() or _named(kind, name, draft) or own(name, draft):
        return None
    if name.schema is not None and draft.no_schema(name.schema):
        return "3F000"
    return _STATES.get(kind, "42704")


def object_missing(op: Any, name: QName, draft: Draft) -> str | None:
    return None if getattr(op, "if_exists", False) else missing(op.kind, op.name, draft)


def extension_missing(op: ops.AlterObject | ops.Comment, name: QName, draft: Draft) -> bool:
    """A schema that is known has no extension but plpgsql (``Draft.complete``)."""
    if op.kind != "extension" or op.name.name == "plpgsql" or not draft.complete():
        return False
    return draft.before.extension(op.name.name) is None


def routine_missing(op: ops.DropObject | ops.RenameObject, name: QName, draft: Draft) -> bool:
    return op.kind in ("aggregate", "routine") and not getattr(op, "if_exists", False) and draft.no_function(op.name)


def no_aggregate(op: ops.DropObject, name: QName, draft: Draft) -> bool:
    """DROP AGGREGATE of a function that is none (parse_func.c: LookupFuncWithArgs)."""
    if op.kind != "aggregate":
        return False
    schemas = (op.name.schema,) if op.name.schema is not None else draft.path
    found = [f for schema in schemas for f in draft.before.functions(QName(schema, op.name.name))]
    return bool(found) and all(f.kind != "aggregate" for f in found)


def language_kept(op: ops.DropObject, name: QName, draft: Draft) -> bool:
    """The extension plpgsql needs its language."""
    return op.kind == "language" and op.name.name == "plpgsql"


def granted_on_missing(op: ops.Grant, name: QName, draft: Draft) -> str | None:
    kind = {"foreign data wrapper": "foreign data wrapper", "foreign server": "server"}.get(op.kind, op.kind)
    return next((e for n in op.names if (e := missing(kind, n, draft)) is not None), None)


def wrapper_missing(op: ops.CreateObject, name: QName, draft: Draft) -> str | None:
    """What a new foreign server, user mapping or collation is made from."""
    details = dict(op.details)
    if op.kind == "server" and "fdwname" in details:
        return missing("foreign data wrapper", Name(details["fdwname"]), draft)
    if op.kind == "foreign schema" and "server" in details:
        return missing("server", Name(details["server"]), draft)
    if op.kind == "user mapping":
        return missing("server", Name(op.name.schema or ""), draft)
    if op.kind == "text search configuration" and "copy" in details:
        return missing("text search configuration", _dotted(details["copy"]), draft)
    if op.kind == "collation" and "from" in details:
        return missing("collation", _dotted(details["from"]), draft)
    return None


def _dotted(text: str) -> Name:
    schema, _, word = text.strip('"').rpartition(".")
    return Name(word, schema or None)


def foreign_server_missing(op: ops.CreateTable, name: QName, draft: Draft) -> str | None:
    return missing("server", Name(op.foreign_server), draft) if op.foreign_server is not None else None


def block_language_missing(op: ops.DoBlock, name: QName, draft: Draft) -> str | None:
    return missing("language", Name(op.language), draft)


_NAMING = (ops.DropObject, ops.AlterObject, ops.RenameObject, ops.ChangeOwner, ops.ChangeSchema, ops.Comment)
ABSENCE: tuple[Refusal, ...] = (
    *(
        Refusal(operation, 12, 18, "", "object does not exist", object_missing, "objectaddress.c: get_object_address")
        for operation in _NAMING
    ),
    *(
        Refusal(operation, 12, 18, "42704", "extension does not exist", extension_missing, "extension.c")
        for operation in (ops.AlterObject, ops.Comment)
    ),
    Refusal(ops.DropObject, 12, 18, "42883", "routine does not exist", routine_missing, "parse_func.c"),
    Refusal(ops.RenameObject, 12, 18, "42883", "routine does not exist", routine_missing, "parse_func.c"),
    Refusal(ops.DropObject, 12, 18, "2BP01", "cannot drop language plpgsql: the extension requires it", language_kept,
            "dependency.c: findDependentObjects"),
    Refusal(ops.Grant, 12, 18, "", "object does not exist", granted_on_missing, "aclchk.c: objectNamesToOids"),
    Refusal(ops.CreateObject, 12, 18, "", "what it is made from does not exist", wrapper_missing, "foreigncmds.c"),
    Refusal(ops.CreateTable, 12, 18, "", "server does not exist", foreign_server_missing, "foreigncmds.c"),
    Refusal(ops.DoBlock, 12, 18, "", "language does not exist", block_language_missing, "functioncmds.c"),
)  # fmt: skip
FIRST_ABSENCE: tuple[Refusal, ...] = (
    Refusal(ops.DropObject, 12, 18, "42809", "function is not an aggregate", no_aggregate, "parse_func.c"),
)  # fmt: skip
