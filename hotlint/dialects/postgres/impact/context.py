"""What an impact model is told about the moment at which a statement runs."""

from __future__ import annotations

import msgspec

from hotlint.catalog.names import QName
from hotlint.server import Server, Session


class ImpactContext(msgspec.Struct, frozen=True, gc=False):
    """``first_step`` is the index of the first step of the running transaction: a relation whose ``origin`` is not
    smaller was made in it. ``new_enum_values`` are labels added in it, unusable until it ends (enum.c).

    ``in_transaction`` is also True for one of several statements in a single message.
    """

    server: Server
    session: Session
    in_transaction: bool = False
    first_step: int = 0
    step: int = 0
    new_enum_values: frozenset[tuple[QName, str]] = frozenset()
