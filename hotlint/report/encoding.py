"""Text that every reader takes: JSON in UTF-8, and no character that an encoding does not have.

File names and texts may hold lone surrogates, which stand for bytes that are no UTF-8. They are written as standard
output shows them: ``\\udcff``.
"""

from __future__ import annotations

from typing import Any

import msgspec


def to_json(data: object) -> bytes:
    """Indented JSON of plain dictionaries, lists, strings, numbers and booleans, with a newline at its end."""
    try:
        text = msgspec.json.encode(data)
    except UnicodeEncodeError:
        text = msgspec.json.encode(_encodable(data))
    return msgspec.json.format(text, indent=2) + b"\n"


def to_bytes(text: str) -> bytes:
    """Text in UTF-8."""
    return text.encode("utf-8", "backslashreplace")


def encodable(text: str) -> str:
    """``text`` with escapes in the place of lone surrogates."""
    return text if text.isascii() else to_bytes(text).decode()


def _encodable(data: Any) -> Any:
    if isinstance(data, str):
        return encodable(data)
    if isinstance(data, dict):
        return {_encodable(name): _encodable(value) for name, value in data.items()}
    return [_encodable(item) for item in data] if isinstance(data, list) else data
