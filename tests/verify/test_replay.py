"""Whole histories on a real server: what is told of them."""

from __future__ import annotations

import pytest

from hotlint.errors import UsageError
from hotlint.finding import Finding, Place
from hotlint.planning.model import Plan
from hotlint.project.model import Project
from hotlint.verify.database import ScratchDatabase
from hotlint.verify.model import MigrationTrace, VerifiedProject
from hotlint.verify.replay import VerifyOptions, verify_project
from hotlint.verify.roundtrip import Change
from hotlint.verify.server import ScratchError, ScratchServer
from tests.verify.histories import history

ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, note text);"


def told(verified: VerifiedProject) -> list[tuple[str, int, str]]:
    return [(finding.rule, finding.place.line, finding.message) for finding in verified.findings]


def verify(server: ScratchServer, planned: tuple[Project, Plan], **options: object) -> VerifiedProject:
    return verify_project(*planned, server, VerifyOptions(**options))  # type: ignore[arg-type]


def test_a_history_that_agrees_has_no_findings(server: ScratchServer) -> None:
    verified = verify(server, history(ORDERS, "ALTER TABLE orders ADD COLUMN n int;\nDROP TABLE orders;"))
    assert told(verified) == []
    assert [m.id for m in verified.migrations] == ["0000", "0001"]
    assert {c.agreement for m in verified.migrations for s in m.up.statements for c in s.claims} == {"confirmed"}


def test_the_first_migration_that_fails_ends_the_history(server: ScratchServer) -> None:
    verified = verify(server, history(ORDERS, "SELECT 1;\nSELECT missing FROM orders;", "SELECT 1;"))
    assert told(verified) == [
        (
            "migration-fails",
            2,
            'The server stops migration 0001: column "missing" does not exist (42703)',
        )
    ]
    assert [m.id for m in verified.migrations] == ["0000", "0001"]
    assert verified.notes == ("1 later migration was not run",)


def test_the_history_can_go_on_after_a_failure(server: ScratchServer) -> None:
    verified = verify(server, history(ORDERS, "SELECT missing FROM orders;", "SELECT 1;"), keep_going=True)
    assert [m.id for m in verified.migrations] == ["0000", "0001", "0002"]


def test_a_text_that_does_not_parse_is_told_as_the_server_tells_it(server: ScratchServer) -> None:
    verified = verify(server, history(ORDERS, "CREATE TABLE a ();\nALTER TABLE orders ADD COLUMN NOT NULL n int;"))
    assert told(verified) == [
        ("migration-fails", 2, 'The server stops migration 0001: syntax error at or near "NOT" (42601)')
    ]


def test_a_plan_that_is_wrong_is_found_out(server: ScratchServer) -> None:
    """The history is run without its first migration's index, which the plan believes in."""
    project, plan = history(ORDERS + "CREATE INDEX notes ON orders (note);", "DROP INDEX notes;")
    other = history(ORDERS, "DROP INDEX IF EXISTS notes;")[1]
    wrong = history(ORDERS, "ALTER TABLE orders ALTER COLUMN id TYPE bigint;")[1].migrations[1].steps[0]
    step = other.migrations[1].steps[0]
    step.impact = wrong.impact
    verified = verify_project(project, other, server)
    assert told(verified) == [
        ("plan-disagrees", 1, "Planned ACCESS EXCLUSIVE on public.orders, the server took none"),
        ("plan-disagrees", 1, "The planned rewrite of public.orders did not happen"),
        ("plan-disagrees", 1, "The planned scan of public.orders did not happen"),
        ("plan-disagrees", 1, "The planned index build of public.orders did not happen"),
    ]
    assert plan is not other


def test_only_the_newest_are_reported_and_all_are_run(server: ScratchServer) -> None:
    planned = history(ORDERS, "ALTER TABLE orders ADD COLUMN a int;", "ALTER TABLE orders ADD COLUMN b int;")
    assert [m.id for m in verify(server, planned, last=1).migrations] == ["0002"]
    assert [m.id for m in verify(server, planned, migration="0001").migrations] == ["0001"]
    with pytest.raises(UsageError, match=r'there is no migration "0009"'):
        verify(server, planned, migration="0009")


def test_a_baseline_is_loaded_before_the_history(server: ScratchServer) -> None:
    dump = "SELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.orders (id int);"
    verified = verify(server, history("ALTER TABLE orders ADD COLUMN n int;", baseline=dump))
    assert told(verified) == []
    assert verified.migrations[0].up.statements[0].locks[0].relation == "public.orders"


def test_a_baseline_that_fails_is_told_at_its_place(server: ScratchServer) -> None:
    verified = verify(server, history("SELECT 1;", baseline="CREATE TABLE a ();\nCREATE TABLE a ();"))
    assert [(f.rule, f.place.path, f.place.line) for f in verified.findings] == [("migration-fails", "schema.sql", 2)]


