"""One run of ``hotlint verify``: from a request to the report of all projects."""

from __future__ import annotations

import msgspec

from hotlint.api import Request
from hotlint.run_notes import RunNotes
from hotlint.running import make_plans, make_report
from hotlint.server import Server
from hotlint.verify.model import VerifiedProject, VerifyReport
from hotlint.verify.performance import LimitsObserver, Performance
from hotlint.verify.replay import Observer, Progress, ServerLostError, VerifyOptions, verify_project
from hotlint.verify.server import ScratchServer
from hotlint.verify.validation import Validation
from hotlint.verify.wishes import Wishes


def verify_projects(
    request: Request,
    server: ScratchServer,
    options: VerifyOptions,
    progress: Progress | None = None,
    observers: tuple[Observer, ...] = (),
    wishes: Wishes | None = None,
) -> VerifyReport:
    """Verifies all projects that the request's paths lead to, planned for the scratch server's own version.

    ``wishes`` says what is measured besides the statements themselves; None: only what must hold after each migration.
    Raises ``UsageError`` for what is not there. A server that goes away is told as a failure of the project.
    """
    wishes = wishes or Wishes()
    options = msgspec.structs.replace(options, rows=wishes.validation.kind_of_rows)
    request = msgspec.structs.replace(request, server=Server(major=server.major), assumed=False)
    # Without rows of somebody's, tables hold what the history writes and no more.
    unfilled = wishes.validation.kind_of_rows is None
    plans = [planned.plan for planned in make_plans(request, down=True, unfilled=unfilled).projects]
    findings = make_report(request, RunNotes()).findings
    verified: list[VerifiedProject] = []
    failures: list[str] = []
    for plan in plans:
        project = plan.project
        if project.dialect != "postgres" or not project.migrations:
            continue
        try:
            looking = Validation(plan, wishes.validation)
            performance = Performance(wishes.queries) if wishes.has_performance else None
            done = verify_project(
                project,
                plan,
                server,
                options,
                findings=findings,
                observers=_nested(LimitsObserver(wishes.limits), looking, *observers, performance),
                progress=progress,
            )
            done.notes += (*looking.notes, *looking.seeding.leftovers(), *(performance.notes if performance else ()))
            done.findings = tuple(filter(wishes.wanted, done.findings))
            verified.append(done)
        except ServerLostError as error:
            verified.append(error.measured)
            failures.append(f"{project.root}: {error}")
            break
    return VerifyReport(server.version, tuple(verified), tuple(failures))


def _nested(*observers: Observer | None) -> tuple[Observer, ...]:
    return tuple(observer for observer in observers if observer is not None)
