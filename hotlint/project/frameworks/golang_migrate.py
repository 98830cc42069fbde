"""golang-migrate, and maragudk/migrate, whose files have the same names.

golang-migrate's PostgreSQL drivers send a whole file as one message (``database/postgres``: ``runStatement``), unless
``x-multi-statement`` is set. maragudk/migrate runs each file in a transaction, and
knows it by its whole name, so that a version may come twice. ``go.mod`` tells them apart, or such versions.
"""

from __future__ import annotations

from hotlint.project.frameworks.base import CUSTOM, LIKELY, Draft
from hotlint.project.frameworks.updown import UpDownName, add_slots, collect, has_updown, reused_versions
from hotlint.project.model import NoTransaction, Project, TransactionMode
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree
from hotlint.source import Script

NAME = "golang-migrate"
RELATIVE = "maragudk-migrate"

_MODULES = ("golang-migrate/migrate", "mattes/migrate")
_RELATIVE_MODULES = ("maragu.dev/migrate", "maragudk/migrate")

ALONE = NoTransaction(
    None,
    "a file of its own",
    "golang-migrate sends a file as one message, so a statement that must not run in a transaction needs a file of "
    "its own.",
)
NO_WAY = NoTransaction(
    None, "", "maragudk/migrate runs every file in a transaction; run this statement outside of the migrations."
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """Files named ``VERSION_name.up.sql``."""
    return LIKELY if has_updown(folder.sql) else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project; a version's up and down file may have different names."""
    framework = options.framework or _which(folder, tree)
    by_name = framework == RELATIVE or (framework is None and reused_versions(folder.sql) >= CUSTOM)
    if by_name:
        framework = RELATIVE
    draft = Draft(framework or NAME, folder, tree, options)
    mode: TransactionMode = "wrapped" if framework == RELATIVE else "implicit"
    if framework is None and options.transaction is None:
        draft.notes.append(
            "Read as golang-migrate by the files' names: each file is sent as one message. For a tool that puts "
            "each file "
            "into a transaction of its own, set `framework` (maragudk-migrate, pop, bun, sqlx) or `transaction: "
            "wrapped`."
        )

    def mode_of(script: Script, name: UpDownName) -> tuple[TransactionMode, tuple[int, int] | None]:
        return mode, None

    add_slots(draft, collect(draft, by_name=by_name), mode_of)
    draft.programs()
    return draft.finish(down_style="file", no_transaction=NO_WAY if framework == RELATIVE else ALONE)


def _which(folder: Folder, tree: Tree) -> str | None:
    word = tree.mentions(folder.path, "go.mod", (*_MODULES, *_RELATIVE_MODULES))
    if word is None:
        return None
    return RELATIVE if word in _RELATIVE_MODULES else NAME
