"""``hotlint.yaml`` as ``hotlint init`` writes it: with the reasons."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from hotlint.adoption.versions import Seen
from hotlint.project.model import Project

FILE = "hotlint.yaml"
_LATER = """
# What stops a commit or a build: error, warning (the default) or info.
# fail_on: error
# Rules or categories that are not for you; `hotlint rules` lists them.
# ignore: [missing-down-file]
"""


class Found(msgspec.Struct, frozen=True):
    """What the file is made of. ``paths`` are the projects' folders as seen from the file's; ``pinned`` are the
    frameworks that the layout alone does not tell apart, by project, with what else it could be."""

    projects: tuple[Project, ...]
    paths: tuple[str, ...]
    versions: tuple[Seen, ...]
    pinned: dict[str, str]
    start_after: bool = True


def text_of(found: Found) -> str:
    """The file."""
    lines = ["# What migrations will lock, rewrite, scan, lose and break: https://github.com/hotlint/hotlint"]
    several = len(found.projects) > 1
    if several:
        lines += ["", *(_WHY_START_AFTER if found.start_after else ()), "projects:"]
        for project, path in zip(found.projects, found.paths, strict=True):
            lines += [f"  - path: {_text(path)}", *(f"    {line}" for line in _of_project(found, project))]
    else:
        lines += ["", f"paths: [{_text(found.paths[0])}]"]
        own = list(_of_project(found, found.projects[0]))
        if found.start_after and any(line.startswith("start_after") for line in own):
            own = [*own[:-1], "", *_WHY_START_AFTER, own[-1]]
        lines += own
    lines += ["", *_version(found.versions)]
    return "\n".join(lines) + "\n" + _LATER


_WHY_START_AFTER = (
    "# Migrations up to start_after ran long ago and cannot be changed any more: they are replayed, so that all that",
    "# they made is known, and not judged. Leave it as it is; new migrations come after it.",
)


def _of_project(found: Found, project: Project) -> list[str]:
    lines = []
    if project.root in found.pinned:
        lines.append(f"framework: {project.framework}  # {found.pinned[project.root]}")
    newest = newest_versioned(project)
    if found.start_after and newest is not None:
        lines.append(f"start_after: {_quoted(newest)}")
    return lines


def newest_versioned(project: Project) -> str | None:
    """The id of the newest migration that runs once; repeatable ones come after it and are always judged."""
    return next((m.id for m in reversed(project.migrations) if not m.repeatable), None)


def _version(versions: Sequence[Seen]) -> list[str]:
    if not versions:
        return [
            "# The major version of PostgreSQL that production runs: what a statement locks differs between them.",
            "# pg_version: 15",
        ]
    lowest = versions[0].major
    majors = sorted({seen.major for seen in versions})
    named = ", ".join(seen.path for seen in versions if seen.major == lowest)
    if len(majors) == 1:
        return [f"pg_version: {lowest}  # {named}"]
    return [
        f"# The oldest of the versions that are named here ({', '.join(map(str, majors))}), which locks the most:",
        f"# {named}. Put in what production runs.",
        f"pg_version: {lowest}",
    ]


def _text(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_.][\w./@-]*", text) else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
