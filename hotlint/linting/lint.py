"""The check: a plan judged by the rules, and what is left of their findings to tell."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from hotlint.errors import UsageError, nearest
from hotlint.finding import Finding, Place, Severity
from hotlint.linting.asking import Asker, InternalError
from hotlint.linting.fingerprint import with_fingerprints
from hotlint.linting.suppressions import MARK, FileSuppressions, read_suppressions
from hotlint.planning.model import MigrationPlan, Plan
from hotlint.project.model import Project
from hotlint.project.options import matches_any
from hotlint.registry import Registry, RuleInfo
from hotlint.run_notes import Progress, no_progress
from hotlint.source import Problem, Script

__all__ = ["InternalError", "LintOptions", "LintResult", "judged_from", "lint", "migrations_since"]


class LintOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked and what is told.

    ``select`` and ``ignore`` are ids or categories. ``since`` is the id of the last migration that is old: only newer
    ones are judged. ``scope`` are the paths of the files that were passed, as ``Script.path`` has them (None: all): a
    finding is told where its own or a related place lies in one. ``per_path_ignores`` are globs over paths with ids or
    categories. ``today`` is the day on which suppressions may expire.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = {}
    rule_options: Mapping[str, Mapping[str, Any]] = {}
    per_path_ignores: Mapping[str, tuple[str, ...]] = {}
    since: str | None = None
    scope: frozenset[str] | None = None
    today: date | None = None


class LintResult(msgspec.Struct, frozen=True):
    """``findings`` in order of path, line, column and rule; ``suppressed`` counts those that comments took away."""

    findings: tuple[Finding, ...]
    internal_errors: tuple[InternalError, ...] = ()
    suppressed: int = 0


def lint(
    plan: Plan,
    registry: Registry,
    options: LintOptions | None = None,
    only: Collection[int] | None = None,
    progress: Progress = no_progress,
) -> LintResult:
    """Asks the selected rules about a plan, or about the migrations of it whose indexes are in ``only``: all parts of a
    change and all migrations that share a file with one of them, or what is told of the file is not the whole.

    A rule that fails is an internal error, and all others are still asked; files that should hold rules and do not are
    told by ``registry.errors`` and not here. Raises ``UsageError`` for names of rules or migrations that there are not.
    """
    options = options or LintOptions()
    rules = _chosen(plan, registry, options)
    ignored = {
        glob: frozenset(i for name in names for i in registry.expand(name))
        for glob, names in options.per_path_ignores.items()
    }
    new = range(migrations_since(plan.project, options.since), len(plan.migrations))
    asked = new if only is None else sorted(at for at in only if at in new)
    migrations = [plan.migrations[at] for at in asked]
    asker = Asker(plan, registry, rules, options.severity, options.rule_options)
    judged = [plan.migrations[at] for at in asked if at >= plan.judged_from]
    for done, migration in enumerate(judged):
        progress(done, len(judged), f"{migration.migration.up.path}: rules")
        asker.ask_steps(migration)
        if migration.down is not None:
            asker.ask_steps(migration.down)
    asker.ask_whole(judged)
    _tell_problems(asker, plan, migrations)
    _tell_failures(asker, plan)
    suppressed = _suppress(asker, registry, migrations, options.today or date.today())
    found = _without_twins(asker.found)
    if len(migrations) < len(plan.migrations):
        found = _of_migrations(found, plan, migrations)
    if ignored:
        found = [f for f in found if not _is_ignored(f[0], ignored)]
    found.sort(key=lambda f: (f[0].place.path, f[0].place.line, f[0].place.column, f[0].rule, f[0].message))
    findings = with_fingerprints(found)
    if options.scope is not None:
        findings = [f for f in findings if _is_in_scope(f, options.scope)]
    return LintResult(tuple(findings), tuple(asker.errors), suppressed)


def judged_from(project: Project, registry: Registry, options: LintOptions) -> int:
    """The index of the first migration that rules must be asked about, for ``PlanOptions``: all findings that
    ``options`` lets through stand at it or later, or are not made from steps.

    Raises ``UsageError`` as ``lint`` does.
    """
    since = migrations_since(project, options.since)
    chosen = registry.select(options.select, options.ignore)
    if any(registry.rules[id].scope == "plan" for id in chosen):
        return 0  # such a rule may look at anything
    if options.scope is None:
        return since
    migrations = project.migrations
    passed = {m.id for m in migrations if any(s is not None and s.path in options.scope for s in (m.up, m.down))}
    groups = {m.group for m in migrations if m.id in passed and m.group is not None}
    first = next((at for at, m in enumerate(migrations) if m.id in passed or m.group in groups), len(migrations))
    return max(since, first)


def migrations_since(project: Project, since: str | None) -> int:
    """The index of the first migration that is newer than ``since``: an id (leading zeros do not count), or id and
    name.

    Raises ``UsageError`` where there is no such migration.
    """
    if since is None:
        return 0
    wanted = since.lstrip("0")
    for at, m in enumerate(project.migrations):
        id, name = m.id, m.name
        if since in (id, f"{id}_{name}", f"{id}__{name}") or (wanted and id.lstrip("0") == wanted):
            return at + 1
    ids = [m.id for m in project.migrations]
    hint = (nearest(since, ids) if not since.isdigit() else "") or (f"; the newest is {ids[-1]}" if ids else "")
    raise UsageError(f'there is no migration "{since}" in {project.root}{hint}')


def _chosen(plan: Plan, registry: Registry, options: LintOptions) -> dict[str, RuleInfo]:
    """The rules that are selected and about this server."""
    chosen = registry.select(options.select, options.ignore)
    major, dialect = plan.server.major, plan.server.dialect
    return {
        id: info
        for id, info in registry.rules.items()
        if id in chosen and dialect in info.dialects and info.versions[0] <= major <= info.versions[1]
    }


# -- problems of texts and layouts


def _tell_failures(asker: Asker, plan: Plan) -> None:
    """Hotlint's own failures while planning, those at old migrations too: they put the rest of the plan in doubt."""
    for migration in scripts_of(plan.migrations):
        id = migration.migration.id
        asker.errors.extend(InternalError(f.message, None, id, f.path, f.line, f.trace) for f in migration.failures)


