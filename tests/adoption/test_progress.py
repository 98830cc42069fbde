"""The line of progress: on a terminal, only where work takes a while, and gone afterwards."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from hotlint.commands.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands where the test puts it."""
    now = [100.0]
    monkeypatch.setattr("hotlint.commands.progress.time.monotonic", lambda: now[0])
    return now


def test_short_work_shows_nothing(clock: list[float]) -> None:
    stream = Terminal()
    with Progress(stream) as line:
        line.show(1, 500, "a.sql")
        clock[0] += 0.9
        line.show(499, 500, "b.sql")
    assert stream.getvalue() == ""


def test_long_work_shows_a_line_that_is_erased_and_not_written_too_often(clock: list[float]) -> None:
    stream = Terminal()
    with Progress(stream) as line:
        clock[0] += 1.0
        line.show(250, 500, "a\x1b[31m.sql")
        line.show(251, 500, "b.sql")
        clock[0] += 0.2
        line.show(500, 500, "c.sql")
    first = "\r\x1b[K" + "█" * 15 + "·" * 15 + " 250/500 a␛[31m.sql"
    assert stream.getvalue() == first + "\r\x1b[K" + "█" * 30 + " 500/500 c.sql" + "\r\x1b[K"


def test_nothing_is_written_where_there_is_no_terminal(clock: list[float]) -> None:
    stream = io.StringIO()
    with Progress(stream) as line:
        clock[0] += 10
        line.show(1, 2, "a.sql")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("command", ["check", "plan"])
def test_check_and_plan_tell_how_far_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from hotlint.cli import main

    folder = tmp_path / "migrations"
    folder.mkdir()
    for number in range(1, 4):
        (folder / f"000{number}_a.up.sql").write_text("SELECT 1;\n")
    monkeypatch.chdir(tmp_path)
    told: list[tuple[int, int, str]] = []
    monkeypatch.setattr(Progress, "show", lambda _, done, total, name: told.append((done, total, name)))
    assert main([command, "--isolated"]) == 0
    planned = [(at, 3, f"migrations/000{at + 1}_a.up.sql") for at in range(3)]
    judged = [(at, 3, f"migrations/000{at + 1}_a.up.sql: rules") for at in range(3)] if command == "check" else []
    assert told == planned + judged
    assert capsys.readouterr().err == ""
