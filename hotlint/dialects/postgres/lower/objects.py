"""DROP, RENAME, SET SCHEMA, OWNER TO and COMMENT: statements that name an object of any kind."""

from __future__ import annotations

from typing import Any, Literal, cast

from hotlint import operations as ops
from hotlint.dialects.postgres.lower.altering import RELATION_KINDS
from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.names import (
    Node,
    dotted,
    object_signature,
    relation_name,
    role_name,
    role_names,
    strings,
    type_name,
)
from hotlint.operations import AnyOperation, FunctionSignature, Name

Operations = tuple[AnyOperation, ...]

# The words of SQL for parsenodes.h: ObjectType, where they are not those of the constant.
_WORDS = {
    "OBJECT_DEFACL": "default privileges",
    "OBJECT_DOMCONSTRAINT": "domain constraint",
    "OBJECT_FDW": "foreign data wrapper",
    "OBJECT_FOREIGN_SERVER": "server",
    "OBJECT_LARGEOBJECT": "large object",
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_OPCLASS": "operator class",
    "OBJECT_OPFAMILY": "operator family",
    "OBJECT_PARAMETER_ACL": "parameter",
    "OBJECT_STATISTIC_EXT": "statistics",
    "OBJECT_TABCONSTRAINT": "constraint",
    "OBJECT_TSCONFIGURATION": "text search configuration",
    "OBJECT_TSDICTIONARY": "text search dictionary",
    "OBJECT_TSPARSER": "text search parser",
    "OBJECT_TSTEMPLATE": "text search template",
}


def kind_word(objtype: str) -> str:
    """The kind of an object in lower case: ``"type"``, ``"event trigger"``, ``"text search parser"``."""
    word = _WORDS.get(objtype)
    return word if word is not None else objtype.removeprefix("OBJECT_").replace("_", " ").lower()


# Kinds that live on a relation: their list ends with their own name.
_SUBOBJECTS = frozenset(["OBJECT_COLUMN", "OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"])
# Kinds whose list begins with an access method.
_IN_ACCESS_METHOD = frozenset(["OBJECT_OPCLASS", "OBJECT_OPFAMILY"])

Identity = tuple[Name, "str | None", "FunctionSignature | None"]


def identify(objtype: str, node: Node) -> Identity:
    """The name of an object, of what it is on, and its signature: (name, sub-object, signature)."""
    for tag, body in node.items():
        if tag == "List":
            return _identify_list(objtype, body.get("items", []))
        if tag == "ObjectWithArgs":
            signature = object_signature(body)
            return signature.name, None, signature
        if tag == "TypeName":
            type = type_name(body)
            return Name(type.name, type.schema), None, None
        if tag == "String":
            return Name(body.get("sval", "")), None, None
        if tag in ("Integer", "Float"):
            return Name(str(body.get("ival", body.get("fval", 0)))), None, None
    return Name(""), None, None


def _identify_list(objtype: str, items: list[Node]) -> Identity:
    if objtype in _SUBOBJECTS:
        return dotted(items[:-1]), strings(items)[-1], None
    if objtype in _IN_ACCESS_METHOD:
        return dotted(items[1:]), None, None
    if objtype == "OBJECT_DOMCONSTRAINT":
        if "TypeName" not in items[0]:
            return dotted(items), None, None
        return identify("OBJECT_TYPE", items[0])[0], strings(items)[-1], None
    if objtype == "OBJECT_CAST":
        return Name(" as ".join([type_name(item["TypeName"]).name for item in items])), None, None
    if objtype == "OBJECT_TRANSFORM":
        return Name(f"{type_name(items[0]['TypeName']).name} language {strings(items)[-1]}"), None, None
    return dotted(items), None, None


_DROPS: dict[str, type[ops.DropRelation]] = {
    "OBJECT_TABLE": ops.DropTable,
    "OBJECT_VIEW": ops.DropView,
    "OBJECT_MATVIEW": ops.DropMaterializedView,
    "OBJECT_INDEX": ops.DropIndex,
    "OBJECT_SEQUENCE": ops.DropSequence,
}
_ON_RELATION: dict[str, Literal["trigger", "policy", "rule"]] = {
    "OBJECT_TRIGGER": "trigger",
    "OBJECT_POLICY": "policy",
    "OBJECT_RULE": "rule",
}


def drop(node: Node, context: LowerContext) -> Operations:
    """DropStmt: one operation per object named."""
    objtype = node["removeType"]
    base: dict[str, Any] = {"if_exists": "missing_ok" in node, "cascade": node.get("behavior") == "DROP_CASCADE"}
    relation_class = _DROPS.get(objtype)
    if relation_class is not None:
        concurrently = "concurrent" in node
        return tuple(
            [
                relation_class(relation=dotted(item["List"]["items"]), concurrently=concurrently, **base)
                for item in node["objects"]
            ]
        )
    if objtype == "OBJECT_FOREIGN_TABLE":
        names = [dotted(item["List"]["items"]) for item in node["objects"]]
        return tuple([ops.DropRelation(relation=name, kind="foreign table", **base) for name in names])
    kind = kind_word(objtype)
    found: list[AnyOperation] = []
    for item in node["objects"]:
        name, sub, signature = identify(objtype, item)
        if objtype in _ON_RELATION:
            found.append(ops.DropSubobject(relation=name, kind=_ON_RELATION[objtype], name=sub or "", **base))
        else:
            found.append(ops.DropObject(kind=kind, name=name, signature=signature, **base))
    return tuple(found)


