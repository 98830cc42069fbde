"""Jobs in several processes: the same results as in one, whatever becomes of a child."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec
import pytest

import hotlint
from hotlint import running
from hotlint.parallel import processors, spread

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
    # The test runner's own thread, which waits for messages and holds no lock.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


class Square(msgspec.Struct, frozen=True):
    value: int
    process: int


def square(number: int) -> Square:
    return Square(number * number, os.getpid())


def values(done: dict[int, Square]) -> dict[int, int]:
    return {number: square.value for number, square in done.items()}


@pytest.mark.parametrize("processes", [1, 2, 3, 50])
def test_every_job_is_done_once_in_any_number_of_processes(processes: int) -> None:
    assert values(spread(range(40), square, Square, processes)) == {n: n * n for n in range(40)}


def test_one_process_does_everything_itself() -> None:
    assert {s.process for s in spread(range(5), square, Square, 1).values()} == {os.getpid()}


def test_nothing_to_do_is_no_reason_to_fork() -> None:
    assert spread([], square, Square, 4) == {}


def test_what_a_dying_child_took_is_done_by_the_parent() -> None:
    parent = os.getpid()

    def fatal(number: int) -> Square:
        if os.getpid() != parent:
            os._exit(9)
        return square(number)

    assert spread(range(10), fatal, Square, 3) == {n: Square(n * n, parent) for n in range(10)}


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that are started from now on; the test's own process may have others."""
    started: list[int] = []
    fork = os.fork

    def noting() -> int:
        process = fork()
        if process:
            started.append(process)
        return process

    monkeypatch.setattr(os, "fork", noting)
    return started


def test_what_fails_in_a_child_is_tried_again_and_told_by_the_parent(children: list[int]) -> None:
    def failing(number: int) -> Square:
        if number == 7:
            raise ValueError("no seven")
        return square(number)

    with pytest.raises(ValueError, match="no seven"):
        spread(range(10), failing, Square, 3)
    assert_gone(children)


def test_an_interrupted_parent_takes_its_children_along(children: list[int]) -> None:
    parent = os.getpid()

    def interrupted(number: int) -> Square:
        if os.getpid() == parent:
            raise KeyboardInterrupt
        threading.Event().wait(60)
        return square(number)

    with pytest.raises(KeyboardInterrupt):
        spread(range(10), interrupted, Square, 3)
    assert_gone(children)


def assert_gone(children: list[int]) -> None:
    assert len(children) == 2
    for process in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(process, os.WNOHANG)


def test_a_process_with_threads_is_not_forked() -> None:
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        assert processors() == 1
    finally:
        release.set()
        thread.join()


@pytest.fixture
def histories(tmp_path: Path) -> list[str]:
    """Three services' histories, the last of them with a migration that the others do not have."""
    for at, service in enumerate(("billing", "orders", "users")):
        folder = tmp_path / service / "migrations"
        folder.mkdir(parents=True)
        (folder / "0001_tables.up.sql").write_text(f"CREATE TABLE {service} (id bigint PRIMARY KEY, total text);\n")
        (folder / "0001_tables.down.sql").write_text(f"DROP TABLE {service};\n")
        for number in range(2, 3 + at):
            (folder / f"000{number}_index.up.sql").write_text(f"CREATE INDEX i{number} ON {service} (total);\n")
            (folder / f"000{number}_index.down.sql").write_text(f"DROP INDEX i{number};\n")
    return [str(tmp_path / service / "migrations") for service in ("billing", "orders", "users")]


@pytest.mark.parametrize("since", [None, "0003"])
def test_a_report_is_the_same_from_one_and_from_several_processes(
    histories: list[str], since: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotlint.parallel.processors", lambda: 1)
    alone = hotlint.check(histories, isolated=True, since=since)
    monkeypatch.setattr("hotlint.parallel.processors", lambda: 3)
    monkeypatch.setattr(running, "_WORTH_A_PROCESS", -1)
    shared = hotlint.check(histories, isolated=True, since=since)
    assert shared == alone
    assert [f.rule for f in alone.findings].count("create-index-not-concurrent") == (
        6 if since is None else 2
    )  # billing has no 0003: all of it is judged


def test_a_migration_that_no_project_has_is_told_from_several_processes(
    histories: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotlint.parallel.processors", lambda: 3)
    monkeypatch.setattr(running, "_WORTH_A_PROCESS", -1)
    with pytest.raises(hotlint.errors.UsageError, match='no migration "0009"'):
        hotlint.check(histories, isolated=True, since="0009")
