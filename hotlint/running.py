"""One run: from a request through projects and plans to a report."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from hotlint.api import Request
from hotlint.changes import Changes
from hotlint.config import Settings
from hotlint.config_values import check_values
from hotlint.dialects.postgres.parse import ParseOptions
from hotlint.errors import UsageError, no_such_path
from hotlint.finding import Finding, Place
from hotlint.linting.lint import InternalError, LintOptions, LintResult, judged_from, lint, migrations_since
from hotlint.planning.loop import PlanOptions, make_plan
from hotlint.planning.model import MigrationPlan, Plan
from hotlint.project.discover import USUAL_FOLDERS, Discovery, discover
from hotlint.project.model import Migration, Project
from hotlint.registry import Registry, find_rules
from hotlint.report.model import Failure, ProjectSummary, Report
from hotlint.report.plan_model import PlanReport
from hotlint.run_notes import Progress, ProjectNotes, RunNotes, no_progress

if TYPE_CHECKING:
    from hotlint.cache import Store
    from hotlint.planning.checkpoint import Checkpoints

_WORTH_A_PROCESS = 150_000
"""Characters of SQL beside the largest project's that take longer to check than a process to start."""


def make_plans(request: Request, *, down: bool, unfilled: bool = False, progress: Progress = no_progress) -> PlanReport:
    """The plans of all projects that the request's paths lead to; ``unfilled`` as in ``PlanOptions``."""
    found = _discover(request)
    if found.problems and not found.projects:
        raise UsageError(found.problems[0].message)
    plans = tuple(
        make_plan(
            project,
            request.server,
            plan_options(request.settings, project, down, unfilled=unfilled),
            progress=progress,
        )
        for project in found.projects
    )
    return PlanReport.of(request.server, plans, request.assumed)


def make_report(request: Request, notes: RunNotes, store: Store | None = None, identity: object = None) -> Report:
    """The report; ``notes`` are told what it was made from.

    ``store`` may hold what the beginning of a history comes to, under the ``identity`` of the code that found it out.
    """
    settings = request.settings
    registry = find_rules([settings.resolve(path) for path in settings.config.rules])
    settings.check_names(registry)
    found = _discover(request)
    folders = (*found.folders, *USUAL_FOLDERS) if not request.paths else found.folders
    notes.folders, notes.files = tuple(dict.fromkeys(folders)), found.files
    registry.select(request.select, request.ignore)  # unknown names are told even where there is nothing to check
    if request.changes is not None:
        found = limited(found, request.changes)
    run = Run(request, registry, store, identity, notes)
    for outcome in _judged(run, found):
        run.add(outcome)
    run.raise_for_since()
    return run.report(found)


def limited(found: Discovery, changes: Changes) -> Discovery:
    """The projects in which something changed, reported on as far as it did."""
    projects, scopes = [], []
    for project, scope in zip(found.projects, found.scopes, strict=True):
        if changes.touch(project):
            changed = changes.scope_in(project)
            projects.append(project)
            scopes.append(changed if scope is None else scope & changed)
    problems = tuple(problem for problem in found.problems if problem.path in changes.paths)
    return msgspec.structs.replace(found, projects=tuple(projects), scopes=tuple(scopes), problems=problems)


class _Outcome(msgspec.Struct, frozen=True, gc=False):
    """What the check of one project gave; ``since`` has each wanted migration that was looked for in it, with what to
    tell where it is not there, None where it is."""

    summary: ProjectSummary
    findings: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()
    suppressed: int = 0
    since: dict[str, str | None] = {}
    seconds: float = 0.0
    resumed: int = 0


def _judged(run: Run, found: Discovery) -> list[_Outcome]:
    """The outcomes of all projects, in their order; several processes share them where there is much to read."""
    from hotlint.parallel import processors, spread

    sizes = [sum(len(m.up.text) for m in project.migrations) for project in found.projects]
    order = sorted(range(len(sizes)), key=lambda at: -sizes[at])
    processes = processors() if sum(sizes) - max(sizes, default=0) > _WORTH_A_PROCESS else 1
    done = spread(order, lambda at: run.check(found.projects[at], found.scopes[at]), _Outcome, processes)
    return [done[at] for at in range(len(sizes))]


