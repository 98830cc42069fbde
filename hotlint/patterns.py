"""Regular expressions that are compiled when they are first used.

Modules have patterns for what a text may contain, and most texts contain little of it: compiling all of them takes
longer than checking a migration.
"""

from __future__ import annotations

import re
from typing import Any, cast


def lazy(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """What ``re.compile`` gives, as far as methods and attributes go; a mistake in ``pattern`` raises at first use."""
    return cast("re.Pattern[str]", _Lazy(pattern, flags))


class _Lazy:
    def __init__(self, pattern: str, flags: int) -> None:
        self._source = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        """Asked once for each name: what is found is kept, so that later uses cost nothing."""
        value = getattr(re.compile(*self._source), name)
        setattr(self, name, value)
        return value
