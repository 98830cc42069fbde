"""What is worth saying of one step: who waits, why, and until when. What nobody can notice is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hotlint.catalog.names import QName
from hotlint.dialects.postgres.locks import strength
from hotlint.impact import Impact, Lock
from hotlint.planning.model import HeldLock, Step, TransactionInfo

_BLOCKED = {  # by whether reads, and whether writes wait
    (True, True): "blocks reads and writes",
    (True, False): "blocks reads",
    (False, True): "blocks writes",
    (False, False): "blocks no queries",
}

_PARTS = frozenset({"index", "partitioned index", "sequence", "toast table"})
"""Kinds of relations that nobody asks for by name: who waits for one waits for its table."""
_LISTED = 4
"""Relations that are named before the others are counted."""


class Row(NamedTuple):
    """One line below a statement. ``role`` is how it is painted: brief ones stand back, what makes people wait stands
    out."""

    relation: str
    mode: str
    blocked: str
    how: str
    role: str


def rows_of(step: Step, steps: Mapping[int, Step]) -> list[Row]:
    """The rows of a step: its locks in the order in which they are taken, other work, and what is lost."""
    new = _new_relations(step)
    locks = _noticed(step.impact.locks, new)
    held = _strongest_held(step)
    rows = []
    for lock in locks:
        before = held.get(lock.relation)
        if lock.duration == "brief" and before is not None and strength(before.lock.mode) >= strength(lock.mode):
            continue  # told at the statement that took it
        rows.append(_lock_row(lock, step, steps))
    rows = _shortened(rows)
    rows.extend(_other_rows(step.impact, new, {lock.relation for lock in locks if lock.duration != "brief"}))
    return rows


def meanwhile(step: Step, steps: Mapping[int, Step]) -> Iterator[tuple[str, str]]:
    """Who waits for earlier locks of the transaction while this statement takes its time, and how it is painted."""
    new = _new_relations(step)
    if all(lock.duration == "brief" for lock in _noticed(step.impact.locks, new)):
        return
    own = {lock.relation: strength(lock.mode) for lock in step.impact.locks}
    waiting: dict[tuple[bool, bool], list[HeldLock]] = {}
    for relation, held in _strongest_held(step).items():
        lock = held.lock
        if lock.blocks and lock.kind not in _PARTS and own.get(relation, -1) < strength(lock.mode):
            waiting.setdefault(("reads" in lock.blocks, "writes" in lock.blocks), []).append(held)
    for (reads, writes), found in waiting.items():
        words = "reads and writes" if reads and writes else "reads" if reads else "writes"
        first = min(held.step for held in found)
        since = f", locked since line {_line(steps[first])}" if first in steps else ""
        names = _listed([str(held.lock.relation) for held in found])
        yield f"meanwhile {words} of {names} wait{since}", "error" if reads else "warning"


def makes_its_own(step: Step) -> bool:
    """Whether all that the step locks was made in its transaction, so that nobody can notice."""
    return bool(step.impact.locks or step.impact.index_builds) and not rows_of(step, {})


def _new_relations(step: Step) -> frozenset[QName]:
    """What this statement makes, or an earlier one of its transaction has made: nobody else sees it."""
    impact = step.impact
    locked = {lock.relation: lock.created_in_transaction for lock in impact.locks}
    touched = {build.relation for build in impact.index_builds} | {scan.relation for scan in impact.scans}
    made = (name for name in touched - locked.keys() if step.before.relation(name) is None)
    return frozenset([*(name for name, created in locked.items() if created), *made])


def _strongest_held(step: Step) -> dict[QName, HeldLock]:
    found: dict[QName, HeldLock] = {}
    for held in step.held:
        lock = held.lock
        if lock.created_in_transaction:
            continue
        best = found.get(lock.relation)
        if best is None or strength(lock.mode) > strength(best.lock.mode):
            found[lock.relation] = held
    return found


def _noticed(locks: tuple[Lock, ...], new: frozenset[QName]) -> list[Lock]:
    """Without those on what is new, and those on indexes and sequences of a table that is locked as well."""
    tables = any(lock.kind not in _PARTS for lock in locks)
    return [lock for lock in locks if lock.relation not in new and not (tables and lock.kind in _PARTS)]


def _shortened(rows: list[Row]) -> list[Row]:
    """Many relations that are locked alike, as partitions are, are told by the first ones and a number."""
    alike: dict[tuple[str, str, str], int] = {}
    for row in rows:
        alike[row[1:4]] = alike.get(row[1:4], 0) + 1
    shown: list[Row] = []
    seen: dict[tuple[str, str, str], int] = {}
    for row in rows:
        at = seen[row[1:4]] = seen.get(row[1:4], 0) + 1
        rest = alike[row[1:4]] - _LISTED
        if rest <= 1 or at <= _LISTED:
            shown.append(row)
        elif at == _LISTED + 1:
            shown.append(row._replace(relation=f"and {rest:,} more"))
    return shown


def _listed(names: list[str]) -> str:
    if len(names) > _LISTED + 1:
        return f"{', '.join(names[:_LISTED])} and {len(names) - _LISTED:,} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _line(step: Step) -> int:
    return step.script.position(step.statement.start).line


def blocked(lock: Lock) -> str:
    """Whose ordinary statements wait for the lock."""
    return _BLOCKED["reads" in lock.blocks, "writes" in lock.blocks]


def _lock_row(lock: Lock, step: Step, steps: Mapping[int, Step]) -> Row:
    how = _how(lock, step.impact) + _until(lock, step, steps)
    patient = lock.duration == "brief" or not lock.blocks
    role = "faint" if patient else "error" if "reads" in lock.blocks else "warning"
    return Row(str(lock.relation), lock.mode, blocked(lock), how, role)


def _how(lock: Lock, impact: Impact) -> str:
    if lock.duration == "scan":
        return f"while every row{_elsewhere(lock, [s.relation for s in impact.scans])} is read{_why(lock, impact)}"
    if lock.duration == "rewrite":
        return f"while every row{_elsewhere(lock, [r.relation for r in impact.rewrites])} is copied{_why(lock, impact)}"
    if lock.duration == "build":
        return f"while {_builds(lock, impact)} built"
    return "briefly"


def _elsewhere(lock: Lock, relations: list[QName]) -> str:
    """`` of orders`` where it is another relation's rows that take the time."""
    others = dict.fromkeys(relations)
    return "" if lock.relation in others or len(others) != 1 else f" of {next(iter(others))}"


