"""Constraint nodes → ``ConstraintDef``, and columns with the constraints written on them → ``ColumnDef``."""

from __future__ import annotations

from typing import Any

import msgspec

from hotlint.dialects.postgres.lower.expressions import expression, optional
from hotlint.dialects.postgres.lower.indexes import elements
from hotlint.dialects.postgres.lower.names import Node, dotted, relation_name, strings, type_name
from hotlint.dialects.postgres.lower.sequences import sequence_options
from hotlint.operations import Action, ColumnDef, ConstraintDef, ConstraintKind, Expr, ForeignKey, TypeName

_KINDS: dict[str, ConstraintKind] = {
    "CONSTR_CHECK": "check",
    "CONSTR_NOTNULL": "not null",
    "CONSTR_UNIQUE": "unique",
    "CONSTR_PRIMARY": "primary key",
    "CONSTR_EXCLUSION": "exclude",
    "CONSTR_FOREIGN": "foreign key",
}

# parsenodes.h: FKCONSTR_ACTION_*, FKCONSTR_MATCH_*
_ACTIONS: dict[str, Action] = {
    "a": "no action",
    "r": "restrict",
    "c": "cascade",
    "n": "set null",
    "d": "set default",
}
_MATCHES: dict[str, Any] = {"s": "simple", "f": "full", "p": "partial"}


def foreign_key(node: Node) -> ForeignKey:
    """The far side of a FOREIGN KEY or REFERENCES."""
    return ForeignKey(
        relation_name(node["pktable"]),
        strings(node.get("pk_attrs")),
        on_delete=_ACTIONS.get(node.get("fk_del_action", "a"), "no action"),
        on_update=_ACTIONS.get(node.get("fk_upd_action", "a"), "no action"),
        match=_MATCHES.get(node.get("fk_matchtype", "s"), "simple"),
        period="fk_with_period" in node,
        delete_columns=strings(node.get("fk_del_set_cols")),
    )


def constraint(node: Node, column: str | None = None) -> ConstraintDef | None:
    """A Constraint node of a table, or of ``column``; None for what is no constraint (DEFAULT, NULL, attributes)."""
    contype = node["contype"]
    kind = _KINDS.get(contype)
    if kind is None:
        return None
    columns = (column,) if column is not None else ()
    if kind == "check":
        return ConstraintDef(
            "check",
            node.get("conname"),
            (),
            optional(node.get("raw_expr")),
            not_valid="skip_validation" in node,
            enforced="is_enforced" in node,
            no_inherit="is_no_inherit" in node,
        )
    if kind == "foreign key":
        return ConstraintDef(
            "foreign key",
            node.get("conname"),
            columns or strings(node.get("fk_attrs")),
            None,
            foreign_key(node),
            not_valid="skip_validation" in node,
            enforced="is_enforced" in node,
            deferrable="deferrable" in node,
            initially_deferred="initdeferred" in node,
        )
    if kind == "not null":
        return ConstraintDef(
            "not null",
            node.get("conname"),
            columns or strings(node.get("keys")),
            not_valid="skip_validation" in node,
            no_inherit="is_no_inherit" in node,
        )
    return _index_constraint(kind, node, columns)


def _index_constraint(kind: ConstraintKind, node: Node, columns: tuple[str, ...]) -> ConstraintDef:
    return ConstraintDef(
        kind,
        node.get("conname"),
        columns or strings(node.get("keys")),
        elements=_exclusions(node["exclusions"]) if "exclusions" in node else (),
        # gram.y fills the default in only for the columns' own constraints; indexcmds.c takes gist's place otherwise.
        method=node.get("access_method") if kind == "exclude" else None,
        include=strings(node.get("including")),
        where=optional(node.get("where_clause")),
        using_index=node.get("indexname"),
        deferrable="deferrable" in node,
        initially_deferred="initdeferred" in node,
        nulls_not_distinct="nulls_not_distinct" in node,
        without_overlaps="without_overlaps" in node,
        tablespace=node.get("indexspace"),
    )


