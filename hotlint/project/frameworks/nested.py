"""Layouts with a folder for each migration: ``VERSION_name/up.sql``, ``VERSION_name/migration.sql``."""

from __future__ import annotations

from collections.abc import Iterator

from hotlint.project.frameworks.base import Draft, numbered
from hotlint.project.tree import Folder, Tree

_LOOKED_AT = 3  # folders, at each end


def holds(folder: Folder, tree: Tree, file: str) -> bool:
    """Whether the first or the last versioned folders in ``folder`` hold ``file``."""
    names = [name for name in folder.folders if numbered(name)]
    for name in names[:_LOOKED_AT] + names[-_LOOKED_AT:]:
        inner = tree.folder(folder.join(name))
        if inner is not None and file in inner.files:
            return True
    return False


def migration_folders(draft: Draft, *files: str) -> Iterator[tuple[str, str, Folder]]:
    """Version, rest of the name and listing of each migration's folder, in the order of their names.

    Folders without a version are told where they hold one of ``files``.
    """
    for name in draft.folder.folders:
        path = draft.path(name)
        if draft.excluded(path) or (inner := draft.tree.folder(path)) is None:
            continue
        parts = numbered(name)
        if parts is not None:
            yield parts.version, parts.rest, inner
        elif any(file in inner.files for file in files):
            draft.bad_name(path, "VERSION_name")
