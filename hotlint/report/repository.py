"""Where files lie in their repository: code hosts know them by that, whatever the working directory was."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import quote


class Repository:
    """The repository that a report is about. ``root`` is absolute, without symbolic links."""

    def __init__(self, folders: Iterable[str] = ()) -> None:
        """The one around the working directory where it holds all ``folders``, else the one around these; where there
        is none, the working directory."""
        here = os.path.realpath(".")
        real = [os.path.realpath(folder) for folder in folders]
        root = _root_above(here)
        if real and not (root and all(_is_below(folder, root) for folder in real)):
            root = _root_above(_common(real)) or root
        self.root = root or here
        self._known: dict[str, str | None] = {}

    def relative(self, path: str) -> str | None:
        """The path of a file below the root, with ``/``, symbolic links resolved; None where it lies elsewhere."""
        if path not in self._known:
            real = os.path.realpath(path)
            below = _is_below(real, self.root)
            self._known[path] = os.path.relpath(real, self.root).replace(os.sep, "/") if below else None
        return self._known[path]

    def shown(self, path: str) -> str:
        """The path below the root where there is one, else the absolute one, with ``/``."""
        return self.relative(path) or os.path.realpath(path).replace(os.sep, "/")


def relative_uri(path: str) -> str:
    """A relative path as a URI reference (RFC 3986): every byte that it does not allow is percent-encoded."""
    return quote(os.fsencode(path), safe="/")


def file_uri(path: str, *, folder: bool = False) -> str:
    """An absolute path as a ``file:`` URI, with a slash at the end of a folder's."""
    text = path.replace(os.sep, "/")
    encoded = quote(os.fsencode(text if text.startswith("/") else f"/{text}"), safe="/:")
    return f"file://{encoded}{'/' if folder and not encoded.endswith('/') else ''}"


def _root_above(folder: str) -> str | None:
    """The nearest folder, upwards, with a ``.git`` in it (a file in worktrees and submodules)."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _common(folders: list[str]) -> str:
    try:
        return os.path.commonpath(folders)
    except ValueError:  # different drives
        return folders[0]
