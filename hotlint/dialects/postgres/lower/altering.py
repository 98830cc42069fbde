"""ALTER TABLE and its relatives: each subcommand is one operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotlint import operations as ops
from hotlint.dialects.postgres.lower.constraints import column, constraint
from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.expressions import expression, optional
from hotlint.dialects.postgres.lower.names import (
    Node,
    dotted,
    relation_name,
    type_name,
)
from hotlint.operations import AnyOperation, RelationKind

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


_SUBCOMMANDS: dict[str, _Handler] = {
    "AT_AddColumn": _add_column,
    "AT_DropColumn": _drop_column,
    "AT_AlterColumnType": _column_type,
    "AT_ColumnDefault": _column_default,
    "AT_AddConstraint": _add_constraint,
    "AT_SetNotNull": lambda cmd, base, kind: ops.SetNotNull(column=cmd["name"], **base),
    "AT_DropNotNull": lambda cmd, base, kind: ops.DropNotNull(column=cmd["name"], **base),
}
