"""Writing to standard output: text in the terminal's encoding, JSON always in UTF-8."""

from __future__ import annotations

import sys


def write_json(text: bytes) -> None:
    """JSON as bytes, so that no locale can change it."""
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:  # replaced by something that only takes text
        sys.stdout.write(text.decode())
    else:
        buffer.write(text)
        buffer.flush()
