"""Results kept by content: what was made from the same files by the same code under the same configuration.

Two parts. ``Store`` keeps bytes under keys in a folder: two runs may share it, a broken entry is a missing one, and it
never fails a run. ``Seen`` is what a result was made from, the listings of folders and the contents of files, so that a
second run can tell that nothing changed without parsing or importing anything.
"""

from __future__ import annotations

import contextlib
import os
import sys
from _thread import get_ident
from collections.abc import Iterable
from typing import Any

import msgspec

from hotlint.digest import blake2b

FORMAT = 1
"""Part of every key: raised when the meaning of what is kept changes."""
LIMIT = 64 * 1024 * 1024
"""Bytes that a folder may hold; the entries that were not used for longest go first."""

_SUM = 16
_MARK = b"hotlint\x00"


def default_folder() -> str:
    """``HOTLINT_CACHE_DIR``, else ``hotlint`` in the user's cache folder (``XDG_CACHE_HOME``, ``~/.cache``)."""
    given = os.environ.get("HOTLINT_CACHE_DIR")
    if given:
        return given
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return os.path.join(base or os.path.join(os.path.expanduser("~"), ".cache"), "hotlint")


class Store:
    """Bytes by key in one folder. Reading and writing never raise: a cache that fails is a cache that is empty."""

    def __init__(self, folder: str | None = None, limit: int = LIMIT) -> None:
        self.folder = folder or default_folder()
        self.limit = limit

    def get(self, key: str) -> bytes | None:
        """What was kept under ``key``; None where there is nothing or where it is not what was written."""
        path = self._path(key)
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError:
            return None
        start = len(_MARK) + _SUM
        payload = data[start:]
        if data[:start] != _MARK + _digest(payload):
            _remove(path)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # its age is the time since its last use
        return payload

    def put(self, key: str, payload: bytes) -> None:
        """Keeps ``payload``, in one move, so that a run beside this one sees all of it or nothing."""
        path = self._path(key)
        draft = f"{path}.{os.getpid()}.{get_ident()}"
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            with open(draft, "wb") as file:
                file.write(_MARK + _digest(payload) + payload)
            os.replace(draft, path)
        except OSError:
            _remove(draft)
            return
        self._shrink()

    def _path(self, key: str) -> str:
        return os.path.join(self.folder, f"{key}.v{FORMAT}")

    def _shrink(self) -> None:
        entries: list[tuple[int, int, str]] = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as found:
            for entry in found:
                with contextlib.suppress(OSError):  # another run has just removed it
                    status = entry.stat()
                    entries.append((status.st_mtime_ns, status.st_size, entry.path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.limit:
                return
            _remove(path)
            total -= size


class Seen(msgspec.Struct, frozen=True):
    """The listings of folders and the contents of files, by path; an empty digest where there was nothing to read."""

    folders: dict[str, bytes]
    files: dict[str, bytes]

    @classmethod
    def now(cls, folders: Iterable[str], files: Iterable[str]) -> Seen:
        """What these folders and files hold now."""
        return cls({path: _listing(path) for path in folders}, {path: _content(path) for path in files})

    def unchanged(self) -> bool:
        """Whether all of it is still so."""
        return all(_listing(path) == digest for path, digest in self.folders.items()) and all(
            _content(path) == digest for path, digest in self.files.items()
        )


class Entry(msgspec.Struct, frozen=True):
    """A result, encoded, and what it was made from."""

    seen: Seen
    result: msgspec.Raw


def key_of(*parts: Any) -> str:
    """A key for everything that decides a result besides the files: options, configuration and code."""
    return blake2b(msgspec.msgpack.encode(parts, order="deterministic"), digest_size=20).hexdigest()


def code_identity(extra_files: Iterable[str] = ()) -> tuple[object, ...]:
    """What tells this program from another version of it: Python, the installed packages with their versions, and
    size and time of every file of Hotlint, of its rules and of ``extra_files`` (rules from elsewhere)."""
    import hotlint
    import hotlint.rules

    folders = [*hotlint.__path__, *hotlint.rules.__path__]
    own = [path for folder in folders if os.path.isdir(folder) for path in _modules(folder)]
    files = sorted({*own, *extra_files})
    return (FORMAT, hotlint.__version__, sys.version_info[:3], _packages(), tuple(map(_stamp, files)))


def _packages() -> tuple[str, ...]:
    """``name-version.dist-info`` of all that is installed: the folders' names carry the versions."""
    found: set[str] = set()
    for folder in dict.fromkeys(sys.path):
        with contextlib.suppress(OSError):
            found.update(name for name in os.listdir(folder or ".") if name.endswith(".dist-info"))
    return tuple(sorted(found))


def _modules(folder: str) -> Iterable[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield entry.path
            elif entry.name[0] not in "._" and entry.is_dir():
                yield from _modules(entry.path)


def _stamp(path: str) -> tuple[str, int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return (path, -1, -1)
    return (path, status.st_size, status.st_mtime_ns)


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=_SUM).digest()


def _listing(path: str) -> bytes:
    """Names in a folder, with which of them are folders."""
    try:
        with os.scandir(path) as entries:
            names = sorted(entry.name + "/" * _is_folder(entry) for entry in entries)
    except OSError:
        return b""
    return _digest("\0".join(names).encode("utf-8", errors="surrogateescape"))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _content(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return b""
    try:
        data = b"".join(iter(lambda: os.read(descriptor, 1 << 20), b""))
    except OSError:  # a folder
        return b""
    finally:
        os.close(descriptor)
    return _digest(data)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
