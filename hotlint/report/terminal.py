"""What the reader's terminal can show: colour or not, and how wide a character is."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from typing import Literal, TextIO

import msgspec

ColourWish = Literal["auto", "always", "never"]

TAB = 4
"""Columns between tab stops in excerpts."""

_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "help": "1;32",
    "path": "1",
    "strong": "1",
    "rule": "2",
    "gutter": "34",
    "related": "36",
    "sql": "32",
    "faint": "2",
    "plain": "",
}

WIDTH = 100
"""Columns that texts are wrapped at where there is no terminal to ask."""
_NARROWEST = 40


class Style(msgspec.Struct, frozen=True):
    """Paints words, or leaves them alone where ``colour`` is False. ``width``: columns to fill with text;
    ``terminal``: there is a person before it, so that long lines are broken rather than kept whole."""

    colour: bool = False
    width: int = WIDTH
    terminal: bool = False

    def paint(self, role: str, text: str) -> str:
        """``text`` in the colour of ``role``."""
        if not self.colour or not text or not _CODES[role]:
            return text
        return f"\x1b[{_CODES[role]}m{text}\x1b[0m"


def style_for(stream: TextIO, environment: Mapping[str, str] | None = None, wish: ColourWish = "auto") -> Style:
    """Colour on a terminal only. A non-empty ``NO_COLOR`` switches it off, else a non-empty ``FORCE_COLOR`` on
    (https://no-color.org, https://force-color.org); ``TERM=dumb`` has none."""
    env = os.environ if environment is None else environment
    terminal = _terminal_width(stream)
    on_terminal = terminal is not None
    return Style(_has_colour(on_terminal, env, wish), WIDTH if terminal is None else terminal, on_terminal)


def _has_colour(on_terminal: bool, env: Mapping[str, str], wish: ColourWish) -> bool:
    if wish != "auto":
        return wish == "always"
    if env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR"):
        return env["FORCE_COLOR"] not in ("0", "false")
    return on_terminal and env.get("TERM") != "dumb"


def _terminal_width(stream: TextIO) -> int | None:
    """Columns of the terminal behind ``stream``, not too few to read in; None where there is no terminal."""
    try:
        if not stream.isatty():
            return None
        columns = os.get_terminal_size(stream.fileno()).columns
    except AttributeError:  # no stream behind it
        return None
    except (OSError, ValueError):  # it says that it is one and cannot tell its size, or is closed
        return None if getattr(stream, "closed", False) else WIDTH
    return max(columns, _NARROWEST) if columns else WIDTH


def width(character: str) -> int:
    """Columns that a printable character takes: 2 for East Asian wide ones and emoji, 0 for combining marks."""
    if character < "\u0300":
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def cells(text: str) -> list[str]:
    """How each character of a line is shown: tabs up to the next stop, control characters as their pictures.

    A migration's text must not be able to steer the terminal, so nothing below U+0020 and none of the bidirectional
    controls is passed on.
    """
    if text.isascii() and text.isprintable():
        return list(text)
    shown: list[str] = []
    column = 0
    for character in text:
        if character == "\t":
            cell = " " * (TAB - column % TAB)
        elif character < " ":
            cell = chr(0x2400 + ord(character))
        elif character in _UNPRINTABLE or "\x7f" <= character < "\xa0":
            cell = "\ufffd"
        else:
            cell = character
        shown.append(cell)
        column += columns(cell)
    return shown


_UNPRINTABLE = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u2028\u2029\ufeff")


def columns(text: str) -> int:
    """Columns that ``text`` takes on the screen."""
    return len(text) if text.isascii() else sum(map(width, text))


def plain(text: str) -> str:
    """``text`` on one line and without control characters: for messages that quote what stands in a file."""
    return "".join(cells(text)) if not text.isprintable() else text
