"""The observers of what a migration does to others: who waits while it runs, how fast queries are, and the limits."""

from __future__ import annotations

import time
from collections.abc import Sequence

from hotlint.finding import Finding
from hotlint.verify import queries
from hotlint.verify.database import ScratchDatabase
from hotlint.verify.model import MigrationTrace
from hotlint.verify.roundtrip import Change
from hotlint.verify.thresholds import Limits, crossed


class Performance:
    """Probes the tables while scripts run, and runs the user's queries before and after. It has to come last among the
    observers: when the tables are filled, and before anything is taken back. ``notes`` are sentences for the user."""

    def __init__(self, files: Sequence[str] = ()) -> None:
        self.notes: list[str] = []
        self._queries: list[queries.Query] = []
        self._before: dict[str, queries.Reading] = {}
        for path in files:
            found, notes = queries.read_queries(path)
            self._queries += found
            self.notes += notes

    def before(self, database: ScratchDatabase, change: Change) -> None:
        """Runs the queries, and has the tables watched from now on."""
        if self._queries:
            with database.connect() as connection:
                self._before = queries.measure(connection, self._queries)
        database.probed = True

    def after(
        self, database: ScratchDatabase, change: Change, traces: tuple[MigrationTrace, ...]
    ) -> tuple[Finding, ...]:
        """Runs the queries again; what is slower is told by the limits."""
        if self._queries:
            with database.connect() as connection:
                traces[-1].queries = queries.compared(self._before, queries.measure(connection, self._queries))
        return ()


class LimitsObserver:
    """Holds what the others measured against the limits. It has to come first among the observers: then it sees what
    all of them filled in, and the time that they took."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._began = 0.0

    def before(self, database: ScratchDatabase, change: Change) -> None:
        """Starts the clock."""
        database.rollback_timeout_ms = self._limits.rollback_statement_ms
        self._began = time.perf_counter()

    def after(
        self, database: ScratchDatabase, change: Change, traces: tuple[MigrationTrace, ...]
    ) -> tuple[Finding, ...]:
        """A finding for every limit that was crossed."""
        took = (time.perf_counter() - self._began) * 1000
        down = next((part.migration.down for part in reversed(change) if part.migration.down is not None), None)
        findings: list[Finding] = []
        for part, trace in zip(change, traces, strict=True):
            validation = took - sum(one.up.duration_ms for one in traces) if trace is traces[-1] else 0.0
            findings += crossed(trace, part.migration.up, down, self._limits, validation)
        return tuple(findings)
