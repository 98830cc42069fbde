"""Replays a project's history on a scratch database and puts together what was measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Literal, Protocol

import msgspec

from hotlint.errors import UsageError
from hotlint.finding import Finding
from hotlint.planning.model import MigrationPlan, Plan
from hotlint.project.model import Project
from hotlint.source import Script
from hotlint.verify import compare
from hotlint.verify.database import ScratchDatabase
from hotlint.verify.extensions import Extensions
from hotlint.verify.findings import found
from hotlint.verify.model import Agreement, MigrationTrace, ScriptTrace, VerifiedProject
from hotlint.verify.roundtrip import Change, changes
from hotlint.verify.rowless import Rowless, finding_of, in_the_way
from hotlint.verify.server import ScratchError, ScratchServer

_LEFT_EMPTY = 5
"""Tables without rows after which a change that still fails is tried without any."""


class VerifyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to verify. ``migration`` or ``last``: report on that one, or the newest ones, only; all are replayed.

    ``keep_going``: after a migration that fails, run the next one all the same. ``stub_extensions`` are left out where
    a history creates them; ``extensions`` and ``roles`` are made before it. ``rows``: observers put rows into the
    tables before each change, "generated" or the "user's": what fails on those is told, and tried without them.
    """

    migration: str | None = None
    last: int | None = None
    keep_going: bool = False
    stub_extensions: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    rows: Literal["generated", "user's"] | None = None


class ServerLostError(ScratchError):
    """The server went away; ``measured`` is what is known of the history until then."""

    def __init__(self, message: str, measured: VerifiedProject) -> None:
        super().__init__(message)
        self.measured = measured


class Observer(Protocol):
    """More to look at around each change's up scripts: rows, round trips, checks.

    ``before`` is called before the first part's up script, ``after`` after the last part's where all ran without an
    error; ``after`` may fill in the traces (the last part's stands for the change), and gives findings. A change whose
    migrations are not reported on is not observed. Observers are nested: the first one is asked last ``after``.
    """

    def before(self, database: ScratchDatabase, change: Change) -> None: ...

    def after(
        self, database: ScratchDatabase, change: Change, traces: tuple[MigrationTrace, ...]
    ) -> Iterable[Finding]: ...


Progress = Callable[[int, int, str], None]
"""Called with the number of migrations that are done, that of all, and the name of the one that comes."""


def verify_project(
    project: Project,
    plan: Plan,
    server: ScratchServer,
    options: VerifyOptions | None = None,
    *,
    findings: Sequence[Finding] = (),
    observers: Sequence[Observer] = (),
    progress: Progress | None = None,
) -> VerifiedProject:
    """Runs the whole history, from nothing or from the baseline, in a scratch database that is dropped afterwards.

    ``findings`` are those of ``check`` on the same plan, for the server's verdicts.

    Raises ``UsageError`` for an unknown migration, and ``ServerLostError`` where the server goes away.
    """
    import psycopg

    replay = _Replay(project, plan, server, options or VerifyOptions(), findings, observers, progress)
    try:
        return replay.run()
    except (psycopg.OperationalError, ScratchError) as error:
        told = error if isinstance(error, ScratchError) else server.lost(str(error))
        raise ServerLostError(replay.at(str(told)), replay.measured()) from error


