"""morph (Mattermost): ``VERSION_name.up.sql`` and ``.down.sql``.

Each file is sent as one message in a transaction; ``-- morph:nontransactional`` as its first line takes the transaction
away (``drivers/postgres``: ``Apply``).
"""

from __future__ import annotations

from hotlint.project.frameworks.base import MARKED, NAMED, Draft
from hotlint.project.frameworks.updown import UpDownName, add_slots, collect, has_updown
from hotlint.project.model import NoTransaction, Project, TransactionMode
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree
from hotlint.source import Script

NAME = "morph"

_OFF = "-- morph:nontransactional"

NO_TX = NoTransaction(
    _OFF,
    "first line",
    "`-- morph:nontransactional` as the first line makes morph run the file outside of a transaction; keep it to one "
    "statement.",
    placement="top",
    one_message=True,
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """morph's mark in the files that were looked at, or a ``go.mod`` that asks for it."""
    if not has_updown(folder.sql):
        return None
    if _OFF in tree.sample(folder):
        return MARKED
    return NAMED if tree.mentions(folder.path, "go.mod", ("mattermost/morph",)) else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the versions."""
    draft = Draft(NAME, folder, tree, options)
    add_slots(draft, collect(draft), _mode)
    return draft.finish(down_style="file", no_transaction=NO_TX)


def _mode(script: Script, name: UpDownName) -> tuple[TransactionMode, tuple[int, int] | None]:
    return ("implicit", (0, len(_OFF))) if script.text.startswith(_OFF) else ("wrapped", None)
