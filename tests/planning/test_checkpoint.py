"""A check of some files says about them what a check of everything says, with and without what was kept before."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import hotlint
from hotlint.cache import Store
from hotlint.dialects.postgres.parse import ParseOptions, parse_script
from hotlint.finding import Finding
from hotlint.planning.checkpoint import Checkpoints
from hotlint.source import ParsedScript, Script

HISTORY = {
    "0001_shop": (
        "CREATE SCHEMA app;\n"
        "CREATE DOMAIN app.email AS text CHECK (VALUE LIKE '%@%');\n"
        "CREATE TABLE app.customers (id bigint PRIMARY KEY, mail app.email, name text);\n"
        "COMMENT ON TABLE app.customers IS 'who buys';\n"
        "GRANT SELECT ON app.customers TO reader;\n",
        "DROP TABLE app.customers;\nDROP DOMAIN app.email;\nDROP SCHEMA app;\n",
    ),
    "0002_orders": (
        "CREATE TYPE app.state AS ENUM ('new', 'paid');\n"
        "CREATE TABLE app.orders (id bigserial PRIMARY KEY, customer bigint REFERENCES app.customers,\n"
        "    state app.state NOT NULL DEFAULT 'new', total numeric(10, 2));\n"
        "CREATE VIEW app.paid AS SELECT id, total FROM app.orders WHERE state = 'paid';\n",
        "DROP VIEW app.paid;\nDROP TABLE app.orders;\nDROP TYPE app.state;\n",
    ),
    "0003_logic": (
        "CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;\n"
        "CREATE TRIGGER touch BEFORE UPDATE ON app.orders FOR EACH ROW EXECUTE FUNCTION app.touch();\n"
        "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || 'x'; END $$;\n"
        "DROP TABLE IF EXISTS app.archive;\n",
        "DROP TRIGGER touch ON app.orders;\nDROP FUNCTION app.touch();\n",
    ),
    "0004_index": (
        "CREATE INDEX orders_total ON app.orders (total);\n"
        "ALTER TABLE app.customers RENAME COLUMN name TO full_name;\n",
        "DROP INDEX app.orders_total;\nALTER TABLE app.customers RENAME COLUMN full_name TO name;\n",
    ),
    "0005_mail": (
        "ALTER TABLE app.customers ADD COLUMN second app.email;\n"
        "ALTER TABLE app.orders ALTER COLUMN total TYPE numeric(8, 1);\n"
        "TRUNCATE app.customers CASCADE;\n",
        "ALTER TABLE app.customers DROP COLUMN second;\n",
    ),
    "0006_drop": ("DROP TABLE app.customers CASCADE;\nDROP FUNCTION app.touch();\n", None),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The history on disk, older than any result that is made of it; a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOTLINT_CACHE_DIR", str(tmp_path / "cache"))
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    for name, (up, down) in HISTORY.items():
        write(migrations / f"{name}.up.sql", up)
        if down is not None:
            write(migrations / f"{name}.down.sql", down)
    return migrations


def write(path: Path, text: str) -> None:
    path.write_text(text)
    os.utime(path, (1_700_000_000, 1_700_000_000))


def about(path: str, findings: tuple[Finding, ...]) -> list[Finding]:
    return [f for f in findings if f.place.path == path or any(place.path == path for place in f.related)]


def assert_same(folder: Path, name: str) -> None:
    """That a check of one file, asked without and twice with the cache, agrees with a check of all of them."""
    path = f"migrations/{name}"
    everything = hotlint.check(["migrations"], isolated=True)
    expected = about(path, everything.findings)
    for cache in (False, True, True):
        report = hotlint.check([path], isolated=True, cache=cache)
        assert list(report.findings) == expected
        assert report.projects == everything.projects


@pytest.mark.parametrize(
    "name", [f"{name}.{way}.sql" for name, (_, down) in HISTORY.items() for way in ("up", "down")][:-1]
)
def test_one_file_gets_the_findings_that_it_has_in_the_whole(folder: Path, name: str) -> None:
    assert_same(folder, name)


def test_the_examples_have_findings_that_look_back_over_several_migrations(folder: Path) -> None:
    report = hotlint.check(["migrations/0006_drop.up.sql", "migrations/0005_mail.up.sql"], isolated=True)
    assert {place.path for finding in report.findings for place in finding.related} & {"migrations/0001_shop.up.sql"}


def edit_first(folder: Path) -> None:
    write(folder / "0001_shop.up.sql", HISTORY["0001_shop"][0].replace("name text", "name text, fax text"))


def edit_middle(folder: Path) -> None:
    write(folder / "0002_orders.up.sql", HISTORY["0002_orders"][0].replace("numeric(10, 2)", "numeric(12, 2)"))


def edit_last(folder: Path) -> None:
    write(folder / "0006_drop.up.sql", "DROP VIEW app.paid;\nCREATE INDEX late ON app.orders (state);\n")


def edit_in_place(folder: Path) -> None:
    """As many bytes as before and the old time."""
    write(folder / "0002_orders.up.sql", HISTORY["0002_orders"][0].replace("app.paid", "app.sold"))


def add(folder: Path) -> None:
    write(folder / "0007_new.up.sql", "CREATE INDEX newest ON app.orders (customer);\n")


def remove(folder: Path) -> None:
    (folder / "0003_logic.up.sql").unlink()
    (folder / "0003_logic.down.sql").unlink()


def rename(folder: Path) -> None:
    (folder / "0002_orders.up.sql").rename(folder / "0002_purchases.up.sql")
    (folder / "0002_orders.down.sql").rename(folder / "0002_purchases.down.sql")


def reorder(folder: Path) -> None:
    for way in ("up", "down"):
        (folder / f"0004_index.{way}.sql").rename(folder / f"0008_index.{way}.sql")


def break_one(folder: Path) -> None:
    write(folder / "0003_logic.up.sql", "CREATE FUNCTON app.touch();\n")


@pytest.mark.parametrize(
    "change", [edit_first, edit_middle, edit_last, edit_in_place, add, remove, rename, reorder, break_one]
)
def test_what_was_kept_never_outlives_what_it_was_made_from(folder: Path, change: Callable[[Path], None]) -> None:
    for name in ("0004_index.up.sql", "0006_drop.up.sql"):
        hotlint.check([f"migrations/{name}"], isolated=True, cache=True)
    change(folder)
    for path in sorted(folder.glob("*.sql")):
        assert_same(folder, path.name)


def kept(folder: Path) -> list[Path]:
    return sorted((folder.parent / "cache").glob("*.v*"))


def test_a_new_migration_costs_one_replay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hotlint.check(["migrations/0006_drop.up.sql"], isolated=True, cache=True)
    add(folder)
    from hotlint.planning import loop

    replayed: list[str] = []
    run = loop._ScriptReplay.run

    def noted(self: loop._ScriptReplay) -> object:
        replayed.append(self.script.path)
        return run(self)

    monkeypatch.setattr(loop._ScriptReplay, "run", noted)
    hotlint.check(["migrations/0007_new.up.sql"], isolated=True, cache=True)
    assert replayed == ["migrations/0006_drop.up.sql", "migrations/0007_new.up.sql"]


@pytest.mark.parametrize("damage", [b"", b"hotlint", b"hotlint\x00" + b"\x00" * 40])
def test_a_damaged_cache_is_an_empty_one(folder: Path, damage: bytes) -> None:
    hotlint.check(["migrations/0006_drop.up.sql"], isolated=True, cache=True)
    assert kept(folder)
    for path in kept(folder):
        path.write_bytes(damage)
    assert_same(folder, "0006_drop.up.sql")


def test_a_whole_entry_of_another_shape_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "get", lambda self, key: b"\x81\xa5steps\x90")
    assert_same(folder, "0006_drop.up.sql")


def test_nothing_is_kept_of_a_history_at_which_hotlint_failed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hotlint.planning import loop

    def failing(script: Script, options: ParseOptions) -> ParsedScript:
        if "0002" in script.path:
            raise RuntimeError("oops")
        return parse_script(script, options)

    monkeypatch.setattr(loop, "parse_script", failing)
    monkeypatch.setattr(Checkpoints, "restore", lambda self, catalog: [])
    report = hotlint.check(["migrations/0006_drop.up.sql"], isolated=True, cache=True)
    assert [failure.message for failure in report.failures] == ["RuntimeError: oops"]
    assert kept(folder) == []


def test_other_rules_and_servers_have_checkpoints_of_their_own(folder: Path) -> None:
    path = ["migrations/0006_drop.up.sql"]
    for server in (12, 18):
        assert hotlint.check(path, server=server, isolated=True, cache=True) == hotlint.check(
            path, server=server, isolated=True
        )
    for select in (["drop-table"], ["migration-fails"]):
        assert hotlint.check(path, select=select, isolated=True, cache=True) == hotlint.check(
            path, select=select, isolated=True
        )


def test_since_agrees_with_the_cache(folder: Path) -> None:
    for since in ("0002", "0005"):
        alone = hotlint.check(["migrations"], since=since, isolated=True)
        assert hotlint.check(["migrations"], since=since, isolated=True, cache=True) == alone
        assert hotlint.check(["migrations"], since=since, isolated=True, cache=True) == alone
        assert {f.migration for f in alone.findings} <= {id for id in ("0003", "0004", "0005", "0006") if id > since}


def test_a_baseline_closes_the_world_with_what_was_kept_too(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    write(folder.parent / "schema.sql", "CREATE TABLE public.carts (id bigint);")
    write(folder.parent / "hotlint.yaml", "baseline: schema.sql\nhistory: partial\n")
    write(folder / "0001_note.up.sql", "ALTER TABLE carts ADD COLUMN note text;\n")
    name = "migrations/0002_typo.up.sql"
    for text in ("ALTER TABLE trolleys ADD COLUMN note text;\n", "ALTER TABLE trolleys ADD COLUMN tag text;\n"):
        write(folder.parent / name, text)
        expected = about(name, hotlint.check(["migrations"]).findings)
        assert "migration-fails" in [finding.rule for finding in expected]
        assert list(hotlint.check([name], cache=True).findings) == expected
