"""What a project is: the vocabulary that frameworks produce and the plan consumes."""

from __future__ import annotations

from typing import Literal

import msgspec

from hotlint.source import Script

TransactionMode = Literal["wrapped", "implicit", "none"]
"""How the framework runs a script. "wrapped": between BEGIN and COMMIT of its own. "implicit": as one simple-query
message,
so that several statements share an implicit transaction, a single one runs alone, and explicit BEGIN and COMMIT work.
"none": statement by statement, each committed on its own."""


class Migration(msgspec.Struct, frozen=True, gc=False):
    """One versioned change.

    ``id`` is the framework's version as text (``"0007"``, ``"1.2.1"``, a Sqitch change's name), ``name`` the rest of
    the file's name. ``parents`` are ids of migrations that run before it; a linear history gives the one before.
    ``transaction`` is the mode for its up script, ``down_transaction`` for its down script. ``directive`` is the span
    in the up script of the marker that switched the transaction off, if any. ``repeatable`` migrations run again when
    changed. Neighbours with the same ``group`` are parts of one change: they are rolled back together, last part first.
    """

    id: str
    name: str
    up: Script
    down: Script | None = None
    parents: tuple[str, ...] = ()
    transaction: TransactionMode = "wrapped"
    down_transaction: TransactionMode = "wrapped"
    directive: tuple[int, int] | None = None
    repeatable: bool = False
    verify: Script | None = None
    tags: tuple[str, ...] = ()
    group: str | None = None


class LayoutProblem(msgspec.Struct, frozen=True, gc=False):
    """Something wrong with the files rather than with their text: told by the rule ``rule`` at ``path``, line 1."""

    rule: str  # "duplicate-version", "bad-file-name", "missing-down-file", …
    message: str
    path: str
    related: tuple[str, ...] = ()  # paths


class NotCovered(msgspec.Struct, frozen=True, gc=False):
    """Files that belong to the project but are not planned, and why (another dialect, a program, …)."""

    reason: str
    paths: tuple[str, ...]


class NoTransaction(msgspec.Struct, frozen=True, gc=False):
    """How this framework's user switches the transaction off for one migration; what fixes and messages say.

    ``directive`` is the line to put into the file (None where there is none); ``where`` says where it goes ("first
    line",
    "metadata.toml beside up.sql", …); ``help`` is one sentence.

    ``placement`` is ``where`` for edits, None where it is another file or its name: a line at the top of the file, the
    directive's last word at the end of the line that the regular expression ``mark`` finds, or nothing ("itself") where
    the framework sees that all statements must run outside. ``one_message``: the file is still sent as a whole, so that
    only a single statement runs outside of a transaction.
    """

    directive: str | None
    where: str
    help: str
    placement: Literal["top", "top, with an empty line", "mark", "itself"] | None = None
    mark: str = ""
    one_message: bool = False


class Project(msgspec.Struct, frozen=True, gc=False):
    """The migrations of one database, in the order in which they run.

    ``root`` is the folder, as the user would write it. ``down_style`` is where down scripts belong in this layout:
    "file", "section", or None where the framework has none. ``no_transaction`` tells how to opt out.
    ``notes`` are sentences for the user about what was recognised and assumed.
    """

    root: str
    framework: str
    dialect: str
    migrations: tuple[Migration, ...]
    down_style: Literal["file", "section"] | None = None
    numbering: Literal["integer", "timestamp", "dotted", "name"] = "integer"
    no_transaction: NoTransaction | None = None
    problems: tuple[LayoutProblem, ...] = ()
    not_covered: tuple[NotCovered, ...] = ()
    notes: tuple[str, ...] = ()
    baseline: Script | None = None  # a schema dump that the history starts from
    support_files: tuple[str, ...] = ()  # files read besides migrations (atlas.sum, sqitch.plan …), for the cache's key
