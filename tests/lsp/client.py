"""A real client: the server is started as an editor starts it, and spoken with over its pipes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.uris import from_fs_path

SECONDS = 90
"""After what time a test gives up on an answer that never comes."""


def uri(path: Path) -> str:
    return str(from_fs_path(str(path)))


def at(line: int, character: int) -> types.Position:
    return types.Position(line, character)


class Editor:
    """An editor with a workspace. ``diagnostics`` are what was last told about each document, ``told`` all of it in
    order; ``log`` and ``shown`` are the server's messages."""

    def __init__(self, folders: list[Path], *, watches: bool = True, encodings: list[str] | None = None) -> None:
        self.client = LanguageClient("test", "1")
        self.folders = folders
        self.watches = watches
        self.encodings = encodings
        self.diagnostics: dict[str, list[types.Diagnostic]] = {}
        self.told: list[types.PublishDiagnosticsParams] = []
        self.log: list[str] = []
        self.shown: list[str] = []
        self.registered: list[str] = []
        self.settings: dict[str, Any] | None = None
        self.versions: dict[str, int] = {}
        self.capabilities: types.ServerCapabilities | None = None
        self._news = asyncio.Event()
        self._listen()

    def _listen(self) -> None:
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.told.append(params)
            self.diagnostics[params.uri] = list(params.diagnostics)
            self._news.set()

        def logged(params: types.LogMessageParams) -> None:
            self.log.append(params.message)
            self._news.set()

        def shown(params: types.ShowMessageParams) -> None:
            self.shown.append(params.message)
            self._news.set()

        def register(params: types.RegistrationParams) -> None:
            self.registered += [registration.method for registration in params.registrations]
            self._news.set()

        def configuration(params: types.ConfigurationParams) -> list[Any]:
            return [self.settings]

        self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(published)
        self.client.feature(types.WINDOW_LOG_MESSAGE)(logged)
        self.client.feature(types.WINDOW_SHOW_MESSAGE)(shown)
        self.client.feature(types.CLIENT_REGISTER_CAPABILITY)(register)
        self.client.feature(types.WORKSPACE_CONFIGURATION)(configuration)

    async def start(self, options: dict[str, Any] | None = None) -> types.InitializeResult:
        folder = self.folders[0] if self.folders else Path("/")
        await self.client.start_io(sys.executable, "-m", "hotlint", "server", "--stdio", cwd=str(folder))
        result = await self.client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(
                    general=types.GeneralClientCapabilities(position_encodings=self.encodings),
                    workspace=types.WorkspaceClientCapabilities(
                        configuration=self.settings is not None,
                        workspace_folders=True,
                        workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
                        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(
                            dynamic_registration=self.watches
                        ),
                    ),
                    text_document=types.TextDocumentClientCapabilities(
                        code_action=types.CodeActionClientCapabilities(
                            resolve_support=types.ClientCodeActionResolveOptions(["edit"])
                        ),
                        document_symbol=types.DocumentSymbolClientCapabilities(
                            hierarchical_document_symbol_support=True
                        ),
                    ),
                ),
                process_id=os.getpid(),
                workspace_folders=[types.WorkspaceFolder(uri(path), path.name) for path in self.folders],
                initialization_options=options,
            )
        )
        self.capabilities = result.capabilities
        self.client.initialized(types.InitializedParams())
        return result

    async def stop(self) -> int:
        """Shuts the server down as the protocol wants it; its exit code."""
        await asyncio.wait_for(self.client.shutdown_async(None), SECONDS)
        return await self.leave()

    async def leave(self) -> int:
        """Tells the server to end; its exit code."""
        self.client.exit(None)
        server = self.client._server  # the only way to the process
        assert server is not None
        code = await asyncio.wait_for(server.wait(), SECONDS)
        await self.client.stop()  # type: ignore[no-untyped-call]
        return int(code)

    # -- documents

    def open(self, path: Path, text: str | None = None) -> str:
        """Opens a file, with a text that is not saved where one is given; its address."""
        content = path.read_text() if text is None else text
        self.versions[uri(path)] = 1
        item = types.TextDocumentItem(uri(path), types.LanguageKind.Sql, 1, content)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri(path)

    def change(self, document: str, *changes: types.TextDocumentContentChangeEvent | str) -> int:
        """Changes a document; the whole text where a change is a text. The new version."""
        version = self.versions[document] = self.versions[document] + 1
        events = [types.TextDocumentContentChangeWholeDocument(c) if isinstance(c, str) else c for c in changes]
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(version, document), events)
        )
        return version

    def close(self, document: str) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(document)))

    def save(self, document: str) -> None:
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(document)))

    def disk(self, *changes: tuple[Path, types.FileChangeType]) -> None:
        """Tells that files on disk came, went or changed."""
        events = [types.FileEvent(uri(path), kind) for path, kind in changes]
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))

    # -- waiting

    async def until(self, true: Callable[[], object]) -> None:
        """Waits until something that the server tells makes it true."""
        while not true():
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), SECONDS)

    async def codes(self, document: str, *, version: int | None = None) -> list[str]:
        """The rules that are told about a document, at a version of it."""

        def is_told() -> bool:
            return any(each.uri == document and each.version == (version or each.version) for each in self.told)

        await self.until(is_told)
        return self.codes_now(document)

    def codes_now(self, document: str) -> list[str]:
        return [str(diagnostic.code) for diagnostic in self.diagnostics.get(document, ())]

    # -- asking

    async def hover(self, document: str, position: types.Position) -> types.Hover | None:
        params = types.HoverParams(types.TextDocumentIdentifier(document), position)
        return await self.client.text_document_hover_async(params)

    async def definition(self, document: str, position: types.Position) -> list[tuple[str, types.Range]]:
        params = types.DefinitionParams(types.TextDocumentIdentifier(document), position)
        found = await self.client.text_document_definition_async(params)
        return [(_name(found), found.range)] if isinstance(found, types.Location) else []

    async def references(
        self, document: str, position: types.Position, *, declaration: bool = True
    ) -> list[tuple[str, types.Range]]:
        context = types.ReferenceContext(declaration)
        params = types.ReferenceParams(context, types.TextDocumentIdentifier(document), position)
        found = await self.client.text_document_references_async(params) or []
        return [(_name(location), location.range) for location in found]

    async def actions(
        self, document: str, place: types.Range, only: list[str] | None = None
    ) -> dict[str, types.CodeAction]:
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(document), place, types.CodeActionContext([], only=only)
        )
        found = await self.client.text_document_code_action_async(params) or []
        return {action.title: action for action in found if isinstance(action, types.CodeAction)}


def _name(location: types.Location) -> str:
    return unquote(location.uri.rpartition("/")[2])


def session(
    talk: Callable[[Editor], Coroutine[Any, Any, None]],
    *folders: Path,
    watches: bool = True,
    encodings: list[str] | None = None,
    settings: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
) -> None:
    """A talk with a server of its own, which ends as the protocol wants it."""

    async def whole() -> None:
        editor = Editor(list(folders), watches=watches, encodings=encodings)
        editor.settings = settings
        await editor.start(options)
        try:
            await talk(editor)
        finally:
            code = await editor.stop()
        assert code == 0

    asyncio.run(whole())
