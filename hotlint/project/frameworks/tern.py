"""tern: one file per version, the way down below ``---- create above / drop below ----``.

Each direction is a transaction and is sent as one message; ``---- tern: disable-tx ----`` on a line of its own makes
tern send the statements one by one (``migrate/migrate.go``: ``MigrateTo``).
"""

from __future__ import annotations

import re

from hotlint.patterns import lazy
from hotlint.project.frameworks.base import CERTAIN, MARKED, Draft
from hotlint.project.frameworks.one_file import add_sectioned
from hotlint.project.frameworks.sections import Sections
from hotlint.project.model import NoTransaction, Project
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree
from hotlint.source import Region

NAME = "tern"

_BELOW = "---- create above / drop below ----"
_OFF = lazy(r"^---- tern: disable-tx ----(?=\r?$)", re.MULTILINE)

NO_TX = NoTransaction(
    "---- tern: disable-tx ----",
    "first line",
    "`---- tern: disable-tx ----` on a line of its own makes tern run the statements one by one, outside of a "
    "transaction.",
    placement="top",
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """``tern.conf``, or one of tern's marks in the files that were looked at."""
    if not folder.sql:
        return None
    if "tern.conf" in folder.files:
        return CERTAIN
    sample = tree.sample(folder)
    return MARKED if _BELOW in sample or "---- tern:" in sample else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the versions' numbers."""
    draft = Draft(NAME, folder, tree, options)
    add_sectioned(draft, sections, off="none", mark=_BELOW)
    return draft.finish(down_style="section", numbering="integer", no_transaction=NO_TX)


def sections(text: str) -> Sections:
    """What stands above the mark, and below it."""
    at = text.find(_BELOW)
    end = len(text) if at < 0 else at
    up = (Region(0, end),)
    below = at + len(_BELOW)
    down = (Region(below, len(text)),) if at >= 0 and text[below:].strip() else None
    off = [match.span() for match in _OFF.finditer(text)]
    up_off = next((span for span in off if span[0] < end), None)
    return Sections(up, down, up_off, next((span for span in off if span[0] >= end), None))
