"""Drizzle: ``0000_name.sql`` files in the order of ``meta/_journal.json``; from 1.0 on
``TIMESTAMP_name/migration.sql``.

The migrator runs all that is pending in one transaction, part by part between ``--> statement-breakpoint`` marks
(``drizzle-orm/src/pg-core/dialect.ts``: ``migrate``). It has no way down.
"""

from __future__ import annotations

import msgspec

from hotlint.patterns import lazy
from hotlint.project import dialects
from hotlint.project.frameworks.base import BAD_NAME, CERTAIN, Draft, numbered
from hotlint.project.frameworks.nested import holds, migration_folders
from hotlint.project.frameworks.sections import split_at
from hotlint.project.model import LayoutProblem, NoTransaction, Project
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree
from hotlint.source import Region

NAME = "drizzle"

_BREAK = lazy(r"-->[ \t]*statement-breakpoint[ \t]*\r?\n?")

NO_TX = NoTransaction(
    None, "", "Drizzle's migrator runs everything in one transaction; run this statement outside of the migrations."
)


class _Entry(msgspec.Struct):
    tag: str
    idx: int = 0


class _Journal(msgspec.Struct):
    entries: list[_Entry] = []
    dialect: str | None = None


def detect(folder: Folder, tree: Tree) -> int | None:
    """The journal, or folders with a ``migration.sql`` and a ``snapshot.json``."""
    if "meta" in folder.folders:
        meta = tree.folder(folder.join("meta"))
        if meta is not None and "_journal.json" in meta.files:
            return CERTAIN
    return CERTAIN if holds(folder, tree, "snapshot.json") and holds(folder, tree, "migration.sql") else None


def dialect(folder: Folder, tree: Tree) -> str | None:
    """The dialect that the journal names."""
    journal, _ = _journal(folder, tree)
    if journal is None or journal.dialect is None:
        return None
    return dialects.named(journal.dialect) or journal.dialect


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project; files that the journal does not list never run, and are told."""
    draft = Draft(NAME, folder, tree, options)
    journal, problem = _journal(folder, tree)
    if journal is None:
        if problem:
            draft.problems.append(LayoutProblem(BAD_NAME, problem, draft.path("meta", "_journal.json")))
        for version, rest, inner in migration_folders(draft, "migration.sql"):
            _add(draft, version, rest, inner.join("migration.sql"))
        if draft.migrations or not problem:
            return draft.finish(no_transaction=NO_TX)
        journal = _Journal([_Entry(name.removesuffix(".sql")) for name in folder.sql])
    else:
        draft.support_files.append(draft.path("meta", "_journal.json"))
    listed = set()
    for entry in journal.entries:
        parts = numbered(entry.tag)
        listed.add(entry.tag + ".sql")
        path = draft.path(entry.tag + ".sql")
        if entry.tag + ".sql" not in folder.files:
            message = f"The journal lists {entry.tag}, and there is no {entry.tag}.sql."
            draft.problems.append(LayoutProblem(BAD_NAME, message, draft.path("meta", "_journal.json"), (path,)))
        elif not draft.excluded(path):
            _add(draft, parts.version if parts else entry.tag, parts.rest if parts else entry.tag, path)
    for path in draft.files():
        if path.rpartition("/")[2] not in listed:
            draft.bad_name(path, "in meta/_journal.json")
    draft.duplicates()
    return draft.finish(no_transaction=NO_TX)


def chunks(text: str) -> tuple[Region, ...]:
    """The parts that are sent one by one. A part may hold several statements, which then are one message."""
    return split_at(text, _BREAK)


def _add(draft: Draft, version: str, rest: str, path: str) -> None:
    draft.add(version, rest, draft.tree.script(path, chunks(draft.tree.text(path))))


def _journal(folder: Folder, tree: Tree) -> tuple[_Journal | None, str | None]:
    """The journal, or what is wrong with it; neither where there is none."""
    path = folder.join("meta/_journal.json")
    meta = tree.folder(folder.join("meta"))
    if meta is None or "_journal.json" not in meta.files:
        return None, None
    try:
        return msgspec.json.decode(tree.text(path), type=_Journal), None
    except msgspec.DecodeError as error:
        return None, f"The journal cannot be read, so the files' names give the order: {error}."