def _drop_named(kind: str, key: str) -> Any:
    """The handler of a DROP that has a node of its own, with the name under ``key``."""

    def handler(node: Node, context: LowerContext) -> Operations:
        cascade = node.get("behavior") == "DROP_CASCADE"
        name = Name(node[key])
        return (ops.DropObject(kind=kind, name=name, if_exists="missing_ok" in node, cascade=cascade),)

    return handler


drop_database = _drop_named("database", "dbname")
drop_tablespace = _drop_named("tablespace", "tablespacename")
drop_subscription = _drop_named("subscription", "subname")


def drop_user_mapping(node: Node, context: LowerContext) -> Operations:
    """DropUserMappingStmt."""
    name = Name(role_name(node["user"]), node["servername"])
    return (ops.DropObject(kind="user mapping", name=name, if_exists="missing_ok" in node),)


def drop_roles(node: Node, context: LowerContext) -> Operations:
    """DropRoleStmt."""
    if_exists = "missing_ok" in node
    names = role_names(node["roles"])
    return tuple([ops.DropObject(kind="role", name=Name(name), if_exists=if_exists) for name in names])


def drop_owned(node: Node, context: LowerContext) -> Operations:
    """DropOwnedStmt: what these are, only the server knows."""
    cascade = node.get("behavior") == "DROP_CASCADE"
    return tuple([ops.DropObject(kind="owned", name=Name(name), cascade=cascade) for name in role_names(node["roles"])])


def rename(node: Node, context: LowerContext) -> Operations:
    """RenameStmt."""
    objtype = node["renameType"]
    new_name = node["newname"]
    if "relation" in node:
        relation = node["relation"]
        return (_rename_in_relation(node, objtype, new_name, _relation_base(node, relation)),)
    if objtype == "OBJECT_DOMCONSTRAINT":
        domain = identify("OBJECT_TYPE", node["object"])[0]
        return (ops.RenameConstraint(relation=domain, constraint=node["subname"], new_name=new_name, kind="domain"),)
    if "object" in node:
        name, _, signature = identify(objtype, node["object"])
    else:
        name, signature = Name(node["subname"]), None
    return (ops.RenameObject(kind=kind_word(objtype), name=name, new_name=new_name, signature=signature),)


def _relation_base(node: Node, relation: Node) -> dict[str, Any]:
    return {
        "relation": relation_name(relation),
        "if_exists": "missing_ok" in node,
        # A composite type's name comes without the mark of descendants, and has none.
        "only": "inh" not in relation and node["renameType"] != "OBJECT_ATTRIBUTE",
    }


def _rename_in_relation(node: Node, objtype: str, new_name: str, base: dict[str, Any]) -> AnyOperation:
    if objtype in ("OBJECT_COLUMN", "OBJECT_ATTRIBUTE"):
        kind = RELATION_KINDS.get(node.get("relationType", ""), "table")
        cascade = node.get("behavior") == "DROP_CASCADE"
        return ops.RenameColumn(column=node["subname"], new_name=new_name, kind=kind, cascade=cascade, **base)
    if objtype == "OBJECT_TABCONSTRAINT":
        return ops.RenameConstraint(constraint=node["subname"], new_name=new_name, **base)
    if objtype in _ON_RELATION:
        return ops.RenameSubobject(kind=_ON_RELATION[objtype], name=node["subname"], new_name=new_name, **base)
    return ops.RenameRelation(new_name=new_name, kind=RELATION_KINDS.get(objtype, "table"), **base)


def _named(node: Node) -> Identity:
    """The object of a statement that has it either as a relation or as ``object``."""
    if "relation" in node:
        return relation_name(node["relation"]), None, None
    return identify(node["objectType"], node["object"])


def set_schema(node: Node, context: LowerContext) -> Operations:
    """AlterObjectSchemaStmt."""
    name, _, signature = _named(node)
    return (
        ops.ChangeSchema(
            kind=kind_word(node["objectType"]),
            name=name,
            schema=node["newschema"],
            if_exists="missing_ok" in node,
            signature=signature,
        ),
    )


def set_owner(node: Node, context: LowerContext) -> Operations:
    """AlterOwnerStmt; relations have theirs in ALTER TABLE's node."""
    name, _, signature = _named(node)
    owner = role_name(node["newowner"])
    return (ops.ChangeOwner(kind=kind_word(node["objectType"]), name=name, owner=owner, signature=signature),)


def depends(node: Node, context: LowerContext) -> Operations:
    """AlterObjectDependsStmt: ``ALTER … [NO] DEPENDS ON EXTENSION``."""
    name = _named(node)[0]  # of a trigger, its relation
    word = "no depends on extension" if "remove" in node else "depends on extension"
    details = ((word, cast(str, node["extname"].get("sval", ""))),)
    return (ops.AlterObject(kind=kind_word(node["objectType"]), name=name, details=details),)


def comment(node: Node, context: LowerContext) -> Operations:
    """CommentStmt; an empty text removes a comment, as NULL does (comment.c: CreateComments)."""
    objtype = node["objtype"]
    name, sub, signature = identify(objtype, node["object"])
    text = node.get("comment")
    return (ops.Comment(kind=kind_word(objtype), name=name, text=text, sub=sub, signature=signature),)
