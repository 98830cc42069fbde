"""SQL files in the order of their numbers or times, run by something that we cannot see.

Flat (``0001_name.sql``), or numbered folders of files (``12/03_name.sql``), a dialect perhaps in the files' names. A
file with a BEGIN of its own is taken to be run as psql does; the others each in a transaction.
"""

from __future__ import annotations

import re

import msgspec

from hotlint.patterns import lazy
from hotlint.project import dialects
from hotlint.project.frameworks.base import POSSIBLE, Draft, number_of, numbered
from hotlint.project.frameworks.one_file import EXPECTED
from hotlint.project.frameworks.outside import opens_transaction
from hotlint.project.model import Migration, NoTransaction, Project, TransactionMode
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree
from hotlint.source import Script

NAME = "plain"

MIGRATION_FOLDERS = frozenset(
    (
        "migrations",
        "migration",
        "migrate",
        "migrates",
        "delta",
        "deltas",
        "changes",
        "patches",
        "upgrades",
        "schema_migrations",
        "versioned",
        "versions",
    )
)
_FEW = 3
_GENERATED = frozenset({"schema.sql", "structure.sql", "seed.sql", "seeds.sql"})
_DOWN = lazy(r"[._-](?:down|rollback|undo|revert)\Z|\A(?:undo|down)(?:\.|\Z)", re.IGNORECASE)
_UP = lazy(r"[._-](?:up|do)\Z|\A(?:do|up)(?:\.|\Z)", re.IGNORECASE)
_DOWN_FOLDERS = ("down", "downs", "rollback", "rollbacks", "undo", "revert")
_VERSION_FOLDER = lazy(r"[vV]?\d+(?:[._]\d+)*\Z")
_DIGITS = lazy(r"(\d+)")
_OFF = lazy(r"^-- postgres-migrations disable-transaction\b", re.MULTILINE)

