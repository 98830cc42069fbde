"""Atlas: ``VERSION_name.sql`` and ``atlas.sum``.

Each file runs in a transaction, statement by statement; ``-- atlas:txmode none`` among the comments at its top takes
the transaction away (``sql/migrate``: ``LocalFile.FileDirectives``). Atlas plans a way down by itself.
"""

from __future__ import annotations

from hotlint.patterns import lazy
from hotlint.project.frameworks.base import CERTAIN, Draft
from hotlint.project.frameworks.one_file import numbered_paths
from hotlint.project.frameworks.updown import has_updown
from hotlint.project.model import NoTransaction, Project
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree

NAME = "atlas"

_OFF = lazy(r"\A(?:--[^\n]*\n|\s*\n)*?(--[ \t]*atlas:txmode[ \t]+none\b)")
_OTHERS = ("+goose", "migrate:up", "formatted sql", "+migrate ")

NO_TX = NoTransaction(
    "-- atlas:txmode none",
    "first line, with an empty line after it",
    "`-- atlas:txmode none` at the top of the file, with an empty line after it, makes Atlas run it outside of a "
    "transaction.",
    placement="top, with an empty line",
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """``atlas.sum``, unless the files are in the format of another tool, which Atlas can write too."""
    if "atlas.sum" not in folder.files or has_updown(folder.sql) or any(name[0] in "VR" for name in folder.sql):
        return None
    sample = tree.sample(folder)
    return None if any(mark in sample for mark in _OTHERS) else CERTAIN


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the versions."""
    draft = Draft(NAME, folder, tree, options)
    draft.support_files.append(draft.path("atlas.sum"))
    for version, rest, path in numbered_paths(draft, by_number=False):
        script = tree.script(path)
        if script is not None:
            off = _OFF.match(script.text)
            draft.add(
                version, rest, script, transaction="none" if off else "wrapped", directive=off.span(1) if off else None
            )
    draft.duplicates()
    return draft.finish(no_transaction=NO_TX)
