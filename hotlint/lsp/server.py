"""The server itself: what the editor asks and tells, and when work is done.

Everything happens in one thread. What is typed is taken in at once and judged when the typing pauses for a moment, the
file itself first; the files after it follow in portions, between which requests are answered.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Iterable
from typing import Any

import msgspec
from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcMethodNotFound,
    JsonRpcRequestCancelled,
    PyglsError,
)
from pygls.lsp.server import LanguageServer

from hotlint import __version__
from hotlint.lsp.diagnostics import Converter
from hotlint.lsp.documents import Document, Documents, path_of
from hotlint.lsp.history import History
from hotlint.lsp.hover import step_at
from hotlint.lsp.positions import Encoding, Text
from hotlint.lsp.protocol import HotlintProtocol
from hotlint.lsp.references import Index, Spot, Target, target_at
from hotlint.lsp.world import Options, World, folders_of
from hotlint.project.read import read_file

TYPING_PAUSE = 0.1
"""Seconds without a change after which what was typed is judged."""
SETTLING_PAUSE = 0.25
"""Seconds without a change after which the files that follow are judged too."""
EDITS_PER_COLLECTION = 16
"""Edits after which memory is cleaned up, when nobody waits: what a schema is made of refers to itself."""

COLLECTIONS_PER_LONG_LOOK = 8

_WATCHED = "**/*.{sql,yaml,yml,toml,json,jsonl,xml,conf,plan,sum,hcl,py}"


class HotlintServer(LanguageServer):
    """One editor's server."""

    protocol: HotlintProtocol

    def __init__(self) -> None:
        super().__init__("hotlint", __version__, protocol_cls=HotlintProtocol, max_workers=2)
        self.documents = Documents()
        self.world = World(self.documents.buffers)
        self.told_to_stop = False
        self._given: dict[str, Any] = {}
        self._dirty: set[str] = set()
        self._pause: asyncio.TimerHandle | None = None
        self._settling: asyncio.Task[None] | None = None
        self._published: dict[str, list[types.Diagnostic]] = {}
        self._texts: dict[str, Text] = {}
        self._indexes: dict[str, Index] = {}
        self._logged: set[str] = set()
        self._edits = EDITS_PER_COLLECTION  # the first time is when the workspace has been read
        self._collections = 0

    # -- the editor's side

    @property
    def encoding(self) -> Encoding:
        """The units in which positions were agreed to be told."""
        return self.workspace.position_encoding or types.PositionEncodingKind.Utf16

    @property
    def converter(self) -> Converter:
        return Converter(self.text, self.documents.uri, self.encoding)

    def text(self, path: str) -> Text:
        """The text of a file as the editor has it, or as it was last read."""
        document = self.documents.at(path)
        if document is not None:
            return document.text
        history = self.world.known(path)
        if history is not None:
            text = history.tree.text(path)
        else:
            try:
                text = read_file(path)[0]
            except OSError:  # it is gone, or the configuration that nobody wrote
                text = ""
        known = self._texts.get(path)
        if known is None or known.text is not text:
            known = self._texts[path] = Text(text)
        return known

    def log(self, message: str, kind: types.MessageType = types.MessageType.Error) -> None:
        """Tells the editor's log something, once."""
        if message not in self._logged:
            self._logged.add(message)
            self.window_log_message(types.LogMessageParams(kind, message))

    def report_server_error(self, error: Exception, source: type[PyglsError] | type[JsonRpcException]) -> None:
        """A failure of one request or notification: the request is answered with the error, and all else goes on."""
        if not isinstance(error, JsonRpcMethodNotFound | JsonRpcRequestCancelled | JsonRpcInvalidParams):
            self.log(f"internal error: {type(error).__name__}: {error}")

    # -- documents

    def opened(self, item: types.TextDocumentItem) -> None:
        document = self.documents.open(item)
        if document is not None:
            if not self._watches:
                self._look_again([document.path])
            self._dirty.add(document.path)
            self._judge_soon(0)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        document = self.documents.get(params.text_document.uri)
        if document is not None:
            document.change(list(params.content_changes), params.text_document.version, self.encoding)
            self._dirty.add(document.path)
            self._judge_soon(TYPING_PAUSE)

    def closed(self, uri: str) -> None:
        document = self.documents.close(uri)
        if document is None:
            return
        self._dirty.discard(document.path)
        history = self.world.known(document.path)
        gone = self.world.closed(document.path)
        if history is not None and not gone:
            self._edited(document.path)
        for path in {*gone, document.path}:
            self._publish(path)
        self._settle_soon()

    def saved(self, uri: str) -> None:
        path = path_of(uri)
        if path is None:
            return
        if self.world.is_configuration(path) or not self._watches:
            self._look_again([path])
        history = self.world.known(path)
        if history is not None:
            history.judge_again()
        self._settle_soon()

    def files_changed(self, changes: Iterable[types.FileEvent]) -> None:
        """Files came, went or changed on disk. What an open file says there does not matter until it is closed."""
        paths = []
        for change in changes:
            path = path_of(change.uri)
            only_text = change.type == types.FileChangeType.Changed
            if path is not None and not (only_text and self.documents.at(path) is not None):
                paths.append(path)
        if paths:
            self._look_again(paths)

    # -- configuration

    def configure(self, given: object) -> None:
        """Takes the user's settings of the editor; what cannot be used is told and left alone."""
        if isinstance(given, dict) and isinstance(given.get("hotlint"), dict):
            given = given["hotlint"]
        if not isinstance(given, dict):
            return
        self._given.update(given)
        try:
            options = self._options()
        except msgspec.ValidationError as error:
            self.window_show_message(
                types.ShowMessageParams(types.MessageType.Error, f"Hotlint's settings cannot be used: {error}")
            )
            return
        if options != self.world.options:
            self.world.options = options
            self.scan()

    def _options(self) -> Options:
        """What the user set; editors give nothing or an empty text for what he did not."""
        given = {name: value for name, value in self._given.items() if value not in (None, "")}
        return msgspec.convert(given, Options, strict=False)

    def start(self, params: types.InitializeParams) -> None:
        """Notes what the editor says of itself; nothing is read yet."""
        given = params.initialization_options
        self._given.update(given if isinstance(given, dict) else {})
        self._set_folders()

    def _set_folders(self) -> None:
        uris = [folder.uri for folder in self.workspace.folders.values()]
        if not uris and self.workspace.root_uri:
            uris = [self.workspace.root_uri]
        paths = [os.path.abspath(path) for uri in uris if (path := path_of(uri)) is not None]
        self.world.folders = folders_of(paths)

    def folders_changed(self) -> None:
        self._set_folders()
        self.scan()

    async def begin(self) -> None:
        """Reads the workspace, after asking to be told about files and settings."""
        workspace = self.client_capabilities.workspace
        registrations = []
        if self._watches:
            watchers = [types.FileSystemWatcher(_WATCHED)]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            registrations.append(types.Registration("hotlint-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
        settings = workspace.did_change_configuration if workspace else None
        if settings is not None and settings.dynamic_registration:
            section = types.DidChangeConfigurationRegistrationOptions("hotlint")
            registrations.append(
                types.Registration("hotlint-settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section)
            )
        try:
            self.world.options = self._options()
        except msgspec.ValidationError as error:
            self.log(f"Hotlint's settings cannot be used: {error}")
        self.scan()
        if registrations:
            await self.client_register_capability_async(types.RegistrationParams(registrations))
        await self.ask_for_settings()

    async def ask_for_settings(self) -> None:
        """Asks the editor for its user's settings, where it can be asked."""
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.configuration:
            items = [types.ConfigurationItem(section="hotlint")]
            found = await self.workspace_configuration_async(types.ConfigurationParams(items))
            self.configure(found[0] if found else None)

    @property
    def _watches(self) -> bool:
        """Whether the editor tells about files that change on disk."""
        workspace = self.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace is not None else None
        return bool(watched is not None and watched.dynamic_registration)

    # -- work

    def scan(self) -> None:
        """Looks for everything again."""
        self._after_scan(self.world.scan())

    def _look_again(self, paths: list[str]) -> None:
        gone = self.world.changed_on_disk(paths)
        if gone is not None:
            self._after_scan(gone)
        else:
            self._settle_soon()
            for document in self.documents.all():
                self._dirty.add(document.path)
            self._judge_soon(0)

    def _after_scan(self, gone: Iterable[str]) -> None:
        self._texts.clear()
        self._indexes.clear()
        for path in [*gone, *(path for path in self._published if self.world.known(path) is None)]:
            self._publish(path)
        for path, error in self.world.errors.items():
            self._send(path, [self.converter.configuration(error)])
            if str(error) not in self._logged:
                self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"Hotlint: {error}"))
            self.log(str(error))
        self._dirty.update(document.path for document in self.documents.all())
        self._judge_soon(0)
        self._settle_soon()

    def _judge_soon(self, seconds: float) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._pause = asyncio.get_running_loop().call_later(seconds, self._judge_now)

    def _judge_now(self) -> None:
        """Judges the files that were typed in, as they are now."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        dirty, self._dirty = sorted(self._dirty), set()
        for path in dirty:
            try:
                self._edited(path)
            except Exception as error:  # a defect costs this answer, not the server
                self._failed(error)
            self._publish(path, always=True)
        self._settle_soon()

    def _edited(self, path: str) -> None:
        history = self.world.edited(path)
        self._edits += 1
        if history is not None:
            history.answer(path)
            self._tell_errors(history)

    def _settle_soon(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
        self._settling = asyncio.ensure_future(self._settle_all())

    async def _settle_all(self) -> None:
        """Judges what is left, when nobody has typed for a while."""
        await asyncio.sleep(SETTLING_PAUSE)
        for history in list(self.world.histories.values()):
            try:
                await self.settle(history)
            except Exception as error:
                self._failed(error)
        if self._edits >= EDITS_PER_COLLECTION:
            self._edits = 0
            self._clean_up()

    def _clean_up(self) -> None:
        """Frees what former edits left; what has lasted until now is looked at again only now and then, since looking
        at a whole history takes as long as several keystrokes."""
        self._collections += 1
        if self._collections % COLLECTIONS_PER_LONG_LOOK == 0:
            gc.unfreeze()
        gc.collect()
        gc.freeze()

    async def settle(self, history: History) -> None:
        while not history.settled:
            for _ in history.settle():
                self._publish_changed(history)
                await asyncio.sleep(0)
        self._publish_changed(history)
        self._tell_errors(history)

    def _failed(self, error: Exception) -> None:
        logging.getLogger(__name__).exception("internal error")
        self.log(f"internal error: {type(error).__name__}: {error}")

    def _tell_errors(self, history: History) -> None:
        for error in history.errors:
            where = f"rule {error.rule}" if error.rule else f"{error.path}:{error.line}"
            self.log(f"internal error in {where}: {error.message}")
        history.errors.clear()

    # -- telling

    def _publish_changed(self, history: History) -> None:
        changed, history.changed = history.changed, set()
        for path in sorted(changed):
            self._publish(path)

    def _publish(self, path: str, *, always: bool = False) -> None:
        """Tells the findings of a file, unless it was typed in since they were made."""
        if path in self._dirty or path in self.world.errors:
            return
        document = self.documents.at(path)
        history = self.world.known(path)
        found: list[types.Diagnostic] = []
        if history is not None and (document is not None or self.world.options.workspace):
            found = self.converter.diagnostics(history.findings.get(path, ()), history.registry)
        if history is not None:
            history.changed.discard(path)
        if (always and document is not None) or self._published.get(path, []) != found:
            self._send(path, found)

    def _send(self, path: str, found: list[types.Diagnostic]) -> None:
        document: Document | None = self.documents.at(path)
        if found:
            self._published[path] = found
        else:
            self._published.pop(path, None)
        version = None if document is None else document.version
        uri = self.documents.uri(path)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    # -- answering

    def ready(self, uri: str) -> tuple[str, History] | None:
        """The path and the history of a document, which is judged as it is now."""
        path = path_of(uri)
        if path is None:
            return None
        if self._dirty:
            self._judge_now()
        history = self.world.history_of(path)
        if history is None:
            return None
        history.answer(path)
        return path, history

    async def settled(self, uri: str) -> tuple[str, History] | None:
        """The same, where the answer may lie anywhere in the history."""
        found = self.ready(uri)
        if found is not None:
            await self.settle(found[1])
        return found

    def target(self, path: str, history: History, position: types.Position) -> Target | None:
        """The table or column at a position."""
        offset = self.text(path).offset(position, self.encoding)
        step = step_at(history.plans_of(path), offset)
        return None if step is None else target_at(step, offset)

    def index(self, history: History) -> Index:
        """Who touches what, made when it is first asked for after an edit."""
        root = history.project.root
        known = self._indexes.get(root)
        if known is None or known.plan is not history.plan:
            known = self._indexes[root] = Index(history.plan, known)
        return known

    def location(self, spot: Spot) -> types.Location:
        return self.converter.location(spot.path, spot.start, spot.end)
