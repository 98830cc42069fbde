"""A baseline: what was there is not told again, what is new is, and what went is noticed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

import hotlint
from hotlint.baseline import encoded, entry_of, match, read_baseline
from hotlint.errors import ConfigError
from hotlint.finding import Finding, Place
from hotlint.report.model import BaselineEntry
from tests.test_cli import run

FILE = "hotlint-baseline.jsonl"
MIGRATIONS = {
    "0001_orders": "CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n",
    "0002_day_index": "SET lock_timeout = '2s';\nCREATE INDEX orders_day_idx ON orders (day);\n",
    "0003_drop_day": "SET lock_timeout = '2s';\nALTER TABLE orders DROP COLUMN day;\n",
}
CHECK = ("check", "--select", "create-index-not-concurrent,drop-column,missing-down-file")


def put(folder: Path, name: str, up: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.down.sql").write_text("SELECT 1;\n")
    path = folder / f"{name}.up.sql"
    path.write_text(up)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, up in MIGRATIONS.items():
        put(tmp_path / "db" / "migrations", name, up)
    (tmp_path / "hotlint.yaml").write_text("select: [create-index-not-concurrent, drop-column, missing-down-file]\n")
    return tmp_path


def rules_in(project: Path) -> list[tuple[str, str]]:
    lines = (project / FILE).read_text(encoding="utf-8").splitlines()[1:]
    return [(entry["path"], entry["rule"]) for entry in map(json.loads, lines)]


def test_what_is_there_is_accepted_and_only_what_is_new_is_told(project: Path) -> None:
    assert run("check", cwd=project).returncode == 1
    done = run("baseline", cwd=project)
    assert done == (
        0,
        f"{FILE}: 2 findings (written for the first time).\n"
        "Commit it: `hotlint check` reads it by itself and tells only what is new.\n",
        "",
    )
    assert rules_in(project) == [
        ("db/migrations/0002_day_index.up.sql", "create-index-not-concurrent"),
        ("db/migrations/0003_drop_day.up.sql", "drop-column"),
    ]
    done = run("check", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f"Nothing found (2 findings in {FILE}). PostgreSQL 15 assumed (--pg-version).\n")

    put(project / "db/migrations", "0004_id_index", "CREATE INDEX orders_id_idx ON orders (id);\n")
    done = run("check", cwd=project)
    assert done.returncode == 1
    assert done.stdout.startswith("db/migrations/0004_id_index.up.sql:1:1: error[create-index-not-concurrent]")
    assert done.stdout.count("error[") == 1
    assert run("check", "--no-baseline", "--statistics", cwd=project).stdout.endswith("3 findings of 2 rules.\n")


def test_a_cached_run_says_the_same_as_the_first_and_renewing_counts_at_once(project: Path) -> None:
    for path in (project / "db/migrations").iterdir():
        os.utime(path, (1, 1))
    run("check", cwd=project)
    run("baseline", cwd=project)
    first = run("check", cwd=project)
    assert run("check", cwd=project) == first
    assert first.returncode == 0
    (project / FILE).unlink()
    assert run("check", cwd=project).returncode == 1


def test_entries_survive_lines_put_above_other_layout_and_moved_folders(project: Path) -> None:
    run("baseline", cwd=project)
    path = project / "db/migrations/0002_day_index.up.sql"
    path.write_text("-- why\n\nSET lock_timeout = '5s';\ncreate index orders_day_idx\n  on orders (day);\n")
    assert run("check", cwd=project).returncode == 0
    shutil.move(project / "db" / "migrations", project / "migrations")
    done = run("check", cwd=project)
    assert (done.returncode, "nothing is found any more" in done.stdout) == (0, False)


def test_a_migration_that_gets_another_number_keeps_its_entries_and_a_copy_of_it_does_not_share_them(
    project: Path,
) -> None:
    run("baseline", cwd=project)
    folder = project / "db/migrations"
    for half in ("up", "down"):
        (folder / f"0003_drop_day.{half}.sql").rename(folder / f"0007_drop_day.{half}.sql")
    done = run("check", cwd=project)
    assert (done.returncode, "nothing is found any more" in done.stdout) == (0, False)
    put(folder, "0008_day_again", "ALTER TABLE orders ADD COLUMN day date;\n")
    put(folder, "0009_drop_day", MIGRATIONS["0003_drop_day"])
    done = run("check", cwd=project)
    assert done.returncode == 1
    assert [line[:34] for line in done.stdout.splitlines() if "drop-column]" in line] == [
        "db/migrations/0009_drop_day.up.sql"
    ]


def test_what_is_gone_is_told_and_pruned_without_accepting_anything_new(project: Path) -> None:
    run("baseline", cwd=project)
    folder = project / "db/migrations"
    (folder / "0003_drop_day.up.sql").write_text("SELECT 1;\n")
    put(folder, "0004_id_index", "CREATE INDEX orders_id_idx ON orders (id);\n")
    done = run("check", cwd=project)
    told = f"{FILE}: nothing is found any more for drop-column in\ndb/migrations/0003_drop_day.up.sql; "
    assert told + "take out what is gone: hotlint baseline --prune\n" in done.stdout
    data = json.loads(run("check", "--format", "json", cwd=project).stdout)
    assert [finding["migration"] for finding in data["findings"]] == ["0004"]

    done = run("baseline", "--prune", cwd=project)
    assert done.stdout.startswith(f"{FILE}: 1 finding (0 new, 1 gone).\n")
    assert rules_in(project) == [("db/migrations/0002_day_index.up.sql", "create-index-not-concurrent")]
    done = run("check", cwd=project)
    assert (done.returncode, "any more" in done.stdout) == (1, False)
    assert run("baseline", cwd=project).stdout.startswith(f"{FILE}: 2 findings (1 new, 0 gone).\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("db/migrations/0001_orders.up.sql",),
        ("db/migrations/0002_day_index.up.sql",),
        ("--since", "0003"),
        ("--select", "missing-down-file"),
        ("--ignore", "drop-column"),
    ],
)
def test_a_run_that_does_not_look_at_an_entry_does_not_call_it_gone(project: Path, arguments: tuple[str, ...]) -> None:
    run("baseline", cwd=project)
    done = run("check", *arguments, cwd=project)
    assert (done.returncode, "any more" in done.stdout) == (0, False), done


def test_a_run_on_the_very_file_notices_that_its_entry_is_gone(project: Path) -> None:
    run("baseline", cwd=project)
    (project / "db/migrations/0003_drop_day.up.sql").write_text("SELECT 1;\n")
    assert (
        "drop-column in\ndb/migrations/0003" in run("check", "db/migrations/0003_drop_day.up.sql", cwd=project).stdout
    )
    assert "any more" not in run("check", "db/migrations/0002_day_index.up.sql", cwd=project).stdout


def test_a_renewal_of_one_service_leaves_the_entries_of_the_others(tmp_path: Path) -> None:
    for service in ("billing", "users"):
        for name, up in MIGRATIONS.items():
            put(tmp_path / "services" / service / "migrations", name, up)
    (tmp_path / "hotlint.yaml").write_text("select: [create-index-not-concurrent, drop-column]\n")
    run("baseline", "services", cwd=tmp_path)
    assert len(rules_in(tmp_path)) == 4  # the same migrations twice
    assert run("check", "services", cwd=tmp_path).returncode == 0
    put(tmp_path / "services/users/migrations", "0003_drop_day", "SELECT 1;\n")
    put(tmp_path / "services/billing/migrations", "0003_drop_day", "SELECT 1;\n")
    done = run("baseline", "services/users", cwd=tmp_path)
    assert done.stdout.startswith(f"{FILE}: 3 findings (0 new, 1 gone).\n")
    assert [path.split("/")[1] for path, _ in rules_in(tmp_path)] == ["billing", "billing", "users"]


def test_the_same_migration_in_a_new_service_is_new(tmp_path: Path) -> None:
    put(tmp_path / "a/migrations", "0001_orders", MIGRATIONS["0001_orders"])
    put(tmp_path / "a/migrations", "0002_index", MIGRATIONS["0002_day_index"])
    (tmp_path / "hotlint.yaml").write_text("paths: [a]\nselect: [create-index-not-concurrent]\n")
    run("baseline", cwd=tmp_path)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    done = run("check", "a", "b", cwd=tmp_path)
    assert (done.returncode, done.stdout.startswith("b/migrations/0002")) == (1, True)


def test_the_file_is_found_from_a_subfolder_and_its_paths_hold_from_there(project: Path) -> None:
    run("baseline", cwd=project)
    before = (project / FILE).read_bytes()
    done = run("check", cwd=project / "db")
    assert done.stdout.endswith(f"(2 findings in ../{FILE}). PostgreSQL 15 assumed (--pg-version).\n")
    assert done.returncode == 0
    run("baseline", cwd=project / "db")
    assert (project / FILE).read_bytes() == before
    assert run("check", str(project / "db"), cwd=Path("/")).returncode == 0


def test_another_file_can_be_configured_or_named_or_left_out(project: Path) -> None:
    with (project / "hotlint.yaml").open("a") as config:
        config.write("findings_baseline: ci/known.jsonl\n")
    done = run("check", cwd=project)
    assert done.returncode == 2
    assert "hotlint.yaml:2:1: there is no file ci/known.jsonl: `hotlint baseline` writes it" in done.stderr
    (project / "ci").mkdir()
    assert run("baseline", cwd=project).stdout.startswith("ci/known.jsonl: 2 findings")
    assert '"path":"../db/migrations/0002_day_index.up.sql"' in (project / "ci/known.jsonl").read_text()
    assert run("check", cwd=project).returncode == 0
    assert run("check", "--isolated", "--select", "drop-column", cwd=project).returncode == 1

    done = run("baseline", "--baseline", "other.jsonl", cwd=project)
    assert "`hotlint check --baseline other.jsonl`" in done.stdout
    (project / "ci/known.jsonl").unlink()
    assert run("check", "--baseline", "other.jsonl", cwd=project).returncode == 0
    assert run("check", "--no-baseline", cwd=project).returncode == 1
    (project / "hotlint.yaml").write_text("select: [drop-column]\nfindings_baseline: false\n")
    (project / "other.jsonl").rename(project / FILE)
    assert run("check", cwd=project).returncode == 1


def test_the_library_reads_it_too_and_says_what_it_knows(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("baseline", cwd=project)
    monkeypatch.chdir(project)
    report = hotlint.check()
    assert report.findings == ()
    assert report.baseline is not None
    assert [finding.rule for finding in report.baseline.known] == ["create-index-not-concurrent", "drop-column"]
    assert report.baseline.gone == ()
    whole = hotlint.check(baseline=False)
    assert (len(whole.findings), whole.baseline) == (2, None)


def test_nothing_to_accept_writes_no_file(project: Path) -> None:
    for name in ("0002_day_index", "0003_drop_day"):
        put(project / "db/migrations", name, "SELECT 1;\n")
    assert run("baseline", cwd=project).stdout.startswith("Nothing was found")
    assert not (project / FILE).exists()
    done = run("baseline", "--prune", cwd=project)
    assert done.returncode == 2
    assert f"{FILE}: there is no such baseline: `hotlint baseline` writes one" in done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- old\n", "1:1: this is no baseline of findings: `hotlint baseline` writes one"),
        ("", "1:1: this is no baseline of findings"),
        ('{"hotlint_baseline":9}\n', "1:1: this baseline has version 9, and this Hotlint reads version 1: renew it"),
        ('{"hotlint_baseline":1}\n{"path":"a"}\n', "2:1: this line is no entry of a baseline: take it out, or renew"),
        ('{"hotlint_baseline":1}\n<<<<<<< HEAD\n', "2:1: a merge conflict is left here: keep the lines of both sides"),
        ("<<<<<<< HEAD\n", "1:1: a merge conflict is left here"),
        ('{"hotlint_baseline":1}\n\xff\n', "2:1: this line is no entry"),
    ],
)
def test_a_broken_file_is_told_with_its_line(project: Path, text: str, told: str) -> None:
    (project / FILE).write_bytes(text.encode("latin-1"))
    done = run("check", cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"hotlint: error: {FILE}:{told}")


def test_two_branches_that_renewed_it_merge_by_union(project: Path) -> None:
    run("baseline", cwd=project)
    header, first, second = (project / FILE).read_text().splitlines()
    (project / FILE).write_text("\n".join([header, second, header, first, second, ""]) + "\n")
    done = run("check", cwd=project)
    assert (done.returncode, "any more" in done.stdout) == (0, False)


def test_a_file_that_cannot_be_written_is_told_and_the_old_one_stays(project: Path) -> None:
    done = run("baseline", "--baseline", "hotlint.yaml/known.jsonl", cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("hotlint: error: hotlint.yaml/known.jsonl cannot be written: ")


def test_a_check_that_failed_inside_gives_no_baseline(project: Path) -> None:
    (project / "broken_rule.py").write_text(
        "from hotlint.rule import Rule, ops\n\n\nclass Broken(Rule):\n    '''Fails.'''\n\n    id = 'broken'\n"
        "    category = 'own'\n    operations = (ops.CreateIndex,)\n\n"
        "    def check_step(self, step, operation, context):\n        raise LookupError('no such thing')\n"
    )
    (project / "hotlint.yaml").write_text("rules: [broken_rule.py]\n")
    done = run("baseline", cwd=project)
    assert done.returncode == 2
    assert "nothing was written, since the check failed in rule broken" in done.stderr
    assert not (project / FILE).exists()


def finding(fingerprint: str, path: str) -> Finding:
    return Finding(
        "drop-table", "destructive", "warning", "DROP TABLE", Place(path, 1, 1, 1, 9), fingerprint=fingerprint
    )


def test_an_entry_stands_for_one_finding_that_of_its_own_file_first() -> None:
    findings = [finding("a" * 32, "moved.sql"), finding("a" * 32, "here.sql")]
    known, left = match(findings, [BaselineEntry("a" * 32, "drop-table", "here.sql")])
    assert (known, left) == ({1}, [])
    known, left = match(findings, [BaselineEntry("a" * 32, "drop-table", "gone.sql")] * 3)
    assert known == {0, 1}
    assert len(left) == 1


def test_what_is_written_is_read_again_sorted_by_path_rule_and_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    entries = [entry_of(finding(digit * 32, path)) for digit, path in (("2", "b.sql"), ("1", "b.sql"), ("3", "a.sql"))]
    Path("known.jsonl").write_bytes(encoded("known.jsonl", entries))
    assert [entry.fingerprint[0] for entry in read_baseline("known.jsonl")] == ["3", "1", "2"]
    assert sorted(read_baseline("known.jsonl"), key=str) == sorted(entries, key=str)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_baseline(".")
