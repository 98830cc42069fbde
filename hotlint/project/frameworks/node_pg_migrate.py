"""node-pg-migrate's SQL files: ``TIMESTAMP_name.sql`` with ``-- Up Migration`` and ``-- Down Migration``, or
``.up.sql`` and ``.down.sql``.

Each migration runs in a transaction and is sent as one message (``src/migration.ts``, ``src/sqlMigration.ts``); SQL
files have no way to switch it off.
"""

from __future__ import annotations

import re

from hotlint.patterns import lazy
from hotlint.project.frameworks.base import LIKELY, MARKED, Draft
from hotlint.project.frameworks.one_file import add_sectioned
from hotlint.project.frameworks.sections import SectionReader, Sections
from hotlint.project.frameworks.updown import UpDownName, add_slots, collect, has_updown
from hotlint.project.model import NoTransaction, Project, TransactionMode
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree
from hotlint.source import Region, Script

NAME = "node-pg-migrate"

_MARK = lazy(r"^\s*--[\s-]*(up|down)\s+migration[^\r\n]*(?:\r?\n|\Z)", re.MULTILINE | re.IGNORECASE)

NO_TX = NoTransaction(
    None,
    "",
    "Write the migration in JavaScript and call `pgm.noTransaction()`; an SQL file always runs in a transaction.",
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """A mark in the files that were looked at, or ``.up.sql`` files and a ``package.json`` that asks for it."""
    if not folder.sql:
        return None
    if _MARK.search(tree.sample(folder)):
        return MARKED
    wanted = has_updown(folder.sql) and tree.mentions(folder.path, "package.json", ("node-pg-migrate",))
    return LIKELY + 1 if wanted else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the versions."""
    draft = Draft(NAME, folder, tree, options)
    if has_updown(folder.sql):
        add_slots(draft, collect(draft), _mode)
        draft.programs()
        return draft.finish(down_style="file", no_transaction=NO_TX)
    add_sectioned(draft, sections, off="wrapped", mark="-- Up Migration")
    return draft.finish(down_style="section", no_transaction=NO_TX)


def sections(text: str) -> Sections:
    """The two parts of a file; without a mark all of it is the way up."""
    reader = SectionReader(text)
    for match in _MARK.finditer(text):
        reader.cut(match.start(), match.end())
        reader.open(match[1].lower(), match.end())
    reader.finish()
    up = reader.of("up")
    if up is None and reader.of("down") is None:
        up = (Region(0, len(text)),)
    return Sections(up, reader.of("down"))


def _mode(script: Script, name: UpDownName) -> tuple[TransactionMode, tuple[int, int] | None]:
    return "wrapped", None
