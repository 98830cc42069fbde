"""The difference of two schemas, object by object: what a down script leaves, what two dumps disagree on.

Only what is sure on both sides is told: an assumed object, and a fact that is unknown on one side, make no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec

from hotlint.catalog.catalog import Catalog, CatalogView, Reader
from hotlint.catalog.facts import UNKNOWN, Facts, facts_of, function_facts, type_facts
from hotlint.catalog.names import QName
from hotlint.catalog.records import Index, Table, View
from hotlint.catalog.versioned import VersionedMap

Change = Literal["missing", "extra", "changed"]


class Difference(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One difference: ``object`` of ``kind`` is ``missing`` afterwards, ``extra``, or ``changed`` in ``property``.

    The kind "column order" stands apart: the same columns in another order, which programs that name columns never
    notice. ``before`` and ``after`` are texts for a message.
    """

    kind: str
    object: str
    change: Change
    property: str | None = None
    before: str | None = None
    after: str | None = None


_MAPS = ("relations", "types", "functions_by_name", "schemas", "extensions", "objects", "comments", "grants")
Keys = dict[str, dict[Any, None]]


def changed_keys(before: CatalogView, after: CatalogView) -> Keys:
    """The keys, by map, that may differ between a view and a later one of the same catalog or of a fork of it."""
    keys: Keys = {name: {} for name in _MAPS}
    catalog: Catalog | None = after.catalog
    until = after.moment
    while catalog is not None:
        names = {id(getattr(catalog, name)): name for name in _MAPS}
        for moment, source, key in _since(catalog, before.moment):
            if moment > until:
                break
            name = names.get(id(source))
            if name is not None:
                keys[name][key] = None
        if catalog is before.catalog or catalog.base is None:
            break
        until = catalog.base.moment
        catalog = catalog.base.catalog
    return keys


def _since(catalog: Catalog, moment: int) -> Iterator[tuple[int, VersionedMap[Any, Any], Any]]:
    journal = catalog.journal
    low, high = 0, len(journal)
    while low < high:
        middle = (low + high) // 2
        if journal[middle][0] > moment:
            high = middle
        else:
            low = middle + 1
    for place in range(low, len(journal)):
        yield journal[place]


def diff(before: Reader, after: Reader, keys: Keys | None = None) -> tuple[Difference, ...]:
    """All differences between two schemas, or between their parts named by ``keys`` (``changed_keys``).

    Cost: with ``keys``, what changed; without, all objects of both.
    """
    if keys is None:
        keys = {name: dict.fromkeys((*_all(before, name), *_all(after, name))) for name in _MAPS}
    found: list[Difference] = []
    for name, describe in _DESCRIBE.items():
        for key in keys[name]:
            one = getattr(before.catalog, name).get(key, before.moment)
            two = getattr(after.catalog, name).get(key, after.moment)
            if one is not two and (one is not None or two is not None) and not _goes_along(before, after, one, two):
                found.extend(_compare(describe(key, one), describe(key, two), one, two))
    return tuple(dict.fromkeys(found))


def _goes_along(before: Reader, after: Reader, one: Any, two: Any) -> bool:
    """An index is told with its table, where that is gone or new, and with its constraint, where it has one."""
    record = one if one is not None else two
    if not isinstance(record, Index):
        return False
    if all(i is None or i.constraint is not None for i in (one, two)):
        return True
    table = before.table(record.table)
    if one is None and table is not None and not table.known:
        return True
    return (one is None or two is None) and (
        before.relation(record.table) is None or after.relation(record.table) is None
    )


def _all(reader: Reader, name: str) -> list[Any]:
    return [key for key, _ in getattr(reader.catalog, name).items(reader.moment)]


def _compare(one: Facts, two: Facts, before: Any, after: Any) -> Iterator[Difference]:
    gone, new = before is not None and after is None, before is None and after is not None
    if (gone and _uncertain(before)) or (new and (_uncertain(after) or _assumed(after))):
        return
    if (gone or new) and isinstance(before if gone else after, (Table, View)):
        yield Difference(*next(iter(one or two)), "missing" if gone else "extra")
        return
    for identity, facts in one.items():
        others = two.get(identity)
        if others is None:
            if not facts.get("maybe"):
                yield Difference(*identity, "missing")
            continue
        for name in facts if facts.keys() == others.keys() else {**facts, **others}:
            value, other = facts.get(name), others.get(name)
            if value != other and value is not UNKNOWN and other is not UNKNOWN and name != "maybe":
                yield Difference(*identity, "changed", name, _text(value), _text(other))
    partly = getattr(before, "known", True) is False  # it may have had what was dropped unseen and made again
    for identity, facts in two.items():
        if identity not in one and not partly and not facts.get("maybe") and facts.get("not_null") is not UNKNOWN:
            yield Difference(*identity, "extra")
    if isinstance(before, Table) and isinstance(after, Table):
        yield from _order(before, after)


def _uncertain(record: Any) -> bool:
    return getattr(record, "maybe", False) is True


def _assumed(record: Any) -> bool:
    """Whether the object was there before the history, which only mentions it."""
    return getattr(record, "known", True) is False and record.origin == -1


def _order(before: Table, after: Table) -> Iterator[Difference]:
    common = {c.name for c in before.columns} & {c.name for c in after.columns}
    one = [c.name for c in before.columns if c.name in common]
    two = [c.name for c in after.columns if c.name in common]
    if one != two:
        yield Difference("column order", str(before.name), "changed", None, ", ".join(one), ", ".join(two))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _relation(key: QName, record: Any) -> Facts:
    return facts_of(record) if record is not None else {}


def _named(key: Any, record: Any) -> Facts:
    if record is None:
        return {}
    facts = dict(record.details)
    if record.kind == "publication":
        facts["tables"] = ", ".join(sorted(map(str, record.relations)))
    return {(record.kind, str(key[1]) if record.name.schema else record.name.name): facts}


def _simple(kind: str) -> Callable[[Any, Any], Facts]:
    return lambda key, record: {} if record is None else {(kind, key): {}}


def _comment(key: tuple[str, QName, str], text: Any) -> Facts:
    kind, name, sub = key
    shown = f"{'table column' if kind == 'column' else kind} {name}{'.' + sub if sub else ''}"
    return {} if text is None else {("comment", shown): {"text": text}}


def _grant(key: tuple[str, QName, str], privileges: Any) -> Facts:
    kind, name, grantee = key
    shown = str(name) if name.schema else name.name
    return {(kind, shown): {"grants": f"{grantee}: {', '.join(sorted(privileges or ()))}" if privileges else None}}


_DESCRIBE: dict[str, Callable[[Any, Any], Facts]] = {
    "schemas": _simple("schema"),
    "extensions": _simple("extension"),
    "relations": _relation,
    "types": type_facts,
    "functions_by_name": function_facts,
    "objects": _named,
    "comments": _comment,
    "grants": _grant,
}
