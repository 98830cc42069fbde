"""``hotlint check``: judges the plan."""

from __future__ import annotations

import argparse
import sys

from hotlint import api
from hotlint.cli import FAILED, FOUND
from hotlint.commands import arguments
from hotlint.commands.reports import Destinations
from hotlint.errors import UsageError
from hotlint.finding import Severity
from hotlint.report.excerpt import Sources
from hotlint.report.model import Report, reaches
from hotlint.report.run import CheckRun


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``hotlint check``."""
    arguments.add_common(parser)
    arguments.add_reports(parser)
    parser.add_argument(
        "--select", action="append", type=arguments.names, metavar="RULE,…", help="only these rules or categories"
    )
    parser.add_argument(
        "--ignore", action="append", type=arguments.names, metavar="RULE,…", help="without these rules or categories"
    )
    parser.add_argument("--since", metavar="ID", help="report only on migrations after this one; all are replayed")
    arguments.add_fail_on(parser)
    parser.add_argument("--fix", action="store_true", help="write safe fixes into the files, and report what is left")
    parser.add_argument("--unsafe-fixes", action="store_true", help="with --fix or --diff: every fix that can be made")
    parser.add_argument("--diff", action="store_true", help="show as a diff what --fix would do, instead of a report")
    parser.add_argument("--exit-zero", action="store_true", help="exit 0 although there are findings")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")


def run(options: argparse.Namespace) -> int:
    """Checks, reports, and says by its exit code whether anything at or above ``fail_on`` was found."""
    request = api.request_for(
        options.paths or None,
        server=options.pg_version,
        config=options.config,
        isolated=options.isolated,
        select=_joined(options.select),
        ignore=_joined(options.ignore),
        since=options.since,
    )
    _refuse_contradictions(options)
    destinations = Destinations.of(options) if not options.diff else None
    report = api.run_check(request, cache=not options.no_cache)
    if destinations is None:
        return _diff(options, request, report)
    told: list[str] = []
    if options.fix:
        from hotlint.commands import fixes

        told = fixes.write(request, report, unsafe=options.unsafe_fixes)
        report = api.run_check(request, cache=not options.no_cache)
    fail_on = options.fail_on or request.settings.config.fail_on or api.DEFAULT_FAIL_ON
    code = exit_code(report, fail_on, exit_zero=options.exit_zero)
    destinations.write(report, CheckRun(Sources(request.buffers), exit_code=code, fixed=options.fix))
    _tell(*told)
    return code


def _refuse_contradictions(options: argparse.Namespace) -> None:
    if options.unsafe_fixes and not (options.fix or options.diff):
        raise UsageError("--unsafe-fixes says which fixes --fix makes and --diff shows: give one of them too")
    if options.diff and (options.format or options.output):
        raise UsageError("--diff writes a diff and no report: leave out --format and --output")


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


def _joined(lists: list[list[str]] | None) -> tuple[str, ...] | None:
    return None if lists is None else tuple(name for names in lists for name in names)
