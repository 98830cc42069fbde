"""A baseline of findings: what was found when a team adopted Hotlint, accepted once, so that only new ones are told.

The file has one JSON object a line, sorted by path, rule and fingerprint, after a line that says what it is: a change
is a line of a diff, and two branches that renew it merge by ``merge=union``. Paths are relative to the file's folder.
A schema dump that a history starts from is something else (``baseline`` in the configuration).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

import msgspec

from hotlint.errors import ConfigError
from hotlint.finding import Finding
from hotlint.report.model import BaselineEntry, BaselineState, Report

VERSION = 1
_ABOUT = "findings accepted by `hotlint baseline`; `hotlint baseline --prune` takes out what is gone"
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_CONTENT = 16
"""The fingerprint's digits from which on it is about the content alone (see ``hotlint.linting.fingerprint``)."""


class _Header(msgspec.Struct, frozen=True):
    hotlint_baseline: int
    about: str = ""


class _Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line: what a reader looks for comes first."""

    path: str
    rule: str
    fingerprint: str
    migration: str | None = None
    message: str = ""


def read_baseline(path: str) -> list[BaselineEntry]:
    """The entries of a file, with paths as reports show them. Raises ``ConfigError`` with the line of what is wrong."""
    try:
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
    except FileNotFoundError:
        raise ConfigError("there is no such baseline: `hotlint baseline` writes one", path) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path) from error
    _check_header(lines[0], path)
    folder = os.path.dirname(path)
    decode = msgspec.json.Decoder(_Entry).decode
    entries: dict[tuple[str, str], BaselineEntry] = {}  # a merge may have left lines twice
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        try:
            entry = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if line.startswith(b'{"hotlint_baseline"'):  # merged by union
                continue
            raise _wrong_line(line, path, number) from None
        shown = _shown(os.path.join(folder, entry.path))
        entries[entry.fingerprint, shown] = BaselineEntry(
            entry.fingerprint, entry.rule, shown, entry.migration, entry.message
        )
    return list(entries.values())


def _check_header(line: bytes, path: str) -> None:
    if line.startswith(tuple(mark.encode() for mark in _CONFLICT)):
        raise _wrong_line(line, path, 1)
    try:
        header = msgspec.json.decode(line, type=_Header)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ConfigError("this is no baseline of findings: `hotlint baseline` writes one", path, 1, 1) from None
    if header.hotlint_baseline != VERSION:
        message = f"this baseline has version {header.hotlint_baseline}, and this Hotlint reads version {VERSION}"
        raise ConfigError(f"{message}: renew it with `hotlint baseline`", path, 1, 1)


def _wrong_line(line: bytes, path: str, number: int) -> ConfigError:
    if line.startswith(tuple(mark.encode() for mark in _CONFLICT)):
        what = "a merge conflict is left here: keep the lines of both sides, or renew the file with `hotlint baseline`"
    else:
        what = "this line is no entry of a baseline: take it out, or renew the file with `hotlint baseline`"
    return ConfigError(what, path, number, 1)


def encoded(path: str, entries: Iterable[BaselineEntry]) -> bytes:
    """The content of the file at ``path``, for entries with paths as reports show them."""
    folder = os.path.abspath(os.path.dirname(path))
    written = [
        _Entry(
            os.path.relpath(entry.path, folder).replace(os.sep, "/"),
            entry.rule,
            entry.fingerprint,
            entry.migration,
            entry.message,
        )
        for entry in entries
    ]
    written.sort(key=lambda entry: (entry.path, entry.rule, entry.fingerprint))
    lines = [msgspec.json.encode(_Header(VERSION, _ABOUT)), *map(msgspec.json.encode, written)]
    return b"\n".join(lines) + b"\n"


def entry_of(finding: Finding) -> BaselineEntry:
    """What a baseline keeps of a finding."""
    return BaselineEntry(finding.fingerprint, finding.rule, finding.place.path, finding.migration, finding.message)


def apply_baseline(
    report: Report, path: str, entries: Sequence[BaselineEntry], looked_at: Callable[[BaselineEntry], bool]
) -> Report:
    """The report without the findings that the baseline has.

    An entry that nothing was found for is gone where the run ``looked_at`` its place; other runs cannot tell.
    """
    known, left = match(report.findings, entries)
    state = BaselineState(
        path=path,
        known=tuple(finding for at, finding in enumerate(report.findings) if at in known),
        gone=tuple(entry for entry in left if looked_at(entry)),
    )
    new = tuple(finding for at, finding in enumerate(report.findings) if at not in known)
    return msgspec.structs.replace(report, findings=new, baseline=state)


def match(findings: Sequence[Finding], entries: Sequence[BaselineEntry]) -> tuple[set[int], list[BaselineEntry]]:
    """The indexes of the findings that have an entry, and the entries that are left.

    An entry stands for one finding: with its fingerprint, in its file first (two services may have the same migration),
    then anywhere (the file was moved); and where its file is gone, with the same rule, objects and statement in another
    migration (it was renumbered).
    """
    known: set[int] = set()
    left = list(entries)
    for key_of_entry, key_of_finding in _PASSES:
        wanted: dict[object, list[BaselineEntry]] = {}
        rest: list[BaselineEntry] = []
        for entry in left:
            key = key_of_entry(entry)
            if key is None:
                rest.append(entry)
            else:
                wanted.setdefault(key, []).append(entry)
        for at, finding in enumerate(findings):
            if at not in known and (found := wanted.get(key_of_finding(finding))):
                found.pop(0)
                known.add(at)
        left = [*rest, *(entry for entries in wanted.values() for entry in entries)]
    return known, sorted(left, key=lambda entry: (entry.path, entry.rule, entry.fingerprint))


def _content_if_gone(entry: BaselineEntry) -> object:
    return None if os.path.lexists(entry.path) else (entry.rule, entry.fingerprint[_CONTENT:])


_PASSES: tuple[tuple[Callable[[BaselineEntry], object], Callable[[Finding], object]], ...] = (
    (lambda entry: (entry.fingerprint, entry.path), lambda finding: (finding.fingerprint, finding.place.path)),
    (lambda entry: entry.fingerprint, lambda finding: finding.fingerprint),
    (_content_if_gone, lambda finding: (finding.rule, finding.fingerprint[_CONTENT:])),
)


def _shown(path: str) -> str:
    """A path as reports show it: from the working directory where it lies below it."""
    target = os.path.abspath(path)
    shown = os.path.relpath(target)
    outside = shown == os.pardir or shown.startswith(os.pardir + os.sep)
    return (target if outside and os.path.isabs(path) else shown).replace(os.sep, "/")