NO_TX = NoTransaction(
    None,
    "the tool that runs the files",
    "How to run a file outside of a transaction depends on your tool; tell Hotlint by `transaction: none`.",
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """Numbered files that are most of the folder's SQL, or numbered folders with SQL in them."""
    if folder.name in _DOWN_FOLDERS:
        return None
    numbers = [parts for name in folder.sql if (parts := numbered(name))]
    expected = {folder.name, folder.path.split("/")[-2:-1][0] if "/" in folder.path else ""} & MIGRATION_FOLDERS
    if expected:
        if numbers and len(numbers) * 2 >= len(folder.sql):
            return POSSIBLE
    elif len(numbers) >= _FEW and len(numbers) * 5 >= len(folder.sql) * 4 and _have_names(folder):
        return POSSIBLE
    return POSSIBLE if _numbered_folders(folder, tree, bool(expected)) else None


def _have_names(folder: Folder) -> bool:
    """Whether files say what they do: ``1.sql`` to ``22.sql`` are queries rather than migrations."""
    return any((parts := numbered(name)) and parts.rest not in ("", "sql") for name in folder.sql)


def _numbered_folders(folder: Folder, tree: Tree, expected: bool) -> list[str]:
    names = sorted((name for name in folder.folders if _VERSION_FOLDER.match(name)), key=_parts_of)
    if len(names) < 2 or folder.sql:
        return []
    ends = [tree.folder(folder.join(name)) for name in (names[0], names[-1])]
    with_sql = [inner for inner in ends if inner is not None and inner.sql]
    if expected or any(numbered(name) for inner in with_sql for name in inner.sql):
        return names if with_sql else []
    return []


def _parts_of(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.split(r"[._]", version.lstrip("vV")))


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project; files without any number, which only a user can call a history, run in the order of their names."""
    if folder.sql and not any(map(numbered, folder.sql)):
        return _load_by_name(_draft(folder, tree, options))
    draft = _draft(folder, tree, options)
    folders = [] if any(numbered(name) for name in folder.sql) else _numbered_folders(folder, tree, True)
    if not folders:
        _add_files(draft, folder, "")
        draft.duplicates(custom=True)
        return draft.finish(down_style="file", no_transaction=NO_TX)
    for name in folders:
        inner = tree.folder(draft.path(name))
        if inner is not None and not draft.excluded(inner.path):
            _add_files(draft, inner, name.lstrip("vV"))
    draft.duplicates(custom=True)
    return draft.finish(down_style="file", numbering="dotted", no_transaction=NO_TX)


def load_unrecognised(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """A project out of a folder that the user named and that nothing was recognised in: every SQL file is taken."""
    by_number = all(map(numbered, folder.sql))
    project = load(folder, tree, options) if by_number else _load_by_name(_draft(folder, tree, options))
    note = (
        "No tool's layout was recognised, so all SQL files are taken for migrations, in the order of their "
        f"{'numbers' if by_number else 'names'}. `framework` in the configuration names the tool."
    )
    return msgspec.structs.replace(project, notes=(note, *project.notes))


def load_file(path: str, tree: Tree, options: ProjectOptions) -> Project:
    """A project of one file, which is part of no history."""
    script = tree.script(path)
    name = path.rpartition("/")[2].removesuffix(".sql")
    mode = options.transaction or (_mode(script) if script is not None else "wrapped")
    return Project(
        root=path,
        framework=NAME,
        dialect=dialects.POSTGRES,
        migrations=() if script is None else (Migration(name, "", script, transaction=mode),),
        numbering="name",
        baseline=tree.script(options.baseline) if options.baseline else None,
        notes=("The file is part of no history that was recognised, so it is read alone.",),
    )


def _draft(folder: Folder, tree: Tree, options: ProjectOptions) -> Draft:
    draft = Draft(NAME, folder, tree, options)
    if options.transaction is None:
        draft.notes.append(
            "Plain SQL files: each is taken to run in a transaction of its own, unless it has a BEGIN. "
            "Where your tool does otherwise, set `framework` or `transaction` (wrapped, implicit, none)."
        )
    return draft


def _load_by_name(draft: Draft) -> Project:
    """Every SQL file of the folder in the order of their names, numbers in them compared as numbers."""
    by_suffix = _dialect_suffixes(draft.folder.sql)
    ups: dict[str, str] = {}
    downs: dict[str, str] = {}
    for path in draft.files():
        stem, dialect = _split_dialect(path.rpartition("/")[2], by_suffix)
        if dialect not in (None, draft.dialect):
            draft.other_dialect(dialect or "", path)
        elif _DOWN.search(stem):
            downs[stem] = path
        else:
            ups[stem] = path
    backwards = {_DOWN.sub("", stem): path for stem, path in downs.items()}
    forwards = {_UP.sub("", stem) for stem in ups}
    ups.update((stem, path) for stem, path in downs.items() if _DOWN.sub("", stem) not in forwards)
    for stem in sorted(ups, key=_natural):
        up, down_path = draft.tree.script(ups[stem]), backwards.get(_UP.sub("", stem))
        down = draft.tree.script(down_path) if down_path else None
        if up is not None:
            draft.add(stem, "", up, down, transaction=_mode(up), down_transaction=_mode(down) if down else None)
    return draft.finish(down_style="file", numbering="name", no_transaction=NO_TX)


def _natural(name: str) -> list[tuple[int, str]]:
    """A name as people sort it: ``part10`` after ``part2``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(name)]


def _add_files(draft: Draft, folder: Folder, prefix: str) -> None:
    """Add the files of one folder; in a numbered folder (``prefix``) their own names need no number."""
    ups: list[tuple[int, str, str, str, str]] = []
    downs = _downs_beside(draft, folder)
    backwards: list[tuple[int, str, str, str, str]] = []
    by_suffix = _dialect_suffixes(folder.sql)
    for path in draft.files(folder):
        name = path.rpartition("/")[2]
        stem, dialect = _split_dialect(name, by_suffix)
        if dialect not in (None, draft.dialect):
            draft.other_dialect(dialect or "", path)
            continue
        parts = numbered(stem)
        if parts is None and not prefix:
            if name not in _GENERATED:
                draft.bad_name(path, EXPECTED)
            continue
        version, rest = parts if parts else ("", stem)
        if _DOWN.search(rest):
            backwards.append((number_of(version) if version else 0, stem, version, rest, path))
        else:
            ups.append((number_of(version) if version else 0, stem, version, _UP.sub("", rest), path))
    _sort_out(backwards, ups, downs)
    if prefix and not all(version for _, _, version, _, _ in ups):
        ups = [(0, stem, "", stem, path) for _, stem, _, _, path in ups]
    _add_migrations(draft, sorted(ups), downs, prefix)
    draft.programs(folder, is_migration=numbered)


