"""The histories of the workspace: which there are, under which configuration, and which one a file belongs to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from hotlint import api
from hotlint.baseline import read_baseline
from hotlint.config import FILE_NAMES, PYPROJECT, Settings
from hotlint.config_values import check_values
from hotlint.errors import ConfigError, HotlintError
from hotlint.lsp.history import History
from hotlint.project.discover import SKIPPED, USUAL_FOLDERS, discover, shown_path
from hotlint.project.model import Project
from hotlint.project.tree import Tree
from hotlint.registry import Registry, find_rules
from hotlint.server import MAX_MAJOR, MIN_MAJOR

Buffers = Callable[[], dict[str, str]]


class Options(msgspec.Struct, frozen=True, rename="camel"):
    """What the editor's user sets: ``initializationOptions``, or the section ``hotlint`` of the editor's settings.

    ``config`` is a configuration file that is taken for everything; ``pg_version`` the server's major version where the
    configuration says none. ``workspace`` tells whether files that are not open are told about, ``other_files`` whether
    SQL files that belong to no history are checked, each as a history of its own.
    """

    config: str | None = None
    pg_version: Annotated[int, Meta(ge=MIN_MAJOR, le=MAX_MAJOR)] | None = None
    workspace: bool = True
    other_files: bool = True


class World:
    """All histories. ``buffers`` gives the editor's texts by path; ``errors`` are configurations that cannot be used,
    by their file."""

    def __init__(self, buffers: Buffers) -> None:
        self.options = Options()
        self.folders: list[str] = []
        self.histories: dict[str, History] = {}
        self.errors: dict[str, HotlintError] = {}
        self._buffers = buffers
        self._outside: set[str] = set()  # roots that only open files led to
        self._none: set[str] = set()  # files that were found to belong to nothing
        self._rules: dict[tuple[str, ...], Registry] = {}
        self._former: dict[str, History] = {}  # what there was before a scan, to be kept where nothing else holds now

    # -- finding

    def scan(self, *, keep: bool = False) -> list[str]:
        """Looks for histories in the workspace's folders and those of open files; the paths of histories gone.
        ``keep``: those that are judged as before keep their plans."""
        self.errors.clear()
        self._none.clear()
        self._rules.clear()
        before, self.histories = self.histories, {}
        self._former = before if keep else {}
        self._outside.clear()
        for folder in self.folders:
            self._scan_folder(folder)
        for path in self._buffers():
            self.history_of(path)
        self._former = {}
        gone = set().union(*(history.findings for history in before.values()))
        return sorted(gone.difference(*(history.findings for history in self.histories.values())))

    def known(self, path: str) -> History | None:
        """The history that is known to have a file."""
        return next((history for history in self.histories.values() if history.has(path)), None)

    def history_of(self, path: str) -> History | None:
        """The history that a file is part of; None where it is part of none that is to be checked."""
        history = self.known(path)
        if history is not None or path in self._none:
            return history
        found = self._look_around(path)
        if found is None:
            self._none.add(path)
        return found

    def _scan_folder(self, folder: str) -> None:
        request = self._request(folder)
        settings = request.settings
        tree = Tree(self._buffers())
        paths = [settings.resolve(path) for path in settings.config.paths] or _usual(folder) or [folder]
        found = discover(paths, settings.discover_options(), tree=tree)
        if not found.projects and not settings.config.paths and paths != [folder]:
            found = discover([folder], settings.discover_options(), tree=tree)
        for project in found.projects:
            self._keep(project.root, request, tree)

    def _keep(self, root: str, outer: api.Request, tree: Tree) -> History | None:
        """The history at a root, under the configuration that is nearest to it."""
        if root in self.histories:
            return self.histories[root]
        request = self._request(root)
        if request.settings.path != outer.settings.path:
            tree = Tree(self._buffers())
        found = discover([root], request.settings.discover_options(), tree=tree)
        for project in found.projects:
            if project.root == root:
                looked = tree.with_buffers(self._buffers())
                history = self._kept(request, project, looked)
                if history is None:
                    history = History(request, self._registry(request), project, looked)
                self.histories[root] = history
                return history
        return None

    def _kept(self, request: api.Request, project: Project, tree: Tree) -> History | None:
        """The history that was there before a scan, as it is now; None where it is another or is judged otherwise."""
        former = self._former.get(project.root)
        if former is None or former.project.framework != project.framework or request.settings.config.rules:
            return None
        if (former.request.settings, former.request.server) != (request.settings, request.server):
            return None
        return former if former.take(tree) else None

    def _look_around(self, path: str) -> History | None:
        tree = Tree(self._buffers())
        if not tree.has(path):
            return None
        request = self._request(path)
        for project in discover([path], request.settings.discover_options(), tree=tree).projects:
            if project.root == path and not (self.options.other_files and self._is_checked(path)):
                return None
            history = self._keep(project.root, request, tree)
            if history is not None:
                self._outside.add(project.root)
                return history
        return None

    def _is_checked(self, path: str) -> bool:
        """Whether a file of its own is to be checked: not where discovery would not look for migrations either."""
        absolute = os.path.abspath(path)
        for folder in self.folders:
            if _is_below(absolute, folder):
                return SKIPPED.isdisjoint(os.path.relpath(os.path.dirname(absolute), folder).split(os.sep))
        return True

    # -- configuration

    def _request(self, path: str) -> api.Request:
        """What holds at a path. A configuration that cannot be used is noted, and nothing is configured."""
        absolute = path if path.startswith("untitled:") else os.path.abspath(path)
        buffers = self._buffers()
        if path in buffers:
            buffers[absolute] = buffers[path]
        try:
            request = self._asked(absolute, buffers)
            check_values(request.settings)
            registry = self._registry(request)
            request.settings.check_names(registry)
            registry.select(request.select, request.ignore)
            if request.baseline is not None:
                read_baseline(request.baseline)
        except HotlintError as error:
            where = error.path if isinstance(error, ConfigError) else self.options.config or path
            self.errors[shown_path(where)] = error
            return msgspec.structs.replace(self._asked(absolute, buffers, isolated=True), paths=())
        return request

    def _asked(self, path: str, buffers: dict[str, str], *, isolated: bool = False) -> api.Request:
        return api.request_for(
            [path],
            server=self.options.pg_version,
            config=None if isolated else self.options.config,
            isolated=isolated,
            buffers=buffers,
        )

    def _registry(self, request: api.Request) -> Registry:
        settings: Settings = request.settings
        local = tuple(settings.resolve(path) for path in settings.config.rules)
        if local not in self._rules:
            self._rules[local] = find_rules(local)
        return self._rules[local]

    # -- changes

    def edited(self, path: str) -> History | None:
        """Takes in what was typed in a file; its history."""
        history = self.history_of(path)
        if history is not None and not history.edit(self._buffers()):
            self._forget(history)
            return None
        return history

    def changed_on_disk(self, paths: Iterable[str]) -> list[str] | None:
        """Takes in files that came, went or changed. None where only histories that are known are concerned, else
        everything was looked for again: the paths of histories that are gone."""
        paths = list(paths)
        if any(map(self.is_configuration, paths)):
            return self.scan()
        concerned: dict[str, History] = {}
        for path in paths:
            inside = [(root, history) for root, history in self.histories.items() if _concerns(history, path)]
            if not inside:
                if path.endswith(".sql") or any(path in history.tree.files_seen for history in self.histories.values()):
                    return self.scan(keep=True)
                continue
            concerned.update(inside)
        for history in concerned.values():
            if not history.take(Tree(self._buffers())):
                return self.scan(keep=True)
        return None

    def closed(self, path: str) -> list[str]:
        """Lets go what only this file led to; the paths that nothing is told about any more."""
        self._none.discard(path)
        open_files = self._buffers()
        gone: list[str] = []
        for root in list(self._outside):
            history = self.histories.get(root)
            if history is None or any(history.has(other) for other in open_files) or self._is_in_workspace(root):
                continue
            gone += self._forget(history)
        return gone

    def _is_in_workspace(self, root: str) -> bool:
        history = self.histories[root]
        alone = history.project.migrations and history.project.migrations[0].up.path == root
        return not alone and any(_is_below(os.path.abspath(root), folder) for folder in self.folders)

    def _forget(self, history: History) -> list[str]:
        root = history.project.root
        self.histories.pop(root, None)
        self._outside.discard(root)
        return list(history.findings)

    def is_configuration(self, path: str) -> bool:
        """Whether a file configures Hotlint, is a baseline of findings, or holds rules that a configuration names."""
        if os.path.basename(path) in (*FILE_NAMES, PYPROJECT, api.BASELINE_NAME) or path == self.options.config:
            return True
        if any(path == history.request.baseline for history in self.histories.values()):
            return True
        return any(path == rules or path.startswith(rules + "/") for local in self._rules for rules in local)


def _usual(folder: str) -> list[str]:
    return [path for name in USUAL_FOLDERS if os.path.isdir(path := shown_path(os.path.join(folder, name)))]


def _concerns(history: History, path: str) -> bool:
    root = history.project.root
    return root == "." or path == root or path.startswith(root.rstrip("/") + "/")


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def folders_of(paths: Sequence[str]) -> list[str]:
    """The folders of a workspace without those that lie in another."""
    return [path for path in paths if not any(path != other and _is_below(path, other) for other in paths)]
