"""Finding the projects under the paths that the user gave."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from hotlint.project.frameworks import plain
from hotlint.project.frameworks.base import Framework, numbered
from hotlint.project.frameworks.registry import KEEPS_FOLDERS, module_name, module_of, recognise
from hotlint.project.load import MAX_DEPTH, load_project, single_file
from hotlint.project.model import LayoutProblem, Migration, Project
from hotlint.project.options import DiscoverOptions, ProjectOptions, clean_path
from hotlint.project.tree import Folder, Tree

USUAL_FOLDERS = (
    "migrations",
    "migration",
    "db/migrations",
    "db/migrate",
    "db/migration",
    "database/migrations",
    "sql/migrations",
    "schema/migrations",
    "prisma/migrations",
    "drizzle",
    "supabase/migrations",
    "hasura/migrations",
    "src/main/resources/db/migration",
    "src/main/resources/db/changelog",
    "internal/db/migrations",
    "internal/migrations",
)
"""Where migrations are looked for when nobody says; the whole working directory comes after them."""

SKIPPED = frozenset(
    (
        *("node_modules", "bower_components", "vendor", "third_party", "site-packages", "__pycache__", "venv", "env"),
        *("target", "build", "dist", "out", "bin", "obj", "coverage", "tmp"),
        *(
            "testdata",
            "test_data",
            "test-data",
            "fixtures",
            "__fixtures__",
            "seeds",
            "seed",
            "seeders",
            "queries",
            "stub",
            "stubs",
            "mocks",
        ),
    )
)
"""Folders that are not looked into when a project is searched; hidden ones are not either. A path may name them."""

_PLAIN_NOT_UNDER = frozenset(
    (
        "test",
        "tests",
        "__tests__",
        "spec",
        "specs",
        "e2e",
        "bench",
        "benchmarks",
        "docs",
        "init",
        "initdb",
        "init.d",
        "initdb.d",
    )
)
_KEEP_THEIR_OWN = ("sqitch", "liquibase")  # beside the folders that hold their files there may be further projects
_LEVELS_ABOVE_A_FILE = 5


class Discovery(msgspec.Struct, frozen=True):
    """What was found.

    ``scopes`` goes with ``projects``: the paths of the files that the user named, to which a report is limited, or None
    where the project is reported whole. ``missing`` are paths that are not there, ``left_out`` those of files that were
    named and that the configuration excludes; ``passed_over`` are folders with SQL files where no project was found at
    all. ``problems`` are what could not be read and belongs to no project. ``folders`` and ``files`` are all that was
    looked at, there or not: the result is the same as long as these are.
    """

    projects: tuple[Project, ...]
    scopes: tuple[frozenset[str] | None, ...]
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    problems: tuple[LayoutProblem, ...] = ()
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def find_projects(
    paths: Sequence[str | os.PathLike[str]] = (), options: DiscoverOptions | None = None
) -> tuple[Project, ...]:
    """The projects under the paths; a file's is the one that it is part of. Without paths the usual folders."""
    return discover(paths, options).projects


def discover(
    paths: Sequence[str | os.PathLike[str]] = (),
    options: DiscoverOptions | None = None,
    buffers: Mapping[str, str] | None = None,
    tree: Tree | None = None,
) -> Discovery:
    """The projects under the paths, and which of their files the user named.

    A folder may hold projects at any depth, or be one; several paths are one run. A file stands for the whole project
    that it is part of. Without paths the usual folders are looked at, and then the working directory. ``buffers`` are
    texts by path that stand in for files, which need not be there (unsaved files, standard input). ``tree`` is a look
    at the disk, with buffers of its own, to be used instead of a new one.
    """
    looked = tree or Tree({shown_path(path): text for path, text in (buffers or {}).items()})
    search = _Search(options or DiscoverOptions(), looked)
    for path in map(shown_path, paths):
        search.add(path)
    if not paths:
        search.add_usual()
    return search.result()


