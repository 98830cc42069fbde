"""The library: what it takes, what it returns, and which mistakes it tells by which exception."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import hotlint
from hotlint.api import Request
from hotlint.errors import ConfigError, UsageError

INDEX = "CREATE INDEX orders_day_idx ON orders (day);\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOTLINT_CACHE_DIR", str(tmp_path / "cache"))
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "0001_orders.sql").write_text("CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n")
    (migrations / "0002_day.sql").write_text(INDEX)
    return migrations


@pytest.mark.parametrize("server", ["postgres-16", "16", 16, hotlint.Server(major=16)])
def test_a_server_can_be_named_in_any_of_these_ways(folder: Path, server: object) -> None:
    plan = hotlint.plan(folder, server=server)  # type: ignore[arg-type]
    assert (plan.server, plan.assumed) == (hotlint.Server(major=16), False)


def test_nothing_said_is_version_15_and_the_usual_folder(folder: Path) -> None:
    plan = hotlint.plan()
    assert (plan.server.major, plan.assumed) == (15, True)
    assert [p.plan.project.root for p in plan.projects] == ["migrations"]
    assert plan.to_dict()["projects"][0]["migrations"][1]["steps"][0]["line"] == 1


@pytest.mark.parametrize("server", ["postgres-9", "mysql-8", 11, "sixteen"])
def test_a_server_that_is_not_known_is_a_usage_error(folder: Path, server: object) -> None:
    with pytest.raises(UsageError, match="there is no server"):
        hotlint.plan(folder, server=server)  # type: ignore[arg-type]


def test_paths_may_be_one_or_several_texts_or_paths(folder: Path) -> None:
    one = hotlint.check("migrations", select=["create-index-not-concurrent"])
    several = hotlint.check([folder, "migrations/0001_orders.sql"], select=["create-index-not-concurrent"])
    assert [f.place.path for f in one.findings] == ["migrations/0002_day.sql"]
    assert one.findings == several.findings


def test_a_file_limits_the_report_and_not_what_is_read(folder: Path) -> None:
    select = ["create-index-not-concurrent"]
    assert len(hotlint.check("migrations/0002_day.sql", select=select).findings) == 1
    assert hotlint.check("migrations/0001_orders.sql", select=select).findings == ()


def test_what_is_not_there_is_a_usage_error(folder: Path) -> None:
    with pytest.raises(UsageError, match="there is no file or folder nowhere"):
        hotlint.check("nowhere")
    with pytest.raises(UsageError, match="no rule or category"):
        hotlint.check(folder, ignore=["creat-index"])
    with pytest.raises(UsageError, match='there is no migration "77"'):
        hotlint.check(folder, since="77")


def test_the_configuration_is_found_named_or_left_alone(folder: Path) -> None:
    (folder / "hotlint.yaml").write_text("pg_version: 13\n")
    (folder.parent / "other.yaml").write_text("pg_version: 14\n")
    assert hotlint.check(folder).server.major == 13
    assert hotlint.check(folder, config="other.yaml").server.major == 14
    assert hotlint.check(folder, isolated=True).server.major == 15
    assert hotlint.check(folder, server=18).server.major == 18
    (folder / "hotlint.yaml").write_text("pg_versoin: 13\n")
    with pytest.raises(ConfigError, match="pg_version"):
        hotlint.check(folder)


def test_paths_of_the_configuration_are_relative_to_it(folder: Path) -> None:
    (folder.parent / "settings").mkdir()
    (folder.parent / "settings" / "hotlint.yaml").write_text("paths: [../migrations]\n")
    report = hotlint.check(config="settings/hotlint.yaml")
    assert [project.root for project in report.projects] == ["migrations"]


def test_one_project_may_differ_from_the_others(folder: Path) -> None:
    (folder.parent / "hotlint.yaml").write_text(
        "projects:\n  - path: migrations\n    start_after: '0002'\nselect: [create-index-not-concurrent]\n"
    )
    assert hotlint.check("migrations").findings == ()
    assert len(hotlint.check("migrations", since="0001").findings) == 1


def test_a_rule_that_fails_is_a_failure_and_the_rest_is_checked(folder: Path) -> None:
    (folder.parent / "broken_rule.py").write_text(
        "from hotlint.rule import Rule, ops\n\n\nclass Broken(Rule):\n"
        "    id = 'broken-rule'\n    category = 'own'\n    operations = (ops.CreateIndex,)\n\n"
        "    def check_step(self, step, operation, context):\n        raise KeyError('oops')\n"
    )
    (folder.parent / "hotlint.yaml").write_text("rules: [broken_rule.py]\n")
    report = hotlint.check("migrations")
    (failure,) = report.failures
    assert (failure.where, failure.message) == ("rule broken-rule at migrations/0002_day.sql:1", "KeyError: 'oops'")
    assert "Traceback" in failure.details
    assert "create-index-not-concurrent" in {finding.rule for finding in report.findings}


def test_a_project_that_fails_does_not_take_the_others_along(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hotlint import running

    other = folder.parent / "other"
    other.mkdir()
    (other / "0001_a.up.sql").write_text("CREATE TABLE a (id bigint);\n")
    (other / "0002_b.up.sql").write_text("CREATE TABLE b (id bigint);\n")
    from hotlint.planning.loop import PlanOptions, make_plan
    from hotlint.planning.model import Plan
    from hotlint.project.model import Project

    def failing(project: Project, server: hotlint.Server, options: PlanOptions, *more: object) -> Plan:
        if project.root == "other":
            raise RecursionError("too deep")
        return make_plan(project, server, options)

    monkeypatch.setattr(running, "make_plan", failing)
    report = hotlint.check(["migrations", "other"])
    assert [(failure.where, failure.message) for failure in report.failures] == [("other", "RecursionError: too deep")]
    assert [project.root for project in report.projects] == ["migrations", "other"]
    assert report.findings


def test_a_kept_report_is_given_again_until_something_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hotlint import running

    for path in folder.iterdir():
        os.utime(path, (1, 1))
    calls: list[object] = []
    make = running.make_report

    def counted(request: Request, *kept: Any) -> object:
        calls.append(request)
        return make(request, *kept)

    monkeypatch.setattr(running, "make_report", counted)
    first = hotlint.check(folder, cache=True)
    assert hotlint.check(folder, cache=True) == first
    assert len(calls) == 1
    hotlint.check(folder, cache=True, server=17)
    hotlint.check(folder, cache=True, select=["locking"])
    assert len(calls) == 3
    (folder / "0002_day.sql").write_text("-- nothing\n")
    os.utime(folder / "0002_day.sql", (1, 1))
    assert hotlint.check(folder, cache=True).findings != first.findings
    assert len(calls) == 4
    for entry in (folder.parent / "cache").iterdir():
        entry.write_bytes(b"broken")
    hotlint.check(folder, cache=True)
    assert len(calls) == 5


def test_a_file_that_changes_while_it_is_read_is_not_kept(folder: Path) -> None:
    os.utime(folder / "0002_day.sql", (2**31, 2**31))
    hotlint.check(folder, cache=True)
    assert not list((folder.parent / "cache").glob("*.v1"))


def test_the_cache_can_be_switched_off_or_put_elsewhere(folder: Path) -> None:
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    (folder.parent / "hotlint.yaml").write_text("cache: false\n")
    hotlint.check(folder, cache=True)
    (folder.parent / "hotlint.yaml").write_text("cache: .kept\n")
    hotlint.check(folder, cache=True)
    assert not list((folder.parent / "cache").glob("*.v1"))
    assert len(list((folder.parent / ".kept").glob("*.v1"))) == 1


def test_names_of_the_library_are_found_and_others_are_not() -> None:
    assert hotlint.Report.__name__ == "Report"
    with pytest.raises(AttributeError, match="no attribute 'lint_it'"):
        _ = hotlint.lint_it


def test_a_text_that_is_not_saved_yet_is_checked_with_the_history_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "db" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_orders.up.sql").write_text("CREATE TABLE orders (id bigint PRIMARY KEY, placed_at date);\n")
    path = "db/migrations/0002_placed_at.up.sql"
    sql = "CREATE INDEX orders_placed_at_idx ON orders (placed_at);\n"
    report = hotlint.check(path, select=["create-index-not-concurrent"], buffers={path: sql})
    assert [(f.place.path, f.place.line, f.relations) for f in report.findings] == [(path, 1, ("public.orders",))]
