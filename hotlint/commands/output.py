"""Writing to standard output: text in the terminal's encoding, JSON always in UTF-8."""

from __future__ import annotations

import sys

from hotlint.errors import HotlintError


class OutputError(HotlintError):
    """Standard output does not take what is written to it: a full disk, a device that is gone."""


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
