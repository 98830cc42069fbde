"""Settings of a session as ``SET`` writes them: durations, time zones, search paths."""

from __future__ import annotations

from hotlint.patterns import lazy

# Units of time parameters and their milliseconds; a bare number is in the parameter's own unit, milliseconds for the
# timeouts (guc.c: time_unit_conversion_table; units are case-sensitive).
_MILLISECONDS = {"": 1.0, "us": 0.001, "ms": 1.0, "s": 1000.0, "min": 60_000.0, "h": 3_600_000.0, "d": 86_400_000.0}
_DURATION = lazy(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z]*)\s*\Z")
_MAX_MILLISECONDS = 2**31 - 1


def duration_ms(value: str) -> int | None:
    """Milliseconds of a timeout as written (``"5s"``, ``"500"``, ``"1.5min"``); None where the server refuses it.

    Refused are unknown units (``"5 sec"``), negative values and those above 2147483647 ms (22023 on 12 to 18).
    """
    match = _DURATION.match(value)
    if match is None:
        return None
    factor = _MILLISECONDS.get(match.group(2))
    if factor is None:
        return None
    result = round(float(match.group(1)) * factor)
    return result if 0 <= result <= _MAX_MILLISECONDS else None
