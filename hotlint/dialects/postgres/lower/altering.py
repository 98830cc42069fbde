"""ALTER TABLE and its relatives: each subcommand is one operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotlint import operations as ops
from hotlint.dialects.postgres.lower.constraints import IDENTITY, column, constraint
from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.expressions import expression, optional
from hotlint.dialects.postgres.lower.names import (
    Node,
    dotted,
    options,
    relation_name,
    role_name,
    role_names,
    scalar_text,
    type_name,
)
from hotlint.dialects.postgres.lower.sequences import sequence_options
from hotlint.dialects.postgres.lower.tables import bound
from hotlint.operations import AnyOperation, Name, RelationKind

# parsenodes.h: ObjectType, as far as ALTER TABLE's node carries it
RELATION_KINDS: dict[str, RelationKind] = {
    "OBJECT_TABLE": "table",
    "OBJECT_INDEX": "index",
    "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_SEQUENCE": "sequence",
    "OBJECT_FOREIGN_TABLE": "foreign table",
    "OBJECT_TYPE": "composite type",
}

_Base = dict[str, Any]
_Handler = Callable[[Node, _Base, RelationKind], AnyOperation]


def alter_table(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    """AlterTableStmt."""
    relation = node["relation"]
    kind = RELATION_KINDS.get(node.get("objtype", ""), "table")
    base: _Base = {
        "relation": relation_name(relation),
        "if_exists": "missing_ok" in node,
        "only": "inh" not in relation,
    }
    found: list[AnyOperation] = []
    for item in node.get("cmds", ()):
        command = item["AlterTableCmd"]
        if kind == "composite type" and command["subtype"] in _ATTRIBUTE_CHANGES:
            found.append(_change_attribute(command, base["relation"]))
            continue
        handler = _SUBCOMMANDS.get(command["subtype"])
        if handler is not None:
            found.append(handler(command, base, kind))
        else:
            found.append(ops.AlterTableOther(subcommand=command["subtype"], **base))
    return tuple(found)


def _add_column(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    return ops.AddColumn(column=column(cmd["def"]["ColumnDef"]), if_not_exists="missing_ok" in cmd, **base)


def _drop_column(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    return ops.DropColumn(
        column=cmd["name"], if_column_exists="missing_ok" in cmd, cascade=cmd["behavior"] == "DROP_CASCADE", **base
    )


def _column_type(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    definition = cmd["def"]["ColumnDef"]
    return ops.AlterColumnType(
        column=cmd["name"],
        to=type_name(definition["typeName"]),
        using=optional(definition.get("raw_default")),
        collation=dotted(definition["collClause"].get("collname")) if "collClause" in definition else None,
        **base,
    )


def _column_default(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    if "def" in cmd:
        return ops.SetDefault(column=cmd["name"], default=expression(cmd["def"]), **base)
    return ops.DropDefault(column=cmd["name"], **base)


def _add_constraint(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    found = constraint(cmd["def"]["Constraint"])
    if found is None:
        return ops.AlterTableOther(subcommand=cmd["subtype"], **base)
    return ops.AddConstraint(constraint=found, **base)


def _alter_constraint(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    definition = cmd["def"]["ATAlterConstraint"]
    deferrability = "alterDeferrability" in definition
    return ops.AlterConstraint(
        constraint=definition["conname"],
        deferrable="deferrable" in definition if deferrability else None,
        initially_deferred="initdeferred" in definition if deferrability else None,
        enforced="is_enforced" in definition if "alterEnforceability" in definition else None,
        no_inherit="noinherit" in definition if "alterInheritability" in definition else None,
        **base,
    )


def _drop_constraint(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    return ops.DropConstraint(
        constraint=cmd["name"],
        if_constraint_exists="missing_ok" in cmd,
        cascade=cmd["behavior"] == "DROP_CASCADE",
        **base,
    )


def _attach(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    definition = cmd["def"]["PartitionCmd"]
    if kind == "index":
        return ops.AttachIndex(index=relation_name(definition["name"]), **base)
    return ops.AttachPartition(partition=relation_name(definition["name"]), bound=bound(definition["bound"]), **base)


def _detach(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    definition = cmd["def"]["PartitionCmd"]
    return ops.DetachPartition(
        partition=relation_name(definition["name"]),
        concurrently="concurrent" in definition,
        finalize=cmd["subtype"] == "AT_DetachPartitionFinalize",
        **base,
    )


def _add_identity(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    definition = cmd["def"]["Constraint"]
    options_ = sequence_options(definition["options"]) if "options" in definition else None
    return ops.AddIdentity(
        column=cmd["name"], identity=IDENTITY[definition["generated_when"]], options=options_, **base
    )


def _set_identity(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    """The word after SET GENERATED arrives among the options, as the code of a character."""
    items = cmd["def"]["List"]["items"]
    generated = [item["DefElem"]["arg"] for item in items if item["DefElem"]["defname"] == "generated"]
    others = [item for item in items if item["DefElem"]["defname"] != "generated"]
    return ops.SetIdentity(
        column=cmd["name"],
        identity=IDENTITY[chr(generated[-1]["Integer"]["ival"])] if generated else None,
        options=sequence_options(others) if others else None,
        **base,
    )


def _attribute(attribute: Any) -> _Handler:
    def handler(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
        value = scalar_text(cmd["def"]) if "def" in cmd and cmd["subtype"] != "AT_ResetOptions" else None
        # A column of an index has a number in place of a name.
        name = cmd["name"] if "name" in cmd else str(cmd.get("num", 0))
        return ops.SetColumnAttribute(column=name, attribute=attribute, value=value, **base)

    return handler


def _options(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    reset = cmd["subtype"] == "AT_ResetRelOptions"
    pairs = options(cmd["def"]["List"].get("items"))
    return ops.SetOptions(
        options=tuple([(name, None) for name, _ in pairs]) if reset else pairs, reset=reset, kind=kind, **base
    )


def _owner(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    return ops.ChangeOwner(
        kind=kind, name=base["relation"], owner=role_name(cmd["newowner"]), if_exists=base["if_exists"]
    )


# parsenodes.h: REPLICA_IDENTITY_*
_REPLICA: dict[str, Any] = {"d": "default", "f": "full", "n": "nothing", "i": "index"}


def _replica_identity(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    definition = cmd["def"]["ReplicaIdentityStmt"]
    identity = _REPLICA[definition["identity_type"]]
    return ops.ReplicaIdentity(identity=identity, index=definition.get("name"), **base)


def _of_type(cmd: Node, base: _Base, kind: RelationKind) -> AnyOperation:
    type = type_name(cmd["def"]["TypeName"]) if "def" in cmd else None
    return ops.SetOfType(of_type=Name(type.name, type.schema) if type is not None else None, **base)


def _row_security(enabled: bool | None = None, forced: bool | None = None) -> _Handler:
    return lambda cmd, base, kind: ops.SetRowSecurity(enabled=enabled, forced=forced, **base)


def _trigger(state: Any, special: str | None = None) -> _Handler:
    return lambda cmd, base, kind: ops.SetTriggerState(
        trigger=special or cmd["name"], state=state, special=special is not None, **base
    )


def _rule(state: Any) -> _Handler:
    return lambda cmd, base, kind: ops.SetRuleState(rule=cmd["name"], state=state, **base)


_SUBCOMMANDS: dict[str, _Handler] = {
    "AT_AddColumn": _add_column,
    "AT_DropColumn": _drop_column,
    "AT_AlterColumnType": _column_type,
    "AT_ColumnDefault": _column_default,
    "AT_AddConstraint": _add_constraint,
    "AT_AlterConstraint": _alter_constraint,
    "AT_DropConstraint": _drop_constraint,
    "AT_ValidateConstraint": lambda cmd, base, kind: ops.ValidateConstraint(constraint=cmd["name"], **base),
    "AT_SetNotNull": lambda cmd, base, kind: ops.SetNotNull(column=cmd["name"], **base),
    "AT_DropNotNull": lambda cmd, base, kind: ops.DropNotNull(column=cmd["name"], **base),
    "AT_SetExpression": lambda cmd, base, kind: ops.SetGeneratedExpression(
        column=cmd["name"], expression=expression(cmd["def"]), **base
    ),
    "AT_DropExpression": lambda cmd, base, kind: ops.DropGeneratedExpression(
        column=cmd["name"], if_column_exists="missing_ok" in cmd, **base
    ),
    "AT_AddIdentity": _add_identity,
    "AT_SetIdentity": _set_identity,
    "AT_DropIdentity": lambda cmd, base, kind: ops.DropIdentity(
        column=cmd["name"], if_column_exists="missing_ok" in cmd, **base
    ),
    "AT_SetStatistics": _attribute("statistics"),
    "AT_SetStorage": _attribute("storage"),
    "AT_SetCompression": _attribute("compression"),
    "AT_SetOptions": _attribute("options"),
    "AT_ResetOptions": _attribute("options"),
    "AT_AttachPartition": _attach,
    "AT_DetachPartition": _detach,
    "AT_DetachPartitionFinalize": _detach,
    "AT_AddInherit": lambda cmd, base, kind: ops.Inherit(parent=relation_name(cmd["def"]["RangeVar"]), **base),
    "AT_DropInherit": lambda cmd, base, kind: ops.NoInherit(parent=relation_name(cmd["def"]["RangeVar"]), **base),
    "AT_AddOf": _of_type,
    "AT_DropOf": _of_type,
    "AT_SetLogged": lambda cmd, base, kind: ops.SetPersistence(logged=True, **base),
    "AT_SetUnLogged": lambda cmd, base, kind: ops.SetPersistence(logged=False, **base),
    "AT_SetTableSpace": lambda cmd, base, kind: ops.SetTablespace(tablespace=cmd["name"], kind=kind, **base),
    "AT_SetAccessMethod": lambda cmd, base, kind: ops.SetAccessMethod(access_method=cmd.get("name"), **base),
    "AT_SetRelOptions": _options,
    "AT_ResetRelOptions": _options,
    "AT_ChangeOwner": _owner,
    "AT_ClusterOn": lambda cmd, base, kind: ops.ClusterOn(index=cmd["name"], **base),
    "AT_DropCluster": lambda cmd, base, kind: ops.ClusterOn(index=None, **base),
    "AT_ReplicaIdentity": _replica_identity,
    "AT_EnableRowSecurity": _row_security(enabled=True),
    "AT_DisableRowSecurity": _row_security(enabled=False),
    "AT_ForceRowSecurity": _row_security(forced=True),
    "AT_NoForceRowSecurity": _row_security(forced=False),
    "AT_EnableTrig": _trigger("enabled"),
    "AT_EnableAlwaysTrig": _trigger("always"),
    "AT_EnableReplicaTrig": _trigger("replica"),
    "AT_DisableTrig": _trigger("disabled"),
    "AT_EnableTrigAll": _trigger("enabled", "all"),
    "AT_DisableTrigAll": _trigger("disabled", "all"),
    "AT_EnableTrigUser": _trigger("enabled", "user"),
    "AT_DisableTrigUser": _trigger("disabled", "user"),
    "AT_EnableRule": _rule("enabled"),
    "AT_EnableAlwaysRule": _rule("always"),
    "AT_EnableReplicaRule": _rule("replica"),
    "AT_DisableRule": _rule("disabled"),
}


def _change_attribute(cmd: Node, name: Name) -> AnyOperation:
    """A subcommand of ALTER TYPE on a composite type."""
    definition = cmd.get("def", {}).get("ColumnDef", {})
    return ops.AlterCompositeType(
        name=name,
        change=_ATTRIBUTE_CHANGES[cmd["subtype"]],
        attribute=cmd["name"] if "name" in cmd else definition["colname"],
        to=type_name(definition["typeName"]) if "typeName" in definition else None,
        if_attribute_exists="missing_ok" in cmd,
        cascade=cmd["behavior"] == "DROP_CASCADE",
    )


_ATTRIBUTE_CHANGES: dict[str, Any] = {
    "AT_AddColumn": "add attribute",
    "AT_DropColumn": "drop attribute",
    "AT_AlterColumnType": "alter attribute",
}


def move_all(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    """ALTER TABLE | INDEX | MATERIALIZED VIEW ALL IN TABLESPACE: which relations these are, only the server knows."""
    details = [("move", RELATION_KINDS.get(node.get("objtype", ""), "table")), ("to", node["new_tablespacename"])]
    if "roles" in node:
        details.append(("owned by", ",".join(role_names(node["roles"]))))
    name = Name(node["orig_tablespacename"])
    return (ops.AlterObject(kind="tablespace", name=name, details=tuple(details)),)
