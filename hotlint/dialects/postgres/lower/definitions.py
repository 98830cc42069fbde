"""Schemas, sequences, types, domains and extensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotlint import operations as ops
from hotlint.dialects.postgres.lower.constraints import column, constraint, domain_parts
from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.expressions import optional
from hotlint.dialects.postgres.lower.functions import function_arguments
from hotlint.dialects.postgres.lower.names import (
    Node,
    dotted,
    options,
    persistence,
    relation_name,
    role_name,
    strings,
    type_name,
)
from hotlint.dialects.postgres.lower.objects import kind_word
from hotlint.dialects.postgres.lower.sequences import sequence_options
from hotlint.operations import AnyOperation, Name

Operations = tuple[AnyOperation, ...]


# The keys under which the elements of CREATE SCHEMA have their own name (parse_utilcmd.c: transformCreateSchemaStmt).
_ELEMENT_RELATIONS = {
    "CreateStmt": "relation",
    "ViewStmt": "view",
    "IndexStmt": "relation",
    "CreateSeqStmt": "sequence",
    "CreateTrigStmt": "relation",
}


def create_schema(node: Node, context: LowerContext, lower: Callable[[Node], Operations]) -> Operations:
    """CreateSchemaStmt. Without a name it has its owner's."""
    owner = role_name(node["authrole"]) if "authrole" in node else None
    name = node.get("schemaname") or owner or ""
    found: list[AnyOperation] = [
        ops.CreateSchema(name=name, if_not_exists="if_not_exists" in node, owner=owner),
    ]
    made: set[str] = set()
    for item in node.get("schemaElts", ()):
        for tag, element in item.items():
            relations = [element[_ELEMENT_RELATIONS[tag]]] if tag in _ELEMENT_RELATIONS else []
            if tag == "GrantStmt":
                relations = [entry["RangeVar"] for entry in element.get("objects", ()) if "RangeVar" in entry]
            for relation in relations:
                relation.setdefault("schemaname", name)
                made.add(relation["relname"])
            _qualify(element, made, name)
            found.extend(lower(item))
    return tuple(found)


def _qualify(tree: Any, names: set[str], schema: str) -> None:
    """The new schema is looked in first (schemacmds.c: CreateSchemaCommand), so that what it has is meant."""
    if isinstance(tree, list):
        for item in tree:
            _qualify(item, names, schema)
    elif isinstance(tree, dict):
        if tree.get("relname") in names and "relpersistence" in tree:
            tree.setdefault("schemaname", schema)
        for value in tree.values():
            _qualify(value, names, schema)


def create_sequence(node: Node, context: LowerContext) -> Operations:
    """CreateSeqStmt."""
    sequence = node["sequence"]
    return (
        ops.CreateSequence(
            relation=relation_name(sequence),
            options=sequence_options(node.get("options")),
            if_not_exists="if_not_exists" in node,
            temporary=persistence(sequence) == "temporary",
        ),
    )


def alter_sequence(node: Node, context: LowerContext) -> Operations:
    """AlterSeqStmt."""
    return (
        ops.AlterSequence(
            relation=relation_name(node["sequence"]),
            options=sequence_options(node.get("options")),
            if_exists="missing_ok" in node,
        ),
    )


def create_enum(node: Node, context: LowerContext) -> Operations:
    """CreateEnumStmt."""
    return (ops.CreateEnum(name=dotted(node["typeName"]), labels=strings(node.get("vals"))),)


def alter_enum(node: Node, context: LowerContext) -> Operations:
    """AlterEnumStmt: ADD VALUE and RENAME VALUE."""
    name = dotted(node["typeName"])
    if "oldVal" in node:
        return (ops.RenameEnumValue(name=name, label=node["oldVal"], new_label=node.get("newVal", "")),)
    neighbour = node.get("newValNeighbor")
    is_after = "newValIsAfter" in node
    return (
        ops.AddEnumValue(
            name=name,
            label=node.get("newVal", ""),
            before=None if is_after else neighbour,
            after=neighbour if is_after and neighbour is not None else None,
            if_not_exists="skipIfNewValExists" in node,
        ),
    )


