"""Text to statements: the one place where PostgreSQL's parser is called.

The parser is libpg_query (PostgreSQL 18's own grammar) through pglast. A script that parses as it stands takes one
call; only where that fails is it cut into statements, each parsed alone, so that an error costs one statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from pglast.parser import ParseError, parse_sql_json

from hotlint.dialects.postgres import placeholders, psql
from hotlint.dialects.postgres.bodies import BodyReader
from hotlint.dialects.postgres.lower import lower_statement
from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.scan import TextMap, parts, skip_blank, split, tokens, trim_end
from hotlint.operations import AnyOperation, Opaque
from hotlint.source import ParsedScript, Problem, Region, Script, Statement


class ParseOptions(msgspec.Struct, frozen=True):
    """What the project says about its text.

    ``placeholders``: name → value. A name is the placeholder as written (``${schema}``), what stands between its marks,
    or its last word. ``patterns`` are further regular expressions for placeholders; a first group is the name.
    """

    placeholders: Mapping[str, str] = {}
    patterns: tuple[str, ...] = ()


_DEFAULTS = ParseOptions()


class _Raw(msgspec.Struct, gc=False):
    """A statement as libpg_query's JSON has it; positions are bytes, a length of 0 is "to the end"."""

    stmt: dict[str, Any] = {}
    stmt_location: int = 0
    stmt_len: int = 0


class _Tree(msgspec.Struct, gc=False):
    stmts: list[_Raw] = []


_decode = msgspec.json.Decoder(_Tree).decode

# Refusals that say nothing about the text: the parser ran out of room (scan.l, gram.y and stack_depth.c).
_LIMITS = ("memory exhausted", "stack depth limit exceeded", "out of memory")

# What a statement can begin with; an error there, at the beginning of a line, is a missing semicolon.
# fmt: off
_BEGINNINGS = frozenset([
    "ALTER", "ANALYZE", "BEGIN", "CALL", "COMMENT", "COMMIT", "COPY", "CREATE", "DELETE", "DO", "DROP",
    "GRANT", "INSERT", "LOCK", "MERGE", "REFRESH", "REINDEX", "REVOKE", "ROLLBACK", "SELECT", "SET",
    "TRUNCATE", "UPDATE", "VACUUM", "WITH",
])
# fmt: on
_STYLES: tuple[placeholders.Style, ...] = ("number", "string", "blank")


def parse_script(script: Script, options: ParseOptions = _DEFAULTS) -> ParsedScript:
    """The statements of a script's regions, in order. Never raises for what a text contains.

    Problems: ``syntax-error`` for a statement that PostgreSQL's grammar rejects, ``not-covered`` for one that has a
    placeholder of unknown value and parses with nothing in its place, and for files that psql would include.
    """
    reader = _Reader(script, options)
    for region in script.regions:
        reader.read(region)
    return ParsedScript(tuple(reader.statements), tuple(reader.problems))


