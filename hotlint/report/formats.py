"""The formats of ``hotlint check``, and which of them fits where it runs.

A format's module is imported when it is chosen. It has ``render(report, run)``, which returns text, or bytes where the
format is UTF-8 whatever the terminal's encoding is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hotlint.report.model import Report
    from hotlint.report.run import CheckRun


class Format(NamedTuple):
    """One way to write a report: the module that does, what it is for, and whether it tells what failed in Hotlint."""

    module: str
    about: str
    tells_failures: bool = True


FORMATS: dict[str, Format] = {
    "text": Format("hotlint.report.text", "for reading: as full, and as concise where there are many findings"),
    "full": Format("hotlint.report.full", "every finding with its lines, what to do and the safe SQL"),
    "concise": Format("hotlint.report.concise", "one line per finding"),
    "json": Format("hotlint.report.json", "for programs of your own"),
    "sarif": Format("hotlint.report.sarif", "SARIF 2.1.0, for code scanning and editors"),
    "github": Format("hotlint.report.github", "annotations of GitHub Actions"),
    "gitlab": Format("hotlint.report.gitlab", "Code Quality of GitLab", tells_failures=False),
    "azure": Format("hotlint.report.azure", "issues of Azure Pipelines"),
    "junit": Format("hotlint.report.junit", "JUnit XML, a test case per migration"),
    "rdjson": Format("hotlint.report.rdjson", "for reviewdog, with suggestions", tells_failures=False),
    "markdown": Format("hotlint.report.markdown", "a summary for a pull request: the plan, findings, safe SQL"),
}

SERVICES: tuple[tuple[str, str, str], ...] = (
    ("GITHUB_ACTIONS", "GitHub Actions", "github"),
    ("GITLAB_CI", "GitLab CI", "gitlab"),
    ("TF_BUILD", "Azure Pipelines", "azure"),
)
"""Services that run checks: the variable that each sets to ``true``, its name, the format that it reads."""


def renderer(name: str) -> Callable[[Report, CheckRun], str | bytes]:
    """The function that writes a report in the format ``name``."""
    render: Callable[[Report, CheckRun], str | bytes] = import_module(FORMATS[name].module).render
    return render


def fitting(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """The format for the service that runs this process, and the service's name; None on anybody's own machine."""
    for variable, service, name in SERVICES:
        if environment.get(variable, "").lower() == "true":
            return name, service
    return None
