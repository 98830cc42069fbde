"""What one row of the tables of refusals says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hotlint.catalog.names import QName
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.operations import Operation


class Refusal(NamedTuple):
    """From version ``first`` to ``last``, the operation fails with ``sqlstate`` where ``test`` holds.

    In ``message``, ``{0}`` is the name of the relation. Where ``test`` gives a text, that is the SQLSTATE.
    """

    operation: type[Operation]
    first: int
    last: int
    sqlstate: str
    message: str
    test: Callable[[Any, QName, Draft], bool | str | None]
    source: str
