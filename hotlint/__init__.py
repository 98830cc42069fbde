"""Hotlint tells what database migrations will do to the people using the database, before they run.

The library is ``check`` and ``plan``; both are imported when first used, so that the command line stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = ["Finding", "PlanReport", "Report", "Server", "__version__", "check", "plan"]

if TYPE_CHECKING:
    from hotlint.api import check as check
    from hotlint.api import plan as plan
    from hotlint.finding import Finding as Finding
    from hotlint.report.model import Report as Report
    from hotlint.report.plan_model import PlanReport as PlanReport
    from hotlint.server import Server as Server

_HOMES = {
    "check": "hotlint.api",
    "plan": "hotlint.api",
    "Finding": "hotlint.finding",
    "PlanReport": "hotlint.report.plan_model",
    "Report": "hotlint.report.model",
    "Server": "hotlint.server",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(home), name)
    return value
