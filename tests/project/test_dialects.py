"""Telling databases apart by names and texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotlint.project import dialects
from hotlint.project.discover import find_projects
from tests.project.layouts import Write


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("migrations/postgresql", "postgres"),
        ("db/sqlite3/migrations", "sqlite"),
        ("jdbc-mysql/src/main/resources", "mysql"),
        ("migrations_mariadb", "mysql"),
        ("mysql-to-postgres/migrations", None),
        ("mysql/a/b/c/migrations", None),
        ("db/migrations", None),
    ],
)
def test_the_nearest_folder_names_the_database(path: str, dialect: str | None) -> None:
    assert dialects.of_folder(path) == dialect


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("CREATE TABLE `orders` (id INT);", "mysql"),
        ("CREATE TABLE orders (id INT AUTO_INCREMENT) ENGINE=InnoDB;", "mysql"),
        ("CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT);", "sqlite"),
        ("PRAGMA foreign_keys = ON;", "sqlite"),
        ("CREATE TABLE hits (id UInt64) ENGINE = MergeTree() ORDER BY id;", "clickhouse"),
        ("CREATE TABLE orders (id bigint PRIMARY KEY);", None),
        ("-- was AUTO_INCREMENT in MySQL\nCREATE TABLE orders (at timestamptz);", None),
    ],
)
def test_texts_show_other_databases(text: str, dialect: str | None) -> None:
    assert dialects.of_texts([text]) == dialect


def test_comments_of_prisma_do_not_make_a_history_mysqls() -> None:
    warning = "/*\n  Warnings:\n  - A unique constraint on the table `Order` will be added.\n*/\n"
    assert dialects.of_texts([warning + 'CREATE UNIQUE INDEX "Order_id_key" ON "Order" ("id");']) is None


def test_the_most_files_decide_and_not_the_first() -> None:
    odd = "CREATE TABLE `orders` (id INT);"
    mine = "CREATE TABLE orders (id bigint PRIMARY KEY);"
    assert dialects.of_texts([odd, mine, mine]) is None
    assert dialects.of_texts([odd, odd, mine]) == "mysql"
    assert dialects.of_texts([odd, odd, *["ALTER TABLE orders ADD at timestamptz;"] * 2]) is None


def test_the_working_directorys_own_name_counts(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"mysql/1_a.up.sql": "CREATE TABLE a (id int);"})
    monkeypatch.chdir(tmp_path / "mysql")
    assert [(p.root, p.dialect) for p in find_projects(["."])] == [(".", "mysql")]