def _why(lock: Lock, impact: Impact) -> str:
    if lock.duration == "rewrite":
        found = [(r.reason, r.column) for r in impact.rewrites if r.relation == lock.relation]
    else:
        found = [(s.reason, s.name) for s in impact.scans if s.relation == lock.relation and s.reason != "query"]
    reasons = dict.fromkeys(_reason(reason, name) for reason, name in found)
    return f" ({', '.join(reasons)})" if reasons else ""


def _builds(lock: Lock, impact: Impact) -> str:
    builds = [b for b in impact.index_builds if b.relation == lock.relation] or list(impact.index_builds)
    names = [b.index.name for b in builds if b.index is not None]
    if len(names) != len(builds) or not names:
        return "the index is" if len(builds) < 2 else f"{len(builds)} indexes are"
    return f"{_listed(names)} {'is' if len(names) == 1 else 'are'}"


def _until(lock: Lock, step: Step, steps: Mapping[int, Step]) -> str:
    """How long the lock stays after the statement is done; nothing where it ends with the statement."""
    if lock.until == "statement" or not step.in_transaction:
        return ""
    last = _last_step(step.transaction, step, steps)
    if last is step and step.transaction.ended != "open":
        return ""
    word = ", then held " if lock.duration == "brief" else ", held "
    if step.transaction.ended == "open":
        return f"{word}until the connection ends: no COMMIT follows"
    line = last.script.position(last.statement.end).line
    return (
        f"{word}until the rollback in line {line}"
        if step.transaction.ended == "rollback"
        else f"{word}until line {line}"
    )


def _last_step(transaction: TransactionInfo, step: Step, steps: Mapping[int, Step]) -> Step:
    return steps.get(transaction.last_step) or max(
        (s for s in steps.values() if s.transaction is transaction), key=lambda s: s.index, default=step
    )


def _other_rows(impact: Impact, new: frozenset[QName], told: set[QName]) -> Iterator[Row]:
    """Work that no slow lock speaks of, and what is lost."""
    for rewrite in impact.rewrites:
        if rewrite.relation not in new and rewrite.relation not in told:
            yield Row(
                str(rewrite.relation), "", "", f"every row is copied ({_reason(rewrite.reason, rewrite.column)})", ""
            )
    scanned: dict[QName, list[str]] = {}
    for scan in impact.scans:
        if scan.relation not in new and scan.relation not in told:
            scanned.setdefault(scan.relation, []).append(_reason(scan.reason, scan.name))
    for relation, reasons in scanned.items():
        yield Row(str(relation), "", "", f"every row is read ({', '.join(reasons)})", "")
    for build in impact.index_builds:
        if build.relation not in new and build.relation not in told:
            yield Row(
                str(build.relation), "", "", f"{'an index' if build.index is None else build.index.name} is built", ""
            )
    for loss in impact.data_loss:
        yield Row(str(loss.relation), "", "", f"lost: {_reason(loss.what, loss.name)}", "warning")


def _reason(reason: str, name: str | None) -> str:
    return f"{reason} {name}" if name else reason
