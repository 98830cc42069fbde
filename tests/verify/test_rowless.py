"""Rows that satisfy a schema and stop the migration after it: told as such, and the history goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotlint.planning.model import Plan
from hotlint.project.model import Project
from hotlint.verify.model import VerifiedProject
from hotlint.verify.replay import VerifyOptions, verify_project
from hotlint.verify.server import ScratchServer
from hotlint.verify.validation import Validation, ValidationOptions
from tests.verify.histories import history

GIVEN = (
    "CREATE TABLE people (id int PRIMARY KEY, code char(1), note text);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, person int);\n"
    "INSERT INTO people VALUES (1, 'a', '7');"
)
AFTER = "ALTER TABLE people ADD COLUMN more int;"


def verify(
    server: ScratchServer, planned: tuple[Project, Plan], options: VerifyOptions | None = None, **rows: object
) -> VerifiedProject:
    wanted = ValidationOptions(**rows or {"rows": 40})  # type: ignore[arg-type]
    run = options or VerifyOptions(rows=wanted.kind_of_rows)
    return verify_project(*planned, server, run, observers=(Validation(planned[1], wanted),))


@pytest.mark.parametrize(
    ("migration", "severity", "message", "left_empty"),
    [
        (
            "ALTER TABLE people ADD CONSTRAINT codes UNIQUE (code);",
            "warning",
            'could not create unique index "codes" (23505)',
            "public.people",
        ),
        (
            "ALTER TABLE people ADD CONSTRAINT short CHECK (length(note) < 2);",
            "warning",
            'check constraint "short" of relation "people" is violated by some row (23514)',
            "public.people",
        ),
        (
            "ALTER TABLE orders ADD CONSTRAINT of_person FOREIGN KEY (person) REFERENCES people;",
            "warning",
            'insert or update on table "orders" violates foreign key constraint "of_person" (23503)',
            "public.orders",
        ),
        (
            "ALTER TABLE people ALTER COLUMN note SET NOT NULL;",
            "warning",
            'column "note" of relation "people" contains null values (23502)',
            "public.people",
        ),
        (
            "ALTER TABLE orders ADD COLUMN state text NOT NULL;",
            "error",
            'column "state" of relation "orders" contains null values (23502)',
            "public.orders",
        ),
        (
            "ALTER TABLE people ALTER COLUMN note TYPE int USING note::int;",
            "warning",
            "invalid input syntax for type integer",
            "public.people",
        ),
    ],
)
def test_rows_in_the_way_are_told_and_the_history_goes_on(
    server: ScratchServer, migration: str, severity: str, message: str, left_empty: str
) -> None:
    verified = verify(server, history(GIVEN, f"SELECT 1;\n{migration}", AFTER))
    (finding,) = verified.findings
    assert (finding.rule, finding.severity, finding.migration) == ("fails-on-rows", severity, "0001")
    assert (finding.place.line, finding.relations) == (2, (left_empty,))
    assert finding.message.startswith(f"The migration fails on rows that satisfy the schema before it: {message}")
    assert finding.message.endswith(f" It runs without generated rows in {left_empty}")
    assert [(m.id, m.up.error) for m in verified.migrations] == [("0000", None), ("0001", None), ("0002", None)]
    assert {claim.agreement for m in verified.migrations for s in m.up.statements for claim in s.claims} == {
        "confirmed"
    }


def test_the_message_has_the_row_that_the_server_names(server: ScratchServer) -> None:
    verified = verify(server, history(GIVEN, "CREATE UNIQUE INDEX ON people (code);"))
    assert "(23505). Key (code)=(" in verified.findings[0].message


def test_the_other_tables_keep_their_rows(server: ScratchServer) -> None:
    up = "ALTER TABLE people ADD CONSTRAINT codes UNIQUE (code);\nALTER TABLE orders DROP COLUMN person;"
    verified = verify(server, history(GIVEN, up))
    assert [(one.relation, one.column, one.total) for one in verified.migrations[1].lost] == [
        ("public.orders", "person", 40)
    ]


def test_what_the_history_itself_wrote_stays(server: ScratchServer) -> None:
    check = "SELECT 1 / count(*) FROM people WHERE note = '7';"
    verified = verify(server, history(GIVEN, "CREATE UNIQUE INDEX ON people (code);", check))
    assert [finding.rule for finding in verified.findings] == ["fails-on-rows"]


def test_rows_that_a_do_block_refuses_are_left_out_everywhere(server: ScratchServer) -> None:
    block = "DO $$ BEGIN IF (SELECT count(*) > 1 FROM people) THEN RAISE 'too many'; END IF; END $$;"
    verified = verify(server, history(GIVEN, block, AFTER))
    (finding,) = verified.findings
    assert finding.message.endswith(": too many (P0001). It runs without generated rows")


def test_what_was_committed_before_the_failure_is_taken_back(server: ScratchServer) -> None:
    up = "ALTER TABLE orders ADD COLUMN state text;\nCREATE UNIQUE INDEX CONCURRENTLY ON people (code);"
    verified = verify(server, history(GIVEN, up, transaction="none"))
    assert [finding.rule for finding in verified.findings] == ["fails-on-rows"]
    assert verified.migrations[1].up.error is None


def test_a_failure_that_has_nothing_to_do_with_rows_ends_the_history(server: ScratchServer) -> None:
    verified = verify(server, history(GIVEN, "ALTER TABLE people ADD COLUMN note text;", AFTER))
    assert [(finding.rule, finding.migration) for finding in verified.findings] == [("migration-fails", "0001")]
    assert verified.notes == ("1 later migration was not run",)


def test_a_failure_that_is_none_of_the_rows_leaves_them_where_they_are(server: ScratchServer, tmp_path: Path) -> None:
    fixture = tmp_path / "people.sql"
    fixture.write_text("INSERT INTO people (id) VALUES (11), (12);")
    planned = history(GIVEN, "ALTER TABLE people ADD COLUMN note text;", "DELETE FROM people WHERE id > 10;")
    run = VerifyOptions(rows="user's", keep_going=True)
    verified = verify(server, planned, run, fixtures=(str(fixture),))
    assert [(f.rule, f.migration) for f in verified.findings] == [("migration-fails", "0001"), ("data-lost", "0002")]
    assert [one.rows for one in verified.migrations[2].lost] == [2]


def test_rows_of_the_history_itself_that_stop_it_are_its_own_mistake(server: ScratchServer) -> None:
    up = "INSERT INTO people VALUES (2, 'a');\nCREATE UNIQUE INDEX ON people (code);"
    verified = verify(server, history(GIVEN, up))
    assert [finding.rule for finding in verified.findings] == ["migration-fails"]


def test_the_users_rows_are_run_again_once_the_migration_is_through(server: ScratchServer, tmp_path: Path) -> None:
    fixture = tmp_path / "people.sql"
    fixture.write_text("INSERT INTO people (id) VALUES (11), (12);")
    planned = history(GIVEN, "ALTER TABLE people ALTER note SET NOT NULL;", "ALTER TABLE people DROP note;")
    verified = verify(server, planned, fixtures=(str(fixture),))
    (finding,) = [one for one in verified.findings if one.rule == "fails-on-rows"]
    assert (finding.severity, finding.message.endswith("It runs without rows")) == ("error", True)
    assert verified.migrations[2].up.error is None


def test_nothing_is_left_on_the_server(server: ScratchServer) -> None:
    verify(server, history(GIVEN, "CREATE UNIQUE INDEX ON people (code);", "SELECT missing;"))
    with server.connect("admin", "postgres") as connection:
        count = connection.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'hotlint%'").fetchone()
    assert count == (0,)
