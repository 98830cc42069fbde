"""``hotlint verify``: runs the migrations on a scratch server and reports what they did."""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from hotlint import api
from hotlint.cli import FAILED, FOUND
from hotlint.commands import arguments
from hotlint.commands.output import write_json, write_text
from hotlint.commands.progress import Progress
from hotlint.errors import UsageError
from hotlint.report.model import reaches

if TYPE_CHECKING:
    from hotlint.finding import Severity
    from hotlint.verify.model import VerifyReport
    from hotlint.verify.server import ScratchServer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``hotlint verify``."""
    arguments.add_common(parser)
    arguments.add_text_or_json(parser)
    parser.add_argument(
        "--database-url", metavar="URL", help="make the scratch database on this server instead of one of our own"
    )
    parser.add_argument("--pg-bin", metavar="DIR", help="start a scratch server with the binaries in this folder")
    parser.add_argument("--migration", metavar="ID", help="report only on this migration; those before are run")
    parser.add_argument("--last", type=arguments.count, metavar="N", help="report only on the newest N migrations")
    parser.add_argument(
        "--rows", type=arguments.number, metavar="N", help="fill tables with N rows before each migration"
    )
    parser.add_argument("--seed", type=arguments.number, metavar="N", help="other rows for another number (default 0)")
    parser.add_argument(
        "--round-trip", metavar="all|last|none|ID", help="run down scripts, and up again, and compare (default: all)"
    )
    parser.add_argument("--keep-going", action="store_true", help="run what follows a migration that fails")
    parser.add_argument("--report", metavar="FILE", help="also write one self-contained HTML page with the timelines")
    arguments.add_fail_on(parser)


def run(options: argparse.Namespace) -> int:
    """Verifies, reports, and says by its exit code whether anything at or above ``fail_on`` was found.

    Ctrl-C ends it with everything taken away that was made for it.
    """
    from hotlint.verify.running import verify_projects

    if options.migration is not None and options.last is not None:
        raise UsageError("--migration and --last exclude each other")
    if options.database_url is not None and options.pg_bin is not None:
        raise UsageError("--database-url and --pg-bin exclude each other")
    request = api.request_for(
        options.paths or None,
        server=options.pg_version,
        config=options.config,
        isolated=options.isolated,
    )
    from hotlint.verify.replay import VerifyOptions
    from hotlint.verify.wishes import wishes_of

    wanted = VerifyOptions(
        migration=options.migration,
        last=options.last,
        keep_going=options.keep_going,
        stub_extensions=request.settings.config.verify.stub_extensions,
        extensions=request.settings.config.verify.extensions,
        roles=request.settings.config.verify.roles,
    )
    wishes = wishes_of(request.settings, rows=options.rows, seed=options.seed, round_trip=options.round_trip)
    production = request.settings.config.migration.production_database
    with _server(options, production) as server, Progress(sys.stderr, delay=0) as progress:
        report = verify_projects(request, server, wanted, progress.show, wishes=wishes)
    _write(report, options)
    if options.report is not None:
        _write_page(report, options.report)
    return exit_code(report, options.fail_on or request.settings.config.fail_on or api.DEFAULT_FAIL_ON)


def _server(options: argparse.Namespace, production: str | None) -> AbstractContextManager[ScratchServer]:
    from hotlint.verify.server import database_url, embedded

    if options.database_url is not None:
        return database_url(options.database_url, production_database=production)
    return embedded(options.pg_bin)


def _write(report: VerifyReport, options: argparse.Namespace) -> None:
    if options.format == "json":
        from hotlint.report import verify_json

        write_json(verify_json.render(report))
        return
    from hotlint.report import verify_text
    from hotlint.report.excerpt import Sources
    from hotlint.report.terminal import style_for

    write_text(verify_text.render(report, Sources(), style_for(sys.stdout, wish=options.color)))


def _write_page(report: VerifyReport, path: str) -> None:
    """Writes the page. Raises ``UsageError`` where that is not possible."""
    from hotlint.report.verify_html import render

    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(render(report))
    except OSError as error:
        raise UsageError(f"--report: {path} cannot be written: {error.strerror}") from error


def exit_code(report: VerifyReport, fail_on: Severity) -> int:
    """2 where anything inside Hotlint failed, else 1 for findings at or above ``fail_on``."""
    if report.failures:
        return FAILED
    findings = [finding for project in report.projects for finding in project.findings]
    return FOUND if any(reaches(finding.severity, fail_on) for finding in findings) else 0
