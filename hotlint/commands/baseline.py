"""``hotlint baseline``: accepts the findings that are there, so that ``check`` tells only new ones."""

from __future__ import annotations

import argparse
import os
import sys

from hotlint import api
from hotlint.baseline import encoded, entry_of, match, read_baseline
from hotlint.commands import arguments
from hotlint.commands.output import write_file, write_text
from hotlint.commands.progress import Progress
from hotlint.errors import HotlintError
from hotlint.report.model import BaselineEntry, Report
from hotlint.report.text import plural
from hotlint.run_notes import RunNotes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``hotlint baseline``."""
    arguments.add_places(parser)
    parser.add_argument(
        "--baseline", metavar="FILE", help="the file to write (default: the configured one, or hotlint-baseline.jsonl)"
    )
    parser.add_argument(
        "--prune", action="store_true", help="only take out what is not found any more, and accept nothing new"
    )
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")


def run(options: argparse.Namespace) -> int:
    """Writes the file and says what changed in it. What the run did not look at stays as it is."""
    request = api.request_for(
        options.paths or None,
        server=options.pg_version,
        config=options.config,
        isolated=options.isolated,
        baseline=False,
    )
    path = options.baseline or api.baseline_path(request.settings)
    before = read_baseline(path) if os.path.lexists(path) or options.prune else []
    with Progress(sys.stderr) as progress:
        report = api.run_check(request, cache=not options.no_cache, notes=RunNotes(progress.show))
    if report.failures:
        failure = report.failures[0]
        raise HotlintError(f"nothing was written, since the check failed in {failure.where}: {failure.message}")
    after, told = _renewed(request, report, before, prune=options.prune)
    if not after and not os.path.lexists(path):
        write_text("Nothing was found, so there is nothing to accept: no baseline is needed.\n")
        return 0
    write_file(path, encoded(path, after))
    write_text(f"{path}: {plural(len(after), 'finding')} ({told}).\n{_next(path, options, request)}")
    return 0


def _renewed(
    request: api.Request, report: Report, before: list[BaselineEntry], *, prune: bool
) -> tuple[list[BaselineEntry], str]:
    """The entries to write, and what changed in words."""
    known, left = match(report.findings, before)
    out_of_sight = [entry for entry in left if not api.looked_at(request, entry.path)]
    kept = [entry_of(finding) for at, finding in enumerate(report.findings) if at in known]
    new = [] if prune else [entry_of(finding) for at, finding in enumerate(report.findings) if at not in known]
    gone = len(left) - len(out_of_sight)
    told = f"{len(new):,} new, {gone:,} gone" if before or prune else "written for the first time"
    return [*kept, *new, *out_of_sight], told


def _next(path: str, options: argparse.Namespace, request: api.Request) -> str:
    """What to do with the file."""
    if options.baseline is not None and path != api.baseline_path(request.settings):
        return f"Name it in the configuration (findings_baseline) or with `hotlint check --baseline {path}`.\n"
    return "Commit it: `hotlint check` reads it by itself and tells only what is new.\n"
