"""Rows of the user's own: fixtures in SQL, or a generator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from hotlint.verify.seeding import Seeding, SeedingError


def rows_of(database: Connection[Any]) -> list[tuple[Any, ...]]:
    return database.execute("SELECT * FROM orders ORDER BY 1").fetchall()


def test_rows_are_generated_where_the_user_gives_none(database: Connection[Any]) -> None:
    database.execute("CREATE TABLE orders (id int PRIMARY KEY)")
    assert Seeding(5).prepare(database) == ()
    assert len(rows_of(database)) == 5


def test_without_rows_nothing_is_written(database: Connection[Any]) -> None:
    database.execute("CREATE TABLE orders (id int PRIMARY KEY)")
    assert Seeding().prepare(database) == ()
    assert rows_of(database) == []


def test_a_fixture_is_run_once_as_soon_as_the_schema_takes_it(database: Connection[Any], tmp_path: Path) -> None:
    orders, notes = tmp_path / "orders.sql", tmp_path / "notes.sql"
    orders.write_text("INSERT INTO orders VALUES (1, 'new'); INSERT INTO orders VALUES (2, 'paid');")
    notes.write_text("INSERT INTO notes VALUES (1);")
    seeding = Seeding(5, fixtures=[str(orders), str(notes)])
    database.execute("CREATE TABLE orders (id int)")
    seeding.prepare(database)
    assert rows_of(database) == []
    database.execute("ALTER TABLE orders ADD state text")
    seeding.prepare(database)
    seeding.prepare(database)
    assert rows_of(database) == [(1, "new"), (2, "paid")]
    assert seeding.leftovers() == (f'{notes} was never run: relation "notes" does not exist',)


def test_a_generator_takes_the_place_of_generated_rows(database: Connection[Any], tmp_path: Path) -> None:
    file = tmp_path / "make.py"
    file.write_text(
        "def orders(connection, rows, seed):\n"
        "    connection.execute('INSERT INTO orders SELECT generate_series(%s::int, %s)', [seed + 1, seed + rows])\n"
        "    return ['orders only']\n"
    )
    database.execute("CREATE TABLE orders (id int); CREATE TABLE others (id int)")
    assert Seeding(3, 10, generator=f"{file}:orders").prepare(database) == ("orders only",)
    assert rows_of(database) == [(11,), (12,), (13,)]


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("", "orders", "has no function orders"),
        ("def orders(:", "orders", "SyntaxError"),
        (None, "orders", "there is no file"),
    ],
)
def test_a_generator_that_cannot_be_used_is_an_error(tmp_path: Path, text: str | None, name: str, message: str) -> None:
    file = tmp_path / "make.py"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SeedingError, match=message):
        Seeding(generator=f"{file}:{name}")


def test_a_generator_that_raises_is_an_error_and_leaves_nothing(database: Connection[Any], tmp_path: Path) -> None:
    file = tmp_path / "make.py"
    file.write_text(
        "def orders(c, rows, seed):\n    c.execute('INSERT INTO orders VALUES (1)')\n    raise KeyError('x')\n"
    )
    database.execute("CREATE TABLE orders (id int)")
    with pytest.raises(SeedingError, match="the generator failed: KeyError"):
        Seeding(generator=f"{file}:orders").prepare(database)
    assert rows_of(database) == []
