"""Rows, checks and the way back around whole histories, on a real server."""

from __future__ import annotations

import msgspec
import pytest

from hotlint.errors import UsageError
from hotlint.planning.loop import PlanOptions, make_plan
from hotlint.planning.model import Plan
from hotlint.project.model import Project
from hotlint.verify.model import VerifiedProject
from hotlint.verify.replay import VerifyOptions, verify_project
from hotlint.verify.server import ScratchServer
from hotlint.verify.validation import Validation, ValidationOptions
from tests.verify.histories import history, script

ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, note text);"


def with_downs(planned: tuple[Project, Plan], *downs: str) -> tuple[Project, Plan]:
    """The same history with down scripts for its first migrations."""
    project, plan = planned
    migrations = tuple(
        msgspec.structs.replace(
            migration,
            down=script(migration.up.path.replace(".up.", ".down."), downs[at]) if at < len(downs) else None,
        )
        for at, migration in enumerate(project.migrations)
    )
    project = msgspec.structs.replace(project, migrations=migrations)
    return project, make_plan(project, plan.server, PlanOptions(complete=True))


def verify(server: ScratchServer, planned: tuple[Project, Plan], **options: object) -> VerifiedProject:
    wanted = ValidationOptions(**options)  # type: ignore[arg-type]
    run = VerifyOptions(rows=wanted.kind_of_rows)
    return verify_project(*planned, server, run, observers=(Validation(planned[1], wanted),))


def told(verified: VerifiedProject) -> list[tuple[str, str]]:
    return [(finding.rule, finding.message) for finding in verified.findings]


def test_rows_that_a_migration_destroys_are_named(server: ScratchServer) -> None:
    verified = verify(server, history(ORDERS, "ALTER TABLE orders DROP COLUMN note;"), rows=40)
    (lost,) = verified.migrations[1].lost
    assert (lost.relation, lost.column, lost.total) == ("public.orders", "note", 40)
    assert [rule for rule, _ in told(verified)] == ["data-lost"]


def test_losses_within_the_tolerance_are_shown_and_not_told(server: ScratchServer) -> None:
    verified = verify(server, history(ORDERS, "ALTER TABLE orders DROP COLUMN note;"), rows=40, tolerance=100.0)
    assert len(verified.migrations[1].lost) == 1
    assert told(verified) == []


def test_a_way_back_that_leaves_something_behind_is_told(server: ScratchServer) -> None:
    planned = with_downs(
        history(ORDERS, "ALTER TABLE orders ADD COLUMN a int, ADD COLUMN b int;"), "DROP TABLE orders;"
    )
    planned = with_downs(planned, "DROP TABLE orders;", "ALTER TABLE orders DROP COLUMN a;")
    verified = verify(server, planned, round_trip="all")
    assert told(verified)[0] == (
        "round-trip-fails",
        "After up and down the schema is not what it was: column public.orders.b is left behind",
    )


def test_a_way_back_that_is_clean_is_shown(server: ScratchServer) -> None:
    planned = with_downs(history(ORDERS, "ALTER TABLE orders ADD COLUMN a int;"), "DROP TABLE orders;")
    verified = verify(server, planned, round_trip="0000")
    first, second = verified.migrations
    assert first.round_trip is not None
    assert first.round_trip.after_down == ()
    assert second.round_trip is None
    assert told(verified) == []


@pytest.mark.parametrize("down", ["ALTER TABLE orders DROP COLUMN a;", "SELECT 1 / 0;", "DROP TABLE orders;"])
def test_a_way_back_that_goes_wrong_changes_nothing_for_what_follows(server: ScratchServer, down: str) -> None:
    """The third migration needs what the second made, and its rows."""
    planned = history(
        ORDERS,
        "ALTER TABLE orders ADD COLUMN a int, ADD COLUMN b int;\nINSERT INTO orders VALUES (1, 'x', 2, 3);",
        "ALTER TABLE orders DROP COLUMN b, ALTER COLUMN a SET NOT NULL;\nSELECT 1 / count(*) FROM orders;",
    )
    verified = verify(server, with_downs(planned, "DROP TABLE orders;", down), round_trip="all")
    assert {rule for rule, _ in told(verified)} == {"round-trip-fails"}
    assert [finding.migration for finding in verified.findings if finding.migration != "0001"] == []
    assert [m.up.error for m in verified.migrations] == [None, None, None]


def test_a_way_back_is_also_tried_after_rows_were_written_under_the_new_schema(server: ScratchServer) -> None:
    planned = with_downs(
        history(ORDERS, "CREATE TABLE notes (id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders);"),
        "DROP TABLE orders;",
        "DO $$ BEGIN IF EXISTS (SELECT FROM notes) THEN RAISE 'there are notes'; END IF; END $$;\nDROP TABLE notes;",
    )
    verified = verify(server, planned, round_trip="0001", rows=5)
    trip = verified.migrations[1].round_trip
    assert trip is not None
    assert (trip.broken, trip.after_down, trip.after_up_again) == (None, (), ())
    assert told(verified) == [
        (
            "round-trip-fails",
            "The way back fails on rows that were written under the new schema: there are notes (P0001)",
        )
    ]


def test_a_migration_that_cannot_be_taken_back_is_the_users_mistake(server: ScratchServer) -> None:
    with pytest.raises(UsageError, match="--round-trip: migration 0000 has no down script"):
        verify(server, history(ORDERS), round_trip="0000")


def test_a_constraint_that_nobody_validates_fails_a_check(server: ScratchServer) -> None:
    verified = verify(server, history(ORDERS, "ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0) NOT VALID;"))
    (finding,) = verified.findings
    assert (finding.rule, "is NOT VALID" in finding.message) == ("check-fails", True)


