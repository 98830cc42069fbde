"""One run of ``hotlint verify``: from a request to the report of all projects."""

from __future__ import annotations

import msgspec

from hotlint.api import Request
from hotlint.running import make_plans, make_report
from hotlint.server import Server
from hotlint.verify.model import VerifiedProject, VerifyReport
from hotlint.verify.replay import Observer, Progress, VerifyOptions, verify_project
from hotlint.verify.server import ScratchError, ScratchServer


def verify_projects(
    request: Request,
    server: ScratchServer,
    options: VerifyOptions,
    progress: Progress | None = None,
    observers: tuple[Observer, ...] = (),
) -> VerifyReport:
    """Verifies all projects that the request's paths lead to, planned for the scratch server's own version.

    Raises ``UsageError`` for what is not there. A server that goes away is told as a failure of the project.
    """
    request = msgspec.structs.replace(request, server=Server(major=server.major), assumed=False)
    plans = [planned.plan for planned in make_plans(request, down=True).projects]
    findings = make_report(request)[0].findings
    verified: list[VerifiedProject] = []
    failures: list[str] = []
    for plan in plans:
        project = plan.project
        if project.dialect != "postgres" or not project.migrations:
            continue
        try:
            verified.append(
                verify_project(
                    project, plan, server, options, findings=findings, observers=observers, progress=progress
                )
            )
        except ScratchError as error:
            failures.append(f"{project.root}: {error}")
            break
    return VerifyReport(server.version, tuple(verified), tuple(failures))
