"""dbmate: one file per version, ``-- migrate:up [transaction:false]`` and ``-- migrate:down``.

Each direction is sent as one message, in a transaction unless its mark says ``transaction:false`` (``pkg/dbmate``:
``parsing.go``, ``db.go``: ``Migrate``).
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

NAME = "dbmate"

_MARK = lazy(r"^[ \t]*--[ \t]*migrate:(up|down)\b([^\r\n]*)(?:\r?\n|\Z)", re.MULTILINE)

NO_TX = NoTransaction(
    "-- migrate:up transaction:false",
    "in place of the `-- migrate:up` line",
    "`transaction:false` after `-- migrate:up` makes dbmate run the section outside of a transaction.",
    placement="mark",
    mark=r"^[ \t]*--[ \t]*migrate:(?:up|down)\b",
    one_message=True,
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """A ``-- migrate:up`` mark in the files that were looked at."""
    return MARKED if folder.sql and "migrate:up" in tree.sample(folder) else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the files' names, as dbmate sorts them."""
    draft = Draft(NAME, folder, tree, options)
    add_sectioned(draft, sections, off="implicit", mark="-- migrate:up", by_number=False)
    return draft.finish(down_style="section", no_transaction=NO_TX)


def sections(text: str) -> Sections:
    """The two parts of a file."""
    reader = SectionReader(text)
    off: dict[str, tuple[int, int]] = {}
    for match in _MARK.finditer(text):
        reader.cut(match.start(), match.end())
        reader.open(match[1], match.end())
        if "transaction:false" in match[2].split():
            off[match[1]] = (match.start(), match.start() + len(match[0].rstrip()))
    reader.finish()
    return Sections(reader.of("up"), reader.of("down"), off.get("up"), off.get("down"))
