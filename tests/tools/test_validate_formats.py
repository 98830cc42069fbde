"""The tool that holds reports against the programs of others, with programs made for the test."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parent.parent.parent / "tools" / "validate_formats.py"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs are shell scripts")


@pytest.fixture
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("validate_formats", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_without_npm_that_is_said_and_nothing_fails(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert tool.main() == 0
    assert (
        capsys.readouterr().err
        == "formats: npm is not there, so SARIF and rdjson are NOT validated by other programs\n"
    )


def test_a_registry_out_of_reach_is_said_and_nothing_fails(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    program(tmp_path / "bin" / "npm", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(tool, "INSTALLED", tmp_path / "validators")
    assert tool.main() == 0
    assert capsys.readouterr().err == (
        "formats: npm could not install the validators, so SARIF and rdjson are NOT validated by other programs\n"
    )


def test_what_the_programs_say_is_read_since_one_ends_with_0_in_spite_of_errors(
    tool: ModuleType, tmp_path: Path
) -> None:
    multitool = tmp_path / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
    program(multitool, 'echo "Analyzing..."; echo "Analysis completed successfully."')
    assert tool.sarif_problems(Path("a.sarif"), tmp_path) == []
    program(multitool, 'echo "a.sarif(1,2): error GH1015: no locations"; echo "Analysis completed successfully."')
    assert tool.sarif_problems(Path("a.sarif"), tmp_path) == ["a.sarif(1,2): error GH1015: no locations"]
    program(multitool, "echo nothing to analyse")
    assert "the SARIF Multitool failed" in tool.sarif_problems(Path("a.sarif"), tmp_path)[0]

    validator = tmp_path / ".bin" / "rdformat-validator"
    program(validator, "exit 0")
    assert tool.rdjson_problems(Path("a.rdjson"), tmp_path) == []
    program(validator, "echo invalid; exit 1")
    assert tool.rdjson_problems(Path("a.rdjson"), tmp_path) == ["a.rdjson: invalid\n"]


def test_the_reports_are_of_the_example_a_clean_project_and_one_with_a_failure(
    tool: ModuleType, tmp_path: Path
) -> None:
    made = tool.make_reports(tmp_path)
    assert [path.name for path in made] == [
        f"{name}{suffix}" for name in ("webshop", "clean", "failing") for suffix in (".sarif", ".rdjson")
    ]
    assert '"executionSuccessful": false' in (tmp_path / "failing.sarif").read_text()
    assert '"results": []' in (tmp_path / "clean.sarif").read_text()
