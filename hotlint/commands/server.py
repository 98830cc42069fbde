"""``hotlint server``: the language server."""

from __future__ import annotations

import argparse

from hotlint.errors import HotlintError

_OF_THE_EXTRA = ("pygls", "lsprotocol", "attrs", "attr", "cattrs")

DESCRIPTION = """\
A language server: findings while you type, with the whole history known; fixes and suppressions; the plan of the
statement under the pointer; where tables and columns are made and who touches them.

An editor starts it, with the folder of the project as its workspace, and speaks with it over standard input and output:

    command: hotlint server        for documents of the language "sql"

docs/editors.md has set-ups for VS Code, Neovim, Helix, Zed and JetBrains. It needs the extra: pip install
"hotlint[lsp]"."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``hotlint server``."""
    parser.description = DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--stdio", action="store_true", help="speak over standard input and output (always so)")


def run(options: argparse.Namespace) -> int:
    """Serves until the editor leaves: 0 after a shutdown, 1 where it left without one."""
    try:
        from hotlint.lsp.answers import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in _OF_THE_EXTRA:
            raise HotlintError('the language server needs an extra: pip install "hotlint[lsp]"') from None
        raise
    return serve()
