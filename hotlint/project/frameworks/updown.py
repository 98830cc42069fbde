"""Names of the golang-migrate kind: ``VERSION_name[.flag…].up.sql`` and ``.down.sql``, with a dialect perhaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from hotlint.project import dialects
from hotlint.project.frameworks.base import Draft, number_of, numbered
from hotlint.project.model import TransactionMode
from hotlint.source import Region, Script

EXPECTED = "VERSION_name.up.sql or VERSION_name.down.sql"
_FLAGS = frozenset({"tx", "autocommit", "notx", "no_tx"})
_GENERATED = frozenset({"schema.sql", "structure.sql"})


class UpDownName(NamedTuple):
    """The parts of such a name."""

    version: str
    rest: str
    direction: Literal["up", "down"]
    flags: frozenset[str]
    dialect: str | None


class Slot:
    """What the files of one version and name are: the best up and the best down file for PostgreSQL."""

    __slots__ = ("down", "rest", "up", "version")

    def __init__(self, version: str, rest: str) -> None:
        self.version = version
        self.rest = rest
        self.up: tuple[str, UpDownName] | None = None
        self.down: tuple[str, UpDownName] | None = None


def parse(name: str, *, loose: bool = False) -> UpDownName | None:
    """The parts of a file's name, or None where it is no such name. ``loose`` takes ``name_up.sql`` too."""
    if loose and name.endswith(("_up.sql", "_down.sql", "-up.sql", "-down.sql")):
        at = max(name.rfind("_"), name.rfind("-"))
        name = f"{name[:at]}.{name[at + 1 :]}"
    parts = name.split(".")
    dialect = None
    if len(parts) > 3 and parts[-2] == "sql" and (dialect := dialects.named(parts[-1])):
        parts.pop()
    if len(parts) < 3 or parts[-1] != "sql" or parts[-2] not in ("up", "down"):
        return None
    direction: Literal["up", "down"] = "up" if parts[-2] == "up" else "down"
    del parts[-2:]
    flags = set()
    while len(parts) > 1:
        if parts[-1] in _FLAGS:
            flags.add(parts.pop())
        elif found := dialects.named(parts[-1]):
            dialect = found
            parts.pop()
        else:
            break
    start = numbered(".".join(parts))
    return UpDownName(start.version, start.rest, direction, frozenset(flags), dialect) if start else None


def has_updown(names: tuple[str, ...]) -> bool:
    """Whether a folder has up files of this kind: quick."""
    return any(".up." in name and parse(name) for name in names)


def collect(draft: Draft, *, by_name: bool = False) -> list[Slot]:
    """The files of a folder by version, in order; the rest is told or named as not covered.

    ``by_name``: files belong together only where the rest of the name is the same too, and whatever stands before
    ``up`` (maragudk/migrate, whose pattern has a bare dot there); else a version is enough.
    """
    slots: dict[tuple[int, str], Slot] = {}
    clashes: dict[tuple[int, str], list[str]] = {}
    for path in draft.files():
        name = path.rpartition("/")[2]
        parts = parse(name, loose=by_name)
        if parts is None:
            if name not in _GENERATED:
                draft.bad_name(path, EXPECTED)
            continue
        if parts.dialect not in (None, draft.dialect):
            draft.other_dialect(parts.dialect or "", path)
            continue
        key = (number_of(parts.version), parts.rest if by_name else "")
        slot = slots.setdefault(key, Slot(parts.version, parts.rest))
        _place(slot, path, parts, clashes.setdefault(key, []), draft)
    for key, paths in clashes.items():
        if paths:
            draft.duplicate(slots[key].version, paths)
    return [slots[key] for key in sorted(slots)]


def _place(slot: Slot, path: str, parts: UpDownName, clashes: list[str], draft: Draft) -> None:
    held: tuple[str, UpDownName] | None = getattr(slot, parts.direction)
    if held is None:
        setattr(slot, parts.direction, (path, parts))
    elif (held[1].dialect is None) != (parts.dialect is None):
        # A file for this database goes before the one for all.
        keep, leave = ((path, parts), held[0]) if parts.dialect else (held, path)
        setattr(slot, parts.direction, keep)
        draft.not_covered("a file for PostgreSQL takes its place", leave)
    else:
        clashes.extend([path] if held[0] in clashes else [held[0], path])


Mode = Callable[[Script, UpDownName], tuple[TransactionMode, "tuple[int, int] | None"]]
Parts = Callable[[str], "tuple[Region, ...]"]


def reused_versions(names: tuple[str, ...]) -> int:
    """How many versions have several up files, for one database or for all, of different names."""
    seen: dict[tuple[int, str | None], int] = {}
    for name in names:
        if ".up." in name and (parts := parse(name)):
            key = (number_of(parts.version), parts.dialect)
            seen[key] = seen.get(key, 0) + 1
    return sum(1 for count in seen.values() if count > 1)


def add_slots(draft: Draft, slots: list[Slot], mode: Mode, parts: Parts | None = None) -> None:
    """Add a migration for every version that has an up file; a down file alone is told as a bad name.

    ``mode`` gives the transaction mode of a script and the span of the mark that switched the transaction off;
    ``parts`` the regions of a text that is not sent as a whole.
    """

    def script(path: str) -> Script | None:
        return draft.tree.script(path, parts(draft.tree.text(path)) if parts else None)

    for slot in slots:
        if slot.up is None:
            if slot.down is not None:
                draft.bad_name(slot.down[0], "that of any up file")
            continue
        up = script(slot.up[0])
        if up is None:
            continue
        down = script(slot.down[0]) if slot.down else None
        transaction, directive = mode(up, slot.up[1])
        draft.add(
            slot.version,
            slot.up[1].rest,
            up,
            down,
            transaction=transaction,
            down_transaction=mode(down, slot.down[1])[0] if down and slot.down else transaction,
            directive=directive,
        )
