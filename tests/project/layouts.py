"""What tests of layouts say of a project."""

from __future__ import annotations

from typing import Protocol

from hotlint.project.model import Project
from hotlint.project.options import DiscoverOptions
from hotlint.source import Script


class Write(Protocol):
    """Write files below an empty working directory, byte for byte."""

    def __call__(self, texts: dict[str, str]) -> None: ...


class Load(Protocol):
    """Write files, and the one project in them."""

    def __call__(self, texts: dict[str, str], options: DiscoverOptions | None = None) -> Project: ...


def outline(project: Project) -> list[tuple[str, str, str, str | None, str]]:
    """Id, name, up path, down path and transaction of each migration."""
    return [(m.id, m.name, m.up.path, m.down.path if m.down else None, m.transaction) for m in project.migrations]


def told(project: Project) -> list[tuple[str, str]]:
    """Rule and path of each layout problem."""
    return [(problem.rule, problem.path) for problem in project.problems]


def not_covered(project: Project) -> dict[str, tuple[str, ...]]:
    """The files that are not planned, by reason."""
    return {uncovered.reason: uncovered.paths for uncovered in project.not_covered}


def sql(script: Script | None) -> list[str]:
    """The texts of a script's regions."""
    assert script is not None
    return [script.text[region.start : region.end].strip() for region in script.regions]
