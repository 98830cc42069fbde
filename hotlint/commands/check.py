"""``hotlint check``: judges the plan."""

from __future__ import annotations

import argparse
import sys

from hotlint import api
from hotlint.cli import FAILED, FOUND
from hotlint.commands import arguments
from hotlint.commands.progress import Progress
from hotlint.commands.reports import Destinations
from hotlint.errors import UsageError
from hotlint.finding import Severity
from hotlint.report.excerpt import Sources
from hotlint.report.model import Report, reaches
from hotlint.report.run import CheckRun
from hotlint.run_notes import RunNotes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``hotlint check``."""
    arguments.add_common(parser)
    arguments.add_reports(parser)
    arguments.add_choice_of_rules(parser)
    parser.add_argument("--since", metavar="ID", help="report only on migrations after this one; all are replayed")
    parser.add_argument(
        "--changed-since", metavar="REF", help="report only on files that changed since the Git branch began from REF"
    )
    parser.add_argument(
        "--stdin-filename", metavar="FILE", help="read standard input in place of this file (PATH is - then)"
    )
    arguments.add_baseline(parser)
    arguments.add_fail_on(parser)
    parser.add_argument("--fix", action="store_true", help="write safe fixes into the files, and report what is left")
    parser.add_argument("--unsafe-fixes", action="store_true", help="with --fix or --diff: every fix that can be made")
    parser.add_argument("--diff", action="store_true", help="show as a diff what --fix would do, instead of a report")
    parser.add_argument("--exit-zero", action="store_true", help="exit 0 although there are findings")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    parser.add_argument("--statistics", action="store_true", help="count the findings by rule instead of showing them")
    parser.add_argument("--explain", action="store_true", help="explain each rule that found something")
    parser.add_argument("--watch", action="store_true", help="check again whenever a file changes, until Ctrl-C")
    parser.add_argument("--show-settings", action="store_true", help="show the settings that hold, and where from")
    how_much = parser.add_mutually_exclusive_group()
    how_much.add_argument("-q", "--quiet", action="store_true", help="show findings and nothing else")
    how_much.add_argument(
        "-v", "--verbose", action="store_true", help="tell on standard error what was recognised, read and kept"
    )


def run(options: argparse.Namespace) -> int:
    """Checks, reports, and says by its exit code whether anything at or above ``fail_on`` was found."""
    if options.watch:
        if _reads_stdin(options):
            raise UsageError("--watch watches files, and standard input is none")
        from hotlint.commands.watch import watch

        return watch(options)
    request = request_of(options)
    if options.show_settings:
        from hotlint.commands.settings import show

        return show(request, options)
    return check_once(request, options, RunNotes())


def request_of(options: argparse.Namespace) -> api.Request:
    """What the command line asks for. Raises ``UsageError`` for what cannot go together."""
    buffers: dict[str, str] = {}
    if _reads_stdin(options):
        from hotlint.commands.stdin import read_stdin

        name = options.stdin_filename or "-"
        if [path for path in options.paths if path != "-"]:
            raise UsageError("standard input is checked alone: take the other paths away")
        buffers[name] = "" if options.show_settings else read_stdin()
    return api.request_for(
        list(buffers) or options.paths or None,
        server=options.pg_version,
        config=options.config,
        isolated=options.isolated,
        select=joined(options.select),
        ignore=joined(options.ignore),
        since=options.since,
        buffers=buffers,
        baseline=options.baseline,
        changed_since=options.changed_since,
    )


def _reads_stdin(options: argparse.Namespace) -> bool:
    return options.stdin_filename is not None or "-" in options.paths


def check_once(request: api.Request, options: argparse.Namespace, notes: RunNotes) -> int:
    """One run, reported; ``notes`` are filled."""
    _refuse_contradictions(options)
    destinations = Destinations.of(options) if not options.diff else None
    report = _report(request, options, notes)
    if destinations is None:
        return _diff(options, request, report)
    told: list[str] = []
    if options.fix:
        from hotlint.commands import fixes

        told = fixes.write(request, report, unsafe=options.unsafe_fixes)
        report = _report(request, options, notes)
    if options.verbose:
        from hotlint.commands.verbose import tell

        tell(request, report, notes, sys.stderr, cached=not options.no_cache)
    fail_on = options.fail_on or request.settings.config.fail_on or api.DEFAULT_FAIL_ON
    code = exit_code(report, fail_on, exit_zero=options.exit_zero)
    run = CheckRun(
        Sources(request.buffers),
        fail_on=fail_on,
        exit_code=code,
        fixed=options.fix,
        quiet=options.quiet,
        include_known=options.include_known,
        request=request,
    )
    destinations.write(report, run)
    if options.explain:
        from hotlint.commands.rules import explain

        explain(request, report, options.color)
    _tell(*told)
    return code


def _report(request: api.Request, options: argparse.Namespace, notes: RunNotes) -> Report:
    with Progress(sys.stderr) as progress:
        notes.progress = progress.show
        return api.run_check(request, cache=not options.no_cache, notes=notes)


def _refuse_contradictions(options: argparse.Namespace) -> None:
    if options.unsafe_fixes and not (options.fix or options.diff):
        raise UsageError("--unsafe-fixes says which fixes --fix makes and --diff shows: give one of them too")
    if options.diff and (options.format or options.output):
        raise UsageError("--diff writes a diff and no report: leave out --format and --output")
    if options.fix and _reads_stdin(options):
        raise UsageError("--fix writes files, and standard input is none: --diff shows what it would do")


def _diff(options: argparse.Namespace, request: api.Request, report: Report) -> int:
    from hotlint.commands import fixes

    found, told = fixes.show(request, report, unsafe=options.unsafe_fixes, colour=options.color)
    _tell(told)
    if report.failures:
        _tell(*(f"{failure.where}: {failure.message}" for failure in report.failures))
        return FAILED
    return FOUND if found and not options.exit_zero else 0


def _tell(*sentences: str) -> None:
    for sentence in sentences:
        print(f"hotlint: {sentence}", file=sys.stderr, flush=True)


def exit_code(report: Report, fail_on: Severity, *, exit_zero: bool = False) -> int:
    """2 where anything inside Hotlint failed, else 1 for findings at or above ``fail_on`` unless ``exit_zero``."""
    if report.failures:
        return FAILED
    worst = report.worst()
    return FOUND if worst is not None and reaches(worst, fail_on) and not exit_zero else 0


def joined(lists: list[list[str]] | None) -> tuple[str, ...] | None:
    """The names of an option that may be given several times."""
    return None if lists is None else tuple(name for names in lists for name in names)
