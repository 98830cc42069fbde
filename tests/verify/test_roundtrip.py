"""Up, down and up again on a real server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from psycopg import Connection

from hotlint.catalog.diff import Difference
from hotlint.finding import Place
from hotlint.planning.loop import make_plan
from hotlint.planning.model import MigrationPlan
from hotlint.project.model import Migration, Project
from hotlint.server import Server
from hotlint.source import Region, Script
from hotlint.verify.integrity import Contents, lost_data, take_contents
from hotlint.verify.model import Check, LostData, MeasuredError, RoundTrip, ScriptTrace, StatementTrace
from hotlint.verify.roundtrip import (
    Change,
    State,
    changes,
    check_findings,
    chosen,
    loss_findings,
    residue,
    round_trip,
    tell,
    trip_findings,
)
from hotlint.verify.rows import fill
from hotlint.verify.snapshot import take

GIVEN = "CREATE TABLE orders (id bigserial PRIMARY KEY, state text NOT NULL DEFAULT 'new', total int);"


class Live:
    """The database of a test, as a trip needs it."""

    def __init__(self, connection: Connection[Any], rows: int = 0) -> None:
        self.connection = connection
        self.rows = rows
        self.ran: list[str] = []

    def run(self, plan: MigrationPlan) -> ScriptTrace:
        import psycopg

        script = plan.migration.up if plan.direction == "up" else plan.migration.down
        assert script is not None
        self.ran.append(script.path)
        error = None
        try:
            with self.connection.transaction():
                self.connection.execute(script.text.encode())
        except psycopg.Error as raised:
            error = MeasuredError(raised.sqlstate or "", str(raised).splitlines()[0], Place(script.path, 1, 1, 1, 2))
        place = Place(script.path, 1, 1, 1, 2)
        done = (StatementTrace(place, script.text, 0.0, 1.0, 1.0),) if plan.steps else ()
        return ScriptTrace(plan.migration.id, plan.direction, script.path, done, 1.0, error)

    def observe(self, previous: State | None) -> State:
        known = previous.contents if previous is not None else None
        return State(take(self.connection), take_contents(self.connection, known))

    def lost(self, before: Contents, after: Contents) -> tuple[LostData, ...]:
        return lost_data(self.connection, before, after)

    def write_rows(self) -> None:
        if self.rows:
            fill(self.connection, self.rows)


def script(path: str, text: str) -> Script:
    return Script(path, text, (Region(0, len(text)),))


def history(*scripts: tuple[str, str | None], group: str | None = None) -> list[Change]:
    migrations = tuple(
        Migration(
            f"{n}",
            f"m{n}",
            script(f"{n}.up.sql", up),
            script(f"{n}.down.sql", down) if down is not None else None,
            group=group,
        )
        for n, (up, down) in enumerate(scripts, 1)
    )
    return changes(make_plan(Project(".", "plain", "postgres", migrations), Server(major=18)))


def travel(database: Connection[Any], up: str, down: str, rows: int = 0) -> tuple[Change, RoundTrip]:
    database.execute(GIVEN)
    live = Live(database, rows)
    live.write_rows()
    before = live.observe(None)
    (change,) = history((up, down))
    assert live.run(change[0]).error is None
    return change, round_trip(change, before, live.observe(before), live)


def messages(database: Connection[Any], up: str, down: str, rows: int = 0) -> list[str]:
    change, trip = travel(database, up, down, rows)
    return [finding.message for finding in trip_findings(change, trip)]


def test_a_way_back_that_undoes_everything_is_no_finding(database: Connection[Any]) -> None:
    change, trip = travel(
        database,
        "ALTER TABLE orders ADD note text; CREATE INDEX orders_state ON orders (state);",
        "DROP INDEX orders_state; ALTER TABLE orders DROP note;",
        rows=5,
    )
    assert (trip.after_down, trip.after_up_again, trip.lost) == ((), (), ())
    assert trip_findings(change, trip) == ()


@pytest.mark.parametrize(
    ("up", "down", "message"),
    [
        (
            "ALTER TABLE orders ADD IF NOT EXISTS note text; CREATE TABLE notes (id int);",
            "DROP TABLE notes;",
            "After up and down the schema is not what it was: column public.orders.note is left behind",
        ),
        (
            "CREATE INDEX IF NOT EXISTS orders_state ON orders (state);",
            "-- The index may stay.",
            "After up and down the schema is not what it was: the down script does nothing: "
            "index public.orders_state is left behind",
        ),
        (
            "ALTER TABLE orders ALTER state SET DEFAULT 'open';",
            "ALTER TABLE orders ALTER state DROP DEFAULT;",
            "After up and down the schema is not what it was: "
            "default of column public.orders.state is nothing and was 'new'::text",
        ),
        (
            "ALTER TABLE orders ADD CHECK (total > 0);",
            "ALTER TABLE orders DROP CONSTRAINT orders_total_chk;",
            'The way back fails: constraint "orders_total_chk" of relation "orders" does not exist (42704)',
        ),
    ],
)
def test_what_the_way_back_leaves_is_told(database: Connection[Any], up: str, down: str, message: str) -> None:
    assert messages(database, up, down) == [message]


def test_a_migration_that_cannot_run_twice_is_told(database: Connection[Any]) -> None:
    change, trip = travel(database, "CREATE TYPE mood AS ENUM ('fine');", "SELECT 1;")
    found = trip_findings(change, trip)
    assert [f.message for f in found][1:] == [
        'After the way back, the migration cannot be run again: type "mood" already exists (42710)'
    ]
    assert (found[1].place.path, found[1].rule, found[1].migration) == ("1.up.sql", "round-trip-fails", "1")


def test_a_way_back_that_rows_of_the_new_schema_break_fails(database: Connection[Any]) -> None:
    up = "ALTER TABLE orders ALTER total TYPE bigint USING total + 3000000000;"
    down = "ALTER TABLE orders ALTER total TYPE int;"
    assert messages(database, up, down, rows=3) == ["The way back fails: integer out of range (22003)"]


def test_a_column_that_comes_back_empty_is_lost(database: Connection[Any]) -> None:
    change, trip = travel(
        database, "ALTER TABLE orders DROP total;", "ALTER TABLE orders ADD total int DEFAULT NULL;", rows=20
    )
    assert trip_findings(change, trip) == ()
    (lost,) = trip.lost
    assert (lost.relation, lost.column, lost.total, lost.how) == ("public.orders", "total", 20, "came back empty")
    (finding,) = loss_findings(change, trip.lost, 0, way_back=True)
    assert (finding.rule, finding.place.path) == ("data-lost", "1.down.sql")
    assert finding.message.startswith("After up and down, public.orders.total came back empty")
    assert loss_findings(change, trip.lost, 100, way_back=True) == ()


def test_the_parts_of_one_change_are_taken_back_together_the_last_first(database: Connection[Any]) -> None:
    (change,) = history(
        ("CREATE TABLE a (id int PRIMARY KEY);", "DROP TABLE a;"),
        ("CREATE TABLE b (id int REFERENCES a (id));", "DROP TABLE b;"),
        ("CREATE INDEX b_id ON b (id);", None),
        group="one",
    )
    live = Live(database)
    before = live.observe(None)
    for part in change:
        live.run(part)
    live.ran.clear()
    trip = round_trip(change, before, live.observe(before), live)
    assert live.ran == ["2.down.sql", "1.down.sql", "1.up.sql", "2.up.sql", "3.up.sql"]
    assert (trip.after_down, trip.after_up_again, trip.down.duration_ms) == ((), (), 2.0)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("all", [True, False, True]),
        ("last", [False, False, True]),
        ("1", [True, False, False]),
        ("m3", [False, False, True]),
    ],
)
def test_the_trips_are_chosen(choice: str, expected: Sequence[bool]) -> None:
    assert chosen(history(("SELECT 1", "SELECT 1"), ("SELECT 2", None), ("SELECT 3", "SELECT 3")), choice) == expected


@pytest.mark.parametrize(
    ("choice", "message"), [("9", "no migration is called 9"), ("2", "migration 2 has no down script")]
)
def test_a_trip_that_is_not_there_is_an_error(choice: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        chosen(history(("SELECT 1", "SELECT 1"), ("SELECT 2", None)), choice)


@pytest.mark.parametrize(
    ("difference", "matters"),
    [
        (Difference("column order", "public.t", "changed", None, "a, b", "b, a"), False),
        (Difference("column", "public.t.a", "changed", "not_null name", None, "zz"), False),
        (Difference("constraint", "public.t.c", "changed", "definition", "CHECK (v) NOT VALID", "CHECK (v)"), False),
        (Difference("constraint", "public.t.c", "changed", "definition", "CHECK (v)", "CHECK (v) NOT VALID"), True),
        (Difference("function", "public.f()", "changed", "definition", "SELECT  1", "SELECT 1\n"), False),
        (Difference("function", "public.f()", "changed", "definition", "SELECT 1", "SELECT 2"), True),
        (Difference("sequence", "public.s", "changed", "position", "5", "9"), False),
        (Difference("sequence", "public.s", "changed", "position", "9", "1 (not yet used)"), True),
        (Difference("column", "public.t.a", "missing"), True),
    ],
)
def test_what_is_harmless_is_no_residue(difference: Difference, matters: bool) -> None:
    assert residue((difference,)) == ((difference,) if matters else ())


def test_long_definitions_are_not_printed() -> None:
    one = Difference("view", "public.v", "changed", "definition", "SELECT " + "x" * 80, "SELECT " + "y" * 80)
    assert tell(one) == "definition of view public.v differs"


def test_failed_checks_are_told_at_the_migration_or_at_the_users_file() -> None:
    (change,) = history(("SELECT 1", None))
    checks = (
        Check("indexes valid", True),
        Check("indexes valid", False, "no"),
        Check("v.sql", False, "line 1", "v.sql"),
    )
    found = [(f.rule, f.message, f.place.path) for f in check_findings(change, checks)]
    assert found == [
        ("check-fails", "indexes valid: no", "1.up.sql"),
        ("check-fails", "v.sql: line 1", "v.sql"),
    ]
