"""Durations and percentages as the configuration writes them: ``600s``, ``10m``, ``30d``, ``0.5s``; ``10%``."""

from __future__ import annotations

from hotlint.patterns import lazy

DURATION = r"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)$"
PERCENTAGE = r"^[0-9]+(\.[0-9]+)?%$"
WORDS = {DURATION: "a duration (such as 500ms, 600s, 10m, 2h or 30d)", PERCENTAGE: "a percentage (such as 10%)"}
"""What the patterns stand for, for messages."""

_MILLISECONDS = {"ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0, "d": 86_400_000.0}
_PARTS = lazy(r"([0-9]+(?:\.[0-9]+)?)([a-z]+|%)")


def milliseconds(duration: str) -> float:
    """A text of the form ``DURATION`` in milliseconds. Raises ``ValueError`` for any other."""
    found = _PARTS.fullmatch(duration)
    if found is None or found[2] not in _MILLISECONDS:
        raise ValueError(f"{duration!r} is not {WORDS[DURATION]}")
    return float(found[1]) * _MILLISECONDS[found[2]]


def percent(text: str) -> float:
    """A text of the form ``PERCENTAGE`` as a number: 10.0 for ``10%``. Raises ``ValueError`` for any other."""
    found = _PARTS.fullmatch(text)
    if found is None or found[2] != "%":
        raise ValueError(f"{text!r} is not {WORDS[PERCENTAGE]}")
    return float(found[1])
