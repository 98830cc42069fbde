"""A real client: the server is started as an editor starts it, and spoken with over its pipes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.uris import from_fs_path

T = TypeVar("T")

SECONDS = 60
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
        client = self.client

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.told.append(params)
            self.diagnostics[params.uri] = list(params.diagnostics)
            self._news.set()

        @client.feature(types.WINDOW_LOG_MESSAGE)
        def logged(params: types.LogMessageParams) -> None:
            self.log.append(params.message)
            self._news.set()

        @client.feature(types.WINDOW_SHOW_MESSAGE)
        def shown(params: types.ShowMessageParams) -> None:
            self.shown.append(params.message)
            self._news.set()

        @client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(params: types.RegistrationParams) -> None:
            self.registered += [registration.method for registration in params.registrations]
            self._news.set()

        @client.feature(types.WORKSPACE_CONFIGURATION)
        def configuration(params: types.ConfigurationParams) -> list[Any]:
            return [self.settings]

    async def start(self, options: dict[str, Any] | None = None) -> types.InitializeResult:
        folder = self.folders[0] if self.folders else Path("/")
        # mypy: the client's start_io is not annotated.
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
                        document_symbol=types.DocumentSymbolClientCapabilities(
                            hierarchical_document_symbol_support=True
                        )
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
        await self.client.stop()
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
        async with asyncio.timeout(SECONDS) if sys.version_info >= (3, 11) else _Timeout():
            while not true():
                self._news.clear()
                await self._news.wait()

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

    async def actions(
        self, document: str, place: types.Range, only: list[str] | None = None
    ) -> dict[str, types.CodeAction]:
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(document), place, types.CodeActionContext([], only=only)
        )
        found = await self.client.text_document_code_action_async(params) or []
        return {action.title: action for action in found if isinstance(action, types.CodeAction)}


class _Timeout:
    """Python 3.10 has no ``asyncio.timeout``: the test runner's patience has to do."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


def session(folders: list[Path], **options: Any) -> Callable[[Callable[[Editor], Awaitable[T]]], T]:
    """Runs a test's talk with a server, and ends the server whatever happens."""
    start = options.pop("start", None)

    def run(talk: Callable[[Editor], Awaitable[T]]) -> T:
        async def whole() -> T:
            editor = Editor(folders, **options)
            try:
                await editor.start(start)
                return await asyncio.wait_for(_awaited(talk(editor)), SECONDS * 2)
            finally:
                server = editor.client._server
                if server is not None and server.returncode is None:
                    assert await editor.stop() == 0

        return asyncio.run(whole())

    return run


async def _awaited(talk: Awaitable[T]) -> T:
    return await talk


_Talk = Coroutine[Any, Any, T]
