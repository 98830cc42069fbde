"""bun and go-pg: ``VERSION_name.up.sql``, ``VERSION_name.tx.up.sql``.

Both run a file in a transaction only where its name says ``.tx.``, and both send the parts between ``--bun:split`` or
``--gopg:split`` lines one after the other, each as one message (bun ``migrate/sqlfile.go``, go-pg/migrations
``sql.go``).
"""

from __future__ import annotations

import re

from hotlint.patterns import lazy
from hotlint.project.frameworks.base import MARKED, NAMED, Draft
from hotlint.project.frameworks.sections import split_at
from hotlint.project.frameworks.updown import UpDownName, add_slots, collect, has_updown
from hotlint.project.model import NoTransaction, Project, TransactionMode
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree
from hotlint.source import Region, Script

NAME = "bun"
RELATIVE = "go-pg"

_SPLIT = lazy(r"^[ \t]*--(?:bun|gopg):split[^\n]*\n?", re.MULTILINE)
_MODULES = ("uptrace/bun", "go-pg/migrations", "robinjoseph08/go-pg-migrations")

NO_TX = NoTransaction(
    None, "the file's name", "Name the file VERSION_name.up.sql, without `.tx.`, and it runs outside of a transaction."
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """Names with ``.tx.``, or marks that split a file, or a ``go.mod`` that asks for one of the two."""
    if not has_updown(folder.sql):
        return None
    if any(".tx.up." in name for name in folder.sql):
        return NAMED
    if "--bun:split" in tree.sample(folder) or "--gopg:split" in tree.sample(folder):
        return MARKED
    return NAMED if tree.mentions(folder.path, "go.mod", _MODULES) else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, named after the module that ``go.mod`` asks for."""
    draft = Draft(options.framework or _which(folder, tree), folder, tree, options)
    add_slots(draft, collect(draft), _mode, chunks)
    draft.programs()
    return draft.finish(down_style="file", no_transaction=NO_TX)


def chunks(text: str) -> tuple[Region, ...]:
    """The parts of a file that are sent one after the other."""
    return split_at(text, _SPLIT)


def _which(folder: Folder, tree: Tree) -> str:
    word = tree.mentions(folder.path, "go.mod", _MODULES) or ""
    return RELATIVE if "go-pg" in word or "--gopg:split" in tree.sample(folder) else NAME


def _mode(script: Script, name: UpDownName) -> tuple[TransactionMode, tuple[int, int] | None]:
    return ("wrapped" if "tx" in name.flags else "implicit"), None
