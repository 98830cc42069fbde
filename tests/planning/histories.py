"""Histories for the tests of the plan: SQL in, plan out."""

from __future__ import annotations

from hotlint.planning.loop import PlanOptions, make_plan
from hotlint.planning.model import Plan, Step
from hotlint.project.model import Migration, Project, TransactionMode
from hotlint.server import Server
from hotlint.source import Region, Script


def script(path: str, sql: str, *, single: bool = False) -> Script:
    return Script(path=path, text=sql, regions=(Region(0, len(sql), single),))


def migration(number: int, sql: str, *, down: str | None = None, mode: TransactionMode = "wrapped") -> Migration:
    version = f"{number:04}"
    return Migration(
        id=version,
        name="change",
        up=script(f"migrations/{version}_change.up.sql", sql),
        down=None if down is None else script(f"migrations/{version}_change.down.sql", down),
        parents=() if number == 1 else (f"{number - 1:04}",),
        transaction=mode,
        down_transaction=mode,
    )


def plan_of(
    *scripts: str, down: str | None = None, mode: TransactionMode = "wrapped", major: int = 16, complete: bool = True
) -> Plan:
    """The plan of migrations 0001, 0002 …; ``down`` belongs to the last one, ``mode`` to all."""
    last = len(scripts)
    migrations = tuple(
        migration(number, sql, down=down if number == last else None, mode=mode)
        for number, sql in enumerate(scripts, 1)
    )
    project = Project(root="migrations", framework="golang-migrate", dialect="postgres", migrations=migrations)
    return make_plan(project, Server(major=major), PlanOptions(complete=complete))


def locks(step: Step) -> list[tuple[str, str]]:
    """The locks of a step on what others can see, as (relation, mode)."""
    return sorted((str(lock.relation), lock.mode) for lock in step.impact.locks if not lock.created_in_transaction)


def held(step: Step) -> list[tuple[str, str, int]]:
    """The locks held when a step starts, as (relation, mode, index of the step that took it)."""
    return sorted((str(h.lock.relation), h.lock.mode, h.step) for h in step.held)
