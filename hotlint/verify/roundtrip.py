"""Up, down and up again: what a migration's way back leaves behind, forgets and loses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Protocol

import msgspec

from hotlint.catalog.diff import Difference
from hotlint.finding import Finding, Place
from hotlint.planning.model import MigrationPlan, Plan
from hotlint.source import Script
from hotlint.verify.findings import found
from hotlint.verify.integrity import Contents, beyond
from hotlint.verify.model import Check, LostData, RoundTrip, ScriptTrace
from hotlint.verify.snapshot import Snapshot, compare

RULE = "round-trip-fails"
_SHOWN = 5


class State(msgspec.Struct):
    """A database as it was seen: its schema, and its rows where they were looked at."""

    schema: Snapshot
    contents: Contents | None = None


class Database(Protocol):
    """The database that the trip is made on."""

    def run(self, plan: MigrationPlan) -> ScriptTrace:
        """Runs one script, up or down."""

    def observe(self, previous: State | None) -> State:
        """The database as it is now; ``previous`` spares work."""

    def lost(self, before: Contents, after: Contents) -> tuple[LostData, ...]:
        """What is gone (``integrity.lost_data``); ``after`` is the state now."""

    def write_rows(self) -> None:
        """Rows as programs would write them under the new schema, before it is taken back."""


Change = tuple[MigrationPlan, ...]
"""The parts of one change, in the order of their up scripts: nearly always one migration."""


def changes(plan: Plan) -> list[Change]:
    """The history in changes: neighbours with the same ``Migration.group`` are parts of one."""
    numbered = enumerate(plan.migrations)
    key = lambda item: item[0] if item[1].migration.group is None else item[1].migration.group  # noqa: E731
    return [tuple(part for _, part in parts) for _, parts in groupby(numbered, key=key)]


def has_way_back(change: Change) -> bool:
    """Whether any part has a down script."""
    return any(part.down is not None for part in change)


def chosen(history: Sequence[Change], choice: str) -> list[bool]:
    """Which changes make the trip: "all" with a way back, the "last" of them, or the one whose part has this id or
    name. Raises ``ValueError`` where there is none."""
    able = [has_way_back(change) for change in history]
    if choice == "all":
        return able
    if choice == "last":
        last = max((at for at, can in enumerate(able) if can), default=-1)
        return [at == last for at in range(len(history))]
    named = [any(choice in _names(part) for part in change) for change in history]
    if not any(named):
        raise ValueError(f"no migration is called {choice}")
    if not any(one and can for one, can in zip(named, able, strict=True)):
        raise ValueError(f"migration {choice} has no down script")
    return [one and can for one, can in zip(named, able, strict=True)]


def _names(part: MigrationPlan) -> tuple[str, ...]:
    migration = part.migration
    return migration.id, migration.name, f"{migration.id}_{migration.name}", migration.up.path


def round_trip(change: Change, before: State, after: State, database: Database) -> RoundTrip:
    """Takes the change back and makes it again, on a copy of the database ``after`` it; ``before`` is what was there.

    Down scripts run the last part's first. After an error nothing more is run, and the database is left as it is then.
    Rows are compared where ``before`` has contents: what the way back does not bring back is lost.
    """
    database.write_rows()
    downs: list[ScriptTrace] = []
    for part in reversed(change):
        if part.down is not None:
            downs.append(database.run(part.down))
            if downs[-1].error is not None:
                return RoundTrip(merged(downs), None)
    back = database.observe(before)
    lost: tuple[LostData, ...] = ()
    if before.contents is not None and back.contents is not None:
        lost = database.lost(before.contents, back.contents)
    after_down = compare(before.schema, back.schema)
    ups: list[ScriptTrace] = []
    for part in change:
        ups.append(database.run(part))
        if ups[-1].error is not None:
            return RoundTrip(merged(downs), merged(ups), after_down, (), lost)
    again = database.observe(back)
    return RoundTrip(merged(downs), merged(ups), after_down, compare(after.schema, again.schema), lost)


def merged(traces: Sequence[ScriptTrace]) -> ScriptTrace:
    """The scripts of a change's parts as one: the first one's name, everybody's statements in a row."""
    if len(traces) == 1:
        return traces[0]
    clock = 0.0
    statements = []
    for trace in traces:
        for one in trace.statements:
            moved = msgspec.structs.replace(one, start_ms=one.start_ms + clock, released_ms=one.released_ms + clock)
            statements.append(moved)
        clock += trace.duration_ms
    first, last = traces[0], traces[-1]
    return msgspec.structs.replace(first, statements=tuple(statements), duration_ms=clock, error=last.error)


