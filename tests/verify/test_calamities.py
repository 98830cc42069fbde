"""A full disk, a server that is killed, a Hotlint that is killed: what is told, and that nothing is left."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from hotlint.verify.server import ScratchServer, embedded
from tests.verify.test_server import databases, eventually, is_running, url

SLEEPS = "SELECT pg_sleep(60);"
FILLS_TABLES = "CREATE UNLOGGED TABLE big AS SELECT repeat('x', 900) FROM generate_series(1, 1000000);"
FILLS_THE_LOG = "CREATE TABLE big (t text);\nINSERT INTO big SELECT repeat('x', 900) FROM generate_series(1, 1000000);"


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files with a short name, as a socket needs, that the server's user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="calamity-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


Disk = Callable[[str], Path]


@pytest.fixture
def disk(temporary: Path) -> Iterator[Disk]:
    """Makes a file system of a size that really gets full."""
    folder = temporary / "disk"
    folder.mkdir()

    def mount(size: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("no small file system to be had: only root may mount one, and not in every container")
        return folder

    yield mount
    if folder.is_mount():
        subprocess.run(["umount", str(folder)], check=True)


def start(folder: Path, temporary: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hotlint", "verify", "migrations", "--isolated", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(temporary)},
    )


def write(folder: Path, up: str, down: str = "DROP TABLE big;") -> Path:
    (folder / "migrations").mkdir()
    (folder / "migrations" / "0001_big.up.sql").write_text(up)
    (folder / "migrations" / "0001_big.down.sql").write_text(down)
    return folder


def waits(host: Path | str, port: int = 5432) -> bool:
    """Whether a migration sleeps on the server whose socket is there."""
    with contextlib.suppress(psycopg.Error), psycopg.connect(host=str(host), port=port, user="postgres") as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").fetchone()
        return row is not None and row[0] > 0
    return False


def asleep(temporary: Path) -> bool:
    return any(waits(folder) for folder in temporary.iterdir())


# --- a full disk


@pytest.mark.parametrize("size", ["1m", "16m"])
def test_a_disk_that_is_too_small_for_a_server_is_told(tmp_path: Path, disk: Disk, size: str) -> None:
    small = disk(size)
    out, err = (process := start(write(tmp_path, "SELECT 1;"), small)).communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "No space left on device" in err
    assert len(err.splitlines()) == 1
    assert list(small.iterdir()) == []


@pytest.mark.parametrize("up", [FILLS_TABLES, FILLS_THE_LOG])
@pytest.mark.parametrize("arguments", [(), ("--keep-going",)])
def test_a_migration_that_fills_the_disk_is_told_and_leaves_nothing(
    tmp_path: Path, disk: Disk, up: str, arguments: tuple[str, ...]
) -> None:
    small = disk("110m")
    out, err = (process := start(write(tmp_path, up), small, *arguments)).communicate(timeout=60)
    assert (process.returncode, err) == (2, "")
    assert "failure: migrations: migration 0001: the scratch server is gone: its disk is full (" in out
    assert "make room, or name another folder in TMPDIR" in " ".join(out.split())
    assert list(small.iterdir()) == []


def test_rows_that_fill_the_disk_are_told_and_leave_nothing(tmp_path: Path, disk: Disk) -> None:
    small = disk("110m")
    up = "CREATE TABLE big (a char(2000) NOT NULL, b char(2000) NOT NULL);"
    process = start(write(tmp_path, f"{up}\nALTER TABLE big ALTER a SET STORAGE PLAIN;"), small, "--rows", "50000")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, "")
    assert "its disk is full" in out
    assert list(small.iterdir()) == []


def test_a_full_disk_of_the_users_server_leaves_no_scratch_database(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = disk("110m")
    monkeypatch.setenv("TMPDIR", str(small))
    with embedded() as users:
        before = databases(users)
        process = start(write(tmp_path, FILLS_TABLES), tmp_path, "--database-url", url(users, "postgres"))
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "its disk is full" in out
        assert "TMPDIR" not in out
        assert databases(users) == before


# --- what is killed


def test_a_server_that_is_killed_in_the_middle_is_told_and_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    process = start(write(tmp_path, SLEEPS), temporary)
    assert eventually(lambda: asleep(temporary), 30)
    (folder,) = temporary.iterdir()
    os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, "")
    assert "failure: migrations: migration 0001: the scratch server is gone: " in out
    assert list(temporary.iterdir()) == []


def test_a_session_that_crashes_is_told_and_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    """The server takes down all sessions and starts anew: what was measured before is worth nothing then."""
    process = start(write(tmp_path, SLEEPS), temporary)
    assert eventually(lambda: asleep(temporary), 30)
    (folder,) = temporary.iterdir()
    with psycopg.connect(host=str(folder), user="postgres") as connection:
        row = connection.execute("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'").fetchone()
    assert row is not None
    os.kill(row[0], signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, "")
    assert "failure: migrations: migration 0001: the scratch server is gone: " in out
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_hotlint_that_is_ended_on_the_way_back_leaves_no_server(
    tmp_path: Path, temporary: Path, number: signal.Signals
) -> None:
    """The way back runs on a copy, which must go too."""
    process = start(write(tmp_path, "CREATE TABLE big (id int);", SLEEPS), temporary)
    assert eventually(lambda: asleep(temporary), 30)
    (folder,) = temporary.iterdir()
    pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert eventually(lambda: not list(temporary.iterdir()) and not is_running(pid))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_hotlint_that_is_ended_on_the_way_back_leaves_no_database_on_the_users_server(
    tmp_path: Path, server: ScratchServer, number: signal.Signals
) -> None:
    before = databases(server)
    with server.connect("admin", "postgres") as connection:
        host = connection.info.host
        roles = connection.execute("SELECT count(*) FROM pg_roles").fetchone()
    folder = write(tmp_path, "CREATE TABLE big (id int);", SLEEPS)
    process = start(folder, tmp_path, "--rows", "3", "--database-url", url(server, "postgres"))
    assert eventually(lambda: waits(host), 30)
    assert len(databases(server)) == len(before) + 3  # the history's, the one without rows, and the copy
    process.send_signal(number)
    process.communicate(timeout=60)
    assert eventually(lambda: databases(server) == before)
    with server.connect("admin", "postgres") as connection:
        assert eventually(lambda: connection.execute("SELECT count(*) FROM pg_roles").fetchone() == roles)
