"""What Hotlint tells: a finding, the places that it is about, and the ways out of it."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")
"""From the least to the most severe."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """A span of a file: 1-based lines and columns in code points, the end exclusive; ``message`` says what is there."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str = ""


class Edit(msgspec.Struct, frozen=True, gc=False):
    """Replace the code points ``start`` to ``end`` (exclusive) of the file ``path`` by ``text``.

    Offsets count as those of ``Script.text`` do: the file decoded, without its byte order mark, line endings as they
    are. New lines in ``text`` end as the file's do.
    """

    path: str
    start: int
    end: int
    text: str


class Fix(msgspec.Struct, frozen=True, gc=False):
    """A way out. ``sql`` is what to write instead, whole and valid for this server, object and transaction policy.

    ``edits`` put it into the file, where that can be done as the file stands; they do not overlap, and are empty where
    a fix takes several migrations, another file, or text that is not the file's own (a template's). They may take
    less than the whole statement, and need not be ``sql``: its other parts stay. ``safe``: with them the migration
    still does the same, to the schema and to the rows; ``hotlint.testing`` holds each rule to that on its examples,
    and ``--fix`` proves it on the history before it writes.
    """

    title: str
    sql: str
    edits: tuple[Edit, ...] = ()
    safe: bool = False


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One thing that is wrong, at one place. ``relations`` are qualified names as SQL."""

    rule: str
    category: str
    severity: Severity
    message: str
    place: Place
    migration: str | None = None
    relations: tuple[str, ...] = ()
    related: tuple[Place, ...] = ()
    help: str = ""
    fixes: tuple[Fix, ...] = ()
    fingerprint: str = ""
