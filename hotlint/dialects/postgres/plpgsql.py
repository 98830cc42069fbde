"""The SQL in a PL/pgSQL body.

The body is parsed by libpg_query's copy of the server's own parser. It tells a statement's line and the text of each
query in it, so the exact place is found by looking for that text from that line on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from pglast.parser import ParseError, parse_plpgsql_json

from hotlint.dialects.postgres.constants import constant_text
from hotlint.dialects.postgres.places import Place
from hotlint.dialects.postgres.scan import skip_blank, tokens
from hotlint.operations import AnyOperation, Body, BodyStatement, Name, Select
from hotlint.patterns import lazy

if TYPE_CHECKING:
    from hotlint.dialects.postgres.bodies import BodyReader

_decode = msgspec.json.decode

# What the parser says of text that the server refuses as well (pl_gram.y, scan.l); its other refusals come from what
# libpg_query cannot look up without a database.
_SYNTAX = lazy(r"syntax error|unterminated|missing|mismatched|unexpected end of|trailing junk|invalid Unicode")
_AT = lazy(r'at or near "(.*)"\Z', re.DOTALL)


class _Flags(msgspec.Struct, frozen=True, gc=False):
    """What is known of whether a statement runs, and how often."""

    conditional: bool = False
    loop: bool = False
    guarded: bool = False
    sources: tuple[tuple[Name, ...], ...] = ()  # of the query that a loop around it goes over


_IN_LOOP = _Flags(conditional=True, loop=True)


def _with(flags: _Flags, more: _Flags) -> _Flags:
    return _Flags(
        flags.conditional or more.conditional,
        flags.loop or more.loop,
        flags.guarded or more.guarded,
        flags.sources or more.sources,
    )


def read_plpgsql(reader: BodyReader, text: str, place: Place) -> Body:
    """What stands in the PL/pgSQL body ``text`` of the statement that ``reader`` is at."""
    return _PlpgsqlReader(reader, text, place).body()


class _PlpgsqlReader:
    """Walks one PL/pgSQL body, statement by statement, in the order of the text."""

    def __init__(self, reader: BodyReader, text: str, place: Place) -> None:
        self.reader = reader
        self.text = text
        self.place = place
        self.at = 0  # where the statement before began; the next one is not before it
        self.statements: list[BodyStatement] = []
        self.dynamic: list[tuple[int, int]] = []
        self.transaction_control = False
        self._lines: list[int] = []

    def body(self) -> Body:
        source = self.reader.filled.text[self.reader.start : self.reader.end]
        try:
            for function in self._parse(source):
                self._function(function["PLpgSQL_function"])
        except RecursionError:
            return Body(dynamic=(self.place.span(0, len(self.text)),))
        except ParseError as error:
            return self._refused(source, str(error.args[0]))
        self.statements.sort(key=lambda statement: statement.start)
        return Body(tuple(self.statements), tuple(self.dynamic), transaction_control=self.transaction_control)

    def _refused(self, source: str, message: str) -> Body:
        if not _SYNTAX.search(message):
            return Body(dynamic=(self.place.span(0, len(self.text)),))
        found = _AT.search(message)
        at = self._error_offset(source, message, found.group(1)) if found else len(self.text.rstrip())
        return Body(error=message, error_offset=self.place.position(at))

    def _error_offset(self, source: str, message: str, token: str) -> int:
        """Where the parser stumbled, which it does not tell: the first place of the token at which it does so again
        when the text is cut after that statement."""
        at = self.text.find(token)
        places: list[int] = []
        while at != -1 and len(places) < 50:
            places.append(at)
            at = self.text.find(token, at + 1)
        if len(places) > 1 and isinstance(self.place.offsets, int):
            begin = self.place.at + self.place.offsets - self.reader.start
            for at in places:
                stop = self.text.find(";", at + len(token))
                cut = self.text[: stop + 1 if stop != -1 else len(self.text)]
                try:
                    parse_plpgsql_json(source[:begin] + cut + source[begin + len(self.text) :])
                except ParseError as error:
                    if error.args[0] == message:
                        return at
        return places[0] if places else 0

    def _parse(self, source: str) -> list[dict[str, Any]]:
        try:
            return _decode(parse_plpgsql_json(source))  # type: ignore[no-any-return]
        except ParseError as error:
            if _SYNTAX.search(str(error.args[0])) or not isinstance(self.place.offsets, int):
                raise
        begin = self.place.at + self.place.offsets - self.reader.start
        known = _without_unknown_types(source[:begin], self.text, source[begin + len(self.text) :])
        return _decode(parse_plpgsql_json(known))  # type: ignore[no-any-return]

    # -- walking

    def _function(self, function: dict[str, Any]) -> None:
        for datum in function.get("datums", ()):
            variable = datum.get("PLpgSQL_var")
            if variable is not None:
                line = variable.get("lineno", 1)
                for key in ("default_val", "cursor_explicit_expr"):
                    if key in variable:
                        self.at = 0
                        self._expression(variable[key], line, _Flags())
        self.at = 0
        self._walk([function["action"]], _Flags())

    def _walk(self, nodes: list[dict[str, Any]], flags: _Flags) -> None:
        for node in nodes:
            for kind, fields in node.items():
                line = fields.get("lineno", 0)
                visit = _VISITS.get(kind)
                if visit is not None:
                    visit(self, fields, line, flags)

    def _block(self, fields: dict[str, Any], line: int, flags: _Flags) -> None:
        exceptions = fields.get("exceptions")
        self._walk(fields.get("body", []), _with(flags, _Flags(guarded=True)) if exceptions else flags)
        if exceptions:
            handlers = exceptions["PLpgSQL_exception_block"].get("exc_list", ())
            for handler in handlers:
                self._walk(handler["PLpgSQL_exception"].get("action", []), _with(flags, _Flags(conditional=True)))

    def _if(self, fields: dict[str, Any], line: int, flags: _Flags) -> None:
        inner = _with(flags, _Flags(conditional=True))
        self._expression(fields["cond"], line, flags)
        if _constant(fields["cond"]):
            self._walk(fields.get("then_body", []), flags)
            return
        self._walk(fields.get("then_body", []), inner)
        for branch in fields.get("elsif_list", ()):
            branch = branch["PLpgSQL_if_elsif"]
            self._expression(branch["cond"], branch.get("lineno", 0), inner)
            self._walk(branch.get("stmts", []), inner)
        self._walk(fields.get("else_body", []), inner)

    def _case(self, fields: dict[str, Any], line: int, flags: _Flags) -> None:
        inner = _with(flags, _Flags(conditional=True))
        if "t_expr" in fields:
            self._expression(fields["t_expr"], line, flags)
        for branch in fields.get("case_when_list", ()):
            branch = branch["PLpgSQL_case_when"]
            self._expression(branch["expr"], branch.get("lineno", 0), inner)
            self._walk(branch.get("stmts", []), inner)
        self._walk(fields.get("else_stmts", []), inner)

    def _loop(self, fields: dict[str, Any], line: int, flags: _Flags) -> None:
        for key in ("cond", "lower", "upper", "step", "expr"):
            if key in fields:
                self._expression(fields[key], line, flags)
        inside = _IN_LOOP
        if "query" in fields:
            known = len(self.statements)
            self._static(fields["query"], line, flags)
            inside = msgspec.structs.replace(_IN_LOOP, sources=_sources(self.statements[known:]))
        self._walk(fields.get("body", []), _with(flags, inside))

    def _dynamic_loop(self, fields: dict[str, Any], line: int, flags: _Flags) -> None:
        self._execute(fields["query"], line, flags)
        self._walk(fields.get("body", []), _with(flags, _IN_LOOP))

    def _sql(self, fields: dict[str, Any], line: int, flags: _Flags) -> None:
        self._static(fields.get("sqlstmt") or fields["expr"], line, flags)

    def _query(self, fields: dict[str, Any], line: int, flags: _Flags) -> None:
        """RETURN QUERY and OPEN … FOR, each with a query or with EXECUTE."""
        if "query" in fields:
            self._static(fields["query"], line, flags)
        if "dynquery" in fields:
            self._execute(fields["dynquery"], line, flags)

    def _values(self, fields: dict[str, Any], line: int, flags: _Flags) -> None:
        """Statements that only evaluate: assignment, RETURN, RAISE, ASSERT."""
        for key in ("expr", "cond", "message"):
            if isinstance(fields.get(key), dict):
                self._expression(fields[key], line, flags)
        for parameter in fields.get("params", ()):
            self._expression(parameter, line, flags)

    def _dynamic_execute(self, fields: dict[str, Any], line: int, flags: _Flags) -> None:
        self._execute(fields["query"], line, flags)

    def _transaction(self, fields: dict[str, Any], line: int, flags: _Flags) -> None:
        self.transaction_control = True

    # -- the SQL in a statement

    def _static(self, expression: dict[str, Any], line: int, flags: _Flags) -> None:
        query = expression["PLpgSQL_expr"]["query"]
        start, end = self._find(query, line)
        self._add(query, start, flags, self.place.span(start, end))

    def _expression(self, expression: dict[str, Any], line: int, flags: _Flags) -> None:
        """An expression matters where it reads tables: a subquery makes it a SELECT of its own."""
        fields = expression["PLpgSQL_expr"]
        query = fields["query"]
        if "select" not in query.lower():
            return
        mode = fields.get("parseMode", 0)
        if mode == 0:
            self._static(expression, line, flags)
            return
        start, end = self._find(query, line)
        if mode != 2:  # the assignment's target comes first (plpgsql.h: RawParseMode)
            sign = next((stop for _, at, stop in tokens(query) if query[at:stop] in (":=", "=")), 0)
            sign = skip_blank(query, sign, len(query))
            start, query = start + sign, query[sign:]
        self._add("SELECT " + query, start - 7, flags, self.place.span(start, end))

    def _execute(self, expression: dict[str, Any], line: int, flags: _Flags) -> None:
        """EXECUTE: of constants it is as good as static."""
        query = expression["PLpgSQL_expr"]["query"]
        start, end = self._find(query, line)
        constant = constant_text(query)
        if constant is None:
            self.dynamic.append(self.place.span(start, end))
            return
        text, at, offsets = constant
        place = self.place.inside(start + at, offsets) if offsets is not None else None
        try:
            found = self.reader.lower(text, place or Place(self.place.filled, self.place.at, None))
        except (ParseError, RecursionError):
            self.dynamic.append(self.place.span(start, end))
            return
        for first, last, operations in found:
            span = place.span(first, last) if place else self.place.span(start, end)
            self.statements.append(_statement(span, operations, flags))

    def _add(self, query: str, start: int, flags: _Flags, span: tuple[int, int]) -> None:
        try:
            found = self.reader.lower(query, self.place.inside(start, 0) if start >= 0 else self.place)
        except (ParseError, RecursionError):
            self.dynamic.append(span)
            return
        operations = tuple(operation for _, _, some in found for operation in some)
        self.statements.append(_statement(span, operations, flags))

    def _find(self, query: str, line: int) -> tuple[int, int]:
        """The span in the body of a query's text.

        PERFORM is given as SELECT, and an INTO clause as spaces (pl_gram.y: make_execsql_stmt).
        """
        lines = self._lines
        if not lines:
            lines = self._lines = [0, *(found.end() for found in re.finditer("\n", self.text))]
        origin = max(self.at, lines[min(line, len(lines)) - 1] if line > 0 else 0)
        text = self.text
        at = text.find(query, origin)
        if at == -1:
            if query.startswith("SELECT"):
                at = text.find(query[6:], origin)
                if at >= 7 and text[at - 7 : at].upper() == "PERFORM":
                    self.at = at - 7
                    return at - 7, at - 6 + len(query)
            at = _find_blanked(text, query, origin)
        if at == -1:
            self.at = origin
            return origin, origin
        self.at = at
        return at, at + len(query)


def _statement(span: tuple[int, int], operations: tuple[AnyOperation, ...], flags: _Flags) -> BodyStatement:
    return BodyStatement(*span, operations, flags.conditional, flags.loop, flags.guarded, flags.sources)


def _constant(condition: dict[str, Any]) -> bool:
    """Whether a condition is ``true`` as it stands."""
    return condition.get("PLpgSQL_expr", {}).get("query", "").strip().lower() in ("true", "(true)", "select true")


def _sources(query: list[BodyStatement]) -> tuple[tuple[Name, ...], ...]:
    """Where the rows come from that a loop goes over."""
    operations = query[0].operations if query else ()
    return operations[0].query.sources if len(operations) == 1 and isinstance(operations[0], Select) else ()


def _find_blanked(text: str, query: str, origin: int) -> int:
    """Where ``query`` stands in ``text`` with some stretch of it turned to spaces, or -1."""
    head = query.split(None, 1)[0] if query.strip() else ""
    at = text.find(head, origin) if head else -1
    while at != -1:
        if len(text) >= at + len(query) and all(a == b or b == " " for a, b in zip(text[at:], query, strict=False)):
            return at
        at = text.find(head, at + 1)
    return -1


# libpg_query looks up types of pg_catalog and public only, and takes a row type for a scalar; a record can be anything.
_DECLARATIONS = lazy(r"\bdeclare\b.*?\bbegin\b", re.IGNORECASE | re.DOTALL)
_DECLARED = lazy(
    r"(?P<head>(?:\bdeclare|;)\s*(?:--[^\n]*\n\s*)*(?P<name>\w+)\s+(?:constant\s+)?)"
    r"(?P<type>(?:\"[^\"]+\"|\w+)(?:\.(?:\"[^\"]+\"|\w+))*(?:%rowtype)?)(?=\s*(?:;|:=|=|default\b))",
    re.IGNORECASE,
)
_QUALIFIED = lazy(r"(?P<set>\breturns\s+(?:setof\s+)?)?(?:\"[^\"]+\"|\b\w+)\.(?:\"[^\"]+\"|\w+)", re.IGNORECASE)
_VARIADIC = lazy(r"\bvariadic\b", re.IGNORECASE)
_FIELD_ASSIGNED = lazy(r"(\w+)\.\w+\s*:?=")


def _without_unknown_types(header: str, text: str, footer: str) -> str:
    """The source with types that libpg_query knows, of as many lines."""
    rows = {name.lower() for name in _FIELD_ASSIGNED.findall(text)}

    def declared(found: re.Match[str]) -> str:
        kind = found.group("type")
        composite = "." in kind or "%" in kind or found.group("name").lower() in rows
        return found.group("head") + "record" if composite else found.group()

    def declarations(section: re.Match[str]) -> str:
        # A declaration begins at the semicolon that ends the one before, so neighbours overlap: go over them twice.
        return _DECLARED.sub(declared, _DECLARED.sub(declared, section.group()))

    header = _VARIADIC.sub("", header)  # it cannot tell that the type is an array
    header = _QUALIFIED.sub(lambda found: found.group("set") + "record" if found.group("set") else "text", header)
    return header + _DECLARATIONS.sub(declarations, text) + footer


_VISITS: dict[str, Callable[[_PlpgsqlReader, dict[str, Any], int, _Flags], None]] = {
    "PLpgSQL_stmt_block": _PlpgsqlReader._block,
    "PLpgSQL_stmt_if": _PlpgsqlReader._if,
    "PLpgSQL_stmt_case": _PlpgsqlReader._case,
    "PLpgSQL_stmt_loop": _PlpgsqlReader._loop,
    "PLpgSQL_stmt_while": _PlpgsqlReader._loop,
    "PLpgSQL_stmt_fori": _PlpgsqlReader._loop,
    "PLpgSQL_stmt_fors": _PlpgsqlReader._loop,
    "PLpgSQL_stmt_forc": _PlpgsqlReader._loop,
    "PLpgSQL_stmt_foreach_a": _PlpgsqlReader._loop,
    "PLpgSQL_stmt_dynfors": _PlpgsqlReader._dynamic_loop,
    "PLpgSQL_stmt_execsql": _PlpgsqlReader._sql,
    "PLpgSQL_stmt_perform": _PlpgsqlReader._sql,
    "PLpgSQL_stmt_call": _PlpgsqlReader._sql,
    "PLpgSQL_stmt_return_query": _PlpgsqlReader._query,
    "PLpgSQL_stmt_open": _PlpgsqlReader._query,
    "PLpgSQL_stmt_dynexecute": _PlpgsqlReader._dynamic_execute,
    "PLpgSQL_stmt_assign": _PlpgsqlReader._values,
    "PLpgSQL_stmt_return": _PlpgsqlReader._values,
    "PLpgSQL_stmt_return_next": _PlpgsqlReader._values,
    "PLpgSQL_stmt_raise": _PlpgsqlReader._values,
    "PLpgSQL_stmt_assert": _PlpgsqlReader._values,
    "PLpgSQL_stmt_commit": _PlpgsqlReader._transaction,
    "PLpgSQL_stmt_rollback": _PlpgsqlReader._transaction,
}
