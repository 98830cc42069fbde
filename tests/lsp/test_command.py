"""``hotlint server`` on the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import hotlint


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_without_the_extra_it_says_what_to_install() -> None:
    done = run(
        "import sys; sys.modules['pygls'] = None; from hotlint.cli import main; sys.exit(main(['server', '--stdio']))"
    )
    assert done.returncode == 2
    assert done.stderr == 'hotlint: error: the language server needs an extra: pip install "hotlint[lsp]"\n'


def test_the_help_says_how_an_editor_starts_it() -> None:
    done = run("import sys; from hotlint.cli import main; sys.exit(main(['server', '--help']))")
    assert done.returncode == 0
    assert "command: hotlint server" in done.stdout


def test_nothing_else_needs_the_extra() -> None:
    root = Path(hotlint.__file__).parent
    lsp = root / "lsp"
    assert [
        path.name
        for path in root.rglob("*.py")
        if lsp not in path.parents and any(f"import {name}" in path.read_text() for name in ("pygls", "lsprotocol"))
    ] == []
