"""Uncertainty: the schema after something that may or may not have happened is what both cases agree on."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from hotlint.catalog.catalog import Catalog
from hotlint.catalog.records import Column, Enum, Table, View

_PARTS = ("columns", "constraints", "triggers", "policies", "rules")


def blur(catalog: Catalog, mark: int) -> None:
    """Marks as uncertain what the changes after the journal's first ``mark`` entries made, dropped or changed."""
    firsts: dict[tuple[int, Any], tuple[Any, Any, int]] = {}
    for _, source, key in catalog.journal[mark:]:
        held = firsts.get((id(source), key))
        firsts[id(source), key] = (source, key, (held[2] if held else 0) + 1)
    for source, key, changes in firsts.values():
        before, after = source.before(key, changes), source.get(key)
        merged = _merge(before, after)
        if merged is not after:
            source.set(key, merged)


def _merge(before: Any, after: Any) -> Any:
    if before is None or after is None:
        one = after if before is None else before
        if isinstance(one, tuple):  # overloads of a function
            return tuple(_maybe(f) for f in one)
        return _maybe(one)
    if isinstance(after, tuple) and isinstance(before, tuple):
        return _merge_parts(before, after, key="signature")
    if type(before) is not type(after):
        return after
    if getattr(before, "maybe", False) and not after.maybe:
        after = _maybe(after)
    if isinstance(after, (Table, View)):
        changes = {
            part: _merge_parts(getattr(before, part), getattr(after, part))
            for part in _PARTS
            if getattr(before, part, ()) is not getattr(after, part, ())
        }
        if isinstance(after, Table) and before.empty != after.empty:
            changes["empty"] = False  # type: ignore[assignment]
        return replace(after, **changes) if changes else after
    if isinstance(after, Enum) and before.labels != after.labels:
        return replace(after, known=False)
    return after


def _merge_parts(before: tuple[Any, ...], after: tuple[Any, ...], key: str = "name") -> tuple[Any, ...]:
    olds = {getattr(p, key): p for p in before}
    merged: list[Any] = []
    for part in after:
        old = olds.pop(getattr(part, key), None)
        merged.append(_maybe(part) if old is None else _either(old, part))
    merged.extend(_maybe(part) for part in olds.values())
    return tuple(merged)


def _either(before: Any, after: Any) -> Any:
    if before is after or not isinstance(after, Column) or before == after:
        return after
    return replace(
        after,
        type=after.type if before.type == after.type else None,
        not_null=after.not_null if before.not_null == after.not_null else None,
    )


def _maybe(record: Any) -> Any:
    return replace(record, maybe=True) if hasattr(record, "maybe") else record
