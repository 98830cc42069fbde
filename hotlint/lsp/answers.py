"""What the server does when the editor asks, and how it is started."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from lsprotocol import types

from hotlint.finding import Edit
from hotlint.fixing import make_fixes
from hotlint.lsp import actions, symbols
from hotlint.lsp.history import History
from hotlint.lsp.hover import hover
from hotlint.lsp.references import Spot
from hotlint.lsp.server import HotlintServer
from hotlint.report.model import BaselineState, Report

FIX_ALL = "source.fixAll.hotlint"
FIX_ALL_TITLE = "Fix everything that can be fixed safely"


def _initialize(server: HotlintServer, params: types.InitializeParams) -> None:
    server.start(params)


async def _initialized(server: HotlintServer, params: types.InitializedParams) -> None:
    await server.begin()


def _shutdown(server: HotlintServer, params: None) -> None:
    server.told_to_stop = True


def _did_save(server: HotlintServer, params: types.DidSaveTextDocumentParams) -> None:
    server.saved(params.text_document.uri)


def _watched(server: HotlintServer, params: types.DidChangeWatchedFilesParams) -> None:
    server.files_changed(params.changes)


def _folders(server: HotlintServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    server.folders_changed()


async def _settings(server: HotlintServer, params: types.DidChangeConfigurationParams) -> None:
    server.configure(_plain(params.settings))
    await server.ask_for_settings()


async def _hover(server: HotlintServer, params: types.HoverParams) -> types.Hover | None:
    await asyncio.sleep(0)
    found = server.ready(params.text_document.uri)
    if found is None:
        return None
    path, history = found
    text = server.text(path)
    offset = text.offset(params.position, server.encoding)
    told = hover(history.plans_of(path), text.own, offset, history.registry)
    if told is None:
        return None
    markdown, start, end = told
    content = types.MarkupContent(types.MarkupKind.Markdown, markdown)
    return types.Hover(content, text.range(start, end, server.encoding))


async def _definition(server: HotlintServer, params: types.DefinitionParams) -> types.Location | None:
    found = await server.settled(params.text_document.uri)
    target = None if found is None else server.target(*found, params.position)
    if found is None or target is None:
        return None
    spot = server.index(found[1]).definition(target)
    return None if spot is None else server.location(spot)


async def _references(server: HotlintServer, params: types.ReferenceParams) -> list[types.Location] | None:
    found = await server.settled(params.text_document.uri)
    target = None if found is None else server.target(*found, params.position)
    if found is None or target is None:
        return None
    index = server.index(found[1])
    made = None if params.context.include_declaration else index.definition(target)
    return [server.location(spot) for spot in index.references(target) if spot != made]


async def _document_symbols(
    server: HotlintServer,
    params: types.DocumentSymbolParams,
) -> list[types.DocumentSymbol] | list[types.SymbolInformation] | None:
    await asyncio.sleep(0)
    found = server.ready(params.text_document.uri)
    if found is None:
        return None
    path, history = found
    outline = symbols.outline(history.plans_of(path))
    if _is_hierarchical(server.client_capabilities):
        return [_document_symbol(server, path, symbol) for symbol in outline]
    return [
        types.SymbolInformation(server.location(Spot(path, symbol.start, symbol.end)), symbol.name, symbol.kind)
        for symbol in outline
    ]


async def _workspace_symbols(
    server: HotlintServer, params: types.WorkspaceSymbolParams
) -> list[types.SymbolInformation]:
    found: list[types.SymbolInformation] = []
    for history in list(server.world.histories.values()):
        await server.settle(history)
        plan = history.plan
        if not plan.migrations:
            continue
        steps = plan.steps
        for named in symbols.objects(plan.migrations[-1].after, params.query):
            step = steps[named.origin]
            spot = Spot(step.script.path, step.statement.start, step.statement.end)
            found.append(
                types.SymbolInformation(server.location(spot), named.name, named.kind, container_name=named.schema)
            )
    return found


async def _code_actions(server: HotlintServer, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    await asyncio.sleep(0)
    found = server.ready(params.text_document.uri)
    if found is None:
        return None
    made: list[types.CodeAction] = []
    if _wants(params.context.only, types.CodeActionKind.QuickFix):
        made += _quick_fixes(server, *found, params.range)
    if _wants(params.context.only, FIX_ALL) and _has_safe_fix(*found):
        everything = types.CodeAction(FIX_ALL_TITLE, kind=FIX_ALL, data=params.text_document.uri)
        if params.context.only:  # somebody waits for just that
            everything = await _fix_all(server, everything)
        if everything.edit is not None or _resolves(server.client_capabilities):
            made.append(everything)
    return made


async def _resolve(server: HotlintServer, params: types.CodeAction) -> types.CodeAction:
    return await _fix_all(server, params) if params.kind == FIX_ALL else params


_ANSWERS: dict[str, Callable[..., Any]] = {
    types.INITIALIZE: _initialize,
    types.INITIALIZED: _initialized,
    types.SHUTDOWN: _shutdown,
    types.TEXT_DOCUMENT_DID_SAVE: _did_save,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: _watched,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: _folders,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: _settings,
    types.TEXT_DOCUMENT_HOVER: _hover,
    types.TEXT_DOCUMENT_DEFINITION: _definition,
    types.TEXT_DOCUMENT_REFERENCES: _references,
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: _document_symbols,
    types.WORKSPACE_SYMBOL: _workspace_symbols,
    types.TEXT_DOCUMENT_CODE_ACTION: _code_actions,
    types.CODE_ACTION_RESOLVE: _resolve,
}
_OPTIONS: dict[str, Any] = {
    types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions(
        code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL], resolve_provider=True
    ),
}


def make_server() -> HotlintServer:
    """A server with all that it can do, ready to be started."""
    server = HotlintServer()
    for feature, answer in _ANSWERS.items():
        server.feature(feature, _OPTIONS.get(feature))(answer)
    return server


def _quick_fixes(server: HotlintServer, path: str, history: History, place: types.Range) -> Iterator[types.CodeAction]:
    text, converter = server.text(path), server.converter
    first, last = text.offset(place.start, server.encoding), text.offset(place.end, server.encoding)
    for finding in history.findings.get(path, ()):
        start, end = text.place_span(finding.place)
        if not (start <= last and first <= end):
            continue
        for action in actions.actions_for(finding, text, history.plan_of(path)):
            yield types.CodeAction(
                title=action.title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[converter.diagnostic(action.finding, history.registry)],
                is_preferred=action.preferred or None,
                edit=_workspace_edit(server, action.edits),
            )


def _has_safe_fix(path: str, history: History) -> bool:
    return any(fix.safe and fix.edits for finding in history.findings.get(path, ()) for fix in finding.fixes)


async def _fix_all(server: HotlintServer, action: types.CodeAction) -> types.CodeAction:
    """The action with its edit: every safe fix of the file that the plan bears out, as ``hotlint check --fix`` makes
    them. Without one where there is none, or where the file was edited meanwhile."""
    found = server.ready(str(action.data))
    if found is None:
        return action
    path, history = found
    text = server.text(path)
    request = msgspec.structs.replace(history.request, paths=(path,), buffers=server.documents.buffers())
    accepted = BaselineState(request.baseline or "", history.accepted.get(path, ()))
    fixes = await asyncio.to_thread(make_fixes, request, Report(server=request.server, baseline=accepted))
    fixed = next((file for file in fixes.files if file.path == path), None)
    if fixed is not None and server.text(path) is text:
        action.edit = _workspace_edit(server, [actions.difference(path, fixed.before, fixed.after)])
    return action


def _workspace_edit(server: HotlintServer, edits: Iterable[Edit]) -> types.WorkspaceEdit:
    """Edits of files in the editor's form, with the versions that they are for where it takes these."""
    by_path: dict[str, list[types.TextEdit]] = {}
    for edit in edits:
        place = server.text(edit.path).range(edit.start, edit.end, server.encoding)
        by_path.setdefault(edit.path, []).append(types.TextEdit(place, edit.text))
    uri = server.documents.uri
    workspace = server.client_capabilities.workspace
    capability = workspace.workspace_edit if workspace is not None else None
    if capability is None or not capability.document_changes:
        return types.WorkspaceEdit(changes={uri(path): new for path, new in by_path.items()})
    changes = []
    for path, new in by_path.items():
        document = server.documents.at(path)
        version = None if document is None else document.version
        of = types.OptionalVersionedTextDocumentIdentifier(uri(path), version)
        changes.append(types.TextDocumentEdit(of, list(new)))
    return types.WorkspaceEdit(document_changes=list(changes))


