"""What pages written by hand take from the program and the examples: output of commands, source, the table of locks."""

from __future__ import annotations

import ast
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from hotlint.dialects.postgres.locks import MODES, blocks

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "webshop"

_BLOCK = re.compile(
    r"(<!-- output(?: in (?P<folder>\S+))? of: hotlint (?P<arguments>.+?)"
    r"(?: \(lines (?P<first>\d+)-(?P<last>\d+)\))? -->\n"
    r"```(?P<fence>text|diff)\n)(?P<text>.*?)(```\n)",
    re.DOTALL,
)
_PYTEST = re.compile(r"(<!-- output of pytest on the first block of python -->\n```text\n).*?(```\n)", re.DOTALL)
_PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
_SOURCE = re.compile(
    r"(<!-- source: (?P<path>\S+)(?: (?:class|method|function) (?P<name>\w+))? -->\n```\w+\n)(.*?)(```\n)", re.DOTALL
)
_LOCKS = re.compile(r"(<!-- table of: locks -->\n).*?(<!-- end of table -->\n)", re.DOTALL)
# https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
_TAKEN_BY = {
    "ACCESS SHARE": "`SELECT`",
    "ROW SHARE": "`SELECT … FOR UPDATE`",
    "ROW EXCLUSIVE": "`INSERT`, `UPDATE`, `DELETE`",
    "SHARE UPDATE EXCLUSIVE": "`CREATE INDEX CONCURRENTLY`, `VALIDATE CONSTRAINT`, `VACUUM`",
    "SHARE": "`CREATE INDEX`",
    "SHARE ROW EXCLUSIVE": "`ADD FOREIGN KEY` (both tables), `CREATE TRIGGER`",
    "EXCLUSIVE": "`REFRESH MATERIALIZED VIEW CONCURRENTLY`",
    "ACCESS EXCLUSIVE": "most of `ALTER TABLE`, `DROP TABLE`, `TRUNCATE`, `VACUUM FULL`",
}


def refreshed(text: str) -> str:
    """A page with what its marks stand for now.

    ``<!-- output of: hotlint … -->`` stands before the block and runs in examples/webshop, ``output in FOLDER of`` in
    another folder of the repository; ``(lines 3-9)`` at the end keeps these lines only; a block of ``diff`` does not
    show the command. ``<!-- output of pytest on the first block of python -->`` stands before what pytest shows of that
    test. ``<!-- source: PATH … -->`` stands before a file of the repository, or a class (without examples), method or
    function of it; ``<!-- table of: locks -->`` before the modes and who waits for them.
    """
    text = _LOCKS.sub(lambda m: f"{m[1]}\n{lock_table()}\n{m[2]}", text)
    text = _SOURCE.sub(lambda m: f"{m[1]}{source(ROOT / m['path'], m['name'])}\n{m[5]}", text)
    text = _PYTEST.sub(lambda m: m[1] + failure(_PYTHON.findall(text)[0]) + m[2], text)
    return _BLOCK.sub(_filled, text)


def lock_table() -> str:
    """The lock modes from the weakest to the strongest."""
    rows = ["| mode | taken by | reads wait | writes wait |", "|---|---|---|---|"]
    for mode in MODES:
        waits = ["yes" if who in blocks(mode) else "no" for who in ("reads", "writes")]
        rows.append(f"| `{mode}` | {_TAKEN_BY[mode]} | {waits[0]} | {waits[1]} |")
    return "\n".join(rows) + "\n"


def source(path: Path, name: str | None) -> str:
    """The text of a file, or of one definition in it."""
    text = path.read_text(encoding="utf-8")
    if name is None:
        return text.strip()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == name:
            lines = text.splitlines()
            start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            left_out = {
                at
                for part in ast.walk(node)
                if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name)
                if part.targets[0].id in ("bad", "good")
                for at in range(part.lineno, (part.end_lineno or part.lineno) + 1)
            }
            kept = [lines[at - 1] for at in range(start, (node.end_lineno or start) + 1) if at not in left_out]
            return textwrap.dedent("\n".join(kept))
    raise SystemExit(f"{path} defines no {name}")


def _filled(block: re.Match[str]) -> str:
    arguments = block["arguments"]
    text = output(arguments, ROOT / block["folder"] if block["folder"] else EXAMPLE)
    if block["first"]:
        first, last = int(block["first"]), int(block["last"])
        lines = text.splitlines()
        if not 1 <= first <= last <= len(lines):
            raise SystemExit(f"hotlint {arguments} prints {len(lines)} lines, not {first} to {last}")
        before, after = ["…"] * (first > 1), ["…"] * (last < len(lines))
        text = "\n".join([*before, *lines[first - 1 : last], *after]) + "\n"
    prompt = f"$ hotlint {arguments}\n" if block["fence"] == "text" else ""
    return f"{block[1]}{prompt}{text}{block[block.re.groups]}"


@functools.cache
def output(arguments: str, folder: Path) -> str:
    """What a command prints in a folder."""
    environment = {**plain_environment(), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "hotlint", *arguments.split()],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"hotlint {arguments}: {done.stderr}")
    return done.stdout


def failure(test: str) -> str:
    """What pytest shows of a test that fails on the migrations of examples/webshop, where one rule is chosen."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(EXAMPLE / "db", folder / "db")
        settings = "framework: golang-migrate\npg_version: 16\nselect: [create-index-not-concurrent]\n"
        (folder / "hotlint.yaml").write_text(settings, encoding="utf-8")
        (folder / "test_migrations.py").write_text(test, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", "test_migrations.py"]
        environment = {**plain_environment(), "COLUMNS": "84"}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    found = re.search(r"^_+ .*?(?=^=+ short test summary)", done.stdout, re.DOTALL | re.MULTILINE)
    if found is None:
        raise SystemExit(f"pytest shows no failure: {done.stdout}{done.stderr}")
    return found[0].rstrip() + "\n"


def plain_environment() -> dict[str, str]:
    """The environment of somebody at a desk: nothing of a CI service, no cache, no wishes about colour."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "SYSTEMROOT", "VIRTUAL_ENV")}
    return {**kept, "PYTHONIOENCODING": "utf-8", "HOTLINT_CACHE_DIR": os.devnull}
