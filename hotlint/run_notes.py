"""What there is to tell about a run beside its result: for ``--verbose``, ``--watch`` and the line of progress."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

Progress = Callable[[int, int, str], None]
"""Told how much is done, of how much, and what comes next."""


def no_progress(done: int, total: int, name: str) -> None:
    """Nobody wants to know."""


class ProjectNotes(msgspec.Struct, frozen=True, gc=False):
    """How the project at ``root`` was checked: in how many ``seconds``, and how many of its migrations' effects came
    from the cache (``resumed``)."""

    root: str
    seconds: float
    resumed: int


class RunNotes(msgspec.Struct):
    """Filled by the run that it is given to.

    ``folders`` and ``files`` are all that the result was made from, there or not. ``from_cache`` tells that the whole
    result was known. ``progress`` is called meanwhile.
    """

    progress: Progress = no_progress
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    from_cache: bool = False
    projects: list[ProjectNotes] = []
