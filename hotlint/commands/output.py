"""Writing to standard output (text in the terminal's encoding, JSON always in UTF-8) and to files."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from hotlint.errors import HotlintError


class OutputError(HotlintError):
    """Standard output or a file does not take what is written to it: a full disk, a device that is gone."""


def write_text(text: str) -> None:
    """Text for a person, all of it on its way when this returns.

    Raises ``OutputError``, and ``BrokenPipeError`` where nobody reads any more.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"the output cannot be written: {error.strerror}") from error


def write_json(text: bytes) -> None:
    """JSON as bytes, so that no locale can change it; raises as ``write_text`` does."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:  # replaced by something that only takes text
        write_text(text.decode())
        return
    write_text("")
    try:
        buffer.write(text)
        buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"the output cannot be written: {error.strerror}") from error


def write_file(path: str, content: str | bytes, *, append: bool = False) -> None:
    """Writes a file whole or not at all, in UTF-8; folders on the way to it are made.

    It takes the place of an older one, whose permissions stay, when all of it is on the disk; a link stays one. What is
    no regular file (a pipe, ``/dev/stderr``) is written to as it is, and so is what is appended to.

    Raises ``OutputError``; then what was there before is still there.
    """
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    target = os.path.realpath(path)
    try:
        if append or (os.path.exists(target) and not os.path.isfile(target)):
            with open(target, "ab" if append else "wb") as file:
                file.write(data)
            return
        if not os.path.exists(folder := os.path.dirname(target)):
            os.makedirs(folder, exist_ok=True)
        _replace(target, data)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def _replace(target: str, data: bytes) -> None:
    """By way of a file beside it that nobody else knows."""
    beside = f"{target}.{os.urandom(4).hex()}.tmp"
    try:
        with open(beside, "xb") as file:
            file.write(data)
        with suppress(FileNotFoundError):
            os.chmod(beside, os.stat(target).st_mode & 0o7777)
        os.replace(beside, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise
