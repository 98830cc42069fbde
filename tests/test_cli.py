"""The command line: exit codes, what is written where, and no traceback for anybody's mistake."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest

from hotlint import __version__, cli

SAFE = "CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n"
BAD = "CREATE INDEX orders_day_idx ON orders (day);\n"
UNSET = ("NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITLAB_CI", "TF_BUILD")
"""Variables that change what is written where; the tests run in CI services too."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "db" / "migrations"
    folder.mkdir(parents=True)
    for name, up, down in (
        ("0001_orders", SAFE, "DROP TABLE orders;\n"),
        ("0002_day", "SET lock_timeout = '2s';\n" + BAD, "DROP INDEX CONCURRENTLY orders_day_idx;\n"),
    ):
        (folder / f"{name}.up.sql").write_text(up)
        (folder / f"{name}.down.sql").write_text(down)
    return tmp_path


class Done(NamedTuple):
    """What a run left: as of a process."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str, cwd: Path, **environment: str) -> Done:
    """Runs the command line in this process."""
    written, told = io.BytesIO(), io.BytesIO()
    out, err = (io.TextIOWrapper(buffer, encoding="utf-8", newline="") for buffer in (written, told))
    before = Path.cwd()
    with patch.dict(os.environ, {"HOTLINT_CACHE_DIR": str(cwd / ".cache"), **environment}):
        for name in {*UNSET} - environment.keys():
            os.environ.pop(name, None)
        os.chdir(cwd)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = cli.main(arguments)
        finally:
            os.chdir(before)
    out.flush()
    err.flush()
    return Done(code, written.getvalue().decode(), told.getvalue().decode())


def run_process(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own, for what belongs to a process."""
    variables = {name: value for name, value in os.environ.items() if name not in UNSET}
    variables |= {"HOTLINT_CACHE_DIR": str(cwd / ".cache"), **environment}
    command = [sys.executable, "-m", "hotlint", *arguments]
    return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, encoding="utf-8", check=False)


def test_findings_are_told_and_the_exit_code_is_one(project: Path) -> None:
    done = run("check", "--select", "create-index-not-concurrent", cwd=project)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("db/migrations/0002_day.up.sql:2:1: error[create-index-not-concurrent] ")
    assert done.stdout.endswith(
        "db/migrations: golang-migrate, 2 migrations, 3 statements\n"
        + done.stdout[done.stdout.index("  Read as golang-migrate") : done.stdout.rindex("1 error.")]
        + "1 error. PostgreSQL 15 assumed (--pg-version).\n"
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--select", "create-index-not-concurrent"], 1),
        (["--select", "create-index-not-concurrent", "--exit-zero"], 0),
        (["--select", "locking", "--ignore", "create-index-not-concurrent"], 0),
        (["--select", "create-index-not-concurrent", "--since", "0002"], 0),
        (["--select", "create-index-not-concurrent", "--since", "1"], 1),
        (["--select", "create-index-not-concurrent", "--fail-on", "info"], 1),
        (["--select", "create-index-not-concurrent", "--fail-on", "error"], 1),
        (["db/migrations/0001_orders.up.sql", "--select", "create-index-not-concurrent"], 0),
        (["db/migrations/0002_day.up.sql", "--select", "create-index-not-concurrent"], 1),
    ],
)
def test_the_exit_code_says_whether_something_grave_enough_was_found(
    project: Path, arguments: list[str], code: int
) -> None:
    done = run("check", *arguments, cwd=project)
    assert done.returncode == code, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "nowhere"], "hotlint: error: there is no file or folder nowhere"),
        (["check", "db/migration"], 'there is no file or folder db/migration (did you mean "migrations"?)'),
        (["check", "--select", "create-index-not-concurent"], 'did you mean "create-index-not-concurrent"?'),
        (["check", "--since", "9999"], 'there is no migration "9999"'),
        (["check", "--pg-version", "9"], "'9' is not a PostgreSQL version from 12 to 18"),
        (["check", "--config", "none.yaml"], "none.yaml"),
        (["check", "--unheard-of"], "unrecognized arguments: --unheard-of"),
        (["plan", "--migration", "0077"], "no migration 0077"),
        (["plan", "--migration", "1", "--last", "2"], "--migration and --last exclude each other"),
        (["plan", "--last", "x"], "'x' is not a number of migrations"),
        (["rules", "drop-tabel"], 'there is no rule "drop-tabel"'),
        ([], "required: COMMAND"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(project: Path, arguments: list[str], message: str) -> None:
    done = run(*arguments, cwd=project)
    assert done.returncode == 2
    assert message in done.stderr
    assert "hotlint: error: " in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_wrong_configuration_is_told_with_its_line(project: Path) -> None:
    (project / "hotlint.yaml").write_text("paths: [db]\nfail_onn: error\n")
    done = run("check", cwd=project)
    assert done.returncode == 2
    assert "hotlint.yaml:2:1" in done.stderr
    assert '"fail_on"' in done.stderr
    assert run("check", "--isolated", "--exit-zero", cwd=project).returncode == 0


def test_the_configuration_sets_paths_version_and_threshold(project: Path) -> None:
    (project / "hotlint.yaml").write_text(
        "paths: [db]\npg_version: 17\nfail_on: error\nselect: [create-index-not-concurrent]\n"
        "severity: {create-index-not-concurrent: warning}\n"
    )
    done = run("check", cwd=project)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("1 warning. PostgreSQL 17.\n")


def test_an_old_migration_that_no_project_has_is_told_at_its_line(project: Path) -> None:
    (project / "hotlint.yaml").write_text("fail_on: error\nstart_after: 0007\n")
    told = 'hotlint.yaml:2:1: there is no migration "0007" in db/migrations; the newest is 0002'
    assert run("check", cwd=project) == (2, "", f"hotlint: error: {told}\n")
    other = project / "other" / "migrations"
    other.mkdir(parents=True)
    (other / "0007_a.sql").write_text(BAD)
    assert run("check", "db", "other", cwd=project).returncode == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("severity:\n  drop-tabl: info\n", '2:3: there is no rule "drop-tabl" (did you mean "drop-table"?)'),
        ("paths: [db, nowhere]\n", "1:13: there is no file or folder nowhere"),
        ("framework: plane\n", '1:1: there is no framework "plane" (did you mean "plain"?); there are '),
    ],
)
def test_a_value_that_cannot_be_used_is_told_at_its_line(project: Path, text: str, told: str) -> None:
    (project / "hotlint.yaml").write_text(text)
    done = run("check", cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"hotlint: error: hotlint.yaml:{told}")


