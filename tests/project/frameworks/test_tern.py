"""tern."""

from __future__ import annotations

from tests.project.layouts import Load, sql


def test_what_stands_below_the_line_is_the_way_down(load: Load) -> None:
    text = (
        "---- tern: disable-tx ----\nCREATE INDEX CONCURRENTLY i ON a (id);\n\n"
        "---- create above / drop below ----\n\nDROP INDEX i;\n"
    )
    project = load({"migrations/001_a.sql": "CREATE TABLE a (id int);\n", "migrations/002_i.sql": text})
    first, second = project.migrations
    assert project.framework == "tern"
    assert (first.transaction, first.down) == ("wrapped", None)
    assert (second.transaction, second.down_transaction, second.directive) == ("none", "wrapped", (0, 26))
    assert second.down is not None
    assert sql(second.down) == ["DROP INDEX i;"]


def test_its_settings_file_shows_tern(load: Load) -> None:
    project = load({"migrations/tern.conf": "", "migrations/001_a.sql": "SELECT 1;"})
    assert (project.framework, project.migrations[0].transaction) == ("tern", "wrapped")
