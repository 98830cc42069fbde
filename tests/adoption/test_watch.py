"""``--watch``, as a process that is left running."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.test_cli import BAD

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n"
CHECK = ("check", "--watch", "--select", "create-index-not-concurrent,migration-fails", "--no-cache")
PATIENCE = 60.0
"""Seconds that a test waits for what should take a fraction of one."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_orders.sql").write_text(TABLE)
    (tmp_path / "hotlint.yaml").write_text("framework: plain\n")
    return tmp_path


class Watching:
    """The process, and what it wrote so far."""

    def __init__(self, process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
        self.process = process
        self.output = output
        self.text = ""

    def until(self, word: str) -> str:
        """What was written since the last call, up to a line that has ``word`` and the next announcement of waiting."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if not select.select([self.output], [], [], 1.0)[0]:
                continue
            chunk = os.read(self.output.fileno(), 65536)
            self.text += chunk.decode()
            at = self.text.find("Watching for changes", max(self.text.find(word), 0))
            if word in self.text and at >= 0:
                found, self.text = self.text[:at], self.text[at + len("Watching for changes") :]
                return found
            assert chunk, self.text
        raise AssertionError(f"{word!r} did not come, but {self.text!r}")


@contextmanager
def watching(project: Path, *arguments: str, terminal: bool = False) -> Iterator[Watching]:
    command = [sys.executable, "-u", "-m", "hotlint", *CHECK, *arguments]
    environment = {**os.environ, "HOTLINT_CACHE_DIR": str(project / ".cache"), "TERM": "xterm"}
    ours, theirs = pty.openpty() if terminal else os.pipe()
    with os.fdopen(ours, "rb", buffering=0) as output:
        process = subprocess.Popen(command, cwd=project, env=environment, stdout=theirs, stderr=theirs)
        os.close(theirs)
        try:
            yield Watching(process, output)
        finally:
            process.kill()
            process.wait()


def test_a_change_a_new_file_and_a_removed_one_are_checked_at_once_and_ctrl_c_ends_it(project: Path) -> None:
    new = project / "migrations" / "0002_day.sql"
    with watching(project) as run:
        assert "1 migration, 1 statement" in run.until("Nothing found")
        new.write_text(BAD)
        assert "migrations/0002_day.sql:1:1: error[create-index-not-concurrent]" in run.until("1 error")
        new.write_text("SELECT 'a longer statement than before';\n")
        assert "2 migrations, 2 statements" in run.until("Nothing found")
        new.unlink()
        text = run.until("Nothing found")
        assert "1 migration, 1 statement" in text
        assert "\x1b" not in text  # no terminal to clear
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(PATIENCE) == 130
        rest = os.read(run.output.fileno(), 65536).decode()
        assert "Traceback" not in rest


def test_a_mistake_is_told_and_mending_it_goes_on(project: Path) -> None:
    config = project / "hotlint.yaml"
    config.write_text("framwork: plain\n")
    with watching(project) as run:
        assert 'hotlint.yaml:1:1: there is no key "framwork"' in run.until("hotlint: error")
        config.write_text("framework: plain\npg_version: 17\n")
        assert "PostgreSQL 17." in run.until("Nothing found")
        config.write_text("framework: plain\npg_version: 170\n")
        run.until("hotlint: error")
        config.write_text("framework: plain\npg_version: 18\n")
        assert "PostgreSQL 18." in run.until("Nothing found")


def test_a_baseline_counts_as_soon_as_it_is_there(project: Path) -> None:
    (project / "migrations" / "0002_day.sql").write_text(BAD)
    (project / "hotlint.yaml").write_text("select: [create-index-not-concurrent]\n")
    with watching(project) as run:
        run.until("1 error")
        command = [sys.executable, "-m", "hotlint", "baseline", "--no-cache"]
        subprocess.run(command, cwd=project, check=True, capture_output=True)
        assert "(1 finding in hotlint-baseline.jsonl)" in run.until("Nothing found")


def test_a_terminal_is_cleared_before_each_run(project: Path) -> None:
    with watching(project, terminal=True) as run:
        assert run.until("Nothing found").startswith("\x1b[2J\x1b[3J\x1b[H")
        (project / "migrations" / "0002_day.sql").write_text(BAD)
        assert "\x1b[2J\x1b[3J\x1b[H" in run.until("1 error")
        os.kill(run.process.pid, signal.SIGINT)
        assert run.process.wait(PATIENCE) == 130
