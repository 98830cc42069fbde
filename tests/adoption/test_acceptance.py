"""A team adopts Hotlint on 500 generated migrations, or on the real history in ``HOTLINT_HISTORY``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.adoption.adopt import adopt


@pytest.mark.parametrize("baseline", [False, True], ids=["start_after", "baseline"])
def test_a_team_with_500_old_migrations_is_told_of_new_ones_alone(tmp_path: Path, baseline: bool) -> None:
    real = os.environ.get("HOTLINT_HISTORY")
    waited = adopt(Path(real).resolve() if real else None, tmp_path, baseline=baseline)
    assert {"init", "check", "hook"} <= waited.keys()