def residue(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """The differences that matter: not the order of columns, the names of NOT NULL constraints, what has been validated
    on top, blanks in the body of a function, or a sequence that has only gone on."""
    return tuple(d for d in differences if not _harmless(d))


def _harmless(d: Difference) -> bool:
    if d.kind == "column order" or d.property == "not_null name":
        return True
    if d.kind == "constraint" and d.property == "definition":
        return d.before == f"{d.after} NOT VALID"
    if d.property == "definition" and d.kind in ("function", "procedure"):
        return (d.before or "").split() == (d.after or "").split()
    if d.kind == "sequence" and d.property == "position":
        return _position(d.before) <= _position(d.after)
    return False


_NUMBER = re.compile(r"-?\d+")


def _position(text: str | None) -> tuple[int, bool]:
    found = _NUMBER.match(text or "")
    return (int(found.group()) if found is not None else 0), "not yet used" not in (text or "")


def tell(difference: Difference) -> str:
    """A difference as a phrase: ``column public.orders.note is left behind``."""
    what = f"{difference.kind} {difference.object}"
    if difference.change == "missing":
        return f"{what} is missing"
    if difference.change == "extra":
        return f"{what} is left behind"
    if difference.property is None:
        return f"{what} differs"
    before, after = difference.before or "nothing", difference.after or "nothing"
    if len(before) + len(after) > 100:
        return f"{difference.property} of {what} differs"
    return f"{difference.property} of {what} is {after} and was {before}"


def trip_findings(change: Change, trip: RoundTrip) -> tuple[Finding, ...]:
    """What is wrong with the way back: ``round-trip-fails``."""
    return tuple(_findings(change, trip))


def _findings(change: Change, trip: RoundTrip) -> Iterator[Finding]:
    migration = change[-1].migration
    downs = [part.migration.down for part in change if part.migration.down is not None]
    place = _top(downs[-1]) if downs else _top(migration.up)
    if trip.broken_by_rows is not None and trip.broken_by_rows.error is not None:
        error = trip.broken_by_rows.error
        what = "The way back" if trip.broken_by_rows.direction == "down" else "The migration, run again after it,"
        message = f"{what} fails on rows that were written under the new schema: {error.told}"
        yield found(RULE, message, error.place, migration=migration.id)
    if trip.down.error is not None:
        error = trip.down.error
        yield found(RULE, f"The way back fails: {error.told}", error.place, migration=migration.id)
        return
    left = residue(trip.after_down)
    if left:
        nothing = "the down script does nothing: " if not trip.down.statements else ""
        told = _list(left)
        yield found(
            RULE, f"After up and down the schema is not what it was: {nothing}{told}", place, migration=migration.id
        )
    if trip.up_again is not None and trip.up_again.error is not None:
        error = trip.up_again.error
        message = f"After the way back, the migration cannot be run again: {error.told}"
        yield found(RULE, message, error.place, related=(place,), migration=migration.id)
        return
    again = residue(trip.after_up_again)
    if again and not left:
        message = f"Run again after the way back, the migration makes another schema: {_list(again)}"
        yield found(RULE, message, place, migration=migration.id)


def loss_findings(
    change: Change, lost: Iterable[LostData], tolerance: float, *, way_back: bool = False
) -> tuple[Finding, ...]:
    """``data-lost`` for what is more than ``tolerance`` percent of a table's rows; ``way_back``: what up and then down
    together lose, told at the down script."""
    part = change[-1]
    script = part.migration.down if way_back and part.migration.down is not None else part.migration.up
    after = "After up and down, " if way_back else ""
    return tuple(
        found(
            "data-lost",
            f"{after}{_loss(one)}",
            _top(script),
            migration=part.migration.id,
            relations=(one.relation,),
        )
        for one in beyond(lost, tolerance)
    )


def _loss(one: LostData) -> str:
    rows = f"{one.rows:,} of {one.total:,} rows"
    if one.column is None:
        gone = "went with the table" if one.how == "table dropped" else "are gone"
        return f"{rows} of {one.relation} {gone}"
    words = {
        "column dropped": f"the values of {one.relation}.{one.column} in {rows} went with the column",
        "came back empty": f"{one.relation}.{one.column} came back empty: the values of {rows} are gone",
    }
    return words.get(one.how, f"the values of {one.relation}.{one.column} in {rows} are no longer what they were")


def check_findings(change: Change, checks: Iterable[Check]) -> tuple[Finding, ...]:
    """``check-fails`` for every check that did not pass; a user's check is told at its own file."""
    migration = change[-1].migration
    return tuple(
        found(
            "check-fails",
            f"{check.name}: {check.message}",
            _top(migration.up) if check.source is None else Place(check.source, 1, 1, 1, 2),
            migration=migration.id,
        )
        for check in checks
        if not check.passed
    )


def _list(differences: Sequence[Difference]) -> str:
    shown = "; ".join(tell(d) for d in differences[:_SHOWN])
    more = len(differences) - _SHOWN
    return f"{shown}; and {more} more" if more > 0 else shown


def _top(script: Script) -> Place:
    """The first line of the script's own text."""
    start = script.regions[0].start if script.regions else 0
    while start < len(script.text) and script.text[start] in " \t\r\n":
        start += 1
    position = script.position(start)
    line = script.line(position.line)
    return Place(script.path, position.line, position.column, position.line, max(len(line), 1) + 1)
