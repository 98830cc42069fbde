"""The model against what real servers of all seven versions did (rows.jsonl)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from agreement import KINDS, VERSIONS, Report, cases, run, table


@pytest.fixture(scope="module")
def report() -> Report:
    return run()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_model_says_what_the_server_did(report: Report, kind: str, version: int) -> None:
    wrong = [d for d in report.differences if d.kind == kind and d.version == version]
    assert not wrong, table(report)


def test_hardly_anything_is_unknown(report: Report) -> None:
    assert len(report.unknown) < 0.01 * sum(report.rows.values()), report.unknown


def test_every_version_is_measured(report: Report) -> None:
    assert all(report.rows[version] > 300 for version in VERSIONS)


# What is left: choices of the planner, whether a condition finds a row, and objects that the catalog does not follow.
FLOORS = {
    "locks": 99.0,
    "rewrites": 100.0,
    "scans": 99.4,
    "builds": 100.0,
    "truncated": 100.0,
    "transaction": 99.9,
    "error": 93.0,
}


@pytest.fixture(scope="module")
def variations() -> Report:
    return run(rows=cases("more.jsonl"))


@pytest.mark.parametrize("kind", KINDS)
def test_variations_of_the_cases_agree_but_for_what_no_file_tells(variations: Report, kind: str) -> None:
    wrong = {(d.case, d.kind) for d in variations.differences if d.kind == kind}
    assert variations.share(kind) >= FLOORS[kind], sorted(wrong)