class _Reader:
    """Collects the statements and problems of one script."""

    def __init__(self, script: Script, options: ParseOptions) -> None:
        self.script = script
        self.options = options
        self.statements: list[Statement] = []
        self.problems: list[Problem] = []

    def read(self, region: Region) -> None:
        text = self._sendable(self.script.text[region.start : region.end], region.start)
        options = self.options
        if placeholders.present(text, options.patterns):
            filled = placeholders.fill(text, region.start, options.placeholders, options.patterns)
        else:
            filled = TextMap(text, region.start)
        if self._whole(filled) or (filled.edits and self._whole(TextMap(text, region.start))):
            return
        self._recover(text, region.start)

    def _whole(self, filled: TextMap) -> bool:
        """Adds all statements of a text, unless there is an error anywhere in it."""
        try:
            tree = _decode(parse_sql_json(filled.text))
        except (ParseError, RecursionError):
            return False
        self._add_all(tree, filled)
        return True

    def _sendable(self, text: str, base: int) -> str:
        """``text`` without what cannot be sent to a parser, at its old length."""
        nul = text.find("\0")
        if nul != -1:
            if not any(problem.start == base + nul for problem in self.script.problems):
                message = 'invalid byte sequence for encoding "UTF8": 0x00'
                self.problems.append(Problem("syntax-error", message, base + nul, base + nul + 1))
            text = text.replace("\0", " ")
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:  # bytes that were not UTF-8, kept as lone surrogates
                text = text.encode("utf-8", "replace").decode()
        return text

    # -- recovery

    def _recover(self, text: str, base: int) -> None:
        """Parses statement by statement, after taking out what only psql understands."""
        plain, told = psql.blank(text, base)
        self.problems += told
        options = self.options
        filled = placeholders.fill(plain, base, options.placeholders, options.patterns, variables=True)
        if filled.text != text and self._whole(filled):
            return
        for start, end in split(filled.text):
            stop = skip_blank(filled.text, end, len(filled.text))
            # With its semicolon the parser's message is the server's, which names it.
            end = stop + 1 if filled.text.startswith(";", stop) else end
            self._one(filled.part(start, end), plain, base)

    def _one(self, piece: TextMap, plain: str, base: int) -> None:
        """Parses one statement; ``plain`` is the region that it is from, before placeholders were filled in."""
        while True:
            try:
                tree = _decode(parse_sql_json(piece.text))
            except RecursionError:
                self._opaque(piece)
            except ParseError as error:
                if str(error.args[0]).startswith(_LIMITS):
                    self._opaque(piece)
                elif piece.edits and self._restyled(piece, plain, base):
                    pass
                else:
                    rest = self._missing_semicolon(piece, error)
                    if rest is not None:
                        piece = rest
                        continue
                    self.problems.append(_problem(piece, error))
            else:
                self._add_all(tree, piece)
            return

    def _restyled(self, piece: TextMap, plain: str, base: int) -> bool:
        """Tries other stand-ins for placeholders; tells it where none will do, since their values may."""
        start, end = piece.script(0), piece.script_end(len(piece.text))
        options = self.options
        text = plain[start - base : end - base]
        for style in _STYLES:
            filled = placeholders.fill(text, start, options.placeholders, options.patterns, style=style, variables=True)
            if self._whole(filled):
                return True
        holes = [edit for edit in piece.edits if not self._known(edit[2], edit[3])]
        if not holes:
            return False
        first = holes[0]
        hole = self.script.text[first[2] : first[3]]
        message = f"this statement cannot be read without the value of {hole}; set it under placeholders"
        self.problems.append(Problem("not-covered", message, first[2], first[3]))
        return True

    def _known(self, start: int, end: int) -> bool:
        return placeholders.known(self.script.text[start:end], self.options.placeholders, self.options.patterns)

    def _missing_semicolon(self, piece: TextMap, error: ParseError) -> TextMap | None:
        """Where the error is the beginning of another statement, adds the one before it and gives the rest."""
        text = piece.text
        at = _beginning(text, _location(error, text))
        if at is None:
            return None
        rest = piece.part(at, len(text))
        try:
            parse_sql_json(rest.text)
        except ParseError as another:
            if _beginning(rest.text, _location(another, rest.text)) is None:
                return None
        if not self._whole(piece.part(0, trim_end(text, 0, at))):
            return None
        word = next(text[start:end] for _, start, end in tokens(text, at))
        self.problems.append(_problem(piece, error, f'; a semicolon is missing before "{word}"'))
        return rest

    # -- statements

    def _opaque(self, piece: TextMap) -> None:
        """A statement too deep for the parser or the decoder."""
        operation = Opaque(tag="TooDeep")
        end = trim_end(piece.text, 0, len(piece.text.rstrip(";")))
        self.statements.append(Statement(piece.script(0), piece.script_end(end), "TooDeep", (operation,)))

    def _add_all(self, tree: _Tree, filled: TextMap) -> None:
        text, size = filled.text, len(filled.text)
        bodies = BodyReader(filled)
        context = LowerContext(text, bodies.read, lambda byte: filled.script(filled.characters(byte)))
        for raw in tree.stmts:
            byte, length = raw.stmt_location, raw.stmt_len
            start = skip_blank(text, filled.characters(byte), size)
            end = trim_end(text, start, filled.characters(byte + length) if length else size)
            bodies.start, bodies.end = start, end
            try:
                tag, operations, locations = lower_statement(raw.stmt, context)
            except RecursionError:
                tag = next(iter(raw.stmt), "")
                operations, locations = (Opaque(tag=tag),), ()
            spans = _spans(filled, start, end, tag, operations, locations) if len(operations) > 1 else ()
            if filled.edits:
                sent = text[start:end] if filled.filled(start, end) else None
                statement = Statement(filled.script(start), filled.script_end(end), tag, operations, spans, sent)
            else:
                statement = Statement(filled.base + start, filled.base + end, tag, operations, spans)
            self.statements.append(statement)


