"""The parser's tree → operations.

``lower_statement`` never raises: a statement of an unknown kind, and one whose tree is not as expected, becomes
``Opaque`` with the relations that stand in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotlint.dialects.postgres.lower import attached, data, definitions, functions, grants, objects, session, views
from hotlint.dialects.postgres.lower.altering import alter_table, move_all
from hotlint.dialects.postgres.lower.context import LowerContext, plain_context
from hotlint.dialects.postgres.lower.indexes import create_index, reindex
from hotlint.dialects.postgres.lower.names import Node, relation_name
from hotlint.dialects.postgres.lower.others import OTHERS
from hotlint.dialects.postgres.lower.tables import create_foreign_table, create_table
from hotlint.operations import AnyOperation, Name, NoEffect, Opaque

__all__ = ["LowerContext", "lower_statement", "plain_context"]

_UNKNOWN = (-1,)


def lower_statement(stmt: Node, context: LowerContext) -> tuple[str, tuple[AnyOperation, ...], tuple[int, ...]]:
    """The tag of a statement, its operations, and where each of these begins: byte locations, -1 where unknown."""
    tag = next(iter(stmt), "")
    handler = _STATEMENTS.get(tag)
    if handler is not None:
        try:
            operations = handler(stmt[tag], context)
        except Exception:  # a tree of a shape that no handler foresaw must not end the run
            pass
        else:
            if len(operations) == 1:
                return tag, operations, _UNKNOWN
            return tag, operations, _UNKNOWN * len(operations)
    return tag, (_opaque(tag, stmt),), _UNKNOWN


def _opaque(tag: str, stmt: Any) -> Opaque:
    found: dict[Name, None] = {}
    pending = [stmt]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(reversed(node))
        elif isinstance(node, dict):
            if "relname" in node:
                found[relation_name(node)] = None
            pending.extend([value for value in reversed(node.values()) if isinstance(value, (dict, list))])
    return Opaque(tag=tag, relations=tuple(found))


def _nested(context: LowerContext) -> Callable[[Node], tuple[AnyOperation, ...]]:
    """How a statement lowers those inside it."""
    return lambda stmt: lower_statement(stmt, context)[1]


def _create_function(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    return functions.create_function(node, context, _nested(context))


def _create_schema(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    return definitions.create_schema(node, context, _nested(context))


def _explain(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    """With ANALYZE it does what the statement in it does, be it CREATE TABLE AS."""
    if not data.explain_analyzes(node):
        return (NoEffect(tag="ExplainStmt", names=lower_statement(node["query"], context)[1]),)
    return lower_statement(node["query"], context)[1]


def _prepare(node: Node, context: LowerContext) -> tuple[AnyOperation, ...]:
    return (NoEffect(tag="PrepareStmt", names=lower_statement(node["query"], context)[1]),)


def _no_effect(tag: str) -> Callable[[Node, LowerContext], tuple[AnyOperation, ...]]:
    operations = (NoEffect(tag=tag),)
    return lambda node, context: operations


_NO_EFFECT = (
    "CheckPointStmt",
    "ClosePortalStmt",
    "ConstraintsSetStmt",
    "DeallocateStmt",
    "FetchStmt",
    "ListenStmt",
    "LoadStmt",
    "NotifyStmt",
    "SecLabelStmt",
    "UnlistenStmt",
    "VariableShowStmt",
)

_STATEMENTS: dict[str, Callable[[Node, LowerContext], tuple[AnyOperation, ...]]] = {
    **OTHERS,
    **{tag: _no_effect(tag) for tag in _NO_EFFECT},
    "AlterDefaultPrivilegesStmt": grants.default_privileges,
    "AlterDomainStmt": definitions.alter_domain,
    "AlterEnumStmt": definitions.alter_enum,
    "AlterFunctionStmt": functions.alter_function,
    "AlterObjectDependsStmt": objects.depends,
    "AlterObjectSchemaStmt": objects.set_schema,
    "AlterOwnerStmt": objects.set_owner,
    "AlterPolicyStmt": attached.alter_policy,
    "AlterSeqStmt": definitions.alter_sequence,
    "AlterTableMoveAllStmt": move_all,
    "AlterTableStmt": alter_table,
    "CallStmt": functions.call,
    "ClusterStmt": data.cluster,
    "CommentStmt": objects.comment,
    "CompositeTypeStmt": definitions.create_composite,
    "CopyStmt": data.copy,
    "CreateDomainStmt": definitions.create_domain,
    "CreateEnumStmt": definitions.create_enum,
    "CreateExtensionStmt": definitions.create_extension,
    "CreateForeignTableStmt": create_foreign_table,
    "CreateFunctionStmt": _create_function,
    "CreatePolicyStmt": attached.create_policy,
    "CreateRangeStmt": definitions.create_range,
    "CreateSchemaStmt": _create_schema,
    "CreateSeqStmt": definitions.create_sequence,
    "CreateStmt": create_table,
    "CreateTableAsStmt": views.create_table_as,
    "CreateTrigStmt": attached.create_trigger,
    "DeclareCursorStmt": data.declare_cursor,
    "DefineStmt": definitions.define,
    "DeleteStmt": data.delete_statement,
    "DiscardStmt": session.discard,
    "DoStmt": functions.do_block,
    "DropdbStmt": objects.drop_database,
    "DropOwnedStmt": objects.drop_owned,
    "DropRoleStmt": objects.drop_roles,
    "DropStmt": objects.drop,
    "DropSubscriptionStmt": objects.drop_subscription,
    "DropTableSpaceStmt": objects.drop_tablespace,
    "DropUserMappingStmt": objects.drop_user_mapping,
    "ExplainStmt": _explain,
    "GrantRoleStmt": grants.grant_role,
    "GrantStmt": grants.grant,
    "IndexStmt": create_index,
    "InsertStmt": data.insert_statement,
    "LockStmt": data.lock,
    "MergeStmt": data.merge_statement,
    "PrepareStmt": _prepare,
    "RefreshMatViewStmt": views.refresh,
    "ReindexStmt": reindex,
    "RenameStmt": objects.rename,
    "RuleStmt": attached.create_rule,
    "SelectStmt": data.select,
    "TransactionStmt": session.transaction,
    "TruncateStmt": data.truncate,
    "UpdateStmt": data.update_statement,
    "VacuumStmt": data.vacuum,
    "VariableSetStmt": session.set_variable,
    "ViewStmt": views.create_view,
}
