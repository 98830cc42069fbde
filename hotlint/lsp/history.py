"""One history while it is being edited: its plan and what the rules say of each file, of which an edit costs only what
it changes.

The plans of the migrations before the first one that changed stay; the others are made anew on a copy of the schema
that those leave, the file that somebody looks at first, the rest when nobody waits. All work is done in the thread of
the caller, in portions that ``settle`` leaves to him.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from datetime import date

import msgspec

from hotlint.api import Request
from hotlint.baseline import match, read_baseline
from hotlint.catalog.catalog import CatalogView
from hotlint.finding import Finding
from hotlint.linting.lint import InternalError, LintOptions, LintResult, lint, script_of, scripts_of
from hotlint.planning.loop import replan
from hotlint.planning.model import MigrationPlan, Plan
from hotlint.project.discover import files_of
from hotlint.project.load import reload_project
from hotlint.project.model import Migration, Project
from hotlint.project.tree import Tree
from hotlint.registry import Registry
from hotlint.running import Run, plan_options

PORTION = 0.008
"""Seconds of work after which ``settle`` lets others have their turn."""
JUDGED_AT_ONCE = 20
"""Migrations that are judged between two looks at the clock."""
MOST_COPIES = 4
"""Copies of copies of a schema. Each makes reading slower and keeps what it was copied from, so that a history which
was edited in ever later files is replayed from its beginning, once it has been told about."""


class History:
    """A project, planned and judged as its files and the editor's unsaved texts are now.

    ``settled`` tells whether every file is; until then those that were not asked for may say what they said before the
    last edit. ``findings`` are by path, ``accepted`` those that a baseline takes out of them. ``errors`` are failures
    of Hotlint itself, each once.
    """

    def __init__(self, request: Request, registry: Registry, project: Project, tree: Tree) -> None:
        self.request = request
        self.registry = registry
        self.project = project
        self.tree = tree
        self.findings: dict[str, tuple[Finding, ...]] = {}
        self.errors: list[InternalError] = []
        self.changed: set[str] = set()
        self.accepted: dict[str, tuple[Finding, ...]] = {}
        self._baseline = read_baseline(request.baseline) if request.baseline is not None else []
        self._told: set[tuple[str | None, str]] = set()
        self._plans: list[MigrationPlan] = []
        self._former: dict[str, MigrationPlan] = {}
        self._unjudged: set[int] = set()
        self._files: dict[str, list[int]] = {}
        self._known: frozenset[str] = frozenset()
        self._plan: Plan | None = None
        self._start(0)
        self._judge_all()

    # -- what there is

    @property
    def settled(self) -> bool:
        """Whether all is planned and judged."""
        return len(self._plans) == len(self.project.migrations) and not self._unjudged and self._others_judged

    @property
    def plan(self) -> Plan:
        """The plan as far as it is known: former plans stand in for those that are not made yet."""
        if self._plan is None:
            rest = (self._former.get(m.id) for m in self.project.migrations[len(self._plans) :])
            plans = (*self._plans, *(plan for plan in rest if plan is not None))
            self._plan = Plan(self.project, self.request.server, plans)
        return self._plan

    def has(self, path: str) -> bool:
        """Whether the file belongs to the project."""
        return path in self._known

    def plan_of(self, path: str) -> Plan:
        """The plan of the migrations that stand in a file, as they are known."""
        found = []
        for at in self._files.get(path, ()):
            known = self._plans[at] if at < len(self._plans) else self._former.get(self.project.migrations[at].id)
            if known is not None:
                found.append(known)
        return Plan(self.project, self.request.server, tuple(found))

    def plans_of(self, path: str) -> list[MigrationPlan]:
        """The plans of the scripts in a file, up and down."""
        return [plan for plan in scripts_of(self.plan_of(path).migrations) if script_of(plan).path == path]

    # -- what changes

    def edit(self, buffers: Mapping[str, str]) -> bool:
        """Takes in the editor's texts; whether the project is still there."""
        return self.take(self.tree.with_buffers(buffers))

    def take(self, tree: Tree) -> bool:
        """Takes in another look at the disk; whether the project is still there."""
        project = reload_project(self.project, tree, self.request.settings.discover_options())
        if project is None:
            return False
        before, self.project, self.tree = self.project, project, tree
        first = self._first_changed(before)
        if first == len(self._plans) == len(project.migrations):
            self._list_files()
        else:
            self._start(first)
        if _shape(before) != _shape(project):
            self._judge_all()
        return True

    def _first_changed(self, before: Project) -> int:
        """The index of the first migration whose plan is not what it was, or not made yet."""
        new = self.project
        if _text(before.baseline) != _text(new.baseline):
            return 0
        first = 0
        for plan, migration in zip(self._plans, new.migrations, strict=False):
            if plan.migration != migration:
                break
            first += 1
        group = new.migrations[first].group if first < len(new.migrations) else None
        former = self._plans[first].migration.group if first < len(self._plans) else None
        while first and self._plans[first - 1].migration.group is not None:
            if self._plans[first - 1].migration.group not in (group, former):
                break
            first -= 1
        return first

    def _start(self, first: int) -> None:
        """Begins to plan anew from a migration on; those before it stay as they are."""
        self._former.update((plan.migration.id, plan) for plan in self._plans[first:])
        del self._plans[first:]
        self._plan = None
        self._replay = self._replayed(self._plans)
        self._list_files()
        self._unjudged = {at for at in self._unjudged if at < first}
        self._unjudged.update(range(first, len(self.project.migrations)))
        self._others_judged = False

    def _list_files(self) -> None:
        self._files = {}
        for at, migration in enumerate(self.project.migrations):
            for path in _paths(migration):
                self._files.setdefault(path, []).append(at)
        self._known = frozenset(files_of(self.project))

    def _replayed(self, known: list[MigrationPlan]) -> Iterator[list[MigrationPlan]]:
        options = plan_options(self.request.settings, self.project, True)
        return replan(self.project, self.request.server, options, known.copy())

    def judge_again(self) -> None:
        """Has every file judged again, since rules may look at more than what comes before a migration."""
        self._judge_all()

    def _judge_all(self) -> None:
        self._unjudged = set(range(len(self.project.migrations)))
        self._others_judged = False

    # -- work

    def answer(self, path: str) -> None:
        """Has one file planned and judged as it is now, with no more work than that takes."""
        wanted = self._files.get(path)
        if wanted is None:
            if path in self._known and not self._others_judged:
                self._judge_others()
            return
        if len(self._plans) > wanted[-1] and self._unjudged.isdisjoint(wanted):
            return
        together = self._with_neighbours(wanted)
        last = max(together)
        while len(self._plans) <= last and self._advance():
            pass
        self._judge(together)

    def settle(self) -> Iterator[None]:
        """Plans and judges what is left, and comes back after every portion of it."""
        clock = time.perf_counter
        until = clock() + PORTION
        while self._advance():
            if clock() > until:
                yield
                until = clock() + PORTION
        while self._unjudged:
            some = sorted(self._unjudged)[:JUDGED_AT_ONCE]
            self._judge(self._with_neighbours(some))
            if clock() > until:
                yield
                until = clock() + PORTION
        if not self._others_judged:
            self._judge_others()
        if self._plans and _copies(self._plans[-1].after) > MOST_COPIES:
            plans: list[MigrationPlan] = []
            project = self.project
            for change in self._replayed([]):
                plans += change
                if clock() > until:
                    yield
                    until = clock() + PORTION
                if self.project is not project:  # it was edited meanwhile
                    return
            self._plans = plans
            self._replay = iter(())
            self._plan = None

    def _advance(self) -> bool:
        """Plans the next change; whether there was one."""
        change = next(self._replay, None)
        if change is None:
            self._former.clear()
            return False
        self._plans += change
        self._plan = None
        return True

    def _with_neighbours(self, indexes: Collection[int]) -> set[int]:
        """The migrations with all that share a file with them."""
        found: set[int] = set()
        waiting = list(indexes)
        while waiting:
            at = waiting.pop()
            if at not in found:
                found.add(at)
                for path in _paths(self.project.migrations[at]):
                    waiting += self._files[path]
        return found

    def _judge(self, indexes: Collection[int]) -> None:
        result = self._lint(indexes)
        self._unjudged.difference_update(indexes)
        found: dict[str, list[Finding]] = {path: [] for at in indexes for path in _paths(self.project.migrations[at])}
        for finding in result.findings:
            if finding.place.path in found:
                found[finding.place.path].append(finding)
        for path, findings in found.items():
            self._tell(path, tuple(findings))

    def _judge_others(self) -> None:
        """What is wrong with files that hold no migration, and with none of the files any more."""
        self._others_judged = True
        found: dict[str, list[Finding]] = {}
        for finding in self._lint(()).findings:
            if finding.place.path not in self._files:
                found.setdefault(finding.place.path, []).append(finding)
        for path in [path for path in self.findings if path not in self._files and path not in found]:
            self._tell(path, ())
            del self.findings[path]
        for path, findings in found.items():
            self._tell(path, tuple(findings))

    def _lint(self, indexes: Collection[int]) -> LintResult:
        self.request = msgspec.structs.replace(self.request, today=date.today())
        result = lint(self.plan, self.registry, self._options(), indexes)
        for error in result.internal_errors:
            key = (error.rule or error.path, error.message)
            if key not in self._told:
                self._told.add(key)
                self.errors.append(error)
        return result

    def _options(self) -> LintOptions:
        return Run(self.request, self.registry).lint_options(self.project, None, {})

    def _tell(self, path: str, findings: tuple[Finding, ...]) -> None:
        if self._baseline:
            entries = [e for e in self._baseline if e.path == path or not self.tree.has(e.path)]
            known, _ = match(findings, entries)
            self.accepted[path] = tuple(finding for at, finding in enumerate(findings) if at in known)
            findings = tuple(finding for at, finding in enumerate(findings) if at not in known)
        if self.findings.get(path, ()) != findings:
            self.changed.add(path)
        self.findings[path] = findings


def _paths(migration: Migration) -> list[str]:
    scripts = (migration.up, migration.down)
    return list(dict.fromkeys(script.path for script in scripts if script is not None))


def _shape(project: Project) -> object:
    """What rules may ask of the project as a whole; where it changes, every file is judged again."""
    migrations = [(m.id, m.name, m.up.path, m.down is None, m.repeatable) for m in project.migrations]
    return migrations, project.problems, project.numbering, project.down_style


def _text(script: object) -> str | None:
    return getattr(script, "text", None)


def _copies(view: CatalogView) -> int:
    """How many copies lie between a schema and the one that was replayed from the beginning."""
    count = 0
    base = view.catalog.base
    while base is not None:
        count += 1
        base = base.catalog.base
    return count
