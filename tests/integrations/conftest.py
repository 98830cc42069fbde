"""What the tests of hooks, actions and images install from: Hotlint's checkout, and wheels for all that it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integrations import wheelhouse


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository of Hotlint as it stands now."""
    return wheelhouse.copy_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def wheels(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hotlint's wheel and all that an installation of it needs, as this environment has it."""
    folder = tmp_path_factory.mktemp("wheels")
    wheelhouse.fill(folder, ["hotlint[verify]", "hatchling"])
    wheelhouse.build(folder, checkout)
    return folder
