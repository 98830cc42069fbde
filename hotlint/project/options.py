"""What the user may say about projects, as opposed to what is recognised."""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec

from hotlint.project.model import TransactionMode


class ProjectOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the user says about one project; what is None or empty is recognised instead.

    ``path`` is the folder that it is about. ``baseline`` is the path of a schema dump that the history starts from.
    ``placeholders`` are names and the text that stands for them when the tool runs the file. ``exclude`` are globs over
    paths below ``path``.
    """

    path: str = ""
    framework: str | None = None
    dialect: str | None = None
    transaction: TransactionMode | None = None
    placeholders: dict[str, str] = {}
    baseline: str | None = None
    exclude: tuple[str, ...] = ()


class DiscoverOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of all projects (``defaults``), of single ones (``projects``), and globs of paths to leave out."""

    defaults: ProjectOptions = ProjectOptions()
    projects: tuple[ProjectOptions, ...] = ()
    exclude: tuple[str, ...] = ()

    def of(self, root: str) -> ProjectOptions:
        """The options of the project at ``root``: those of the nearest configured folder at or above it."""
        best = self.defaults
        for options in self.projects:
            path = clean_path(options.path)
            if (path in ("", ".") or root == path or root.startswith(path + "/")) and len(path) >= len(best.path):
                best = options
        return best

    def is_configured(self, path: str) -> bool:
        """Whether the user named exactly this folder as a project."""
        return any(clean_path(options.path) == path for options in self.projects)

    def leaves_out(self, path: str) -> bool:
        """Whether a glob of ``exclude`` matches the path, or any folder that it is in."""
        return matches_any(path, self.exclude)


def clean_path(path: str) -> str:
    """A path as it is shown: ``/`` between the parts, no ``./`` before and no ``/`` after."""
    path = path.replace("\\", "/")
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return path.rstrip("/") or ("/" if path.startswith("/") else ".")


def matches_any(path: str, globs: tuple[str, ...]) -> bool:
    """Whether a glob matches the path, a folder above it, or (a glob without ``/``) one of its parts."""
    for glob in globs:
        glob = glob.rstrip("/")
        if "/" not in glob:
            if any(fnmatchcase(part, glob) for part in path.split("/")):
                return True
        elif fnmatchcase(path, glob) or fnmatchcase(path, glob + "/*"):
            return True
    return False
