"""The configuration: what may stand in it, where it is found, and how mistakes in it are told.

``hotlint.yaml`` or ``[tool.hotlint]`` in ``pyproject.toml``, in the folder of the path that is checked or the nearest
one above it. Paths in it are relative to its own folder.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hotlint.errors import ConfigError, UsageError, nearest
from hotlint.finding import Severity
from hotlint.quantities import DURATION, PERCENTAGE
from hotlint.server import MAX_MAJOR, MIN_MAJOR

if TYPE_CHECKING:
    from hotlint.project.options import DiscoverOptions, ProjectOptions
    from hotlint.registry import Registry

FILE_NAMES = ("hotlint.yaml", "hotlint.yml", ".hotlint.yaml")
PYPROJECT = "pyproject.toml"
TABLE = "tool.hotlint"

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


class ProjectSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What can be said of one project, or of all of them."""

    framework: Annotated[
        str | None,
        Meta(description="The layout, where it is not recognised or wrongly so: golang-migrate, flyway, goose, …"),
    ] = None
    dialect: Annotated[str | None, Meta(description="The database, where the files do not tell: postgres.")] = None
    transaction: Annotated[
        Literal["wrapped", "implicit", "none"] | None,
        Meta(
            description="How the tool runs a migration: between BEGIN and COMMIT of its own (wrapped), as one message "
            "whose statements share an implicit transaction (implicit), or statement by statement (none)."
        ),
    ] = None
    placeholders: Annotated[
        dict[str, str], Meta(description="Placeholders of the tool, and the text that stands for them when it runs.")
    ] = {}
    placeholder_patterns: Annotated[
        tuple[str, ...], Meta(description="Regular expressions for further placeholders; a first group is the name.")
    ] = ()
    baseline: Annotated[
        str | None, Meta(description="A schema dump (pg_dump --schema-only) that the history starts from.")
    ] = None
    start_after: Annotated[
        str | None,
        Meta(description="The id of the last migration that is old: only newer ones are judged, all are replayed."),
    ] = None
    history: Annotated[
        Literal["auto", "complete", "partial"],
        Meta(
            description="Whether the history makes everything that there is (complete), so that what it never made "
            "does not exist, or may start in the middle (partial). auto: complete with a baseline, else partial."
        ),
    ] = "auto"


