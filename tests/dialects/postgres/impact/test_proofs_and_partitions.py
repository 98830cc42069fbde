"""What need not be read since a constraint proves it, or a partition has it already (measured on 12 to 18)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hotlint.impact import Impact

Run = Callable[..., Impact]

USERS = "CREATE TABLE users (id bigint PRIMARY KEY);\nINSERT INTO users VALUES (1);\n"
EVENTS = (
    "CREATE TABLE events (id bigint NOT NULL, user_id bigint, at date NOT NULL) PARTITION BY RANGE (at);\n"
    "CREATE TABLE events_26 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');\n"
    "INSERT INTO events_26 VALUES (1, 1, '2026-05-05');\n"
)
REST = "CREATE TABLE p (k bigint) PARTITION BY RANGE (k);\nCREATE TABLE rest PARTITION OF p DEFAULT;\n"
LISTED = "CREATE TABLE p (k text) PARTITION BY LIST (k);\nCREATE TABLE rest PARTITION OF p DEFAULT;\n"


@pytest.mark.parametrize(
    ("own", "scanned", "mode"),
    [
        ("", ["events_26", "users"], "SHARE ROW EXCLUSIVE"),
        ("REFERENCES users", [], "ACCESS EXCLUSIVE"),
        ("REFERENCES users ON DELETE CASCADE", ["events_26", "users"], "SHARE ROW EXCLUSIVE"),
        ("REFERENCES users NOT VALID", ["events_26", "users"], "SHARE ROW EXCLUSIVE"),
    ],
)
def test_a_foreign_key_takes_over_the_same_one_of_a_partition(
    impact: Run, own: str, scanned: list[str], mode: str
) -> None:
    given = USERS + EVENTS + (f"ALTER TABLE events_26 ADD FOREIGN KEY (user_id) {own};" if own else "")
    found = impact("ALTER TABLE events ADD FOREIGN KEY (user_id) REFERENCES users", given)
    assert [scan.relation.name for scan in found.scans] == scanned
    assert [lock.mode for lock in found.locks if lock.relation.name == "users"] == [mode]


def test_only_makes_a_partitioned_key_without_building_anything(impact: Run) -> None:
    found = impact("ALTER TABLE ONLY events ADD CONSTRAINT k UNIQUE (id, at)", EVENTS)
    assert [(lock.relation.name, lock.mode, lock.duration) for lock in found.locks] == [
        ("events", "ACCESS EXCLUSIVE", "brief")
    ]
    assert found.index_builds == ()


def test_an_index_is_built_also_under_a_name_that_the_statement_frees(impact: Run) -> None:
    given = "CREATE TABLE t (a int, b int, CONSTRAINT k UNIQUE (a));"
    found = impact("ALTER TABLE t DROP CONSTRAINT k, ADD CONSTRAINT k UNIQUE (a, b)", given)
    assert [str(build.index) for build in found.index_builds] == ["public.k"]


@pytest.mark.parametrize(
    ("check", "proved"),
    [
        ("k < 1 OR k >= 9", True),
        ("k IS NULL OR k < 1 OR k >= 9", True),
        ("NOT (k IS NOT NULL AND k >= 1 AND k < 9)", True),
        ("k >= 9", True),
        ("k < 0 OR k >= 9", True),
        ("k <= 1 OR k >= 9", False),
        ("k < 1 OR k >= 8", False),
        ("k < 1 OR other > 5", False),
        ("NOT (k >= 2 AND k < 9)", False),
    ],
)
def test_a_check_proves_that_a_default_partition_has_no_row_of_a_new_one(impact: Run, check: str, proved: bool) -> None:
    given = REST.replace("k bigint", "k bigint, other int") + f"ALTER TABLE rest ADD CHECK ({check});"
    found = impact("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9)", given)
    assert ([scan.reason for scan in found.scans] == []) is proved


@pytest.mark.parametrize(
    ("check", "proved"),
    [
        ("k NOT IN ('a', 'b')", True),
        ("k IS NULL OR k NOT IN ('a', 'b', 'c')", True),
        ("NOT (k IN ('a', 'b'))", True),
        ("k = 'z'", True),
        ("k <> 'a' AND k <> 'b'", True),
        ("k <> 'a'", False),
        ("k IN ('a', 'z')", False),
    ],
)
def test_a_check_leaves_out_the_values_of_a_list(impact: Run, check: str, proved: bool) -> None:
    found = impact(
        "CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('a', 'b')", LISTED + f"ALTER TABLE rest ADD CHECK ({check});"
    )
    assert ([scan.reason for scan in found.scans] == []) is proved


def test_lock_table_needs_a_transaction(impact: Run) -> None:
    refused = impact("LOCK TABLE users", USERS, transaction=False).error
    assert refused is not None
    assert refused.sqlstate == "25P01"
    assert impact("LOCK TABLE users", USERS).error is None
