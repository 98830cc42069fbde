"""sql-migrate (rubenv): one file per version, ``-- +migrate Up [notransaction]`` and ``-- +migrate Down``.

Files run in the order of their leading numbers, then names, and are known by their whole names. Each direction is a
transaction unless its mark says ``notransaction``; statements are sent one by one (``sqlparse/sqlparse.go``,
``migrate.go``: ``PlannedMigration``).
"""

from __future__ import annotations

import re

from hotlint.patterns import lazy
from hotlint.project.frameworks.base import MARKED, Draft
from hotlint.project.frameworks.one_file import add_sectioned
from hotlint.project.frameworks.sections import SectionReader, Sections
from hotlint.project.model import NoTransaction, Project
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree

NAME = "sql-migrate"

# The dashes come before the look back to the line's beginning: Python finds a literal quickly and tries "^" everywhere.
_MARK = lazy(r"--(?<=^--)[ \t]*\+migrate[ \t]+(\w+)([^\r\n]*)(?:\r?\n|\Z)", re.MULTILINE)

NO_TX = NoTransaction(
    "-- +migrate Up notransaction",
    "in place of the `-- +migrate Up` line",
    "`notransaction` after `-- +migrate Up` makes sql-migrate run the statements one by one, outside of a transaction.",
    placement="mark",
    mark=r"^--[ \t]*\+migrate[ \t]+(?:up|down)\b",
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """A ``-- +migrate`` mark in the files that were looked at."""
    return MARKED if folder.sql and "+migrate " in tree.sample(folder) else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the versions' numbers."""
    draft = Draft(NAME, folder, tree, options)
    add_sectioned(draft, sections, off="none", mark="-- +migrate Up", by_name=True)
    return draft.finish(down_style="section", no_transaction=NO_TX)


def sections(text: str) -> Sections:
    """The parts of a file; there may be several sections of one direction."""
    reader = SectionReader(text)
    off: dict[str, tuple[int, int]] = {}
    for match in _MARK.finditer(text):
        mark = match[1].lower()
        if mark in ("up", "down"):
            reader.cut(match.start(), match.end())
            reader.open(mark, match.end())
            if "notransaction" in match[2].split():
                off[mark] = (match.start(), match.start() + len(match[0].rstrip()))
        elif mark == "statementbegin":
            reader.cut(match.start(), match.end())
        elif mark == "statementend":
            reader.cut(match.start(), match.end(), single=True)
    reader.finish()
    return Sections(reader.of("up"), reader.of("down"), off.get("up"), off.get("down"))
