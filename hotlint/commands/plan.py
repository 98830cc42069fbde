"""``hotlint plan``: prints the plan."""

from __future__ import annotations

import argparse
import sys

from hotlint import api
from hotlint.commands import arguments
from hotlint.commands.output import write_json, write_text
from hotlint.commands.progress import Progress
from hotlint.errors import UsageError
from hotlint.report import plan_json, plan_text
from hotlint.report.terminal import style_for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``hotlint plan``."""
    arguments.add_common(parser)
    arguments.add_text_or_json(parser)
    parser.add_argument("--summary", action="store_true", help="only what was recognised, with totals")
    parser.add_argument("--migration", metavar="ID", help="show only this migration")
    parser.add_argument("--down", action="store_true", help="show the down scripts, newest first")
    parser.add_argument("--last", type=arguments.count, metavar="N", help="show only the newest N migrations")


def run(options: argparse.Namespace) -> int:
    """Replays everything and shows what was asked for. A plan never fails for what stands in the files."""
    if options.migration is not None and options.last is not None:
        raise UsageError("--migration and --last exclude each other")
    with Progress(sys.stderr) as progress:
        plans = api.plan(
            options.paths or None,
            server=options.pg_version,
            config=options.config,
            isolated=options.isolated,
            down=options.down,
            progress=progress.show,
        )
    report = plans.choose(migration=options.migration, down=options.down, last=options.last)
    if options.format == "json":
        write_json(plan_json.render(report))
        return 0
    style = style_for(sys.stdout, wish=options.color)
    render = plan_text.render_summary if options.summary else plan_text.render
    write_text(render(report, style))
    return 0
