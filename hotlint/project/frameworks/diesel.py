"""diesel: ``VERSION_name/up.sql``, ``down.sql`` and perhaps ``metadata.toml``.

Each script is sent as one message, in a transaction unless ``metadata.toml`` says ``run_in_transaction = false``
(``diesel_migrations/migrations_internals``: ``TomlMetadata``; ``diesel::migration``: ``batch_execute``).
"""

from __future__ import annotations

import re

from hotlint.patterns import lazy
from hotlint.project.frameworks.base import CERTAIN, LIKELY, NAMED, Draft
from hotlint.project.frameworks.nested import holds, migration_folders
from hotlint.project.model import NoTransaction, Project, TransactionMode
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree

NAME = "diesel"

_OFF = lazy(r"^[ \t]*run_in_transaction[ \t]*=[ \t]*false\b", re.MULTILINE)
_DIESEL_NAME = lazy(r"\d{4}-\d{2}-\d{2}-\d{4,6}[_-]|0+_diesel_")

NO_TX = NoTransaction(
    "run_in_transaction = false",
    "metadata.toml beside up.sql",
    "`run_in_transaction = false` in a metadata.toml beside up.sql makes diesel run it outside of a transaction.",
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """Versioned folders with an ``up.sql``; dates with dashes are diesel's own."""
    if not holds(folder, tree, "up.sql"):
        return None
    if any(_DIESEL_NAME.match(name) for name in folder.folders):
        return CERTAIN
    return NAMED if tree.mentions(folder.path, "Cargo.toml", ("diesel",)) else LIKELY


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the folders' names."""
    draft = Draft(NAME, folder, tree, options)
    for version, rest, inner in migration_folders(draft, "up.sql", "down.sql"):
        if "up.sql" not in inner.files:
            if inner.sql:
                draft.bad_name(inner.path, "that of a folder with an up.sql")
            continue
        mode: TransactionMode = "wrapped"
        if "metadata.toml" in inner.files:
            draft.support_files.append(inner.join("metadata.toml"))
            if _OFF.search(tree.text(inner.join("metadata.toml"))):
                mode = "implicit"
        down = tree.script(inner.join("down.sql")) if "down.sql" in inner.files else None
        draft.add(version, rest, tree.script(inner.join("up.sql")), down, transaction=mode)
    draft.duplicates()
    return draft.finish(down_style="file", no_transaction=NO_TX)
