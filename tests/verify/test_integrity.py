"""What a migration loses, told by table, column and number of rows."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import Connection

from hotlint.verify.integrity import beyond, lost_data, take_contents
from hotlint.verify.model import LostData

GIVEN = """
CREATE TABLE people (id int PRIMARY KEY, name text, ratio numeric(10,4), active bool, born timestamp);
INSERT INTO people SELECT g, 'name' || g, g + 0.1234, g % 2 = 0, timestamp '2020-01-01' + g * interval '1 day'
  FROM generate_series(1, 10) g;
CREATE TABLE keyless (a int, b text);
INSERT INTO keyless SELECT g, g::text FROM generate_series(1, 5) g;
CREATE TABLE empty (id int);
"""


def losses(database: Connection[Any], migration: str) -> list[tuple[str, str | None, int, int, str]]:
    database.execute(GIVEN)
    before = take_contents(database)
    database.execute(migration.encode())
    found = lost_data(database, before, take_contents(database, before))
    return [(one.relation.removeprefix("public."), one.column, one.rows, one.total, one.how) for one in found]


@pytest.mark.parametrize(
    ("migration", "lost"),
    [
        ("DELETE FROM people WHERE id = 3", ("people", None, 1, 10, "rows deleted")),
        ("TRUNCATE people", ("people", None, 10, 10, "rows deleted")),
        ("DROP TABLE people", ("people", None, 10, 10, "table dropped")),
        ("ALTER TABLE people DROP COLUMN name", ("people", "name", 10, 10, "column dropped")),
        (
            "ALTER TABLE people DROP COLUMN name; ALTER TABLE people ADD COLUMN name text",
            ("people", "name", 10, 10, "came back empty"),
        ),
        ("UPDATE people SET name = 'x' WHERE id < 4", ("people", "name", 3, 10, "values overwritten")),
        ("UPDATE people SET active = NOT active", ("people", "active", 10, 10, "values overwritten")),
        (
            "UPDATE people p SET name = (SELECT name FROM people q WHERE q.id = 11 - p.id)",
            ("people", "name", 10, 10, "values overwritten"),
        ),
        ("ALTER TABLE people ALTER ratio TYPE numeric(10,2)", ("people", "ratio", 10, 10, "values overwritten")),
        (
            "ALTER TABLE people ALTER name TYPE varchar(5) USING left(name, 5)",
            ("people", "name", 1, 10, "values overwritten"),
        ),
        ("DELETE FROM keyless WHERE a < 3", ("keyless", None, 2, 5, "rows deleted")),
        ("UPDATE keyless SET b = NULL WHERE a = 1", ("keyless", "b", 1, 5, "values overwritten")),
    ],
)
def test_what_is_destroyed_is_named(
    database: Connection[Any], migration: str, lost: tuple[str, str | None, int, int, str]
) -> None:
    assert losses(database, migration) == [lost]


@pytest.mark.parametrize(
    "migration",
    [
        "ALTER TABLE people RENAME name TO full_name; ALTER TABLE people RENAME TO persons",
        "ALTER TABLE people ALTER id TYPE bigint",
        "ALTER TABLE people ALTER born TYPE timestamptz USING born AT TIME ZONE 'UTC'",
        "ALTER TABLE people ALTER name TYPE char(20)",
        "ALTER TABLE people ADD full_name text; UPDATE people SET full_name = name; ALTER TABLE people DROP name",
        "CREATE TABLE persons AS TABLE people; DROP TABLE people; ALTER TABLE persons RENAME TO people",
        "CREATE TABLE names (person int, name text); INSERT INTO names SELECT id, name FROM people;"
        "ALTER TABLE people DROP name",
        "ALTER TABLE people ADD seen int; UPDATE people SET seen = 1",
        "DROP TABLE empty",
        "ALTER TABLE people SET SCHEMA pg_catalog; ALTER TABLE pg_catalog.people SET SCHEMA public",
    ],
)
def test_what_is_only_moved_or_renamed_is_not_lost(database: Connection[Any], migration: str) -> None:
    database.execute("SET allow_system_table_mods = on")
    assert losses(database, migration) == []


def test_the_tolerance_is_a_percentage_of_the_rows() -> None:
    lost = (LostData("public.people", None, 5, 100), LostData("public.people", "name", 6, 100))
    assert beyond(lost, 0) == lost
    assert beyond(lost, 5) == lost[1:]
    assert beyond(lost, 6) == ()


def test_unchanged_tables_are_not_read_again(database: Connection[Any]) -> None:
    database.execute(GIVEN)
    before = take_contents(database)
    database.execute("DELETE FROM keyless WHERE a = 1")
    after = take_contents(database, before)
    same = {table.name for oid, table in after.tables.items() if table is before.tables[oid]}
    assert same == {"public.people", "public.empty"}


def test_large_tables_are_sampled_by_key_and_scaled_up(
    database: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotlint.verify.integrity.SAMPLED_ABOVE", 1000)
    database.execute("CREATE TABLE big (id int PRIMARY KEY, v int)")
    database.execute("INSERT INTO big SELECT g, g FROM generate_series(1, 4000) g")
    before = take_contents(database)
    assert [table.every for table in before.tables.values()] == [4]
    database.execute("UPDATE big SET v = -v WHERE id <= 2000")
    (lost,) = lost_data(database, before, take_contents(database, before))
    assert (lost.relation, lost.column, lost.total) == ("public.big", "v", 4000)
    assert 1700 <= lost.rows <= 2300
