"""``hotlint check --watch``: checks again whenever one of the files changes that the last result was made from."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Iterable

from hotlint.api import Request, baseline_path
from hotlint.cli import complain
from hotlint.commands.check import check_once, request_of
from hotlint.config import FILE_NAMES, PYPROJECT
from hotlint.errors import HotlintError
from hotlint.run_notes import RunNotes

_PAUSE = 0.3
"""Seconds between two looks at the files."""
_CLEAR = "\x1b[2J\x1b[3J\x1b[H"

State = dict[str, tuple[int, int, int] | None]
"""What tells a file or folder from what it was: time, size and inode; None where there is nothing."""


def watch(options: argparse.Namespace) -> int:
    """Never returns by itself: Ctrl-C raises ``KeyboardInterrupt``, which ends the program.

    A mistake in a file or in the configuration is told, and the next change is waited for.
    """
    watched: tuple[str, ...] = ()
    while True:
        if sys.stdout.isatty():
            sys.stdout.write(_CLEAR)
        notes = RunNotes()
        before = _state(watched)
        request: Request | None = None
        try:
            request = request_of(options)
            check_once(request, options, notes)
        except HotlintError as error:
            complain(f"hotlint: error: {error}")
        # A mistake leaves nothing to go by, so that what was watched before it still is.
        seen = (*notes.folders, *notes.files)
        watched = tuple(dict.fromkeys((*(seen or watched or ("",)), *_configuration(options, request))))
        began = _state(watched) | {path: state for path, state in before.items() if path in watched}
        complain("Watching for changes; Ctrl-C ends it.")
        gc.collect()
        _wait(began)


def _configuration(options: argparse.Namespace, request: Request | None) -> Iterable[str]:
    """Where the configuration and the baseline are, or could come to be."""
    if options.config is not None:
        yield options.config
    elif not options.isolated:
        yield from (*FILE_NAMES, PYPROJECT)
    if request is not None:
        if request.settings.path is not None:
            yield request.settings.path
        yield from map(request.settings.resolve, request.settings.config.rules)
        yield request.baseline or baseline_path(request.settings)


def _wait(began: State) -> None:
    """Until something differs from ``began`` and two looks in a row say the same: an editor may still be writing."""
    last = began
    while True:
        time.sleep(_PAUSE)
        now = _state(began)
        if now != began and now == last:
            return
        last = now


def _state(paths: Iterable[str]) -> State:
    found: State = {}
    for path in paths:
        try:
            status = os.stat(path or ".")
        except OSError:
            found[path] = None
        else:
            found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found