def create_domain(node: Node, context: LowerContext) -> Operations:
    """CreateDomainStmt."""
    default, not_null, constraints = domain_parts(node.get("constraints", []))
    return (
        ops.CreateDomain(
            name=dotted(node["domainname"]),
            base=type_name(node["typeName"]),
            default=default,
            not_null=not_null,
            constraints=constraints,
            collation=dotted(node["collClause"].get("collname")) if "collClause" in node else None,
        ),
    )


# parsenodes.h: AlterDomainStmt.subtype
_DOMAIN_CHANGES: dict[str, Any] = {
    "T": "set default",
    "N": "drop not null",
    "O": "set not null",
    "C": "add constraint",
    "X": "drop constraint",
    "V": "validate constraint",
}


def alter_domain(node: Node, context: LowerContext) -> Operations:
    """AlterDomainStmt."""
    change = _DOMAIN_CHANGES[node["subtype"]]
    definition = node.get("def")
    if change == "set default" and definition is None:
        change = "drop default"
    return (
        ops.AlterDomain(
            name=dotted(node["typeName"]),
            change=change,
            default=optional(definition) if change == "set default" else None,
            constraint=constraint(definition["Constraint"]) if definition and "Constraint" in definition else None,
            constraint_name=node.get("name"),
            if_constraint_exists="missing_ok" in node,
            cascade=node.get("behavior") == "DROP_CASCADE",
        ),
    )


def create_composite(node: Node, context: LowerContext) -> Operations:
    """CompositeTypeStmt."""
    columns = tuple([column(item["ColumnDef"]) for item in node.get("coldeflist", ())])
    return (ops.CreateCompositeType(name=relation_name(node["typevar"]), columns=columns),)


def create_range(node: Node, context: LowerContext) -> Operations:
    """CreateRangeStmt."""
    subtype = None
    for item in node.get("params", ()):
        if item["DefElem"]["defname"] == "subtype":
            subtype = type_name(item["DefElem"]["arg"]["TypeName"])
    return (ops.CreateRangeType(name=dotted(node["typeName"]), subtype=subtype),)


def define(node: Node, context: LowerContext) -> Operations:
    """DefineStmt: shell and base types, aggregates, operators, collations, text search objects."""
    objtype = node["kind"]
    name = dotted(node.get("defnames"))
    if objtype == "OBJECT_TYPE":
        return (ops.CreateShellType(name=name),)
    if objtype == "OBJECT_AGGREGATE":
        return (_aggregate(node, name),)
    return (
        ops.CreateObject(
            kind=kind_word(objtype),
            name=name,
            if_not_exists="if_not_exists" in node,
            replace="replace" in node,
            details=options(node.get("definition")),
        ),
    )


def _aggregate(node: Node, name: Name) -> AnyOperation:
    """Its arguments are (list, number of direct ones); the list is missing for ``(*)`` and the old syntax."""
    args = node.get("args", [])
    parameters = args[0].get("List", {}).get("items") if args else None
    supports = []
    for item in node.get("definition", ()):
        option = item["DefElem"]
        if option["defname"].lower() in _SUPPORTS and "TypeName" in option.get("arg", {}):
            supports.append(dotted(option["arg"]["TypeName"]["names"]))
    return ops.CreateFunction(
        name=name,
        kind="aggregate",
        arguments=function_arguments(parameters),
        replace="replace" in node,
        supports=tuple(supports),
    )


_SUPPORTS = frozenset(["sfunc", "finalfunc", "combinefunc", "serialfunc", "deserialfunc", "msfunc", "minvfunc"])


def create_extension(node: Node, context: LowerContext) -> Operations:
    """CreateExtensionStmt; CREATE LANGUAGE without a handler is one, too (gram.y: CreatePLangStmt)."""
    pairs = dict(options(node.get("options")))
    return (
        ops.CreateExtension(
            name=node["extname"],
            schema=pairs.get("schema"),
            if_not_exists="if_not_exists" in node,
            cascade="cascade" in pairs,
        ),
    )
