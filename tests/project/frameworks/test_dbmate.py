"""dbmate."""

from __future__ import annotations

from tests.project.layouts import Load, sql, told


def test_a_section_without_transaction_is_one_message(load: Load) -> None:
    text = "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON a (id);\n\n-- migrate:down\nDROP INDEX i;\n"
    project = load(
        {
            "db/migrations/20240101000000_a.sql": "-- migrate:up\nCREATE TABLE a ();\n\n-- migrate:down\n\n",
            "db/migrations/20240102000000_i.sql": text,
            "db/schema.sql": "CREATE TABLE a ();",
        }
    )
    first, second = project.migrations
    assert (project.framework, project.root) == ("dbmate", "db/migrations")
    assert (first.transaction, first.down and first.down.regions) == ("wrapped", ())
    assert (second.transaction, second.down_transaction) == ("implicit", "wrapped")
    assert second.directive == (0, 31)
    assert sql(second.up) == ["CREATE INDEX CONCURRENTLY i ON a (id);"]
    assert told(project) == []
