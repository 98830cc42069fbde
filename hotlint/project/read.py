"""Reading a file into text, once, whatever its bytes are."""

from __future__ import annotations

import codecs

from hotlint.source import Problem

UNREADABLE = "unreadable-file"

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""What a UTF-16 file begins with."""


def read_file(path: str) -> tuple[str, tuple[Problem, ...]]:
    """The text of a file and what is wrong with its bytes.

    Text is UTF-8; a byte order mark is taken off. Bytes that are not UTF-8 become U+FFFD, so that the rest of the file
    can still be planned; line endings stay as they are.

    Raises:
        OSError: the file cannot be read at all (gone, a folder, no permission).
    """
    with open(path, "rb", buffering=0) as file:
        return decode(file.readall())


def decode(data: bytes) -> tuple[str, tuple[Problem, ...]]:
    """``read_file`` for bytes that are already here; offsets of problems are code points of the text."""
    if data[:2] in UTF16_MARKS:
        return _decode_utf16(data)
    if data[:3] == codecs.BOM_UTF8:
        data = data[3:]
    problems: tuple[Problem, ...] = ()
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        text = data.decode(errors="replace")
        problems = (_not_utf8(data, error),)
    if b"\0" in data:
        problems += (_nul(text),)
    return text, problems


def _decode_utf16(data: bytes) -> tuple[str, tuple[Problem, ...]]:
    text = data.decode("utf-16", errors="replace")
    message = "The file is UTF-16. Migration tools and psql send its bytes as they are; save it as UTF-8."
    return text, (Problem(UNREADABLE, message, 0, 0),)


def _not_utf8(data: bytes, error: UnicodeDecodeError) -> Problem:
    start = len(data[: error.start].decode(errors="replace"))
    message = f"Byte 0x{data[error.start]:02X} (byte {error.start} of the file's text) is not UTF-8."
    return Problem(UNREADABLE, message, start, start + 1)


def _nul(text: str) -> Problem:
    at = text.index("\0")
    return Problem(UNREADABLE, "The file has a NUL character. PostgreSQL refuses text with NUL in it.", at, at + 1)
