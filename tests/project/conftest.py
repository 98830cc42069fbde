"""Small histories on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotlint.project.discover import find_projects
from hotlint.project.model import Project
from hotlint.project.options import DiscoverOptions
from tests.project.layouts import Load, Write


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write files below an empty working directory, byte for byte."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()

    def files(texts: dict[str, str]) -> None:
        for path, text in texts.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())

    return files


@pytest.fixture
def load(write: Write) -> Load:
    """Write files, and the one project in them."""

    def project(texts: dict[str, str], options: DiscoverOptions | None = None) -> Project:
        write(texts)
        projects = find_projects(["."], options)
        assert len(projects) == 1, [found.root for found in projects]
        return projects[0]

    return project
