"""What a check hands back; reports and the library speak in these types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hotlint.finding import SEVERITIES, Finding, Severity
from hotlint.server import Server

if TYPE_CHECKING:  # a report from the cache is shown without the modules that made it
    from hotlint.project.model import Project


class LeftOut(msgspec.Struct, frozen=True, gc=False):
    """Files of a project that are not planned, and why."""

    reason: str
    paths: tuple[str, ...]


class ProjectSummary(msgspec.Struct, frozen=True, gc=False):
    """What was recognised at ``root``. ``migrations`` counts all that were replayed, ``statements`` their up steps.
    ``newest`` is the id of the last migration.
    """

    root: str
    framework: str
    dialect: str
    migrations: int
    statements: int = 0
    notes: tuple[str, ...] = ()
    not_covered: tuple[LeftOut, ...] = ()
    newest: str | None = None

    @classmethod
    def of(cls, project: Project, statements: int = 0) -> ProjectSummary:
        """The summary of a project with so many statements."""
        return cls(
            root=project.root,
            framework=project.framework,
            dialect=project.dialect,
            migrations=len(project.migrations),
            statements=statements,
            notes=project.notes,
            not_covered=tuple(LeftOut(n.reason, n.paths) for n in project.not_covered),
            newest=project.migrations[-1].id if project.migrations else None,
        )


class Failure(msgspec.Struct, frozen=True, gc=False):
    """An internal error in one rule or at one file: a defect of Hotlint. ``where`` names the rule or the path, and
    ``details`` is what we ask the user to send us."""

    where: str
    message: str
    details: str = ""


class BaselineEntry(msgspec.Struct, frozen=True, gc=False):
    """A finding that was accepted once: its ``fingerprint``, and what it was, for whoever reads the baseline file."""

    fingerprint: str
    rule: str
    path: str
    migration: str | None = None
    message: str = ""


class BaselineState(msgspec.Struct, frozen=True, gc=False):
    """What a baseline did to a report: ``known`` are the findings that it has, which are not told any more, and
    ``gone`` its entries that nothing was found for. ``path`` is the baseline file's."""

    path: str
    known: tuple[Finding, ...] = ()
    gone: tuple[BaselineEntry, ...] = ()


class Report(msgspec.Struct, frozen=True, gc=False):
    """The result of a check.

    ``findings`` come in the order of projects, migrations and places. ``assumed`` tells that nobody gave the server's
    version. ``suppressed`` counts findings that a comment or a path's configuration took out. ``baseline`` tells what a
    baseline took out, None where there is none. ``changed_since`` is the Git revision since which the files changed
    that the report is limited to.
    """

    server: Server
    projects: tuple[ProjectSummary, ...] = ()
    findings: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()
    assumed: bool = False
    suppressed: int = 0
    baseline: BaselineState | None = None
    changed_since: str | None = None

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def worst(self) -> Severity | None:
        """The gravest severity that occurs, None for a clean report."""
        return next((severity for severity in reversed(SEVERITIES) if self.count(severity)), None)

    def to_dict(self) -> dict[str, Any]:
        """The report as ``hotlint check --format json`` writes it."""
        from hotlint.report.json import report_to_dict

        return report_to_dict(self)


def reaches(severity: Severity, threshold: Severity) -> bool:
    """Whether ``severity`` is as grave as ``threshold`` or graver."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(threshold)
