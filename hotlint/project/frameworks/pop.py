"""pop (Buffalo) and Ory's popx: ``VERSION_name[.dialect][.autocommit].up.sql``, templates in the text.

Each file is sent as one message in a transaction; ``.autocommit.`` in its name takes the transaction away
(``popx/migrator.go``). A file for PostgreSQL goes before the one for all databases.
"""

from __future__ import annotations

import msgspec

from hotlint.project.frameworks.base import MARKED, NAMED, Draft
from hotlint.project.frameworks.updown import UpDownName, add_slots, collect, has_updown, parse
from hotlint.project.model import Migration, NoTransaction, Project, TransactionMode
from hotlint.project.options import ProjectOptions
from hotlint.project.tree import Folder, Tree
from hotlint.source import Script

NAME = "pop"

_TIMESTAMP, _FRAGMENT = 14, 20  # digits

_MODULES = ("gobuffalo/pop", "ory/x ", "ory/pop")
_TEMPLATES = (
    "{{ index .Options",
    "{{index .Options",
    "{{- index .Options",
    "{{ .Options",
    "{{ identifier",
    "{{.Options",
)

NO_TX = NoTransaction(
    None,
    "the file's name",
    "Name the file VERSION_name.autocommit.up.sql (VERSION_name.postgres.autocommit.up.sql) and it runs outside of a "
    "transaction; keep it to one statement.",
)


def detect(folder: Folder, tree: Tree) -> int | None:
    """``.up.sql`` files with a dialect or ``.autocommit.`` in the name, ``.fizz`` files, or pop's templates."""
    if not has_updown(folder.sql):
        return None
    if any(name.endswith(".fizz") or ".autocommit." in name for name in folder.files):
        return MARKED
    if any((parts := parse(name)) and parts.dialect for name in folder.sql):
        return NAMED
    sample = tree.sample(folder)
    if any(template in sample for template in _TEMPLATES):
        return MARKED
    return NAMED if tree.mentions(folder.path, "go.mod", _MODULES) == _MODULES[0] else None


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project, in the order of the versions."""
    draft = Draft(NAME, folder, tree, options)
    add_slots(draft, collect(draft), _mode)
    draft.programs()
    project = draft.finish(down_style="file", numbering="timestamp", no_transaction=NO_TX)
    return msgspec.structs.replace(project, migrations=tuple(map(_grouped, project.migrations)))


def _grouped(migration: Migration) -> Migration:
    """popx's fragments: 14 digits of a timestamp that the parts of one change share, and six that count the parts."""
    if len(migration.id) == _FRAGMENT and migration.id.isdigit():
        return msgspec.structs.replace(migration, group=migration.id[:_TIMESTAMP])
    return migration


def _mode(script: Script, name: UpDownName) -> tuple[TransactionMode, tuple[int, int] | None]:
    return ("implicit" if "autocommit" in name.flags else "wrapped"), None
