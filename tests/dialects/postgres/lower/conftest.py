from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from pglast.parser import parse_sql_json

from hotlint.dialects.postgres.lower import LowerContext, lower_statement
from hotlint.operations import AnyOperation, Body

Lower = Callable[[str], "tuple[AnyOperation, ...]"]


@pytest.fixture
def lower() -> Lower:
    """The operations of all statements in a text; bodies of functions tell what was asked of them in ``error``."""

    def run(sql: str) -> tuple[AnyOperation, ...]:
        def body(language: str, text: str, location: int, is_function: bool) -> Body:
            return Body(error=f"{language} {text!r} {'function' if is_function else 'do'}", error_offset=location)

        context = LowerContext(sql, body, lambda byte: len(sql.encode()[:byte].decode()))
        found: list[AnyOperation] = []
        for item in msgspec.json.decode(parse_sql_json(sql)).get("stmts", ()):
            found.extend(lower_statement(item["stmt"], context)[1])
        return tuple(found)

    return run
