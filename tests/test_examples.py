"""The web shop of ``make demo`` has findings of every family, and what it does right is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

import hotlint
from hotlint.report.model import Report

WEBSHOP = Path(__file__).resolve().parent.parent / "examples" / "webshop"


@pytest.fixture(scope="module")
def report() -> Report:
    return hotlint.check(WEBSHOP / "db" / "migrations")


def test_every_family_of_findings_occurs(report: Report) -> None:
    families = {
        "locking",
        "rewrite",
        "scan",
        "transaction",
        "destructive",
        "backward-incompatible",
        "rollback",
        "ordering",
    }
    assert families <= {finding.category for finding in report.findings}
    assert {"unbatched-backfill", "delete-without-where"} <= {finding.rule for finding in report.findings}
    assert report.failures == ()


def test_what_the_server_refuses_is_foretold_and_nothing_else(report: Report) -> None:
    """Measured: a PostgreSQL 16 runs all up scripts but these two."""
    refused = {"migration-fails", "concurrent-in-transaction", "syntax-error"}
    told = {(f.migration, f.rule) for f in report.findings if f.rule in refused}
    assert told == {("0016", "concurrent-in-transaction"), ("0017", "migration-fails")}


@pytest.mark.parametrize("migration", ["0005", "0006", "0007", "0008"])
def test_migrations_that_are_done_right_are_left_alone(report: Report, migration: str) -> None:
    grave = [f for f in report.findings if f.migration == migration and f.severity != "info"]
    assert [(f.rule, f.message) for f in grave] == []