def _resolves(capabilities: types.ClientCapabilities) -> bool:
    """Whether the editor asks for the edit of an action when it is chosen."""
    document = capabilities.text_document
    action = document.code_action if document is not None else None
    support = action.resolve_support if action is not None else None
    return support is not None and "edit" in support.properties


def _wants(only: Iterable[types.CodeActionKind | str] | None, kind: str) -> bool:
    """Whether a kind of action was asked for: by its name, or by one that it is a part of."""
    if only is None:
        return True
    wanted = [str(getattr(each, "value", each)) for each in only]
    return any(each in ("", kind) or kind.startswith(f"{each}.") for each in wanted)


def _document_symbol(server: HotlintServer, path: str, symbol: symbols.Symbol) -> types.DocumentSymbol:
    range = server.text(path).range(symbol.start, symbol.end, server.encoding)
    return types.DocumentSymbol(
        name=symbol.name,
        kind=symbol.kind,
        range=range,
        selection_range=range,
        detail=symbol.detail,
        children=[_document_symbol(server, path, inner) for inner in symbol.inside],
    )


def _is_hierarchical(capabilities: types.ClientCapabilities) -> bool:
    document = capabilities.text_document
    symbol = document.document_symbol if document is not None else None
    return bool(symbol is not None and symbol.hierarchical_document_symbol_support)


def _plain(settings: object) -> object:
    """Settings as dictionaries, whatever the protocol's library made of them."""
    if hasattr(settings, "_asdict"):
        return {name: _plain(value) for name, value in settings._asdict().items()}
    if isinstance(settings, dict):
        return {name: _plain(value) for name, value in settings.items()}
    return settings


def serve() -> int:
    """Serves one editor on standard input and output until it leaves; the exit code that the protocol wants: 0 after a
    shutdown, else 1.

    Whatever else writes to standard output, as a rule from elsewhere may, writes to standard error.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    server = make_server()
    server.start_io(incoming, outgoing)
    return 0 if server.told_to_stop else 1
