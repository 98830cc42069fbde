"""Installed packages as wheels again, so that pip can install them elsewhere without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from zipfile import ZipFile

import virtualenv
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parents[2]

ENVIRONMENT = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_CACHE_DIR": "1",
    "PIP_NO_COMPILE": "1",  # takes longer than everything else, and nothing here runs twice
    "PIP_NO_INDEX": "1",
    "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
}
"""For pip: nothing but the wheelhouse, and quickly. ``PIP_FIND_LINKS`` is to be added."""


def environment(wheels: Path, **more: str) -> dict[str, str]:
    """This process's environment, with pip kept to ``wheels`` and without what would reach into another Python."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "GIT_", "GITHUB_", "PYTHON", "VIRTUAL_ENV", "COV_", "HOTLINT_"))
    }
    return {**kept, **ENVIRONMENT, "PIP_FIND_LINKS": str(wheels), **more}


def fill(folder: Path, requirements: Iterable[str]) -> None:
    """Writes a wheel for each of ``requirements`` and of what they need, as this environment has them."""
    waiting = [Requirement(text) for text in requirements]
    done: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        for extra in ("", *wanted.extras):
            if (name, extra) in done:
                continue
            done.add((name, extra))
            try:
                found = distribution(name)
            except PackageNotFoundError:  # pip says so itself where it is needed
                continue
            if not extra and name != "hotlint":
                _write_wheel(folder, found)
            needed = map(Requirement, found.requires or ())
            waiting += [r for r in needed if r.marker is None or r.marker.evaluate({"extra": extra})]


def _write_wheel(folder: Path, found: Distribution) -> None:
    """The distribution's files as they stand; scripts, which an installer makes, are outside of its folder."""
    tags = [line.split(":", 1)[1].strip() for line in (found.read_text("WHEEL") or "").splitlines() if "Tag:" in line]
    name = found.metadata["Name"].replace("-", "_").replace(".", "_")
    with ZipFile(folder / f"{name}-{found.version}-{tags[0]}.whl", "w") as archive:
        for file in found.files or ():
            if file.parts[0] == ".." or file.suffix == ".pyc" or file.name in ("INSTALLER", "REQUESTED"):
                continue
            archive.write(str(found.locate_file(file)), str(file))


def build(folder: Path, checkout: Path) -> None:
    """Writes the wheel of Hotlint itself."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "-w", str(folder)]
    done = subprocess.run(
        [*command, str(checkout)], env=environment(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def new_python(folder: Path) -> Path:
    """A virtual environment with pip; its programs. Several times as quick as the standard library's."""
    virtualenv.cli_run([str(folder), "--quiet", "--no-periodic-update", f"--app-data={folder}.data"])
    return folder / "bin"


def copy_checkout(folder: Path) -> Path:
    """A git repository of what stands in the checkout now, changes that are not committed included."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (CHECKOUT / name).is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((CHECKOUT / name).read_bytes())
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=All of it")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """What git prints, with nobody's settings."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**variables, **GIT}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}
