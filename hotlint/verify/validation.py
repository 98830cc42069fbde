"""What is looked at around each change besides its statements: rows that get lost, checks that fail, the way back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Literal

import msgspec

from hotlint.errors import UsageError
from hotlint.finding import Finding
from hotlint.planning.model import MigrationPlan, Plan
from hotlint.verify import roundtrip
from hotlint.verify.checks import SchemaChecks, script_check, user_check
from hotlint.verify.database import ScratchDatabase
from hotlint.verify.integrity import Contents, lost_data, take_contents
from hotlint.verify.model import Check, LostData, MigrationTrace, RoundTrip, ScriptTrace
from hotlint.verify.roundtrip import Change, State
from hotlint.verify.seeding import Seeding
from hotlint.verify.server import is_lost
from hotlint.verify.snapshot import take


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
        return self.kind_of_rows is not None

    @property
    def kind_of_rows(self) -> Literal["generated", "user's"] | None:
        """Whose rows the tables get, if any."""
        if self.fixtures or self.generator:
            return "user's"
        return "generated" if self.rows else None


class Validation:
    """The observer of one history.

    Everything that could run a function of the history's does so as the owner; a superuser only reads the catalogs.
    Raises ``UsageError`` for a migration that cannot be taken back.
    """

    def __init__(self, plan: Plan, options: ValidationOptions) -> None:
        self.options = options
        self.later = list(plan.migrations)
        self.seeding = Seeding(options.rows, options.seed, fixtures=options.fixtures, generator=options.generator)
        self.trips = _trips(plan, options.round_trip)
        self.notes: dict[str, None] = {}
        self._noted: set[str] = set()
        self._checks = SchemaChecks()
        self._before: State | None = None
        self._now: State | None = None  # after the last change, where nothing has happened since
        self._database: ScratchDatabase | None = None
        self._filled: ScratchDatabase | None = None

    def before(self, database: ScratchDatabase, change: Change) -> None:
        """Fills the tables, and looks at what there is."""
        is_first = self._database is None
        if self._database is not database:
            self._now = None
        self._database = database
        if self.options.has_rows and database.left_empty is not None:
            if self._filled not in (None, database):
                self.seeding.start_again()
            self._filled = database
            notes = self.seeding.prepare(database.owner(), left_empty=database.left_empty)
            if not database.left_empty:  # else they tell what was left empty on purpose
                self._note_rows(notes)
        if self.options.has_rows or is_first:
            self._check_schema(
                database
            )  # what rows, or migrations that are not looked at, left is not this one's doing
        known, self._before, self._now = self._now, None, None
        if self.options.has_rows or (self._makes_trip(change) and known is None):
            self._before = self._observe(database, known)
        elif self._makes_trip(change):
            self._before = known

    def _note_rows(self, notes: tuple[str, ...]) -> None:
        """Keeps what is told of the rows; of generated ones the first note on each table, since it is filled again and
        again."""
        for note in notes:
            about = note.partition(": ")[0] if self.seeding.is_generated else note
            if about not in self._noted:
                self._noted.add(about)
                self.notes[note] = None

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
            now = self._now = self._observe(database, before)
            if before.contents is not None and now.contents is not None:
                trace.lost = lost_data(database.owner(), before.contents, now.contents)
                yield roundtrip.loss_findings(change, trace.lost, tolerance)
        trace.checks = tuple(self._run_checks(database, change))
        yield roundtrip.check_findings(change, trace.checks)
        if before is not None and self._now is not None and self._makes_trip(change):
            trip = self._trip(database, change, before, self._now)
            trace.round_trip = trip
            yield roundtrip.trip_findings(change, trip)
            told = {(one.relation, one.column) for one in trace.lost}
            more = [one for one in trip.lost if (one.relation, one.column) not in told]
            yield roundtrip.loss_findings(change, more, tolerance, way_back=True)

    def _trip(self, database: ScratchDatabase, change: Change, before: State, after: State) -> RoundTrip:
        """The way back and forth on a copy, after rows were written under the new schema. If it fails so, once more
        without those rows, on another copy: then it is known whether they were the reason."""
        with database.copied() as copy:
            trip = roundtrip.round_trip(change, before, after, _Trip(self, copy, writes=self.seeding.writes))
        if trip.broken is None or not self.seeding.writes:
            return trip
        with database.copied() as copy:
            again = roundtrip.round_trip(change, before, after, _Trip(self, copy, writes=False))
        again.broken_by_rows = trip.broken if again.broken is None else None
        return again

    def _run_checks(self, database: ScratchDatabase, change: Change) -> Iterator[Check]:
        owner = database.owner()
        yield from self._check_schema(database)
        for part in change:
            verify = part.migration.verify
            lacking = database.extensions.stubbed_in(verify.text) if verify is not None else None
            if verify is not None and lacking is not None:
                self.notes[f"{verify.path} was not run: it is about the extension {lacking}, which is a stub here"] = (
                    None
                )
            elif verify is not None:
                yield script_check(owner, verify)
        for path in self.options.checks:
            yield user_check(owner, path)

    def _check_schema(self, database: ScratchDatabase) -> tuple[Check, ...]:
        import psycopg

        try:
            return self._checks.run(database.owner(), self.later)
        except psycopg.Error as error:
            if is_lost(error):
                raise
            self.notes[f"the schema's checks did not run: {error}"] = None
            return ()

    def _makes_trip(self, change: Change) -> bool:
        return change[-1].migration.id in self.trips

    def _observe(self, database: ScratchDatabase, previous: State | None) -> State:
        contents = None
        if self.options.has_rows:
            contents = take_contents(database.owner(), previous.contents if previous is not None else None)
        with database.connect("admin") as admin:
            return State(take(admin), contents)


class _Trip:
    """A copy of the database as the round trip sees it. ``writes``: rows are written before the way back."""

    def __init__(self, validation: Validation, database: ScratchDatabase, *, writes: bool) -> None:
        self.validation = validation
        self.database = database
        self.writes = writes

    def run(self, plan: MigrationPlan) -> ScriptTrace:
        return self.database.run(plan, traced=plan.direction == "down")

    def observe(self, previous: State | None) -> State:
        return self.validation._observe(self.database, previous)

    def lost(self, before: Contents, after: Contents) -> tuple[LostData, ...]:
        return lost_data(self.database.owner(), before, after)

    def write_rows(self) -> None:
        if self.writes:
            self.validation.seeding.prepare(self.database.owner(), fixtures=False)


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
