"""The example of a package of rules works where it is installed: found by its entry point, explained, and asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.test_packaging import CHECKOUT, environment

ACME = CHECKOUT / "examples" / "hotlint-acme"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with Hotlint and the package's wheel in it."""
    folder = tmp_path_factory.mktemp("acme")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "-w", str(folder)]
    done = subprocess.run([*command, str(ACME)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return environment(folder / "venv", str(CHECKOUT), str(folder / "site"))


def run(python: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    environment = {**clean, "HOTLINT_CACHE_DIR": os.devnull, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [python, *arguments], cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False
    )


def test_the_rules_are_listed_and_explained_like_all_others(python: Path, tmp_path: Path) -> None:
    listed = run(python, tmp_path, "-m", "hotlint", "rules")
    assert (listed.returncode, listed.stderr) == (0, "")
    ids = [line.split()[0] for line in listed.stdout.splitlines() if line.startswith("  ")]
    assert {"foreign-key-without-index", "timestamp-without-time-zone", "drop-table"} <= set(ids)
    explained = run(python, tmp_path, "-m", "hotlint", "rules", "foreign-key-without-index")
    assert explained.returncode == 0
    assert explained.stdout.startswith("foreign-key-without-index  acme, warning\n")


def test_a_check_asks_the_installed_rules(python: Path, tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    for path in (ACME / "demo" / "migrations").iterdir():
        (tmp_path / "migrations" / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    checked = run(python, tmp_path, "-m", "hotlint", "check", "--isolated", "--select", "acme", "--format", "json")
    assert (checked.returncode, checked.stderr) == (1, "")
    found = [(f["rule"], f["migration"], f["line"]) for f in json.loads(checked.stdout)["findings"]]
    assert found == [
        ("foreign-key-without-index", "0001", 2),  # the option that spares it is in the demonstration's configuration
        ("foreign-key-without-index", "0002", 1),
        ("timestamp-without-time-zone", "0002", 1),
    ]


def test_the_packages_own_tests_pass(python: Path, tmp_path: Path) -> None:
    program = (
        "from hotlint.registry import find_rules\n"
        "from hotlint.testing import complaints_about\n"
        "registry = find_rules()\n"
        "ours = [id for id, info in registry.rules.items() if info.category == 'acme']\n"
        "print(sorted(ours), [complaints_about(type(registry.load(id))) for id in ours])\n"
    )
    done = run(python, tmp_path, "-c", program)
    assert done.stdout == "['foreign-key-without-index', 'timestamp-without-time-zone'] [[], []]\n", done.stderr
