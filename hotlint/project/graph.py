"""The graph of migrations, and the order that it allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hotlint.project.model import Migration, Project

if TYPE_CHECKING:
    from networkx import DiGraph


class MigrationCycle(ValueError):
    """Migrations that wait for each other; ``ids`` go round once."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids = tuple(ids)
        super().__init__("Migrations wait for each other: " + " → ".join((*self.ids, self.ids[0])))


def migration_graph(project: Project) -> DiGraph[str]:
    """A graph with an edge from each migration to those that need it; nodes carry the migration as ``migration``.

    Parents that the project does not have are nodes without a migration. This imports networkx.
    """
    import networkx

    graph: DiGraph[str] = networkx.DiGraph()
    for migration in project.migrations:
        graph.add_node(migration.id, migration=migration)
        graph.add_edges_from((parent, migration.id) for parent in migration.parents)
    return graph


def is_linear(migrations: Sequence[Migration]) -> bool:
    """Whether each migration has the one before it as its only parent."""
    before: tuple[str, ...] = ()
    for migration in migrations:
        if migration.parents != before:
            return False
        before = (migration.id,)
    return True


def order_migrations(migrations: Sequence[Migration]) -> tuple[Migration, ...]:
    """The migrations with every parent before its children; what is in order stays in its place.

    Only an order that does not suffice makes this import networkx.

    Raises:
        MigrationCycle: no order is possible.
    """
    if _in_order(migrations):
        return tuple(migrations)
    import networkx

    place = {migration.id: index for index, migration in enumerate(migrations)}
    graph: DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(place)
    for migration in migrations:
        graph.add_edges_from((parent, migration.id) for parent in migration.parents if parent in place)
    try:
        order = list(networkx.lexicographical_topological_sort(graph, key=place.__getitem__))
    except networkx.NetworkXUnfeasible:
        cycle = networkx.find_cycle(graph)
        raise MigrationCycle([edge[0] for edge in cycle]) from None
    return tuple(migrations[place[id]] for id in order)


def _in_order(migrations: Sequence[Migration]) -> bool:
    everything = {migration.id for migration in migrations}
    done: set[str] = set()
    for migration in migrations:
        if any(parent in everything and parent not in done for parent in migration.parents):
            return False
        done.add(migration.id)
    return True
