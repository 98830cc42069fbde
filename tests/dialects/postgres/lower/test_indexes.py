from __future__ import annotations

from collections.abc import Callable

import pytest

from hotlint.operations import AnyOperation, CreateIndex, Expr, IndexElement, Name, Reindex

Lower = Callable[[str], "tuple[AnyOperation, ...]"]

ORDERS = Name("orders")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "CREATE INDEX ON ONLY orders (a)",
            CreateIndex(relation=ORDERS, only=True, index=None, elements=(IndexElement("a"),)),
        ),
        (
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON app.orders (a DESC NULLS LAST, b) NULLS NOT DISTINCT",
            CreateIndex(
                relation=Name("orders", "app"),
                index="i",
                elements=(IndexElement("a", descending=True, nulls="last"), IndexElement("b")),
                unique=True,
                concurrently=True,
                if_not_exists=True,
                nulls_not_distinct=True,
            ),
        ),
        (
            'CREATE INDEX i ON orders USING gin (lower(a) COLLATE "C" gin_trgm_ops) INCLUDE (b, c)'
            " WITH (fastupdate = off) TABLESPACE fast WHERE gone_at IS NULL",
            CreateIndex(
                relation=ORDERS,
                index="i",
                elements=(
                    IndexElement(
                        expression=Expr("call", name=Name("lower"), args=(Expr("column", "a"),)),
                        opclass=Name("gin_trgm_ops"),
                        collation=Name("C"),
                    ),
                ),
                method="gin",
                include=("b", "c"),
                where=Expr("is_null", args=(Expr("column", "gone_at"),)),
                tablespace="fast",
                options=(("fastupdate", "off"),),
            ),
        ),
        ("REINDEX INDEX i", Reindex(target="index", name=Name("i"))),
        (
            "REINDEX TABLE CONCURRENTLY app.orders",
            Reindex(target="table", name=Name("orders", "app"), concurrently=True),
        ),
        (
            "REINDEX (VERBOSE, CONCURRENTLY) SCHEMA app",
            Reindex(target="schema", name=Name("app"), concurrently=True, options=("verbose", "concurrently")),
        ),
        ("REINDEX (CONCURRENTLY false) INDEX i", Reindex(target="index", name=Name("i"), options=("concurrently",))),
        ("REINDEX SYSTEM", Reindex(target="system", name=None)),
        ("REINDEX DATABASE shop", Reindex(target="database", name=Name("shop"))),
    ],
)
def test_an_index_carries_what_is_written_about_it(lower: Lower, sql: str, expected: AnyOperation) -> None:
    assert lower(sql) == (expected,)
