"""What is looked at around each change besides its statements: rows that get lost, checks that fail, the way back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from hotlint.errors import UsageError
from hotlint.finding import Finding
from hotlint.planning.model import MigrationPlan, Plan
from hotlint.verify import roundtrip
from hotlint.verify.checks import SchemaChecks, script_check, user_check
from hotlint.verify.integrity import Contents, lost_data, take_contents
from hotlint.verify.model import Check, LostData, MigrationTrace, ScriptTrace
from hotlint.verify.replay import ScratchDatabase
from hotlint.verify.roundtrip import Change, State
from hotlint.verify.seeding import Seeding
from hotlint.verify.snapshot import take

if TYPE_CHECKING:
    from psycopg import Connection


class ValidationOptions(msgspec.Struct, frozen=True, kw_only=True):
    """``rows`` and ``seed``: what tables are filled with before each migration, 0 for none. ``round_trip``: "all",
    "last" or a migration's id; None for none. ``checks`` are files of the user's checks, ``fixtures`` and ``generator``
    the user's own rows. ``tolerance`` is the percentage of a table's rows that may get lost."""

    rows: int = 0
    seed: int = 0
    round_trip: str | None = None
    checks: tuple[str, ...] = ()
    fixtures: tuple[str, ...] = ()
    generator: str | None = None
    tolerance: float = 0.0

    @property
    def has_rows(self) -> bool:
        return bool(self.rows or self.fixtures or self.generator)


class Validation:
    """The observer of one history. Close it when the history has run.

    Everything that could run a function of the history's does so as the owner; a superuser only reads the catalogs.
    Raises ``UsageError`` for a migration that cannot be taken back.
    """

    def __init__(self, plan: Plan, options: ValidationOptions) -> None:
        self.options = options
        self.later = list(plan.migrations)
        self.seeding = Seeding(options.rows, options.seed, fixtures=options.fixtures, generator=options.generator)
        self.trips = _trips(plan, options.round_trip)
        self.notes: dict[str, None] = {}
        self._owner: Connection[Any] | None = None
        self._checks: SchemaChecks | None = None
        self._before: State | None = None

    def close(self) -> None:
        """Closes its connection."""
        if self._owner is not None:
            self._owner.close()

    def before(self, database: ScratchDatabase, change: Change) -> None:
        """Fills the tables, and looks at what there is."""
        owner = self._connection(database)
        if self.options.has_rows:
            self.notes.update(dict.fromkeys(self.seeding.prepare(owner)))
        if self.options.has_rows or self._makes_trip(change):
            self._before = self._observe(database, self._before)

    def after(
        self, database: ScratchDatabase, change: Change, traces: tuple[MigrationTrace, ...]
    ) -> tuple[Finding, ...]:
        """Compares rows, runs the checks, and makes the trip back and forth."""
        return tuple(chain(*self._after(database, change, traces[-1])))

    def _after(self, database: ScratchDatabase, change: Change, trace: MigrationTrace) -> Iterator[tuple[Finding, ...]]:
        done = {part.migration.id for part in change}
        self.later = [plan for plan in self.later if plan.migration.id not in done]
        before, tolerance = self._before, self.options.tolerance
        if before is not None:
            now = self._observe(database, before)
            if before.contents is not None and now.contents is not None:
                trace.lost = lost_data(self._connection(database), before.contents, now.contents)
                yield roundtrip.loss_findings(change, trace.lost, tolerance)
            self._before = now
        trace.checks = tuple(self._run_checks(database, change))
        yield roundtrip.check_findings(change, trace.checks)
        if before is not None and self._before is not None and self._makes_trip(change):
            trip = roundtrip.round_trip(change, before, self._before, _Trip(self, database))
            trace.round_trip = trip
            yield roundtrip.trip_findings(change, trip)
            yield roundtrip.loss_findings(change, trip.lost, tolerance, way_back=True)
            self._before = None

    def _run_checks(self, database: ScratchDatabase, change: Change) -> Iterator[Check]:
        import psycopg

        owner = self._connection(database)
        if self._checks is None:
            self._checks = SchemaChecks(owner)
        try:
            yield from self._checks.run(self.later)
        except psycopg.Error as error:
            self.notes[f"the schema's checks did not run: {error}"] = None
        for part in change:
            if part.migration.verify is not None:
                yield script_check(owner, part.migration.verify)
        for path in self.options.checks:
            yield user_check(owner, path)

    def _makes_trip(self, change: Change) -> bool:
        return change[-1].migration.id in self.trips

    def _connection(self, database: ScratchDatabase) -> Connection[Any]:
        if self._owner is None or self._owner.closed:
            self._owner = database.connect()
        return self._owner

    def _observe(self, database: ScratchDatabase, previous: State | None) -> State:
        contents = None
        if self.options.has_rows:
            contents = take_contents(self._connection(database), previous.contents if previous is not None else None)
        with database.connect("admin") as admin:
            return State(take(admin), contents)


class _Trip:
    """The database as the round trip sees it."""

    def __init__(self, validation: Validation, database: ScratchDatabase) -> None:
        self.validation = validation
        self.database = database

    def run(self, plan: MigrationPlan) -> ScriptTrace:
        return self.database.run(plan, traced=plan.direction == "down")

    def observe(self, previous: State | None) -> State:
        return self.validation._observe(self.database, previous)

    def lost(self, before: Contents, after: Contents) -> tuple[LostData, ...]:
        return lost_data(self.validation._connection(self.database), before, after)

    def write_rows(self) -> None:
        if self.validation.options.has_rows:
            self.validation.seeding.prepare(self.validation._connection(self.database), fixtures=False)


def _trips(plan: Plan, choice: str | None) -> frozenset[str]:
    """The ids of the last parts of the changes that are taken back and made again."""
    if choice is None:
        return frozenset()
    history = roundtrip.changes(plan)
    try:
        chosen = roundtrip.chosen(history, choice)
    except ValueError as error:
        raise UsageError(f"--round-trip: {error}") from None
    return frozenset(change[-1].migration.id for change, goes in zip(history, chosen, strict=True) if goes)