class ProjectConfig(ProjectSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One project of several."""

    path: Annotated[str, Meta(description="The folder of the migrations, relative to this file.")]
    exclude: Annotated[tuple[str, ...], Meta(description="Globs of paths below the folder to leave out.")] = ()


Duration = Annotated[str, Meta(pattern=DURATION)]
Percentage = Annotated[str, Meta(pattern=PERCENTAGE)]


class MigrationConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where migrations go, and how long they may be tried out."""

    test_database: Annotated[str | None, Meta(description="The database that migrations are tried on.")] = None
    production_database: Annotated[
        str | None, Meta(description="The database that no trial may touch: a server that has it is refused.")
    ] = None
    backup_retention: Annotated[Duration | None, Meta(description="For how long backups are kept: 30d.")] = None
    validation_timeout: Annotated[
        Duration | None, Meta(description="How long the measurements around one migration may take: 300s.")
    ] = None
    rollback_timeout: Annotated[
        Duration | None, Meta(description="After what time a statement of a down script is stopped: 600s.")
    ] = None


class ValidationConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What ``hotlint verify`` looks at."""

    schema_changes: Annotated[bool, Meta(description="Hold what the server did against the plan.")] = True
    data_integrity: Annotated[bool, Meta(description="Compare the rows before and after.")] = True
    performance_impact: Annotated[bool, Meta(description="Measure who is blocked, and the queries' speed.")] = True
    rollback_safety: Annotated[bool, Meta(description="Run the way back, and the migration again.")] = True
    dependency_checks: Annotated[bool, Meta(description="Check constraints, indexes and sequences afterwards.")] = True


class SafetyConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The limits that ``hotlint verify`` holds its measurements against."""

    max_migration_time: Annotated[Duration | None, Meta(description="The longest that an up script may run.")] = None
    max_rollback_time: Annotated[Duration | None, Meta(description="The longest that a down script may run.")] = None
    performance_degradation: Annotated[
        Percentage | None, Meta(description="How much more a query may read after a migration; 10% if not given.")
    ] = None
    data_loss_tolerance: Annotated[
        Percentage | None, Meta(description="The share of a table's rows that may lose data; 0% if not given.")
    ] = None


class VerifyConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What ``hotlint verify`` has to know of the scratch server."""

    stub_extensions: Annotated[
        tuple[str, ...],
        Meta(description="Extensions that are left out where a history creates them, or replaced by stand-ins."),
    ] = ()
    extensions: Annotated[
        tuple[str, ...],
        Meta(description="Extensions that the history expects, made on the scratch server before it."),
    ] = ()
    roles: Annotated[
        tuple[str, ...], Meta(description="Roles that the history expects, made on the scratch server before it.")
    ] = ()
    rows: Annotated[
        Annotated[int, Meta(ge=0)] | None, Meta(description="Rows to fill each table with; --rows says otherwise.")
    ] = None
    seed: Annotated[int | None, Meta(description="The seed of the generated rows; --seed says otherwise.")] = None
    round_trip: Annotated[
        str | None, Meta(description="Whose way back is run: all, last, none or a migration's id.")
    ] = None
    fixtures: Annotated[
        tuple[str, ...] | str, Meta(description="SQL files with rows that are used instead of generated ones (globs).")
    ] = ()
    generator: Annotated[
        str | None, Meta(description="A function that adds rows instead: path/to/file.py:function.")
    ] = None
    checks: Annotated[
        tuple[str, ...] | str, Meta(description="SQL files that must neither fail nor say false (globs).")
    ] = ()


class Config(ProjectSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole configuration."""

    paths: Annotated[
        tuple[str, ...],
        Meta(description="What is checked where the command line names nothing; relative to this file."),
    ] = ()
    projects: Annotated[
        tuple[ProjectConfig, ...], Meta(description="What is different for single projects, by their folder.")
    ] = ()
    exclude: Annotated[tuple[str, ...], Meta(description="Globs of paths to leave out.")] = ()
    pg_version: Annotated[
        Annotated[int, Meta(ge=MIN_MAJOR, le=MAX_MAJOR)] | None,
        Meta(description="The major version of PostgreSQL; 15 if not given."),
    ] = None
    select: Annotated[
        tuple[str, ...], Meta(description="Only these rules: ids or categories. Nothing: all rules.")
    ] = ()
    ignore: Annotated[tuple[str, ...], Meta(description="Without these rules: ids or categories.")] = ()
    severity: Annotated[dict[str, Severity], Meta(description="Severities by rule id, instead of the rules' own.")] = {}
    per_path_ignores: Annotated[
        dict[str, tuple[str, ...]],
        Meta(description="Globs of paths (relative to this file) with the rules or categories to ignore there."),
    ] = {}
    fail_on: Annotated[
        Severity | None,
        Meta(description="The least severity of a finding that makes the exit code 1; warning if not given."),
    ] = None
    rules: Annotated[tuple[str, ...], Meta(description="Files or folders with rules of your own.")] = ()
    rule_options: Annotated[dict[str, dict[str, Any]], Meta(description="Options of single rules, by rule id.")] = {}
    findings_baseline: Annotated[
        bool | str,
        Meta(
            description="The file with the findings that were accepted once (`hotlint baseline` writes it), or false. "
            "true: hotlint-baseline.jsonl beside this file, where there is one. Not the schema dump of `baseline`."
        ),
    ] = True
    cache: Annotated[
        bool | str, Meta(description="Whether results are kept for the next run, or the folder to keep them in.")
    ] = True
    verify: Annotated[VerifyConfig, Meta(description="What `hotlint verify` has to know.")] = VerifyConfig()
    queries: Annotated[
        tuple[str, ...] | str,
        Meta(description="SQL files with queries whose speed matters to `hotlint verify` (globs)."),
    ] = ()
    migration: Annotated[
        MigrationConfig, Meta(description="Where migrations go, and how long they may be tried out.")
    ] = MigrationConfig()
    validation: Annotated[ValidationConfig, Meta(description="What `hotlint verify` looks at.")] = ValidationConfig()
    safety: Annotated[SafetyConfig, Meta(description="The limits that `hotlint verify` holds to.")] = SafetyConfig()


class Settings(msgspec.Struct, frozen=True):
    """A configuration with the file that it came from: ``path`` is None where there is none, ``folder`` the folder that
    its paths are relative to, "" for the working directory."""

    config: Config = Config()
    path: str | None = None
    folder: str = ""

    def resolve(self, path: str) -> str:
        """A path of the configuration as reports show it: from the working directory where it lies below it, else as
        the configuration's own path was given, absolute or not."""
        target = os.path.abspath(os.path.join(self.folder, path))
        shown = os.path.relpath(target)
        outside = shown == os.pardir or shown.startswith(os.pardir + os.sep)
        return (target if outside and os.path.isabs(self.folder) else shown).replace(os.sep, "/")

    def project(self, root: str) -> ProjectSettings:
        """What holds for the project at ``root`` (as it is shown): what is said of the nearest folder at or above it,
        and of all projects where that says nothing."""
        best: ProjectConfig | None = None
        length = -1
        for project in self.config.projects:
            path = self.resolve(project.path)
            if (path == "." or root == path or root.startswith(f"{path}/")) and len(path) > length:
                best, length = project, len(path)
        return self.config if best is None else self._merged(best)

    def _merged(self, said: ProjectConfig) -> ProjectSettings:
        """``said`` with what it leaves open filled in from the configuration's top level."""
        top = self.config
        values = {
            name: value if (value := getattr(said, name)) != getattr(_UNSAID, name) else getattr(top, name)
            for name in ProjectSettings.__struct_fields__
        }
        return ProjectSettings(**{**values, "placeholders": {**top.placeholders, **said.placeholders}})

    def error(self, key: tuple[str | int, ...], message: str) -> ConfigError:
        """An error about a value that only later turned out to be wrong, told at its line."""
        if self.path is None:
            return ConfigError(message, "configuration")
        from hotlint.config_text import read_text

        return read_text(self.path).error(key, message)

    def check_names(self, registry: Registry) -> None:
        """Raises ``ConfigError`` for a rule or category that the configuration names and that there is not."""
        config = self.config
        named: list[tuple[tuple[str | int, ...], str]] = [
            *((("select", at), name) for at, name in enumerate(config.select)),
            *((("ignore", at), name) for at, name in enumerate(config.ignore)),
            *((("per_path_ignores", g, at), n) for g, ns in config.per_path_ignores.items() for at, n in enumerate(ns)),
        ]
        for key, name in named:
            try:
                registry.expand(name)
            except UsageError as error:
                raise self.error(key, str(error)) from None
        for field in ("severity", "rule_options"):
            for name in getattr(config, field):
                if name not in registry.rules:
                    message = f'there is no rule "{name}"{nearest(name, registry.rules)}'
                    raise self.error((field, name), message)

    def discover_options(self) -> DiscoverOptions:
        """What the configuration says to whoever finds the projects, with paths as seen from the working directory."""
        from hotlint.project.options import DiscoverOptions

        config = self.config
        return DiscoverOptions(
            defaults=self._project_options(config),
            projects=tuple(self._project_options(self._merged(p), self.resolve(p.path), p) for p in config.projects),
            exclude=tuple(map(self.glob, config.exclude)),
        )

    def _project_options(
        self, said: ProjectSettings, path: str = "", own: ProjectConfig | None = None
    ) -> ProjectOptions:
        from hotlint.project.dialects import named
        from hotlint.project.options import ProjectOptions

        return ProjectOptions(
            path=path,
            framework=said.framework,
            dialect=None if said.dialect is None else named(said.dialect),
            transaction=said.transaction,
            placeholders=said.placeholders,
            baseline=None if said.baseline is None else self.resolve(said.baseline),
            exclude=() if own is None else own.exclude,
        )

    def glob(self, glob: str) -> str:
        """A glob of the configuration as seen from the working directory; one without ``/`` is about names anywhere."""
        return self.resolve(glob) if "/" in glob.rstrip("/") else glob

    def start_after_error(self, wanted: str, message: str) -> ConfigError:
        """An error about the ``start_after`` that says ``wanted``."""
        for at, project in enumerate(self.config.projects):
            if project.start_after == wanted:
                return self.error(("projects", at, "start_after"), message)
        return self.error(("start_after",), message)


_UNSAID = ProjectSettings()


def find_config(start: str, *, absolute: bool = False) -> str | None:
    """The configuration file for ``start`` (a file or folder): the nearest one upwards, None where there is none.

    Its path is relative to the working directory, or ``absolute`` where all others are.

    Raises ``ConfigError`` where a folder has two, since either could be meant.
    """
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    while True:
        found = [path for name in FILE_NAMES if os.path.isfile(path := os.path.join(folder, name))]
        pyproject = os.path.join(folder, PYPROJECT)
        if os.path.isfile(pyproject) and _has_table(pyproject):
            found.append(pyproject)
        if len(found) > 1:
            names = " and ".join(os.path.basename(path) for path in found)
            raise ConfigError(f"{names} both configure Hotlint here: keep one", os.path.relpath(folder))
        if found:
            return found[0] if absolute else os.path.relpath(found[0])
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def load_config(path: str) -> Settings:
    """Reads a configuration file. Raises ``ConfigError`` with line and column for whatever is wrong with it."""
    from hotlint.config_text import read_text

    text = read_text(path)
    try:
        config = msgspec.convert(text.data, Config)
    except msgspec.ValidationError as error:
        raise text.validation_error(error, Config) from None
    return Settings(config, path.replace(os.sep, "/"), os.path.dirname(path))


def settings_for(start: str, *, absolute: bool = False) -> Settings:
    """The configuration that holds at ``start``: found upwards, or all defaults; ``absolute`` as in ``find_config``."""
    path = find_config(start, absolute=absolute)
    return Settings() if path is None else load_config(path)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration, for editors and validators."""
    schema = msgspec.json.schema(Config)
    return {"$schema": SCHEMA_ID, "title": "Hotlint's configuration", **schema}


def _has_table(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return TABLE.encode() in file.read()
    except OSError:
        return False
