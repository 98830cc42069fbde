"""The user's queries before and after each migration: the shape of their plans, what they read, and their time.

Time on a scratch server says little, so buffers and shape decide: how many pages of 8 kB a query touches follows from
the schema and the rows, and is the same on every run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from hotlint.project.read import read_file
from hotlint.source import Region, Script
from hotlint.verify.model import QuerySpeed
from hotlint.verify.server import is_lost

if TYPE_CHECKING:
    from psycopg import Connection

_EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
_QUERY_TAGS = ("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")
_TIMEOUT = "SET LOCAL statement_timeout = '10s'"
_RUNS = 2  # the first one may read catalogs and set hint bits: the better of two counts


class Query(msgspec.Struct, frozen=True):
    """One statement of a file: ``name`` is its path, with its line where the file has several."""

    name: str
    sql: str


class Reading(msgspec.Struct, frozen=True):
    """How a query ran. ``buffers`` are the pages touched in shared memory; ``error`` is the server's message."""

    shape: str = ""
    buffers: int = 0
    milliseconds: float = 0.0
    error: str | None = None


def read_queries(path: str) -> tuple[tuple[Query, ...], tuple[str, ...]]:
    """The queries of a file, and what could not be used of it. Raises ``OSError``."""
    from hotlint.dialects.postgres.parse import parse_script

    text, problems = read_file(path)
    if problems:
        return (), (f"{path}: {problems[0].message}",)
    script = Script(path, text, (Region(0, len(text)),))
    parsed = parse_script(script)
    notes = [
        f"{path}:{script.position(p.start).line}: {p.message}" for p in parsed.problems if p.rule == "syntax-error"
    ]
    usable = [statement for statement in parsed.statements if statement.tag in _QUERY_TAGS]
    notes += [
        f"{path}:{script.position(one.start).line}: not a query, so its speed is not measured"
        for one in parsed.statements
        if one.tag not in _QUERY_TAGS
    ]
    several = len(usable) > 1
    queries = tuple(
        Query(f"{path}:{script.position(one.start).line}" if several else path, text[one.start : one.end])
        for one in usable
    )
    return queries, tuple(notes)


def measure(connection: Connection[Any], queries: Sequence[Query]) -> dict[str, Reading]:
    """Runs each query and takes back what it did. A query that the schema does not take has its ``error``.

    All tables are analyzed first, so that plans follow from the rows and not from what autovacuum has got to.
    """
    if queries:
        connection.execute(b"ANALYZE")
    return {query.name: _best(connection, query) for query in queries}


def compared(before: dict[str, Reading], after: dict[str, Reading]) -> tuple[QuerySpeed, ...]:
    """The readings side by side. Queries that the schema takes neither before nor after are left out."""
    nothing = Reading(error="")
    return tuple(
        QuerySpeed(
            path=name,
            before_shape=old.shape,
            after_shape=new.shape,
            before_buffers=old.buffers,
            after_buffers=new.buffers,
            before_ms=old.milliseconds,
            after_ms=new.milliseconds,
            error=new.error,
        )
        for name, new in after.items()
        if (old := before.get(name, nothing)).error is None
    )


def slowdown(speed: QuerySpeed) -> float:
    """By how many percent the query reads more than before; 0.0 where it reads as much or less."""
    if speed.error is not None or speed.after_buffers <= speed.before_buffers:
        return 0.0
    return (speed.after_buffers - speed.before_buffers) / max(speed.before_buffers, 1) * 100


def _best(connection: Connection[Any], query: Query) -> Reading:
    readings = []
    for _ in range(_RUNS):
        reading = _run(connection, query)
        if reading.error is not None:
            return reading
        readings.append(reading)
    return min(readings, key=lambda reading: (reading.buffers, reading.milliseconds))


def _run(connection: Connection[Any], query: Query) -> Reading:
    import psycopg

    try:
        with connection.transaction(force_rollback=True):
            connection.execute(_TIMEOUT.encode())
            row = connection.execute((_EXPLAIN + query.sql).encode()).fetchone()
    except psycopg.Error as error:
        if is_lost(error):
            raise
        return Reading(error=str(error).strip().splitlines()[0])
    assert row is not None
    explained = row[0][0]
    plan = explained["Plan"]
    return Reading(
        shape=shape(plan),
        buffers=plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0),
        milliseconds=explained.get("Execution Time", 0.0),
    )


def shape(plan: dict[str, Any]) -> str:
    """A plan without its numbers: ``Hash Join(Seq Scan orders, Hash(Index Scan customers by customers_pkey))``."""
    words = [plan["Node Type"]]
    if relation := plan.get("Relation Name"):
        words.append(relation)
    if index := plan.get("Index Name"):
        words.append(f"by {index}" if relation else index)
    inner = ", ".join(shape(child) for child in _children(plan))
    return " ".join(words) + (f"({inner})" if inner else "")


def _children(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from plan.get("Plans", ())
