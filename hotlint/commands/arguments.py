"""Arguments that several commands have, and the types of their values."""

from __future__ import annotations

import argparse


def add_places(parser: argparse.ArgumentParser) -> None:
    """What is read, and under which configuration."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="folders or files; nothing: the configured or usual folders"
    )
    parser.add_argument(
        "--pg-version", type=major, metavar="N", help="PostgreSQL's major version, 12 to 18 (default 15)"
    )
    parser.add_argument(
        "--config", metavar="FILE", help="this configuration instead of the one found upwards from the path"
    )
    parser.add_argument("--isolated", action="store_true", help="without any configuration file")


def add_common(parser: argparse.ArgumentParser) -> None:
    """What every command takes that reads migrations and writes a report."""
    add_places(parser)
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="default: on a terminal only"
    )


def add_text_or_json(parser: argparse.ArgumentParser) -> None:
    """How the one report is written that a command makes."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")


def add_reports(parser: argparse.ArgumentParser) -> None:
    """In which formats findings are written, and where to."""
    from hotlint.report.formats import FORMATS

    parser.add_argument(
        "--format", choices=FORMATS, help="on standard output (default: what fits the CI service it runs in, else text)"
    )
    parser.add_argument(
        "--output",
        action="append",
        type=format_and_file,
        metavar="FORMAT=FILE",
        help="also write a report to a file; as often as you like",
    )
    parser.add_argument(
        "--include-known", action="store_true", help="in SARIF also what the baseline has, as unchanged"
    )


def add_fail_on(parser: argparse.ArgumentParser) -> None:
    """From which severity on findings make the exit code 1."""
    parser.add_argument(
        "--fail-on", choices=("error", "warning", "info"), help="exit 1 from this severity on (default: warning)"
    )


def add_choice_of_rules(parser: argparse.ArgumentParser) -> None:
    """Which rules are asked."""
    parser.add_argument(
        "--select", action="append", type=names, metavar="RULE,…", help="only these rules or categories"
    )
    parser.add_argument(
        "--ignore", action="append", type=names, metavar="RULE,…", help="without these rules or categories"
    )


def add_baseline(parser: argparse.ArgumentParser) -> None:
    """Which findings were accepted once; the value is a path, False for none, None where nothing is said."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--baseline", metavar="FILE", help="leave out the findings in this file (default: hotlint-baseline.jsonl)"
    )
    which.add_argument(
        "--no-baseline", dest="baseline", action="store_const", const=False, help="show those findings too"
    )


def names(text: str) -> list[str]:
    """Names between commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def format_and_file(text: str) -> tuple[str, str]:
    """``sarif=hotlint.sarif``."""
    from hotlint.errors import nearest
    from hotlint.report.formats import FORMATS

    name, equals, path = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not FORMAT=FILE, such as json=hotlint.json")
    if name not in FORMATS:
        hint = nearest(name, FORMATS) or f": there are {', '.join(FORMATS)}"
        raise argparse.ArgumentTypeError(f'there is no format "{name}"{hint}')
    if path in ("", "-"):
        raise argparse.ArgumentTypeError(f"{text!r} names no file (standard output is what --format is for)")
    return name, path


def major(text: str) -> int:
    """``16``, ``16.4`` or ``postgres-16``."""
    from hotlint.server import MAX_MAJOR, MIN_MAJOR

    number = text.removeprefix("postgres-").partition(".")[0]
    if not number.isdecimal() or not MIN_MAJOR <= int(number) <= MAX_MAJOR:
        raise argparse.ArgumentTypeError(f"{text!r} is not a PostgreSQL version from {MIN_MAJOR} to {MAX_MAJOR}")
    return int(number)


def count(text: str) -> int:
    """How many migrations."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of migrations")
    return int(text)


def number(text: str) -> int:
    """A whole number from 0 on."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)
