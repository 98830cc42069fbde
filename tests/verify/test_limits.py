"""Every limit and switch of the configuration, crossed on a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotlint import api
from hotlint.errors import ConfigError
from hotlint.verify.model import VerifiedProject
from hotlint.verify.replay import VerifyOptions
from hotlint.verify.running import verify_projects
from hotlint.verify.server import ScratchServer
from hotlint.verify.wishes import wishes_of

ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, customer_id int, note text);"
ROWS = "INSERT INTO orders SELECT g, g % 500, repeat('x', 50) FROM generate_series(1, 5000) g;"
SLOW = "SELECT pg_sleep(0.2);"


@pytest.fixture(autouse=True)
def _working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def verified(
    server: ScratchServer, config: str, up: str, down: str = "SELECT 1;", given: str = ORDERS
) -> VerifiedProject:
    """A history of two migrations, the second of which is ``up``, on 5,000 rows."""
    files = {
        "0001_orders.up.sql": given,
        "0001_orders.down.sql": "DROP TABLE orders;",
        "0002_change.up.sql": up,
        "0002_change.down.sql": down,
    }
    Path("migrations").mkdir()
    for name, text in files.items():
        Path("migrations", name).write_text(text)
    Path("rows.sql").write_text(ROWS)
    Path("orders.sql").write_text("SELECT * FROM orders WHERE customer_id = 7")
    Path("hotlint.yaml").write_text(f"paths: [migrations]\nframework: golang-migrate\n{config}\n")
    request = api.request_for(None, server=None, config=None, isolated=False, select=None, ignore=None, since=None)
    report = verify_projects(request, server, VerifyOptions(), wishes=wishes_of(request.settings))
    assert report.failures == ()
    (project,) = report.projects
    return project


def told(project: VerifiedProject) -> list[tuple[str, str, int]]:
    return [(finding.rule, Path(finding.place.path).name, finding.place.line) for finding in project.findings]


FIXTURES = "verify: {fixtures: rows.sql}"
CROSSINGS = [
    (
        "safety: {max_migration_time: 100ms}",
        f"SELECT 1;\n{SLOW}",
        "SELECT 1;",
        ("0002_change.up.sql", 2),
        "max_migration_time allows 100.0 ms",
    ),
    (
        "safety: {max_rollback_time: 100ms}",
        "SELECT 1;",
        SLOW,
        ("0002_change.down.sql", 1),
        "max_rollback_time allows 100.0 ms",
    ),
    (
        "migration: {validation_timeout: 1ms}",
        "SELECT 1;",
        "SELECT 1;",
        ("0002_change.up.sql", 1),
        "validation_timeout allows 1.0 ms",
    ),
    (
        f"{FIXTURES}\nqueries: orders.sql\nsafety: {{performance_degradation: 10%}}",
        "ALTER TABLE orders ADD COLUMN more uuid DEFAULT gen_random_uuid();",
        "ALTER TABLE orders DROP COLUMN more;",
        ("0002_change.up.sql", 1),
        "performance_degradation allows 10%",
    ),
]


@pytest.mark.parametrize(("config", "up", "down", "place", "words"), CROSSINGS)
def test_a_limit_that_is_crossed_is_a_finding(
    server: ScratchServer, config: str, up: str, down: str, place: tuple[str, int], words: str
) -> None:
    project = verified(server, config, up, down)
    found = [finding for finding in project.findings if finding.migration == "0002"]
    assert told(project)[-1] == ("threshold-exceeded", *place)
    assert [words in finding.message for finding in found] == [True]


@pytest.mark.parametrize(("config", "up", "down", "place", "words"), CROSSINGS)
def test_a_limit_that_is_kept_is_none(
    server: ScratchServer, config: str, up: str, down: str, place: tuple[str, int], words: str
) -> None:
    generous = config.replace("100ms", "10s").replace(": 1ms", ": 60s").replace("10%", "1000%")
    assert told(verified(server, generous, up, down)) == []


def test_a_way_back_is_stopped_after_the_rollback_timeout(server: ScratchServer) -> None:
    project = verified(server, "migration: {rollback_timeout: 100ms}", "SELECT 1;", "SELECT pg_sleep(20);")
    assert told(project) == [
        ("round-trip-fails", "0002_change.down.sql", 1),
        ("threshold-exceeded", "0002_change.down.sql", 1),
    ]
    assert project.findings[1].message == "The way back was stopped after rollback_timeout (100.0 ms)"


@pytest.mark.parametrize(("tolerance", "rules"), [("0%", ["data-lost"]), ("9%", ["data-lost"]), ("10%", [])])
def test_data_loss_within_the_tolerance_is_no_finding(server: ScratchServer, tolerance: str, rules: list[str]) -> None:
    config = f"{FIXTURES}\nsafety: {{data_loss_tolerance: {tolerance}}}"
    project = verified(server, config, "DELETE FROM orders WHERE id <= 500;")
    lost = [one.rows for one in project.migrations[1].lost]
    assert lost == [500]
    assert [rule for rule, name, _ in told(project) if name == "0002_change.up.sql"] == rules


def test_a_table_that_was_closed_is_told_with_rows(server: ScratchServer) -> None:
    up = f"ALTER TABLE orders ADD COLUMN n int;\n{SLOW}"
    project = verified(server, FIXTURES, up, "ALTER TABLE orders DROP COLUMN n;")
    (blocked,) = project.migrations[1].up.blocked
    assert blocked.relation == "public.orders"
    assert blocked.unreadable_ms > 100
    assert blocked.unwritable_ms > 100


@pytest.mark.parametrize(
    ("switch", "up", "down", "rule"),
    [
        ("data_integrity", "DELETE FROM orders;", "SELECT 1;", "data-lost"),
        ("rollback_safety", "ALTER TABLE orders ADD COLUMN n int;", "SELECT 1;", "round-trip-fails"),
        (
            "dependency_checks",
            "ALTER TABLE orders ADD CHECK (id > 0) NOT VALID;",
            "ALTER TABLE orders DROP CONSTRAINT orders_id_check;",
            "check-fails",
        ),
    ],
)
@pytest.mark.parametrize("on", [True, False])
def test_what_is_switched_off_is_not_told(
    server: ScratchServer, switch: str, up: str, down: str, rule: str, on: bool
) -> None:
    project = verified(server, f"{FIXTURES}\nvalidation: {{{switch}: {str(on).lower()}}}", up, down)
    assert (rule in [finding.rule for finding in project.findings]) == on


def test_rows_of_a_generator_and_the_users_checks_come_from_the_configuration(server: ScratchServer) -> None:
    Path("checks").mkdir()
    Path("checks/filled.sql").write_text("SELECT count(*) = 7 AS seven FROM orders WHERE note = 'made';")
    Path("checks/wrong.sql").write_text("SELECT count(*) < 7 AS fewer FROM orders;")
    Path("rows.py").write_text(
        "ROWS = \"INSERT INTO orders (id, note) SELECT g, 'made' FROM generate_series(1, 7) g\"\n"
        "def fill(connection, rows, seed):\n"
        "    if connection.execute(\"SELECT to_regclass('orders') IS NOT NULL\").fetchone()[0]:\n"
        "        connection.execute(ROWS + ' ON CONFLICT DO NOTHING')\n"
    )
    config = "verify: {generator: 'rows.py:fill', checks: checks/*.sql, round_trip: last}"
    project = verified(server, config, "UPDATE orders SET customer_id = 1;")
    failed = [(f.migration, f.message.partition(": ")[2]) for f in project.findings if f.rule == "check-fails"]
    assert failed == [
        ("0001", "line 1: row 1 says false in column seven"),
        ("0002", "line 1: row 1 says false in column fewer"),
    ]


def test_a_query_whose_plan_changes_is_told_with_both_shapes(server: ScratchServer) -> None:
    config = f"{FIXTURES}\nqueries: orders.sql"
    given = f"{ORDERS}\nCREATE INDEX by_customer ON orders (customer_id);"
    down = "CREATE INDEX by_customer ON orders (customer_id);"
    project = verified(server, config, "DROP INDEX by_customer;", down, given)
    (finding,) = [one for one in project.findings if one.migration == "0002"]
    assert finding.message.endswith(
        "its plan was Bitmap Heap Scan orders(Bitmap Index Scan by_customer) and is Seq Scan orders"
    )


def test_a_query_that_the_new_schema_does_not_take_is_told(server: ScratchServer) -> None:
    config = f"{FIXTURES}\nqueries: orders.sql\nsafety: {{data_loss_tolerance: 100%}}"
    up, down = "ALTER TABLE orders DROP COLUMN customer_id;", "ALTER TABLE orders ADD COLUMN customer_id int;"
    project = verified(server, config, up, down)
    (message,) = [f.message for f in project.findings if f.rule == "threshold-exceeded"]
    assert message.startswith("After the migration the query ")
    assert message.endswith('orders.sql fails: column "customer_id" does not exist')


def test_without_performance_impact_nobody_is_probed(server: ScratchServer) -> None:
    config = f"{FIXTURES}\nqueries: orders.sql\nvalidation: {{performance_impact: false}}"
    project = verified(server, config, f"ALTER TABLE orders ADD COLUMN n int;\n{SLOW}", "SELECT 1;")
    assert (project.migrations[1].up.blocked, project.migrations[1].queries) == ((), ())


def test_a_pattern_without_files_is_told_at_its_line(server: ScratchServer) -> None:
    with pytest.raises(ConfigError, match=r"hotlint\.yaml:3:1: queries: there is no file missing/\*\.sql"):
        verified(server, "queries: missing/*.sql", "SELECT 1;")


def test_the_command_line_comes_before_the_configuration() -> None:
    Path("hotlint.yaml").write_text("verify: {rows: 10, seed: 3, round_trip: last}")
    Path("migrations").mkdir()
    Path("migrations/0001_orders.up.sql").write_text(ORDERS)
    settings = api.request_for(
        ["migrations"], server=None, config=None, isolated=False, select=None, ignore=None, since=None
    ).settings
    said = wishes_of(settings).validation
    assert (said.rows, said.seed, said.round_trip) == (10, 3, "last")
    said = wishes_of(settings, rows=20, seed=0, round_trip="none").validation
    assert (said.rows, said.seed, said.round_trip) == (20, 0, None)