def shown_path(path: str | os.PathLike[str]) -> str:
    """A path as reports show it: relative to the working directory where it lies below it."""
    text = os.fspath(path)
    if os.path.isabs(text):
        here = os.getcwd()
        if text == here or text.startswith(here.rstrip(os.sep) + os.sep):
            text = os.path.relpath(text, here)
    return clean_path(os.path.normpath(text))


def files_of(project: Project) -> Iterator[str]:
    """Every path that the project knows: scripts, support files, files that are not covered."""
    for migration in project.migrations:
        yield from _files_of_migration(migration)
    for uncovered in project.not_covered:
        yield from uncovered.paths
    yield from project.support_files
    for problem in project.problems:
        yield problem.path


def _files_of_migration(migration: Migration) -> Iterator[str]:
    for script in (migration.up, migration.down, migration.verify):
        if script is not None:
            yield script.path


class _Search:
    """One call: what was loaded by its root, and what was named."""

    def __init__(self, options: DiscoverOptions, tree: Tree) -> None:
        self.options = options
        self.tree = tree
        self.projects: dict[str, Project] = {}
        self.scopes: dict[str, set[str] | None] = {}
        self.missing: list[str] = []
        self.left_out: list[str] = []
        self._files: dict[str, frozenset[str]] = {}
        self._loaded: dict[str, Project] = {}
        self._visited: set[tuple[int, int]] = set()

    def add(self, path: str) -> None:
        """Take up what the user named."""
        if os.path.isdir(path):
            before = len(self.scopes)
            self._visited.clear()
            self._walk(path, "", 0)
            if len(self.scopes) == before:
                self._add_as_part(path)
            if len(self.scopes) == before:
                self._add_unrecognised(path)
        elif self.tree.has(path):
            if self.options.leaves_out(path):
                self.left_out.append(path)
            else:
                self._add_file(path)
        else:
            self.missing.append(path)

    def add_usual(self) -> None:
        """Take up the configured folders, else the usual ones, else whatever there is below the working directory."""
        configured = [clean_path(project.path) for project in self.options.projects if project.path]
        for path in configured or USUAL_FOLDERS:
            if os.path.isdir(path):
                self._visited.clear()
                self._walk(path, "", 0)
            elif configured:
                self.missing.append(path)
        if not self.projects and not configured:
            self._walk(".", "", 0)

    def result(self) -> Discovery:
        """Everything, problems of reading given to the projects that they are in."""
        left = dict(self.tree.problems)
        projects = []
        for root, project in self.projects.items():
            own = [left.pop(path) for path in list(left) if root == "." or path == root or path.startswith(root + "/")]
            projects.append(msgspec.structs.replace(project, problems=(*project.problems, *own)) if own else project)
        scopes = tuple(None if (scope := self.scopes[root]) is None else frozenset(scope) for root in self.projects)
        return Discovery(
            projects=tuple(projects),
            scopes=scopes,
            missing=tuple(self.missing),
            left_out=tuple(self.left_out),
            passed_over=() if self.projects else tuple(_folders_with_sql(self.tree)),
            problems=tuple(left.values()),
            folders=self.tree.folders_seen,
            files=self.tree.files_seen,
        )

    def _walk(self, path: str, below: str, depth: int) -> None:
        """Search a folder; ``below`` is its path from the one that the user named."""
        if depth > MAX_DEPTH or self.options.leaves_out(path) or not self._first_visit(path):
            return
        folder = self.tree.folder(path)
        if folder is None:
            return
        module = self._load(folder, below)
        if module in KEEPS_FOLDERS and module not in _KEEP_THEIR_OWN:
            return
        own = _own_folders(self.projects[path]) if module in _KEEP_THEIR_OWN else ()
        for name in folder.folders:
            if name in own or name in SKIPPED or name.startswith(".") or (module == "plain" and name[-1].isdigit()):
                continue
            self._walk(folder.join(name), f"{below}/{name}", depth + 1)

    def _first_visit(self, path: str) -> bool:
        try:
            found = os.stat(path)
        except OSError:
            return False
        key = (found.st_dev, found.st_ino)
        if key in self._visited:
            return False
        self._visited.add(key)
        return True

    def _load(self, folder: Folder, below: str) -> str | None:
        """Load the project at this folder, if it is one, and keep it as named; the name of its framework's module."""
        root = folder.path
        if root in self.projects:
            self.scopes[root] = None
            return module_name(module_of(self.projects[root].framework))
        options = self.options.of(root)
        found = self._recognise(folder, options)
        if found is None:
            return None
        framework, others = found
        module = module_name(framework)
        if module == "plain" and not _PLAIN_NOT_UNDER.isdisjoint(below.split("/")):
            return None
        self.projects[root] = load_project(framework, folder, self.tree, options, others)
        self.scopes[root] = None
        return module

    def _recognise(self, folder: Folder, options: ProjectOptions) -> tuple[Framework, tuple[str, ...]] | None:
        named = options.framework
        if named and (self.options.is_configured(folder.path) or not options.path):
            framework = module_of(named)
            if self.options.is_configured(folder.path) or framework.detect(folder, self.tree):
                return framework, ()
        return recognise(folder, self.tree)

    def _add_file(self, path: str) -> None:
        """Load the project that a file is part of, and limit the report to the file."""
        root = self._root_of(path)
        if root is None and self._is_numbered(path):
            root = os.path.dirname(path) or "."
            if root not in self.projects:
                self._add_unrecognised(root)
                self.scopes[root] = set()
        if root is None:
            self.projects[path] = single_file(path, self.tree, self.options.of(path))
            self.scopes[path] = None
            return
        scope = self.scopes.setdefault(root, set())
        if scope is not None:
            scope.add(path)

    def _add_as_part(self, path: str) -> None:
        """A folder that is no project may be part of one (``NAME`` of ``NAME/up.sql``): its files are named."""
        folder = self.tree.folder(path)
        for name in folder.sql if folder else ():
            if self._root_of(path + "/" + name) is not None:
                self._add_file(path + "/" + name)

    def _add_unrecognised(self, path: str) -> None:
        """A folder of SQL files that the user named is a project, although its layout says nothing."""
        folder = self.tree.folder(path)
        if folder is None or not folder.sql or self.options.leaves_out(path):
            return
        options = self.options.of(path)
        framework = module_of(options.framework) if options.framework else plain
        self.projects[path] = load_project(framework, folder, self.tree, options, recognised=False)
        self.scopes[path] = None

    def _is_numbered(self, path: str) -> bool:
        """Whether a file has a number as migrations do, and others beside it have one too."""
        folder = self.tree.folder(os.path.dirname(path) or ".")
        return bool(
            folder and numbered(os.path.basename(path)) and len(folder.sql) > 1 and all(map(numbered, folder.sql))
        )

    def _root_of(self, path: str) -> str | None:
        """The outermost project that has the file."""
        best = None
        at = path
        for _ in range(_LEVELS_ABOVE_A_FILE):
            parent = os.path.dirname(at) or ("." if not os.path.isabs(at) and at != "." else "")
            if not parent or parent == at:
                break
            at = parent
            if at not in self._files:
                self._load_for_file(at)
            if path in self._files[at]:
                best = at
            if os.path.exists(os.path.join(at, ".git")):
                break
        if best is not None:
            self.projects.setdefault(best, self._loaded[best])
        return best

    def _load_for_file(self, root: str) -> None:
        """Load what may be a project around a file; it is kept only where the file is part of it."""
        project = self.projects.get(root)
        if project is None:
            folder = self.tree.folder(root)
            options = self.options.of(root)
            found = self._recognise(folder, options) if folder else None
            if folder is None or found is None:
                self._files[root] = frozenset()
                return
            project = load_project(found[0], folder, self.tree, options, found[1])
        self._loaded[root] = project
        self._files[root] = frozenset(files_of(project))


def _folders_with_sql(tree: Tree) -> Iterator[str]:
    return (path for path in tree.folders_seen if (folder := tree.folder(path)) is not None and folder.sql)


def _own_folders(project: Project) -> frozenset[str]:
    """The folders right below the root that hold files of the project."""
    start = "" if project.root == "." else project.root.rstrip("/") + "/"
    return frozenset(path.removeprefix(start).partition("/")[0] for path in files_of(project))
