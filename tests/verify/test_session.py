"""Scripts on a real server: what is measured of each statement, and how transactions are run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hotlint.project.model import TransactionMode
from hotlint.verify.model import ScriptTrace, StatementTrace
from hotlint.verify.server import ScratchServer, database_url
from hotlint.verify.session import run_script
from hotlint.verify.trace import Tracer
from tests.verify.histories import history

SHOP = """
CREATE TABLE customers (id int PRIMARY KEY, email text);
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, total int);
CREATE INDEX orders_total ON orders (total);
CREATE VIEW big_orders AS SELECT * FROM orders WHERE total > 100;
"""


@pytest.fixture
def name(server: ScratchServer) -> Iterator[str]:
    made = server.create_database()
    yield made
    server.drop_database(made)


def run(server: ScratchServer, name: str, sql: str, transaction: TransactionMode = "wrapped") -> ScriptTrace:
    """Runs ``sql`` traced, on top of the shop."""
    _, plan = history(SHOP, sql, transaction=transaction)
    with server.connect("owner", name) as connection:
        first = run_script(connection, plan.migrations[0])
    assert first.error is None
    with server.connect("owner", name) as connection, Tracer(server, name) as tracer:
        return run_script(connection, plan.migrations[1], tracer)


def only(trace: ScriptTrace) -> StatementTrace:
    assert trace.error is None, trace.error
    assert len(trace.statements) == 1
    return trace.statements[0]


def locks(statement: StatementTrace) -> dict[str, str]:
    return {lock.relation: lock.mode for lock in statement.locks if "index" not in lock.kind}


def agreements(trace: ScriptTrace) -> set[str]:
    return {claim.agreement for statement in trace.statements for claim in statement.claims}


def test_a_type_change_locks_rewrites_and_builds_anew(server: ScratchServer, name: str) -> None:
    statement = only(run(server, name, "ALTER TABLE customers ALTER COLUMN id TYPE bigint;"))
    assert locks(statement) == {"public.customers": "ACCESS EXCLUSIVE", "public.orders": "ACCESS EXCLUSIVE"}
    assert [(str(r.relation), r.reason) for r in statement.rewrites] == [("public.customers", "type")]
    assert [(b.relation, b.index) for b in statement.index_builds] == [("public.customers", "customers_pkey")]
    assert "public.customers" in statement.scans
    assert statement.foreign_keys == ("orders_customer_fkey",)


def test_a_dropped_table_keeps_the_name_of_its_lock_and_of_what_went_with_it(server: ScratchServer, name: str) -> None:
    statement = only(run(server, name, "DROP TABLE orders CASCADE;"))
    assert locks(statement)["public.orders"] == "ACCESS EXCLUSIVE"
    assert locks(statement)["public.big_orders"] == "ACCESS EXCLUSIVE"
    assert ("view", "public.big_orders") in [(v.kind, v.name) for v in statement.victims if not v.automatic]


def test_locks_are_held_until_the_transaction_ends(server: ScratchServer, name: str) -> None:
    trace = run(server, name, "LOCK TABLE orders IN SHARE MODE;\nSELECT pg_sleep(0.02);\nSELECT 1;")
    first, _, last = trace.statements
    assert locks(first) == {"public.orders": "SHARE"}
    assert first.released_ms - first.start_ms >= 20
    assert first.released_ms == last.released_ms == trace.duration_ms


def test_without_a_transaction_each_statement_lets_go_by_itself(server: ScratchServer, name: str) -> None:
    trace = run(server, name, "ALTER TABLE orders ADD COLUMN n int;\nSELECT pg_sleep(0.02);", transaction="none")
    first, second = trace.statements
    assert first.released_ms <= second.start_ms


def test_what_needs_a_transaction_is_refused_without_one(server: ScratchServer, name: str) -> None:
    trace = run(server, name, "LOCK TABLE orders;", transaction="none")
    assert trace.error is not None
    assert trace.error.sqlstate == "25P01"
    assert agreements(trace) == {"confirmed"}


@pytest.mark.parametrize(
    ("sql", "table", "mode"),
    [
        ("CREATE INDEX CONCURRENTLY orders_customer ON orders (customer);", "public.orders", "SHARE UPDATE EXCLUSIVE"),
        ("DROP INDEX CONCURRENTLY orders_total;", "public.orders", "SHARE UPDATE EXCLUSIVE"),
        ("REINDEX INDEX CONCURRENTLY orders_total;", "public.orders", "SHARE UPDATE EXCLUSIVE"),
        ("VACUUM orders;", "public.orders", "SHARE UPDATE EXCLUSIVE"),
        ("VACUUM FULL orders;", "public.orders", "ACCESS EXCLUSIVE"),
    ],
)
def test_what_refuses_a_transaction_is_parked_and_its_locks_read(
    server: ScratchServer, name: str, sql: str, table: str, mode: str
) -> None:
    trace = run(server, name, sql, transaction="none")
    assert locks(only(trace))[table] == mode
    assert "refuted" not in agreements(trace)
    assert [c.agreement for c in trace.statements[0].claims if c.kind == "transaction"] == ["confirmed"]


def test_one_message_is_one_transaction(server: ScratchServer, name: str) -> None:
    trace = run(server, name, "CREATE TABLE a (id int);\nSELECT 1 / 0;", transaction="implicit")
    assert trace.error is not None
    assert (trace.error.sqlstate, trace.error.place.line) == ("22012", 2)
    with server.connect("owner", name) as connection:
        assert connection.execute("SELECT to_regclass('a')").fetchone() == (None,)


def test_without_a_transaction_what_ran_before_an_error_stays(server: ScratchServer, name: str) -> None:
    trace = run(server, name, "CREATE TABLE a (id int);\nSELECT 1 / 0;\nCREATE TABLE b ();", transaction="none")
    assert trace.error is not None
    assert len(trace.statements) == 2
    with server.connect("owner", name) as connection:
        assert connection.execute("SELECT to_regclass('a') IS NOT NULL, to_regclass('b')").fetchone() == (True, None)


def test_an_explicit_transaction_is_the_scripts_own(server: ScratchServer, name: str) -> None:
    trace = run(
        server,
        name,
        "BEGIN ISOLATION LEVEL SERIALIZABLE;\nALTER TABLE orders ADD COLUMN note text;\nCOMMIT;\n"
        "CREATE INDEX CONCURRENTLY orders_note ON orders (note);",
        transaction="none",
    )
    assert trace.error is None
    _, alter, commit, index = trace.statements
    assert locks(alter) == {"public.orders": "ACCESS EXCLUSIVE"}
    assert alter.released_ms == commit.start_ms + commit.duration_ms <= index.start_ms
    assert agreements(trace) == {"confirmed"}


def test_set_transaction_may_come_first(server: ScratchServer, name: str) -> None:
    trace = run(server, name, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nALTER TABLE orders ADD COLUMN n int;")
    assert trace.error is None
    assert agreements(trace) == {"confirmed"}


def test_what_a_savepoint_gives_back_can_be_locked_again(server: ScratchServer, name: str) -> None:
    trace = run(
        server,
        name,
        "SAVEPOINT a;\nLOCK TABLE orders;\nROLLBACK TO a;\nLOCK TABLE orders IN SHARE MODE;",
    )
    assert trace.error is None
    assert locks(trace.statements[3]) == {"public.orders": "SHARE"}
    assert agreements(trace) == {"confirmed"}


def test_a_rename_does_not_hide_what_is_held(server: ScratchServer, name: str) -> None:
    trace = run(server, name, "ALTER TABLE orders RENAME TO purchases;\nUPDATE purchases SET total = 1;")
    assert trace.error is None
    assert "refuted" not in agreements(trace)


@pytest.mark.parametrize(
    ("sql", "sqlstate", "line", "column", "end"),
    [
        ("SELECT 1;\nALTER TABLE orders\n  ADD CHECK (missing > 0);", "42703", 2, 1, 26),
        ("SELECT 'ö',\n  missing FROM orders;", "42703", 2, 3, 10),
        ("INSERT INTO orders VALUES (1, 1, 1);", "23503", 1, 1, 36),
        ("SELECT 1;\nALTER TABLE orders ADD COLUMN;", "42601", 2, 30, 31),
    ],
)
def test_an_error_is_told_where_the_server_points(
    server: ScratchServer, name: str, sql: str, sqlstate: str, line: int, column: int, end: int
) -> None:
    trace = run(server, name, sql)
    assert trace.error is not None
    place = trace.error.place
    assert (trace.error.sqlstate, place.line, place.column, place.end_column) == (sqlstate, line, column, end)


def test_a_deferred_constraint_fails_at_commit(server: ScratchServer, name: str) -> None:
    trace = run(
        server,
        name,
        "ALTER TABLE orders ALTER CONSTRAINT orders_customer_fkey DEFERRABLE INITIALLY DEFERRED;\n"
        "INSERT INTO orders VALUES (1, 7, 1);",
    )
    assert trace.error is not None
    assert (trace.error.sqlstate, trace.error.place.line) == ("23503", 2)


def test_copy_from_stdin_takes_the_lines_that_follow(server: ScratchServer, name: str) -> None:
    trace = run(server, name, "COPY customers (id, email) FROM stdin;\n1\ta@b.c\n2\t\\N\n\\.\n")
    assert trace.error is None
    with server.connect("owner", name) as connection:
        assert connection.execute("SELECT count(*), count(email) FROM customers").fetchone() == (2, 1)


def test_a_procedure_may_commit(server: ScratchServer, name: str) -> None:
    trace = run(
        server,
        name,
        "DO $$ BEGIN INSERT INTO customers VALUES (1); COMMIT; INSERT INTO customers VALUES (2); END $$;",
        transaction="none",
    )
    assert trace.error is None
    with server.connect("owner", name) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (2,)


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO PROGRAM 'touch /tmp/hotlint-was-here';",
        "COPY customers FROM '/etc/passwd';",
        "SET SESSION AUTHORIZATION postgres;",
        "SET ROLE postgres;",
        "ALTER ROLE hotlint_owner SUPERUSER;",
        "GRANT pg_execute_server_program TO hotlint_owner;",
        "CREATE EXTENSION dblink;",
        "ALTER SYSTEM SET archive_command = 'false';",
        "DROP EVENT TRIGGER hotlint_verify_drop;",
    ],
)
def test_a_migration_cannot_reach_the_machine_or_become_a_superuser(server: ScratchServer, name: str, sql: str) -> None:
    trace = run(server, name, sql, transaction="none")
    assert trace.error is not None
    assert trace.error.sqlstate in ("42501", "0A000")


def test_without_a_superuser_rewrites_are_told_from_files_and_messages(server: ScratchServer) -> None:
    """A server of the user's, where no event trigger can be made."""
    with server.connect("admin", "postgres") as connection:
        connection.execute("CREATE ROLE plain_maker LOGIN CREATEDB")
        host = connection.info.host
    try:
        with database_url(f"postgresql://plain_maker@/postgres?host={host}&port=5432") as lesser:
            name = lesser.create_database()
            change = run(lesser, name, "ALTER TABLE orders ALTER COLUMN total TYPE bigint USING total + 1;")
            vacuum = run_on(lesser, name, "VACUUM FULL orders;")
    finally:
        with server.connect("admin", "postgres") as connection:
            connection.execute("DROP ROLE plain_maker")
    assert change.error is not None  # the view stands in the way, as on every server
    assert change.error.sqlstate == "0A000"
    assert [(str(r.relation), r.reason) for r in only(vacuum).rewrites] == [("public.orders", "vacuum full")]


def run_on(server: ScratchServer, name: str, sql: str) -> ScriptTrace:
    """Runs ``sql`` traced in a database that has the shop already."""
    _, plan = history(SHOP, sql, transaction="none")
    with server.connect("owner", name) as connection, Tracer(server, name) as tracer:
        return run_script(connection, plan.migrations[1], tracer)