class Run:
    """The projects of one check; a plan is let go as soon as it has been judged."""

    def __init__(
        self,
        request: Request,
        registry: Registry,
        store: Store | None = None,
        identity: object = None,
        notes: RunNotes | None = None,
    ) -> None:
        self.request = request
        self.notes = notes or RunNotes()
        self._resumed = 0
        self.store = store
        self.identity = identity
        self.registry = registry
        self.projects: list[ProjectSummary] = []
        self.findings: list[Finding] = []
        self.failures = [Failure(error.source, error.message) for error in registry.errors]
        self.suppressed = 0
        self._since_found: dict[str, str | None] = {}

    def check(self, project: Project, scope: frozenset[str] | None) -> _Outcome:
        """Plans and judges one project, and changes nothing here; a failure inside costs this project only."""
        since: dict[str, str | None] = {}
        began = time.monotonic()
        try:
            plan, result = self.judge(project, scope, since)
        except UsageError:
            raise
        except Exception as error:
            return _Outcome(ProjectSummary.of(project), failures=(_failure_of_project(project, error),), since=since)
        return _Outcome(
            ProjectSummary.of(project, sum(len(m.steps) for m in plan.migrations)),
            result.findings,
            tuple(map(_failure_of_rule, result.internal_errors)),
            result.suppressed,
            since,
            time.monotonic() - began,
            self._resumed,
        )

    def judge(
        self, project: Project, scope: frozenset[str] | None, since: dict[str, str | None]
    ) -> tuple[Plan, LintResult]:
        """The plan of a project, and what the rules find in it. ``since`` gets each wanted migration that was looked
        for in the project, as ``_Outcome`` has it."""
        options = self.lint_options(project, scope, since)
        planned = plan_options(self.request.settings, project, True, judged_from(project, self.registry, options))
        start = self._checkpoints(project, planned) if planned.judged_from else None
        progress = self.notes.progress
        plan = make_plan(project, self.request.server, planned, start, progress)
        self._resumed = start.restored if start is not None else 0
        return plan, lint(plan, self.registry, options, progress=progress)

    def in_question(self, project: Project, scope: frozenset[str] | None, planned: bool) -> Judged:
        """Its migrations that are new enough and have a file in ``scope``."""
        first = migrations_since(project, self._since(project, {}))
        chosen = [at for at in range(first, len(project.migrations)) if _is_in(project.migrations[at], scope)]
        migrations = tuple(project.migrations[at] for at in chosen)
        whole = scope is None and first == 0
        if not planned or not chosen:
            return Judged(project, migrations, whole)
        shown = chosen[-1:] if whole else chosen
        options = plan_options(self.request.settings, project, False, shown[0])
        plans = make_plan(project, self.request.server, options).migrations
        return Judged(project, migrations, whole, tuple(plans[at] for at in shown))

    def add(self, outcome: _Outcome) -> None:
        """Takes the outcome of one project into the report."""
        self.projects.append(outcome.summary)
        self.notes.projects.append(ProjectNotes(outcome.summary.root, outcome.seconds, outcome.resumed))
        self.findings += outcome.findings
        self.failures += outcome.failures
        self.suppressed += outcome.suppressed
        for wanted, message in outcome.since.items():
            if message is None:
                self._since_found[wanted] = None
            else:
                self._since_found.setdefault(wanted, message)

    def _checkpoints(self, project: Project, options: PlanOptions) -> Checkpoints | None:
        if self.store is None:
            return None
        from hotlint.planning.checkpoint import Checkpoints

        return Checkpoints(self.store, self.identity, project, self.request.server, options)

    def lint_options(self, project: Project, scope: frozenset[str] | None, since: dict[str, str | None]) -> LintOptions:
        """What is asked of a project and told; ``since`` is as in ``judge``."""
        settings, config = self.request.settings, self.request.settings.config
        return LintOptions(
            select=self.request.select,
            ignore=self.request.ignore,
            severity=config.severity,
            rule_options=config.rule_options,
            per_path_ignores={settings.glob(glob): ids for glob, ids in config.per_path_ignores.items()},
            since=self._since(project, since),
            scope=scope,
            today=self.request.today,
        )

    def _since(self, project: Project, noted: dict[str, str | None]) -> str | None:
        """``--since`` where this project has such a migration, else its ``start_after`` where it has that one."""
        for wanted in (self.request.since, self.request.settings.project(project.root).start_after):
            if wanted is None or not project.migrations:
                continue
            try:
                migrations_since(project, wanted)
            except UsageError as error:
                noted[wanted] = str(error)
            else:
                noted[wanted] = None
                return wanted
        return None

    def raise_for_since(self) -> None:
        """One project with such a migration is enough; none is the user's mistake."""
        for wanted, message in self._since_found.items():
            if message is not None:
                raise (
                    UsageError(message)
                    if wanted == self.request.since
                    else self.request.settings.start_after_error(wanted, message)
                )

    def report(self, found: Discovery) -> Report:
        return Report(
            server=self.request.server,
            projects=tuple(self.projects),
            findings=(*self.findings, *_unreadable(found, self.registry)),
            failures=tuple(self.failures),
            assumed=self.request.assumed,
            suppressed=self.suppressed,
            changed_since=None if self.request.changes is None else self.request.changes.revision,
        )


