"""The pytest plugin: a marker and a fixture that fail a test with what is wrong with migrations.

pytest imports it wherever Hotlint is installed, so it imports nothing of Hotlint until a test asks for a check.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Union

import pytest

if TYPE_CHECKING:
    from hotlint.finding import Severity
    from hotlint.report.model import Report

PathName = Union[str, "os.PathLike[str]"]

_MARKER = (
    "hotlint(*paths, pg_version=None, config=None, isolated=False, select=None, ignore=None, since=None, "
    "fail_on=None): fail the test where the migrations under paths have findings"
)


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line("markers", _MARKER)


class Hotlint:
    """What the ``hotlint`` fixture gives: call it to check migrations. Paths are taken from ``root``."""

    def __init__(self, root: PathName) -> None:
        self.root = os.fspath(root)

    def __call__(
        self,
        *paths: PathName,
        pg_version: int | None = None,
        config: PathName | None = None,
        isolated: bool = False,
        select: Sequence[str] | None = None,
        ignore: Sequence[str] | None = None,
        since: str | None = None,
        fail_on: Severity | None = None,
    ) -> Report:
        """Fails the test with the findings' text where one is at or above ``fail_on``, or where Hotlint itself failed;
        else returns the report, with what was found below that.

        No paths: the configured or usual folders. ``fail_on`` is "error", "warning" or "info"; None means the
        configured one, else warning. The rest is as for ``hotlint.check``.

        A mistake in what is asked or in the configuration fails the test with one line. Raises ``ValueError`` for a
        ``fail_on`` that is no severity.
        """
        __tracebackhide__ = True
        from hotlint.errors import HotlintError

        _check_severity(fail_on)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.root)
            try:
                report, complaint = _check(paths, pg_version, config, isolated, select, ignore, since, fail_on)
            except HotlintError as error:
                pytest.fail(f"hotlint: error: {error}", pytrace=False)
        if complaint:
            pytest.fail(complaint, pytrace=False)
        return report


@pytest.fixture
def hotlint(pytestconfig: pytest.Config) -> Hotlint:
    """Checks migrations: ``hotlint("db/migrations")`` fails the test with the findings' text, or returns the report."""
    return Hotlint(pytestconfig.rootpath)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Checks what the test's markers name, before its body runs."""
    for marker in item.iter_markers("hotlint"):
        Hotlint(item.config.rootpath)(*marker.args, **marker.kwargs)


def _check(
    paths: Sequence[PathName],
    pg_version: int | None,
    config: PathName | None,
    isolated: bool,
    select: Sequence[str] | None,
    ignore: Sequence[str] | None,
    since: str | None,
    fail_on: Severity | None,
) -> tuple[Report, str]:
    """The report, and its text where the test is to fail, else nothing."""
    from hotlint import api
    from hotlint.report.excerpt import Sources
    from hotlint.report.model import reaches
    from hotlint.report.run import CheckRun
    from hotlint.report.text import full

    request = api.request_for(
        paths or None,
        server=pg_version,
        config=config,
        isolated=isolated,
        select=select,
        ignore=ignore,
        since=since,
    )
    report = api.run_check(request, cache=True)
    worst = report.worst()
    limit = fail_on or request.settings.config.fail_on or api.DEFAULT_FAIL_ON
    failed = bool(report.failures) or (worst is not None and reaches(worst, limit))
    return report, full(report, CheckRun(Sources())) if failed else ""


def _check_severity(fail_on: Any) -> None:
    from hotlint.finding import SEVERITIES

    if fail_on is not None and fail_on not in SEVERITIES:
        raise ValueError(f"fail_on is one of {', '.join(SEVERITIES)}, not {fail_on!r}")
