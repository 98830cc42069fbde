"""The formats of ``hotlint check``, and which of them fits where it runs.

Each is a module of this package, named as the format and imported when it is chosen. It has ``render(report, run)``,
which returns text, or bytes where the format is UTF-8 whatever the terminal's encoding is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hotlint.report.model import Report
    from hotlint.report.run import CheckRun

FORMATS = (
    *("text", "full", "concise", "markdown"),  # for people
    *("json", "sarif", "github", "gitlab", "azure", "junit", "rdjson"),  # for programs
)
WITHOUT_FAILURES = frozenset(("gitlab", "rdjson"))
"""Formats that have no place for what failed in Hotlint itself."""

SERVICES: tuple[tuple[str, str, str], ...] = (
    ("GITHUB_ACTIONS", "GitHub Actions", "github"),
    ("GITLAB_CI", "GitLab CI", "gitlab"),
    ("TF_BUILD", "Azure Pipelines", "azure"),
)
"""Services that run checks: the variable that each sets to ``true``, its name, the format that it reads."""


def renderer(name: str) -> Callable[[Report, CheckRun], str | bytes]:
    """The function that writes a report in the format ``name``."""
    render: Callable[[Report, CheckRun], str | bytes] = import_module(f"hotlint.report.{name}").render
    return render


def fitting(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """The format for the service that runs this process, and the service's name; None on anybody's own machine."""
    for variable, service, name in SERVICES:
        if environment.get(variable, "").lower() == "true":
            return name, service
    return None
