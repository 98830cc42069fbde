"""Outlines: the statements of a file, and the objects of a schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lsprotocol import types

from hotlint.catalog.catalog import CatalogView
from hotlint.catalog.names import QName
from hotlint.catalog.records import Sequence, Table, View
from hotlint.planning.model import MigrationPlan, Step
from hotlint.report.plan_text import one_line

_WIDTH = 80
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")

Kind = types.SymbolKind
_OPERATIONS = (  # by how an operation's name begins
    ("CreateTable", Kind.Struct),
    ("CreateView", Kind.Interface),
    ("CreateIndex", Kind.Key),
    ("CreateFunction", Kind.Function),
    ("CreateTrigger", Kind.Event),
    ("CreateSequence", Kind.Number),
    ("Create", Kind.Class),
    ("AddColumn", Kind.Field),
    ("RenameColumn", Kind.Field),
    ("AlterColumn", Kind.Field),
    ("DropColumn", Kind.Field),
    ("AddConstraint", Kind.Property),
    ("Set", Kind.Property),
)
_RELATIONS = {
    "table": Kind.Struct,
    "partitioned table": Kind.Struct,
    "foreign table": Kind.Struct,
    "view": Kind.Interface,
    "materialized view": Kind.Interface,
    "index": Kind.Key,
    "sequence": Kind.Number,
    "composite type": Kind.Class,
}


class Symbol(NamedTuple):
    """A statement or one of its operations: code points ``start`` to ``end``, and what is inside."""

    name: str
    detail: str
    kind: types.SymbolKind
    start: int
    end: int
    inside: tuple[Symbol, ...] = ()


class Named(NamedTuple):
    """An object of the schema and the index of the step that made it."""

    name: str
    schema: str
    kind: types.SymbolKind
    origin: int


def outline(plans: Iterable[MigrationPlan]) -> list[Symbol]:
    """The statements of a file; under a heading for each script where it holds several."""
    plans = [plan for plan in plans if plan.steps]
    if len(plans) < 2:
        return [symbol for plan in plans for symbol in map(_statement, plan.steps)]
    found = []
    for plan in plans:
        inside = tuple(map(_statement, plan.steps))
        name = " ".join(part for part in (plan.migration.id, plan.migration.name) if part) or "migration"
        found.append(Symbol(name, plan.direction, Kind.Module, inside[0].start, inside[-1].end, inside))
    return found


def _statement(step: Step) -> Symbol:
    statement = step.statement
    kinds = [type(operation).__name__ for operation in step.operations]
    inside: tuple[Symbol, ...] = ()
    if len(kinds) > 1:
        inside = tuple(
            Symbol(_line(step.script.text[start:end]), _words(name), _kind(name), start, end)
            for name, (start, end) in zip(kinds, statement.spans, strict=False)
        )
    names = list(dict.fromkeys(map(_words, kinds)))
    kind = _kind(kinds[0]) if kinds else Kind.Null
    return Symbol(_line(step.sql), ", ".join(names), kind, statement.start, statement.end, inside)


def _line(sql: str) -> str:
    return one_line(sql, _WIDTH) or "…"


def _words(name: str) -> str:
    return _WORDS.sub(" ", name).lower()


def _kind(operation: str) -> types.SymbolKind:
    return next((kind for start, kind in _OPERATIONS if operation.startswith(start)), Kind.Event)


def objects(view: CatalogView, query: str) -> Iterator[Named]:
    """The relations, types and functions that a history made and that match what was typed: its letters in order. What
    has a dot is a schema's or a table's: columns match it too."""
    for name, relation in view.catalog.relations.items(view.moment):
        if isinstance(relation, Sequence) and relation.owned_by is not None:
            continue
        if relation.origin >= 0 and _matches(name, query):
            yield Named(name.name, name.schema, _RELATIONS.get(relation.kind, Kind.Object), relation.origin)
        if "." in query and isinstance(relation, Table | View):
            yield from _columns(name, relation, query)
    for name, type_ in view.catalog.types.items(view.moment):
        if type_.origin >= 0 and _matches(name, query):
            yield Named(name.name, name.schema, Kind.Enum, type_.origin)
    for name, overloads in view.catalog.functions_by_name.items(view.moment):
        for function in overloads:
            if function.origin >= 0 and _matches(name, query):
                yield Named(name.name, name.schema, Kind.Function, function.origin)


def _columns(table: QName, relation: Table | View, query: str) -> Iterator[Named]:
    for column in relation.columns:
        if column.origin >= 0 and _in_order(f"{table.name}.{column.name}", query):
            yield Named(f"{table.name}.{column.name}", table.schema, Kind.Field, column.origin)


def _matches(name: QName, query: str) -> bool:
    return _in_order(f"{name.schema}.{name.name}" if "." in query else name.name, query)


def _in_order(name: str, query: str) -> bool:
    letters = iter(name.lower())
    return all(letter in letters for letter in query.lower())
