"""``hotlint completion``: a script for the shell, made from the parser, so that it knows what the commands take."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from hotlint.commands.output import write_text

SHELLS = ("bash", "zsh", "fish")
_FILES = ("paths", "config", "baseline", "stdin_filename", "report", "pg_bin")
"""Arguments whose values are files or folders, by the name of their value."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``hotlint completion``."""
    parser.add_argument("shell", choices=SHELLS, help="which shell the script is for")
    parser.description = (
        'In ~/.bashrc: eval "$(hotlint completion bash)"; in ~/.zshrc, after compinit: '
        'eval "$(hotlint completion zsh)"; for fish: '
        "hotlint completion fish > ~/.config/fish/completions/hotlint.fish"
    )


def run(options: argparse.Namespace) -> int:
    """Prints the script."""
    import shtab

    from hotlint.cli import parser

    whole = parser()
    for each in _all(whole):
        _say_what_values_are(each)
    write_text(shtab.complete(whole, options.shell).rstrip() + "\n")
    return 0


def _all(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _all(inner)


def _say_what_values_are(parser: argparse.ArgumentParser) -> None:
    """Rule names are offered as they are now, files as files."""
    import shtab

    for action in parser._actions:
        if action.dest in _FILES and action.nargs != 0:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.dest in ("select", "ignore", "rule") and action.choices is None:
            action.choices = _rules(with_categories=action.dest != "rule")


def _rules(*, with_categories: bool) -> list[str]:
    from hotlint.registry import find_rules

    registry = find_rules()
    return [*registry.rules, *(registry.categories if with_categories else ())]
