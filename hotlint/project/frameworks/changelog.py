"""Liquibase's changelogs in YAML, XML and JSON, as far as they give the order of SQL files."""

from __future__ import annotations

import os

from hotlint.patterns import lazy
from hotlint.project.tree import Folder, Tree

_NAME = lazy(r"(?i)(?:.*changelog.*|.*master.*|root)\.(?:ya?ml|xml|json)\Z")
_CHANGELOG_FILE = (".yaml", ".yml", ".xml", ".json")
_REFERENCE = lazy(r"\b(?:file|path)[\"']?\s*[:=]\s*[\"']?([\w./:@+-]+)")
_DEPTH = 6


def changelogs(folder: Folder, tree: Tree) -> list[str]:
    """The files of a folder that are changelogs."""
    names = [name for name in folder.files if _NAME.match(name)]
    return [path for name in names if "databaseChangeLog" in tree.text(path := folder.join(name))]


def files_below(folder: Folder, tree: Tree, depth: int = 0) -> list[str]:
    """Paths of all SQL files and changelogs in a folder and the folders below it, in the order of their names."""
    found = [folder.join(name) for name in folder.files if name.endswith((".sql", *_CHANGELOG_FILE))]
    for name in folder.folders if depth < _DEPTH else ():
        inner = tree.folder(folder.join(name))
        if inner is not None and not name.startswith("."):
            found += files_below(inner, tree, depth + 1)
    return found


def included(changelog: str, files: list[str], tree: Tree, seen: set[str] | None = None) -> list[str]:
    """The SQL files that a changelog includes, in its order, those of changelogs that it includes among them."""
    seen = seen if seen is not None else set()
    seen.add(changelog)
    found: list[str] = []
    for match in _REFERENCE.finditer(tree.text(changelog)):
        for path in _resolve(match[1], changelog, files):
            if path in seen:
                continue
            if path.endswith(".sql"):
                seen.add(path)
                found.append(path)
            else:
                found += included(path, files, tree, seen)
    return found


def _resolve(reference: str, changelog: str, files: list[str]) -> list[str]:
    """The files that a reference means: beside the changelog, else by the end of their path; all of a folder."""
    reference = reference.removeprefix("classpath:").rstrip("/")
    beside = os.path.normpath(os.path.join(os.path.dirname(changelog), reference))
    end = "/" + reference.lstrip("./")
    if reference.endswith((".sql", *_CHANGELOG_FILE)):
        exact = [path for path in files if path == beside]
        return exact or [path for path in files if ("/" + path).endswith(end)][:1]
    inside = [path for path in files if path.startswith(beside + "/")]
    return inside or [path for path in files if f"{end}/" in "/" + path]