def _sort_out(
    backwards: list[tuple[int, str, str, str, str]],
    ups: list[tuple[int, str, str, str, str]],
    downs: dict[tuple[str, str], str],
) -> None:
    """``5_drop_rollback.sql`` is a way down only where ``5_drop.sql`` is there; ``5_drop.down.sql`` always is."""
    forwards = {(version, rest) for _, _, version, rest, _ in ups}
    for item in backwards:
        version, rest, path = item[2], _DOWN.sub("", item[3]), item[4]
        if (version, rest) in forwards or _DOWN.search(item[3])[0].startswith("."):  # type: ignore[index]
            downs[version, rest] = path
        else:
            ups.append(item)


def _downs_beside(draft: Draft, folder: Folder) -> dict[tuple[str, str], str]:
    """Ways down in a folder ``down`` or ``rollback`` inside, or beside a folder ``up``, by version and rest of name."""
    above = draft.tree.folder(folder.path.rpartition("/")[0]) if folder.name == "up" and "/" in folder.path else folder
    found = {}
    for name in _DOWN_FOLDERS:
        inner = draft.tree.folder(above.join(name)) if above is not None and name in above.folders else None
        for path in draft.files(inner) if inner is not None else ():
            if parts := numbered(path.rpartition("/")[2].removesuffix(".sql")):
                found[parts.version, _UP.sub("", _DOWN.sub("", parts.rest))] = path
    return found


def _add_migrations(
    draft: Draft, ups: list[tuple[int, str, str, str, str]], downs: dict[tuple[str, str], str], prefix: str
) -> None:
    for _, stem, version, rest, path in ups:
        up = draft.tree.script(path)
        if up is None:
            continue
        id = version if not prefix else f"{prefix}/{version or stem}"
        down_path = downs.pop((version, rest), None)
        down = draft.tree.script(down_path) if down_path else None
        draft.add(id, rest, up, down, transaction=_mode(up), down_transaction=_mode(down) if down else None)
    for path in downs.values():
        draft.bad_name(path, "that of any file that runs forwards")


def _mode(script: Script) -> TransactionMode:
    if _OFF.search(script.text):
        return "implicit"
    return "none" if opens_transaction(script.text) else "wrapped"


def _split_dialect(name: str, by_suffix: bool) -> tuple[str, str | None]:
    """The name without its ending, and the dialect in it (``x.postgres.sql``, ``x.sql.postgres``, ``x_sqlite.sql``)."""
    parts = name.split(".")
    found = None
    if parts[-1] != "sql":
        found = dialects.named(parts.pop())
    parts.pop()
    while len(parts) > 1 and (dialect := dialects.named(parts[-1])):
        found = dialect
        parts.pop()
    stem = ".".join(parts)
    if found is None and by_suffix and (dialect := dialects.named(re.split(r"[_-]", stem)[-1])):
        return stem[: -len(re.split(r"[_-]", stem)[-1]) - 1], dialect
    return stem, found


def _dialect_suffixes(names: tuple[str, ...]) -> bool:
    """Whether ``_postgres`` and the like at names' ends are dialects: the same name is there with another one."""
    seen: dict[str, set[str]] = {}
    for name in names:
        stem = name.partition(".")[0]
        base, _, last = stem.replace("-", "_").rpartition("_")
        if base and (dialect := dialects.named(last)):
            seen.setdefault(base, set()).add(dialect)
    return any(len(found) > 1 for found in seen.values())
