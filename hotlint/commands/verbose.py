"""``--verbose``: where everything came from and how long it took, on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from hotlint.api import Request
from hotlint.report.model import ProjectSummary, Report
from hotlint.run_notes import RunNotes


def tell(request: Request, report: Report, notes: RunNotes, stream: TextIO, *, cached: bool) -> None:
    """Writes one line for each thing that there is to know; ``cached``: whether the cache may be used."""
    for line in _lines(request, report, notes, cached=cached and request.settings.config.cache is not False):
        stream.write(f"hotlint: {line}\n")
    stream.flush()


def _lines(request: Request, report: Report, notes: RunNotes, *, cached: bool) -> Iterator[str]:
    yield f"configuration: {request.settings.path or 'none, the defaults hold'}"
    said = "nobody said, so this is assumed" if report.assumed else "as said"
    yield f"server: PostgreSQL {report.server.major} ({said})"
    if request.changes is not None:
        changes = request.changes
        yield f"since {changes.revision}: {len(changes.paths)} files changed, {len(changes.deleted)} deleted"
    how = {project.root: project for project in notes.projects}
    for summary in report.projects:
        line = f"{summary.root}: {_recognised(summary)}"
        if (project := how.get(summary.root)) is not None:
            resumed = f", {project.resumed} migrations from the cache" if project.resumed else ""
            line += f", checked in {project.seconds * 1000:.0f} ms{resumed}"
        yield line
    if report.baseline is not None:
        state = report.baseline
        yield f"baseline: {state.path}, {len(state.known)} findings known, {len(state.gone)} entries gone"
    elif request.baseline is None:
        yield "baseline: none"
    if not cached:
        yield "cache: not used"
        return
    looked_at = f"{len(notes.files)} files in {len(notes.folders)} folders looked at"
    if notes.from_cache:
        yield f"cache: nothing changed since the last run ({looked_at})"
    else:
        yield f"cache: not known yet ({looked_at})"


def _recognised(summary: ProjectSummary) -> str:
    newest = f", the newest {summary.newest}" if summary.newest else ""
    return f"{summary.framework} for {summary.dialect}, {summary.migrations} migrations{newest}"
