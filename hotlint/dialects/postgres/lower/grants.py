"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES."""

from __future__ import annotations

from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.expressions import digest
from hotlint.dialects.postgres.lower.names import Node, flag, options, relation_name, role_names, strings
from hotlint.dialects.postgres.lower.objects import identify, kind_word
from hotlint.operations import AnyOperation, DefaultPrivileges, FunctionSignature, Grant, Name

Operations = tuple[AnyOperation, ...]


def grant(node: Node, context: LowerContext) -> Operations:
    """GrantStmt."""
    objtype = node.get("objtype", "OBJECT_TABLE")
    names: list[Name] = []
    signatures: list[FunctionSignature] = []
    for item in node.get("objects", ()):
        if "RangeVar" in item:
            names.append(relation_name(item["RangeVar"]))
            continue
        name, _, signature = identify(objtype, item)
        names.append(name)
        if signature is not None:
            signatures.append(signature)
    privileges = [item["AccessPriv"] for item in node.get("privileges", ())]
    columns = dict.fromkeys([column for item in privileges for column in strings(item.get("cols"))])
    return (
        Grant(
            kind=kind_word(objtype),
            names=tuple(names),
            # ALL (columns) is a privilege without a name.
            privileges=tuple([item["priv_name"] for item in privileges if "priv_name" in item]),
            grantees=role_names(node.get("grantees")),
            revoke="is_grant" not in node,
            grant_option="grant_option" in node,
            all_in_schema=node.get("targtype") == "ACL_TARGET_ALL_IN_SCHEMA",
            columns=tuple(columns),
            cascade=node.get("behavior") == "DROP_CASCADE",
            signatures=tuple(signatures),
        ),
    )


def grant_role(node: Node, context: LowerContext) -> Operations:
    """GrantRoleStmt: membership in roles."""
    return (
        Grant(
            kind="role",
            names=tuple([Name(item["AccessPriv"].get("priv_name", "")) for item in node["granted_roles"]]),
            privileges=(),
            grantees=role_names(node.get("grantee_roles")),
            revoke="is_grant" not in node,
            grant_option=flag(options(node.get("opt")), "admin"),
            cascade=node.get("behavior") == "DROP_CASCADE",
        ),
    )


def default_privileges(node: Node, context: LowerContext) -> Operations:
    """AlterDefaultPrivilegesStmt."""
    found: list[str] = []
    for item in node.get("options", ()):
        if item["DefElem"]["defname"] == "schemas":
            found.extend(strings(item["DefElem"]["arg"]["List"].get("items")))
    action = node["action"]
    privileges = [item["AccessPriv"] for item in action.get("privileges", ())]
    return (
        DefaultPrivileges(
            schemas=tuple(found),
            kind=kind_word(action.get("objtype", "OBJECT_TABLE")),
            privileges=tuple([item["priv_name"] for item in privileges if "priv_name" in item]),
            text=digest(node),
        ),
    )
