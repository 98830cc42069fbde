"""Functions, procedures and aggregates, DO and CALL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotlint.dialects.postgres.lower.atomic import atomic_body
from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.expressions import expressions, optional
from hotlint.dialects.postgres.lower.names import Node, dotted, object_signature, scalar_text, type_name
from hotlint.dialects.postgres.lower.objects import kind_word
from hotlint.dialects.postgres.lower.session import setting
from hotlint.operations import AlterFunction, AnyOperation, Body, Call, CreateFunction, DoBlock, FunctionArgument

Operations = tuple[AnyOperation, ...]

_MODES: dict[str, Any] = {
    "FUNC_PARAM_OUT": "out",
    "FUNC_PARAM_INOUT": "inout",
    "FUNC_PARAM_VARIADIC": "variadic",
    "FUNC_PARAM_TABLE": "table",
}


def function_arguments(nodes: list[Node] | None) -> tuple[FunctionArgument, ...]:
    """FunctionParameter nodes."""
    found = []
    for item in nodes or ():
        node = item["FunctionParameter"]
        found.append(
            FunctionArgument(
                type_name(node["argType"]),
                node.get("name"),
                _MODES.get(node.get("mode", ""), "in"),
                optional(node.get("defexpr")),
            )
        )
    return tuple(found)


def create_function(node: Node, context: LowerContext, lower: Callable[[Node], Operations]) -> Operations:
    """CreateFunctionStmt. A function without a language can only be SQL with a body in the grammar."""
    parts: dict[str, Any] = {}
    settings: list[tuple[str, str]] = []
    source: Node | None = None
    for item in node.get("options", ()):
        option = item["DefElem"]
        name = option["defname"]
        if name == "as":
            source = option
        elif name == "set":
            settings.append(setting(option["arg"]["VariableSetStmt"]))
        elif name in _OPTIONS:
            field, read = _OPTIONS[name]
            parts[field] = read(option.get("arg", {}))
    if settings:
        parts["settings"] = tuple(settings)
    is_procedure = "is_procedure" in node
    language = parts.get("language", "sql")
    if "sql_body" in node:
        parts["body"] = atomic_body(node["sql_body"], context, lower)
        parts["standard"] = True
    elif source is not None:
        strings = source["arg"]["List"].get("items", []) if "arg" in source else []
        # A second string is the symbol in a library that the first one names.
        if len(strings) == 1:
            parts["text"] = scalar_text(strings[0])
            location = source.get("arg_location", -1)
            parts["body"] = context.body(language, parts["text"], location, True)
    return (
        CreateFunction(
            name=dotted(node["funcname"]),
            kind="procedure" if is_procedure else "function",
            arguments=function_arguments(node.get("parameters")),
            returns=type_name(node["returnType"]) if "returnType" in node else None,
            replace="replace" in node,
            **parts,
        ),
    )


def _boolean(node: Node) -> bool:
    return scalar_text(node) == "true"


def _word(node: Node) -> str:
    return scalar_text(node).lower()


# Options of CREATE FUNCTION that a field stands for: the field, and how its value is read.
_OPTIONS: dict[str, tuple[str, Callable[[Node], Any]]] = {
    "language": ("language", _word),
    "volatility": ("volatility", _word),
    "parallel": ("parallel", _word),
    "strict": ("strict", _boolean),
    "security": ("security_definer", _boolean),
}


def alter_function(node: Node, context: LowerContext) -> Operations:
    """AlterFunctionStmt."""
    parts: dict[str, Any] = {"signature": object_signature(node["func"]), "kind": kind_word(node["objtype"])}
    settings: list[tuple[str, str]] = []
    for item in node.get("actions", ()):
        option = item["DefElem"]
        name = option["defname"]
        if name in ("volatility", "parallel"):
            parts[name] = _word(option["arg"])
        elif name in _SWITCHES:
            parts[_SWITCHES[name]] = "boolval" in option["arg"]["Boolean"]
        elif name == "set":
            settings.append(setting(option["arg"]["VariableSetStmt"]))
    return (AlterFunction(**parts, settings=tuple(settings)),)


_SWITCHES = {"strict": "strict", "security": "security_definer"}


def do_block(node: Node, context: LowerContext) -> Operations:
    """DoStmt."""
    language, text, location = "plpgsql", "", -1
    for item in node.get("args", ()):
        option = item["DefElem"]
        if option["defname"] == "language":
            language = _word(option["arg"])
        else:
            text = scalar_text(option["arg"])
            location = option.get("arg_location", 0)
    body: Body = context.body(language, text, location, False)
    return (DoBlock(language=language, body=body),)


def call(node: Node, context: LowerContext) -> Operations:
    """CallStmt."""
    called = node["funccall"]
    return (Call(name=dotted(called["funcname"]), args=expressions(called.get("args"))),)
