"""What is inside functions, procedures and DO blocks: the static SQL in them, and where it stands."""

from __future__ import annotations

import msgspec
from pglast.parser import ParseError, parse_sql_json

from hotlint.dialects.postgres.constants import literal_text
from hotlint.dialects.postgres.lower import lower_statement
from hotlint.dialects.postgres.lower.context import LowerContext
from hotlint.dialects.postgres.places import Place
from hotlint.dialects.postgres.plpgsql import read_plpgsql
from hotlint.dialects.postgres.scan import TextMap, skip_blank, tokens, trim_end
from hotlint.operations import AnyOperation, Body, BodyStatement

_decode = msgspec.json.decode


class BodyReader:
    """Reads bodies that stand in the text ``filled``; ``start`` and ``end`` are the statement's span in it."""

    def __init__(self, filled: TextMap) -> None:
        self.filled = filled
        self.start = 0
        self.end = len(filled.text)

    def read(self, language: str, text: str, location: int, is_function: bool) -> Body:
        """The body ``text`` in ``language``, whose literal is at byte ``location`` of the parsed text (-1: unknown)."""
        place = self._place(text, location)
        if language == "plpgsql":
            return read_plpgsql(self, text, place)
        if language == "sql":
            return self._sql(text, place)
        return Body(dynamic=(place.span(0, len(text)),)) if not is_function else Body()

    def _place(self, text: str, location: int) -> Place:
        """Where the literal of a body stands: its location may be that of the AS before it."""
        filled = self.filled
        at = filled.characters(location) if location >= 0 else self.start
        for kind, start, stop in tokens(filled.text, at, self.end):
            if kind == "string":
                value, offsets = literal_text(filled.text[start:stop])
                if value == text:
                    return Place(filled, start, offsets)
        return Place(filled, self.start, None)

    def lower(self, text: str, place: Place) -> list[tuple[int, int, tuple[AnyOperation, ...]]]:
        """The statements of ``text``, which stands at ``place``, as (start, end, operations) with offsets in the text.

        Raises ParseError where the text does not parse, RecursionError where it is too deep.
        """
        inner = TextMap(text, place.position(0))
        reader = BodyReader(inner)
        context = LowerContext(text, reader.read, lambda byte: place.position(inner.characters(byte)))
        found: list[tuple[int, int, tuple[AnyOperation, ...]]] = []
        for raw in _decode(parse_sql_json(text)).get("stmts", ()):
            byte, length = raw.get("stmt_location", 0), raw.get("stmt_len", 0)
            start = skip_blank(text, inner.characters(byte), len(text))
            end = trim_end(text, start, inner.characters(byte + length) if length else len(text))
            reader.start, reader.end = start, end
            found.append((start, end, lower_statement(raw["stmt"], context)[1]))
        return found

    def _sql(self, text: str, place: Place) -> Body:
        try:
            found = self.lower(text, place)
        except RecursionError:
            return Body(dynamic=(place.span(0, len(text)),))
        except ParseError as error:
            at = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else len(text.rstrip())
            return Body(error=str(error.args[0]), error_offset=place.position(at))
        return Body(tuple(BodyStatement(*place.span(start, end), operations) for start, end, operations in found))
