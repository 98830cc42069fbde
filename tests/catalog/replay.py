"""Replaying SQL on a catalog, for tests."""

from __future__ import annotations

from hotlint.catalog.catalog import Catalog
from hotlint.catalog.names import QName
from hotlint.catalog.outcome import Outcome
from hotlint.catalog.records import Table
from hotlint.dialects.postgres.parse import parse_script
from hotlint.server import Server, Session
from hotlint.source import Region, Script, Statement


def statements(sql: str) -> tuple[Statement, ...]:
    """The statements of a script; a syntax error fails the test."""
    parsed = parse_script(Script("test.sql", sql, (Region(0, len(sql)),)))
    assert not parsed.problems
    return parsed.statements


def replay(sql: str, catalog: Catalog, *, major: int = 16, search_path: tuple[str, ...] = ("public",)) -> list[Outcome]:
    """Applies a script to a catalog, and gives the outcome of every statement."""
    session = Session(search_path=search_path)
    return [catalog.apply(s, session, Server(major=major), i) for i, s in enumerate(statements(sql))]


def schema(sql: str, *, closed: bool = True, major: int = 16) -> Catalog:
    """A catalog after a script that must run without error."""
    catalog = Catalog(closed=closed)
    for outcome in replay(sql, catalog, major=major):
        assert outcome.error is None, outcome.error
    return catalog


def failure(setup: str, sql: str, *, closed: bool = True, major: int = 16) -> tuple[str, str] | None:
    """SQLSTATE and message of a script's last statement after a setup, None where it runs."""
    catalog = schema(setup, closed=closed, major=major)
    error = replay(sql, catalog, major=major)[-1].error
    return None if error is None else (error.sqlstate, error.message)


def table(catalog: Catalog, name: str, in_schema: str = "public") -> Table:
    found = catalog.table(QName(in_schema, name))
    assert found is not None
    return found


def names(catalog: Catalog, in_schema: str = "public") -> set[str]:
    """The names of all relations of a schema."""
    return {name.name for name, _ in catalog.relations.items() if name.schema == in_schema}
