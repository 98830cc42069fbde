"""What keeps a check of one file quick, held by what it imports and compiles rather than by a clock."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hotlint.patterns import lazy

PROGRAM = """
import re._compiler, sys
compiled = []
compile_pattern = re._compiler.compile
re._compiler.compile = lambda pattern, flags=0: compiled.append(pattern) or compile_pattern(pattern, flags)
from hotlint.cli import main
code = main(["check", "--isolated", "--no-cache" if sys.argv[1] == "cold" else "--exit-zero", "db/0002_note.sql"])
print(code, *sorted(sys.modules), file=sys.stderr)
print(*map(repr, compiled), sep="\\n", file=sys.stderr)
"""

NEVER = ("difflib", "hashlib", "inspect", "json", "networkx", "pathlib", "psycopg", "shutil", "sqlglot", "threading")
"""Modules that cost a part of a small check and that it can do without."""


@pytest.fixture
def history(tmp_path: Path) -> Path:
    folder = tmp_path / "db"
    folder.mkdir()
    (folder / "0001_orders.sql").write_text("CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n")
    (folder / "0002_note.sql").write_text("SET lock_timeout = '2s';\nALTER TABLE orders ADD COLUMN note text;\n")
    return tmp_path


def check(history: Path, how: str) -> tuple[set[str], list[str]]:
    """The modules that a check of the last file imports, and the patterns that it compiles."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how],
        cwd=history,
        env={**variables, "HOTLINT_CACHE_DIR": str(history / "cache"), "HOTLINT_TRACEBACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    first, *patterns = done.stderr.splitlines()
    code, *modules = first.split()
    assert code == "0", done.stdout + done.stderr
    return set(modules), patterns


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has no re._compiler to listen to")
@pytest.mark.parametrize("how", ["cold", "cached"])
def test_a_check_of_one_file_does_without_expensive_modules_and_patterns(history: Path, how: str) -> None:
    check(history, how)  # a fresh clone's first check writes an index of its rules
    if how == "cached":
        (history / "db" / "0002_note.sql").write_text("SET lock_timeout = '1s';\nDROP TABLE IF EXISTS items;\n")
    modules, patterns = check(history, how)
    assert modules.isdisjoint(NEVER)
    assert len(patterns) < 60, patterns
    assert not [pattern for pattern in patterns if "liquibase" in pattern or "returns" in pattern]


def test_a_lazy_pattern_is_what_re_gives_once_it_is_used() -> None:
    pattern = lazy(r"(?P<day>\d+)", re.IGNORECASE)
    assert "search" not in vars(pattern)
    assert [match["day"] for match in pattern.finditer("1 and 23")] == ["1", "23"]
    assert pattern.sub("x", "a1") == "ax"
    assert pattern.pattern == r"(?P<day>\d+)"
    assert pattern.flags & re.IGNORECASE
    assert "sub" in vars(pattern), "looked up once only"


def test_a_mistake_in_a_lazy_pattern_is_told_when_it_is_used() -> None:
    pattern = lazy("(")
    with pytest.raises(re.error, match="missing"):
        pattern.search("")
