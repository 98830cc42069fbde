"""Options of sequences and identity columns."""

from __future__ import annotations

from typing import Any

from hotlint.dialects.postgres.lower.names import Node, strings, type_name
from hotlint.operations import SequenceOptions

_INTEGERS = {
    "start": "start",
    "increment": "increment",
    "minvalue": "minimum",
    "maxvalue": "maximum",
    "cache": "cache",
}


def integer(node: Node | None) -> int | None:
    """A NumericOnly: an Integer, or a Float where it does not fit 32 bits."""
    if not node:
        return None
    if "Integer" in node:
        return int(node["Integer"].get("ival", 0))
    if "A_Const" in node:
        return integer(
            {"Integer": node["A_Const"]["ival"]}
            if "ival" in node["A_Const"]
            else {"Float": node["A_Const"].get("fval", {})}
        )
    text = node.get("Float", {}).get("fval", "")
    try:
        return int(text)
    except ValueError:
        return None


def sequence_options(nodes: list[Node] | None) -> SequenceOptions:
    """A list of DefElem nodes. ``NO MINVALUE`` and ``NO MAXVALUE`` say what saying nothing says."""
    parts: dict[str, Any] = {}
    for item in nodes or ():
        node = item["DefElem"]
        name = node["defname"]
        arg = node.get("arg")
        if name in _INTEGERS:
            parts[_INTEGERS[name]] = integer(arg)
        elif name == "restart":
            parts["restart"] = "start" if arg is None else integer(arg)
        elif name == "cycle":
            parts["cycle"] = bool(arg and arg.get("Boolean", {}).get("boolval"))
        elif name == "as" and arg is not None:
            parts["type"] = type_name(arg["TypeName"])
        elif name == "owned_by" and arg is not None:
            parts["owned_by"] = strings(arg["List"].get("items"))
    return SequenceOptions(**parts)
