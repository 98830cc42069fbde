"""Transactions, settings, and statements that leave no trace in a schema."""

from __future__ import annotations

from typing import Any

from hotlint.dialects.postgres.lower.names import Node, constant_text, scalar_text, strings
from hotlint.operations import AnyOperation, NoEffect, SetVariable, Transaction

Operations = tuple[AnyOperation, ...]

_COMMANDS: dict[str, Any] = {
    "TRANS_STMT_BEGIN": "begin",
    "TRANS_STMT_START": "begin",
    "TRANS_STMT_COMMIT": "commit",
    "TRANS_STMT_ROLLBACK": "rollback",
    "TRANS_STMT_SAVEPOINT": "savepoint",
    "TRANS_STMT_RELEASE": "release",
    "TRANS_STMT_ROLLBACK_TO": "rollback to",
    "TRANS_STMT_PREPARE": "prepare",
    "TRANS_STMT_COMMIT_PREPARED": "commit prepared",
    "TRANS_STMT_ROLLBACK_PREPARED": "rollback prepared",
}


def transaction(node: Node, context: object) -> Operations:
    """TransactionStmt."""
    return (Transaction(command=_COMMANDS[node["kind"]], savepoint=node.get("savepoint_name"), chain="chain" in node),)


_WITHOUT_VALUE = frozenset(["VAR_SET_DEFAULT", "VAR_RESET", "VAR_RESET_ALL"])


def set_variable(node: Node, context: object) -> Operations:
    """VariableSetStmt. SET TRANSACTION and its kind change no setting that Hotlint follows, nor does FROM CURRENT."""
    kind = node["kind"]
    if kind in ("VAR_SET_MULTI", "VAR_SET_CURRENT"):
        return (NoEffect(tag="VariableSetStmt"),)
    return (
        SetVariable(
            name=node.get("name", "all").lower(),
            values=None if kind in _WITHOUT_VALUE else setting_values(node),
            local="is_local" in node,
        ),
    )


def setting_values(node: Node) -> tuple[str, ...]:
    """The values of a SET, as written."""
    return tuple([scalar_text(item) for item in node.get("args", ())])


def setting(node: Node) -> tuple[str, str]:
    """A SET clause of CREATE or ALTER FUNCTION, ROLE, DATABASE, as a pair; the value is empty for a RESET."""
    return node.get("name", "all").lower(), ", ".join(setting_values(node))


_TRUE = frozenset(["t", "true", "on", "yes", "y", "1"])


def set_config(node: Node) -> Operations:
    """The settings made by a SELECT that does nothing but call set_config() with constants; else nothing."""
    targets = node.get("targetList")
    if not targets or "fromClause" in node or "whereClause" in node:
        return ()
    found: list[AnyOperation] = []
    for item in targets:
        call = item["ResTarget"].get("val", {}).get("FuncCall")
        if call is None or strings(call["funcname"])[-1] != "set_config":
            return ()
        args = [_constant(arg) for arg in call.get("args", ())]
        if len(args) != 3 or args[0] is None or args[1] is None or args[2] is None:
            return ()
        name = args[0].lower()
        values = _search_path(args[1]) if name == "search_path" else (args[1],)
        found.append(SetVariable(name=name, values=values, local=args[2].lower() in _TRUE))
    return tuple(found)


def _constant(node: Node) -> str | None:
    cast = node.get("TypeCast")
    if cast is not None:
        node = cast["arg"]
    constant = node.get("A_Const")
    return constant_text(constant) if constant is not None and "isnull" not in constant else None


def _search_path(text: str) -> tuple[str, ...]:
    """The names in a list that came as one string (varlena.c: SplitIdentifierString)."""
    names = [part.strip() for part in text.split(",")]
    return tuple([name[1:-1] if name.startswith('"') and name.endswith('"') else name.lower() for name in names])


def discard(node: Node, context: object) -> Operations:
    """DiscardStmt; DISCARD ALL resets every setting, too."""
    if node.get("target") == "DISCARD_ALL":
        return (NoEffect(tag="DiscardStmt"), SetVariable(name="all", values=None))
    return (NoEffect(tag="DiscardStmt"),)
