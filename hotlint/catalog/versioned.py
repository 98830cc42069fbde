"""A map that remembers: reading it as of any earlier moment costs a look-up, and keeping moments costs nothing.

A plan has a catalog before and after every step. Copying a dictionary per step would cost the square of the history, so
the catalog keeps one current dictionary and, per changed key, the values that it had before.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_ABSENT = object()  # was there and was deleted
_UNSEEN = object()  # never set

Journal = list[tuple[int, "VersionedMap[Any, Any]", Any]]
"""Every change of the maps of a catalog, in order: (moment, map, key)."""


class VersionedMap(Generic[K, V]):
    """A dictionary with a history. ``clock`` is a one-element list shared by all maps of a catalog: the present moment.

    A child (``base`` given) starts from a moment of its parent and never changes it.
    """

    __slots__ = ("_base", "_base_moment", "_now", "_past", "clock", "journal")

    def __init__(
        self, clock: list[int], journal: Journal, base: VersionedMap[K, V] | None = None, base_moment: int = 0
    ) -> None:
        self._now: dict[K, V | object] = {}
        self._past: dict[K, list[tuple[int, V | object]]] = {}  # (moment of the change, value until then)
        self.clock = clock
        self.journal = journal
        self._base = base
        self._base_moment = base_moment

    def get(self, key: K, moment: int | None = None) -> V | None:
        """The value at ``moment`` (now, if None), or None."""
        if moment is not None:
            past = self._past.get(key)
            if past is not None and past[-1][0] > moment:
                value = past[bisect_left(past, moment + 1, key=_moment)][1]
            else:
                value = self._now.get(key, _UNSEEN)
        else:
            value = self._now.get(key, _UNSEEN)
        if value is _UNSEEN:
            return self._base.get(key, self._base_moment) if self._base is not None else None
        return None if value is _ABSENT else value  # type: ignore[return-value]

    def _state(self, key: K, moment: int | None = None) -> V | object:
        past = self._past.get(key) if moment is not None else None
        if past is not None and moment is not None and past[-1][0] > moment:
            value = past[bisect_left(past, moment + 1, key=_moment)][1]
        else:
            value = self._now.get(key, _UNSEEN)
        if value is _UNSEEN and self._base is not None:
            return self._base._state(key, self._base_moment)
        return value

    def set(self, key: K, value: V) -> None:
        self._change(key, value)

    def delete(self, key: K) -> None:
        """Removes the key; ``deleted`` is true of it from now on, also if it was never there."""
        self._change(key, _ABSENT)

    def deleted(self, key: K, moment: int | None = None) -> bool:
        """Whether the key was deleted, and not set since, at ``moment`` (now, if None): it is surely not there, even
        where much is unknown."""
        return self._state(key, moment) is _ABSENT

    def changed_at(self, key: K, moment: int | None = None) -> int:
        """The moment at which the key was last set or deleted, up to ``moment``; -1 if never."""
        past = self._past.get(key)
        if past:
            last = len(past) if moment is None else bisect_left(past, moment + 1, key=_moment)
            if last:
                return past[last - 1][0]
        return self._base.changed_at(key, self._base_moment) if self._base is not None else -1

    def revert(self, key: K, moment: int) -> None:
        """Sets the key to what it was at ``moment``, as a change of the present moment."""
        self._change(key, self._state(key, moment))

    def before(self, key: K, changes: int) -> V | None:
        """The value that the key had before its last ``changes`` changes."""
        value = self._past[key][-changes][1]
        return None if value is _ABSENT or value is _UNSEEN else value  # type: ignore[return-value]

    def undo(self, key: K) -> None:
        """Takes back the last change of the key, as if it had never been made."""
        past = self._past[key]
        before = past.pop()[1]
        if not past:
            del self._past[key]
        if before is _UNSEEN:
            self._now.pop(key, None)
        else:
            self._now[key] = before

    def _change(self, key: K, value: V | object) -> None:
        before = self._now.get(key, _UNSEEN) if self._base is None else self._state(key)
        past = self._past.get(key)
        moment = self.clock[0]
        if past is None:
            self._past[key] = [(moment, before)]
        else:
            past.append((moment, before))
        self._now[key] = value
        self.journal.append((moment, self, key))

    def items(self, moment: int | None = None) -> Iterator[tuple[K, V]]:
        """All keys and values at ``moment``, in the order in which the keys were first set."""
        for key in list(self._keys()):
            value = self.get(key, moment)
            if value is not None:
                yield key, value

    def present(self) -> list[tuple[K, int, V | None]]:
        """Every key that was ever set or deleted, with the moment of its last change and its value, to ``load``.
        Raises ``ValueError`` for a fork."""
        if self._base is not None:
            raise ValueError("a fork does not know what it inherits")
        return [
            (key, self._past[key][-1][0], None if value is _ABSENT else value)  # type: ignore[misc]
            for key, value in self._now.items()
        ]

    def load(self, entries: Iterable[tuple[K, int, V | None]]) -> None:
        """Fills an empty map with what ``present`` gave; what was before is gone."""
        for key, moment, value in entries:
            self._now[key] = _ABSENT if value is None else value
            self._past[key] = [(moment, _UNSEEN)]

    def _keys(self) -> Iterator[K]:
        if self._base is not None:
            seen: dict[K, None] = dict.fromkeys(self._base._keys())
            yield from seen
            yield from (key for key in self._now if key not in seen)
        else:
            yield from self._now


class Hints(Generic[K]):
    """Who may have to do with a key: sets that only grow, without a history.

    Whoever reads them checks each hint against the record as of the moment in question, so that one set serves all
    moments, and a hub (a table that thousands reference) costs no copies.
    """

    __slots__ = ("_base", "_hints")

    def __init__(self, base: Hints[K] | None = None) -> None:
        self._hints: dict[K, dict[Any, None]] = {}
        self._base = base

    def add(self, key: K, hint: Any) -> None:
        """Adds a hint; one that is there is left alone."""
        held = self._hints.get(key)
        if held is None:
            self._hints[key] = {hint: None}
        else:
            held[hint] = None

    def get(self, key: K) -> list[Any]:
        """The hints in the order in which they came."""
        held = self._hints.get(key)
        own = list(held) if held else []
        if self._base is None:
            return own
        above = self._base.get(key)
        return above + [h for h in own if h not in above] if above else own

    def all(self) -> list[tuple[K, list[Any]]]:
        """Every key with its hints, to ``load``."""
        return [(key, list(held)) for key, held in self._hints.items()]

    def load(self, entries: Iterable[tuple[K, Iterable[Any]]]) -> None:
        """Takes in what ``all`` gave."""
        for key, held in entries:
            self._hints[key] = dict.fromkeys(held)


def changes_since(journal: Journal, moment: int) -> list[tuple[VersionedMap[Any, Any], Any]]:
    """The (map, key) pairs that changed after ``moment``, each once, in the order of their first change."""
    start = bisect_right(journal, moment, key=_moment)
    return list(dict.fromkeys((source, key) for _, source, key in journal[start:]))


def undo_to(journal: Journal, mark: int) -> None:
    """Takes back every change after the first ``mark`` entries of the journal, as if it had never been made."""
    while len(journal) > mark:
        _, source, key = journal.pop()
        source.undo(key)


def _moment(entry: tuple[Any, ...]) -> int:
    return entry[0]  # type: ignore[no-any-return]
