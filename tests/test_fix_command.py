"""``hotlint check --fix`` and ``--diff`` as they are used in a terminal."""

from __future__ import annotations

import codecs
import os
import subprocess
from pathlib import Path

import pytest

from hotlint.cli import main
from hotlint.commands import fixes as fixes_command
from hotlint.fixing import Fixes, make_fixes

ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, status text);\n"
INDEX = "CREATE INDEX by_status ON orders (status);\n"
BUILT = "CREATE INDEX CONCURRENTLY by_status ON orders (status);\n"


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "db"
    folder.mkdir()
    (folder / "0001_a.up.sql").write_text(ORDERS)
    return folder


def check(*arguments: str) -> int:
    return main(["check", "db", "--isolated", "--pg-version", "16", "--no-cache", *arguments])


def test_what_is_fixed_is_written_and_not_reported_any_more(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = db / "0002_b.up.sql"
    file.write_text(INDEX)
    file.chmod(0o640)
    assert check("--fix") == 0
    assert file.read_text() == BUILT
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(db)) == ["0001_a.up.sql", "0002_b.up.sql"]
    out, err = capsys.readouterr()
    assert out.endswith("Nothing found. PostgreSQL 16.\n")
    assert err == "hotlint: fixed 1 finding in 1 file\n"


def test_what_is_left_is_reported_and_the_exit_code_tells(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (db / "0002_b.up.sql").write_text(f"{INDEX}")
    (db / "0003_c.up.sql").write_text("SET lock_timeout = '2s';\nDROP TABLE orders;\n")
    assert check("--fix", "--format", "concise") == 1
    out, err = capsys.readouterr()
    assert "drop-table" in out
    assert "create-index-not-concurrent" not in out
    assert err == "hotlint: fixed 1 finding in 1 file (1 more with --unsafe-fixes)\n"
    assert check("--fix", "--unsafe-fixes", "--select", "drop-table") == 0
    assert "RENAME TO orders_to_be_dropped" in (db / "0003_c.up.sql").read_text()


def test_where_nothing_can_be_fixed_nothing_is_written(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (db / "0001_a.up.sql").stat()
    assert check("--fix") == 0
    assert capsys.readouterr().err == "hotlint: no finding was fixed\n"
    assert (db / "0001_a.up.sql").stat() == before


def test_byte_order_mark_line_endings_and_other_scripts_stay(db: Path) -> None:
    file = db / "0002_b.up.sql"
    text = "-- größer 🚀\r\n" + INDEX.replace("\n", "\r\n") + "\r\n"
    file.write_bytes(codecs.BOM_UTF8 + text.encode())
    assert check("--fix") == 0
    assert file.read_bytes() == codecs.BOM_UTF8 + text.replace("INDEX", "INDEX CONCURRENTLY").encode()


def test_only_what_changed_since_a_revision_is_fixed(db: Path) -> None:
    (db / "0002_b.up.sql").write_text(INDEX)
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "Begin"]):
        subprocess.run(["git", *command], cwd=db, check=True)
    (db / "0003_c.up.sql").write_text(INDEX.replace("by_status", "again"))
    assert check("--fix", "--changed-since", "HEAD") == 0
    assert (db / "0002_b.up.sql").read_text() == INDEX
    assert (db / "0003_c.up.sql").read_text() == BUILT.replace("by_status", "again")


def test_what_a_baseline_has_is_left_alone(db: Path) -> None:
    (db / "0002_b.up.sql").write_text(INDEX)
    assert main(["baseline", "db", "--isolated", "--pg-version", "16"]) == 0
    (db / "0003_c.up.sql").write_text(INDEX.replace("by_status", "again"))
    assert main(["check", "db", "--pg-version", "16", "--no-cache", "--fix"]) == 0
    assert (db / "0002_b.up.sql").read_text() == INDEX
    assert (db / "0003_c.up.sql").read_text() == BUILT.replace("by_status", "again")


def test_a_link_stays_a_link(db: Path, tmp_path: Path) -> None:
    (tmp_path / "shared.sql").write_text(INDEX)
    (db / "0002_b.up.sql").symlink_to("../shared.sql")
    assert check("--fix") == 0
    assert (db / "0002_b.up.sql").is_symlink()
    assert (tmp_path / "shared.sql").read_text() == BUILT


