"""Making a project of a folder: its framework's migrations, or what is told of one that is not planned."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hotlint.project import dialects
from hotlint.project.frameworks import plain
from hotlint.project.frameworks.base import Framework
from hotlint.project.frameworks.registry import KEEPS_FOLDERS, module_name, module_of
from hotlint.project.model import NotCovered, Project
from hotlint.project.options import DiscoverOptions, ProjectOptions
from hotlint.project.tree import Folder, Tree

MAX_DEPTH = 14
"""How many folders below a path are looked into."""


def load_project(
    framework: Framework,
    folder: Folder,
    tree: Tree,
    options: ProjectOptions,
    others: tuple[str, ...] = (),
    recognised: bool = True,
) -> Project:
    """The project of this framework at the folder; one for another database than PostgreSQL is named and not
    planned. ``recognised`` is False where only the user says that there is a project here."""
    dialect = options.dialect or _dialect(framework, folder, tree)
    if dialect != dialects.POSTGRES:
        return _not_planned(framework, folder, tree, dialect)
    plainly = not recognised and framework is plain
    project = (plain.load_unrecognised if plainly else framework.load)(folder, tree, options)
    if options.dialect is None:
        dialect = dialects.of_texts(migration.up.text for migration in project.migrations) or dialect
        if dialect != dialects.POSTGRES:
            return _not_planned(framework, folder, tree, dialect)
    if others:
        names = ", ".join(others)
        note = f"The layout also fits {names}; {project.framework} is assumed. Set `framework` to choose."
        project = msgspec.structs.replace(project, notes=(*project.notes, note))
    return project


def reload_project(project: Project, tree: Tree, options: DiscoverOptions) -> Project | None:
    """A project of the same framework as ``tree`` has it now; None where its root is gone."""
    root = project.root
    folder = tree.folder(root)
    if folder is None:
        return single_file(root, tree, options.of(root)) if tree.has(root) else None
    framework = module_of(project.framework)
    recognised = framework is not plain or plain.detect(folder, tree) is not None
    fresh = load_project(framework, folder, tree, options.of(root), recognised=recognised)
    own = [told for path, told in tree.problems.items() if root == "." or path.startswith(root.rstrip("/") + "/")]
    return msgspec.structs.replace(fresh, problems=(*fresh.problems, *own)) if own else fresh


def _dialect(framework: Framework, folder: Folder, tree: Tree) -> str:
    """What the framework's own files say, then what the folders' names say, unless the text shows PostgreSQL."""
    told = getattr(framework, "dialect", None)
    if told is not None and (found := told(folder, tree)):
        return str(found)
    by_folder = dialects.of_folder(folder.name if folder.path == "." else folder.path)
    if by_folder is None or by_folder == dialects.POSTGRES:
        return dialects.POSTGRES
    whole = any(dialects.named(part) == by_folder for part in (folder.name, *folder.path.split("/")))
    return by_folder if whole or not dialects.is_postgres(tree.sample(folder)) else dialects.POSTGRES


def _not_planned(framework: Framework, folder: Folder, tree: Tree, dialect: str) -> Project:
    reason = f"{dialects.label(dialect)} is not planned"
    paths = tuple(_sql_below(folder, tree, module_name(framework) in (*KEEPS_FOLDERS, "plain"), 0))
    return Project(
        root=folder.path,
        framework=framework.NAME,
        dialect=dialect,
        migrations=(),
        not_covered=(NotCovered(reason, paths),),
    )


def _sql_below(folder: Folder, tree: Tree, deep: bool, depth: int) -> Iterator[str]:
    for name in folder.sql:
        yield folder.join(name)
    for name in folder.folders if deep and depth < MAX_DEPTH else ():
        inner = tree.folder(folder.join(name))
        if inner is not None:
            yield from _sql_below(inner, tree, deep, depth + 1)


def single_file(path: str, tree: Tree, options: ProjectOptions) -> Project:
    """A file that is part of no history: a history of one."""
    dialect = options.dialect or dialects.of_texts([tree.text(path)]) or dialects.POSTGRES
    if dialect != dialects.POSTGRES:
        left_out = NotCovered(f"{dialects.label(dialect)} is not planned", (path,))
        return Project(root=path, framework=plain.NAME, dialect=dialect, migrations=(), not_covered=(left_out,))
    return plain.load_file(path, tree, options)