def test_json_is_utf_8_whatever_the_terminal_says(project: Path) -> None:
    (project / "db/migrations/0003_größe.up.sql").write_text("CREATE INDEX größe ON orders (id);\n", encoding="utf-8")
    done = run_process("check", "--format", "json", cwd=project, PYTHONIOENCODING="ascii", LC_ALL="C")
    report = json.loads(done.stdout)
    assert report["version"] == 1
    assert "db/migrations/0003_größe.up.sql" in {finding["path"] for finding in report["findings"]}


def test_a_terminal_that_knows_ascii_only_gets_escapes(project: Path) -> None:
    (project / "db/migrations/0003_x.up.sql").write_text("CREATE INDEX größe ON orders (id);\n", encoding="utf-8")
    done = run_process("check", "--select", "create-index-not-concurrent", cwd=project, PYTHONIOENCODING="ascii")
    assert done.returncode == 1, done.stderr
    assert "CREATE INDEX gr\\xf6\\xdfe ON orders" in done.stdout


def test_colour_can_be_forced_and_is_off_in_a_pipe(project: Path) -> None:
    assert "\x1b[" not in run("check", cwd=project).stdout
    assert "\x1b[" in run("check", cwd=project, FORCE_COLOR="1").stdout
    assert "\x1b[" in run("plan", "--color", "always", cwd=project).stdout