def _exclusions(nodes: list[Node]) -> Any:
    found = []
    for node in nodes:
        element, operator = node["List"]["items"]
        name = strings(operator["List"].get("items"))[-1]
        found.append(msgspec.structs.replace(elements([element])[0], operator=name))
    return tuple(found)


# What each attribute after a column's constraint changes in it (parse_utilcmd.c: transformConstraintAttrs).
_ATTRIBUTES: dict[str, dict[str, bool]] = {
    "CONSTR_ATTR_DEFERRABLE": {"deferrable": True},
    "CONSTR_ATTR_NOT_DEFERRABLE": {"deferrable": False},
    "CONSTR_ATTR_DEFERRED": {"deferrable": True, "initially_deferred": True},
    "CONSTR_ATTR_IMMEDIATE": {"initially_deferred": False},
    "CONSTR_ATTR_ENFORCED": {"enforced": True},
    "CONSTR_ATTR_NOT_ENFORCED": {"enforced": False, "not_valid": True},
}

# parse_utilcmd.c: transformColumnDefinition. Only a bare name is the pseudo-type.
SERIAL_TYPES: dict[str, TypeName] = {
    "smallserial": TypeName("int2", "pg_catalog"),
    "serial2": TypeName("int2", "pg_catalog"),
    "serial": TypeName("int4", "pg_catalog"),
    "serial4": TypeName("int4", "pg_catalog"),
    "bigserial": TypeName("int8", "pg_catalog"),
    "serial8": TypeName("int8", "pg_catalog"),
}

IDENTITY: dict[str, Any] = {"a": "always", "d": "by default"}


def column(node: Node) -> ColumnDef:
    """A ColumnDef node."""
    name = node.get("colname", "")
    type: TypeName | None = None
    serial = False
    if "typeName" in node:
        type = type_name(node["typeName"])
        if type.schema is None and not type.percent_type and type.name in SERIAL_TYPES:
            serial = True
            type = SERIAL_TYPES[type.name]
    nodes = node.get("constraints")
    if nodes is None and "collClause" not in node and "storage_name" not in node and "compression" not in node:
        return ColumnDef(name, type, serial=serial)
    parts = _column_constraints(name, nodes or ())
    if "collClause" in node:
        parts["collation"] = dotted(node["collClause"].get("collname"))
    if "storage_name" in node:
        parts["storage"] = node["storage_name"].lower()
    if "compression" in node:
        parts["compression"] = node["compression"]
    return ColumnDef(name, type, serial=serial, **parts)


def _column_constraints(name: str, nodes: Any) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    constraints: list[ConstraintDef] = []
    for item in nodes:
        node = item["Constraint"]
        contype = node["contype"]
        if contype == "CONSTR_NOTNULL":
            parts["not_null"] = True
            if "conname" in node or "is_no_inherit" in node or "skip_validation" in node:
                constraints.append(constraint(node, name))  # type: ignore[arg-type]
        elif contype == "CONSTR_DEFAULT":
            parts["default"] = expression(node.get("raw_expr", {}))
        elif contype in _KINDS:
            constraints.append(constraint(node, name))  # type: ignore[arg-type]
        elif contype == "CONSTR_IDENTITY":
            parts["identity"] = IDENTITY[node["generated_when"]]
            if "options" in node:
                parts["identity_options"] = sequence_options(node["options"])
        elif contype == "CONSTR_GENERATED":
            parts["generated"] = expression(node.get("raw_expr", {}))
            parts["generated_kind"] = "virtual" if node.get("generated_kind") == "v" else "stored"
        elif contype in _ATTRIBUTES and constraints:
            constraints[-1] = msgspec.structs.replace(constraints[-1], **_ATTRIBUTES[contype])
    if constraints:
        parts["constraints"] = tuple(constraints)
    return parts


def domain_parts(nodes: list[Node]) -> tuple[Expr | None, bool, tuple[ConstraintDef, ...]]:
    """The default, NOT NULL and the constraints of a domain."""
    parts = _column_constraints("", nodes)
    constraints = tuple([msgspec.structs.replace(item, columns=()) for item in parts.get("constraints", ())])
    return parts.get("default"), parts.get("not_null", False), constraints
