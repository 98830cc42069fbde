"""The server that a plan is for."""

from __future__ import annotations

import msgspec

MIN_MAJOR, MAX_MAJOR, DEFAULT_MAJOR = 12, 18, 15


class Server(msgspec.Struct, frozen=True, gc=False):
    """Dialect and major version; the plan knows how PostgreSQL 12 to 18 differ."""

    dialect: str = "postgres"
    major: int = DEFAULT_MAJOR


class Session(msgspec.Struct, frozen=True, gc=False):
    """Settings of the session that change what statements do.

    Timeouts are milliseconds; 0 means off, None means never set by the history (the server's or role's default:
    unknown).
    ``lock_timeout_local`` tells that it ends with the transaction. ``timezone`` is None where it was never set.
    """

    search_path: tuple[str, ...] = ("public",)
    lock_timeout: int | None = None
    statement_timeout: int | None = None
    timezone: str | None = None
    role: str | None = None
    check_function_bodies: bool = True
