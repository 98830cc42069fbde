"""A line that shows how far the work is, on a terminal and only where it takes a while."""

from __future__ import annotations

import time
from collections.abc import Callable

DELAY = 1.0
"""Seconds that work may take before anything is shown."""
_PAUSE = 0.1
"""Seconds between two states of the line."""
_WIDTH = 30
_NAME = 40


class Progress:
    """A bar on a terminal, and nothing anywhere else; it is gone when the work is done."""

    def __init__(self, stream: object, delay: float = DELAY) -> None:
        self._stream = stream
        isatty: Callable[[], bool] = getattr(stream, "isatty", lambda: False)
        self._on_terminal = isatty()
        self._next = time.monotonic() + delay
        self._shown = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._put("\r\x1b[K")
            self._shown = False

    def show(self, done: int, total: int, name: str) -> None:
        """Shows that ``done`` of ``total`` is done, and what comes next."""
        if not self._on_terminal or (now := time.monotonic()) < self._next:
            return
        from hotlint.report.terminal import plain

        self._next = now + _PAUSE
        self._shown = True
        full = round(_WIDTH * done / total) if total else _WIDTH
        self._put(f"\r\x1b[K{'█' * full}{'·' * (_WIDTH - full)} {done}/{total} {plain(name)[:_NAME]}")

    def _put(self, text: str) -> None:
        write, flush = getattr(self._stream, "write", None), getattr(self._stream, "flush", None)
        if write is not None and flush is not None:
            write(text)
            flush()
