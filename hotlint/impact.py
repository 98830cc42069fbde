"""What a statement does when it runs: the vocabulary between the impact models of the dialects and everything to their
right."""

from __future__ import annotations

from typing import Literal

import msgspec

from hotlint.catalog.names import QName
from hotlint.catalog.outcome import ServerError, Victim

LockMode = Literal[
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
]
Duration = Literal["brief", "scan", "build", "rewrite"]
"""For how long the statement itself keeps the lock busy: a catalog change only, a read of every row, the build of an
index,
or a copy of every row. From the weakest to the strongest."""


class Lock(msgspec.Struct, frozen=True, gc=False):
    """A lock that a statement takes. ``blocks`` says whose ordinary statements wait: "reads" (SELECT), "writes"
    (INSERT,
    UPDATE, DELETE), "ddl" is always implied from SHARE UPDATE EXCLUSIVE on and not listed.

    ``created_in_transaction``: the relation was made in this transaction, so nobody else can see it.
    ``until``: "transaction" or, for statements that give it back themselves, "statement".
    """

    relation: QName
    kind: str  # the catalog's kind: "table", "view", "materialized view", "index", "sequence", "partitioned table" …
    mode: LockMode
    blocks: tuple[Literal["reads", "writes"], ...] = ()
    duration: Duration = "brief"
    created_in_transaction: bool = False
    until: Literal["transaction", "statement"] = "transaction"


class Rewrite(msgspec.Struct, frozen=True, gc=False):
    """Every row of ``relation`` is written anew. ``reason``: "default", "type", "persistence", "access method",
    "tablespace",
    "cluster", "vacuum full", "refresh", "generated"; ``column`` where one column is the cause, ``also`` further columns
    that alone would cause it."""

    relation: QName
    reason: str
    column: str | None = None
    also: tuple[str, ...] = ()


class Scan(msgspec.Struct, frozen=True, gc=False):
    """Every row of ``relation`` is read. ``reason``: "not null", "check", "foreign key", "partition", "default
    partition",
    "domain", "rewrite", "index", "query", "vacuum", "analyze"; ``name``: the column, constraint or index that asks for
    it."""

    relation: QName
    reason: str
    name: str | None = None


class IndexBuild(msgspec.Struct, frozen=True, gc=False):
    """``index`` is None where its name is not known; ``new`` is False for the rebuild of an index that was there."""

    relation: QName
    index: QName | None
    new: bool = True
    concurrently: bool = False


class DataLoss(msgspec.Struct, frozen=True, gc=False):
    """``what``: "table", "column", "rows", "values", "enum value", "sequence position" …; ``name``: the column."""

    relation: QName
    what: str
    name: str | None = None


class Break(msgspec.Struct, frozen=True, gc=False):
    """Running code of the release before fails: ``how`` is "renamed", "dropped", "required", "type changed",
    "moved"."""

    relation: QName
    how: str
    column: str | None = None
    now: str | None = None  # the new name


class Impact(msgspec.Struct, frozen=True, gc=False):
    """What one statement does. ``skipped``: IF [NOT] EXISTS made it do nothing. ``unknown``: sentences on what could
    not be told."""

    locks: tuple[Lock, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    scans: tuple[Scan, ...] = ()
    index_builds: tuple[IndexBuild, ...] = ()
    data_loss: tuple[DataLoss, ...] = ()
    breaks: tuple[Break, ...] = ()
    victims: tuple[Victim, ...] = ()
    truncated: tuple[QName, ...] = ()
    allowed_in_transaction: bool = True
    skipped: bool = False
    error: ServerError | None = None
    unknown: tuple[str, ...] = ()

    def rewrites_for(self, column: str) -> tuple[Rewrite, ...]:
        """The rewrites that what the statement does to ``column`` causes."""
        return tuple(r for r in self.rewrites if r.column == column or column in r.also)

    def lock_on(self, relation: QName) -> Lock | None:
        """The lock on ``relation``, if the statement takes one."""
        return next((lock for lock in self.locks if lock.relation == relation), None)
