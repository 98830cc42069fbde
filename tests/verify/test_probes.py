"""Who is blocked, as other sessions meet it on a real server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import Connection

from hotlint.verify.model import Blocked
from hotlint.verify.probes import Interval, Probes, blocked, overlap
from hotlint.verify.server import ScratchServer

GIVEN = """
CREATE TABLE orders (id int PRIMARY KEY);
CREATE TABLE lines (id int);
CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM lines;
"""


@pytest.fixture
def probes(server: ScratchServer, database: Connection[Any]) -> Iterator[Probes]:
    made = Probes(server, database.info.dbname)
    yield made
    made.close()


def watched(probes: Probes, database: Connection[Any], held: str, likely: tuple[str, ...] = ()) -> dict[str, Blocked]:
    """What probes meet while a transaction stands for 0.2 s after a statement."""
    database.execute(GIVEN)
    running: list[Interval] = []
    with probes.watching(likely) as targets, database.transaction():
        began = time.perf_counter()
        database.execute(held.encode())
        time.sleep(0.2)
        running.append((began, time.perf_counter()))
    return {one.relation: one for one in blocked(targets, running)}


@pytest.mark.parametrize("likely", [(), ("public.orders",)])
@pytest.mark.parametrize(
    ("statement", "reads", "writes"),
    [
        ("ALTER TABLE orders ADD COLUMN n int", True, True),
        ("CREATE INDEX ON orders (id)", False, True),
        ("ALTER TABLE orders ALTER id SET STATISTICS 100", False, False),
    ],
)
def test_reads_and_writes_wait_as_the_lock_says(
    probes: Probes, database: Connection[Any], statement: str, reads: bool, writes: bool, likely: tuple[str, ...]
) -> None:
    met = watched(probes, database, statement, likely)
    assert set(met) == ({"public.orders"} if writes else set())
    if writes:
        one = met["public.orders"]
        assert (one.unreadable_ms > 50, one.unwritable_ms > 50) == (reads, writes)
        assert one.unreadable_ms <= 300 or not reads


def test_a_materialized_view_is_only_read(probes: Probes, database: Connection[Any]) -> None:
    met = watched(probes, database, "REFRESH MATERIALIZED VIEW totals")["public.totals"]
    assert met.unreadable_ms > 50
    assert met.unwritable_ms == 0.0


def test_probes_leave_rows_and_triggers_alone(probes: Probes, database: Connection[Any]) -> None:
    database.execute("""
        CREATE TABLE audited (id int); CREATE TABLE log (id int GENERATED ALWAYS AS IDENTITY);
        INSERT INTO audited VALUES (1);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN INSERT INTO log DEFAULT VALUES; RETURN NULL; END';
        CREATE TRIGGER t BEFORE DELETE ON audited FOR EACH STATEMENT EXECUTE FUNCTION note();
    """)
    with probes.watching(()):
        time.sleep(0.05)
    row = database.execute(
        "SELECT (SELECT count(*) FROM audited), pg_sequence_last_value(pg_get_serial_sequence('log', 'id'))"
    ).fetchone()
    assert row == (1, None)


def test_a_table_that_is_dropped_is_blocked_until_then(probes: Probes, database: Connection[Any]) -> None:
    met = watched(probes, database, "DROP TABLE orders")["public.orders"]
    assert met.unreadable_ms > 50
    assert met.unwritable_ms > 50


def test_only_time_in_which_statements_run_counts() -> None:
    assert overlap((1.0, 5.0), [(0.0, 2.0), (3.0, 4.0), (6.0, 7.0)]) == 2.0
