"""A migration on standard input."""

from __future__ import annotations

import sys

from hotlint.errors import UsageError
from hotlint.project.read import UTF16_MARKS, decode


def read_stdin() -> str:
    """The text. Raises ``UsageError`` where it is not UTF-8 or cannot be read."""
    if sys.stdin is None:
        raise UsageError("standard input is closed: pipe the SQL in, or name a file")
    try:
        data = sys.stdin.buffer.read()
    except OSError as error:
        raise UsageError(f"standard input cannot be read: {error.strerror}") from error
    text, problems = decode(data)
    if problems and data[:2] not in UTF16_MARKS:
        try:
            data.decode()
        except UnicodeDecodeError:
            raise UsageError(f"standard input cannot be checked: {problems[0].message}") from None
    return text
