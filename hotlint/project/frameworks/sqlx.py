"""sqlx: ``VERSION_name.sql``, or ``VERSION_name.up.sql`` and ``.down.sql``.

Each file is sent as one message in a transaction; a first line that starts with ``-- no-transaction`` takes the
transaction away (``sqlx-core/src/migrate``: ``Migration::new``, ``source.rs``).
"""

from __future__ import annotations

from hotlint.project.frameworks.base import MARKED, NAMED, Draft, numbered
from hotlint.project.frameworks.one_file import numbered_paths
from hotlint.project.frameworks.updown import UpDownName, add_slots, collect, has_updown
from hotlint.project.model import NoTransaction, Project, TransactionMode
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree
from hotlint.source import Script

NAME = "sqlx"

_OFF = "-- no-transaction"

NO_TX = NoTransaction(
    _OFF,
    "first line",
    "`-- no-transaction` as the file's first line makes sqlx run it outside of a transaction; keep it to one "
    "statement.",
    placement="top",
    one_message=True,
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """Numbered files one of which starts with ``-- no-transaction``, or a ``Cargo.toml`` that asks for sqlx."""
    if not any(numbered(name) for name in folder.sql):
        return None
    if tree.mentions(folder.path, "Cargo.toml", ("sqlx",)):
        return NAMED
    if _OFF in tree.sample(folder):
        return MARKED
    if has_updown(folder.sql):
        return None
    return MARKED if any(tree.text(folder.join(name)).startswith(_OFF) for name in folder.sql) else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the versions' numbers."""
    draft = Draft(NAME, folder, tree, options)
    if has_updown(folder.sql):
        add_slots(draft, collect(draft), _mode)
        return draft.finish(down_style="file", no_transaction=NO_TX)
    for version, rest, path in numbered_paths(draft):
        up = tree.script(path)
        if up is not None:
            transaction, directive = mode_of(up)
            draft.add(version, rest, up, transaction=transaction, directive=directive)
    draft.duplicates()
    return draft.finish(no_transaction=NO_TX)


def mode_of(script: Script) -> tuple[TransactionMode, tuple[int, int] | None]:
    """The mode of a script, and the span of the line that switched the transaction off."""
    return ("implicit", (0, len(_OFF))) if script.text.startswith(_OFF) else ("wrapped", None)


def _mode(script: Script, name: UpDownName) -> tuple[TransactionMode, tuple[int, int] | None]:
    return mode_of(script)