class _Replay:
    """One project's history on one scratch database."""

    def __init__(
        self,
        project: Project,
        plan: Plan,
        server: ScratchServer,
        options: VerifyOptions,
        findings: Sequence[Finding],
        observers: Sequence[Observer],
        progress: Progress | None,
    ) -> None:
        self.project, self.plan, self.server, self.options = project, plan, server, options
        self.check_findings = findings
        self.observers = observers
        self.progress = progress or _silent
        self.shown = _shown(plan, options)
        self.traces: list[MigrationTrace] = []
        self.findings: list[Finding] = []
        self.notes: list[str] = list(server.notes)
        self.rowless: Rowless | None = None
        self.extensions: Extensions | None = None
        self.running = ""
        self.began = time.perf_counter()

    def run(self) -> VerifiedProject:
        self.server.create_roles(self.options.roles)
        dbname = self.server.create_database()
        extensions = self.extensions = Extensions(self.server, dbname, self.options.stub_extensions)
        self.database = ScratchDatabase(self.server, extensions, dbname)
        try:
            extensions.create(self.options.extensions, dbname)
            self._bookkeeping()
            if self.project.baseline is not None:
                self._baseline(self.project.baseline)
            self._history()
        except BaseException:
            with suppress(ScratchError):  # what went wrong first is told
                self._drop()
            raise
        self._drop()
        return self.measured()

    def measured(self) -> VerifiedProject:
        """What is known so far."""
        return VerifiedProject(
            root=self.project.root,
            framework=self.project.framework,
            migrations=tuple(self.traces),
            findings=tuple(self.findings),
            notes=(*self.notes, *(self.extensions.notes if self.extensions is not None else ())),
            duration_ms=(time.perf_counter() - self.began) * 1000,
        )

    def at(self, message: str) -> str:
        """The message with the migration that ran meanwhile."""
        return f"migration {self.running}: {message}" if self.running else message

    def _drop(self) -> None:
        self.database.drop()
        if self.rowless is not None:
            self.rowless.drop()

    def _history(self) -> None:
        done, total = 0, len(self.plan.migrations)
        for change in changes(self.plan):
            ran = self._change(change, done, total)
            done += len(change)
            if not ran and not self.options.keep_going:
                if done < total:
                    left = total - done
                    self.notes.append(f"{left} later migration{'s were' if left > 1 else ' was'} not run")
                return
        self.progress(total, total, "")

    def _change(self, change: Change, done: int, total: int) -> bool:
        """Runs the parts of one change, without the rows in their way if need be; whether all went well."""
        observers = self.observers if any(part.migration.id in self.shown for part in change) else ()
        if self.options.rows is not None and observers and self.rowless is None:
            self.rowless = Rowless(self.database)
        for at, part in enumerate(change):
            self.progress(done + at, total, part.migration.id)
        traces = self._attempt(change, observers)
        if traces[-1].up.error is not None and self.rowless is not None:
            traces = self._without_rows(self.rowless, change, observers, traces)
        if self.rowless is not None:
            self.rowless.follow(change)
        for part, trace in zip(change, traces, strict=False):
            self._tell(part, trace)
        if traces[-1].up.error is not None:
            return False
        for observer in reversed(observers):
            self.findings.extend(observer.after(self.database, change, tuple(traces)))
        return True

    def _attempt(self, change: Change, observers: Sequence[Observer]) -> list[MigrationTrace]:
        """Runs the parts up to the first that fails."""
        for observer in observers:
            observer.before(self.database, change)
        traces: list[MigrationTrace] = []
        for part in change:
            self.running = part.migration.id
            up = self.database.run(part, traced=part.migration.id in self.shown)
            traces.append(MigrationTrace(part.migration.id, part.migration.name, up))
            if up.error is not None:
                break
        return traces

    def _without_rows(
        self, rowless: Rowless, change: Change, observers: Sequence[Observer], failed: list[MigrationTrace]
    ) -> list[MigrationTrace]:
        """Tries a change that failed on a database without the rows in its way, in the end on one without any. If it
        still fails there, it was not the rows, and the history stays where it is."""
        first, part, traces = self.database, change[len(failed) - 1], failed
        left_empty: frozenset[str] | None = frozenset()
        while traces[-1].up.error is not None and left_empty is not None:
            more = in_the_way(change[len(traces) - 1], traces[-1].up)
            goes_on = self.options.rows == "generated" and more - left_empty and len(left_empty) < _LEFT_EMPTY
            left_empty = left_empty | more if goes_on else None
            if self.database is not first:
                self.database.drop()
            self.database = rowless.replacement(left_empty)
            traces = self._attempt(change, observers)
        if traces[-1].up.error is not None:
            self.database.drop()
            self.database = first
            return traces
        first.drop()
        self.database.left_empty = frozenset()
        if part.migration.id in self.shown:
            self.findings.append(finding_of(part, failed[-1], left_empty, self.options.rows == "generated"))
        return traces

    def _bookkeeping(self) -> None:
        """Makes the table in which the framework notes what has run: some migrations look into it."""
        table = _BOOKKEEPING.get(self.project.framework)
        if table is not None:
            with self.database.connect() as connection:
                connection.execute(table.encode())

    def _baseline(self, script: Script) -> None:
        """Loads the schema that the history starts from; a dump may set anything, so in a connection of its own."""
        from hotlint.planning.loop import PlanOptions, make_plan
        from hotlint.project.model import Migration

        history = Project(
            root=self.project.root,
            framework="baseline",
            dialect=self.project.dialect,
            migrations=(Migration("baseline", "", script, transaction="none"),),
        )
        plan = make_plan(history, self.plan.server, PlanOptions(downs=False))
        trace = self.database.run(plan.migrations[0], traced=False)
        self._tell_error(trace, "the baseline")

    def _tell(self, plan: MigrationPlan, trace: MigrationTrace) -> None:
        if plan.migration.id in self.shown:
            self.traces.append(trace)
            trace.verdicts = tuple(self._verdicts(plan, trace.up))
            self._tell_disagreements(trace.up)
        self._tell_error(trace.up, f"migration {plan.migration.id}")

    def _verdicts(self, plan: MigrationPlan, trace: ScriptTrace) -> Iterable[tuple[Finding, Agreement, str]]:
        for finding in self.check_findings:
            if finding.migration == plan.migration.id and finding.place.path == plan.migration.up.path:
                agreement, why = compare.verdict(finding, trace.statements)
                yield finding, agreement, why

    def _tell_disagreements(self, trace: ScriptTrace) -> None:
        for statement in trace.statements:
            for claim in compare.disagreements(statement):
                if claim.kind == "error" and claim.planned is None:
                    continue  # told as an error of the migration
                relations = (claim.relation,) if claim.relation else ()
                message = compare.sentence(claim)
                self.findings.append(
                    found(
                        "plan-disagrees",
                        message[0].upper() + message[1:],
                        statement.place,
                        migration=trace.migration,
                        relations=relations,
                    )
                )

    def _tell_error(self, trace: ScriptTrace, what: str) -> None:
        error = trace.error
        if error is None:
            return
        hint = f". {error.hint}" if error.hint else ""
        self.findings.append(
            found(
                "migration-fails",
                f"The server stops {what}: {error.told}{hint}",
                error.place,
                migration=trace.migration,
                help=self.extensions.told(error.message) if self.extensions is not None else None,
            )
        )


# As each tool makes it, by its own documentation or source.
_BOOKKEEPING = {
    "diesel": "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY NOT NULL,"
    " run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    "golang-migrate": "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)",
    "goose": "CREATE TABLE goose_db_version (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,"
    " version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now())",
    "dbmate": "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)",
    "sql-migrate": "CREATE TABLE gorp_migrations (id text NOT NULL PRIMARY KEY, applied_at timestamp with time zone)",
    "sqlx": "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL,"
    " installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL,"
    " execution_time bigint NOT NULL)",
    "prisma": "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL,"
    " finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,"
    " started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)",
}


def _shown(plan: Plan, options: VerifyOptions) -> frozenset[str]:
    """The ids of the migrations to report on."""
    ids = [migration.migration.id for migration in plan.migrations]
    if options.migration is not None:
        if options.migration not in ids:
            from hotlint.errors import nearest

            raise UsageError(f'there is no migration "{options.migration}"{nearest(options.migration, ids)}')
        return frozenset([options.migration])
    return frozenset(ids if options.last is None else ids[-options.last :] if options.last else ())


def _silent(_done: int, _total: int, _name: str) -> None:
    return
