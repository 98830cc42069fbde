"""Volatility of functions and expressions, from the server's own catalog for each version."""

from __future__ import annotations

from typing import Literal

from hotlint.catalog.catalog import Reader
from hotlint.operations import Expr
from hotlint.server import Server

Volatility = Literal["immutable", "stable", "volatile"]


def volatility(expr: Expr, catalog: Reader, server: Server, search_path: tuple[str, ...]) -> Volatility | None:
    """The worst volatility of any part of the expression as the server's planner sees it; None where it cannot be
    known (a function that neither the server nor the history has)."""
    return None


def exists(name: str, server: Server) -> bool:
    """Whether version ``server.major`` has a built-in function of that name (``gen_random_uuid`` since 13)."""
    return True
