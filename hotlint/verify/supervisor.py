"""A process beside Hotlint that outlives it just long enough to clean up: it holds the scratch server, or the names of
the scratch databases, and takes them away when the pipe from Hotlint closes, whatever ended Hotlint.

Standard input: a first line of JSON with what to do, then (databases only) ``+ kind name`` and ``- kind name``.
Standard output: one line of JSON once ready, or with an ``error``. Needs the standard library alone until it drops a
database.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

START_SECONDS = 60.0
STOP_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1

# Durability is of no use to a server that is thrown away, and background work would disturb what is measured.
_CONFIGURATION = """
listen_addresses = ''
unix_socket_directories = '{directory}'
unix_socket_permissions = 0700
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = {wal_level}
max_wal_senders = {senders}
shared_buffers = 64MB
max_connections = 50
max_locks_per_transaction = 512
autovacuum = off
jit = off
timezone = 'UTC'
lc_messages = 'C'
max_wal_size = 4GB
checkpoint_timeout = 1h
logging_collector = off
log_min_messages = warning
{settings}
"""


class _Ended(Exception):
    """A signal asks the supervisor to end."""


def main() -> int:
    """Reads what to do and does it until standard input ends."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _end)
    request = json.loads(sys.stdin.buffer.readline() or b"{}")
    try:
        if request.get("what") == "server":
            _hold_server(request)
        elif request.get("what") == "databases":
            _hold_databases(request)
    except _Ended:
        return 1
    return 0


def _end(_number: int, _frame: Any) -> None:
    raise _Ended


def _tell(**facts: Any) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more: the pipe will say so too
        print(json.dumps(facts), flush=True)


# --- a server ---------------------------------------------------------------------------------------------------------


def _hold_server(request: dict[str, Any]) -> None:
    try:
        directory = Path(tempfile.mkdtemp(prefix="hotlint-"))
    except OSError as error:
        _tell(error=f"no folder for the scratch server: {error.strerror}")
        return
    server: subprocess.Popen[bytes] | None = None
    try:
        user = request.get("user")
        if user is not None:
            shutil.chown(directory, user)
        binaries = _usable_binaries(Path(request["binaries"]), directory, user)
        _make_cluster(binaries, directory, user, request)
        server = _start(binaries, directory, user)
        complaint = _wait_until_ready(server, directory)
        if complaint is not None:
            _tell(error=complaint)
            return
        _tell(directory=str(directory), pid=server.pid)
        _wait_for_end_of_input()
    except (OSError, subprocess.SubprocessError) as error:
        _tell(error=_reason(error))
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if server is not None:
            _stop(server)
        shutil.rmtree(directory, ignore_errors=True)


def _usable_binaries(binaries: Path, directory: Path, user: str | None) -> Path:
    """The folder of binaries that ``user`` may run: a copy where the way to it is closed to others (/root)."""
    if user is None:
        return binaries
    try:
        _run([str(binaries / "postgres"), "--version"], user)
    except (OSError, subprocess.SubprocessError):
        package = binaries.parent.parent
        shutil.copytree(binaries.parent, directory / package.name / binaries.parent.name, symlinks=True)
        libraries = package.parent / f"{package.name}.libs"  # where a repaired wheel keeps them
        if libraries.is_dir():
            shutil.copytree(libraries, directory / libraries.name, symlinks=True)
        return directory / package.name / binaries.parent.name / binaries.name
    return binaries


def _make_cluster(binaries: Path, directory: Path, user: str | None, request: dict[str, Any]) -> None:
    data = directory / "data"
    who = ["-U", request["superuser"], "-A", "trust"]
    _run([str(binaries / "initdb"), "-D", str(data), *who, "-E", "UTF8", "--locale=C", "--no-sync"], user)
    settings = "\n".join(f"{name} = '{value}'" for name, value in request.get("settings", {}).items())
    with open(data / "postgresql.conf", "a", encoding="utf-8") as file:
        file.write(_CONFIGURATION.format(directory=directory, settings=settings, wal_level="logical", senders=4))


def _run(command: list[str], user: str | None) -> None:
    subprocess.run(
        command,
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=START_SECONDS,
        cwd="/",
        **_identity(user),
    )


def _identity(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    import pwd

    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _start(binaries: Path, directory: Path, user: str | None) -> subprocess.Popen[bytes]:
    with open(directory / "log", "wb") as log:
        return subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(directory / "data")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            preexec_fn=_stopping_with_parent(),
            **_identity(user),
        )


def _stopping_with_parent() -> Callable[[], object] | None:
    """Asks the kernel to stop the server should this process itself be killed (prctl(2): kept over the exec).

    Everything is loaded before the fork: the server's user may not be able to read Python's files.
    """
    if sys.platform != "linux":
        return None
    import ctypes

    return partial(ctypes.CDLL(None).prctl, _PR_SET_PDEATHSIG, int(signal.SIGQUIT))


def _wait_until_ready(server: subprocess.Popen[bytes], directory: Path) -> str | None:
    """None once the server takes connections (miscinit.c: the eighth line of postmaster.pid), else why it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            lines = (directory / "data" / "postmaster.pid").read_text().splitlines()
            if len(lines) >= 8 and lines[7].strip() == "ready":
                return None
        if server.poll() is not None:
            break
        if select.select([sys.stdin], [], [], 0.02)[0]:
            return "nobody needs the server any more"
    log = (directory / "log").read_text(errors="replace").strip().splitlines()
    return "the scratch server did not start: " + " / ".join(log[-3:])


def _stop(server: subprocess.Popen[bytes]) -> None:
    """An immediate shutdown: nothing of it will be needed."""
    for number in (signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is None:
            server.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(STOP_SECONDS)


def _wait_for_end_of_input() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        said = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        return f"{Path(error.cmd[0]).name} failed: {' / '.join(said[-3:])}"
    return str(error)


# --- databases --------------------------------------------------------------------------------------------------------


def _hold_databases(request: dict[str, Any]) -> None:
    names: list[str] = []
    roles: list[str] = []
    _tell(ready=True)
    try:
        for line in sys.stdin.buffer:
            sign, kind, name = line.decode().strip().split(" ")
            held = names if kind == "database" else roles
            if sign == "+":
                held.append(name)
            elif name in held:
                held.remove(name)
    finally:
        if names or roles:
            _drop(request["connection"], names, roles)


def _drop(connection: dict[str, Any], names: list[str], roles: list[str]) -> None:
    import psycopg
    from psycopg import sql

    with contextlib.suppress(psycopg.Error), psycopg.connect(**connection, autocommit=True) as conn:
        for name in names:
            with contextlib.suppress(psycopg.Error):
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
                    [name, conn.info.backend_pid],
                )
                conn.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        for name in roles:
            with contextlib.suppress(psycopg.Error):
                conn.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


if __name__ == "__main__":
    sys.exit(main())
