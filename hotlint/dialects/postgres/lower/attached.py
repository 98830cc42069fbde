"""What is attached to a relation: triggers, rules, policies."""

from __future__ import annotations

from typing import Any

from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.expressions import optional
from hotlint.dialects.postgres.lower.names import Node, dotted, relation_name, role_names, scalar_text, strings
from hotlint.dialects.postgres.lower.queries import expression_reads, walk
from hotlint.dialects.postgres.lower.reads import Reads
from hotlint.operations import (
    AlterPolicy,
    AnyOperation,
    CreatePolicy,
    CreateRule,
    CreateTrigger,
    RelationUse,
    Write,
)

Operations = tuple[AnyOperation, ...]

# pg_trigger.h: TRIGGER_TYPE_*
_BEFORE, _INSTEAD = 2, 64
_EVENTS: tuple[tuple[int, Any], ...] = ((4, "insert"), (16, "update"), (8, "delete"), (32, "truncate"))


def create_trigger(node: Node, context: LowerContext) -> Operations:
    """CreateTrigStmt."""
    timing = node.get("timing", 0)
    events = node.get("events", 0)
    return (
        CreateTrigger(
            relation=relation_name(node["relation"]),
            trigger=node["trigname"],
            function=dotted(node["funcname"]),
            timing="before" if timing & _BEFORE else "instead of" if timing & _INSTEAD else "after",
            events=tuple([event for bit, event in _EVENTS if events & bit]),
            columns=strings(node.get("columns")),
            row="row" in node,
            when=optional(node.get("whenClause")),
            replace="replace" in node,
            constraint="isconstraint" in node,
            deferrable="deferrable" in node,
            initially_deferred="initdeferred" in node,
            from_relation=relation_name(node["constrrel"]) if "constrrel" in node else None,
            arguments=tuple([scalar_text(item) for item in node.get("args", ())]),
            transitions=tuple(
                [
                    ("new" if "isNew" in item["TriggerTransition"] else "old", item["TriggerTransition"]["name"])
                    for item in node.get("transitionRels", ())
                ]
            ),
        ),
    )


_RULE_EVENTS: dict[str, Any] = {
    "CMD_SELECT": "select",
    "CMD_INSERT": "insert",
    "CMD_UPDATE": "update",
    "CMD_DELETE": "delete",
}


# In a rule these are the rows at hand.
_ROWS = frozenset(["old", "new"])


def create_rule(node: Node, context: LowerContext) -> Operations:
    """RuleStmt. ``reads`` are the relations of its actions, those that they write included."""
    reads = Reads(_ROWS)
    for item in node.get("actions", ()):
        walk(item, reads)
    uses = dict.fromkeys(reads.uses())
    for operation in reads.writes:
        if isinstance(operation, Write):
            uses[RelationUse(operation.relation)] = None
            uses.update(dict.fromkeys(operation.query.relations))
    return (
        CreateRule(
            relation=relation_name(node["relation"]),
            rule=node["rulename"],
            event=_RULE_EVENTS[node["event"]],
            instead="instead" in node,
            replace="replace" in node,
            reads=tuple(uses),
            where=optional(node.get("whereClause")),
            writes=tuple([operation.relation for operation in reads.writes if isinstance(operation, Write)]),
        ),
    )


def create_policy(node: Node, context: LowerContext) -> Operations:
    """CreatePolicyStmt."""
    reads = expression_reads(node.get("qual"), node.get("with_check"))
    return (
        CreatePolicy(
            relation=relation_name(node["table"]),
            policy=node["policy_name"],
            command=node.get("cmd_name", "all"),
            permissive="permissive" in node,
            roles=role_names(node.get("roles")),
            using=optional(node.get("qual")),
            check=optional(node.get("with_check")),
            reads=reads.uses(),
            functions=tuple(reads.functions),
        ),
    )


def alter_policy(node: Node, context: LowerContext) -> Operations:
    """AlterPolicyStmt."""
    return (
        AlterPolicy(
            relation=relation_name(node["table"]),
            policy=node["policy_name"],
            roles=role_names(node["roles"]) if "roles" in node else None,
            using=optional(node.get("qual")),
            check=optional(node.get("with_check")),
            reads=expression_reads(node.get("qual"), node.get("with_check")).uses(),
        ),
    )
