"""``hotlint check``: judges the plan."""

from __future__ import annotations

import argparse

from hotlint import api
from hotlint.cli import FAILED, FOUND
from hotlint.commands import arguments
from hotlint.commands.reports import Destinations
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
    destinations = Destinations.of(options)
    report = api.run_check(request, cache=not options.no_cache)
    fail_on = options.fail_on or request.settings.config.fail_on or api.DEFAULT_FAIL_ON
    code = exit_code(report, fail_on, exit_zero=options.exit_zero)
    destinations.write(report, CheckRun(Sources(request.buffers), exit_code=code))
    return code


def exit_code(report: Report, fail_on: Severity, *, exit_zero: bool = False) -> int:
    """2 where anything inside Hotlint failed, else 1 for findings at or above ``fail_on`` unless ``exit_zero``."""
    if report.failures:
        return FAILED
    worst = report.worst()
    return FOUND if worst is not None and reaches(worst, fail_on) and not exit_zero else 0


def _joined(lists: list[list[str]] | None) -> tuple[str, ...] | None:
    return None if lists is None else tuple(name for names in lists for name in names)
