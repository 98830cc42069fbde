"""What ``hotlint verify`` shows: a timeline for a person, the same for programs."""

from __future__ import annotations

from hotlint.catalog.diff import Difference
from hotlint.catalog.names import QName
from hotlint.catalog.outcome import Victim
from hotlint.finding import Finding, Place
from hotlint.impact import Rewrite
from hotlint.report import verify_text
from hotlint.report.excerpt import Sources
from hotlint.report.verify_json import verify_to_dict
from hotlint.verify.model import (
    Blocked,
    Check,
    Claim,
    LostData,
    MeasuredBuild,
    MeasuredError,
    MeasuredLock,
    MigrationTrace,
    RoundTrip,
    ScriptTrace,
    StatementTrace,
    VerifiedProject,
    VerifyReport,
)

PATH = "db/0002_m.sql"


def place(line: int) -> Place:
    return Place(PATH, line, 1, line, 20)


TYPE_CHANGE = StatementTrace(
    place(2),
    "ALTER TABLE orders\n  ALTER COLUMN id TYPE bigint",
    start_ms=0.0,
    duration_ms=75.0,
    released_ms=100.0,
    locks=(MeasuredLock("public.orders", "table", "ACCESS EXCLUSIVE"), MeasuredLock("public.i", "index", "SHARE")),
    rewrites=(Rewrite(QName("public", "orders"), "type"),),
    scans=("public.orders", "public.lines"),
    index_builds=(MeasuredBuild("public.orders", "orders_pkey"), MeasuredBuild("public.orders", "days")),
    victims=(Victim("view", "public.v"), Victim("type", "public.t", automatic=True)),
    claims=(Claim("lock", "public.orders", "ACCESS EXCLUSIVE", "ACCESS EXCLUSIVE", "confirmed"),),
)
FAILED = StatementTrace(
    place(3), "SELECT \x1b[31m1", 75.0, 25.0, 100.0, error=MeasuredError("42703", "no such column", place(3))
)
FINDING = Finding("migration-fails", "measured", "error", "The server stops it", place(3))


def report() -> VerifyReport:
    up = ScriptTrace(
        "0002",
        "up",
        PATH,
        (TYPE_CHANGE, FAILED),
        100.0,
        error=FAILED.error,
        blocked=(Blocked("public.orders", 60.0, 90.0),),
    )
    down = ScriptTrace("0002", "down", PATH, (), 1.0)
    migration = MigrationTrace(
        "0002",
        "m",
        up,
        round_trip=RoundTrip(down, None, (Difference("column", "public.orders.n", "extra"),)),
        lost=(LostData("public.orders", "note", 3, 40),),
        checks=(Check("indexes valid", False, "index i is invalid"), Check("fine", True)),
        verdicts=((Finding("r", "c", "warning", "m", place(2)), "confirmed", "rewrite of public.orders"),),
    )
    project = VerifiedProject("db", "plain", (migration,), (FINDING,), ("a note",), 1500.0)
    return VerifyReport("18.6", (project,), ("other: the server is gone",))


def test_a_migration_is_a_timeline() -> None:
    assert verify_text.render(report(), Sources()).splitlines() == [
        "db: 1 migration (plain)",
        "",
        "0002 m  db/0002_m.sql  stopped by the server",
        "  line 2    ALTER TABLE orders ALTER COLUMN id TYPE bigint                 ██████████████████······   75.0 ms",
        "            └ ACCESS EXCLUSIVE on public.orders"
        "                            ━━━━━━━━━━━━━━━━━━━━━━━━    100 ms  reads and writes wait",
        "            └ wrote all rows anew: public.orders (type)",
        "            └ built indexes: 2 on public.orders",
        "            └ read all rows: public.lines",
        "            └ CASCADE dropped: view public.v",
        "  line 3    SELECT ␛[31m1                                                  ··················██████   25.0 ms",
        "            └ error 42703: no such column",
        "  blocked public.orders: no reads for 60.0 ms, no writes for 90.0 ms",
        "  down and up again: 1 difference",
        "  lost public.orders.note: 3 of 40 rows",
        "  check failed indexes valid: index i is invalid",
        "  confirmed r at line 2: rewrite of public.orders",
        "",
        "db/0002_m.sql:3:1: error[migration-fails] The server stops it",
        "",
        "2 statements measured in 1.5 s: 1 claims of the plan confirmed, 0 refuted, 0 not to be shown on a scratch"
        " server.",
        "  a note",
        "1 finding, 1 error.",
        "",
        "failure: other: the server is gone",
        "",
        "Measured on PostgreSQL 18.6.",
    ]


def test_nothing_to_verify_is_said() -> None:
    assert verify_text.render(VerifyReport("18.6", ()), Sources()) == (
        "No migrations found.\n\nMeasured on PostgreSQL 18.6.\n"
    )


def test_programs_get_everything_that_was_measured() -> None:
    data = verify_to_dict(report())
    (project,) = data["projects"]
    (migration,) = project["migrations"]
    first, second = migration["up"]["statements"]
    assert (data["version"], data["server"], data["failures"]) == (1, "18.6", ["other: the server is gone"])
    assert first["locks"][0] == {"relation": "public.orders", "kind": "table", "mode": "ACCESS EXCLUSIVE"}
    assert first["rewrites"] == [{"relation": "public.orders", "reason": "type"}]
    assert first["claims"][0]["agreement"] == "confirmed"
    assert second["error"]["sqlstate"] == "42703"
    assert (first["start_ms"], first["duration_ms"], first["released_ms"]) == (0.0, 75.0, 100.0)
    assert migration["up"]["blocked"] == [{"relation": "public.orders", "unreadable_ms": 60.0, "unwritable_ms": 90.0}]
    assert migration["verdicts"][0]["agreement"] == "confirmed"
    assert migration["round_trip"]["after_down"][0]["object"] == "public.orders.n"
    assert [finding["rule"] for finding in project["findings"]] == ["migration-fails"]


def test_a_round_trip_says_which_of_its_scripts_the_server_stops() -> None:
    good = ScriptTrace("0002", "down", PATH, (), 1.0)
    bad = ScriptTrace("0002", "down", PATH, (), 1.0, error=MeasuredError("42703", "no such column", place(3)))

    def told(trip: RoundTrip) -> str:
        migration = MigrationTrace("0002", "m", ScriptTrace("0002", "up", PATH, (), 1.0), round_trip=trip)
        project = VerifiedProject("db", "plain", (migration,), (), (), 1.0)
        return verify_text.render(VerifyReport("18.6", (project,)), Sources())

    assert "  down stopped by the server: no such column\n" in told(RoundTrip(bad, None))
    assert "  up again after down, stopped by the server: no such column\n" in told(RoundTrip(good, bad))
