"""What ``hotlint verify`` measured: the types that the runner fills and the reports read. Times are milliseconds."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from hotlint.catalog.diff import Difference
from hotlint.catalog.outcome import Victim
from hotlint.finding import Finding, Place
from hotlint.impact import Rewrite
from hotlint.source import Direction

_DETAIL = 160
"""Characters of a server's DETAIL that are told: it may list all that depends on a table, or a whole row."""

Agreement = Literal["confirmed", "refuted", "live only", "unknown"]
"""What the server says to a claim: it happened as planned; it did not; it happened unplanned; not decidable."""


class MeasuredLock(msgspec.Struct, frozen=True, gc=False):
    """A lock that the migrating session was seen to hold on a relation that existed before its transaction."""

    relation: str
    kind: str
    mode: str


class MeasuredBuild(msgspec.Struct, frozen=True, gc=False):
    relation: str
    index: str


class MeasuredError(msgspec.Struct, frozen=True, gc=False):
    """The server's error at its place in the file; ``detail`` and ``hint`` are its own, empty where it gave none.
    ``relation`` is the table that it names: unquoted, with its schema."""

    sqlstate: str
    message: str
    place: Place
    detail: str = ""
    hint: str = ""
    relation: str = ""

    @property
    def told(self) -> str:
        """The message with its SQLSTATE and, on the same line and not at length, what the server says in detail."""
        detail = " ".join(self.detail.split())
        short = detail if len(detail) <= _DETAIL else detail[: _DETAIL - 1].rstrip() + "…"
        return f"{self.message} ({self.sqlstate})" + (f". {short}" if short else "")


class Blocked(msgspec.Struct, frozen=True, gc=False):
    """For how long others could not read or write a table, as probes in other sessions met it."""

    relation: str
    unreadable_ms: float = 0.0
    unwritable_ms: float = 0.0


class Claim(msgspec.Struct, frozen=True, gc=False):
    """One thing that the plan and the server were compared on.

    ``kind``: "lock", "rewrite", "scan", "index build", "error", "transaction"; ``planned`` and ``measured`` are texts.
    """

    kind: str
    relation: str
    planned: str | None
    measured: str | None
    agreement: Agreement


class StatementTrace(msgspec.Struct, gc=False):
    """One statement as it ran. ``start_ms`` counts from the start of its migration.

    ``released_ms`` is when its locks were given back: its transaction's end, or its own.
    """

    place: Place
    sql: str
    start_ms: float
    duration_ms: float
    released_ms: float
    locks: tuple[MeasuredLock, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    scans: tuple[str, ...] = ()
    index_builds: tuple[MeasuredBuild, ...] = ()
    victims: tuple[Victim, ...] = ()
    error: MeasuredError | None = None
    claims: tuple[Claim, ...] = ()
    step: int | None = None  # the plan's step, None where the plan has none
    notes: tuple[str, ...] = ()
    foreign_keys: tuple[str, ...] = ()  # constraints whose rows were checked against the other table
    truncated: tuple[str, ...] = ()


class ScriptTrace(msgspec.Struct, gc=False):
    """One script as it ran. ``blocked`` are the measurements of the probes, with ``--rows``."""

    migration: str
    direction: Direction
    path: str
    statements: tuple[StatementTrace, ...]
    duration_ms: float
    error: MeasuredError | None = None
    blocked: tuple[Blocked, ...] = ()


class LostData(msgspec.Struct, frozen=True, gc=False):
    """Rows or values that a migration destroyed. ``column`` None: whole rows. ``total`` rows were there before.

    ``how``: "table dropped", "rows deleted", "column dropped", "values overwritten", "came back empty".
    """

    relation: str
    column: str | None
    rows: int
    total: int
    how: str = ""


class QuerySpeed(msgspec.Struct, frozen=True, gc=False):
    """A user's query before and after a migration: its plan's shape, shared buffers touched, and time."""

    path: str
    before_shape: str
    after_shape: str
    before_buffers: int
    after_buffers: int
    before_ms: float
    after_ms: float
    error: str | None = None


class Check(msgspec.Struct, frozen=True, gc=False):
    """A post-migration check. ``source`` names the user's file, None for Hotlint's own."""

    name: str
    passed: bool
    message: str = ""
    source: str | None = None


class RoundTrip(msgspec.Struct, gc=False):
    """Up, down and up again, each compared object by object.

    ``after_down``: what differs from before; ``after_up_again``: what differs from after the first up.
    ``broken_by_rows``: a script that failed where rows had been written under the new schema; the rest is what happened
    without those.
    """

    down: ScriptTrace
    up_again: ScriptTrace | None
    after_down: tuple[Difference, ...] = ()
    after_up_again: tuple[Difference, ...] = ()
    lost: tuple[LostData, ...] = ()
    broken_by_rows: ScriptTrace | None = None

    @property
    def broken(self) -> ScriptTrace | None:
        """The script that the server stopped."""
        return next((one for one in (self.down, self.up_again) if one is not None and one.error is not None), None)


class MigrationTrace(msgspec.Struct, gc=False):
    """Everything measured at one migration. ``findings`` are those of ``check`` with the server's verdict."""

    id: str
    name: str
    up: ScriptTrace
    round_trip: RoundTrip | None = None
    lost: tuple[LostData, ...] = ()
    queries: tuple[QuerySpeed, ...] = ()
    checks: tuple[Check, ...] = ()
    verdicts: tuple[tuple[Finding, Agreement, str], ...] = ()


class VerifiedProject(msgspec.Struct, gc=False):
    """One project's run. ``findings`` are verify's own: plan-disagrees, thresholds crossed, failed checks, errors."""

    root: str
    framework: str
    migrations: tuple[MigrationTrace, ...]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()  # extensions that were stubbed or lacking, settings assumed
    duration_ms: float = 0.0


class VerifyReport(msgspec.Struct, gc=False):
    """The result of ``hotlint verify``. ``server`` is the server's own version text."""

    server: str
    projects: tuple[VerifiedProject, ...]
    failures: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The report as ``hotlint verify --format json`` writes it."""
        from hotlint.report.verify_json import verify_to_dict

        return verify_to_dict(self)
