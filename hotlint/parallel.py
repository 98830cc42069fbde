"""Independent jobs in several processes, where the system can fork and there is enough to do.

Each process takes the next job from a pipe as soon as it is free, this one too. What a child did not deliver, for
whatever reason, is done here: a child that dies costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

T = TypeVar("T")

MOST = 8
"""Processes that are worth their start; histories of one repository are seldom more."""
_MOST_JOBS = 2_000  # their numbers must fit into a pipe at once
_WORD = 2


def processors() -> int:
    """How many processes may run at once; 1 where this process cannot be forked safely."""
    threading = sys.modules.get("threading")
    if not hasattr(os, "fork") or (threading is not None and threading.active_count() > 1):
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(order: Sequence[int], work: Callable[[int], T], kind: type[T], processes: int) -> dict[int, T]:
    """``work`` of each number in ``order`` (the longest job first), by number, in so many processes.

    What ``work`` raises here is raised; a job that fails in a child is tried again here. ``kind`` is the struct that
    ``work`` returns.
    """
    count = min(processes, MOST, len(order))
    if count < 2 or len(order) > _MOST_JOBS:
        return {job: work(job) for job in order}
    queue, filling = os.pipe()
    os.write(filling, b"".join(job.to_bytes(_WORD, "big") for job in order))
    os.close(filling)
    children: list[tuple[int, int]] = []  # process, pipe that its results come from
    done: dict[int, T] = {}
    try:
        for _ in range(count - 1):
            children.append(_fork(queue, work))
        for job in _jobs(queue):
            done[job] = work(job)
        for _, results in children:
            done.update(_delivered(results, kind))
    finally:
        os.close(queue)
        _end(children)
    return {job: done[job] if job in done else work(job) for job in order}


def _jobs(queue: int) -> Iterator[int]:
    """The jobs that nobody has taken yet; a job goes to one process only."""
    while len(word := os.read(queue, _WORD)) == _WORD:
        yield int.from_bytes(word, "big")


def _fork(queue: int, work: Callable[[int], T]) -> tuple[int, int]:
    """Starts a child that works and delivers when no job is left."""
    results, delivery = os.pipe()
    process = os.fork()
    if process:
        os.close(delivery)
        return process, results
    status = 1
    try:
        done: dict[int, T] = {}
        for job in _jobs(queue):
            with contextlib.suppress(Exception):  # the parent tries it again, and tells what is wrong
                done[job] = work(job)
        with os.fdopen(delivery, "wb") as pipe:
            pipe.write(msgspec.msgpack.encode(done))
        status = 0
    finally:  # nothing of the parent's may run here: no handler, no buffer that is written twice
        os._exit(status)


def _delivered(results: int, kind: type[T]) -> dict[int, T]:
    """What a child did: nothing, where it ended early."""
    with os.fdopen(results, "rb", closefd=False) as pipe:
        data = pipe.read()
    try:
        return msgspec.msgpack.decode(data, type=dict[int, kind])  # type: ignore[valid-type]
    except msgspec.DecodeError:
        return {}


def _end(children: list[tuple[int, int]]) -> None:
    """Waits for the children; those that still work, since this process was interrupted, are told to stop."""
    from signal import SIGTERM

    for process, results in children:
        os.close(results)
        with contextlib.suppress(OSError):
            os.kill(process, SIGTERM)
    for process, _ in children:
        with contextlib.suppress(OSError):
            os.waitpid(process, 0)
