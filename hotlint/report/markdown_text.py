"""Text that stands in Markdown as it is."""

from __future__ import annotations

import re

from hotlint.report.terminal import plain

_SPECIAL = re.compile(r"([\\`*\[\]<>|~#&]|(?<![^\W_])_|_(?![^\W_]))")
_BACKTICKS = re.compile(r"`+")


def prose(text: str) -> str:
    """Text on one line, in which nothing is markup and nobody is mentioned."""
    return _SPECIAL.sub(r"\\\1", plain(" ".join(text.split()))).replace("@", "@\u200b")


def code(text: str) -> str:
    """Text on one line as code, also within a table."""
    text = plain(text)
    ticks = "`" * (max(map(len, _BACKTICKS.findall(text)), default=0) + 1)
    space = " " if len(ticks) > 1 or not text.strip() else ""
    return f"{ticks}{space}{text}{space}{ticks}".replace("|", "\\|")


def fenced(text: str, language: str) -> str:
    """Lines as a block of code."""
    fence = "`" * max(3, max(map(len, _BACKTICKS.findall(text)), default=0) + 1)
    shown = "\n".join(plain(line) for line in text.replace("\r\n", "\n").split("\n"))
    return f"{fence}{language}\n{shown}\n{fence}"
