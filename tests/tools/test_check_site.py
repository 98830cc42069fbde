"""The check of the built site."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parent.parent.parent / "tools" / "check_site.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_site", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_comes_from_elsewhere_or_is_missing_is_told(
    tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "site.css").write_text("")
    (tmp_path / "rules" / "index.html").write_text(
        '<link rel="canonical" href="https://shop.example/"><link rel="stylesheet" href="../site.css">'
        '<img src="data:image/png;base64,AA=="><a href="https://www.postgresql.org">the manual</a>'
    )
    assert tool.main([str(tmp_path)]) == 0
    (tmp_path / "index.html").write_text(
        '<link rel="stylesheet" href="https://fonts.example/a.css"><script src="//cdn.example/a.js"></script>'
        '<img src="images/gone.svg?v=1">'
    )
    assert tool.main([str(tmp_path)]) == 1
    page = tmp_path / "index.html"
    assert capsys.readouterr().out.splitlines() == [
        f"{page} loads https://fonts.example/a.css from elsewhere",
        f"{page} loads //cdn.example/a.js from elsewhere",
        f"{page} loads images/gone.svg?v=1, which is not there",
    ]


def test_an_empty_folder_is_no_site(tool: ModuleType, tmp_path: Path) -> None:
    assert list(tool.complaints(tmp_path)) == [f"{tmp_path} has no pages"]
