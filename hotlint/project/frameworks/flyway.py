"""Flyway: ``V1_2__name.sql``, ``U1_2__name.sql``, ``R__name.sql``, ``B1__name.sql``, in folders at any depth.

Each script runs in a transaction, statement by statement. ``executeInTransaction=false`` in ``V1__name.sql.conf``
takes the transaction away, and Flyway does so by itself where all statements of the script are of a kind that must
not run in one (a script with both kinds is refused unless ``mixed`` is on;
``PostgreSQLParser.detectCanExecuteInTransaction``). Repeatable scripts run after all versions, in the order of their
descriptions.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hotlint.patterns import lazy
from hotlint.project import dialects
from hotlint.project.frameworks.base import CERTAIN, NAMED, Draft, numbering_of
from hotlint.project.frameworks.outside import outside
from hotlint.project.model import NoTransaction, Project, TransactionMode
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree
from hotlint.source import Script

NAME = "flyway"

_VERSIONED = lazy(r"([VUB])(\d+(?:[._]\d+)*)__([^/]*)\.sql\Z")
_REPEATABLE = lazy(r"R__([^/]+)\.sql\Z")
_LOOKS_LIKE = lazy(r"(?i)[VU]\d|R_|B\d")
_CALLBACK = lazy(r"(?:before|after|create)[A-Z]\w*(?:__[^/]*)?\.sql\Z")
_PROGRAM = lazy(r"[VUR]\d*[\d_.]*__\w+\.(?:java|kt|groovy)\Z")
_OFF = lazy(r"^\s*executeInTransaction\s*=\s*false\b", re.MULTILINE | re.IGNORECASE)
_MIXED = lazy(r"^\s*(?:spring\.)?flyway\.mixed\s*=\s*true\b", re.MULTILINE)
_SETTINGS = ("flyway.conf", "flyway.toml")
_LOCATIONS = frozenset({"migration", "migrations"})

NO_TX = NoTransaction(
    "executeInTransaction=false",
    "a file of the script's name with .conf after it",
    "`executeInTransaction=false` in VERSION__name.sql.conf makes Flyway run the script outside of a transaction; "
    "it does so "
    "by itself where the script holds nothing but such statements.",
    placement="itself",
)


class _Found(NamedTuple):
    key: tuple[int, ...]
    version: str
    name: str
    path: str
    conf: str | None


def detect(folder: Folder, tree: Tree) -> int | None:
    """Names that only Flyway uses, here or (in a folder called migration) one folder below."""
    if _has_names(folder):
        return CERTAIN
    if folder.name in _LOCATIONS and not folder.sql:
        below = [tree.folder(folder.join(name)) for name in folder.folders if not dialects.named(name)]
        if any(inner is not None and _has_names(inner) for inner in below):
            return NAMED
    return None


def _has_names(folder: Folder) -> bool:
    return any(
        name[0] in "VR" and (_VERSIONED.match(name) or _REPEATABLE.match(name)) and not name.endswith(".up.sql")
        for name in folder.sql
    )


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, folders below included, but for those that are named after another database."""
    draft = Draft(NAME, folder, tree, options)
    found: dict[str, list[_Found]] = {"V": [], "U": [], "R": [], "B": []}
    _gather(draft, folder, found)
    downs = {item.key: item for item in found["U"]}
    mixed = _is_mixed(draft)
    for item in sorted(found["V"]):
        undo = downs.pop(item.key, None)
        up = tree.script(item.path)
        if up is None:
            continue
        down = tree.script(undo.path) if undo else None
        draft.add(
            item.version,
            item.name,
            up,
            down,
            transaction=_mode(draft, item, up, mixed),
            down_transaction=_mode(draft, undo, down, mixed) if undo and down else None,
        )
    for undo in downs.values():
        draft.bad_name(undo.path, f"that of any version (there is no V{undo.version})")
    _tell_duplicates(draft, found["V"])
    for item in sorted(found["R"], key=lambda item: item.name):
        script = tree.script(item.path)
        if script is not None:
            draft.add(
                f"R__{item.name}", item.name, script, transaction=_mode(draft, item, script, mixed), repeatable=True
            )
    for item in found["B"]:
        draft.not_covered("a baseline, which new databases run in place of the versions up to its own", item.path)
    versions = [migration.id for migration in draft.migrations if not migration.repeatable]
    numbering = "dotted" if any("." in version for version in versions) else numbering_of(versions)
    return draft.finish(down_style="file", numbering=numbering, no_transaction=NO_TX)


def _tell_duplicates(draft: Draft, versions: list[_Found]) -> None:
    by_key: dict[tuple[int, ...], list[_Found]] = {}
    for item in versions:
        by_key.setdefault(item.key, []).append(item)
    for same in by_key.values():
        if len(same) > 1:
            draft.duplicate(same[0].version, sorted(item.path for item in same))


def _gather(draft: Draft, folder: Folder, found: dict[str, list[_Found]]) -> None:
    for name in folder.sql:
        path = folder.join(name)
        if draft.excluded(path):
            continue
        conf = folder.join(name + ".conf") if name + ".conf" in folder.files else None
        if match := _VERSIONED.match(name):
            key = tuple(int(part) for part in re.split(r"[._]", match[2]))
            version = match[2].replace("_", ".")
            found[match[1]].append(_Found(_trimmed(key), version, match[3], path, conf))
        elif match := _REPEATABLE.match(name):
            found["R"].append(_Found((), "", match[1], path, conf))
        elif _CALLBACK.match(name):
            draft.not_covered("a callback of Flyway", path)
        elif _LOOKS_LIKE.match(name) and not name.endswith(".conf"):
            draft.bad_name(path, "V<version>__<name>.sql, U<version>__<name>.sql or R__<name>.sql")
    draft.programs(folder, is_migration=_PROGRAM.match)
    for name in folder.folders:
        inner = draft.tree.folder(folder.join(name))
        if inner is None or draft.excluded(inner.path):
            continue
        dialect = dialects.of_folder_name(name)
        if dialect in (None, draft.dialect):
            _gather(draft, inner, found)
        else:
            _leave(draft, inner, dialect or "")


def _leave(draft: Draft, folder: Folder, dialect: str) -> None:
    for path in draft.files(folder):
        draft.other_dialect(dialect, path)


def _trimmed(key: tuple[int, ...]) -> tuple[int, ...]:
    """Version 1.0 is version 1 (``MigrationVersion.compareTo``)."""
    while len(key) > 1 and key[-1] == 0:
        key = key[:-1]
    return key


def _mode(draft: Draft, item: _Found, script: Script, mixed: bool) -> TransactionMode:
    if item.conf is not None:
        draft.support_files.append(item.conf)
        if _OFF.search(draft.tree.text(item.conf)):
            return "none"
    kinds = outside(script.text)
    return "none" if kinds == "all" or (kinds == "some" and mixed) else "wrapped"


def _is_mixed(draft: Draft) -> bool:
    """Whether a settings file beside or above the location says that a script may hold both kinds of statements."""
    return any(_MIXED.search(draft.tree.nearest(draft.folder.path, name)) for name in _SETTINGS)
