"""What a format may ask beside the report: the text of the files, the reader's terminal, how the run went."""

from __future__ import annotations

import msgspec

from hotlint.report.excerpt import Sources
from hotlint.report.terminal import Style


class CheckRun(msgspec.Struct, frozen=True):
    """The run that a report comes from.

    ``sources`` are the texts that it speaks of, ``style`` is what the reader's terminal can show, ``exit_code`` what
    the process will end with. ``fixed``: what could be fixed has been, so that the report need not say how. ``quiet``:
    findings, and nothing else that is for reading only.
    """

    sources: Sources
    style: Style = Style()
    exit_code: int = 0
    fixed: bool = False
    quiet: bool = False
