"""Liquibase's formatted SQL: ``--changeset author:id attribute:value …`` sections in files that start with
``--liquibase formatted sql``.

Every changeset is a migration and runs in a transaction, statement by statement, unless it says
``runInTransaction:false``. Files run in the order in which a changelog beside or above them includes them, else of
their names.
"""

from __future__ import annotations

import re
from itertools import islice

from hotlint.patterns import lazy
from hotlint.project import dialects
from hotlint.project.frameworks.base import CERTAIN, MARKED, Draft
from hotlint.project.frameworks.changelog import changelogs, files_below, included
from hotlint.project.model import NoTransaction, Project
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import MAX_SAMPLE, Folder, Tree
from hotlint.source import Region, Script

NAME = "liquibase"

_HEAD = lazy(r"\s*--\s*liquibase\s+formatted\s+sql\b", re.IGNORECASE)
_CHANGESET = lazy(
    r'^[ \t]*--[ \t]*changeset[ \t]+("[^"\r\n]*"|[^\s:"]+):("[^"\r\n]*"|\S+)([^\r\n]*)(?:\r?\n|\Z)',
    re.MULTILINE | re.IGNORECASE,
)
_OFF = lazy(r"\brunInTransaction:[\"']?false\b", re.IGNORECASE)
_WHOLE = lazy(r"\bsplitStatements:[\"']?false\b", re.IGNORECASE)
_DBMS = lazy(r"\bdbms:[\"']?([\w!,-]+)", re.IGNORECASE)
_RERUN = lazy(r"\brun(?:OnChange|Always):[\"']?true\b", re.IGNORECASE)
_IGNORED = lazy(r"\bignore:[\"']?true\b", re.IGNORECASE)
_ROLLBACK_LINE = lazy(r"^[ \t]*--[ \t]*rollback\b[ \t]?([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_ROLLBACK_BLOCK = lazy(r"/\*[ \t]*liquibase[ \t]+rollback\b(.*?)\*/", re.DOTALL | re.IGNORECASE)
_NOT_A_WAY_DOWN = frozenset({"empty", "not required", "none"})

NO_TX = NoTransaction(
    "runInTransaction:false",
    "at the end of the --changeset line",
    "`runInTransaction:false` on the --changeset line makes Liquibase run the changeset outside of a transaction.",
    placement="mark",
    mark=r"^[ \t]*--[ \t]*changeset\b",
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """A changelog with formatted SQL beside or below it, or files that start as formatted SQL does."""
    if changelogs(folder, tree):
        heads = (tree.text(path) for path in files_below(folder, tree) if path.endswith(".sql"))
        return CERTAIN if any(map(_HEAD.match, islice(heads, MAX_SAMPLE))) else None
    if not folder.sql:
        return None
    return MARKED + 5 if "formatted sql" in tree.sample(folder).lower() else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project: a migration for each changeset."""
    draft = Draft(NAME, folder, tree, options)
    seen: set[str] = set()
    for path in _ordered(draft):
        text = tree.text(path)
        if not _HEAD.match(text):
            draft.not_covered("SQL without the line `--liquibase formatted sql`, run as the changelog says", path)
            continue
        _changesets(draft, path, text, seen)
    return draft.finish(down_style="section", numbering="name", no_transaction=NO_TX)


def _changesets(draft: Draft, path: str, text: str, seen: set[str]) -> None:
    marks = list(_CHANGESET.finditer(text))
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = following.start() if following else len(text)
        author, name, attributes = mark[1].strip('"'), mark[2].strip('"'), mark[3]
        id = f"{author}:{name}"
        if not _is_for(attributes, draft.dialect) or _IGNORED.search(attributes):
            draft.not_covered(f"changeset {id} is for another database or ignored", path)
            continue
        key = f"{path}::{id}"
        if key in seen:
            draft.duplicate(id, [path])
        off = _OFF.search(attributes)
        directive = (mark.start(3) + off.start(), mark.start(3) + off.end()) if off else None
        up, down = _parts(text, mark.end(), end, single=bool(_WHOLE.search(attributes)))
        draft.add(
            key if id in seen else id,
            name,
            draft.tree.script(path, up),
            _rollback(draft.tree.script(path), down),
            transaction="none" if off else "wrapped",
            directive=directive,
            repeatable=bool(_RERUN.search(attributes)),
        )
        seen.update((id, key))


def _is_for(attributes: str, dialect: str) -> bool:
    match = _DBMS.search(attributes)
    if not match:
        return True
    names = match[1].lower().split(",")
    if all(name.startswith("!") for name in names):
        return dialect not in {dialects.named(name[1:]) for name in names}
    return dialect in {dialects.named(name) for name in names} or "all" in names


def _parts(text: str, start: int, end: int, *, single: bool) -> tuple[tuple[Region, ...], tuple[Region, ...]]:
    """The regions of a changeset's body for the way up, and the spans of what its rollbacks say."""
    ups, downs = [], []
    at = start
    marks = [*_ROLLBACK_LINE.finditer(text, start, end), *_ROLLBACK_BLOCK.finditer(text, start, end)]
    for match in sorted(marks, key=lambda match: match.start()):
        ups.append((at, match.start()))
        at = match.end()
        if match[1].strip() and match[1].strip().rstrip(";").lower() not in _NOT_A_WAY_DOWN:
            downs.append(Region(match.start(1), match.end(1)))
    ups.append((at, end))
    return tuple(Region(a, b, single) for a, b in ups if text[a:b].strip()), tuple(downs)


def _rollback(script: Script | None, lines: tuple[Region, ...]) -> Script | None:
    """The way down. A statement may go on over several rollback lines, so what stands between them is blanked; the text
    keeps its length and its lines, and with them every position."""
    if script is None or not lines:
        return None
    start, end = lines[0].start, lines[-1].end
    pieces = [script.text[:start]]
    at = start
    for line in lines:
        pieces.append("".join(char if char in "\r\n" else " " for char in script.text[at : line.start]))
        pieces.append(script.text[line.start : line.end])
        at = line.end
    pieces.append(script.text[end:])
    return Script(script.path, "".join(pieces), (Region(start, end),), script.problems)


def _ordered(draft: Draft) -> list[str]:
    """Paths in the order in which the changelogs of the folder, or else those above it, include them; files that none
    names come after, in the order of names."""
    tree, folder = draft.tree, draft.folder
    own = changelogs(folder, tree)
    around = folder if own else tree.folder(folder.path.rpartition("/")[0] or ".") or folder
    below = files_below(around, tree) if own or changelogs(around, tree) else []
    paths = [path for path in below if path.endswith(".sql") and not draft.excluded(path)] if own else draft.files()
    order: dict[str, int] = {}
    for changelog in own or (changelogs(around, tree) if below else []):
        named = included(changelog, below, tree)
        if named:
            draft.support_files.append(changelog)
        for path in named:
            order.setdefault(path, len(order))
    return sorted(paths, key=lambda path: (order.get(path, len(order)), path))
