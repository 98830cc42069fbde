"""SQL text for fixes: identifiers, literals, and statements with something put into them."""

from __future__ import annotations

from collections.abc import Sequence

from hotlint.catalog.names import quote
from hotlint.dialects.postgres.scan import tokens
from hotlint.dialects.postgres.settings import duration_ms
from hotlint.dialects.postgres.types.names import format_type
from hotlint.operations import Name
from hotlint.remedies.sql_render import render_column, render_expression

__all__ = [
    "batch_loop",
    "duration_ms",
    "enumerated",
    "format_type",
    "identifier",
    "index_tail",
    "keyword_end",
    "literal",
    "named",
    "normalised",
    "one_line",
    "parenthesised",
    "parses",
    "place_loop",
    "put_after",
    "qualified",
    "quote",
    "render_column",
    "render_expression",
    "split_where",
    "tokens",
    "without_semicolon",
    "without_word",
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


def without_word(text: str, keyword: str) -> str:
    """``text`` without the first ``keyword`` outside comments and quotes, and the white space before it."""
    at = keyword_end(text, keyword)
    return text if at is None else text[: at - len(keyword)].rstrip() + text[at:]


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


def one_line(text: str) -> str:
    """The text without its comments, each run of white space outside quotes one space."""
    parts: list[str] = []
    last = -1
    for _, start, end in tokens(text):
        if last not in (-1, start):
            parts.append(" ")
        parts.append(text[start:end])
        last = end
    return "".join(parts)


def qualified(schema: str, name: str) -> str:
    """A name with its schema, each quoted where it must be."""
    return f"{quote(schema)}.{quote(name)}"


def named(name: Name) -> str:
    """A name as a statement gives it, as SQL: with its schema where it has one."""
    return quote(name.name) if name.schema is None else qualified(name.schema, name.name)


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


def split_where(text: str) -> tuple[str, str | None]:
    """A statement before its own WHERE, and the condition behind that, None where it has none; not for RETURNING."""
    depth = 0
    for kind, start, end in tokens(text):
        depth += (text[start] in "([") - (text[start] in ")]") if kind == "punctuation" else 0
        if kind == "word" and depth == 0 and text[start:end].upper() == "WHERE":
            return text[:start].rstrip(), text[end:].strip()
    return text.rstrip(), None


def parenthesised(text: str, keyword: str) -> str | None:
    """What stands in the first parentheses behind the first ``keyword``, without them; None where there is neither."""
    at = keyword_end(text, keyword)
    if at is None:
        return None
    depth, first = 0, -1
    for kind, start, end in tokens(text, at):
        if kind != "punctuation":
            continue
        if text[start] == "(":
            depth += 1
            first = end if first < 0 else first
        elif text[start] == ")":
            depth -= 1
            if depth == 0:
                return text[first:start].strip()
    return None


# The variables of the loops have names that no column has, or PL/pgSQL could not tell them apart.


def batch_loop(table: str, alias: str, key_type: str, column: str, statement: str, where: str | None = None) -> str:
    """A DO block that runs an UPDATE or DELETE (``statement``, without its WHERE) over ``table``, which the statement
    calls ``alias``, along the key ``column`` and commits every batch.

    All names are given as SQL; ``key_type`` is the key with its table (``public.orders.id``). A batch ends by ORDER BY,
    for there is no max(uuid) before 18.
    """
    condition = f"({where}) AND " if where is not None else ""
    return f"""DO $$
DECLARE
  batch_after {key_type}%TYPE;
  batch_last {key_type}%TYPE;
BEGIN
  LOOP
    SELECT batch.{column} INTO batch_last
      FROM (SELECT {column} FROM {table}
        WHERE batch_after IS NULL OR {column} > batch_after ORDER BY {column} LIMIT 5000) batch
      ORDER BY batch.{column} DESC LIMIT 1;
    EXIT WHEN batch_last IS NULL;
    {statement}
      WHERE {condition}(batch_after IS NULL OR {alias}.{column} > batch_after) AND {alias}.{column} <= batch_last;
    COMMIT;
    batch_after := batch_last;
  END LOOP;
END $$"""


def place_loop(table: str, statement: str, where: str) -> str:
    """A DO block like that of ``batch_loop`` for a table without a key to go along: it runs ``statement`` for as long
    as ``where`` finds rows, and so needs a statement whose rows ``where`` does not find again."""
    return f"""DO $$
BEGIN
  LOOP
    {statement}
      WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {where} LIMIT 5000));
    EXIT WHEN NOT FOUND;
    COMMIT;
  END LOOP;
END $$"""


def enumerated(names: Sequence[str], most: int = 6) -> str:
    """Names for a message: all of them, or the first few and how many more."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
