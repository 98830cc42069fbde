"""``hotlint check --fix`` and ``--diff``: fixes written into the files, or shown as a unified diff."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from difflib import unified_diff

from hotlint.api import Request
from hotlint.commands.output import write_file, write_text
from hotlint.commands.progress import Progress
from hotlint.fixing import FixedFile, Fixes, make_fixes
from hotlint.project.discover import shown_path
from hotlint.project.read import decode
from hotlint.report.model import Report
from hotlint.report.terminal import ColourWish, Style, plain, style_for
from hotlint.report.text import plural


def write(request: Request, report: Report, *, unsafe: bool) -> list[str]:
    """Writes the fixes for a report into the files, and returns what there is to tell, as sentences.

    A file that is not what it was when it was read is left alone, and so is a text that was given instead of a file.
    Raises ``OutputError`` where a file cannot be written; then it is what it was, and those before it are fixed.
    """
    fixes = _made(request, report, unsafe)
    given = {shown_path(path) for path in request.buffers}
    left: list[FixedFile] = []
    for file in fixes.files:
        data = None if file.path in given else _unchanged(file)
        if data is None:
            left.append(file)
            continue
        mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        write_file(file.path, mark + file.after.encode())
    paths = {file.path for file in left}
    told = [f"{file.path} changed meanwhile and was left alone" for file in left if file.path not in given]
    told += [f"{file.path} was not read from the disk and was not written" for file in left if file.path in given]
    done = [finding for finding in fixes.fixed if finding.place.path not in paths]
    count = len(fixes.files) - len(left)
    if done:
        return [*told, _total(f"fixed {plural(len(done), 'finding')} in {plural(count, 'file')}", fixes)]
    return [*told, _total("no finding was fixed", fixes)]


def show(request: Request, report: Report, *, unsafe: bool, colour: ColourWish) -> tuple[bool, str]:
    """Writes the fixes for a report to standard output as a unified diff, and touches no file.

    Returns whether there are any, and what to tell. Raises ``OutputError``.
    """
    fixes = _made(request, report, unsafe)
    style = style_for(sys.stdout, wish=colour)
    write_text("".join(line for file in fixes.files for line in _diff(file, style)))
    if not fixes.fixed:
        return False, _total("no finding would be fixed", fixes)
    count = f"{plural(len(fixes.fixed), 'finding')} in {plural(len(fixes.files), 'file')}"
    return True, _total(f"would fix {count}", fixes)


def _made(request: Request, report: Report, unsafe: bool) -> Fixes:
    with Progress(sys.stderr) as progress:
        return make_fixes(request, report, unsafe=unsafe, progress=progress.show)


def _total(done: str, fixes: Fixes) -> str:
    more = "more " if fixes.fixed else ""
    return f"{done} ({fixes.unsafe:,} {more}with --unsafe-fixes)" if fixes.unsafe else done


def _unchanged(file: FixedFile) -> bytes | None:
    """The file's bytes; None where its text is not the one that was read, or it is gone."""
    try:
        with open(file.path, "rb") as stream:
            data = stream.read()
    except OSError:
        return None
    return data if decode(data) == (file.before, ()) else None


_ROLES = {"+": "help", "-": "error", "@": "faint"}


def _diff(file: FixedFile, style: Style) -> Iterator[str]:
    """The lines of a unified diff that ``patch`` takes; line endings are the file's own."""
    mark = "\ufeff" if _has_mark(file.path) else ""
    before, after = _lines(mark + file.before), _lines(mark + file.after)
    for at, line in enumerate(unified_diff(before, after, plain(file.path), plain(file.path))):
        role = "strong" if at < 2 else _ROLES.get(line[0])
        text = line.removesuffix("\n")
        yield f"{style.paint(role, text) if role else text}\n"
        if not line.endswith("\n"):
            yield "\\ No newline at end of file\n"


def _has_mark(path: str) -> bool:
    try:
        with open(path, "rb") as stream:
            return stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    except OSError:
        return False


def _lines(text: str) -> list[str]:
    """Lines with their ends; nothing but a line feed ends one, as for ``patch``."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1].removesuffix("\n")
    return lines if lines[-1] else lines[:-1]
