"""The cache: a broken entry is a missing one, two runs may share it, and it stays within its bounds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hotlint.cache import Seen, Store, code_identity, default_folder, key_of


def test_what_is_kept_is_found_again_and_nothing_else(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "cache"))
    store.put("a", b"result")
    assert store.get("a") == b"result"
    assert store.get("b") is None


@pytest.mark.parametrize("damage", [b"", b"hotlint\x00", b"garbage" * 100])
def test_a_corrupt_entry_is_missing_and_removed(tmp_path: Path, damage: bytes) -> None:
    store = Store(str(tmp_path))
    store.put("a", b"result")
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(damage)
    assert store.get("a") is None
    assert list(tmp_path.iterdir()) == []
    store.put("a", b"again")
    assert store.get("a") == b"again"


def test_a_truncated_entry_is_missing(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.put("a", b"result" * 50)
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(entry.read_bytes()[:-1])
    assert store.get("a") is None


def test_a_folder_that_cannot_be_written_is_an_empty_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(str(tmp_path / "file" / "cache"))
    store.put("a", b"result")
    assert store.get("a") is None


def test_the_entries_unused_for_longest_go_when_the_folder_is_full(tmp_path: Path) -> None:
    store = Store(str(tmp_path), limit=3100)
    for age, name in enumerate(("old", "used", "young")):
        store.put(name, bytes(1000))
        (path,) = tmp_path.glob(f"{name}.*")
        os.utime(path, ns=(age * 10**9, age * 10**9))
    assert store.get("old") is not None  # used now, so it is not the oldest any more
    store.put("new", bytes(1000))
    assert store.get("used") is None
    assert store.get("young") is not None
    assert store.get("old") is not None
    assert store.get("new") is not None


def test_two_runs_that_write_the_same_key_leave_one_whole_entry(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    payloads = [bytes([n]) * 10_000 for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda p: Store(str(tmp_path)).put("a", p), payloads))
    assert Store(str(tmp_path)).get("a") in payloads


def test_seen_files_tell_every_change_that_matters(tmp_path: Path) -> None:
    folder = tmp_path / "db"
    folder.mkdir()
    file = folder / "1.sql"
    file.write_text("SELECT 1;")
    missing = folder / "atlas.sum"

    def seen() -> Seen:
        return Seen.now([str(folder)], [str(file), str(missing)])

    before = seen()
    assert before.unchanged()
    os.utime(file, ns=(1, 1))
    assert before.unchanged()  # its content counts, not its time
    file.write_text("SELECT 2;")
    assert not before.unchanged()
    before = seen()
    (folder / "2.sql").write_text("SELECT 2;")
    assert not before.unchanged()
    before = seen()
    missing.write_text("h1:x")
    assert not before.unchanged()
    before = seen()
    file.unlink()
    assert not before.unchanged()


def test_a_folder_in_a_files_place_is_a_change(tmp_path: Path) -> None:
    file = tmp_path / "1.sql"
    file.write_text("SELECT 1;")
    before = Seen.now([], [str(file)])
    file.unlink()
    file.mkdir()
    assert not before.unchanged()


def test_keys_depend_on_every_part_and_on_nothing_else() -> None:
    assert key_of("a", {"x": 1, "y": 2}) == key_of("a", {"y": 2, "x": 1})
    assert key_of("a", "b") != key_of("ab", "")
    assert key_of(code_identity()) == key_of(code_identity())


def test_a_rule_from_elsewhere_is_part_of_the_code(tmp_path: Path) -> None:
    rule = tmp_path / "own_rule.py"
    rule.write_text("a")
    before = code_identity([str(rule)])
    rule.write_text("other")
    assert code_identity([str(rule)]) != before
    rule.unlink()
    assert code_identity([str(rule)]) != before


def test_the_folder_is_the_users_cache_folder_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOTLINT_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert default_folder() == os.path.join("/somewhere", "hotlint")
    monkeypatch.setenv("HOTLINT_CACHE_DIR", "/else")
    assert default_folder() == "/else"