def test_a_file_that_changed_meanwhile_is_left_alone(
    db: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = db / "0002_b.up.sql"
    file.write_text(INDEX)
    make = make_fixes

    def slowly(*arguments: object, **options: object) -> Fixes:
        found = make(*arguments, **options)  # type: ignore[arg-type]
        file.write_text(f"-- somebody saves\n{INDEX}")
        return found

    monkeypatch.setattr(fixes_command, "make_fixes", slowly)
    assert check("--fix") == 1
    assert file.read_text() == f"-- somebody saves\n{INDEX}"
    assert capsys.readouterr().err == (
        "hotlint: db/0002_b.up.sql changed meanwhile and was left alone\nhotlint: no finding was fixed\n"
    )


def test_a_file_that_cannot_be_written_stays_what_it_was(
    db: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (db / "0002_b.up.sql").write_text(INDEX)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert check("--fix") == 2
    assert capsys.readouterr().err == ("hotlint: error: db/0002_b.up.sql cannot be written: No space left on device\n")
    assert sorted(os.listdir(db)) == ["0001_a.up.sql", "0002_b.up.sql"]
    assert (db / "0002_b.up.sql").read_text() == INDEX


def test_a_diff_shows_what_would_be_written_and_writes_nothing(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = db / "0002_b.up.sql"
    file.write_text(f"-- by status\n{INDEX}"[:-1])
    assert check("--diff") == 1
    out, err = capsys.readouterr()
    assert out == (
        "--- db/0002_b.up.sql\n+++ db/0002_b.up.sql\n@@ -1,2 +1,2 @@\n -- by status\n"
        f"-{INDEX}\\ No newline at end of file\n+{BUILT}\\ No newline at end of file\n"
    )
    assert err == "hotlint: would fix 1 finding in 1 file\n"
    assert file.read_text() == f"-- by status\n{INDEX}"[:-1]
    assert check("--diff", "--exit-zero") == 0


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("text", [f"-- a\x0cb\n{INDEX}", f"-- a\r\n{INDEX}".replace(";\n", ";\r\n"), INDEX[:-1]])
def test_git_applies_the_diff_to_what_the_fix_would_write(
    db: Path, capsysbinary: pytest.CaptureFixture[bytes], mark: bytes, text: str
) -> None:
    file = db / "0002_b.up.sql"
    file.write_bytes(mark + text.encode())
    assert check("--diff") == 1
    (db.parent / "fix.diff").write_bytes(capsysbinary.readouterr().out)
    subprocess.run(["git", "apply", "-p0", "fix.diff"], cwd=db.parent, check=True)
    assert file.read_bytes() == mark + text.replace("INDEX", "INDEX CONCURRENTLY").encode()


def test_without_anything_to_fix_the_diff_is_empty(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (db / "0002_b.up.sql").write_text("SET lock_timeout = '2s';\nDROP TABLE orders;\n")
    assert check("--diff") == 0
    assert capsys.readouterr() == ("", "hotlint: no finding would be fixed (1 with --unsafe-fixes)\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--unsafe-fixes"],
            "--unsafe-fixes says which fixes --fix makes and --diff shows: give one of them too",
        ),
        (["--diff", "--format", "json"], "--diff writes a diff and no report: leave out --format and --output"),
        (["--diff", "--output", "json=a"], "--diff writes a diff and no report: leave out --format and --output"),
    ],
)
def test_contradictions_are_refused(
    db: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert check(*arguments) == 2
    assert capsys.readouterr().err == f"hotlint: error: {message}\n"


def test_the_report_says_how_many_can_be_fixed(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def line() -> str:
        check("--select", "create-index-not-concurrent,drop-table")
        return capsys.readouterr().out.splitlines()[-2]

    (db / "0002_b.up.sql").write_text(INDEX)
    assert line() == "1 can be fixed with --fix."
    (db / "0003_c.up.sql").write_text("DROP TABLE orders;\n")
    assert line() == "1 can be fixed with --fix, 1 more with --unsafe-fixes."
    (db / "0002_b.up.sql").write_text(BUILT)
    assert line() == "1 can be fixed with --fix --unsafe-fixes."
