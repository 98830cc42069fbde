"""What statements do: whole impacts of SQL that people write (the measured rows are in tests/truth)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hotlint.catalog.names import QName
from hotlint.impact import Impact

Run = Callable[..., Impact]

SHOP = """
CREATE TABLE customers (id bigint PRIMARY KEY, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2), note varchar(50));
INSERT INTO customers VALUES (1, 'a');
INSERT INTO orders VALUES (1, 1, 10, 'x');
"""
EVENTS = """
CREATE TABLE events (id bigint NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
"""


def told(found: Impact) -> list[str]:
    """The impact in a few words."""
    lines = [f"{lock.mode} on {lock.relation.name} {lock.duration}" for lock in found.locks if lock.kind != "index"]
    lines += [f"rewrite {r.relation.name}: {r.reason}" for r in found.rewrites]
    lines += [f"scan {s.relation.name}: {s.reason}" for s in found.scans]
    lines += [f"build {b.index.name if b.index else '?'}" for b in found.index_builds]
    return lines + ([found.error.sqlstate] if found.error else [])


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE orders ADD COLUMN paid boolean DEFAULT false", ["ACCESS EXCLUSIVE on orders brief"]),
        (
            "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid()",
            [
                "ACCESS EXCLUSIVE on orders rewrite",
                "rewrite orders: default",
                "scan orders: rewrite",
                "scan orders: index",
                "build orders_pkey",
            ],
        ),
        ("ALTER TABLE orders ALTER note TYPE varchar(100)", ["ACCESS EXCLUSIVE on orders brief"]),
        (
            "ALTER TABLE orders ALTER total SET NOT NULL",
            ["ACCESS EXCLUSIVE on orders scan", "scan orders: not null"],
        ),
        (
            "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers",
            [
                "SHARE ROW EXCLUSIVE on orders scan",
                "SHARE ROW EXCLUSIVE on customers scan",
                "scan orders: foreign key",
                "scan customers: foreign key",
            ],
        ),
        (
            "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID",
            ["SHARE ROW EXCLUSIVE on orders brief", "SHARE ROW EXCLUSIVE on customers brief"],
        ),
        ("CREATE INDEX ON orders (note)", ["SHARE on orders build", "scan orders: index", "build orders_note_idx"]),
        ("CREATE INDEX CONCURRENTLY ON orders (note)", ["25001"]),
        ("TRUNCATE orders", ["ACCESS EXCLUSIVE on orders brief", "build orders_pkey"]),
    ],
)
def test_a_statement_locks_reads_and_writes_what_the_server_does(impact: Run, sql: str, expected: list[str]) -> None:
    assert told(impact(sql, SHOP)) == expected


def test_the_strongest_subcommand_decides_the_lock_of_an_alter_table(impact: Run) -> None:
    found = impact("ALTER TABLE orders ALTER note SET STATISTICS 100, ALTER note SET DEFAULT ''", SHOP)
    assert told(found) == ["ACCESS EXCLUSIVE on orders brief"]


def test_a_table_made_in_the_same_transaction_is_marked(impact: Run) -> None:
    found = impact("CREATE TABLE t (id int); ALTER TABLE t ADD COLUMN n int")
    assert [(lock.relation.name, lock.created_in_transaction) for lock in found.locks] == [("t", True)]


def test_partitions_are_locked_with_their_parent(impact: Run) -> None:
    found = impact("ALTER TABLE events ADD COLUMN kind int", EVENTS)
    assert told(found) == ["ACCESS EXCLUSIVE on events brief", "ACCESS EXCLUSIVE on events_2024 brief"]


@pytest.mark.parametrize(
    ("check", "scanned"),
    [
        ("at >= '2025-01-01' AND at < '2026-01-01'", False),
        ("at BETWEEN '2025-01-01' AND '2025-12-31'", False),
        ("at >= '2024-12-01' AND at < '2026-01-01'", True),
    ],
)
def test_a_check_that_proves_the_bound_saves_the_scan_of_attach(impact: Run, check: str, scanned: bool) -> None:
    given = EVENTS + f"CREATE TABLE e25 (id bigint NOT NULL, at date NOT NULL, CHECK ({check}));"
    found = impact("ALTER TABLE events ATTACH PARTITION e25 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')", given)
    assert [s.relation for s in found.scans] == ([QName("public", "e25")] if scanned else [])


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("CREATE UNIQUE INDEX u ON orders (note) NULLS NOT DISTINCT", 15),
        ("ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT ENFORCED", 18),
        ("ALTER TABLE orders ADD COLUMN twice numeric GENERATED ALWAYS AS (total * 2) VIRTUAL", 18),
        ("ALTER TABLE orders ALTER note SET COMPRESSION pglz", 14),
        ("MERGE INTO orders o USING customers c ON o.customer_id = c.id WHEN MATCHED THEN DELETE", 15),
    ],
)
def test_syntax_of_a_later_version_is_an_error(impact: Run, sql: str, first: int) -> None:
    before, since = impact(sql, SHOP, major=first - 1), impact(sql, SHOP, major=first)
    assert (before.error and before.error.sqlstate, since.error) == ("42601", None)


def test_concurrently_gives_its_lock_back_itself(impact: Run) -> None:
    found = impact("CREATE INDEX CONCURRENTLY ON orders (note)", SHOP, transaction=False)
    assert not found.allowed_in_transaction
    assert [(lock.mode, lock.until, lock.blocks) for lock in found.locks] == [
        ("SHARE UPDATE EXCLUSIVE", "statement", ())
    ]


def test_a_table_that_the_history_never_made_is_locked_all_the_same(impact: Run) -> None:
    found = impact("ALTER TABLE legacy ADD COLUMN n int", closed=False)
    assert told(found) == ["ACCESS EXCLUSIVE on legacy brief"]


def test_dropping_a_table_locks_the_other_side_of_its_foreign_keys(impact: Run) -> None:
    given = SHOP + "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;"
    found = impact("DROP TABLE orders", given)
    assert told(found) == ["ACCESS EXCLUSIVE on orders brief", "ACCESS EXCLUSIVE on customers brief"]
    assert [(loss.relation.name, loss.what) for loss in found.data_loss] == [("orders", "table")]


def test_a_renamed_column_breaks_the_code_that_runs(impact: Run) -> None:
    found = impact("ALTER TABLE orders RENAME COLUMN note TO remark", SHOP)
    assert [(b.how, b.column, b.now) for b in found.breaks] == [("renamed", "note", "remark")]


def test_a_foreign_key_that_the_statement_drops_is_not_made_again(impact: Run) -> None:
    given = SHOP + "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customers;"
    found = impact("ALTER TABLE orders DROP CONSTRAINT fk, ALTER customer_id TYPE text", given)
    assert found.error is None
    assert "scan customers: foreign key" not in told(found)


@pytest.mark.parametrize(
    "block",
    [
        "ALTER TABLE orders ADD COLUMN note text; EXCEPTION WHEN duplicate_column THEN NULL;",
        "CREATE INDEX orders_no ON orders (no_such); EXCEPTION WHEN undefined_column THEN NULL;",
    ],
)
def test_a_statement_whose_error_is_caught_leaves_no_lock(impact: Run, block: str) -> None:
    assert told(impact(f"DO $$ BEGIN {block} END $$", SHOP)) == []


def test_a_guarded_statement_that_runs_has_its_locks(impact: Run) -> None:
    block = "ALTER TABLE orders ADD COLUMN paid boolean; EXCEPTION WHEN duplicate_column THEN NULL;"
    assert told(impact(f"DO $$ BEGIN {block} END $$", SHOP)) == ["ACCESS EXCLUSIVE on orders brief"]
