"""Statements that some tools find in a file and run outside of a transaction by themselves."""

from __future__ import annotations

import re
from typing import Literal

from hotlint.patterns import lazy

_COMMENT = lazy(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_WORDS = ("concurrently", "vacuum", "database", "tablespace", "system", "subscription", "discard", "reindex")
_OUTSIDE = lazy(
    r"(?is)\s*(?:create\s+(?:unique\s+)?index\s+concurrently\b|drop\s+index\s+concurrently\b|reindex\b|vacuum\b"
    r"|(?:create|drop|alter)\s+(?:database|tablespace|subscription)\b|alter\s+system\b|discard\s+all\b)"
)

_BEGIN = lazy(r"(?i)^\s*(?:begin|start\s+transaction)(?:\s+(?:work|transaction))?\s*;", re.MULTILINE)


def outside(text: str) -> Literal["no", "some", "all"]:
    """Whether no, some, or all statements of a text are of a kind that must not run in a transaction.

    This reads the text as the tools do: comments off, split at semicolons. A text with a dollar-quoted body is never
    "all".
    """
    lower = text.lower()
    if not any(word in lower for word in _WORDS):
        return "no"
    statements = [part for part in _COMMENT.sub(" ", text).split(";") if part.strip()]
    found = sum(1 for part in statements if _OUTSIDE.match(part))
    if not found:
        return "no"
    return "all" if found == len(statements) else "some"


def opens_transaction(text: str) -> bool:
    """Whether the text has a BEGIN of its own, as a statement on its line."""
    return _BEGIN.search(text) is not None
