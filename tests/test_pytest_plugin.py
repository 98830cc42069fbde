"""The pytest plugin, in sessions of pytest that are run inside."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, day date);\n"
UNSAFE = "SET lock_timeout = '2s';\nCREATE INDEX orders_day_idx ON orders (day);\n"
SAFE = "CREATE INDEX CONCURRENTLY orders_day_idx ON orders (day);\n"
FINDING = "db/migrations/0002_day.up.sql:2:1: error[[]create-index-not-concurrent[]] CREATE INDEX takes a SHARE lock *"


@pytest.fixture
def shop(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with one unsafe migration, and nothing of Hotlint's own in the inner sessions but the plugin."""
    monkeypatch.setenv("HOTLINT_CACHE_DIR", str(pytester.path / ".cache"))
    monkeypatch.setenv("COLUMNS", "200")
    folder = pytester.path / "db" / "migrations"
    folder.mkdir(parents=True)
    for name, up, down in (
        ("0001_orders", ORDERS, "DROP TABLE orders;\n"),
        ("0002_day", UNSAFE, "DROP INDEX CONCURRENTLY orders_day_idx;\n"),
    ):
        (folder / f"{name}.up.sql").write_text(up)
        (folder / f"{name}.down.sql").write_text(down)
    pytester.makeini("[pytest]\naddopts = --strict-markers\n")
    return pytester


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """A session in a process of its own, where the plugin comes from the installed entry point."""
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_the_fixture_fails_a_test_with_the_findings_text(shop: pytest.Pytester) -> None:
    shop.makepyfile("def test_migrations(hotlint):\n    hotlint('db/migrations')\n")
    result = run(shop)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [FINDING, "2 | CREATE INDEX orders_day_idx ON orders (day);", "  instead: *", f"      {SAFE.strip()}"]
    )
    assert "Traceback" not in result.stdout.str()
    assert "pytest_plugin.py" not in result.stdout.str()


def test_the_fixture_returns_the_report_where_nothing_is_bad_enough(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        def test_migrations(hotlint):
            report = hotlint("db/migrations", select=["missing-lock-timeout"], pg_version=17, fail_on="error")
            assert [f.rule for f in report.findings] == []
            assert report.server.major == 17
            assert len(hotlint(ignore=["create-index-not-concurrent"]).projects) == 1
        """
    )
    run(shop).assert_outcomes(passed=1)


def test_the_marker_fails_a_test_before_its_body_and_lets_it_run_otherwise(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import pytest

        @pytest.mark.hotlint("db/migrations")
        def test_unsafe():
            print("the body of the unsafe one")

        @pytest.mark.hotlint("db/migrations", since="0002", pg_version=16)
        def test_nothing_new():
            print("the body of the other one")
        """
    )
    result = run(shop, "-rA")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines([FINDING, "FAILED *::test_unsafe - Failed: db/migrations/0002_day.up.sql:2:1: error*"])
    assert "the body of the unsafe one" not in result.stdout.str()
    assert "the body of the other one" in result.stdout.str()


def test_paths_and_the_configuration_are_those_of_the_root_wherever_pytest_is_started(shop: pytest.Pytester) -> None:
    (shop.path / "hotlint.yaml").write_text("paths: [db/migrations]\nfail_on: error\nignore: [locking]\n")
    inner = shop.path / "tests"
    inner.mkdir()
    (inner / "test_it.py").write_text(
        "import os\n\ndef test_migrations(hotlint):\n"
        "    here = os.getcwd()\n"
        "    assert [p.root for p in hotlint().projects] == ['db/migrations']\n"
        "    assert os.getcwd() == here\n"
    )
    shop.chdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(inner)
        run(shop, "--rootdir", str(shop.path), str(inner)).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("hotlint('db/nowhere')", "hotlint: error: there is no file or folder db/nowhere"),
        ("hotlint(select=['no-such-rule'])", 'hotlint: error: there is no rule or category "no-such-rule"*'),
        ("hotlint(pg_version=9)", "hotlint: error: there is no server *"),
        ("hotlint(fail_on='warnings')", "E * ValueError: fail_on is one of *, not 'warnings'"),
    ],
)
def test_a_mistake_in_what_is_asked_fails_the_test_with_one_line(
    shop: pytest.Pytester, call: str, message: str
) -> None:
    shop.makepyfile(f"def test_migrations(hotlint):\n    {call}\n")
    result = run(shop)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message])


def test_a_failure_inside_a_rule_fails_the_test_too(shop: pytest.Pytester) -> None:
    """Else a check that was not made would pass for a clean one."""
    (shop.path / "broken.py").write_text("class Broken:\n    id = 'broken'\n")
    (shop.path / "hotlint.yaml").write_text("rules: [broken.py]\nignore: [locking]\n")
    shop.makepyfile("def test_migrations(hotlint):\n    hotlint('db/migrations')\n")
    result = run(shop)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*broken.py*"])


def test_a_session_that_does_not_ask_for_it_imports_nothing_of_hotlint(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import sys

        def test_modules():
            found = {name for name in sys.modules if name.partition(".")[0] in ("hotlint", "pglast", "msgspec")}
            assert found == {"hotlint", "hotlint.pytest_plugin"}
        """
    )
    run(shop).assert_outcomes(passed=1)


def test_the_marker_and_the_fixture_are_listed(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.hotlint(*paths, pg_version=None, *"])
    result = pytester.runpytest_subprocess("--fixtures", "-q")
    result.stdout.fnmatch_lines(["hotlint -- *pytest_plugin.py:*", "*Checks migrations:*"])


def test_check_is_usable_in_any_test(tmp_path: Path) -> None:
    """Without the plugin: the library says what it found, and the test decides."""
    import hotlint

    (tmp_path / "0001_orders.sql").write_text(ORDERS)
    (tmp_path / "0002_day.sql").write_text(UNSAFE)
    report = hotlint.check(tmp_path, isolated=True, select=["locking"])
    assert [(Path(f.place.path).name, f.place.line, f.rule) for f in report.findings] == [
        ("0002_day.sql", 2, "create-index-not-concurrent")
    ]
