"""Every statement of the runbooks runs, in the situation that the page is about, and does what the page says."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from tests.docs.conftest import PAGES, Runbook, Session, Start, wait_for


def about(page: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("runbook", [page], indirect=True, ids=[page.removesuffix(".md")])


def test_every_page_has_its_test() -> None:
    source = (PAGES.parent.parent / "tests" / "docs" / "test_runbooks.py").read_text(encoding="utf-8")
    pages = {path.name for path in PAGES.glob("*.md")} - {"index.md"}
    assert {name for name in pages if f'@about("{name}")' in source} == pages


@about("stuck-behind-a-lock.md")
def test_stuck_behind_a_lock(runbook: Runbook, session: Session, start: Start) -> None:
    doctor = session()
    doctor.execute("CREATE TABLE orders (id bigint PRIMARY KEY)")

    forgotten = session()
    forgotten.execute("BEGIN")
    forgotten.execute("SELECT * FROM orders")
    forgotten_pid = forgotten.info.backend_pid
    migration = start("ALTER TABLE orders ADD COLUMN note text")
    wait_for(lambda: len(runbook.run(doctor, "waiting")) == 1)
    customer = start("SELECT count(*) FROM orders")
    wait_for(lambda: len(runbook.run(doctor, "waiting")) == 2)

    waiting = runbook.run(doctor, "waiting")
    assert [(row["pid"], row["blocked_by"]) for row in waiting] == [
        (migration.pid, [forgotten_pid]),
        (customer.pid, [migration.pid]),
    ]
    (head,) = runbook.run(doctor, "head-of-queue")
    assert (head["pid"], head["state"]) == (forgotten_pid, "idle in transaction")
    locks = [(row["pid"], row["mode"], row["granted"]) for row in runbook.run(doctor, "locks-on-table")]
    assert locks == [
        (forgotten_pid, "AccessShareLock", True),
        (migration.pid, "AccessExclusiveLock", False),
        (customer.pid, "AccessShareLock", False),
    ]
    assert runbook.run(doctor, "prepared") == []

    # Cancelling the migration lets the customers through, although the forgotten transaction is still there.
    assert runbook.run(doctor, "cancel", pid=migration.pid) == [{"pg_cancel_backend": True}]
    assert (migration.join(), customer.join()) == ("57014", None)
    assert runbook.run(doctor, "waiting") == []

    # A try with a timeout fails and leaves the table alone; a forgotten transaction cannot be cancelled, only ended.
    migrator = session()
    with pytest.raises(errors.LockNotAvailable):
        runbook.run(migrator, "retry")
    migrator.execute("ROLLBACK")
    runbook.run(doctor, "cancel", pid=forgotten_pid)
    assert [row["pid"] for row in runbook.run(doctor, "locks-on-table") if row["granted"]] == [forgotten_pid]
    assert runbook.run(doctor, "terminate", pid=forgotten_pid) == [{"pg_terminate_backend": True}]
    wait_for(lambda: runbook.run(doctor, "locks-on-table") == [])
    runbook.run(migrator, "retry")
    assert doctor.execute("SELECT note FROM orders").fetchall() == []

    # A concurrent build waits for a transaction that is older than itself.
    writer = session()
    writer.execute("BEGIN")
    writer.execute("INSERT INTO orders VALUES (1)")
    build = start("CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note)")
    wait_for(lambda: any(row["waits_for"] for row in runbook.run(doctor, "index-progress")))
    (progress,) = runbook.run(doctor, "index-progress")
    assert (progress["pid"], progress["waits_for"]) == (build.pid, [writer.info.backend_pid])
    assert progress["phase"].startswith("waiting for")
    writer.execute("COMMIT")
    assert build.join() is None

    for role in ("app", "migrator"):
        doctor.execute(f"CREATE ROLE {role}".encode())
    try:
        runbook.run(doctor, "settings")
        settings = "SELECT rolname::text, rolconfig[1] FROM pg_roles WHERE rolname IN ('app', 'migrator') ORDER BY 1"
        assert doctor.execute(settings.encode()).fetchall() == [
            ("app", "idle_in_transaction_session_timeout=60s"),
            ("migrator", "lock_timeout=2s"),
        ]
    finally:
        for role in ("app", "migrator"):
            doctor.execute(f"DROP ROLE {role}".encode())


@about("invalid-index.md")
def test_invalid_index(runbook: Runbook, session: Session, start: Start) -> None:
    doctor = session()
    doctor.execute(
        "CREATE TABLE customers (id bigint PRIMARY KEY, email text);"
        "INSERT INTO customers VALUES (1, 'ann@shop'), (2, 'ann@shop'), (3, 'ben@shop')"
    )
    with pytest.raises(errors.UniqueViolation):
        runbook.run(doctor, "build")

    (found,) = runbook.run(doctor, "invalid")
    assert (found["index"], found["table_name"]) == ("customers_email_idx", "customers")
    assert (found["is_unique"], found["is_kept_up_to_date"], found["is_partitioned"]) == (True, False, False)
    assert runbook.run(doctor, "builds") == []
    doctor.execute("CREATE UNIQUE INDEX IF NOT EXISTS customers_email_idx ON customers (email)")
    assert len(runbook.run(doctor, "invalid")) == 1, "IF NOT EXISTS takes it for finished"

    assert runbook.run(doctor, "duplicates") == [{"email": "ann@shop", "count": 2, "oldest": 1, "newest": 2}]
    with pytest.raises(errors.UniqueViolation):
        runbook.run(doctor, "reindex")
    assert {row["index"] for row in runbook.run(doctor, "invalid")} == {
        "customers_email_idx",
        "customers_email_idx_ccnew",
    }
    doctor.execute("DROP INDEX CONCURRENTLY customers_email_idx_ccnew")
    runbook.run(doctor, "drop")
    runbook.run(doctor, "mend")
    assert doctor.execute("SELECT id, email FROM customers ORDER BY id").fetchall() == [
        (1, "ann@shop"),
        (2, None),
        (3, "ben@shop"),
    ]
    runbook.run(doctor, "build")
    assert runbook.run(doctor, "invalid") == []
    runbook.run(doctor, "reindex")

    # A build that is on its way is invalid too, and is told apart.
    reader = session()
    reader.execute("BEGIN")
    reader.execute("INSERT INTO customers VALUES (5, 'cid@shop')")
    build = start("CREATE INDEX CONCURRENTLY customers_lower_idx ON customers (lower(email))")
    wait_for(lambda: any(row["index"] == "customers_lower_idx" for row in runbook.run(doctor, "builds")))
    assert [row["index"] for row in runbook.run(doctor, "invalid")] == ["customers_lower_idx"]
    reader.execute("COMMIT")
    assert build.join() is None

    # Cancelled in its last phase, a unique index refuses duplicates, although no query uses it.
    reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    reader.execute("SELECT count(*) FROM pg_class")
    build = start("CREATE UNIQUE INDEX CONCURRENTLY customers_lower_key ON customers (lower(email))")
    wait_for(lambda: [row["phase"] for row in runbook.run(doctor, "builds")] == ["waiting for old snapshots"])
    doctor.execute("SELECT pg_cancel_backend(%s)", [build.pid])
    assert build.join() == "57014"
    reader.execute("COMMIT")
    (left,) = runbook.run(doctor, "invalid")
    assert (left["index"], left["is_kept_up_to_date"]) == ("customers_lower_key", True)
    with pytest.raises(errors.UniqueViolation):
        doctor.execute("INSERT INTO customers VALUES (6, 'Cid@shop')")
    doctor.execute("DROP INDEX CONCURRENTLY customers_lower_key")

    doctor.execute(
        "CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at);"
        "CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
        "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
        "CREATE INDEX events_at_idx ON ONLY events (at);"
        "CREATE INDEX events_2025_at_idx ON events_2025 (at);"
        "ALTER INDEX events_at_idx ATTACH PARTITION events_2025_at_idx"
    )
    assert [(row["index"], row["is_partitioned"]) for row in runbook.run(doctor, "invalid")] == [
        ("events_at_idx", True)
    ]
    assert runbook.run(doctor, "partitions") == [{"partition": "events_2026"}]
    runbook.run(doctor, "partition-index")
    assert runbook.run(doctor, "partitions") == runbook.run(doctor, "invalid") == []


@about("not-valid-constraint.md")
def test_constraint_left_not_valid(runbook: Runbook, session: Session) -> None:
    doctor = session()
    doctor.execute(
        "CREATE TABLE products (id bigint PRIMARY KEY);"
        "CREATE TABLE order_items (id bigint PRIMARY KEY, product_id bigint, quantity int);"
        "INSERT INTO products VALUES (1);"
        "INSERT INTO order_items VALUES (1, 1, 2), (2, 7, 1), (3, NULL, 1), (4, 1, 0), (5, 1, NULL);"
        "ALTER TABLE order_items ADD CONSTRAINT order_items_product_fk FOREIGN KEY (product_id) REFERENCES products"
        " NOT VALID, ADD CONSTRAINT order_items_quantity_check CHECK (quantity > 0) NOT VALID"
    )
    assert [(row["table_name"], row["conname"], row["contype"]) for row in runbook.run(doctor, "not-valid")] == [
        ("order_items", "order_items_product_fk", "f"),
        ("order_items", "order_items_quantity_check", "c"),
    ]
    with pytest.raises(errors.ForeignKeyViolation):
        runbook.run(doctor, "validate")
    with pytest.raises(errors.CheckViolation):
        doctor.execute("ALTER TABLE order_items VALIDATE CONSTRAINT order_items_quantity_check")
    with pytest.raises(errors.ForeignKeyViolation):  # new rows are checked all the same
        doctor.execute("INSERT INTO order_items VALUES (6, 8, 1)")

    assert runbook.run(doctor, "orphans") == [{"id": 2, "product_id": 7}]
    assert runbook.run(doctor, "violations") == [{"id": 4, "quantity": 0}]
    runbook.run(doctor, "mend")
    assert doctor.execute("SELECT id, product_id, quantity FROM order_items_orphans").fetchall() == [(2, 7, 1)]
    runbook.run(doctor, "validate")
    assert [row["conname"] for row in runbook.run(doctor, "not-valid")] == ["order_items_quantity_check"]
    runbook.run(doctor, "drop")
    assert runbook.run(doctor, "not-valid") == []


@about("rollback.md")
def test_rollback(runbook: Runbook, session: Session) -> None:
    doctor = session()
    doctor.execute(
        "CREATE TABLE orders (id bigint PRIMARY KEY, note text);"
        "INSERT INTO orders VALUES (1, 'ring twice'), (2, NULL), (3, 'fragile')"
    )
    assert runbook.run(doctor, "is-it-there") == [
        {"attname": "id", "type": "bigint", "attnotnull": True},
        {"attname": "note", "type": "text", "attnotnull": False},
    ]
    assert runbook.run(doctor, "what-would-be-lost") == [{"notes": 2, "orders": 3}]
    runbook.run(doctor, "keep")
    runbook.run(doctor, "down")
    assert [row["attname"] for row in runbook.run(doctor, "is-it-there")] == ["id"]
    runbook.run(doctor, "bring-back")
    rows = doctor.execute("SELECT id, note FROM orders ORDER BY id").fetchall()
    assert rows == [(1, "ring twice"), (2, None), (3, "fragile")]


STATES = {
    # What the tools make themselves: golang-migrate's postgres.go (ensureVersionTable), Flyway's PostgreSQLDatabase,
    # Prisma's sql-schema-connector, sqlx-postgres' migrate.rs, Liquibase's CreateDatabaseChangeLogLockTableGenerator,
    # goose's dialect postgres.
    "golang-migrate": "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);"
    "INSERT INTO schema_migrations VALUES (42, true)",
    "flyway": "CREATE TABLE flyway_schema_history (installed_rank int NOT NULL PRIMARY KEY, version varchar(50),"
    " description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int,"
    " installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL,"
    " success boolean NOT NULL);"
    "INSERT INTO flyway_schema_history VALUES (1, '1', 'orders', 'SQL', 'V1__orders.sql', 1, 'app', now(), 5, true),"
    " (2, '2', 'index', 'SQL', 'V2__index.sql', 2, 'app', now(), 5, false)",
    "prisma": "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL,"
    " finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,"
    " started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0);"
    "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, rolled_back_at) VALUES"
    " ('a', 'x', '1_orders', now(), NULL), ('b', 'x', '2_index', NULL, NULL), ('c', 'x', '0_old', NULL, now())",
    "sqlx": "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL,"
    " installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL,"
    " execution_time bigint NOT NULL);"
    "INSERT INTO _sqlx_migrations VALUES (1, 'orders', now(), true, '', 1), (2, 'index', now(), false, '', -1)",
    "liquibase": "CREATE TABLE databasechangeloglock (id int NOT NULL PRIMARY KEY, locked boolean NOT NULL,"
    " lockgranted timestamp, lockedby varchar(255)); INSERT INTO databasechangeloglock VALUES (1, true, now(), 'ci-7')",
    "goose": "CREATE TABLE goose_db_version (id int PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, version_id bigint"
    " NOT NULL, is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now());"
    "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (3, true)",
    "dbmate": "DROP TABLE schema_migrations; CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY);"
    "INSERT INTO schema_migrations VALUES ('20260101'), ('20260103')",
}


@about("tool-state.md")
def test_the_state_of_a_tool_is_wrong(runbook: Runbook, session: Session) -> None:
    doctor, stuck = session(), session()
    stuck.execute("SELECT pg_advisory_lock(4711)")
    (holder,) = runbook.run(doctor, "advisory")
    assert (holder["pid"], holder["state"]) == (stuck.info.backend_pid, "idle")
    stuck.execute("SELECT pg_advisory_unlock(4711)")
    assert runbook.run(doctor, "advisory") == []

    # A script that went half its way: the column is there, its index is not.
    doctor.execute("CREATE TABLE orders (id bigint, note text, placed_at timestamptz)")
    assert runbook.run(doctor, "how-far") == [{"table": "orders", "index": None, "has_note": True}]

    shown = {}
    for tool, state in STATES.items():
        doctor.execute(state.encode())
        shown[tool] = [tuple(row.values())[:2] for row in runbook.run(doctor, tool)]
    assert shown["golang-migrate"] == [(42, True)]
    assert shown["flyway"] == [(2, "2")]
    assert [name for name, _ in shown["prisma"]] == ["2_index"]
    assert shown["sqlx"] == [(2, "index")]
    assert shown["liquibase"][0][0] is True
    assert shown["goose"] == [(3, True), (1, True), (0, True)]
    assert [row["version"] for row in runbook.run(doctor, "dbmate")] == ["20260103", "20260101"]

    for version in (1, 2):  # only what failed is forgotten
        runbook.run(doctor, "sqlx-forget", version=version)
    assert doctor.execute("SELECT version FROM _sqlx_migrations").fetchall() == [(1,)]
    assert runbook.run(doctor, "sqlx") == []


def test_a_failed_message_leaves_nothing_and_failed_single_statements_leave_a_half(session: Session) -> None:
    """What the table "how far did it get" says."""
    doctor = session()
    statements = ["CREATE TABLE first (id bigint)", "CREATE TABLE second (id nonsense)"]
    with pytest.raises(psycopg.errors.UndefinedObject):
        doctor.execute("; ".join(statements).encode())
    assert doctor.execute("SELECT to_regclass('first')").fetchone() == (None,)
    doctor.execute(statements[0].encode())
    with pytest.raises(psycopg.errors.UndefinedObject):
        doctor.execute(statements[1].encode())
    assert doctor.execute("SELECT to_regclass('first')").fetchone() == ("first",)
