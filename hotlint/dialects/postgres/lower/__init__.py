"""The parser's tree → operations.

``lower_statement`` never raises: a statement of an unknown kind, and one whose tree is not as expected, becomes ``Opaque``
with the relations that stand in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotlint.dialects.postgres.lower.altering import alter_table
from hotlint.dialects.postgres.lower.context import LowerContext, plain_context
from hotlint.dialects.postgres.lower.indexes import create_index, reindex
from hotlint.dialects.postgres.lower.names import Node, relation_name
from hotlint.dialects.postgres.lower.tables import create_foreign_table, create_table
from hotlint.operations import AnyOperation, Name, Opaque

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


_STATEMENTS: dict[str, Callable[[Node, LowerContext], tuple[AnyOperation, ...]]] = {
    "AlterTableStmt": alter_table,
    "CreateStmt": create_table,
    "CreateForeignTableStmt": create_foreign_table,
    "IndexStmt": create_index,
    "ReindexStmt": reindex,
}
