"""The errors that Hotlint tells its user, once, at the edge, without a traceback."""

from __future__ import annotations

from collections.abc import Iterable


class HotlintError(Exception):
    """Something that stops Hotlint or one part of it; ``str()`` is for the user. The command line exits with 2."""

    exit_code = 2


class UsageError(HotlintError):
    """The arguments ask for something that there is not: an unknown rule, a path that does not exist."""


class ConfigError(HotlintError):
    """A configuration that cannot be used. ``line`` and ``column`` are 1-based, None where the whole file is meant."""

    def __init__(self, message: str, path: str, line: int | None = None, column: int | None = None) -> None:
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        where = ":".join(str(part) for part in (path, line, column) if part is not None)
        super().__init__(f"{where}: {message}")


class RuleError(HotlintError):
    """A file that should hold a rule and cannot be used as one. ``source`` is its path or its entry point."""

    def __init__(self, message: str, source: str) -> None:
        self.message = message
        self.source = source
        super().__init__(f"{source}: {message}")


def no_such_path(path: str) -> UsageError:
    """There is nothing at ``path``; the name beside it that is closest is asked about."""
    import os

    folder, name = os.path.split(path)
    try:
        hint = nearest(name, os.listdir(folder or "."))
    except OSError:
        hint = ""
    return UsageError(f"there is no file or folder {path}{hint}")


def nearest(word: str, valid: Iterable[str]) -> str:
    """`` (did you mean "…"?)`` with the valid name closest to ``word``, or nothing where none is close."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(valid), n=1, cutoff=0.6)
    return f' (did you mean "{found[0]}"?)' if found else ""
