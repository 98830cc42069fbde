"""Hasura: ``TIMESTAMP_name/up.sql`` and ``down.sql``, the timestamp in milliseconds.

Each script is one ``run_sql`` in a transaction of the server's; nothing in a migration switches that off (Hasura's
``no_transaction`` is a flag of the API, not of the files).
"""

from __future__ import annotations

from hotlint.patterns import lazy
from hotlint.project.frameworks.base import CERTAIN, Draft
from hotlint.project.frameworks.nested import holds, migration_folders
from hotlint.project.model import NoTransaction, Project
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree

NAME = "hasura"

_MILLISECONDS = lazy(r"\d{13}_")

NO_TX = NoTransaction(
    None,
    "",
    "Hasura runs every migration in a transaction; run this statement by the run_sql API with `no_transaction: true`.",
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """Folders named by milliseconds, with an ``up.sql``."""
    if not any(_MILLISECONDS.match(name) for name in folder.folders):
        return None
    return CERTAIN if holds(folder, tree, "up.sql") or holds(folder, tree, "up.yaml") else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the timestamps."""
    draft = Draft(NAME, folder, tree, options)
    for version, rest, inner in migration_folders(draft, "up.sql", "down.sql"):
        if "up.yaml" in inner.files:
            draft.not_covered("metadata of Hasura, not SQL", inner.join("up.yaml"))
        if "up.sql" in inner.files:
            down = tree.script(inner.join("down.sql")) if "down.sql" in inner.files else None
            draft.add(version, rest, tree.script(inner.join("up.sql")), down)
    draft.duplicates()
    return draft.finish(down_style="file", numbering="timestamp", no_transaction=NO_TX)
