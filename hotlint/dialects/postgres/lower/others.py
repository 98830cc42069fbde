"""Objects of which only the name is kept: publications, statistics, roles, databases, foreign servers, casts …

Most of their statements have the same shape, so a table says where each keeps its kind, its name and its options.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.apply.expressions import columns_of
from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.expressions import expression
from hotlint.dialects.postgres.lower.names import (
    Node,
    dotted,
    object_signature,
    options,
    relation_name,
    role_name,
    role_names,
    strings,
    type_name,
)
from hotlint.dialects.postgres.lower.objects import identify, kind_word
from hotlint.dialects.postgres.lower.session import setting
from hotlint.operations import AnyOperation, Expr, Name

Operations = tuple[AnyOperation, ...]
_Naming = Callable[[Node], Name]


def _plain(key: str) -> _Naming:
    return lambda node: Name(node.get(key, ""))


def _dotted(key: str) -> _Naming:
    return lambda node: dotted(node.get(key))


def _role(key: str) -> _Naming:
    return lambda node: Name(role_name(node[key]) if key in node else "all")


def _user_mapping(node: Node) -> Name:
    return Name(role_name(node["user"]), node["servername"])


def _cast(node: Node) -> Name:
    return Name(f"{type_name(node['sourcetype']).name} as {type_name(node['targettype']).name}")


def _transform(node: Node) -> Name:
    return Name(f"{type_name(node['type_name']).name} language {node['lang']}")


# Tag → (kind, where the name is, the key of the options).
_CREATED: dict[str, tuple[str, _Naming, str]] = {
    "CreateAmStmt": ("access method", _plain("amname"), ""),
    "CreateCastStmt": ("cast", _cast, ""),
    "CreateConversionStmt": ("conversion", _dotted("conversion_name"), ""),
    "CreatedbStmt": ("database", _plain("dbname"), "options"),
    "CreateEventTrigStmt": ("event trigger", _plain("trigname"), "whenclause"),
    "CreateFdwStmt": ("foreign data wrapper", _plain("fdwname"), "options"),
    "CreateForeignServerStmt": ("server", _plain("servername"), "options"),
    "CreateOpClassStmt": ("operator class", _dotted("opclassname"), ""),
    "CreateOpFamilyStmt": ("operator family", _dotted("opfamilyname"), ""),
    "CreatePLangStmt": ("language", _plain("plname"), ""),
    "CreatePublicationStmt": ("publication", _plain("pubname"), "options"),
    "CreateRoleStmt": ("role", _plain("role"), "options"),
    "CreateStatsStmt": ("statistics", _dotted("defnames"), ""),
    "CreateSubscriptionStmt": ("subscription", _plain("subname"), "options"),
    "CreateTableSpaceStmt": ("tablespace", _plain("tablespacename"), "options"),
    "CreateTransformStmt": ("transform", _transform, ""),
    "CreateUserMappingStmt": ("user mapping", _user_mapping, "options"),
}

_ALTERED: dict[str, tuple[str, _Naming, str]] = {
    "AlterCollationStmt": ("collation", _dotted("collname"), ""),
    "AlterDatabaseRefreshCollStmt": ("database", _plain("dbname"), ""),
    "AlterDatabaseSetStmt": ("database", _plain("dbname"), ""),
    "AlterDatabaseStmt": ("database", _plain("dbname"), "options"),
    "AlterEventTrigStmt": ("event trigger", _plain("trigname"), ""),
    "AlterExtensionStmt": ("extension", _plain("extname"), "options"),
    "AlterFdwStmt": ("foreign data wrapper", _plain("fdwname"), "options"),
    "AlterForeignServerStmt": ("server", _plain("servername"), "options"),
    "AlterOpFamilyStmt": ("operator family", _dotted("opfamilyname"), ""),
    "AlterPublicationStmt": ("publication", _plain("pubname"), "options"),
    "AlterRoleSetStmt": ("role", _role("role"), ""),
    "AlterRoleStmt": ("role", _role("role"), "options"),
    "AlterStatsStmt": ("statistics", _dotted("defnames"), ""),
    "AlterSubscriptionStmt": ("subscription", _plain("subname"), "options"),
    "AlterTableSpaceOptionsStmt": ("tablespace", _plain("tablespacename"), "options"),
    "AlterTSConfigurationStmt": ("text search configuration", _dotted("cfgname"), ""),
    "AlterTSDictionaryStmt": ("text search dictionary", _dotted("dictname"), "options"),
    "AlterTypeStmt": ("type", _dotted("typeName"), "options"),
    "AlterUserMappingStmt": ("user mapping", _user_mapping, "options"),
}

# Passwords have no business in a plan, nor in a cache of it.
_SECRET = frozenset(["password", "conninfo"])


def _details(node: Node, key: str) -> tuple[tuple[str, str], ...]:
    pairs = options(node.get(key)) if key else ()
    found = [(name, "" if name in _SECRET else value) for name, value in pairs]
    if "setstmt" in node:
        found.append(setting(node["setstmt"]))
    found += [(detail, str(node[detail])) for detail in _DETAILS if detail in node]
    for more in (_function, _published, _keys):
        found += more(node)
    return tuple(found)


# Scalars beside the options that tell what a statement is about.
_DETAILS = ("kind", "action", "tgenabled", "eventname", "fdwname", "amname", "for_all_tables", "database")


def _function(node: Node) -> tuple[tuple[str, str], ...]:
    """The function of an event trigger or a cast."""
    if "funcname" in node:
        name = dotted(node["funcname"])
    elif "func" in node:
        name = object_signature(
            node["func"]["ObjectWithArgs"] if "ObjectWithArgs" in node["func"] else node["func"]
        ).name
    else:
        return ()
    return (("function", name.name if name.schema is None else f"{name.schema}.{name.name}"),)


def _published(node: Node) -> tuple[tuple[str, str], ...]:
    """What a publication names beside whole tables."""
    found: list[tuple[str, str]] = []
    for item in node.get("pubobjects", ()):
        spec = item["PublicationObjSpec"]
        if "SCHEMA" in spec.get("pubobjtype", ""):
            found.append(("schema", spec.get("name", "")))
        table = spec.get("pubtable", {})
        if "whereClause" in table or "columns" in table:
            found.append(("of " + table["relation"]["relname"], ", ".join(strings(table.get("columns")))))
        if "whereClause" in table:
            named = columns_of(expression(table["whereClause"]))
            found.append(("where of " + table["relation"]["relname"], ", ".join(named)))
    return tuple(found)


def _keys(node: Node) -> tuple[tuple[str, str], ...]:
    """The columns of extended statistics; an expression has no name."""
    if "exprs" not in node or "defnames" not in node:
        return ()
    return (("columns", ", ".join([item["StatsElem"].get("name", "") for item in node["exprs"]])),)


def _relations(node: Node) -> tuple[Name, ...]:
    """The tables of a publication or of extended statistics."""
    found = [relation_name(item["RangeVar"]) for item in node.get("relations", ()) if "RangeVar" in item]
    for item in node.get("pubobjects", ()):
        table = item["PublicationObjSpec"].get("pubtable")
        if table is not None:
            found.append(relation_name(table["relation"]))
    return tuple(found)


def _create(kind: str, naming: _Naming, key: str) -> Any:
    def handler(node: Node, context: LowerContext) -> Operations:
        return (
            ops.CreateObject(
                kind=kind,
                name=naming(node),
                if_not_exists="if_not_exists" in node,
                replace="replace" in node,
                relations=_relations(node),
                details=_details(node, key),
                conditions=_conditions(node),
            ),
        )

    return handler


def _conditions(node: Node) -> tuple[tuple[Name, Expr], ...]:
    tables = [item["PublicationObjSpec"].get("pubtable", {}) for item in node.get("pubobjects", ())]
    return tuple([(relation_name(t["relation"]), expression(t["whereClause"])) for t in tables if "whereClause" in t])


def _alter(kind: str, naming: _Naming, key: str) -> Any:
    def handler(node: Node, context: LowerContext) -> Operations:
        return (
            ops.AlterObject(
                kind=kind,
                name=naming(node),
                if_exists="missing_ok" in node,
                relations=_relations(node),
                details=_details(node, key),
            ),
        )

    return handler


def _alter_operator(node: Node, context: LowerContext) -> Operations:
    name = object_signature(node["opername"]).name
    return (ops.AlterObject(kind="operator", name=name, details=_details(node, "options")),)


def _alter_extension_contents(node: Node, context: LowerContext) -> Operations:
    """ADD and DROP are 1 and -1 in ``action``."""
    objtype = node["objtype"]
    member, _, _ = identify(objtype, node["object"])
    word = "add" if node.get("action", 0) > 0 else "drop"
    relations = (member,) if objtype in _RELATION_TYPES else ()
    text = f"{kind_word(objtype)} {member.name}"
    return (
        ops.AlterObject(kind="extension", name=Name(node["extname"]), relations=relations, details=((word, text),)),
    )


_RELATION_TYPES = frozenset(
    ["OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_SEQUENCE", "OBJECT_FOREIGN_TABLE"]
)


def _alter_system(node: Node, context: LowerContext) -> Operations:
    pair = setting(node["setstmt"])
    return (ops.AlterObject(kind="system", name=Name(pair[0]), details=(pair,)),)


def _reassign_owned(node: Node, context: LowerContext) -> Operations:
    owner = role_name(node["newrole"])
    return tuple([ops.ChangeOwner(kind="owned", name=Name(role), owner=owner) for role in role_names(node["roles"])])


def _import_foreign_schema(node: Node, context: LowerContext) -> Operations:
    """What tables this makes is known only where they are named."""
    local = node["local_schema"]
    limited = node.get("list_type") == "FDW_IMPORT_SCHEMA_LIMIT_TO"
    tables = [item["RangeVar"]["relname"] for item in node.get("table_list", ()) if limited]
    details = (("server", node["server_name"]), ("into", local))
    relations = tuple([Name(table, local) for table in tables])
    return (
        ops.CreateObject(kind="foreign schema", name=Name(node["remote_schema"]), relations=relations, details=details),
    )


OTHERS: dict[str, Callable[[Node, LowerContext], Operations]] = {
    **{tag: _create(*row) for tag, row in _CREATED.items()},
    **{tag: _alter(*row) for tag, row in _ALTERED.items()},
    "AlterOperatorStmt": _alter_operator,
    "AlterExtensionContentsStmt": _alter_extension_contents,
    "AlterSystemStmt": _alter_system,
    "ReassignOwnedStmt": _reassign_owned,
    "ImportForeignSchemaStmt": _import_foreign_schema,
}
