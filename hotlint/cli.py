"""The command line: arguments only. A command's work is imported when the command is chosen."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn, TextIO

from hotlint import __version__

FOUND, FAILED, INTERRUPTED = 1, 2, 130
"""Exit codes beside 0: findings at or above ``fail_on``; usage, configuration or internal failure; Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit code; what the user did wrong is one line on standard error."""
    _prepare_output()
    # Plans are made of many objects without cycles: looking for garbage among them takes a tenth of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _run(parser().parse_args(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget(sys.stdout)
        return FAILED
    except SystemExit as end:  # argparse: --help, --version and usage errors
        return end.code if isinstance(end.code, int) else FAILED
    finally:
        if collecting:
            gc.enable()


def _run(options: argparse.Namespace) -> int:
    from hotlint.errors import HotlintError

    _import_msgspec()
    try:
        if not _has_working_directory():
            raise HotlintError("the working directory is not there any more")
        run: Callable[[argparse.Namespace], int] = import_module(options.module).run
        return run(options)
    except HotlintError as error:
        _complain(f"hotlint: error: {error}")
        _forget_unwritten()
        return FAILED
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        _tell_defect(error)
        return FAILED


def _import_msgspec() -> None:
    """Without ``typing_extensions``, which msgspec takes where it is installed: it brings ``inspect`` and ``ast`` with
    it and costs as much as a small check, for what ``typing`` has too. In a program of its own that is safe to do."""
    if "msgspec" in sys.modules or "typing_extensions" in sys.modules:
        return
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules["typing_extensions"]


def _has_working_directory() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def _tell_defect(error: Exception) -> None:
    """Says in one line what broke; the traceback only where the user asks for it, to send it to us."""
    if os.environ.get("HOTLINT_TRACEBACK"):
        import traceback

        traceback.print_exc()
        return
    what = f"{type(error).__name__}: {error}".splitlines()[0]
    _complain(f"hotlint: internal error: {what}")
    _complain("Please report it with the output of the same command under HOTLINT_TRACEBACK=1.")


def _complain(line: str) -> None:
    """A line on standard error; where that is full too, the exit code must do, and nothing is left to be written when
    the interpreter ends (it would end with 120)."""
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        _forget(sys.stderr)


def _prepare_output() -> None:
    """Characters that a terminal's encoding lacks are shown as escapes instead of ending the run; a stream that is
    closed (``>&-``) takes everything and shows nothing, so that the exit code still tells."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _forget_unwritten() -> None:
    """What standard output did not take is not tried again when Python ends."""
    try:
        sys.stdout.flush()
    except OSError:
        _forget(sys.stdout)


def _forget(stream: TextIO) -> None:
    """Nobody reads the stream any more: keep Python from complaining when it flushes at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):  # it is no file, as under a test runner
        return


class _Parser(argparse.ArgumentParser):
    """Usage errors look like all others."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        _complain(f"hotlint: error: {message}")
        raise SystemExit(FAILED)


def parser() -> argparse.ArgumentParser:
    """The parser with all commands."""
    top = _Parser(
        prog="hotlint",
        description="Tells what a database migration will lock, rewrite, scan, lose and break, before it runs.",
        epilog="Exit code: 0 clean, 1 findings at or above --fail-on, 2 usage, configuration or internal failure.",
    )
    top.add_argument("--version", action="version", version=f"hotlint {__version__}")
    commands = top.add_subparsers(
        prog="hotlint", title="commands", metavar="COMMAND", required=True, parser_class=_Parser
    )
    _add_check(commands.add_parser("check", help="tell what is wrong with migrations", allow_abbrev=False))
    _add_plan(commands.add_parser("plan", help="show what each statement locks and for how long", allow_abbrev=False))
    _add_verify(commands.add_parser("verify", help="run migrations on a scratch server", allow_abbrev=False))
    _add_rules(commands.add_parser("rules", help="list the rules, or explain one", allow_abbrev=False))
    _add_config(commands.add_parser("config", help="about the configuration", allow_abbrev=False))
    return top


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="folders or files; nothing: the configured or usual folders"
    )
    parser.add_argument(
        "--pg-version", type=_major, metavar="N", help="PostgreSQL's major version, 12 to 18 (default 15)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")
    parser.add_argument(
        "--config", metavar="FILE", help="this configuration instead of the one found upwards from the path"
    )
    parser.add_argument("--isolated", action="store_true", help="without any configuration file")
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="default: on a terminal only"
    )


def _add_check(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument(
        "--select", action="append", type=_names, metavar="RULE,…", help="only these rules or categories"
    )
    parser.add_argument(
        "--ignore", action="append", type=_names, metavar="RULE,…", help="without these rules or categories"
    )
    parser.add_argument("--since", metavar="ID", help="report only on migrations after this one; all are replayed")
    parser.add_argument(
        "--fail-on", choices=("error", "warning", "info"), help="exit 1 from this severity on (default: warning)"
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit 0 although there are findings")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    parser.set_defaults(module="hotlint.commands.check")


def _add_plan(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument("--summary", action="store_true", help="only what was recognised, with totals")
    parser.add_argument("--migration", metavar="ID", help="show only this migration")
    parser.add_argument("--down", action="store_true", help="show the down scripts, newest first")
    parser.add_argument("--last", type=_count, metavar="N", help="show only the newest N migrations")
    parser.set_defaults(module="hotlint.commands.plan")


def _add_verify(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument(
        "--database-url", metavar="URL", help="make the scratch database on this server instead of one of our own"
    )
    parser.add_argument("--pg-bin", metavar="DIR", help="start a scratch server with the binaries in this folder")
    parser.add_argument("--migration", metavar="ID", help="report only on this migration; those before are run")
    parser.add_argument("--last", type=_count, metavar="N", help="report only on the newest N migrations")
    parser.add_argument("--rows", type=_number, metavar="N", help="fill tables with N rows before each migration")
    parser.add_argument("--seed", type=_number, metavar="N", help="other rows for another number (default 0)")
    parser.add_argument(
        "--round-trip", metavar="all|last|none|ID", help="run down scripts, and up again, and compare (default: all)"
    )
    parser.add_argument("--keep-going", action="store_true", help="run what follows a migration that fails")
    parser.add_argument("--report", metavar="FILE", help="also write one self-contained HTML page with the timelines")
    parser.add_argument(
        "--fail-on", choices=("error", "warning", "info"), help="exit 1 from this severity on (default: warning)"
    )
    parser.set_defaults(module="hotlint.commands.verify")


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", nargs="?", metavar="RULE-ID", help="explain this rule, with its examples")
    parser.set_defaults(module="hotlint.commands.rules")


def _add_config(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)
    what.add_parser("schema", help="print the JSON Schema of hotlint.yaml and [tool.hotlint]", allow_abbrev=False)
    parser.set_defaults(module="hotlint.commands.config")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _major(text: str) -> int:
    """``16``, ``16.4`` or ``postgres-16``."""
    from hotlint.server import MAX_MAJOR, MIN_MAJOR

    number = text.removeprefix("postgres-").partition(".")[0]
    if not number.isdecimal() or not MIN_MAJOR <= int(number) <= MAX_MAJOR:
        raise argparse.ArgumentTypeError(f"{text!r} is not a PostgreSQL version from {MIN_MAJOR} to {MAX_MAJOR}")
    return int(number)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of migrations")
    return int(text)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
