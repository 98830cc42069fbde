"""Reading files whose bytes are not what they should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotlint.project.read import decode, read_file
from hotlint.source import Problem


def test_a_byte_order_mark_is_not_part_of_the_text() -> None:
    assert decode("\ufeffSELECT 'é';\r\n".encode()) == ("SELECT 'é';\r\n", ())


def test_bytes_that_are_not_utf8_are_told_where_they_stand_and_the_rest_is_kept() -> None:
    text, problems = decode("-- é\nSELECT '".encode() + b"\xe9" + b"';\n")
    assert text == "-- é\nSELECT '\ufffd';\n"
    assert problems == (Problem("unreadable-file", "Byte 0xE9 (byte 14 of the file's text) is not UTF-8.", 13, 14),)


def test_a_nul_character_is_told() -> None:
    text, problems = decode(b"SELECT 1;\0\n")
    assert text == "SELECT 1;\0\n"
    assert [(p.rule, p.start, p.end) for p in problems] == [("unreadable-file", 9, 10)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_read_and_told(encoding: str) -> None:
    text, problems = decode("\ufeffSELECT 1;".encode(encoding))
    assert text == "SELECT 1;"
    assert [(p.rule, p.start) for p in problems] == [("unreadable-file", 0)]


def test_a_file_that_is_gone_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_file(str(tmp_path / "gone.sql"))
