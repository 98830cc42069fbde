"""The scratch database of one history: sessions on it, scripts run on it as the framework would, and copies of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from hotlint.dialects.postgres.locks import blocks
from hotlint.planning.model import MigrationPlan
from hotlint.verify.extensions import Extensions
from hotlint.verify.model import ScriptTrace
from hotlint.verify.probes import Probes, blocked
from hotlint.verify.server import Role, ScratchError, ScratchServer
from hotlint.verify.session import run_script
from hotlint.verify.trace import Tracer

if TYPE_CHECKING:
    from psycopg import Connection


class ScratchDatabase:
    """A scratch database; ``drop`` it in the end.

    ``probed``: other sessions use its tables while scripts run. ``rollback_timeout_ms`` stops a down script's
    statements. ``left_empty`` are the tables that get no rows; None: none of them does.
    """

    def __init__(self, server: ScratchServer, extensions: Extensions, dbname: str) -> None:
        self.server = server
        self.extensions = extensions
        self.name = dbname
        self.probed = False
        self.rollback_timeout_ms: float | None = None
        self.left_empty: frozenset[str] | None = frozenset()
        self._tracer: Tracer | None = None
        self._probes: Probes | None = None
        self._owner: Connection[Any] | None = None

    def connect(self, role: Role = "owner") -> Connection[Any]:
        """A new connection in autocommit mode, which the caller closes."""
        return self.server.connect(role, self.name)

    def owner(self) -> Connection[Any]:
        """The owner's connection that is kept from one use to the next, for looking at the database."""
        if self._owner is None or self._owner.closed:
            self._owner = self.connect()
        return self._owner

    def run(self, plan: MigrationPlan, *, traced: bool = True) -> ScriptTrace:
        """Runs one script, up or down, in a connection of its own. What is not ``traced`` is not probed either."""
        if traced and self._tracer is None:
            self._tracer = Tracer(self.server, self.name)
        tracer = self._tracer if traced else None
        with self.connect() as connection:
            if self.rollback_timeout_ms is not None and plan.direction == "down":
                connection.execute(f"SET statement_timeout = {max(round(self.rollback_timeout_ms), 1)}".encode())
            if tracer is None or not self.probed:
                return run_script(connection, plan, tracer, self.extensions)
            self._probes = self._probes or Probes(self.server, self.name)
            running: list[tuple[float, float]] = []
            with self._probes.watching(_locked(plan)) as targets:
                trace = run_script(connection, plan, tracer, self.extensions, running)
        trace.blocked = blocked(targets, running)
        return trace

    def duplicate(self) -> ScratchDatabase:
        """A copy of the database as it is now, which is run and looked at in the same way."""
        self.close()
        copy = ScratchDatabase(self.server, self.extensions, self.server.create_database(self.name))
        copy.probed, copy.rollback_timeout_ms = self.probed, self.rollback_timeout_ms
        return copy

    @contextmanager
    def copied(self) -> Iterator[ScratchDatabase]:
        """A copy that is dropped in the end: what is done to it is done to nothing else."""
        copy = self.duplicate()
        with dropping(copy):
            yield copy
        self.extensions.roles.restore(copy.name)

    def close(self) -> None:
        """Closes all connections that are kept, as a copy of the database needs; they are made anew when needed."""
        for kept in (self._probes, self._tracer, self._owner):
            if kept is not None:
                kept.close()
        self._probes = self._tracer = self._owner = None

    def drop(self) -> None:
        """Closes and drops the database. Raises ``ScratchError`` where the server is gone."""
        self.close()
        self.server.drop_database(self.name)


@contextmanager
def dropping(database: ScratchDatabase) -> Iterator[ScratchDatabase]:
    """Drops the database in the end; an error on the way there is told before one of dropping."""
    try:
        yield database
    except BaseException:
        with suppress(ScratchError):
            database.drop()
        raise
    database.drop()


def _locked(plan: MigrationPlan) -> frozenset[str]:
    """The relations for which the plan foretells that others wait."""
    return frozenset(str(lock.relation) for step in plan.steps for lock in step.impact.locks if blocks(lock.mode))
