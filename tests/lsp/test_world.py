"""Which histories there are, and which of them a look at the disk leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotlint import api
from hotlint.baseline import encoded, entry_of
from hotlint.lsp.world import Options, World, folders_of


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_orders.up.sql").write_text("CREATE TABLE orders (id bigint);\n")
    (tmp_path / "migrations" / "0002_drop.up.sql").write_text("DROP TABLE orders;\n")
    return tmp_path


def world_of(*folders: Path, buffers: dict[str, str] | None = None) -> World:
    texts = buffers if buffers is not None else {}
    world = World(lambda: dict(texts))
    world.folders = [str(folder) for folder in folders]
    world.scan()
    return world


def told(world: World, path: str) -> list[str]:
    history = world.history_of(path)
    assert history is not None
    history.answer(path)
    return [finding.rule for finding in history.findings[path]]


def test_a_file_that_concerns_no_history_leaves_their_plans_alone(shop: Path) -> None:
    world = world_of(shop)
    (history,) = world.histories.values()
    for _ in history.settle():
        pass
    plan = history.plan
    (shop / "notes.sql").write_text("SELECT 1;\n")
    assert world.changed_on_disk(["notes.sql"]) is not None
    assert list(world.histories.values()) == [history]
    assert history.settled
    assert [a is b for a, b in zip(history.plan.migrations, plan.migrations, strict=True)] == [True, True]


def test_a_changed_configuration_makes_its_histories_anew(shop: Path) -> None:
    world = world_of(shop)
    (before,) = world.histories.values()
    assert "drop-table" in told(world, "migrations/0002_drop.up.sql")
    (shop / "hotlint.yaml").write_text("ignore: [drop-table]\n")
    world.changed_on_disk(["hotlint.yaml"])
    assert list(world.histories.values()) != [before]
    assert "drop-table" not in told(world, "migrations/0002_drop.up.sql")


def test_rules_that_a_configuration_names_are_part_of_it(shop: Path) -> None:
    (shop / "hotlint.yaml").write_text("rules: [my_rules]\n")
    (shop / "my_rules").mkdir()
    world = world_of(shop)
    assert world.is_configuration("my_rules/rule.py")
    assert world.is_configuration("pyproject.toml")
    assert not world.is_configuration("migrations/0001_orders.up.sql")


def test_what_a_baseline_has_is_not_told_until_the_baseline_changes(shop: Path) -> None:
    path = "migrations/0002_drop.up.sql"
    (finding,) = (f for f in api.check(["migrations"]).findings if f.rule == "drop-table")
    Path(api.BASELINE_NAME).write_bytes(encoded(api.BASELINE_NAME, [entry_of(finding)]))
    world = world_of(shop)
    assert "drop-table" not in told(world, path)
    (history,) = world.histories.values()
    assert [f.rule for f in history.accepted[path]] == ["drop-table"]

    Path(api.BASELINE_NAME).write_bytes(encoded(api.BASELINE_NAME, []))
    world.changed_on_disk([api.BASELINE_NAME])
    assert "drop-table" in told(world, path)

    Path(api.BASELINE_NAME).write_text("not a baseline\n")
    world.changed_on_disk([api.BASELINE_NAME])
    assert list(world.errors) == [api.BASELINE_NAME]
    assert "drop-table" in told(world, path)


def test_a_configuration_that_cannot_be_used_is_told_and_nothing_is_configured(shop: Path) -> None:
    (shop / "hotlint.yaml").write_text("ignore: [drop-table, no-such-rule]\n")
    world = world_of(shop)
    assert list(world.errors) == ["hotlint.yaml"]
    assert "no-such-rule" in str(world.errors["hotlint.yaml"])
    assert "drop-table" in told(world, "migrations/0002_drop.up.sql")


def test_a_history_that_only_an_open_file_led_to_goes_with_it(shop: Path, tmp_path: Path) -> None:
    buffers = {"migrations/0002_drop.up.sql": "DROP TABLE orders;\n"}
    world = world_of(buffers=buffers)  # no workspace
    assert "drop-table" in told(world, "migrations/0002_drop.up.sql")
    buffers.clear()
    assert "migrations/0002_drop.up.sql" in world.closed("migrations/0002_drop.up.sql")
    assert world.histories == {}


def test_files_of_no_history_are_left_alone_where_the_user_wants_it_so(shop: Path) -> None:
    (shop / "notes.sql").write_text("SELECT 1;\n")
    world = world_of(shop)
    assert world.history_of("notes.sql") is not None
    world.options = Options(other_files=False)
    world.scan()
    assert world.history_of("notes.sql") is None


def test_folders_within_folders_are_one_workspace() -> None:
    assert folders_of(["/srv/a", "/srv/a/b", "/srv/ab"]) == ["/srv/a", "/srv/ab"]
