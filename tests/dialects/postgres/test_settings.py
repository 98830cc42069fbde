"""Durations as SET writes them (measured on PostgreSQL 12 to 18)."""

from __future__ import annotations

import pytest

from hotlint.dialects.postgres.settings import duration_ms


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        ("0", 0),
        ("500", 500),
        ("2s", 2000),
        ("2 s", 2000),
        (" 1.5min ", 90_000),
        ("1h", 3_600_000),
        ("1d", 86_400_000),
        ("250us", 0),
        ("2147483647", 2_147_483_647),
    ],
)
def test_durations_are_read_as_the_server_reads_them(written: str, milliseconds: int) -> None:
    assert duration_ms(written) == milliseconds


@pytest.mark.parametrize("written", ["", "5 sec", "2S", "-1", "25d", "fast", "1s 2ms"])
def test_what_the_server_refuses_has_no_duration(written: str) -> None:
    assert duration_ms(written) is None
