"""Prisma: ``TIMESTAMP_name/migration.sql`` and ``migration_lock.toml``.

Prisma sends a script as one message and opens no transaction (``schema-engine``: ``apply_script`` calls ``raw_cmd``).
It has no way down.
"""

from __future__ import annotations

import re

from hotlint.patterns import lazy
from hotlint.project import dialects
from hotlint.project.frameworks.base import CERTAIN, NAMED, Draft
from hotlint.project.frameworks.nested import holds, migration_folders
from hotlint.project.model import NoTransaction, Project
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree

NAME = "prisma"

_LOCK = "migration_lock.toml"
_PROVIDER = lazy(r'^\s*provider\s*=\s*"(\w+)"', re.MULTILINE)

NO_TX = NoTransaction(
    None,
    "a migration of its own",
    "Prisma sends migration.sql as one message, so a statement that must not run in a transaction needs a "
    "migration of its own.",
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """The lock file, or versioned folders with a ``migration.sql`` and no snapshot of Drizzle's beside it."""
    if _LOCK in folder.files:
        return CERTAIN
    if holds(folder, tree, "migration.sql") and not holds(folder, tree, "snapshot.json"):
        return NAMED
    return None


def dialect(folder: Folder, tree: Tree) -> str | None:
    """The dialect that the lock file names."""
    if _LOCK not in folder.files:
        return None
    match = _PROVIDER.search(tree.text(folder.join(_LOCK)))
    return (dialects.named(match[1]) or match[1]) if match else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the folders' names."""
    draft = Draft(NAME, folder, tree, options)
    if _LOCK in folder.files:
        draft.support_files.append(draft.path(_LOCK))
    for version, rest, inner in migration_folders(draft, "migration.sql"):
        if "migration.sql" in inner.files:
            draft.add(version, rest, tree.script(inner.join("migration.sql")), transaction="implicit")
        elif inner.files:
            draft.programs(inner, is_migration=lambda name: name.startswith("migration."))
    return draft.finish(numbering="timestamp", no_transaction=NO_TX)
