"""Where the reports of ``hotlint check`` go: one to standard output, any number to files, from one analysis."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from hotlint.commands.output import OutputError, write_file, write_json, write_text
from hotlint.errors import HotlintError, UsageError
from hotlint.report.formats import WITHOUT_FAILURES, fitting, renderer
from hotlint.report.model import Report
from hotlint.report.run import CheckRun
from hotlint.report.terminal import ColourWish, style_for

_FORMATS_OF = {"statistics": ("text", "json"), "explain": ("text", "full", "concise")}
"""What is only for some formats."""


class Destinations(msgspec.Struct, frozen=True):
    """``shown`` is the format of standard output, where ``statistics`` may stand instead of the findings; ``files`` are
    formats with paths."""

    shown: str
    files: tuple[tuple[str, str], ...] = ()
    colour: ColourWish = "auto"
    statistics: bool = False

    @classmethod
    def of(cls, options: argparse.Namespace) -> Destinations:
        """Those that the command line asks for.

        Raises ``UsageError`` where two reports go to one file, or the format has no way to show what is asked for.
        """
        files: dict[str, tuple[str, str]] = {}
        for name, path in options.output or ():
            other, _ = files.setdefault(os.path.realpath(path), (name, path))
            if other != name:
                raise UsageError(f"--output: {other} and {name} cannot both be written to {path}")
        targets = tuple(files.values())
        for wish in ("statistics", "explain"):
            formats = _FORMATS_OF[wish]
            if getattr(options, wish) and options.format not in (None, *formats):
                raise UsageError(f"--{wish} is written as {' or '.join(formats)}, not as {options.format}")
        if options.statistics or options.explain:
            return cls(options.format or "text", targets, options.color, options.statistics)
        shown = options.format or _fitting([name for name, _ in targets], quiet=options.quiet)
        return cls(shown, targets, options.color)

    def write(self, report: Report, run: CheckRun) -> None:
        """Writes all reports; one that cannot be written costs none of the others.

        Raises ``OutputError`` that tells all that failed, or ``BrokenPipeError`` where only nobody reads any more.
        """
        failed: list[Exception] = []
        with _noted(failed):
            shown = msgspec.structs.replace(run, style=style_for(sys.stdout, wish=self.colour))
            content = self._renderer()(report, shown)
            write_json(content) if isinstance(content, bytes) else write_text(content)
        if self.shown in WITHOUT_FAILURES:
            for failure in report.failures:
                print(f"hotlint: failure in {failure.where}: {failure.message}", file=sys.stderr)
        for name, path in self.files:
            with _noted(failed):
                write_file(path, renderer(name)(report, run), append=_is_step_summary(path))
        for error in failed:
            if not isinstance(error, (HotlintError, BrokenPipeError)):
                raise error
        told = [str(error) for error in failed if isinstance(error, HotlintError)]
        if told:
            raise OutputError("; ".join(told))
        if failed:
            raise failed[0]

    def _renderer(self) -> Callable[[Report, CheckRun], str | bytes]:
        if not self.statistics:
            return renderer(self.shown)
        from hotlint.report import statistics

        return statistics.render_json if self.shown == "json" else statistics.render


@contextmanager
def _noted(failed: list[Exception]) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a defect in one format costs no other report either
        failed.append(error)


def _fitting(in_files: list[str], *, quiet: bool) -> str:
    """The format that fits where this runs, which is said; a report that goes to a file in that format is for people
    on standard output."""
    found = fitting(os.environ)
    if found is None or found[0] in in_files:
        return "text"
    name, service = found
    if not quiet:
        print(f"hotlint: --format {name}, since this runs in {service}", file=sys.stderr, flush=True)
    return name


def _is_step_summary(path: str) -> bool:
    """GitHub's summary of a step belongs to everything that runs in the step, so it is added to."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    return bool(summary) and os.path.realpath(path) == os.path.realpath(summary or "")
