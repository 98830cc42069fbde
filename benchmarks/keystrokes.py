"""Times what the language server works for one keystroke in a history of 500 migrations.

    python benchmarks/keystrokes.py                    # the last, the middle and the first migration
    python benchmarks/keystrokes.py --migrations 2000 --strokes 50

A real server is spoken with over its pipes. "work" is the processor time that the server's process takes from a
keystroke to the findings of the file at that version, without its pause for more typing; "wall" is from sending the
keystroke to having the findings, without that pause either. What the files behind the edited one cost afterwards, when
nobody waits, is told as "afterwards". Milliseconds, median and 95th percentile.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench import generate
from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.uris import from_fs_path

from hotlint.lsp.server import SETTLING_PAUSE, TYPING_PAUSE

STATEMENT = "\nALTER TABLE items_{table} ADD COLUMN typed integer NOT NULL, ALTER COLUMN name TYPE varchar(40);"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--migrations", type=int, default=500)
    parser.add_argument("--strokes", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        migrations = Path(folder, "migrations")
        migrations.mkdir()
        generate(migrations, options.migrations)
        asyncio.run(measure(Path(folder), options.migrations, options.strokes))


async def measure(folder: Path, count: int, strokes: int) -> None:
    """Types the beginning of a statement into three files, one after the other, and tells what it took."""
    client = LanguageClient("benchmark", "1")
    told: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
    client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: told.put_nowait(params))
    start = time.perf_counter()
    await client.start_io(sys.executable, "-m", "hotlint", "server", cwd=str(folder))
    await client.initialize_async(
        types.InitializeParams(
            capabilities=types.ClientCapabilities(),
            workspace_folders=[types.WorkspaceFolder(_uri(folder), "benchmark")],
        )
    )
    client.initialized(types.InitializedParams())
    server = client._server
    assert server is not None
    # An answer from the whole history: everything is planned and judged.
    await client.workspace_symbol_async(types.WorkspaceSymbolParams("items"))
    print(f"{count:,} migrations, ready after {time.perf_counter() - start:.2f} s, {_memory(server.pid):.0f} MB")
    for name, number in (("last", count - 1), ("middle", count // 2), ("first", 0)):
        await _type(client, told, folder, name, number, strokes, server.pid)
    print(f"{_memory(server.pid):.0f} MB afterwards")
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()


async def _type(
    client: LanguageClient,
    told: asyncio.Queue[types.PublishDiagnosticsParams],
    folder: Path,
    name: str,
    number: int,
    strokes: int,
    process: int,
) -> None:
    path = folder / "migrations" / f"{number:06}_change.up.sql"
    text = path.read_text()
    item = types.TextDocumentItem(_uri(path), types.LanguageKind.Sql, 0, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    await _version(told, item.uri, 0)
    typed = STATEMENT.format(table=number // 10)
    work, wall = [], []
    line = text.count("\n")
    for version in range(1, strokes + 1):
        before, start = _work(process), time.perf_counter()
        at = types.Position(line, 0) if version == 1 else types.Position(line + 1, version - 2)
        change = types.TextDocumentContentChangePartial(types.Range(at, at), typed[version - 1])
        of = types.VersionedTextDocumentIdentifier(version, item.uri)
        client.text_document_did_change(types.DidChangeTextDocumentParams(of, [change]))
        await _version(told, item.uri, version)
        wall.append(time.perf_counter() - start - TYPING_PAUSE)
        work.append(_work(process) - before)
    before = _work(process)
    await asyncio.sleep(SETTLING_PAUSE + 0.1)
    await client.workspace_symbol_async(types.WorkspaceSymbolParams("items_0"))
    print(
        f"{name:>7}: work {_figures(work)}, wall {_figures(wall)}, afterwards {(_work(process) - before) * 1e3:.0f} ms"
    )
    client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(item.uri)))
    await client.workspace_symbol_async(types.WorkspaceSymbolParams("items_0"))


async def _version(told: asyncio.Queue[types.PublishDiagnosticsParams], uri: str, version: int) -> None:
    while True:
        published = await told.get()
        if published.uri == uri and published.version == version:
            return


def _figures(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1e3:5.1f} (p95 {statistics.quantiles(seconds, n=20)[-1] * 1e3:5.1f}) ms"


def _work(process: int) -> float:
    """Processor seconds that a process has taken, to the nanosecond where the system tells (Linux)."""
    nanoseconds = sum(
        int(Path(task, "schedstat").read_text().split()[0]) for task in Path(f"/proc/{process}/task").iterdir()
    )
    return nanoseconds / 1e9


def _memory(process: int) -> float:
    """Megabytes that a process holds."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _uri(path: Path) -> str:
    return str(from_fs_path(str(path)))


if __name__ == "__main__":
    main()
