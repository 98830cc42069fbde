"""Sqitch: ``sqitch.plan`` and the folders ``deploy``, ``revert`` and ``verify``.

psql runs each script, so every statement is committed on its own unless the script says ``BEGIN`` and ``COMMIT`` itself
(``App::Sqitch::Engine::pg``: ``run_file``). A change that the plan names again is reworked: the older one's files
carry the last tag before that, ``name@tag.sql``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hotlint.patterns import lazy
from hotlint.project import dialects
from hotlint.project.frameworks.base import BAD_NAME, CERTAIN, Draft
from hotlint.project.model import LayoutProblem, NoTransaction, Project
from hotlint.project.options import ProjectOptions, clean_path
from hotlint.project.tree import Folder, Tree, join
from hotlint.source import Script

NAME = "sqitch"

_PLAN = "sqitch.plan"
_CONF = "sqitch.conf"
_LINE = lazy(r"^[ \t]*(?:[+][ \t]*)?(@?)([^\s\[#@%][^\s\[#]*)[ \t]*(?:\[([^\]]*)\])?")
_CORE = lazy(r"^\[(\w+)(?:[ \t]+\"([^\"]*)\")?\]", re.MULTILINE)
_SETTING = lazy(r"^[ \t]*(\w+)[ \t]*=[ \t]*([^\r\n]*?)[ \t]*$", re.MULTILINE)

NO_TX = NoTransaction(
    None,
    "the script itself",
    "psql runs the script statement by statement: leave out BEGIN and COMMIT, and the statement runs outside of a "
    "transaction.",
)


class Change(NamedTuple):
    """A line of the plan. ``requires`` and ``conflicts`` are as written, ``tags`` those that follow the change."""

    name: str
    requires: tuple[str, ...]
    conflicts: tuple[str, ...]
    tags: tuple[str, ...]


def detect(folder: Folder, tree: Tree) -> int | None:
    """The plan."""
    return CERTAIN if _PLAN in folder.files or (_CONF in folder.files and _plan_path(folder, tree)) else None


def dialect(folder: Folder, tree: Tree) -> str | None:
    """The dialect of the engine in ``sqitch.conf``."""
    engine = _settings(folder, tree).get("core.engine")
    return (dialects.named(engine) or engine) if engine else None


def read_plan(text: str) -> list[Change]:
    """The plan's changes in order; pragmas, notes and dates are passed over."""
    changes: list[Change] = []
    for line in text.splitlines():
        if line.startswith("%") or not (match := _LINE.match(line)):
            continue
        if match[1]:
            if changes:
                changes[-1] = changes[-1]._replace(tags=(*changes[-1].tags, match[2]))
            continue
        needs = (match[3] or "").split()
        requires = tuple(need for need in needs if not need.startswith("!"))
        changes.append(Change(match[2], requires, tuple(need[1:] for need in needs if need.startswith("!")), ()))
    return changes


def load(folder: Folder, tree: Tree, options: ProjectOptions) -> Project:
    """The project in the plan's order, with the dependencies that the plan states as parents."""
    draft = Draft(NAME, folder, tree, options)
    settings = _settings(folder, tree)
    plan_path = _plan_path(folder, tree) or _PLAN
    draft.support_files.append(draft.path(plan_path))
    changes = read_plan(tree.text(draft.path(plan_path)))
    top = clean_path(settings.get("core.top_dir", "."))
    folders = {
        kind: draft.path(clean_path(settings.get(f"core.{kind}_dir", kind if top == "." else f"{top}/{kind}")))
        for kind in ("deploy", "revert", "verify")
    }
    ids = _ids(changes)
    for index, change in enumerate(changes):
        _add(draft, changes, index, ids, folders)
        for conflict in change.conflicts:
            if any(earlier.name == conflict for earlier in changes[:index]):
                draft.notes.append(
                    f"{change.name} conflicts with {conflict}, so Sqitch refuses to deploy it after that."
                )
    _unplanned(draft, changes, ids, folders["deploy"])
    return draft.finish(down_style="file", numbering="name", no_transaction=NO_TX, linear=False)


def _ids(changes: list[Change]) -> list[str]:
    """An id for each change: its name, and where it is reworked later the last tag before that too."""
    ids = [change.name for change in changes]
    following: dict[str, int] = {}
    for index in range(len(changes) - 1, -1, -1):
        name = changes[index].name
        if name in following:
            tags = [tag for between in changes[index : following[name]] for tag in between.tags]
            ids[index] = "@".join([name, *tags[-1:]])
        following[name] = index
    return ids


def _add(draft: Draft, changes: list[Change], index: int, ids: list[str], folders: dict[str, str]) -> None:
    change, file = changes[index], ids[index] + ".sql"
    up = _script(draft, join(folders["deploy"], file))
    if up is None:
        message = f"The plan names {change.name}, and there is no {file} in {folders['deploy']}."
        draft.problems.append(LayoutProblem(BAD_NAME, message, draft.support_files[0]))
        return
    before = dict(zip((earlier.name for earlier in changes[:index]), ids, strict=False))
    parents = [_resolve(need, changes[:index], ids, before) for need in change.requires]
    if change.name in before:
        parents.append(before[change.name])
    draft.add(
        ids[index],
        change.name,
        up,
        _script(draft, join(folders["revert"], file)),
        transaction="none",
        parents=tuple(dict.fromkeys(parent for parent in parents if parent)),
        verify=_script(draft, join(folders["verify"], file)),
        tags=change.tags,
    )


def _resolve(need: str, earlier: list[Change], ids: list[str], before: dict[str, str]) -> str | None:
    """The id of what a dependency means: ``name``, ``name@tag``, ``@tag``; None for another project's
    (``other:name``)."""
    if ":" in need and need not in before:
        return None
    name, _, tag = need.partition("@")
    if not tag:
        return before.get(name)
    end = next((at for at, change in enumerate(earlier) if tag in change.tags), None)
    if end is None:
        return before.get(name)
    if not name:
        return ids[end]
    return next((ids[at] for at in range(end, -1, -1) if earlier[at].name == name), None)


def _script(draft: Draft, path: str) -> Script | None:
    folder, _, name = path.rpartition("/")
    listing = draft.tree.folder(folder or ".")
    return draft.tree.script(path) if listing is not None and name in listing.files else None


def _unplanned(draft: Draft, changes: list[Change], ids: list[str], deploy: str) -> None:
    listing = draft.tree.folder(deploy)
    known = {f"{id}.sql" for id in ids}
    for path in draft.files(listing) if listing else ():
        if path.rpartition("/")[2] not in known:
            draft.not_covered("not in sqitch.plan", path)


def _plan_path(folder: Folder, tree: Tree) -> str | None:
    if _PLAN in folder.files:
        return _PLAN
    settings = _settings(folder, tree)
    plan = settings.get("core.plan_file") or join(clean_path(settings.get("core.top_dir", ".")), _PLAN)
    at, _, name = folder.join(clean_path(plan)).rpartition("/")
    listing = tree.folder(at or ".")
    return clean_path(plan) if listing is not None and name in listing.files else None


def _settings(folder: Folder, tree: Tree) -> dict[str, str]:
    """``sqitch.conf`` as ``section.key`` to value; sections with a name (``[core "pg"]``) are left out."""
    if _CONF not in folder.files:
        return {}
    text = tree.text(folder.join(_CONF))
    found: dict[str, str] = {}
    heads = list(_CORE.finditer(text))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        if head[2] is None:
            body = text[head.end() : following.start() if following else len(text)]
            found.update({f"{head[1]}.{match[1]}": match[2] for match in _SETTING.finditer(body)})
    return found
