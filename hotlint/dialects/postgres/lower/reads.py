"""What a walk over the tree of a query collects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hotlint.operations import AnyOperation, Name, Query, RelationUse, TypeName

_Use = tuple[Name, "str | None", bool, Any]


class Reads:
    """What a walk over a tree has met. ``scope`` are the names of the CTEs that can be seen at this point."""

    __slots__ = (
        "columns",
        "ctes",
        "derived",
        "functions",
        "names",
        "relations",
        "scope",
        "selects",
        "star",
        "types",
        "writes",
    )

    def __init__(self, scope: frozenset[str] = frozenset()) -> None:
        self.relations: list[_Use] = []
        self.columns: dict[tuple[str | None, str], None] = {}
        self.star: dict[str | None, None] = {}
        self.functions: dict[Name, None] = {}
        self.types: dict[TypeName, None] = {}
        self.writes: list[AnyOperation] = []
        self.scope = scope
        self.names: dict[str, None] | None = {}
        self.derived: dict[tuple[str, tuple[str, ...] | None], None] = {}
        self.ctes: dict[str, tuple[str, ...] | None] = {}
        self.selects = 0

    def sees(self, names: Iterable[str] | None) -> None:
        """Words that a column may be called by, beside the columns of relations; None for any."""
        if names is None:
            self.names = None
        elif self.names is not None:
            self.names.update(dict.fromkeys(names))

    def uses(self) -> tuple[RelationUse, ...]:
        """The relations, each use once."""
        return tuple([RelationUse(*use) for use in dict.fromkeys(self.relations)])

    def query(self) -> Query:
        """What was met, as a query without a result."""
        return Query(
            relations=self.uses(),
            columns=tuple(self.columns),
            star=tuple(self.star),
            functions=tuple(self.functions),
            types=tuple(self.types),
            writes=tuple(self.writes),
            names=tuple(self.names) if self.names is not None else None,
            derived=tuple(self.derived),
        )
