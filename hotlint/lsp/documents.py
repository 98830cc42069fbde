"""The documents that the editor has open, and how their addresses and our paths belong together."""

from __future__ import annotations

import os
from urllib.parse import quote, unquote

from lsprotocol import types
from pygls import uris

from hotlint.lsp.positions import Encoding, Text
from hotlint.project.discover import shown_path


class Document:
    """An open document. ``path`` is as reports would write it; ``version`` is the editor's count of changes."""

    def __init__(self, uri: str, path: str, version: int, text: str) -> None:
        self.uri = uri
        self.path = path
        self.version = version
        self.text = Text(text)

    def change(self, changes: list[types.TextDocumentContentChangeEvent], version: int, encoding: Encoding) -> None:
        """Takes in the editor's changes, one after the other."""
        text = self.text
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start = text.raw_offset(change.range.start, encoding)
                end = max(start, text.raw_offset(change.range.end, encoding))
                text = Text(text.text[:start] + change.text + text.text[end:])
            else:
                text = Text(change.text)
        self.text, self.version = text, version


class Documents:
    """The open documents, by path; two addresses that mean one file are one document."""

    def __init__(self) -> None:
        self._by_path: dict[str, Document] = {}

    def open(self, item: types.TextDocumentItem) -> Document | None:
        """A document that was opened; None for one that is no text of its own (a commit's, a notebook's)."""
        path = path_of(item.uri)
        if path is None:
            return None
        document = self._by_path[path] = Document(item.uri, path, item.version, item.text)
        return document

    def close(self, uri: str) -> Document | None:
        """Forgets a document; None where it was not open."""
        path = path_of(uri)
        return None if path is None else self._by_path.pop(path, None)

    def get(self, uri: str) -> Document | None:
        path = path_of(uri)
        return None if path is None else self._by_path.get(path)

    def at(self, path: str) -> Document | None:
        """The open document of a path."""
        return self._by_path.get(path)

    def all(self) -> list[Document]:
        return list(self._by_path.values())

    def buffers(self) -> dict[str, str]:
        """The texts of all, by path."""
        return {path: document.text.text for path, document in self._by_path.items()}

    def uri(self, path: str) -> str:
        """The address of a path: the editor's own where the document is open."""
        document = self._by_path.get(path)
        return uri_of(path) if document is None else document.uri


def path_of(uri: str) -> str | None:
    """The path that an address means, as reports write it; that of an unsaved document is its address. None for what
    an editor shows and nobody can edit."""
    scheme = uri.partition(":")[0].lower()
    if scheme == "untitled":
        return unquote(uri)
    if scheme != "file":
        return None
    path = uris.to_fs_path(uri)
    return None if not path else shown_path(path)


def uri_of(path: str) -> str:
    """The address of a path."""
    if path.startswith("untitled:"):
        return path
    absolute = os.path.abspath(path)
    try:
        return str(uris.from_fs_path(absolute))
    except UnicodeEncodeError:  # a name that is not UTF-8
        return "file://" + quote(os.fsencode(absolute))
