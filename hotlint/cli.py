"""The command line: which command is meant, and how it ends. A command's module is imported when it is chosen."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Collection, Sequence
from importlib import import_module
from typing import Any, NoReturn, TextIO

from hotlint import __version__

FOUND, FAILED, INTERRUPTED = 1, 2, 130
"""Exit codes beside 0: findings at or above ``fail_on``; usage, configuration or internal failure; Ctrl-C."""


COMMANDS = {
    "init": "set Hotlint up in a repository",
    "check": "tell what is wrong with migrations",
    "plan": "show what each statement locks and for how long",
    "baseline": "accept the findings that are there, so that only new ones are told",
    "verify": "run migrations on a scratch server",
    "rules": "list the rules, or explain one",
    "config": "about the configuration",
    "server": "serve an editor (language server)",
    "completion": "print the completion script of a shell",
}
"""The commands with what they are for. Each is a module of ``hotlint.commands`` with ``add_arguments`` and ``run``."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit code; what the user did wrong is one line on standard error."""
    _prepare_output()
    # Plans are made of many objects without cycles: looking for garbage among them takes a tenth of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget(sys.stdout)
        return FAILED
    except SystemExit as end:  # argparse: --help, --version and usage errors
        return end.code if isinstance(end.code, int) else FAILED
    finally:
        if arguments is None:
            gc.freeze()  # the process ends now, and Python need not look through what it leaves
        elif collecting:
            gc.enable()


def _run(arguments: list[str]) -> int:
    from hotlint.errors import HotlintError

    chosen = next((argument for argument in arguments if not argument.startswith("-")), None)
    try:
        if chosen in COMMANDS:
            if not _has_working_directory():
                raise HotlintError("the working directory is not there any more: change to another one")
            _import_msgspec()
        options = parser([chosen] if chosen else []).parse_args(arguments)
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except HotlintError as error:
        complain(f"hotlint: error: {error}")
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
    complain(f"hotlint: internal error: {what}")
    complain("Please report it with the output of the same command under HOTLINT_TRACEBACK=1.")


def complain(line: str) -> None:
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


class _Formatter(argparse.HelpFormatter):
    """Asks for the terminal's width without ``shutil``, which imports all kinds of compression: argparse makes a
    formatter for each option, whether help is wanted or not."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """``COLUMNS``, else the terminal's width, else 80."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size().columns or 80
    except OSError:  # standard output is no terminal
        return 80


class _Parser(argparse.ArgumentParser):
    """Usage errors look like all others."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Formatter, **options)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        complain(f"hotlint: error: {message}")
        raise SystemExit(FAILED)


def parser(filled: Collection[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """The parser with all commands, of which those that are ``filled`` know their arguments: only their modules are
    imported."""
    top = _Parser(
        prog="hotlint",
        description="Tells what a database migration will lock, rewrite, scan, lose and break, before it runs.",
        epilog="Exit code: 0 clean, 1 findings at or above --fail-on, 2 usage, configuration or internal failure.",
    )
    top.add_argument("--version", action="version", version=f"hotlint {__version__}")
    commands = top.add_subparsers(prog="hotlint", title="commands", metavar="COMMAND", required=True)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, allow_abbrev=False)
        if name in filled:
            module = import_module(f"hotlint.commands.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return top


if __name__ == "__main__":
    sys.exit(main())
