"""Supabase."""

from __future__ import annotations

import pytest

from tests.project.layouts import Load


@pytest.mark.parametrize(
    ("sql", "mode"),
    [
        ("CREATE TABLE a ();", "wrapped"),
        ("BEGIN;\nCREATE TABLE a ();\nCOMMIT;", "implicit"),
        ("CREATE INDEX CONCURRENTLY i ON a (b);", "none"),
    ],
)
def test_the_batch_is_a_transaction_unless_the_file_says_otherwise(load: Load, sql: str, mode: str) -> None:
    project = load({"supabase/config.toml": "", "supabase/migrations/20240101000000_a.sql": sql})
    assert (project.framework, project.numbering, project.down_style) == ("supabase", "timestamp", None)
    assert [m.transaction for m in project.migrations] == [mode]
