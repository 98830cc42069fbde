"""Atlas."""

from __future__ import annotations

from tests.project.layouts import Load, outline


def test_txmode_none_at_the_top_takes_the_transaction_away(load: Load) -> None:
    project = load(
        {
            "migrations/atlas.sum": "h1:x=\n",
            "migrations/20240101000000_a.sql": "CREATE TABLE a (id int);\n-- atlas:txmode none\n",
            "migrations/20240102000000_i.sql": "-- atlas:txmode none\n\nCREATE INDEX CONCURRENTLY i ON a (id);\n",
        }
    )
    assert project.framework == "atlas"
    assert outline(project) == [
        ("20240101000000", "a", "migrations/20240101000000_a.sql", None, "wrapped"),
        ("20240102000000", "i", "migrations/20240102000000_i.sql", None, "none"),
    ]
    assert project.migrations[1].directive == (0, 20)
    assert project.support_files == ("migrations/atlas.sum",)


def test_atlas_with_the_files_of_another_tool_is_that_tool(load: Load) -> None:
    project = load({"migrations/atlas.sum": "h1:x=\n", "migrations/1_a.sql": "-- +goose Up\nSELECT 1;\n"})
    assert project.framework == "goose"
