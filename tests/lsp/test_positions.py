"""Positions in the editor's units and in code points."""

from __future__ import annotations

import pytest
from lsprotocol import types

from hotlint.finding import Place
from hotlint.lsp.documents import Document, path_of, uri_of
from hotlint.lsp.positions import Text

UTF8, UTF16, UTF32 = types.PositionEncodingKind.Utf8, types.PositionEncodingKind.Utf16, types.PositionEncodingKind.Utf32
TEXT = "a\r\né🔥b\rc\n\u2028x\x0cy"
"""Lines as the protocol counts them: 4, however many Python would make of it."""


@pytest.mark.parametrize("encoding", [UTF8, UTF16, UTF32])
def test_every_offset_has_a_position_that_leads_back_to_it(encoding: types.PositionEncodingKind) -> None:
    text = Text(TEXT)
    for offset in range(len(TEXT) + 1):
        if TEXT[offset - 1 : offset + 1] != "\r\n":  # nothing stands between these
            assert text.offset(text.position(offset, encoding), encoding) == offset


@pytest.mark.parametrize(("encoding", "character"), [(UTF8, 6), (UTF16, 3), (UTF32, 2)])
def test_characters_are_counted_in_units(encoding: types.PositionEncodingKind, character: int) -> None:
    assert Text(TEXT).position(TEXT.index("b"), encoding) == types.Position(1, character)


def test_positions_outside_of_the_text_are_its_edges() -> None:
    text = Text("ab\ncd")
    assert text.offset(types.Position(0, 99), UTF16) == 2
    assert text.offset(types.Position(9, 0), UTF16) == 5
    assert text.position(99, UTF16) == types.Position(1, 2)
    assert text.position(-1, UTF16) == types.Position(0, 0)


def test_a_position_within_a_character_is_its_beginning() -> None:
    assert Text("🔥x").offset(types.Position(0, 1), UTF16) == 0


def test_a_byte_order_mark_counts_for_the_editor_only() -> None:
    text = Text("\ufeffab")
    assert text.position(0, UTF16) == types.Position(0, 1)
    assert text.offset(types.Position(0, 1), UTF16) == 0
    assert text.raw_offset(types.Position(0, 1), UTF16) == 1


def test_places_are_found_where_lines_end_with_a_lone_carriage_return() -> None:
    # Hotlint counts lines by their line feeds: "c" is the fifth character of its second line.
    assert Text(TEXT).place_span(Place("x.sql", 2, 5, 2, 6)) == (TEXT.index("c"), TEXT.index("c") + 1)


def test_a_change_is_made_where_the_editor_means_it() -> None:
    document = Document("file:///x.sql", "x.sql", 1, TEXT)
    place = types.Range(types.Position(3, 1), types.Position(3, 2))  # the x behind the line separator
    document.change([types.TextDocumentContentChangePartial(place, "🔥")], 2, UTF16)
    assert document.text.text == TEXT.replace("x", "🔥")
    document.change([types.TextDocumentContentChangeWholeDocument("new")], 3, UTF16)
    assert (document.text.text, document.version) == ("new", 3)


@pytest.mark.parametrize("path", ["/srv/my shop/0001_größe.up.sql", "/srv/100%/a#b?.sql"])
def test_addresses_and_paths_belong_together(path: str) -> None:
    assert path_of(uri_of(path)) == path


@pytest.mark.parametrize("uri", ["file:///C:/shop/1.sql", "file:///c%3A/shop/1.sql"])
def test_drives_are_the_same_however_an_editor_writes_them(uri: str) -> None:
    assert path_of(uri) == "c:/shop/1.sql"


def test_what_nobody_can_edit_has_no_path() -> None:
    assert path_of("git:/srv/shop/1.sql?ref") is None
    assert path_of("untitled:Untitled-1") == uri_of("untitled:Untitled-1") == "untitled:Untitled-1"
