"""The loop that makes steps: a project's history replayed, statement by statement, on a model of the schema."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from hotlint.catalog.catalog import Catalog, CatalogView
from hotlint.catalog.names import QName
from hotlint.dialects.postgres.impact import ImpactContext, impact_of
from hotlint.dialects.postgres.parse import ParseOptions, parse_script
from hotlint.impact import Impact
from hotlint.operations import (
    AddEnumValue,
    AnyOperation,
    ChangeSchema,
    DoBlock,
    RenameRelation,
    SetVariable,
    Transaction,
)
from hotlint.planning.model import MigrationPlan, Plan, PlanFailure, Step, TransactionInfo
from hotlint.planning.transactions import TransactionState
from hotlint.project.model import Migration, Project, TransactionMode
from hotlint.run_notes import Progress, no_progress
from hotlint.server import Server, Session
from hotlint.source import Direction, ParsedScript, Script, Statement

if TYPE_CHECKING:
    from hotlint.planning.checkpoint import Checkpoints


class PlanOptions(msgspec.Struct, frozen=True, gc=False):
    """How to replay.

    ``complete``: what the history never made does not exist (see "three-valued facts" in docs/architecture.md).
    ``unfilled``: nobody but the history writes rows, as on a scratch server: what it never wrote to is empty.
    ``downs``: plan each migration's down script on a copy of the schema right after its up script.
    ``judged_from``: the index of the first migration that anybody asks about. Those before it only make the schema:
    they have no impacts and no down scripts, and their steps tell no more than where they stand.
    """

    complete: bool = False
    unfilled: bool = False
    downs: bool = True
    parse: ParseOptions = ParseOptions()
    judged_from: int = 0


def make_plan(
    project: Project,
    server: Server,
    options: PlanOptions | None = None,
    start: Checkpoints | None = None,
    progress: Progress = no_progress,
) -> Plan:
    """The plan of a project's whole history on ``server``. Never raises for what stands in the files.

    ``start`` may know what the migrations before ``judged_from`` come to, and is told.
    """
    return _Replay(project, server, options or PlanOptions(), progress=progress).run(start)


def replan(
    project: Project, server: Server, options: PlanOptions, known: Sequence[MigrationPlan] = ()
) -> Iterator[list[MigrationPlan]]:
    """The plans of the migrations after the ``known`` ones, a change at a time, each made when it is asked for.

    ``known`` are the plans of the project's first migrations, whole changes with impacts. They stay what they are: the
    rest is replayed on a copy of the schema that they leave. ``options.judged_from`` has no meaning here.
    """
    return _Replay(project, server, options, known).changes(len(known))


_NOTHING = Impact()
_UNREAD = ("syntax-error", "not-covered")
_OF_SESSION = frozenset([SetVariable, DoBlock])
"""Whether the server refuses these matters for what follows in the script."""


class _Replay:
    """One replay of one project."""

    def __init__(
        self,
        project: Project,
        server: Server,
        options: PlanOptions,
        known: Sequence[MigrationPlan] = (),
        progress: Progress = no_progress,
    ) -> None:
        self.progress = progress
        self.planned = len(known)
        self.project = project
        self.server = server
        self.options = options
        base = known[-1].after if known else None
        closed = options.complete if base is None else base.catalog.closed
        self.catalog = Catalog(closed=closed, unfilled=options.unfilled, base=base)
        self.next_step = sum(len(plan.steps) for plan in known)

    def run(self, start: Checkpoints | None) -> Plan:
        judged_from = self.options.judged_from
        plans = start.restore(self.catalog) if start is not None and judged_from else []
        known = self.planned = len(plans)
        self.next_step = sum(len(plan.steps) for plan in plans)
        if not known:
            self._load_baseline()
        plans.extend(self._up(migration, bare=True) for migration in self.project.migrations[known:judged_from])
        if start is not None and known < judged_from:
            start.keep(self.catalog, plans)
        for change in self._changes(judged_from):
            plans.extend(change)
        return Plan(project=self.project, server=self.server, migrations=tuple(plans), judged_from=judged_from)

    def changes(self, first: int) -> Iterator[list[MigrationPlan]]:
        """The plans of the migrations from ``first`` on, where the schema is what those before it leave."""
        if not first:
            self._load_baseline()
        yield from self._changes(first)

    def _load_baseline(self) -> None:
        if self.project.baseline is not None:
            parsed = parse_script(self.project.baseline, self.options.parse)
            self.catalog.load_baseline(parsed.statements, self.server)

    def _changes(self, first: int) -> Iterator[list[MigrationPlan]]:
        for _, parts in groupby(enumerate(self.project.migrations[first:]), key=_change):
            change = [self._up(migration, bare=False) for _, migration in parts]
            if self.options.downs:
                self._downs(change)
            yield change

    def _up(self, migration: Migration, *, bare: bool) -> MigrationPlan:
        self.progress(self.planned, len(self.project.migrations), migration.up.path)
        self.planned += 1
        plan = _ScriptReplay(self, migration, migration.up, "up", self.catalog, self.next_step, bare=bare).run()
        self.next_step += len(plan.steps)
        return plan

    def _downs(self, change: list[MigrationPlan]) -> None:
        """Plans the down scripts of a change's parts, the last part's first, on a copy of the schema."""
        if not any(plan.migration.down for plan in change):
            return
        copy = Catalog(base=change[-1].after, closed=self.catalog.closed, unfilled=self.catalog.unfilled)
        first = self.next_step
        for plan in reversed(change):
            if plan.migration.down is not None:
                plan.down = _ScriptReplay(self, plan.migration, plan.migration.down, "down", copy, first).run()
                first += len(plan.down.steps)


def _change(numbered: tuple[int, Migration]) -> str | int:
    """What a migration shares with the other parts of its change; its own place where it has none."""
    at, migration = numbered
    return at if migration.group is None else migration.group


class _ScriptReplay:
    """One script on one catalog, in a connection of its own."""

    def __init__(
        self,
        replay: _Replay,
        migration: Migration,
        script: Script,
        direction: Direction,
        catalog: Catalog,
        first: int,
        *,
        bare: bool = False,
    ) -> None:
        self.bare = bare
        self.server = replay.server
        self.parse_options = replay.options.parse
        self.migration = migration
        self.script = script
        self.direction = direction
        self.catalog = catalog
        self.first = first
        self.mode: TransactionMode = migration.transaction if direction == "up" else migration.down_transaction
        self.state = TransactionState(catalog, Session())
        self.steps: list[Step] = []
        self.failures: list[PlanFailure] = []
        self.unread: list[int] = []  # where statements stand that could not be read, the last first

    def run(self) -> MigrationPlan:
        before = self.catalog.now()
        parsed = self._parse()
        statements = parsed.statements
        if self.mode == "wrapped" and statements:
            self.state.open("framework", self.first)
        self.unread = sorted((p.start for p in parsed.problems if p.rule in _UNREAD), reverse=True)
        for group in self._messages(statements):
            self._message(group)
        self._pass_unread(len(self.script.text))
        last = self.first + len(self.steps) - 1
        if self.state.current is not None:
            self.state.close("file" if self.state.current.kind == "framework" else "open", last)
        return MigrationPlan(
            migration=self.migration,
            direction=self.direction,
            steps=tuple(self.steps),
            problems=self.script.problems + parsed.problems,
            before=before,
            after=self.catalog.now(),
            failures=tuple(self.failures),
        )

    def _pass_unread(self, offset: int) -> None:
        """What stands before ``offset`` and could not be read may have made or dropped anything."""
        while self.unread and self.unread[-1] <= offset:
            self.unread.pop()
            self.catalog.loosen()

    def _parse(self) -> ParsedScript:
        try:
            return parse_script(self.script, self.parse_options)
        except Exception as error:
            self._fail(error, 0)
            return ParsedScript(())

    def _fail(self, error: Exception, offset: int) -> None:
        from traceback import format_exception

        trace = "".join(format_exception(type(error), error, error.__traceback__))
        line = self.script.position(offset).line
        self.failures.append(PlanFailure(self.script.path, line, f"{type(error).__name__}: {error}", trace))

    def _messages(self, statements: tuple[Statement, ...]) -> list[tuple[Statement, ...]]:
        """The statements as they are sent: each region or the whole script in one message, or each statement alone."""
        if self.mode == "implicit":
            return self._by_region(statements, whole=True) if len(self.script.regions) > 1 else [statements]
        if any(r.single for r in self.script.regions):
            return self._by_region(statements, whole=False)
        return [(s,) for s in statements]

    def _by_region(self, statements: tuple[Statement, ...], *, whole: bool) -> list[tuple[Statement, ...]]:
        """A message for each region that is sent as it stands (all of them, if ``whole``), else one per statement."""
        groups: list[tuple[Statement, ...]] = []
        at = 0
        for region in self.script.regions:
            inside: list[Statement] = []
            while at < len(statements) and statements[at].start < region.end:
                inside.append(statements[at])
                at += 1
            groups.extend([tuple(inside)] if whole or region.single else [(s,) for s in inside])
        return groups

    def _message(self, statements: tuple[Statement, ...]) -> None:
        """Runs the statements of one message; several without a transaction around them share an implicit one."""
        several = len(statements) > 1
        for statement in statements:
            if several and self.state.current is None:
                self.state.open("implicit", self.first + len(self.steps))
            self._step(statement, several)
        current = self.state.current
        if current is not None and current.kind == "implicit":
            self.state.close("commit", self.first + len(self.steps) - 1)

    def _step(self, statement: Statement, several: bool) -> None:
        index = self.first + len(self.steps)
        state = self.state
        current = state.current
        in_transaction = current is not None
        if current is None:
            info = TransactionInfo(kind="single", first_step=index, last_step=index, ended="commit")
        else:
            info = current
        if self.unread:
            self._pass_unread(statement.start)
        before = self.catalog.now()
        held, session = state.held, state.session
        operations = statement.operations
        command = operations[0] if len(operations) == 1 else None
        if isinstance(command, Transaction):
            impact = _NOTHING
            state.command(command, index)
            if state.current is not None and current is None:
                info = state.current
        else:
            impact = self._impact(statement, index, before, info, in_transaction or several)
            if in_transaction:
                state.hold(impact, index)
            self._session_effects(operations, impact, before)
        self.steps.append(
            Step(
                index=index,
                migration=self.migration,
                script=self.script,
                direction=self.direction,
                statement=statement,
                before=before,
                after=self.catalog.now(),
                impact=impact,
                transaction=info,
                in_transaction=in_transaction or several,
                held=held,
                session=session,
            )
        )

    def _impact(
        self, statement: Statement, index: int, before: CatalogView, info: TransactionInfo, in_transaction: bool
    ) -> Impact:
        session = self.state.session
        context = ImpactContext(
            server=self.server,
            session=session,
            in_transaction=in_transaction,
            first_step=info.first_step,
            step=index,
            new_enum_values=self.state.new_enum_values,
        )
        try:
            outcome = self.catalog.apply(statement, session, self.server, index)
            if self.bare and not any(type(o) in _OF_SESSION for o in statement.operations):
                return _NOTHING if outcome.error is None else Impact(error=outcome.error)
            return impact_of(statement, before, self.catalog.now(), outcome, context)
        except Exception as error:  # a defect costs this statement, not the history
            self._fail(error, statement.start)
            self.catalog.restore(before.moment)
            return Impact(unknown=("what this statement does: Hotlint failed at it",))

    def _session_effects(self, operations: tuple[AnyOperation, ...], impact: Impact, before: CatalogView) -> None:
        if impact.error is not None:
            return
        for operation in operations:
            if isinstance(operation, SetVariable):
                self.state.set_variable(operation)
            elif isinstance(operation, (RenameRelation, ChangeSchema)):
                self._renamed(operation, before)
            elif isinstance(operation, AddEnumValue):
                self._new_enum_value(operation)
            elif isinstance(operation, DoBlock) and operation.body is not None:
                for inner in operation.body.statements:
                    self._session_effects(inner.operations, impact, before)

    def _renamed(self, operation: RenameRelation | ChangeSchema, before: CatalogView) -> None:
        name = operation.relation if isinstance(operation, RenameRelation) else operation.name
        old = before.resolve(name, self.state.session.search_path)
        if isinstance(operation, RenameRelation):
            self.state.rename(old, QName(old.schema, operation.new_name))
        else:
            self.state.rename(old, QName(operation.schema, old.name))

    def _new_enum_value(self, operation: AddEnumValue) -> None:
        """Notes a label that may be unusable until commit; the impact model knows when it is (enum.c)."""
        if self.state.current is None:
            return
        path = self.state.session.search_path
        schemas = (operation.name.schema,) if operation.name.schema is not None else path
        names = [QName(schema, operation.name.name) for schema in schemas]
        name = next((n for n in names if self.catalog.type(n) is not None), names[0] if names else None)
        if name is not None:
            self.state.remember_enum_value(operation, name)