def _tell_problems(asker: Asker, plan: Plan, migrations: Sequence[MigrationPlan]) -> None:
    for migration in scripts_of(migrations):
        for problem in migration.problems:
            _tell(asker, script_of(migration), problem, migration)
    if not plan.project.problems:
        return
    from hotlint.project.frameworks.base import numbered
    from hotlint.rule import Reported

    by_path = {script.path: m.migration.id for m in plan.migrations for script in _files(m)}
    ids = {m.migration.id for m in plan.migrations}
    for layout in plan.project.problems:
        place = Place(layout.path, 1, 1, 1, 1)
        related = tuple(Place(path, 1, 1, 1, 1) for path in layout.related)
        version = numbered(layout.path.rpartition("/")[2])
        stray = version.version if version is not None and version.version in ids else None
        asker.tell(layout.rule, Reported(layout.message, place, related, by_path.get(layout.path, stray)))


def _files(plan: MigrationPlan) -> Iterator[Script]:
    yield plan.migration.up
    if plan.migration.down is not None:
        yield plan.migration.down


def scripts_of(migrations: Sequence[MigrationPlan]) -> Iterator[MigrationPlan]:
    """The plans of all scripts, up and down."""
    for migration in migrations:
        yield migration
        if migration.down is not None:
            yield migration.down


def script_of(plan: MigrationPlan) -> Script:
    down = plan.migration.down
    return down if plan.direction == "down" and down is not None else plan.migration.up


def _tell(asker: Asker, script: Script, problem: Problem, migration: MigrationPlan) -> None:
    from hotlint.rule import Reported

    first, last = script.position(problem.start), script.position(max(problem.start, problem.end))
    place = Place(script.path, first.line, first.column, last.line, last.column)
    sql = script.text[problem.start : problem.end]
    asker.tell(problem.rule, Reported(problem.message, place, (), migration.migration.id), sql)


# -- suppressions


def _suppress(asker: Asker, registry: Registry, migrations: Sequence[MigrationPlan], today: date) -> int:
    """Takes the suppressed findings out of what was found, tells what is wrong with the comments, and counts."""
    files: dict[str, tuple[MigrationPlan, FileSuppressions]] = {}
    for migration in scripts_of(migrations):
        script = script_of(migration)
        if MARK not in script.text or script.path in files:
            continue
        read = read_suppressions(script, statement_spans(migrations, script.path), registry.rules, today)
        if read is not None:
            files[script.path] = (migration, read)
    if not files:
        return 0
    kept = [found for found in asker.found if not _is_suppressed(found[0], files)]
    suppressed = len(asker.found) - len(kept)
    asker.found = kept
    for migration, read in files.values():
        for problem in [*read.problems, *read.unused(asker.rules)]:
            _tell(asker, script_of(migration), problem, migration)
    return suppressed


def statement_spans(migrations: Sequence[MigrationPlan], path: str) -> list[tuple[int, int]]:
    """The statements of a file, in both directions, those included that do not parse."""
    spans: set[tuple[int, int]] = set()
    for migration in scripts_of(migrations):
        if script_of(migration).path == path:
            spans.update((step.statement.start, step.statement.end) for step in migration.steps)
            spans.update((p.start, p.end) for p in migration.problems if p.end > p.start)
    return sorted(spans)


def _is_suppressed(finding: Finding, files: Mapping[str, tuple[MigrationPlan, FileSuppressions]]) -> bool:
    place = finding.place
    found = files.get(place.path)
    if found is None:
        return False
    migration, read = found
    return read.suppresses(finding.rule, script_of(migration).offset(place.line, place.column))


# -- what is told


def _without_twins(found: list[tuple[Finding, str]]) -> list[tuple[Finding, str]]:
    """One of each: up and down in one file share its problems."""
    seen: dict[tuple[str, Place, str], tuple[Finding, str]] = {}
    for pair in found:
        finding = pair[0]
        seen.setdefault((finding.rule, finding.place, finding.message), pair)
    return list(seen.values())


def _of_migrations(
    found: list[tuple[Finding, str]], plan: Plan, migrations: Sequence[MigrationPlan]
) -> list[tuple[Finding, str]]:
    """Without the findings of rules about the whole plan that stand at older migrations."""
    new = {m.migration.id for m in migrations}
    old = {m.migration.id for m in plan.migrations} - new
    return [f for f in found if f[0].migration not in old]


def _is_ignored(finding: Finding, ignored: Mapping[str, frozenset[str]]) -> bool:
    return any(finding.rule in ids and matches_any(finding.place.path, (glob,)) for glob, ids in ignored.items())


def _is_in_scope(finding: Finding, scope: frozenset[str]) -> bool:
    return finding.place.path in scope or any(place.path in scope for place in finding.related)