def _spans(
    filled: TextMap, start: int, end: int, tag: str, operations: tuple[AnyOperation, ...], locations: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """The span of each operation: the piece between commas in which it stands.

    Where the parser gives no location, pieces and operations are paired in order if there are as many of them.
    """
    text = filled.text
    first = start
    if tag == "AlterTableStmt":
        first = _after_relation(text, start, end)
    pieces = parts(text, first, end)
    found: list[tuple[int, int]] = []
    whole = (filled.script(start), filled.script_end(end))
    paired = tag in _LISTS and len(pieces) == len(operations)
    if not paired and max(locations, default=-1) < 0:
        return ()
    for index in range(len(operations)):
        piece = None
        if paired:
            piece = pieces[index]
        elif index < len(locations) and locations[index] >= 0:
            at = filled.characters(locations[index])
            piece = next((p for p in pieces if p[0] <= at < p[1]), None)
        found.append((filled.script(piece[0]), filled.script_end(piece[1])) if piece else whole)
    return tuple(found)


def _after_relation(text: str, start: int, end: int) -> int:
    """The offset of the first subcommand of an ALTER TABLE (or INDEX, VIEW …): past its kind and name."""
    state = "kind"  # then "name" after its first word, and "dot" after a dot
    for kind, at, stop in tokens(text, start, end):
        word = text[at:stop].upper() if kind == "word" else ""
        if state == "kind":
            if word in _KIND_WORDS:
                continue
            state = "name"
        elif text[at] == ".":
            state = "dot"
        elif state == "dot":
            state = "name"
        elif text[at] != "*":
            return at
    return end


# Statements whose operations stand between commas.
_LISTS = frozenset(["AlterTableStmt", "DropStmt", "DropRoleStmt", "LockStmt", "TruncateStmt", "VacuumStmt"])
_KIND_WORDS = frozenset(
    ["ALTER", "TABLE", "FOREIGN", "INDEX", "VIEW", "MATERIALIZED", "SEQUENCE", "IF", "EXISTS", "ONLY"]
)


def _location(error: ParseError, text: str) -> int:
    """The code-point offset of an error in the text that was parsed; pglast gives none for "at end of input"."""
    at = error.args[1] if len(error.args) > 1 else None
    return at if isinstance(at, int) and 0 <= at <= len(text) else len(text)


def _beginning(text: str, error: int) -> int | None:
    """Where a statement begins on the line of an error, if one can: with the line's first word.

    The error itself may stand behind it: in ``SELECT 1`` / ``INSERT INTO t …`` the INSERT is taken for a column's name.
    """
    line = text.rfind("\n", 0, error) + 1
    kind, start, end = next(tokens(text, line), ("open", 0, 0))
    if line == 0 or kind != "word" or start > error or text[start:end].upper() not in _BEGINNINGS:
        return None
    return start


def _problem(piece: TextMap, error: ParseError, more: str = "") -> Problem:
    text = piece.text
    at = _location(error, text)
    message, *more_lines = str(error.args[0]).splitlines() or [""]
    if more_lines or len(message) > 100:  # the server quotes all the rest of the text
        message = message[:100].rstrip() + '…"'
    if at >= len(text):
        return Problem("syntax-error", message + more, piece.script_end(at), piece.script_end(at))
    end = next((stop for kind, start, stop in tokens(text, at) if kind != "open"), at + 1)
    if "unterminated" in message:
        end = at + 1
    return Problem("syntax-error", message + more, piece.script(at), piece.script_end(end))
