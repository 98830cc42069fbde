"""Shell completion, tried in the shells."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hotlint import cli
from tests.test_cli import run

WORDS = [
    (("hotlint", "che"), {"check"}),
    (("hotlint", "check", "--stat"), {"--statistics"}),
    (("hotlint", "check", "--fail-on", ""), {"error", "warning", "info"}),
    (("hotlint", "rules", "drop-ta"), {"drop-table"}),
    (("hotlint", "check", "--select", "lockin"), {"locking"}),
    (("hotlint", "config", ""), {"schema"}),
    (("hotlint", "completion", "f"), {"fish"}),
]
COMPLETE = """
source script.bash
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
$(complete -p hotlint | sed 's/.*-F \\([^ ]*\\) .*/\\1/') hotlint "${COMP_WORDS[COMP_CWORD]}" ""
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(shell: str, folder: Path) -> Path:
    done = run("completion", shell, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    path = folder / f"script.{shell}"
    path.write_text(done.stdout)
    return path


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


def in_shell(folder: Path, *command: str) -> list[str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


@needs("bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    WORDS,
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else " ".join(value),
)
def test_bash_offers_commands_options_and_values(tmp_path: Path, words: tuple[str, ...], offered: set[str]) -> None:
    script("bash", tmp_path)
    found = in_shell(tmp_path, "bash", "--norc", "-c", COMPLETE, "bash", *words)
    assert {word.strip() for word in found if word.strip()} == offered


@needs("bash")
def test_bash_offers_files_where_files_are_meant(tmp_path: Path) -> None:
    (tmp_path / "special.yaml").write_text("")
    script("bash", tmp_path)
    words = ("hotlint", "check", "--config", "spec")
    assert [word.strip() for word in in_shell(tmp_path, "bash", "--norc", "-c", COMPLETE, "bash", *words)] == [
        "special.yaml"
    ]


@needs("fish")
@pytest.mark.parametrize(
    ("words", "offered"),
    WORDS,
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else " ".join(value),
)
def test_fish_offers_the_same(tmp_path: Path, words: tuple[str, ...], offered: set[str]) -> None:
    command = f"source {script('fish', tmp_path)}; complete -C '{' '.join(words)}'"
    found = {line.split("\t")[0] for line in in_shell(tmp_path, "fish", "--no-config", "-c", command)}
    assert offered <= found


@needs("zsh")
def test_zsh_takes_the_script_for_the_program(tmp_path: Path) -> None:
    text = script("zsh", tmp_path)
    command = f'autoload -U compinit; compinit -D -u; eval "$(<{text})"; echo $_comps[hotlint]'
    assert in_shell(tmp_path, "zsh", "-f", "-c", command) == ["_shtab_hotlint"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_and_option_of_the_parser_is_in_the_script(tmp_path: Path, shell: str) -> None:
    text = script(shell, tmp_path).read_text()
    for name in cli.COMMANDS:
        assert name in text
    for option in ("statistics", "changed-since", "prune", "round-trip"):
        assert option in text


def test_an_unknown_shell_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    done = run("completion", "tcsh", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "invalid choice: 'tcsh' (choose from" in done.stderr


def test_other_commands_do_not_pay_for_it(tmp_path: Path) -> None:
    code = "import sys; from hotlint.cli import main; main(['rules']); sys.exit('shtab' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0
