"""Supabase: ``supabase/migrations/TIMESTAMP_name.sql``.

The command line sends a file's statements in one batch, which is one transaction; from 2.109 on statements that must
not run in one are sent on their own (supabase/cli#5671, supabase/cli#2898). It has no way down.
"""

from __future__ import annotations

import os

from hotlint.project.frameworks.base import CERTAIN, Draft, numbered
from hotlint.project.frameworks.one_file import numbered_paths
from hotlint.project.frameworks.outside import opens_transaction, outside
from hotlint.project.model import NoTransaction, Project, TransactionMode
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree

NAME = "supabase"

NO_TX = NoTransaction(
    None,
    "a migration of its own",
    "Supabase's command line (2.109 and newer) runs such a statement on its own; put it into a migration of its own.",
    placement="itself",
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """A folder ``supabase/migrations``."""
    if folder.name != "migrations" or not any(numbered(name) for name in folder.sql):
        return None
    return CERTAIN if os.path.basename(os.path.dirname(os.path.abspath(folder.path))) == "supabase" else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the files' names."""
    draft = Draft(NAME, folder, tree, options)
    for version, rest, path in numbered_paths(draft, by_number=False):
        script = tree.script(path)
        if script is not None:
            draft.add(version, rest, script, transaction=_mode(script.text))
    draft.duplicates()
    return draft.finish(numbering="timestamp", no_transaction=NO_TX)


def _mode(text: str) -> TransactionMode:
    if outside(text) != "no":
        return "none"
    return "implicit" if opens_transaction(text) else "wrapped"
