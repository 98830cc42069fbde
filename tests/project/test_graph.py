"""The graph of migrations."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hotlint.project.graph import MigrationCycle, is_linear, migration_graph, order_migrations
from hotlint.project.model import Migration, Project
from hotlint.source import Script


def migration(id: str, *parents: str) -> Migration:
    return Migration(id=id, name=id, up=Script(f"{id}.sql", "", ()), parents=parents)


def test_edges_go_from_what_is_needed_to_what_needs_it() -> None:
    migrations = (migration("users"), migration("orders", "users"), migration("audit", "users", "other:log"))
    graph = migration_graph(Project("deploy", "sqitch", "postgres", migrations))
    assert sorted(graph.edges) == [("other:log", "audit"), ("users", "audit"), ("users", "orders")]
    assert graph.nodes["orders"]["migration"] is migrations[1]


def test_an_order_that_suffices_stays_and_needs_no_graph_library() -> None:
    migrations = (migration("a"), migration("c", "a"), migration("b", "a"))
    assert order_migrations(migrations) == migrations
    code = (
        "import sys, hotlint.project.graph as g, hotlint.project.discover;"
        "g.order_migrations(()); sys.exit('networkx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_what_waits_for_something_later_moves_behind_it() -> None:
    late, early, last = migration("orders", "users"), migration("users"), migration("audit")
    assert [m.id for m in order_migrations((late, early, last))] == ["users", "orders", "audit"]


def test_a_cycle_names_who_waits_for_whom() -> None:
    with pytest.raises(MigrationCycle) as caught:
        order_migrations((migration("a", "b"), migration("b", "a"), migration("c")))
    assert sorted(caught.value.ids) == ["a", "b"]
    assert "a → b → a" in str(caught.value) or "b → a → b" in str(caught.value)


def test_a_linear_history_is_known_as_one() -> None:
    assert is_linear((migration("1"), migration("2", "1")))
    assert not is_linear((migration("1"), migration("2")))
