"""One look at the disk: every folder is listed once and every file is read once, however many frameworks ask.

Texts that are newer than the disk (an editor's unsaved file, standard input) stand in for their files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from hotlint.patterns import lazy
from hotlint.project.model import LayoutProblem
from hotlint.project.read import UNREADABLE, decode, read_file
from hotlint.source import Problem, Region, Script

SQL_FILE = lazy(r"\.sql(?:\.[a-z][a-z0-9]*)?\Z")
"""``x.sql``, and ``x.sql.postgres`` as some projects mark a dialect."""

MAX_SAMPLE = 6
_ANCESTORS = 8


class Folder(msgspec.Struct, frozen=True):
    """The names in a folder, sorted; ``path`` is as the user would write it. ``sql`` are the files that hold SQL."""

    path: str
    files: tuple[str, ...]
    folders: tuple[str, ...]
    sql: tuple[str, ...]

    @property
    def name(self) -> str:
        """The folder's own name."""
        return os.path.basename(os.path.abspath(self.path)) if self.path in (".", "..") else self.path.split("/")[-1]

    def join(self, name: str) -> str:
        """The path of something in this folder."""
        return join(self.path, name)


def join(folder: str, name: str) -> str:
    """A path below ``folder``; nothing is written before names in the working directory."""
    return name if folder == "." else f"{folder}{name}" if folder.endswith("/") else f"{folder}/{name}"


class Tree:
    """Listings and texts, kept for the time of one run. ``problems`` are files and folders that could not be read.

    ``buffers`` are texts by path, as the tree writes paths; each is taken instead of the file, which need not be there.
    """

    def __init__(self, buffers: Mapping[str, str] | None = None) -> None:
        self._buffers = buffers or {}
        self._folders: dict[str, Folder | None] = {}
        self._texts: dict[str, tuple[str, tuple[Problem, ...]] | None] = {}
        self._samples: dict[str, str] = {}
        self.problems: dict[str, LayoutProblem] = {}

    def with_buffers(self, buffers: Mapping[str, str]) -> Tree:
        """The same look at the disk with these buffers instead: only what they change is listed or read again."""
        changed = {path for path in {*self._buffers, *buffers} if self._buffers.get(path) != buffers.get(path)}
        listed = {os.path.dirname(path) or "." for path in self._buffers.keys() ^ buffers.keys()}
        tree = Tree(buffers)
        tree._folders = {path: folder for path, folder in self._folders.items() if path not in listed}
        tree._texts = {path: text for path, text in self._texts.items() if path not in changed}
        tree.problems = {path: told for path, told in self.problems.items() if path not in changed}
        return tree

    @property
    def folders_seen(self) -> tuple[str, ...]:
        """Every folder that was listed, those included that are not there."""
        return tuple(self._folders)

    @property
    def files_seen(self) -> tuple[str, ...]:
        """Every file that was read, those included that could not be."""
        return tuple(self._texts)

    def folder(self, path: str) -> Folder | None:
        """The listing of a folder; None where there is no such folder that can be read."""
        if path not in self._folders:
            self._folders[path] = self._list(path)
        return self._folders[path]

    def _list(self, path: str) -> Folder | None:
        files: list[str] = []
        folders: list[str] = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    (folders if _is_folder(entry) else files).append(entry.name)
        except NotADirectoryError:
            return None
        except OSError as error:  # a folder that is not there has no buffers either
            if not isinstance(error, FileNotFoundError):
                self._unreadable(path, error)
            return None
        unsaved = {os.path.basename(b) for b in self._buffers if (os.path.dirname(b) or ".") == path}
        files += unsaved.difference(files)
        files.sort()
        folders.sort()
        sql = tuple(name for name in files if ".sql" in name and SQL_FILE.search(name))
        return Folder(path, tuple(files), tuple(folders), sql)

    def has(self, path: str) -> bool:
        """Whether there is such a file or folder."""
        return path in self._buffers or os.path.exists(path)

    def read(self, path: str) -> tuple[str, tuple[Problem, ...]] | None:
        """Text and problems of a file, as ``read_file``; None, and a problem kept, where it cannot be read."""
        if path not in self._texts:
            try:
                buffer = self._buffers.get(path)
                self._texts[path] = read_file(path) if buffer is None else decode(buffer.encode(errors="surrogatepass"))
            except OSError as error:
                self._unreadable(path, error)
                self._texts[path] = None
        return self._texts[path]

    def text(self, path: str) -> str:
        """The text of a file; empty where it cannot be read."""
        found = self.read(path)
        return found[0] if found else ""

    def script(self, path: str, regions: tuple[Region, ...] | None = None) -> Script | None:
        """The file as a script, whole unless ``regions`` are given; None where it cannot be read."""
        found = self.read(path)
        if found is None:
            return None
        text, problems = found
        return Script(path, text, (Region(0, len(text)),) if regions is None else regions, problems)

    def sample(self, folder: Folder) -> str:
        """A few of the folder's SQL files, joined: the first, the middle and the last ones."""
        found = self._samples.get(folder.path)
        if found is None:
            names = folder.sql
            if len(names) > MAX_SAMPLE:
                middle = len(names) // 2
                names = (*names[:2], *names[middle : middle + 2], *names[-2:])
            found = "\n".join(self.text(folder.join(name)) for name in names)
            self._samples[folder.path] = found
        return found

    def mentions(self, path: str, file: str, words: tuple[str, ...]) -> str | None:
        """The first of ``words`` that the nearest file of this name, at or above ``path``, holds."""
        text = self.nearest(path, file)
        return next((word for word in words if word in text), None)

    def nearest(self, path: str, file: str) -> str:
        """The text of the nearest file of this name at or above ``path``, inside the repository; empty without one."""
        at = os.path.abspath(path)
        for _ in range(_ANCESTORS):
            candidate = os.path.join(at, file)
            if candidate not in self._texts and not os.path.isfile(candidate):
                self._texts[candidate] = None
            if self._texts.get(candidate, True) is not None:
                return self.text(candidate)
            if os.path.exists(os.path.join(at, ".git")) or os.path.dirname(at) == at:
                break
            at = os.path.dirname(at)
        return ""

    def _unreadable(self, path: str, error: OSError) -> None:
        reason = error.strerror or str(error)
        self.problems[path] = LayoutProblem(UNREADABLE, f"{path} cannot be read: {reason}.", path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself: told when it is read
        return False
