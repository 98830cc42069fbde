"""Which PostgreSQL a repository is for, read off the files that start one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import msgspec

from hotlint.server import MAX_MAJOR, MIN_MAJOR

_MAX_BYTES = 1_000_000
_IMAGES = r"(?:postgres|postgresql|postgis|pgvector|timescaledb(?:-ha)?|pgrouting|pgautoupgrade|postgresql-repmgr)"
_PATTERNS = (
    # image: postgres:16-alpine, FROM postgis/postgis:16-3.4, ghcr.io/cloudnative-pg/postgresql:16.2
    re.compile(rf"\b{_IMAGES}:(?:\$\{{\w+:?-)?v?(\d\d)(?=[.\-\s\"'}}]|@sha|$)", re.MULTILINE),
    # pgvector/pgvector:pg16, timescale/timescaledb:2.14.2-pg16
    re.compile(rf"\b{_IMAGES}:[\w.$\{{}}-]*?pg(\d\d)\b"),
    # supabase/config.toml
    re.compile(r"^\s*major_version\s*=\s*(\d\d)\b", re.MULTILINE),
    # Terraform's aws_db_instance and google_sql_database_instance, render.yaml
    re.compile(r"\bengine\s*=\s*\"(?:aurora-)?postgres(?:ql)?\"[^}]{0,400}?\bengine_version\s*=\s*\"(\d\d)"),
    re.compile(r"\bPOSTGRES_(\d\d)\b"),
    re.compile(r"\bpostgresMajorVersion:\s*[\"']?(\d\d)"),
    # .tool-versions, mise.toml
    re.compile(r"^\s*\"?postgres(?:ql)?\"?\s*(?:=\s*)?[\"']?(\d\d)(?:\.\d+)?[\"']?\s*$", re.MULTILINE),
)
_MATRIX = re.compile(r"\b(?:postgres|postgresql|pg)(?:[-_]?versions?)?\s*:\s*\[([^\]]*)\]", re.IGNORECASE)
_NAMES = re.compile(
    r"(?:docker-)?compose.*\.ya?ml|Dockerfile.*|.*\.dockerfile|\.gitlab-ci\.ya?ml|render\.ya?ml|devcontainer\.json"
    r"|\.tool-versions|\.?mise\.toml|.*\.tf|bitbucket-pipelines\.yml|azure-pipelines\.yml|\.travis\.yml|\.woodpecker\.ya?ml"
    r"|Makefile|[Jj]ustfile|Taskfile\.ya?ml"
)
_FOLDERS = (
    *(
        ".",
        ".github/workflows",
        ".circleci",
        ".woodpecker",
        ".devcontainer",
        "supabase",
        "docker",
        "deploy",
        "infra",
        "terraform",
    ),
    *(
        "dev",
        "development",
        ".docker",
        "ops",
        "deployment",
        "docker/development",
        "docker/production",
        "docker/testing",
    ),
)
_ALL_FILES_OF = (".github/workflows", ".circleci", ".woodpecker", "supabase")


class Seen(msgspec.Struct, frozen=True):
    """A major version and the file that names it, seen from the repository."""

    major: int
    path: str


def versions_in(repository: str, folder: str) -> list[Seen]:
    """The versions that files of the repository name, by version and path; ``folder`` is looked at too."""
    found: set[tuple[int, str]] = set()
    for path in dict.fromkeys((*_files(repository), *_files(folder))):
        text = _text(path)
        shown = os.path.relpath(path, repository).replace(os.sep, "/")
        found.update((major, shown) for major in _majors(text))
    return [Seen(major, path) for major, path in sorted(found)]


def _files(folder: str) -> Iterator[str]:
    for below in _FOLDERS:
        place = os.path.normpath(os.path.join(folder, below))
        try:
            names = sorted(os.listdir(place))
        except OSError:
            continue
        for name in names:
            if (below in _ALL_FILES_OF and name.endswith((".yml", ".yaml", ".toml"))) or _NAMES.fullmatch(name):
                yield os.path.join(place, name)


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(_MAX_BYTES).decode(errors="replace")
    except OSError:
        return ""


def _majors(text: str) -> Iterator[int]:
    code = re.sub(r"(?m)^\s*#.*$", "", text)
    for pattern in _PATTERNS:
        for match in pattern.finditer(code):
            yield from _known(match[1])
    for matrix in _MATRIX.finditer(code):
        for number in re.findall(r"\d+", matrix[1]):
            yield from _known(number)


def _known(number: str) -> Iterator[int]:
    if MIN_MAJOR <= int(number) <= MAX_MAJOR:
        yield int(number)
