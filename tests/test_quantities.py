from __future__ import annotations

import pytest

from hotlint.quantities import milliseconds, percent


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500ms", 500.0),
        ("600s", 600_000.0),
        ("0.5s", 500.0),
        ("10m", 600_000.0),
        ("2h", 7_200_000.0),
        ("30d", 2_592_000_000.0),
    ],
)
def test_durations_are_milliseconds(text: str, value: float) -> None:
    assert milliseconds(text) == value


@pytest.mark.parametrize("text", ["10", "10 s", "-1s", "1y", "s", "10%", ""])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        milliseconds(text)


@pytest.mark.parametrize(("text", "value"), [("0%", 0.0), ("10%", 10.0), ("2.5%", 2.5)])
def test_percentages_are_numbers(text: str, value: float) -> None:
    assert percent(text) == value


@pytest.mark.parametrize("text", ["10", "ten%", "10s"])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a percentage"):
        percent(text)
