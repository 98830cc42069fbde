"""``hotlint rules``: lists the rules, or explains one."""

from __future__ import annotations

import argparse
import sys

from hotlint.api import Request
from hotlint.commands.output import write_text
from hotlint.config import settings_for
from hotlint.errors import UsageError, nearest
from hotlint.registry import find_rules
from hotlint.report import rule_pages
from hotlint.report.model import Report
from hotlint.report.terminal import ColourWish, style_for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``hotlint rules``."""
    parser.add_argument("rule", nargs="?", metavar="RULE-ID", help="explain this rule, with its examples")


def run(options: argparse.Namespace) -> int:
    """Every rule with its first line, or everything about the one that is named; those of the configuration too."""
    settings = settings_for(".")
    registry = find_rules([settings.resolve(path) for path in settings.config.rules])
    style = style_for(sys.stdout)
    if options.rule is None:
        rules = [(info, rule_pages.headline(registry.load(info.id))) for info in registry.rules.values()]
        write_text(rule_pages.listing(rules, style))
        return 0
    info = registry.rules.get(options.rule)
    if info is None:
        hint = nearest(options.rule, registry.rules) or "; `hotlint rules` lists them"
        raise UsageError(f'there is no rule "{options.rule}"{hint}')
    write_text(rule_pages.explanation(info, registry.load(info.id), style))
    return 0


def explain(request: Request, report: Report, colour: ColourWish) -> None:
    """Prints what the rules say that found something, each once, in the order of their findings."""
    registry = find_rules([request.settings.resolve(path) for path in request.settings.config.rules])
    style = style_for(sys.stdout, wish=colour)
    found = dict.fromkeys(finding.rule for finding in report.findings)
    parts = []
    for id in found:
        info = registry.rules.get(id)
        if info is not None:
            parts.append("\n" + rule_pages.explanation(info, registry.load(id), style, examples=False))
    write_text("".join(parts))
