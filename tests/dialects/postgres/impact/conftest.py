"""A statement's impact after a history, as text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hotlint.catalog.catalog import Catalog
from hotlint.dialects.postgres.impact import ImpactContext, impact_of
from hotlint.dialects.postgres.parse import parse_script
from hotlint.impact import Impact
from hotlint.server import Server, Session
from hotlint.source import Region, Script, Statement

Run = Callable[..., Impact]


def statements(sql: str) -> tuple[Statement, ...]:
    parsed = parse_script(Script(path="m.sql", text=sql, regions=(Region(0, len(sql)),)))
    assert not parsed.problems, parsed.problems
    return parsed.statements


@pytest.fixture
def impact() -> Run:
    """The impact of the last statement; ``given`` was shipped before, the others ran in the same transaction."""

    def run(sql: str, given: str = "", *, major: int = 16, transaction: bool = True, closed: bool = True) -> Impact:
        catalog, server, session = Catalog(closed=closed), Server(major=major), Session()
        for statement in statements(given):
            assert catalog.apply(statement, session, server, -1).error is None
        found = Impact()
        for step, statement in enumerate(statements(sql)):
            before = catalog.now()
            outcome = catalog.apply(statement, session, server, step)
            context = ImpactContext(server=server, session=session, in_transaction=transaction, first_step=0, step=step)
            found = impact_of(statement, before, catalog.now(), outcome, context)
        return found

    return run
