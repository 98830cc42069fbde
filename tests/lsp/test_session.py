"""Talks with a real server over its pipes, as editors have them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.client import SECONDS, Editor, at, session, uri

HISTORY = {
    "0001_orders.up.sql": "CREATE TABLE orders (id bigint PRIMARY KEY, note text);\n",
    "0001_orders.down.sql": "DROP TABLE orders;\n",
    "0002_lines.up.sql": "CREATE TABLE lines (order_id bigint REFERENCES orders, amount numeric);\n",
    "0002_lines.down.sql": "DROP TABLE lines;\n",
    "0003_total.up.sql": "SET LOCAL lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN total numeric;\n",
    "0003_total.down.sql": "SET LOCAL lock_timeout = '2s';\nALTER TABLE orders DROP COLUMN total;\n",
}
INDEX = "create-index-not-concurrent"
FIX_ALL = "Fix everything that can be fixed safely"

LOCAL_RULE = '''
from hotlint.rule import Context, Edit, Example, Finding, Fix, Rule, Step, ops


class Shouting(Rule):
    """Statements begin with a capital.

    Instead:
        Write it so.

    Sources:
        - ours
    """

    id = "shouting"
    category = "style"
    severity = "error"
    operations = (ops.AddColumn,)
    bad = (Example(given="CREATE TABLE t (id int);", sql="alter TABLE t ADD COLUMN note text;"),)
    good = ()

    def check_step(self, step: Step, operation: ops.AddColumn, context: Context):
        print("a rule that prints does not disturb the talk")
        start = step.statement.start
        if step.sql.startswith("alter"):
            edits = [Edit(step.script.path, start, start + 5, "ALTER")]
            fixed = "ALTER" + step.sql[5:]
            yield context.finding(step, "Not a capital", fixes=[Fix("Shout", fixed, tuple(edits), safe=True)])
        if operation.column.name == "boom":
            raise RuntimeError("the rule fails")
'''


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project whose path has a space and a letter beyond ASCII."""
    return written(tmp_path / "my shöp")


def written(folder: Path, files: dict[str, str] = HISTORY) -> Path:
    migrations = folder / "migrations"
    migrations.mkdir(parents=True)
    for name, text in files.items():
        (migrations / name).write_text(text)
    return folder


def with_rule(shop: Path) -> Path:
    (shop / "rules").mkdir()
    (shop / "rules" / "shouting.py").write_text(LOCAL_RULE)
    (shop / "hotlint.yaml").write_text("rules: [rules]\nselect: [shouting]\n")
    return shop


