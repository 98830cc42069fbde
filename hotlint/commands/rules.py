"""``hotlint rules``: lists the rules, or explains one."""

from __future__ import annotations

import argparse
import sys

from hotlint.commands.output import write_text
from hotlint.config import settings_for
from hotlint.errors import UsageError, nearest
from hotlint.registry import find_rules
from hotlint.report import rule_pages
from hotlint.report.terminal import style_for


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
        raise UsageError(f'there is no rule "{options.rule}"{nearest(options.rule, registry.rules)}')
    write_text(rule_pages.explanation(info, registry.load(info.id), style))
    return 0
