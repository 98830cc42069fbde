"""Which fixes are made, and that the plan bears them out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from hotlint import api
from hotlint.fixing import Fixes, make_fixes

ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, status text, note text);\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "db").mkdir()
    return tmp_path / "db"


def fix(
    files: dict[str, str],
    *,
    unsafe: bool = False,
    paths: Sequence[str] = ("db",),
    since: str | None = None,
    select: Sequence[str] | None = None,
) -> Fixes:
    for name, text in files.items():
        (Path("db") / name).write_bytes(text.encode())
    request = api.request_for(paths, server=16, config=None, isolated=True, select=select, ignore=None, since=since)
    return make_fixes(request, api.run_check(request, cache=False), unsafe=unsafe)


def texts(fixes: Fixes) -> dict[str, str]:
    return {file.path.removeprefix("db/"): file.after for file in fixes.files}


def test_a_safe_fix_is_made_and_an_unsafe_one_counted(project: Path) -> None:
    files = {
        "0001_a.up.sql": ORDERS,
        "0002_b.up.sql": "CREATE INDEX by_status ON orders (status);\n",
        "0003_c.up.sql": "SET lock_timeout = '2s';\nDROP TABLE orders;\n",
    }
    fixes = fix(files)
    assert texts(fixes) == {"0002_b.up.sql": "CREATE INDEX CONCURRENTLY by_status ON orders (status);\n"}
    assert [finding.rule for finding in fixes.fixed] == ["create-index-not-concurrent"]
    assert fixes.unsafe == 1


def test_an_unsafe_fix_is_made_where_it_is_wanted_and_what_it_brings_about_is_not_fixed_in_turn(project: Path) -> None:
    sql = "SET lock_timeout = '2s';\nALTER TABLE orders DROP COLUMN note;\n"
    fixes = fix({"0001_a.up.sql": ORDERS, "0002_b.up.sql": sql}, unsafe=True)
    assert texts(fixes) == {
        "0002_b.up.sql": "SET lock_timeout = '2s';\nALTER TABLE orders RENAME COLUMN note TO note_to_be_dropped;\n"
    }
    assert fixes.unsafe == 0


def test_findings_about_one_statement_are_fixed_one_after_the_other(project: Path) -> None:
    sql = "-- +goose NO TRANSACTION\n-- +goose Up\nALTER TABLE orders ADD CHECK (id > 0), ADD CHECK (note > '');\n"
    fixes = fix({"00001_a.sql": f"-- +goose Up\n{ORDERS}", "00002_b.sql": sql}, select=["add-check-validates"])
    assert texts(fixes) == {
        "00002_b.sql": "-- +goose NO TRANSACTION\n-- +goose Up\n"
        "ALTER TABLE orders ADD CONSTRAINT orders_id_check CHECK (id > 0) NOT VALID,"
        " ADD CONSTRAINT orders_note_check CHECK (note > '') NOT VALID;\n"
        "ALTER TABLE orders VALIDATE CONSTRAINT orders_note_check;\n"
        "ALTER TABLE orders VALIDATE CONSTRAINT orders_id_check;\n"
    }
    assert len(fixes.fixed) == 2


def test_one_fix_that_the_plan_refutes_costs_none_of_the_others(project: Path) -> None:
    files = {"0001_a.up.sql": f"{ORDERS}CREATE VIEW notes AS SELECT note FROM orders;\n"}
    for number in range(2, 9):
        files[f"000{number}_i.up.sql"] = f"CREATE INDEX i{number} ON orders (status);\n"
    files["0005_i.up.sql"] = "SET lock_timeout = '2s';\nDROP VIEW notes;\nALTER TABLE orders DROP COLUMN note;\n"
    files["0009_j.up.sql"] = (
        "CREATE TABLE note_to_be_dropped ();\nALTER TABLE orders ADD COLUMN note_to_be_dropped int;\n"
    )
    fixes = fix(files, unsafe=True, select=["create-index-not-concurrent", "drop-column"])
    assert sorted(texts(fixes)) == [f"000{number}_i.up.sql" for number in (2, 3, 4, 6, 7, 8)]


def test_only_files_that_were_named_and_migrations_that_are_new_are_fixed(project: Path) -> None:
    files = {"0001_a.up.sql": ORDERS}
    for number in (2, 3, 4):
        files[f"000{number}_i.up.sql"] = f"CREATE INDEX i{number} ON orders (status);\n"
    assert sorted(texts(fix(files, since="3"))) == ["0004_i.up.sql"]
    assert sorted(texts(fix(files, paths=["db/0003_i.up.sql"]))) == ["0003_i.up.sql"]
    assert sorted(texts(fix(files))) == ["0002_i.up.sql", "0003_i.up.sql", "0004_i.up.sql"]


def test_a_suppressed_finding_is_left_alone(project: Path) -> None:
    sql = "-- hotlint: ignore[create-index-not-concurrent] the table is small\nCREATE INDEX i ON orders (status);\n"
    assert fix({"0001_a.up.sql": ORDERS, "0002_b.up.sql": sql}).files == ()


def test_a_fix_that_its_rule_calls_safe_is_not_made_where_the_plan_refutes_it(project: Path) -> None:
    files = {
        "0001_a.up.sql": f"{ORDERS}CREATE UNIQUE INDEX one ON orders (id);\n"
        "ALTER TABLE orders DROP CONSTRAINT orders_pkey;\nCREATE TABLE items (of bigint REFERENCES orders (id));\n",
        "0002_b.up.sql": "DROP INDEX one CASCADE;\n",
    }
    fixes = fix(files, select=["drop-index-not-concurrent"])
    assert (fixes.files, fixes.fixed, fixes.unsafe) == ((), (), 0)


def test_a_safe_fix_leaves_the_schema_as_the_migration_makes_it(project: Path) -> None:
    files = {
        "0001_a.up.sql": f"{ORDERS}CREATE VIEW all_of_it AS SELECT id FROM orders;\n"
        "CREATE VIEW more AS SELECT id FROM all_of_it;\n",
        "0002_b.up.sql": "DROP VIEW IF EXISTS all_of_it CASCADE;\n",
    }
    assert texts(fix(files, select=["drop-cascade"])) == {
        "0002_b.up.sql": "DROP VIEW more;\nDROP VIEW IF EXISTS all_of_it;\n"
    }


def test_the_framework_is_told_where_it_opens_a_transaction(project: Path) -> None:
    files = {"1_a.sql": f"-- migrate:up\n{ORDERS}", "2_b.sql": "-- migrate:up\nCREATE INDEX i ON orders (status);\n"}
    assert texts(fix(files)) == {
        "2_b.sql": "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON orders (status);\n"
    }
