"""What became of a statement when the catalog applied it."""

from __future__ import annotations

import msgspec

from hotlint.catalog.names import QName
from hotlint.operations import AnyOperation


class ServerError(msgspec.Struct, frozen=True, gc=False):
    """The error that the server will give, by SQLSTATE, with a message in the server's wording.

    ``start`` is the code-point offset in the script that it points at, None for the whole statement.
    """

    sqlstate: str
    message: str
    start: int | None = None


class Victim(msgspec.Struct, frozen=True, gc=False):
    """An object that goes with another: by CASCADE, or because it belongs to it (``automatic``).

    ``name`` is what a message calls it. ``object`` is its qualified name, or that of the relation that has it, and
    ``part`` then its own name in that relation (a column, a constraint, a trigger). ``origin`` is the index of the step
    that made it, -1 where that is not known.
    """

    kind: str
    name: str
    automatic: bool = False
    object: QName | None = None
    part: str = ""
    origin: int = -1


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """``skipped``: IF [NOT] EXISTS made the statement do nothing. ``unknown``: sentences on what could not be told.
    ``refused``: operations of a DO block that the server refuses and whose error an exception block catches.
    """

    error: ServerError | None = None
    skipped: bool = False
    victims: tuple[Victim, ...] = ()
    unknown: tuple[str, ...] = ()
    refused: tuple[AnyOperation, ...] = ()


class CatalogError(Exception):
    """Raised inside the catalog where the server would refuse the statement; becomes ``Outcome.error``."""

    def __init__(self, sqlstate: str, message: str) -> None:
        super().__init__(message)
        self.error = ServerError(sqlstate, message)
