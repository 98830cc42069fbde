"""Histories for tests, planned as a project on disk would be."""

from __future__ import annotations

from hotlint.planning.loop import PlanOptions, make_plan
from hotlint.planning.model import Plan
from hotlint.project.model import Migration, Project, TransactionMode
from hotlint.server import Server
from hotlint.source import Region, Script


def script(path: str, text: str) -> Script:
    return Script(path, text, (Region(0, len(text)),))


def history(
    *ups: str, transaction: TransactionMode = "wrapped", major: int = 18, baseline: str | None = None
) -> tuple[Project, Plan]:
    """The plan of up scripts that run one after the other; the last one runs in the mode ``transaction``."""
    last = len(ups) - 1
    migrations = tuple(
        Migration(
            id=f"{at:04}",
            name="m",
            up=script(f"db/{at:04}_m.up.sql", up),
            transaction=transaction if at == last else "wrapped",
        )
        for at, up in enumerate(ups)
    )
    dump = None if baseline is None else script("schema.sql", baseline)
    project = Project(root="db", framework="plain", dialect="postgres", migrations=migrations, baseline=dump)
    return project, make_plan(project, Server(major=major), PlanOptions(complete=True))
