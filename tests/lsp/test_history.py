"""What an edit costs, and that nothing of earlier edits is kept."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from hotlint import api
from hotlint.catalog.catalog import Catalog
from hotlint.finding import Finding
from hotlint.lsp import history as module
from hotlint.lsp.history import MOST_COPIES, History
from hotlint.planning import loop
from hotlint.project.discover import discover
from hotlint.project.tree import Tree
from hotlint.registry import find_rules

COUNT = 30


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "migrations").mkdir()
    for number in range(COUNT):
        text = f"ALTER TABLE orders ADD COLUMN c{number} int;\nCREATE INDEX i{number} ON orders (c{number});\n"
        write(tmp_path, number, text if number else "CREATE TABLE orders (id bigint PRIMARY KEY);\n")
    return tmp_path


def name(number: int) -> str:
    return f"migrations/{number + 1:04}_change.up.sql"


def write(folder: Path, number: int, text: str) -> None:
    (folder / name(number)).write_text(text)


def made() -> History:
    tree = Tree()
    (project,) = discover(["migrations"], tree=tree).projects
    return History(request(), find_rules(), project, tree)


def request() -> api.Request:
    return api.request_for(
        ["migrations"], server=None, config=None, isolated=True, select=None, ignore=None, since=None
    )


def settle(history: History) -> None:
    for _ in history.settle():
        pass
    assert history.settled


def told(history: History) -> list[Finding]:
    return sorted((f for found in history.findings.values() for f in found), key=lambda f: (f.place.path, f.message))


def fresh(buffers: dict[str, str]) -> list[Finding]:
    findings = api.check(["migrations"], isolated=True, buffers=buffers).findings
    return sorted(findings, key=lambda f: (f.place.path, f.message))


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the migrations that are planned from now on."""
    found: list[str] = []
    before = loop.replan

    def noting(*arguments: object) -> object:
        for change in before(*arguments):  # type: ignore[arg-type]
            found.extend(plan.migration.id for plan in change)
            yield change

    monkeypatch.setattr(module, "replan", noting)
    return found


def test_what_is_told_after_any_edit_is_what_a_check_tells(folder: Path) -> None:
    history = made()
    settle(history)
    assert told(history) == fresh({})
    for number, text in [
        (COUNT - 1, "DROP TABLE orders;"),
        (10, "ALTER TABLE orders RENAME TO purchases;"),
        (COUNT - 1, "ALTER TABLE purchases DROP COLUMN id"),
        (0, "CREATE TABLE purchases ("),
        (20, "-- hotlint: ignore[drop-table] gone\nDROP TABLE orders;"),
    ]:
        buffers = {name(number): text}
        assert history.edit(buffers)
        history.answer(name(number))
        expected = fresh(buffers)
        assert list(history.findings[name(number)]) == [f for f in expected if f.place.path == name(number)]
        settle(history)
        assert told(history) == expected


def test_an_edit_of_the_last_file_plans_nothing_else(folder: Path, planned: list[str]) -> None:
    history = made()
    settle(history)
    planned.clear()
    for text in ("DROP", "DROP TABLE", "DROP TABLE orders"):
        history.edit({name(COUNT - 1): text})
        history.answer(name(COUNT - 1))
        settle(history)
    assert planned == [f"{COUNT:04}"] * 3


def test_an_edit_in_the_middle_plans_its_own_file_first_and_those_before_it_never(
    folder: Path, planned: list[str]
) -> None:
    history = made()
    settle(history)
    planned.clear()
    for text in ("SELECT", "SELECT 1"):
        history.edit({name(14): text})
        history.answer(name(14))
    assert planned == ["0015", "0015"]
    settle(history)
    assert planned[2:] == [f"{number:04}" for number in range(16, COUNT + 1)]


def test_an_edit_that_changes_nothing_plans_nothing(folder: Path, planned: list[str]) -> None:
    history = made()
    settle(history)
    planned.clear()
    history.edit({name(3): (folder / name(3)).read_text()})
    settle(history)
    assert planned == []


def test_200_edits_do_not_grow_what_is_kept(folder: Path) -> None:
    history = made()
    settle(history)

    def kept() -> int:
        gc.collect()
        return sum(isinstance(each, Catalog) for each in gc.get_objects())

    for number in range(200):
        text = f"CREATE TABLE t{number} (id int);"
        history.edit({name(COUNT - 1 - number % 5): text})
        history.answer(name(COUNT - 1 - number % 5))
        if number % 10 == 0:
            settle(history)
        if number == 50:
            settle(history)
            before = kept()
    settle(history)
    assert kept() <= before + MOST_COPIES
    assert len(history.plan.migrations) == COUNT
    assert not history._former


def test_files_that_are_edited_one_after_the_other_leave_no_long_chain_of_copies(folder: Path) -> None:
    history = made()
    settle(history)
    buffers: dict[str, str] = {}
    for number in range(5, 5 + 3 * MOST_COPIES):
        buffers[name(number)] = f"ALTER TABLE orders ADD COLUMN d{number} int;"
        history.edit(dict(buffers))
        settle(history)
        copies = 0
        base = history.plan.migrations[-1].after.catalog.base
        while base is not None:
            copies, base = copies + 1, base.catalog.base
        assert copies <= MOST_COPIES
    assert told(history) == fresh(buffers)


def test_a_history_whose_folder_is_gone_says_so(folder: Path) -> None:
    history = made()
    settle(history)
    for path in (folder / "migrations").iterdir():
        path.unlink()
    (folder / "migrations").rmdir()
    assert not history.take(Tree())
