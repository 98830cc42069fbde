"""A map that remembers: reading it as of any earlier moment costs a look-up, and keeping moments costs nothing.

A plan has a catalog before and after every step. Copying a dictionary per step would cost the square of the history, so
the catalog keeps one current dictionary and, per changed key, the values that it had before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_ABSENT = object()


class VersionedMap(Generic[K, V]):
    """A dictionary with a history. ``clock`` is a one-element list shared by all maps of a catalog: the present moment.

    A child (``fork``) starts from a moment of its parent and never changes it.
    """

    __slots__ = ("_base", "_base_moment", "_now", "_past", "clock")

    def __init__(self, clock: list[int], base: VersionedMap[K, V] | None = None, base_moment: int = 0) -> None:
        self._now: dict[K, V | object] = {}
        self._past: dict[K, list[tuple[int, V | object]]] = {}  # (moment of the change, value until then)
        self.clock = clock
        self._base = base
        self._base_moment = base_moment

    def get(self, key: K, moment: int | None = None) -> V | None:
        """The value at ``moment`` (now, if None), or None."""
        if moment is not None:
            past = self._past.get(key)
            if past is not None and past[-1][0] > moment:
                value = past[bisect_left(past, moment + 1, key=_moment)][1]
                return None if value is _ABSENT else value  # type: ignore[return-value]
        value = self._now.get(key)
        if value is None:
            return self._base.get(key, self._base_moment) if self._base is not None else None
        return None if value is _ABSENT else value  # type: ignore[return-value]

    def set(self, key: K, value: V) -> None:
        self._change(key, value)

    def delete(self, key: K) -> None:
        """Removes the key; a key that is not there is left alone."""
        if self.get(key) is not None:
            self._change(key, _ABSENT)

    def _change(self, key: K, value: V | object) -> None:
        before = self.get(key)
        self._past.setdefault(key, []).append((self.clock[0], _ABSENT if before is None else before))
        self._now[key] = value

    def items(self, moment: int | None = None) -> Iterator[tuple[K, V]]:
        """All keys and values at ``moment``, in the order in which the keys were first set."""
        for key in self._keys():
            value = self.get(key, moment)
            if value is not None:
                yield key, value

    def changed_since(self, moment: int) -> set[K]:
        """Keys whose value was set or deleted after ``moment``; for a fork, since it was made."""
        return {key for key, past in self._past.items() if past[-1][0] > moment}

    def _keys(self) -> Iterator[K]:
        if self._base is not None:
            seen: set[K] = set()
            for key in self._base._keys():
                seen.add(key)
                yield key
            yield from (key for key in self._now if key not in seen)
        else:
            yield from self._now

    def fork(self, clock: list[int], moment: int) -> VersionedMap[K, V]:
        """A child that starts from this map's state at ``moment``."""
        return VersionedMap(clock, self, moment)


def _moment(entry: tuple[int, object]) -> int:
    return entry[0]
