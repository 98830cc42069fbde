"""Transactions of a script: who opens and ends them, what they hold, and what a rollback takes back.

The rules of the server (xact.c, postgres.c; measured on 12 to 18):

- a BEGIN inside a transaction and a COMMIT outside of one only warn;
- several statements in one simple-query message share an implicit transaction, and each of them is refused what must
not
  run in a transaction block, even after a COMMIT inside the message;
- ROLLBACK TO gives back the locks that were taken after the savepoint; every other lock is kept until the end;
- SET LOCAL ends with the transaction, and SET is undone by a rollback.
"""

from __future__ import annotations

import msgspec

from hotlint.catalog.catalog import Catalog
from hotlint.catalog.names import QName
from hotlint.dialects.postgres.locks import strength
from hotlint.dialects.postgres.settings import duration_ms
from hotlint.impact import Impact
from hotlint.operations import AddEnumValue, SetVariable, Transaction
from hotlint.planning.model import HeldLock, TransactionInfo
from hotlint.server import Session


class _Savepoint(msgspec.Struct, gc=False):
    """What to return to: the schema's moment, the locks held, the settings, and the enum values added."""

    name: str
    moment: int
    held: tuple[HeldLock, ...]
    session: Session
    new_enum_values: frozenset[tuple[QName, str]]


class TransactionState:
    """The state of one script's connection, statement by statement.

    ``session`` are the settings in force now; ``current`` is the open transaction or None; ``held`` its locks.
    """

    def __init__(self, catalog: Catalog, session: Session) -> None:
        self.catalog = catalog
        self.session = session
        self.current: TransactionInfo | None = None
        self.held: tuple[HeldLock, ...] = ()
        self.new_enum_values: frozenset[tuple[QName, str]] = frozenset()
        self._start = _Savepoint("", 0, (), session, frozenset())
        self._savepoints: list[_Savepoint] = []
        self._after_commit = session  # what the session has once SET LOCAL is over

    def open(self, kind: str, step: int) -> TransactionInfo:
        """Starts a transaction whose first step is ``step``."""
        self.current = TransactionInfo(kind=kind, first_step=step)
        self._start = self._here("")
        self._after_commit = self.session
        self._savepoints = []
        self.held = ()
        return self.current

    def close(self, how: str, step: int) -> None:
        """Ends the open transaction; ``how`` is "commit", "rollback", "file" or "open" (never ended by anyone)."""
        if self.current is None:
            return
        self.current.last_step = step
        self.current.ended = how
        if how == "rollback":
            self._return_to(self._start)
            self.session = self._start.session
        else:
            self.session = self._after_commit
        self.current = None
        self.held = ()
        self.new_enum_values = frozenset()
        self._savepoints = []

    def command(self, operation: Transaction, step: int) -> None:
        """Carries out a transaction command that the script contains."""
        match operation.command:
            case "begin":
                if self.current is None:
                    self.open("explicit", step)
                elif self.current.kind == "implicit":
                    self.current.kind = "explicit"
            case "commit" | "rollback" | "prepare":
                was_open = self.current is not None
                self.close("rollback" if operation.command == "rollback" else "commit", step)
                if operation.chain and was_open:
                    self.open("explicit", step + 1)
            case "savepoint":
                self._savepoints.append(self._here(operation.savepoint or ""))
            case "release" | "rollback to":
                self._end_savepoint(operation)
            case _:
                pass

    def _end_savepoint(self, operation: Transaction) -> None:
        for index in range(len(self._savepoints) - 1, -1, -1):
            if self._savepoints[index].name == operation.savepoint:
                if operation.command == "rollback to":
                    self._return_to(self._savepoints[index])
                    del self._savepoints[index + 1 :]
                else:
                    del self._savepoints[index:]
                return

    def _here(self, name: str) -> _Savepoint:
        return _Savepoint(name, self.catalog.clock[0], self.held, self.session, self.new_enum_values)

    def _return_to(self, savepoint: _Savepoint) -> None:
        self.catalog.restore(savepoint.moment)
        self.held = savepoint.held
        self.session = savepoint.session
        self.new_enum_values = savepoint.new_enum_values

    def hold(self, impact: Impact, step: int) -> None:
        """Adds the locks that a step keeps until its transaction ends; of two on one relation, the stronger stays."""
        fresh = [
            HeldLock(lock, step)
            for lock in impact.locks
            if lock.until == "transaction" and not lock.created_in_transaction
        ]
        if not fresh:
            return
        held = {h.lock.relation: h for h in self.held}
        changed = False
        for h in fresh:
            before = held.get(h.lock.relation)
            if before is None or strength(before.lock.mode) < strength(h.lock.mode):
                held[h.lock.relation] = h
                changed = True
        if changed:
            self.held = tuple(held.values())

    def rename(self, old: QName, new: QName) -> None:
        """Calls what is held by the name that it has from now on."""
        replace = msgspec.structs.replace
        self.held = tuple(
            replace(h, lock=replace(h.lock, relation=new)) if h.lock.relation == old else h for h in self.held
        )

    def remember_enum_value(self, operation: AddEnumValue, name: QName) -> None:
        """Notes a label that may not be used before the transaction's end (55P04)."""
        self.new_enum_values |= {(name, operation.label)}

    def set_variable(self, operation: SetVariable) -> None:
        """Applies SET, SET LOCAL and RESET. A SET LOCAL outside a transaction only warns and does nothing."""
        if operation.local and self.current is None:
            return
        self.session = _with_setting(self.session, operation)
        if not operation.local:
            self._after_commit = _with_setting(self._after_commit, operation)


_DEFAULT = Session()
_TIMEOUTS = {"lock_timeout", "statement_timeout"}


def _with_setting(session: Session, operation: SetVariable) -> Session:
    """The session after a SET; a value that the server refuses changes nothing."""
    name, values = operation.name.lower(), operation.values
    replace = msgspec.structs.replace
    if name == "all":
        return _DEFAULT
    if name in _TIMEOUTS:
        value = getattr(_DEFAULT, name) if not values else duration_ms(values[0])
        if value is None and values:
            return session
        return (
            replace(session, lock_timeout=value)
            if name == "lock_timeout"
            else replace(session, statement_timeout=value)
        )
    if name == "search_path":
        return replace(session, search_path=_search_path(values) if values is not None else _DEFAULT.search_path)
    if name == "timezone":
        return replace(session, timezone=values[0] if values else None)
    if name == "role":
        return replace(session, role=values[0] if values else None)
    if name == "check_function_bodies" and values:
        return replace(session, check_function_bodies=values[0].lower() not in ("off", "false", "0", "no"))
    return session


def _search_path(values: tuple[str, ...]) -> tuple[str, ...]:
    """Schemas in order. ``set_config('search_path', 'a, b', …)`` gives one text with commas; ``''`` is an empty
    path."""
    parts = values[0].split(",") if len(values) == 1 else list(values)
    return tuple(p for p in (part.strip().strip('"') for part in parts) if p and p != "$user")
