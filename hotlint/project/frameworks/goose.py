"""goose: one file per version, ``-- +goose Up`` and ``-- +goose Down``.

Each file runs in a transaction, statement by statement; ``-- +goose NO TRANSACTION`` takes the transaction away from
both directions (``internal/sqlparser/parser.go``).
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

NAME = "goose"

_MARK = lazy(r"^[ \t]*--[ \t]*\+goose[ \t]+([^\r\n]*?)[ \t]*(?:\r?\n|\Z)", re.MULTILINE | re.IGNORECASE)

NO_TX = NoTransaction(
    "-- +goose NO TRANSACTION",
    "first line",
    "`-- +goose NO TRANSACTION` at the top makes goose run the file's statements one by one, outside of a transaction.",
    placement="top",
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """A ``-- +goose`` mark in the files that were looked at."""
    return MARKED if folder.sql and "+goose" in tree.sample(folder) else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the versions' numbers."""
    draft = Draft(NAME, folder, tree, options)
    add_sectioned(draft, sections, off="none", mark="-- +goose Up")
    return draft.finish(down_style="section", no_transaction=NO_TX)


def sections(text: str) -> Sections:
    """The parts of a file; text before the first mark is none of them."""
    reader = SectionReader(text)
    directive = None
    for match in _MARK.finditer(text):
        mark = match[1].lower()
        if mark in ("up", "down"):
            reader.cut(match.start(), match.end())
            reader.open(mark, match.end())
        elif mark == "statementbegin":
            reader.cut(match.start(), match.end())
        elif mark == "statementend":
            reader.cut(match.start(), match.end(), single=True)
        elif mark == "no transaction":
            directive = (match.start(), match.start() + len(match[0].rstrip()))
    reader.finish()
    return Sections(reader.of("up"), reader.of("down"), directive, directive)