def applied(text: str, action: types.CodeAction) -> str:
    """The text after an action that changes only it; ASCII only."""
    assert action.edit is not None
    (change,) = action.edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for edit in sorted(change.edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        assert isinstance(edit, types.TextEdit)
        first = starts[edit.range.start.line] + edit.range.start.character
        last = starts[edit.range.end.line] + edit.range.end.character
        text = text[:first] + edit.new_text + text[last:]
    return text


def test_findings_follow_what_is_typed_and_know_the_history(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        document = editor.open(shop / "migrations" / "0003_total.up.sql")
        assert await editor.codes(document, version=1) == []

        text = "SET LOCAL lock_timeout = '2s';\nCREATE INDEX orders_note ON orders (note);\n"
        version = editor.change(document, text)
        assert await editor.codes(document, version=version) == [INDEX]
        (diagnostic,) = editor.diagnostics[document]
        assert diagnostic.range == types.Range(at(1, 0), at(1, 41))
        assert diagnostic.severity == types.DiagnosticSeverity.Error
        assert diagnostic.source == "hotlint"
        assert diagnostic.code_description is not None
        assert diagnostic.code_description.href.endswith(f"/{INDEX}.md")
        assert "public.orders" in diagnostic.message

        version = editor.change(document, text.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY"))
        assert INDEX not in await editor.codes(document, version=version)

    session(talk, shop)


def test_broken_sql_keeps_what_is_told_of_everything_else(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        document = editor.open(shop / "migrations" / "0003_total.up.sql")
        for typed in ("ALT", "ALTER TABLE orders ADD COL", "ALTER TABLE orders ADD COLUMN x int DEFAULT 'it"):
            version = editor.change(
                document, f"SET LOCAL lock_timeout = '2s';\nCREATE INDEX i ON orders (note);\n{typed}"
            )
            assert await editor.codes(document, version=version) == [INDEX, "syntax-error"]
        version = editor.change(document, "SET LOCAL lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN x int;\n")
        assert await editor.codes(document, version=version) == []

    session(talk, shop)


def test_an_unsaved_file_changes_what_is_told_of_the_files_after_it(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        first = editor.open(shop / "migrations" / "0001_orders.up.sql")
        later = uri(shop / "migrations" / "0003_total.up.sql")
        editor.change(first, "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);\n")
        await editor.until(lambda: editor.codes_now(later))
        assert editor.codes_now(later) == ["migration-fails"]
        assert "total" in editor.diagnostics[later][0].message

        editor.close(first)  # without saving
        await editor.until(lambda: not editor.codes_now(later))

    session(talk, shop)


def test_a_file_that_is_not_saved_yet_is_part_of_the_history(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        path = shop / "migrations" / "0004_more.up.sql"
        document = editor.open(path, "ALTER TABLE lines ADD COLUMN amount numeric;\n")
        codes = await editor.codes(document, version=1)
        assert "migration-fails" in codes
        assert "missing-down-file" in codes

    session(talk, shop)


@pytest.mark.parametrize(
    ("encodings", "chosen", "character"),
    [(None, "utf-16", 11), (["utf-16"], "utf-16", 11), (["utf-8", "utf-16"], "utf-8", 15), (["utf-32"], "utf-32", 9)],
)
def test_positions_are_in_the_units_that_were_agreed(
    shop: Path, encodings: list[str] | None, chosen: str, character: int
) -> None:
    async def talk(editor: Editor) -> None:
        assert editor.capabilities is not None
        assert editor.capabilities.position_encoding == chosen
        document = editor.open(shop / "migrations" / "0003_total.up.sql")
        text = "SET LOCAL lock_timeout = '2s';\r\n/* 🔥🔥 */ CREATE INDEX i ON orders (note);\r\n"
        version = editor.change(document, text)
        assert await editor.codes(document, version=version) == [INDEX]
        assert editor.diagnostics[document][0].range == types.Range(at(1, character), at(1, character + 31))

        hover = await editor.hover(document, at(1, character))
        assert hover is not None
        assert hover.range == editor.diagnostics[document][0].range

        # An edit in these units, behind the emoji: "CREATE INDEX" becomes "CREATE INDEX CONCURRENTLY".
        place = at(1, character + len("CREATE INDEX"))
        version = editor.change(
            document, types.TextDocumentContentChangePartial(types.Range(place, place), " CONCURRENTLY")
        )
        assert INDEX not in await editor.codes(document, version=version)
        assert "syntax-error" not in editor.codes_now(document)

    session(talk, shop, encodings=encodings)


def test_changes_that_come_one_after_the_other_are_all_taken_in(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        document = editor.open(shop / "migrations" / "0003_total.up.sql", "")
        typed = "SET LOCAL lock_timeout = '2s';\nCREATE INDEX i ON orders (note);"
        line = character = 0
        version = 1
        for letter in typed:
            place = at(line, character)
            change = types.TextDocumentContentChangePartial(types.Range(place, place), letter)
            version = editor.change(document, change)
            line, character = (line + 1, 0) if letter == "\n" else (line, character + 1)
        assert await editor.codes(document, version=version) == [INDEX]
        versions = [told.version for told in editor.told if told.uri == document]
        assert versions == sorted(versions, key=lambda v: v or 0)

    session(talk, shop)


def test_hovering_a_statement_shows_its_plan(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        text = "CREATE INDEX i ON orders (note);\nALTER TABLE orders ALTER COLUMN note TYPE varchar(5);\n"
        document = editor.open(shop / "migrations" / "0003_total.up.sql", text)
        hover = await editor.hover(document, at(1, 4))
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert hover.contents.kind == types.MarkupKind.Markdown
        told = hover.contents.value
        assert "**Migration 0003**" in told
        assert "| `public.orders` | ACCESS EXCLUSIVE | blocks reads and writes | while every row is copied" in told
        assert hover.range == types.Range(at(1, 0), at(1, 52))
        assert await editor.hover(document, at(2, 0)) is None

        down = editor.open(shop / "migrations" / "0003_total.down.sql")
        hover = await editor.hover(down, at(1, 0))
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert "**Migration 0003 (down)**" in hover.contents.value

    session(talk, shop)


def test_hovering_a_rule_in_a_comment_explains_it(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        text = f"-- hotlint: ignore[{INDEX}] small table\nCREATE INDEX i ON orders (note);\n"
        document = editor.open(shop / "migrations" / "0003_total.up.sql", text)
        assert INDEX not in await editor.codes(document, version=1)
        hover = await editor.hover(document, at(0, 22))
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert hover.contents.value.startswith(f"# {INDEX}\n")
        assert hover.range == types.Range(at(0, 19), at(0, 19 + len(INDEX)))

    session(talk, shop)


def test_definitions_and_references_follow_renames_through_the_history(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        text = (
            "ALTER TABLE orders RENAME TO purchases;\n"
            "ALTER TABLE purchases RENAME COLUMN note TO remark;\n"
            "UPDATE purchases p SET remark = '' WHERE p.remark IS NULL;\n"
        )
        document = editor.open(shop / "migrations" / "0003_total.up.sql", text)
        name = "0003_total.up.sql"

        assert await editor.definition(document, at(2, 9)) == [
            ("0001_orders.up.sql", types.Range(at(0, 13), at(0, 19)))
        ]
        assert await editor.references(document, at(2, 9)) == [
            ("0001_orders.up.sql", types.Range(at(0, 13), at(0, 19))),
            ("0001_orders.down.sql", types.Range(at(0, 11), at(0, 17))),
            ("0002_lines.up.sql", types.Range(at(0, 47), at(0, 53))),
            ("0002_lines.down.sql", types.Range(at(0, 0), at(0, 16))),
            (name, types.Range(at(0, 12), at(0, 18))),
            (name, types.Range(at(0, 29), at(0, 38))),
            (name, types.Range(at(1, 12), at(1, 21))),
            (name, types.Range(at(2, 7), at(2, 16))),
            ("0003_total.down.sql", types.Range(at(1, 12), at(1, 18))),
        ]
        column = [
            ("0001_orders.up.sql", types.Range(at(0, 44), at(0, 48))),
            (name, types.Range(at(1, 36), at(1, 40))),
            (name, types.Range(at(1, 44), at(1, 50))),
            (name, types.Range(at(2, 23), at(2, 29))),
            (name, types.Range(at(2, 43), at(2, 49))),
        ]
        assert await editor.references(document, at(2, 45)) == column
        assert await editor.references(document, at(1, 37), declaration=False) == column[1:]
        assert await editor.definition(document, at(2, 25)) == column[:1]
        assert await editor.definition(document, at(2, 1)) == []  # UPDATE is nobody's name

    session(talk, shop)


def test_symbols_of_a_file_and_of_the_workspace(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        text = "CREATE TABLE notes (id int);\nALTER TABLE orders ADD COLUMN a int, DROP COLUMN note;\n"
        document = editor.open(shop / "migrations" / "0003_total.up.sql", text)
        params = types.DocumentSymbolParams(types.TextDocumentIdentifier(document))
        found = await editor.client.text_document_document_symbol_async(params)
        outline = [symbol for symbol in found or () if isinstance(symbol, types.DocumentSymbol)]
        assert [(s.name, s.detail, [c.name for c in s.children or ()]) for s in outline] == [
            ("CREATE TABLE notes (id int)", "create table", []),
            (
                "ALTER TABLE orders ADD COLUMN a int, DROP COLUMN note",
                "add column, drop column",
                ["ADD COLUMN a int", "DROP COLUMN note"],
            ),
        ]

        async def named(query: str) -> list[tuple[str, str]]:
            found = await editor.client.workspace_symbol_async(types.WorkspaceSymbolParams(query))
            return [
                (symbol.name, symbol.location.uri.rpartition("/")[2])
                for symbol in found or ()
                if isinstance(symbol, types.SymbolInformation)
            ]

        assert await named("ntes") == [("notes", "0003_total.up.sql")]
        assert await named("lines") == [("lines", "0002_lines.up.sql")]
        assert await named("orders.a") == [("orders.a", "0003_total.up.sql")]

    session(talk, shop)


def test_fixes_and_suppressions_leave_nothing_to_tell(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        text = "alter TABLE orders ADD COLUMN total text;\n"
        document = editor.open(shop / "migrations" / "0003_total.up.sql", text)
        assert await editor.codes(document, version=1) == ["shouting"]
        place = types.Range(at(0, 3), at(0, 3))
        found = await editor.actions(document, place)
        assert list(found) == ["Shout", "Ignore shouting for this statement", FIX_ALL]
        assert found["Shout"].kind == types.CodeActionKind.QuickFix
        assert found["Shout"].is_preferred
        assert [d.code for d in found["Shout"].diagnostics or ()] == ["shouting"]
        assert list(await editor.actions(document, place, only=["quickfix"])) == list(found)[:2]
        assert await editor.actions(document, types.Range(at(1, 0), at(1, 0)), only=["quickfix"]) == {}

        assert found[FIX_ALL].edit is None  # made when it is chosen
        found[FIX_ALL] = await editor.client.code_action_resolve_async(found[FIX_ALL])
        on_save = await editor.actions(document, place, only=["source.fixAll"])
        assert list(on_save) == [FIX_ALL]
        assert on_save[FIX_ALL].edit == found[FIX_ALL].edit

        for title, wanted in {
            "Shout": "ALTER TABLE orders ADD COLUMN total text;\n",
            FIX_ALL: "ALTER TABLE orders ADD COLUMN total text;\n",
            "Ignore shouting for this statement": "-- hotlint: ignore[shouting] TODO: why this is right here\n" + text,
        }.items():
            changed = applied(text, found[title])
            assert changed == wanted
            version = editor.change(document, changed)
            assert await editor.codes(document, version=version) == []
        version = editor.change(document, text)
        assert await editor.codes(document, version=version) == ["shouting"]

    session(talk, with_rule(shop))


def test_safe_sql_that_belongs_elsewhere_can_be_written_as_a_comment(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        text = "SET LOCAL lock_timeout = '2s';\nALTER TABLE orders ALTER COLUMN note SET NOT NULL;\n"
        document = editor.open(shop / "migrations" / "0003_total.up.sql", text)
        codes = await editor.codes(document, version=1)
        found = await editor.actions(document, types.Range(at(1, 0), at(1, 0)))
        comment = next(action for title, action in found.items() if title.startswith("Write as a comment: "))
        changed = applied(text, comment)
        assert changed.startswith("SET LOCAL lock_timeout = '2s';\n-- ")
        assert changed.endswith("\nALTER TABLE orders ALTER COLUMN note SET NOT NULL;\n")
        version = editor.change(document, changed)
        assert await editor.codes(document, version=version) == codes

    session(talk, shop)


def test_a_changed_configuration_is_taken_up_and_a_broken_one_is_told(shop: Path) -> None:
    config = shop / "hotlint.yaml"

    async def talk(editor: Editor) -> None:
        text = "SET LOCAL lock_timeout = '2s';\nCREATE INDEX i ON orders (note);\n"
        document = editor.open(shop / "migrations" / "0003_total.up.sql", text)
        assert await editor.codes(document, version=1) == [INDEX]
        assert types.WORKSPACE_DID_CHANGE_WATCHED_FILES in editor.registered

        config.write_text(f"ignore: [{INDEX}]\n")
        editor.disk((config, types.FileChangeType.Created))
        await editor.until(lambda: editor.codes_now(document) == [])

        config.write_text(f"ignore: [{INDEX}]\npg_version: 99\n")
        editor.disk((config, types.FileChangeType.Changed))
        await editor.until(lambda: editor.diagnostics.get(uri(config)))
        (told,) = editor.diagnostics[uri(config)]
        assert told.range.start.line == 1
        assert "pg_version" in told.message
        await editor.until(lambda: editor.shown)
        assert len(editor.shown) == 1

        config.write_text(f"severity: {{{INDEX}: info}}\n")
        editor.disk((config, types.FileChangeType.Changed))
        await editor.until(lambda: not editor.diagnostics.get(uri(config)))
        await editor.until(lambda: editor.codes_now(document) == [INDEX])
        assert editor.diagnostics[document][0].severity == types.DiagnosticSeverity.Information

    session(talk, shop)


def test_files_come_and_go_on_disk(shop: Path) -> None:
    migrations = shop / "migrations"

    async def talk(editor: Editor) -> None:
        first = migrations / "0002_lines.up.sql"
        gone = migrations / "0004_bad.up.sql"
        editor.open(first)
        await editor.codes(uri(first), version=1)
        gone.write_text("ALTER TABLE nowhere RENAME TO orders;\n")
        editor.disk((gone, types.FileChangeType.Created))
        await editor.until(lambda: "migration-fails" in editor.codes_now(uri(gone)))

        moved = migrations / "0005_bad.up.sql"
        gone.rename(moved)
        editor.disk((gone, types.FileChangeType.Deleted), (moved, types.FileChangeType.Created))
        await editor.until(lambda: "migration-fails" in editor.codes_now(uri(moved)))
        await editor.until(lambda: editor.codes_now(uri(gone)) == [])
        assert sorted(editor.codes_now(uri(moved))) == ["migration-fails", "missing-down-file"]

    session(talk, shop)


def test_an_editor_that_watches_no_files_is_served_when_one_is_opened_or_saved(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        document = editor.open(shop / "migrations" / "0003_total.up.sql")
        assert await editor.codes(document, version=1) == []
        (shop / "migrations" / "0001_orders.up.sql").write_text("CREATE TABLE orders (id bigint, total int);\n")
        editor.save(document)
        await editor.until(lambda: editor.codes_now(document))
        assert editor.codes_now(document) == ["migration-fails"]

    session(talk, shop, watches=False)


def test_several_folders_each_with_its_own_configuration(tmp_path: Path) -> None:
    bad = {"0001_a.up.sql": "CREATE TABLE a (id int);\n", "0002_b.up.sql": "DROP TABLE a;\n"}
    one, two = written(tmp_path / "one", bad), written(tmp_path / "two", bad)
    (two / "hotlint.yaml").write_text("ignore: [drop-table]\n")

    async def talk(editor: Editor) -> None:
        told = uri(one / "migrations" / "0002_b.up.sql")
        await editor.until(lambda: "drop-table" in editor.codes_now(told))
        document = editor.open(two / "migrations" / "0002_b.up.sql")
        assert "drop-table" not in await editor.codes(document, version=1)

        left = types.WorkspaceFoldersChangeEvent([], [types.WorkspaceFolder(uri(one), "one")])
        editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(left))
        await editor.until(lambda: editor.codes_now(told) == [])

    session(talk, one, two)


def test_a_file_of_no_project_is_checked_on_its_own_unless_it_is_no_migration(tmp_path: Path) -> None:
    shop = written(tmp_path / "shop")
    bad = "CREATE TABLE a (id int);\nALTER TABLE b ALTER COLUMN c TYPE bigint;\n"
    (shop / "queries").mkdir()
    (shop / "queries" / "report.sql").write_text(bad)
    (tmp_path / "elsewhere.sql").write_text(bad)

    async def talk(editor: Editor) -> None:
        outside = editor.open(tmp_path / "elsewhere.sql")
        assert "missing-lock-timeout" in await editor.codes(outside, version=1)
        query = editor.open(shop / "queries" / "report.sql")
        assert await editor.codes(query, version=1) == []
        assert await editor.hover(query, at(0, 0)) is None
        editor.client.text_document_did_open(
            types.DidOpenTextDocumentParams(
                types.TextDocumentItem("untitled:Untitled-1", types.LanguageKind.Sql, 1, bad)
            )
        )
        assert "missing-lock-timeout" in await editor.codes("untitled:Untitled-1", version=1)
        editor.close(outside)
        await editor.until(lambda: editor.codes_now(outside) == [])

    session(talk, shop)


def test_the_editors_settings_are_asked_for_and_used(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        (shop / "other.yaml").write_text(f"ignore: [{INDEX}]\n")
        text = "SET LOCAL lock_timeout = '2s';\nCREATE INDEX i ON orders (note);\n"
        document = editor.open(shop / "migrations" / "0003_total.up.sql", text)
        assert await editor.codes(document, version=1) == [INDEX]
        editor.settings = {"config": str(shop / "other.yaml")}
        editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        await editor.until(lambda: editor.codes_now(document) == [])
        editor.client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams({"hotlint": {"pgVersion": "soon"}})
        )
        await editor.until(lambda: editor.shown)
        assert "pgVersion" in editor.shown[0]

    session(talk, shop, settings={})


def test_only_open_files_are_told_about_where_the_user_wants_it_so(shop: Path) -> None:
    (shop / "migrations" / "0004_bad.up.sql").write_text("DROP TABLE nowhere.none;\n")

    async def talk(editor: Editor) -> None:
        document = editor.open(shop / "migrations" / "0003_total.up.sql")
        await editor.codes(document, version=1)
        await editor.client.workspace_symbol_async(types.WorkspaceSymbolParams("orders"))  # all is judged now
        assert {told.uri for told in editor.told} == {document}

    session(talk, shop, options={"workspace": False})


def test_a_rule_that_fails_is_logged_once_and_nothing_else_fails(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        document = editor.open(shop / "migrations" / "0003_total.up.sql", "ALTER TABLE orders ADD COLUMN boom int;\n")
        await editor.codes(document, version=1)
        for _ in range(3):
            version = editor.change(document, "alter TABLE orders ADD COLUMN boom int;\n")
            assert await editor.codes(document, version=version) == ["shouting"]
        assert [message for message in editor.log if "the rule fails" in message] == [
            "internal error in rule shouting: RuntimeError: the rule fails"
        ]

    session(talk, with_rule(shop))


def test_a_request_that_makes_no_sense_is_answered_and_the_next_one_too(shop: Path) -> None:
    async def talk(editor: Editor) -> None:
        document = editor.open(shop / "migrations" / "0003_total.up.sql")
        assert await editor.hover(document, at(400, 7)) is None
        assert await editor.hover(uri(shop / "none" / "there.sql"), at(0, 0)) is None
        assert await editor.hover("git:/somewhere.sql", at(0, 0)) is None
        with pytest.raises(Exception, match="nonsense"):
            await editor.client.protocol.send_request_async("hotlint/nonsense", None)
        assert await editor.hover(document, at(1, 0)) is not None
        assert editor.log == []

    session(talk, shop)


def test_a_request_can_be_taken_back(tmp_path: Path) -> None:
    column = "ALTER TABLE orders ADD COLUMN c{0} int;\nCREATE INDEX i{0} ON orders (c{0});\n" * 5
    many = {f"{n:04}_c.up.sql": column.format(n) for n in range(2, 400)}
    shop = written(tmp_path, {"0001_orders.up.sql": "CREATE TABLE orders (id int);\n", **many})

    async def talk(editor: Editor) -> None:
        document = editor.open(shop / "migrations" / "0001_orders.up.sql")
        asked = editor.client.protocol.send_request(
            types.TEXT_DOCUMENT_REFERENCES,
            types.ReferenceParams(types.ReferenceContext(True), types.TextDocumentIdentifier(document), at(0, 14)),
            msg_id="mine",
        )
        editor.client.cancel_request(types.CancelParams("mine"))
        with pytest.raises(Exception, match="cancel"):
            await asyncio.wrap_future(asked)
        assert await editor.hover(document, at(0, 0)) is not None

    session(talk, shop)


def test_leaving_without_a_shutdown_is_an_error(shop: Path) -> None:
    async def whole() -> int:
        editor = Editor([shop])
        await editor.start()
        return await editor.leave()

    assert asyncio.run(whole()) == 1


def test_an_editor_that_dies_takes_the_server_with_it(shop: Path) -> None:
    async def whole() -> int:
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hotlint", "server", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert server.stdin is not None
        server.stdin.close()
        return await asyncio.wait_for(server.wait(), SECONDS)

    assert asyncio.run(whole()) == 1
