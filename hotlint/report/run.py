"""What a format may ask beside the report: the text of the files, the reader's terminal, how the run went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hotlint.finding import Severity
from hotlint.report.excerpt import Sources
from hotlint.report.terminal import Style

if TYPE_CHECKING:
    from hotlint.api import Request
    from hotlint.registry import Registry
    from hotlint.running import Judged


class CheckRun(msgspec.Struct, frozen=True):
    """The run that a report comes from.

    ``sources`` are the texts that it speaks of, ``style`` is what the reader's terminal can show. ``fail_on`` is the
    severity from which on a finding fails the run, ``exit_code`` what the process will end with. ``fixed``: what could
    be fixed has been, so that the report need not say how. ``quiet``: findings, and nothing else that is for reading
    only. ``include_known``: a format that can tell findings that a baseline has from new ones tells both. ``request``
    is what was asked, None for a report that was made by hand.
    """

    sources: Sources
    style: Style = Style()
    fail_on: Severity = "warning"
    exit_code: int = 0
    fixed: bool = False
    quiet: bool = False
    include_known: bool = False
    request: Request | None = None

    def registry(self) -> Registry:
        """The rules of the run, those of the project included."""
        from hotlint.registry import find_rules

        if self.request is None:
            return find_rules()
        settings = self.request.settings
        return find_rules([settings.resolve(path) for path in settings.config.rules])

    def judged(self, *, planned: bool = False) -> tuple[Judged, ...]:
        """The migrations that the report is about, project by project, with the plans of their steps if ``planned``."""
        if self.request is None:
            return ()
        from hotlint.running import judged

        return judged(self.request, planned=planned)