def test_the_second_run_says_the_same_from_the_cache(project: Path) -> None:
    for path in (project / "db/migrations").iterdir():
        os.utime(path, (1, 1))
    first = run("check", cwd=project)
    assert list((project / ".cache").iterdir())
    code = "import sys; from hotlint.cli import main; main(['check']); print('pglast' in sys.modules, file=sys.stderr)"
    environment = {**os.environ, "HOTLINT_CACHE_DIR": str(project / ".cache")}
    command = [sys.executable, "-c", code]
    second = subprocess.run(command, cwd=project, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert second.stdout == first.stdout
    assert second.stderr == "False\n"  # nothing was parsed
    (project / "db/migrations/0003_more.up.sql").write_text(BAD.replace("day_idx", "two_idx"))
    assert run("check", cwd=project).stdout != first.stdout
    assert run("check", "--no-cache", cwd=project).stdout == run("check", cwd=project).stdout


def test_the_plan_shows_all_one_or_the_newest_migrations(project: Path) -> None:
    everything = run("plan", cwd=project).stdout
    assert "0001 orders" in everything
    assert "0002 day" in everything
    assert "0001 orders" not in run("plan", "--last", "1", cwd=project).stdout
    assert "0002 day (down)" in run("plan", "--migration", "2", "--down", cwd=project).stdout
    summary = run("plan", "--summary", cwd=project).stdout
    assert "writes to a table in use wait for 1 statement, not only briefly for 1" in summary
    plan = json.loads(run("plan", "--format", "json", "--pg-version", "16", cwd=project).stdout)
    assert plan["server"] == {"dialect": "postgres", "major": 16}
    assert [m["id"] for m in plan["projects"][0]["migrations"]] == ["0001", "0002"]
    build = plan["projects"][0]["migrations"][1]["steps"][1]
    assert build["operations"] == [{"type": "CreateIndex", "relation": "public.orders"}]
    assert build["locks"][0]["mode"] == "SHARE"
    assert build["index_builds"][0]["index"] == "public.orders_day_idx"


def test_rules_are_listed_and_explained(project: Path) -> None:
    listed = run("rules", cwd=project).stdout
    assert "create-index-not-concurrent" in listed
    explained = run("rules", "create-index-not-concurrent", cwd=project).stdout
    assert "Told about" in explained
    assert "Not told about" in explained
    assert "CREATE INDEX CONCURRENTLY" in explained


def test_rules_of_the_project_are_listed_too(project: Path) -> None:
    (project / "own_rule.py").write_text(
        "from hotlint.rule import Rule, ops\n\n\nclass Own(Rule):\n    '''Ours alone.'''\n\n"
        "    id = 'own-rule'\n    category = 'own'\n    operations = (ops.CreateIndex,)\n\n"
        "    def check_step(self, step, operation, context):\n        return iter(())\n"
    )
    (project / "hotlint.yaml").write_text("rules: [own_rule.py]\n")
    assert "own-rule" in run("rules", cwd=project).stdout
    assert "Ours alone." in run("rules", "own-rule", cwd=project).stdout


def test_the_schema_of_the_configuration_is_json(project: Path) -> None:
    assert "$schema" in json.loads(run("config", "schema", cwd=project).stdout)


def test_version_and_help(project: Path) -> None:
    assert run("--version", cwd=project).stdout == f"hotlint {__version__}\n"
    assert "Exit code: 0 clean" in run("--help", cwd=project).stdout


@pytest.mark.parametrize("command", ["check", "plan"])
def test_nothing_to_check_is_no_clean_bill(tmp_path: Path, command: str) -> None:
    done = run(command, cwd=tmp_path)
    message = "hotlint: error: there are no SQL migrations here: name the folder that they are in\n"
    assert done == (2, "", message)
    (tmp_path / "app" / "sql").mkdir(parents=True)
    (tmp_path / "app" / "sql" / "users.sql").write_text("SELECT 1;")
    assert run(command, "app", cwd=tmp_path) == (
        2,
        "",
        "hotlint: error: no migrations were recognised in app, but there are SQL files in app/sql: "
        "name the folder that is a history, or list it under `projects` in the configuration\n",
    )
    assert run(command, "app/sql", cwd=tmp_path).returncode == 0


def test_a_file_that_the_configuration_leaves_out_is_no_mistake(project: Path) -> None:
    (project / "hotlint.yaml").write_text("exclude: [legacy]\n")
    (project / "legacy").mkdir()
    (project / "legacy" / "1_a.sql").write_text(BAD)
    done = run("check", "legacy/1_a.sql", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_leaves_early_is_no_error(project: Path) -> None:
    command = f"{sys.executable} -m hotlint plan --format json | head -c 1"
    done = subprocess.run(["sh", "-c", command], cwd=project, capture_output=True, encoding="utf-8", check=False)
    assert done.stdout == "{"
    assert done.stderr == ""


def test_an_interrupt_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("hotlint.commands.rules.run", interrupted)
    assert cli.main(["rules"]) == 130
    assert capsys.readouterr().err == ""


def test_a_defect_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> int:
        raise LookupError("no such thing\nat all")

    monkeypatch.setattr("hotlint.commands.rules.run", broken)
    monkeypatch.delenv("HOTLINT_TRACEBACK", raising=False)
    assert cli.main(["rules"]) == 2
    assert capsys.readouterr().err == (
        "hotlint: internal error: LookupError: no such thing\n"
        "Please report it with the output of the same command under HOTLINT_TRACEBACK=1.\n"
    )
    monkeypatch.setenv("HOTLINT_TRACEBACK", "1")
    assert cli.main(["rules"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_a_broken_pipe_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def gone(_: object) -> int:
        raise BrokenPipeError

    monkeypatch.setattr("hotlint.commands.rules.run", gone)
    assert cli.main(["rules"]) == 2
    assert capsys.readouterr().err == ""


def in_shell(command: str, cwd: Path) -> Done:
    """Runs ``command`` in a shell, where ``HOTLINT`` is the command line."""
    environment = {**os.environ, "HOTLINT": f"{sys.executable} -m hotlint", "HOTLINT_CACHE_DIR": str(cwd / ".cache")}
    done = subprocess.run(
        ["sh", "-c", command], cwd=cwd, capture_output=True, encoding="utf-8", check=False, env=environment
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full is Linux's")
@pytest.mark.parametrize("command", ["check", "plan", "plan --format json", "check --format json", "rules"])
def test_a_full_disk_is_told(project: Path, command: str) -> None:
    told = "hotlint: error: the output cannot be written: No space left on device\n"
    assert in_shell(f"$HOTLINT {command} >/dev/full", project) == (2, "", told)
    assert in_shell("$HOTLINT check nowhere 2>/dev/full", project).returncode == 2


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_a_closed_output_leaves_the_exit_code(project: Path) -> None:
    assert in_shell("$HOTLINT check >&-", project) == (1, "", "")
    assert in_shell("$HOTLINT check nowhere 2>&-", project) == (2, "", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the folder")
def test_a_working_directory_that_is_gone_is_told(project: Path) -> None:
    told = "hotlint: error: the working directory is not there any more: change to another one\n"
    assert in_shell("mkdir gone && cd gone && rmdir ../gone && $HOTLINT check", project) == (2, "", told)


def test_whatever_the_files_hold_the_others_are_checked(project: Path) -> None:
    folder = project / "db" / "migrations"
    for number, data in enumerate(
        (
            "ALTER TABLE orders ADD a int;".encode("utf-16"),
            b"ALTER TABLE orders ADD b text DEFAULT '\xff';",
            b"ALTER TABLE orders ADD c\0 int;",
            b"-- a\rALTER TABLE orders ADD d int;\rSELECT 1;\r",
            b"-- nothing to do\n",
            b"SELECT " + b"(" * 3000 + b"1" + b")" * 3000 + b";",
            b"SELECT " + b"+".join([b"1"] * 3000) + b";",
            b"INSERT INTO orders (id) VALUES " + b",".join(b"(%d)" % at for at in range(5000)) + b";",
            b"ALTER TABLE orders ADD e int;\n" * 300,
            b"this is no SQL",
        ),
        start=3,
    ):
        (folder / f"{number:04}_x.up.sql").write_bytes(data)
    (folder / "0020_folder.up.sql").mkdir()
    (folder / "0021_lost.up.sql").symlink_to("nowhere")
    (folder / "0022_loop.up.sql").symlink_to("0022_loop.up.sql")
    done = run("check", "--format", "json", cwd=project)
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr, report["failures"]) == (1, "", [])
    told = {(os.path.basename(f["path"])[:4], f["rule"]) for f in report["findings"]}
    unreadable = {("0003", "UTF-16"), ("0004", "0xFF"), ("0005", "NUL"), ("0021", "No such file"), ("0022", "symbolic")}
    messages = {
        os.path.basename(f["path"])[:4]: f["message"] for f in report["findings"] if f["rule"] == "unreadable-file"
    }
    assert {number for number, _ in unreadable} == messages.keys()
    assert all(word in messages[number] for number, word in unreadable)
    assert {("0002", "create-index-not-concurrent"), ("0012", "syntax-error")} <= told


def test_a_stray_file_of_an_old_migration_is_old_too(project: Path) -> None:
    (project / "db" / "migrations" / "0001_order.down.sql").write_text("DROP TABLE orders;\n")
    stray = ("--select", "bad-file-name,duplicate-version", "--format", "json")
    found = json.loads(run("check", *stray, cwd=project).stdout)["findings"]
    assert [finding["path"] for finding in found] == ["db/migrations/0001_orders.down.sql"]
    assert json.loads(run("check", *stray, "--since", "0001", cwd=project).stdout)["findings"] == []


@pytest.mark.parametrize(("below", "path"), [("", "db"), ("db", "migrations"), ("db/migrations", "."), ("x", "../db")])
def test_globs_of_the_configuration_hold_wherever_one_stands(project: Path, below: str, path: str) -> None:
    (project / "x").mkdir()
    (project / "hotlint.yaml").write_text(
        "per_path_ignores:\n  db/migrations/0002_*: [locking]\nprojects:\n  - path: db\n    framework: golang-migrate\n"
    )
    for named in (path, str(project / "db")):
        done = run("check", named, cwd=project / below)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_a_link_that_goes_round_hides_no_change_from_the_cache(project: Path) -> None:
    folder = project / "db" / "migrations"
    (folder / "round").symlink_to("round")
    assert run("check", cwd=project).stdout == run("check", cwd=project).stdout
    (folder / "0003_new.up.sql").write_text(BAD.replace("orders_day_idx", "other_idx"))
    assert "0003_new.up.sql" in run("check", cwd=project).stdout
