"""What changed in a repository, and which migrations that is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from hotlint.project.model import Migration, Project

_EXTENSIONS = re.compile(r"\.(?=[A-Za-z])")
"""Where a name ends and what kind of file it is begins; ``1.2`` is a version."""


class Changes(msgspec.Struct, frozen=True):
    """Files that changed since a revision: ``paths`` are there, ``deleted`` are not any more; both sorted, and written
    as reports show paths. A renamed file is a deleted one and a new one."""

    revision: str
    paths: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()

    def touch(self, project: Project) -> bool:
        """Whether anything changed in the project's folder."""
        return any(_is_in(path, project.root) for path in (*self.paths, *self.deleted))

    def scope_in(self, project: Project) -> frozenset[str]:
        """The files to report on: those that changed, and all files of a migration of which another one changed or went
        (its down script, its settings)."""
        all_changed = (*self.paths, *self.deleted)
        changed_folders = {path.rpartition("/")[0] for path in all_changed}
        changed = {_migration_name(p) for p in all_changed if _is_in(p, project.root)}
        folders = _own_folders(project)
        found = set(self.paths)
        for migration in project.migrations:
            files = list(_files(migration))
            own = {folder for path in files if (folder := path.rpartition("/")[0]) in folders}
            is_changed = changed_folders & own if own else any(_migration_name(path) in changed for path in files)
            if is_changed:
                found.update(files)
        return frozenset(found)


def _is_in(path: str, root: str) -> bool:
    return path == root or (root == "." and not path.startswith(("../", "/"))) or path.startswith(root + "/")


def _files(migration: Migration) -> Iterator[str]:
    for script in (migration.up, migration.down, migration.verify):
        if script is not None:
            yield script.path


def _own_folders(project: Project) -> frozenset[str]:
    """The folders that hold files of one migration only (``NAME`` of ``NAME/up.sql``)."""
    owners: dict[str, set[str]] = {}
    for migration in project.migrations:
        for path in _files(migration):
            owners.setdefault(path.rpartition("/")[0], set()).add(migration.up.path)
    root = "" if project.root == "." else project.root
    return frozenset(folder for folder, ids in owners.items() if len(ids) == 1 and folder != root)


def _migration_name(path: str) -> str:
    """What the files of one migration share: the beginning of their name, without Flyway's V and U."""
    return _EXTENSIONS.split(path.rpartition("/")[2])[0].lstrip("VU")
