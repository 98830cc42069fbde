"""SQL text for fixes: identifiers, literals, and statements with something put into them."""

from __future__ import annotations

from hotlint.catalog.names import quote
from hotlint.dialects.postgres.scan import tokens
from hotlint.dialects.postgres.settings import duration_ms
from hotlint.dialects.postgres.types.names import format_type
from hotlint.sql_render import render_column, render_expression

__all__ = [
    "duration_ms",
    "format_type",
    "identifier",
    "index_tail",
    "keyword_end",
    "literal",
    "normalised",
    "parses",
    "put_after",
    "qualified",
    "quote",
    "render_column",
    "render_expression",
    "without_semicolon",
]


def literal(text: str) -> str:
    """A string constant: ``'it''s'``."""
    return "'" + text.replace("'", "''") + "'"


def without_semicolon(text: str) -> str:
    """The statement without its semicolon and the white space around it."""
    return text.strip().rstrip(";").rstrip()


def put_after(text: str, keyword: str, words: str) -> str | None:
    """``text`` with ``words`` behind the first ``keyword`` outside comments and quotes, None where there is none.

    What is put in is in lower case where the keyword is.
    """
    at = keyword_end(text, keyword)
    if at is None:
        return None
    lower = text[at - len(keyword) : at].islower()
    return f"{text[:at]} {words.lower() if lower else words}{text[at:]}"


def keyword_end(text: str, keyword: str) -> int | None:
    """The offset behind the first ``keyword`` that stands outside comments and quotes, or None."""
    wanted = keyword.upper()
    for kind, start, end in tokens(text):
        if kind == "word" and text[start:end].upper() == wanted:
            return end
    return None


def normalised(text: str) -> str:
    """The statement's tokens with one space between them, words outside quotes in lower case, comments left out.

    Equal for statements that differ only in layout, case of keywords, and comments.
    """
    return " ".join(text[s:e].lower() if kind == "word" else text[s:e] for kind, s, e in tokens(text))


def qualified(schema: str, name: str) -> str:
    """A name with its schema, each quoted where it must be."""
    return f"{quote(schema)}.{quote(name)}"


def identifier(name: str) -> str:
    """A new name as SQL, cut to the 63 bytes that the server keeps (NAMEDATALEN)."""
    return quote(name.encode()[:63].decode("utf-8", "ignore"))


def index_tail(text: str) -> str | None:
    """What stands behind the table's name in a CREATE INDEX: ``(a, b) WHERE …``, with USING if there is one."""
    on = keyword_end(text, "ON")
    for kind, start, end in tokens(text, on) if on is not None else ():
        if (kind == "punctuation" and text[start] == "(") or (kind == "word" and text[start:end].upper() == "USING"):
            return text[start:]
    return None


def parses(expression: str) -> bool:
    """Whether a text is an expression that the server's grammar accepts."""
    from pglast.parser import ParseError, parse_sql_json

    try:
        parse_sql_json(f"SELECT ({expression})")
    except ParseError:
        return False
    return True
