"""The plans of several projects, and which of their migrations are to be shown."""

from __future__ import annotations

from typing import Any

import msgspec

from hotlint.errors import HotlintError
from hotlint.planning.model import MigrationPlan, Plan
from hotlint.server import Server


class PlannedProject(msgspec.Struct, frozen=True, gc=False):
    """A project's plan, and the scripts of it that are shown (all up scripts unless something was chosen)."""

    plan: Plan
    shown: tuple[MigrationPlan, ...]


class PlanReport(msgspec.Struct, frozen=True, gc=False):
    """What ``hotlint.plan()`` returns: one plan per project. ``assumed``: nobody gave the server's version."""

    server: Server
    projects: tuple[PlannedProject, ...] = ()
    assumed: bool = False

    @classmethod
    def of(cls, server: Server, plans: tuple[Plan, ...], assumed: bool = False) -> PlanReport:
        """Everything shown."""
        return cls(server, tuple(PlannedProject(plan, plan.migrations) for plan in plans), assumed)

    def choose(self, *, migration: str | None = None, down: bool = False, last: int | None = None) -> PlanReport:
        """The same with fewer migrations shown: one by its id, the newest ``last``, the down scripts (newest first).

        Raises HotlintError where no project has a migration of that id.
        """
        chosen = tuple(
            PlannedProject(project.plan, _choose(project.plan.migrations, migration, down, last))
            for project in self.projects
        )
        if migration is not None and not any(_matching(p.plan.migrations, migration) for p in chosen):
            raise HotlintError(_unknown_migration(migration, [m for p in chosen for m in p.plan.migrations]))
        if migration is not None:
            chosen = tuple(project for project in chosen if _matching(project.plan.migrations, migration))
        return PlanReport(self.server, chosen, self.assumed)

    def to_dict(self) -> dict[str, Any]:
        """The plans as ``hotlint plan --format json`` writes them."""
        from hotlint.report.plan_json import plan_to_dict

        return plan_to_dict(self)


def _choose(
    migrations: tuple[MigrationPlan, ...], migration: str | None, down: bool, last: int | None
) -> tuple[MigrationPlan, ...]:
    if migration is not None:
        migrations = _matching(migrations, migration)
    if last is not None:
        migrations = migrations[-last:] if last else ()
    if down:
        return tuple(plan.down for plan in reversed(migrations) if plan.down is not None)
    return migrations


def _matching(migrations: tuple[MigrationPlan, ...], wanted: str) -> tuple[MigrationPlan, ...]:
    """By the id as written, else by the file's name, else by a number without its leading zeros."""
    tests = (
        lambda m: m.id == wanted,
        lambda m: wanted in (f"{m.id}_{m.name}", m.name, m.up.path, m.up.path.rpartition("/")[2]),
        lambda m: wanted.isdigit() and m.id.lstrip("0") == wanted.lstrip("0"),
    )
    for test in tests:
        found = tuple(plan for plan in migrations if test(plan.migration))
        if found:
            return found
    return ()


def _unknown_migration(wanted: str, migrations: list[MigrationPlan]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(wanted, [plan.migration.id for plan in migrations], n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]}?" if close else ""
    newest = f" The newest is {migrations[-1].migration.id}." if migrations and not close else ""
    return f"no migration {wanted}{hint or '.'}{newest}"