def test_what_earlier_migrations_left_is_not_told_of_the_last(server: ScratchServer) -> None:
    planned = history(ORDERS, "ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0) NOT VALID;", "SELECT 1;")
    validation = Validation(planned[1], ValidationOptions())
    assert verify_project(*planned, server, VerifyOptions(last=1), observers=(validation,)).findings == ()


def test_a_table_that_cannot_be_filled_is_noted_once(server: ScratchServer) -> None:
    given = "CREATE TABLE flags (flag bool PRIMARY KEY);"
    planned = history(given, "INSERT INTO flags VALUES (true) ON CONFLICT DO NOTHING;", ORDERS, "SELECT 1;")
    validation = Validation(planned[1], ValidationOptions(rows=9))
    verify_project(*planned, server, VerifyOptions(rows="generated"), observers=(validation,))
    assert [note.partition(" rows instead")[0] for note in validation.notes] == ["public.flags: 2"]


def with_verify(planned: tuple[Project, Plan], text: str) -> tuple[Project, Plan]:
    """The same history with a script of Sqitch's kind after its last migration."""
    project, plan = planned
    last = msgspec.structs.replace(project.migrations[-1], verify=script("verify/last.sql", text))
    project = msgspec.structs.replace(project, migrations=(*project.migrations[:-1], last))
    return project, make_plan(project, plan.server, PlanOptions(complete=True))


def test_a_verify_script_that_fails_is_told_at_its_file(server: ScratchServer) -> None:
    planned = with_verify(history(ORDERS, "SELECT 1;"), "BEGIN;\nSELECT 1 / count(*) FROM orders;\nROLLBACK;")
    (finding,) = verify(server, planned).findings
    assert (finding.rule, finding.place.path, finding.migration) == ("check-fails", "verify/last.sql", "0001")
    assert finding.message == "verify/last.sql: line 2: division by zero"


def test_a_verify_script_about_a_stub_is_not_run(server: ScratchServer) -> None:
    check = "SELECT 1 / count(*) FROM pg_extension WHERE extname = 'pgcrypto';"
    planned = with_verify(history(ORDERS, "CREATE EXTENSION pgcrypto;"), check)
    wanted = ValidationOptions()
    validation = Validation(planned[1], wanted)
    verified = verify_project(*planned, server, observers=(validation,))
    assert verified.findings == ()
    assert list(validation.notes) == [
        "verify/last.sql was not run: it is about the extension pgcrypto, which is a stub here"
    ]


@pytest.mark.parametrize("down", ['DROP EXTENSION "uuid-ossp";', 'DROP EXTENSION IF EXISTS "uuid-ossp" CASCADE;'])
def test_the_stub_of_an_extension_goes_with_it(server: ScratchServer, down: str) -> None:
    planned = with_downs(history('CREATE EXTENSION "uuid-ossp";'), down)
    assert told(verify(server, planned, round_trip="all")) == []


def test_a_loss_of_the_way_there_is_not_told_again_on_the_way_back(server: ScratchServer) -> None:
    planned = with_downs(
        history(ORDERS, "ALTER TABLE orders DROP COLUMN note;"),
        "DROP TABLE orders;",
        "ALTER TABLE orders ADD COLUMN note text;",
    )
    verified = verify(server, planned, rows=20, round_trip="0001")
    assert [(f.rule, f.place.path) for f in verified.findings] == [("data-lost", "db/0001_m.up.sql")]
    trip = verified.migrations[1].round_trip
    assert trip is not None
    assert [(one.column, one.how) for one in trip.lost] == [("note", "came back empty")]


def test_a_sequence_that_only_generated_rows_left_behind_is_not_told(server: ScratchServer) -> None:
    given = "CREATE TABLE jobs (id int PRIMARY KEY);\nCREATE TABLE logs (id serial PRIMARY KEY REFERENCES jobs);"
    assert told(verify(server, history(given, "ALTER TABLE logs ADD n int;"), rows=10)) == []


def test_a_sequence_that_the_migration_leaves_behind_is_told(server: ScratchServer) -> None:
    copy = "CREATE TABLE copies (id serial PRIMARY KEY);\nINSERT INTO copies SELECT id FROM orders;"
    ((rule, message),) = told(verify(server, history(ORDERS, copy), rows=10))
    assert rule == "check-fails"
    assert "sequence public.copies_id_seq gives 1 next" in message


def test_functions_of_the_history_never_run_as_a_superuser(server: ScratchServer) -> None:
    """Generated rows fire triggers, and rows become texts by casts that a history may define."""
    evil = (
        "CREATE TABLE seen (who text);\n"
        "CREATE FUNCTION note_who() RETURNS trigger LANGUAGE plpgsql AS\n"
        "$$ BEGIN INSERT INTO seen SELECT current_user WHERE NOT EXISTS (SELECT FROM seen); RETURN NEW; END $$;\n"
        "CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note_who();\n"
        "CREATE FUNCTION as_text(orders) RETURNS text LANGUAGE plpgsql AS\n"
        "$$ BEGIN IF current_user <> 'hotlint_owner' THEN RAISE EXCEPTION 'ran as %', current_user; END IF;\n"
        "RETURN ''; END $$;\n"
        "CREATE CAST (orders AS text) WITH FUNCTION as_text(orders);"
    )
    check = (
        "DO $$ BEGIN IF EXISTS (SELECT FROM seen WHERE who = 'postgres') THEN RAISE EXCEPTION 'superuser';"
        " END IF; END $$;"
    )
    verified = verify(server, history(ORDERS, evil, "ALTER TABLE orders ADD COLUMN a int;", check), rows=5)
    assert "migration-fails" not in [rule for rule, _ in told(verified)]
