"""What all frameworks share: the question that each is asked, and the collecting of what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple, Protocol

from hotlint.patterns import lazy
from hotlint.project import dialects
from hotlint.project.model import (
    LayoutProblem,
    Migration,
    NotCovered,
    NoTransaction,
    Project,
    TransactionMode,
)
from hotlint.project.options import ProjectOptions, matches_any
from hotlint.project.tree import Folder, Tree, join
from hotlint.source import Script

Numbering = Literal["integer", "timestamp", "dotted", "name"]
DownStyle = Literal["file", "section"]

CERTAIN, MARKED, NAMED, LIKELY, POSSIBLE = 100, 80, 60, 40, 20
"""How sure a framework is of a folder: a file that only it writes; marks in the text; names that only it uses; names
that it and its relatives use; names that anything uses."""

CUSTOM = 3
"""A tool that refuses a version that is used twice would not have let it come to this many."""

BAD_NAME = "bad-file-name"
DUPLICATE = "duplicate-version"

PROGRAMS = {
    "go": "Go",
    "py": "Python",
    "js": "JavaScript",
    "mjs": "JavaScript",
    "cjs": "JavaScript",
    "ts": "TypeScript",
    "mts": "TypeScript",
    "java": "Java",
    "kt": "Kotlin",
    "scala": "Scala",
    "groovy": "Groovy",
    "rb": "Ruby",
    "php": "PHP",
    "ex": "Elixir",
    "exs": "Elixir",
    "cs": "C#",
    "rs": "Rust",
    "sh": "shell",
    "xml": "XML",
    "yaml": "YAML",
    "yml": "YAML",
    "json": "JSON",
    "fizz": "Fizz",
}

_NUMBERED = lazy(r"[Vv]?(\d+)(?:[._-]|\Z)")
_DATED = lazy(r"(\d{4}-\d{2}-\d{2}(?:[-T_]\d{4,6}(?:-\d{4})?)?)(?:[._-]|\Z)")
_TIMESTAMP_DIGITS = 10  # seconds since 1970, or YYYYMMDDhh; nobody counts that far


class Framework(Protocol):
    """A module of this package. ``detect`` says how sure it is that a folder is one of its projects, or None.

    ``load`` makes the project; it reads each file at most once, through the tree.
    """

    NAME: str

    def detect(self, folder: Folder, tree: Tree) -> int | None:
        """One of the scores above, or None."""

    def load(self, folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
        """The project at ``folder``, every file of it planned or named as not covered."""


class Numbered(NamedTuple):
    """A file's or folder's name that starts with a version."""

    version: str
    rest: str


def numbered(name: str) -> Numbered | None:
    """Version and rest of ``0007_name``, ``V0007.name``, ``20240131120000-name``, ``2024-01-31-120000_name``, ``7``."""
    match = _DATED.match(name) or _NUMBERED.match(name)
    return Numbered(match[1], name[match.end() :]) if match else None


def number_of(version: str) -> int:
    """The value that versions are compared by: their digits."""
    digits = version if version.isdigit() else "".join(filter(str.isdigit, version))
    return int(digits or 0)


def numbering_of(versions: Iterable[str]) -> Numbering:
    """Whether versions count up or are times: a time has ten digits or more, or is written with dashes."""
    found = list(versions)
    times = sum(1 for version in found if "-" in version or len(version.lstrip("0")) >= _TIMESTAMP_DIGITS)
    return "timestamp" if times * 2 > len(found) else "integer"


class Draft:
    """A project in the making."""

    def __init__(self, framework: str, folder: Folder, tree: Tree, options: ProjectOptions) -> None:
        self.framework = framework
        self.folder = folder
        self.tree = tree
        self.options = options
        self.dialect = options.dialect or dialects.POSTGRES
        self.migrations: list[Migration] = []
        self.problems: list[LayoutProblem] = []
        self.notes: list[str] = []
        self.support_files: list[str] = []
        self._uncovered: dict[str, list[str]] = {}

    def path(self, *names: str) -> str:
        """A path below the project's root."""
        path = self.folder.path
        for name in names:
            path = join(path, name)
        return path

    def excluded(self, path: str) -> bool:
        """Whether the project's options leave this path out."""
        globs = self.options.exclude
        return bool(globs) and (matches_any(path, globs) or matches_any(self.below(path), globs))

    def below(self, path: str) -> str:
        """The path as seen from the project's root."""
        return path.removeprefix(self.folder.path.rstrip("/") + "/")

    def files(self, folder: Folder | None = None) -> list[str]:
        """Paths of the SQL files in the root, or in ``folder``, that are not excluded."""
        at = folder or self.folder
        return [path for name in at.sql if not self.excluded(path := at.join(name))]

    def not_covered(self, reason: str, path: str) -> None:
        """Name a file that belongs to the project and is not planned."""
        self._uncovered.setdefault(reason, []).append(path)

    def other_dialect(self, dialect: str, path: str) -> None:
        """Name a file of another database."""
        self.not_covered(f"{dialects.label(dialect)} is not planned", path)

    def programs(self, folder: Folder | None = None, is_migration: Callable[[str], object] = numbered) -> None:
        """Name the migrations that are written in a programming language."""
        at = folder or self.folder
        if len(at.files) == len(at.sql):
            return
        for name in at.files:
            language = PROGRAMS.get(name.rpartition(".")[2])
            if language and is_migration(name) and not self.excluded(at.join(name)):
                self.not_covered(f"a {language} migration, which is a program and is not run", at.join(name))

    def bad_name(self, path: str, expected: str) -> None:
        """Tell a file that the tool would pass over or refuse because of its name."""
        name = path.rpartition("/")[2]
        self.problems.append(
            LayoutProblem(BAD_NAME, f"{self.framework} does not run {name}: its name is not {expected}.", path)
        )

    def bad_section(self, path: str, mark: str) -> None:
        """Tell a file without the mark that its up section starts with."""
        message = f"{self.framework} finds nothing to run in this file: it has no `{mark}` line."
        self.problems.append(LayoutProblem(BAD_NAME, message, path))

    def duplicate(self, version: str, paths: Sequence[str]) -> None:
        """Tell that several files carry one version."""
        names = " and ".join(self.below(path) for path in paths)
        message = f"Version {version} is used twice: {names}."
        self.problems.append(LayoutProblem(DUPLICATE, message, paths[-1], tuple(paths[:-1])))

    def duplicates(self, *, custom: bool = False) -> None:
        """Tell versions that several migrations carry, once all migrations are added.

        ``custom``: nobody knows how strict the tool is, so many of them are its custom rather than mistakes.
        """
        seen: dict[str | int, list[str]] = {}
        for migration in self.migrations:
            if not migration.repeatable:
                key = int(migration.id) if migration.id.isdigit() else migration.id
                seen.setdefault(key, []).append(migration.up.path)
        twice = {str(key): paths for key, paths in seen.items() if len(paths) > 1}
        if custom and len(twice) >= CUSTOM:
            self.notes.append(f"{len(twice)} versions are used more than once, so the tool is taken to allow that.")
            return
        for version, paths in twice.items():
            self.duplicate(version, paths)

    def add(
        self,
        id: str,
        name: str,
        up: Script | None,
        down: Script | None = None,
        *,
        transaction: TransactionMode = "wrapped",
        down_transaction: TransactionMode | None = None,
        directive: tuple[int, int] | None = None,
        parents: tuple[str, ...] = (),
        repeatable: bool = False,
        verify: Script | None = None,
        tags: tuple[str, ...] = (),
    ) -> None:
        """Add a migration; one whose up script cannot be read is left out, which the tree's problems tell."""
        if up is None:
            return
        mode = self.options.transaction or transaction
        down_mode = self.options.transaction or down_transaction or transaction
        self.migrations.append(
            Migration(
                id=id,
                name=name,
                up=up,
                down=down,
                parents=parents,
                transaction=mode,
                down_transaction=down_mode,
                directive=directive,
                repeatable=repeatable,
                verify=verify,
                tags=tags,
            )
        )

    def finish(
        self,
        *,
        down_style: DownStyle | None = None,
        numbering: Numbering | None = None,
        no_transaction: NoTransaction | None = None,
        linear: bool = True,
    ) -> Project:
        """The project, its migrations chained one after the other unless their parents were given."""
        migrations = _chain(self.migrations, linear)
        if down_style and migrations and not any(migration.down for migration in migrations):
            self.notes.append("No migration has a way down, so none is missed.")
            down_style = None
        return Project(
            root=self.folder.path,
            framework=self.framework,
            dialect=self.dialect,
            migrations=migrations,
            down_style=down_style,
            numbering=numbering or numbering_of(migration.id for migration in migrations),
            no_transaction=no_transaction,
            problems=tuple(self.problems),
            not_covered=tuple(NotCovered(reason, tuple(paths)) for reason, paths in self._uncovered.items()),
            notes=tuple(self.notes),
            baseline=self.tree.script(self.options.baseline) if self.options.baseline else None,
            support_files=tuple(self.support_files),
        )


def _chain(migrations: list[Migration], linear: bool) -> tuple[Migration, ...]:
    """The migrations with ids that are unique and, where ``linear``, the one before as the parent of each."""
    chained = []
    used: set[str] = set()
    before: tuple[str, ...] = ()
    for migration in migrations:
        id = migration.id
        if id in used:
            id = f"{id}_{migration.name}" if f"{id}_{migration.name}" not in used else f"{id}_{len(used)}"
        used.add(id)
        chained.append(
            Migration(
                id=id,
                name=migration.name,
                up=migration.up,
                down=migration.down,
                parents=before if linear else migration.parents,
                transaction=migration.transaction,
                down_transaction=migration.down_transaction,
                directive=migration.directive,
                repeatable=migration.repeatable,
                verify=migration.verify,
                tags=migration.tags,
            )
        )
        before = (id,)
    return tuple(chained)