def test_findings_get_the_servers_verdict(server: ScratchServer) -> None:
    planned = history(ORDERS, "SELECT 1;\nALTER TABLE orders ALTER COLUMN id TYPE bigint;")
    finding = Finding(
        rule="alter-column-type",
        category="rewrite",
        severity="warning",
        message="m",
        place=Place("db/0001_m.up.sql", 2, 1, 2, 10),
        migration="0001",
        relations=("public.orders",),
    )
    verified = verify_project(*planned, server, findings=(finding,))
    assert verified.migrations[0].verdicts == ()
    ((_, agreement, why),) = verified.migrations[1].verdicts
    assert (agreement, why) == (
        "confirmed",
        "ACCESS EXCLUSIVE on public.orders, rewrite of public.orders, scan of public.orders, index build of"
        " public.orders",
    )


def test_nothing_is_left_on_the_server(server: ScratchServer) -> None:
    verify(server, history(ORDERS, "SELECT missing;"))
    with server.connect("admin", "postgres") as connection:
        count = connection.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'hotlint%'").fetchone()
    assert count == (0,)


# --- extensions and roles


def test_an_extension_that_the_server_lacks_is_told_with_what_to_configure(server: ScratchServer) -> None:
    planned = history("CREATE EXTENSION postgis;\nCREATE TABLE a ();")
    (finding,) = verify(server, planned).findings
    assert finding.message.startswith('The server stops migration 0000: extension "postgis" is not available (0A000)')
    assert "`verify: {stub_extensions: [postgis]}`" in finding.help
    verified = verify(server, planned, stub_extensions=("postgis",))
    assert told(verified) == []
    assert verified.notes == ("the extension postgis was not created: nothing of it exists",)


def test_extensions_that_the_history_expects_can_be_made(server: ScratchServer) -> None:
    planned = history(ORDERS, "CREATE INDEX notes ON orders USING gin (note gin_trgm_ops);")
    assert [rule for rule, _, _ in told(verify(server, planned))] == ["migration-fails"]
    assert told(verify(server, planned, extensions=("pg_trgm",))) == []
    with pytest.raises(ScratchError, match='verify: extensions: extension "postgis" is not available'):
        verify(server, planned, extensions=("postgis",))


def test_common_functions_of_a_lacking_extension_are_stood_in_for(server: ScratchServer) -> None:
    verified = verify(
        server,
        history(
            'CREATE SCHEMA tools;\nCREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA tools;\n'
            "CREATE TABLE a (id uuid DEFAULT tools.uuid_generate_v4());\nINSERT INTO a DEFAULT VALUES;"
        ),
        stub_extensions=("uuid-ossp",),
    )
    assert told(verified) == []
    assert verified.notes == ("the extension uuid-ossp was not created: its functions are stand-ins",)


def test_extensions_that_are_safe_are_made_and_rights_taken_back(server: ScratchServer) -> None:
    verified = verify(server, history("CREATE EXTENSION pgstattuple;\nCOPY (SELECT 1) TO PROGRAM 'true';"))
    assert [(rule, line) for rule, line, _ in told(verified)] == [("migration-fails", 2)]


def test_triggers_of_foreign_keys_can_be_switched_off(server: ScratchServer) -> None:
    verified = verify(server, history(ORDERS, "ALTER TABLE orders DISABLE TRIGGER ALL;"))
    assert told(verified) == []


def test_roles_that_the_history_expects_can_be_made(server: ScratchServer) -> None:
    planned = history(ORDERS, "GRANT SELECT ON orders TO reader;\nSET ROLE reader;")
    (finding,) = verify(server, planned).findings
    assert finding.help == "`verify: {roles: [reader]}` in the configuration makes the role on the scratch server."
    assert told(verify(server, planned, roles=("reader",))) == []


# --- observers


class Seen:
    """An observer that notes what it is called with."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def before(self, database: ScratchDatabase, change: Change) -> None:
        self.calls.append(("before", change[0].migration.id, self._columns(database)))

    def after(
        self, database: ScratchDatabase, change: Change, traces: tuple[MigrationTrace, ...]
    ) -> tuple[Finding, ...]:
        self.calls.append(("after", traces[0].id, self._columns(database)))
        return ()

    def _columns(self, database: ScratchDatabase) -> int:
        with database.connect() as connection:
            row = connection.execute("SELECT count(*) FROM pg_attribute WHERE attname = 'added'").fetchone()
        assert row is not None
        return int(row[0])


def test_an_observer_sees_the_database_before_and_after_each_migration(server: ScratchServer) -> None:
    seen = Seen()
    verify_project(*history(ORDERS, "ALTER TABLE orders ADD COLUMN added int;"), server, observers=(seen,))
    assert seen.calls == [("before", "0000", 0), ("after", "0000", 0), ("before", "0001", 0), ("after", "0001", 1)]
