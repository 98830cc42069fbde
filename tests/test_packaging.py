"""The rules work in all four ways in which Hotlint is installed.

Each case has an environment of its own that borrows the dependencies of this one through a ``.pth`` file, so that
nothing is downloaded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
DEPENDENCIES = ("msgspec", "pglast", "networkx", "yaml", "_yaml", "pyyaml", "sqlglot", "tomli")
PROGRAM = """
import hotlint, hotlint.rules
from hotlint.registry import find_rules
registry = find_rules()
assert not registry.errors, registry.errors
rule = registry.load("create-index-not-concurrent")
print(hotlint.__file__)
print(registry.rules["create-index-not-concurrent"].path)
print(len(registry.rules), type(rule).__module__)
"""


def environment(folder: Path, *lines: str) -> Path:
    """A virtual environment; ``lines`` go on its path, behind them the dependencies of the running interpreter.

    Returns its Python.
    """
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scripts = "Scripts" if os.name == "nt" else "bin"
    python = folder / scripts / ("python.exe" if os.name == "nt" else "python")
    packages = Path(
        subprocess.check_output(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        ).strip()
    )
    borrowed = borrow(folder / "borrowed")
    (packages / "own.pth").write_text("\n".join([*lines, str(borrowed)]) + "\n")
    return python


def borrow(folder: Path) -> Path:
    """Links to the packages that Hotlint needs, and to nothing else: an editable Hotlint beside them stays unseen."""
    folder.mkdir()
    sites = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    for site in sites:
        for entry in site.iterdir():
            if entry.name.split("-")[0].lower() in (
                "msgspec",
                "pglast",
                "networkx",
                "yaml",
                "_yaml",
                "sqlglot",
                "tomli",
            ):
                target = folder / entry.name
                if not target.exists():
                    target.symlink_to(entry)
    return folder


def ask(python: Path, cwd: Path) -> tuple[Path, Path, int]:
    """Where this Python finds Hotlint and a rule's file, and how many rules there are."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run([python, "-c", PROGRAM], cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    package, rule, facts = done.stdout.splitlines()
    count, module = facts.split()
    assert module.startswith("hotlint.rules.")
    return Path(package).resolve(), Path(rule).resolve(), int(count)


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is under version control, as a fresh clone has it."""
    folder = tmp_path_factory.mktemp("clone") / "hotlint"
    folder.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "hatch_build.py"):
        if (CHECKOUT / name).exists():
            shutil.copy(CHECKOUT / name, folder)
    for name in ("hotlint", "rules"):
        shutil.copytree(CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.so", ".*"))
    return folder


@pytest.fixture(scope="session")
def site(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the clone and unpacked as an installer does."""
    from zipfile import ZipFile

    wheels = tmp_path_factory.mktemp("wheels")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-build-isolation",
        "--no-deps",
        "-w",
        str(wheels),
        ".",
    ]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = wheels.glob("*.whl")
    folder = tmp_path_factory.mktemp("site")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def rule_count() -> int:
    return sum(1 for path in (CHECKOUT / "rules").rglob("*.py") if not path.name.startswith("_"))


def test_a_clone_works_where_it_stands(clone: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "venv")
    package, rule, count = ask(python, clone)
    assert package == clone / "hotlint" / "__init__.py"
    assert rule.is_relative_to(clone / "rules")
    assert count == rule_count()


def test_an_editable_install_uses_the_rules_of_the_clone(clone: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "venv", str(clone))  # what hatchling writes for an editable install
    package, rule, count = ask(python, tmp_path)
    assert package == clone / "hotlint" / "__init__.py"
    assert rule.is_relative_to(clone / "rules")
    assert count == rule_count()


def test_a_wheel_brings_its_rules_along(site: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "venv", str(site))
    package, rule, count = ask(python, tmp_path)
    assert package == site / "hotlint" / "__init__.py"
    assert rule.is_relative_to(site / "hotlint" / "rules")
    assert count == rule_count()


def test_a_wheel_beside_a_clone_does_not_mix_with_it(site: Path, clone: Path, tmp_path: Path) -> None:
    """The program is installed; the working directory happens to be a clone, as in our own CI."""
    python = environment(tmp_path / "venv", str(site))
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [str(python), str(tmp_path / "program.py")]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    package, rule, facts = done.stdout.splitlines()
    assert Path(package).resolve() == site / "hotlint" / "__init__.py"
    assert Path(rule).resolve().is_relative_to(site / "hotlint" / "rules")
    assert int(facts.split()[0]) == rule_count()


def test_the_wheel_has_the_command_the_types_and_the_licence(site: Path) -> None:
    (info,) = site.glob("hotlint-*.dist-info")
    assert "hotlint = hotlint.cli:main" in (info / "entry_points.txt").read_text()
    assert (site / "hotlint" / "py.typed").exists()
    assert (info / "licenses" / "LICENSE").exists()
    assert not (site / "tests").exists()
