"""Which frameworks there are, and which of them a folder's listing makes worth asking."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from hotlint.project.frameworks.base import Framework, numbered
from hotlint.project.tree import Folder, Tree

FRAMEWORKS = {
    "atlas": "atlas",
    "bun": "bun",
    "dbmate": "dbmate",
    "diesel": "diesel",
    "drizzle": "drizzle",
    "flyway": "flyway",
    "go-pg": "bun",
    "golang-migrate": "golang_migrate",
    "goose": "goose",
    "graphile-migrate": "graphile",
    "hasura": "hasura",
    "liquibase": "liquibase",
    "maragudk-migrate": "golang_migrate",
    "morph": "morph",
    "node-pg-migrate": "node_pg_migrate",
    "plain": "plain",
    "pop": "pop",
    "prisma": "prisma",
    "sql-migrate": "sql_migrate",
    "sqitch": "sqitch",
    "sqlx": "sqlx",
    "supabase": "supabase",
    "tern": "tern",
}
"""Names that users and reports use, and the module of this package that knows the framework."""

_UP_DOWN = ("bun", "pop", "morph", "sqlx", "node_pg_migrate", "golang_migrate", "atlas")
_ONE_FILE = (
    "goose",
    "sql_migrate",
    "dbmate",
    "tern",
    "liquibase",
    "atlas",
    "supabase",
    "node_pg_migrate",
    "sqlx",
    "plain",
)
_FOLDERS = ("diesel", "hasura", "prisma", "drizzle", "plain")

KEEPS_FOLDERS = frozenset({"diesel", "hasura", "prisma", "drizzle", "flyway", "sqitch", "graphile"})
"""Modules whose projects own the folders below them; below the others there may be further projects."""


def module_of(name: str) -> Framework:
    """The module that knows the framework of this name.

    Raises:
        KeyError: there is no framework of this name.
    """
    return _load(FRAMEWORKS[name])


def module_name(framework: Framework) -> str:
    """The module's own name in this package."""
    return cast(str, vars(framework)["__name__"]).rpartition(".")[2]


def recognise(folder: Folder, tree: Tree) -> tuple[Framework, tuple[str, ...]] | None:
    """The framework that is surest of the folder, and the names of others that are just as sure."""
    best: list[Framework] = []
    best_score = 0
    for name in _candidates(folder):
        framework = _load(name)
        score = framework.detect(folder, tree) or 0
        if score > best_score:
            best, best_score = [framework], score
        elif score and score == best_score:
            best.append(framework)
    return (best[0], tuple(other.NAME for other in best[1:])) if best else None


def _candidates(folder: Folder) -> tuple[str, ...]:
    found: list[str] = []
    if "sqitch.plan" in folder.files or "sqitch.conf" in folder.files:
        found.append("sqitch")
    if "meta" in folder.folders:
        found.append("drizzle")
    if "committed" in folder.folders:
        found.append("graphile")
    if "migration_lock.toml" in folder.files:
        found.append("prisma")
    if any(name[0] in "0123456789vV" and numbered(name) for name in folder.folders):
        found.extend(_FOLDERS)
    if folder.sql:
        if any(name[0] in "VR" for name in folder.sql):
            found.append("flyway")
        if any(".up." in name for name in folder.sql):
            found.extend(_UP_DOWN)
        if any(numbered(name) for name in folder.sql):
            found.extend(_ONE_FILE)
        else:
            found.append("liquibase")
    elif any("changelog" in name or "master" in name for name in folder.files):
        found.append("liquibase")
    if not folder.sql and folder.name in ("migration", "migrations"):
        found.append("flyway")
    return tuple(dict.fromkeys(found))


def _load(module: str) -> Framework:
    return cast(Framework, import_module(f"hotlint.project.frameworks.{module}"))
