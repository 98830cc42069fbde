"""Placeholders that a tool fills in before the server sees the text: ``${x}``, ``{{ x }}``, psql's ``:x``.

Each is replaced by its configured value, or by a neutral word with which the statement can be parsed. Where the text of
a string constant has one whose value is unknown it stays, since it cannot hurt there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from hotlint.catalog.names import RESERVED
from hotlint.dialects.postgres.scan import TextMap
from hotlint.patterns import lazy

Style = Literal["name", "number", "string", "blank"]
"""What stands for an unknown value: an identifier, ``1``, ``'x'``, or nothing."""

MARKERS = ("{{", "${", "{%", "<%", "%{", "$%")

_BUILT_IN = (
    r"\{\{[\s\S]*?\}\}",  # Go templates, Jinja, Mustache
    r"\{%[\s\S]*?%\}",  # Jinja's statements
    r"<%[\s\S]*?%>",  # ERB
    r"(?<!\$)\$\{[ \w][^{}\n\"']*\}",  # not JSON between dollar quotes; Flyway, Liquibase, goose's ENVSUB
    r"%\{[^{}\n]*\}",
    r"(?<!\$)\$%[^%\n]*%\$(?!\$)",
)
_VARIABLE = r"(?<![:\w\]]):(?:[A-Za-z_]\w*|'[A-Za-z_]\w*'|\"[A-Za-z_]\w*\"|\{\?[A-Za-z_]\w*\})"
_SKIPPED = (
    r"--[^\n\r]*|/\*[\s\S]*?\*/|(?<![\w$])[eE]'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'(?!')|'[^']*(?:''[^']*)*'(?!')"
    r"|\"[^\"{$<%]*\""
)
# Actions of a template that print nothing: Go's, Jinja's and Mustache's.
_CONTROL = lazy(
    r"(?:end|if|else|elif|range|with|define|template|block|break|continue|set|for|endif|endfor|macro|include)\b|[#/!^]"
)
_QUOTED_WORD = lazy(r"[\"'`]([^\"'`]+)[\"'`]")
_WORD = lazy(r"[A-Za-z_]\w*")


def present(text: str, patterns: tuple[str, ...] = ()) -> bool:
    """Whether ``text`` can have placeholders at all; psql's variables are not looked for."""
    if patterns:
        return True
    return ("{" in text or "%" in text) and any(marker in text for marker in MARKERS)


def fill(
    text: str,
    base: int,
    values: Mapping[str, str],
    patterns: tuple[str, ...] = (),
    *,
    style: Style = "name",
    variables: bool = False,
) -> TextMap:
    """``text`` with its placeholders filled in, and the way back to the script, where it begins at ``base``.

    ``values`` are looked up by the placeholder as written, by what is inside its marks, and by its name. ``patterns``
    are the user's regular expressions; a first group, where there is one, is the name. ``variables``: ``:x`` too.
    """
    expression = _expression(patterns, variables)
    pieces: list[str] = []
    edits: list[tuple[int, int, int, int]] = []
    last = length = 0
    for found in expression.finditer(text):
        skipped = found.group("skipped")
        if skipped is not None and (not values or skipped[:2] in ("--", "/*")):
            continue
        inside = _holes(patterns).finditer(text, *found.span()) if skipped is not None else (found,)
        for hole in inside:
            value = _value(hole.group(), values, patterns, None if skipped is not None else style)
            if value is None:
                continue
            start, end = hole.span()
            length += start - last
            pieces += (text[last:start], value)
            edits.append((length, length + len(value), base + start, base + end))
            length += len(value)
            last = end
    if not edits:
        return TextMap(text, base)
    pieces.append(text[last:])
    return TextMap("".join(pieces), base, tuple(edits))


def known(hole: str, values: Mapping[str, str], patterns: tuple[str, ...]) -> bool:
    """Whether the project tells the value of the placeholder ``hole``."""
    return _value(hole, values, patterns, None) is not None


def _value(hole: str, values: Mapping[str, str], patterns: tuple[str, ...], style: Style | None) -> str | None:
    """What replaces a placeholder; None leaves it (``style`` None, and no value known)."""
    inside, name, default = _names(hole, patterns)
    value = next((values[key] for key in (hole, inside, name) if key in values), default)
    if hole.startswith(":'"):
        return "'" + (name if value is None else value).replace("'", "''") + "'"
    if hole.startswith(':"'):
        return '"' + (name if value is None else value).replace('"', '""') + '"'
    if hole.startswith(":{"):
        return "true"
    if value is not None or style is None:
        return value
    if style == "blank" or hole.startswith("{%") or (hole.startswith("{{") and _CONTROL.match(inside)):
        return " "
    return _neutral(name) if style == "name" else "1" if style == "number" else "'x'"


def _names(hole: str, patterns: tuple[str, ...]) -> tuple[str, str, str | None]:
    """What stands between a placeholder's marks, its name, and the default that it brings along (``${x:-default}``)."""
    for pattern in patterns:
        found = _compiled(pattern).fullmatch(hole)
        if found is not None:
            name = next((group for group in found.groups() if group), hole)
            return name, name, None
    inside = hole.strip("{}<>%$:\"'?=- \t\r\n")
    default = None
    if hole.startswith("${"):
        inside, separator, rest = inside.partition(":-")
        default = rest if separator else None
        return inside, inside, default
    if hole.startswith("{{"):
        inside = hole[2:-2].strip("{}-~ \t\r\n")
    words = _QUOTED_WORD.findall(inside) or _WORD.findall(inside)
    return inside, words[-1] if words else "placeholder", None


def _neutral(name: str) -> str:
    word = re.sub(r"\W", "_", name).lower()
    if not word or word[0].isdigit():
        word = "_" + word
    return word + "_" if word in RESERVED else word


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=16)
def _expression(patterns: tuple[str, ...], variables: bool) -> re.Pattern[str]:
    holes = [f"(?:{pattern})" for pattern in patterns] + list(_BUILT_IN)
    if variables:
        holes.append(_VARIABLE)
    return re.compile(f"(?P<skipped>{_SKIPPED})|{'|'.join(holes)}")


@lru_cache(maxsize=16)
def _holes(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join([f"(?:{pattern})" for pattern in patterns] + list(_BUILT_IN)))
