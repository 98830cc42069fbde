"""Bodies of SQL functions that the grammar parses itself: ``RETURN …`` and ``BEGIN ATOMIC … END``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.lower.names import Node
from hotlint.dialects.postgres.lower.queries import query
from hotlint.operations import AnyOperation, Body, BodyStatement, Select

_SEMICOLON = "ASCII_59"


def atomic_body(node: Node, context: LowerContext, lower: Callable[[Node], tuple[AnyOperation, ...]]) -> Body:
    """The statements of a ``sql_body``, each where it stands."""
    statements = [item for group in _groups(node) for item in group if item]
    if not statements:
        return Body()
    spans = _spans(node, len(statements), context)
    return Body(
        tuple(
            [
                BodyStatement(start, end, _operations(statement, lower))
                for statement, (start, end) in zip(statements, spans, strict=True)
            ]
        )
    )


def _groups(node: Node) -> list[list[Node]]:
    if "List" not in node:
        return [[node]]
    return [item["List"].get("items", []) if "List" in item else [item] for item in node["List"].get("items", ())]


def _operations(node: Node, lower: Callable[[Node], tuple[AnyOperation, ...]]) -> tuple[AnyOperation, ...]:
    if "ReturnStmt" in node:
        return (Select(query=query(node)),)
    return lower(node)


def _spans(node: Node, count: int, context: LowerContext) -> list[tuple[int, int]]:
    """The code-point span of each statement. The tree has no more than places inside of them, so the tokens tell: a
    body begins after ATOMIC, or with RETURN, and no semicolon stands inside a statement of it."""
    from pglast.parser import scan

    text = context.text if isinstance(context.text, str) else context.text.decode()
    first = _first_location(node)
    # scan() counts code points; the tree counts bytes.
    limit = len(context.encoded[:first].decode(errors="replace")) if first >= 0 else 0
    tokens = scan(text)
    openers = [at for at, token in enumerate(tokens) if token.name in ("ATOMIC", "RETURN") and token.start < limit]
    if not openers:
        return [(-1, -1)] * count
    return _split(tokens, openers[-1], count, text, context)


def _split(tokens: Any, opener: int, count: int, text: str, context: LowerContext) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    start: int | None = tokens[opener].start if tokens[opener].name == "RETURN" and count == 1 else None
    end = -1
    for token in tokens[opener + 1 :]:
        if token.name == _SEMICOLON:
            if start is not None:
                found.append((start, end))
            start = None
            if len(found) == count:
                break
            continue
        if token.name in ("SQL_COMMENT", "C_COMMENT"):
            continue
        start = token.start if start is None else start
        end = token.end + 1
    if start is not None and len(found) < count:
        found.append((start, end))
    found += [(-1, -1)] * (count - len(found))

    def place(at: int) -> int:
        return context.offset(len(text[:at].encode())) if at >= 0 else -1

    return [(place(first), place(last)) for first, last in found]


def _first_location(node: Any) -> int:
    """The least location below a node, -1 where it has none."""
    least = -1
    pending = [node]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend([entry for entry in item if isinstance(entry, dict)])
            continue
        for key, value in item.items():
            if isinstance(value, (dict, list)):
                pending.append(value)
            elif key == "location" and value > 0 and (least < 0 or value < least):
                least = value
    return least