class Judged(msgspec.Struct, frozen=True, gc=False):
    """The migrations of a project that a check judges. ``whole``: nothing limits them. ``plans`` are those of their up
    scripts, where they were asked for."""

    project: Project
    migrations: tuple[Migration, ...]
    whole: bool
    plans: tuple[MigrationPlan, ...] = ()


def judged(request: Request, *, planned: bool) -> tuple[Judged, ...]:
    """What a check of ``request`` judges, project by project; of a project that it judges whole, only the newest
    migration is planned."""
    found = _discover(request)
    if request.changes is not None:
        found = limited(found, request.changes)
    run = Run(request, Registry(()))
    return tuple(run.in_question(*pair, planned) for pair in zip(found.projects, found.scopes, strict=True))


def plan_options(
    settings: Settings, project: Project, down: bool, judged_from: int = 0, *, unfilled: bool = False
) -> PlanOptions:
    """How to replay a project: what the configuration says about it, and from where on somebody asks about it."""
    config = settings.project(project.root)
    complete = config.history == "complete" or (config.history == "auto" and project.baseline is not None)
    parse = ParseOptions(placeholders=config.placeholders, patterns=config.placeholder_patterns)
    return PlanOptions(complete=complete, unfilled=unfilled, downs=down, parse=parse, judged_from=judged_from)


def _discover(request: Request) -> Discovery:
    check_values(request.settings)
    found = discover(request.paths, request.settings.discover_options(), request.buffers)
    if found.missing:
        raise no_such_path(found.missing[0])
    if not (found.projects or found.problems or found.left_out):
        raise UsageError(_nothing_found(request, found))
    return found


def _nothing_found(request: Request, found: Discovery) -> str:
    """Why there is nothing to plan, and what to do about it: silence would pass for a clean bill."""
    where = f" in {', '.join(request.paths)}" if request.paths else " here"
    if not found.passed_over:
        return f"there are no SQL migrations{where}: name the folder that they are in"
    names = ", ".join(found.passed_over[:3]) + (" and others" if len(found.passed_over) > 3 else "")
    return (
        f"no migrations were recognised{where}, but there are SQL files in {names}: "
        "name the folder that is a history, or list it under `projects` in the configuration"
    )


def _is_in(migration: Migration, scope: frozenset[str] | None) -> bool:
    return scope is None or any(s is not None and s.path in scope for s in (migration.up, migration.down))


def _unreadable(found: Discovery, registry: Registry) -> Iterator[Finding]:
    """What could not be read and belongs to no project."""
    for problem in found.problems:
        info = registry.rules.get(problem.rule)
        yield Finding(
            rule=problem.rule,
            category=info.category if info else "robustness",
            severity=info.severity if info else "error",
            message=problem.message,
            place=Place(problem.path, 1, 1, 1, 1),
        )


def _failure_of_rule(error: InternalError) -> Failure:
    place = ":".join(str(part) for part in (error.path, error.line) if part is not None)
    where = " at ".join(part for part in (f"rule {error.rule}" if error.rule else "", place) if part)
    return Failure(where, error.message, error.trace)


def _failure_of_project(project: Project, error: Exception) -> Failure:
    from traceback import format_exception

    trace = "".join(format_exception(type(error), error, error.__traceback__))
    return Failure(project.root, f"{type(error).__name__}: {error}", trace)
