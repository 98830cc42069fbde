"""graphile-migrate: ``committed/000001.sql`` and ``current.sql`` (or a folder ``current``).

Each migration is sent as one message in a transaction; ``--! no-transaction`` among the ``--!`` lines at its top
takes the transaction away (``src/migration.ts``: ``runCommittedMigration``). It has no way down. The current
migration runs again at every change, so it is written to be repeatable.
"""

from __future__ import annotations

import re

from hotlint.patterns import lazy
from hotlint.project.frameworks.base import CERTAIN, Draft
from hotlint.project.frameworks.one_file import EXPECTED
from hotlint.project.model import NoTransaction, Project, TransactionMode
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree
from hotlint.source import Script

NAME = "graphile-migrate"

_COMMITTED = lazy(r"(\d{6,})(?:-(.*))?\.sql\Z")
_OFF = lazy(r"^--![ \t]*no-transaction\b[^\r\n]*", re.MULTILINE)

NO_TX = NoTransaction(
    "--! no-transaction",
    "first line",
    "`--! no-transaction` at the top makes graphile-migrate run the file outside of a transaction; keep it to one "
    "statement.",
    placement="top",
    one_message=True,
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """A folder ``committed`` with files named by six digits."""
    if "committed" not in folder.folders:
        return None
    committed = tree.folder(folder.join("committed"))
    return CERTAIN if committed is not None and any(_COMMITTED.match(name) for name in committed.sql) else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project: what is committed, then what is current."""
    draft = Draft(NAME, folder, tree, options)
    committed = tree.folder(folder.join("committed"))
    for path in draft.files(committed) if committed else ():
        match = _COMMITTED.match(path.rpartition("/")[2])
        if match is None:
            draft.bad_name(path, EXPECTED.replace("VERSION_name", "000001-name"))
        else:
            _add(draft, match[1], match[2] or "", path)
    for path in _current(draft):
        _add(draft, "current", path.rpartition("/")[2].removesuffix(".sql"), path)
    draft.duplicates()
    return draft.finish(numbering="integer", no_transaction=NO_TX)


def _current(draft: Draft) -> list[str]:
    """The current migration's files; one that has nothing but comments is no migration yet."""
    folder = draft.tree.folder(draft.path("current")) if "current" in draft.folder.folders else None
    paths = [draft.path("current.sql")] if "current.sql" in draft.folder.files else []
    paths += draft.files(folder) if folder else []
    return [path for path in paths if _has_sql(draft.tree.text(path))]


def _has_sql(text: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("--") for line in text.splitlines())


def _add(draft: Draft, version: str, name: str, path: str) -> None:
    script = draft.tree.script(path)
    if script is None:
        return
    mode, directive = _mode(script)
    id = version if version != "current" or name == "current" else f"current/{name}"
    draft.add(id, name, script, transaction=mode, directive=directive, repeatable=version == "current")


def _mode(script: Script) -> tuple[TransactionMode, tuple[int, int] | None]:
    match = _OFF.search(script.text)
    return ("implicit", match.span()) if match else ("wrapped", None)
