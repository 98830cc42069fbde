"""Which relations a query draws its rows from: the result is empty where one of each branch is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hotlint.operations import AnyOperation, Delete, Insert, Select, Update

Lower = Callable[[str], "tuple[AnyOperation, ...]"]


def sources(lower: Lower, sql: str) -> list[str]:
    """The branches of the query in ``sql``, as ``a b`` for relations that must all have rows."""
    (found,) = lower(sql)
    assert isinstance(found, (Select, Insert, Update, Delete))
    return [" ".join(name.name for name in branch) for branch in found.query.sources]


@pytest.mark.parametrize(
    ("sql", "branches"),
    [
        ("INSERT INTO t SELECT * FROM a", ["a"]),
        ("INSERT INTO t SELECT * FROM a, b WHERE a.id = b.id", ["a b"]),
        ("INSERT INTO t SELECT * FROM a JOIN b USING (id) LEFT JOIN c USING (id)", ["a b"]),
        ("INSERT INTO t SELECT * FROM a RIGHT JOIN b USING (id)", ["b"]),
        ("INSERT INTO t SELECT * FROM a UNION ALL SELECT * FROM b", ["a", "b"]),
        ("INSERT INTO t SELECT * FROM a INTERSECT SELECT * FROM b", ["a b"]),
        ("INSERT INTO t SELECT * FROM a EXCEPT SELECT * FROM b", ["a"]),
        ("INSERT INTO t SELECT * FROM (SELECT * FROM a) x, LATERAL (SELECT x.n + 1) y", ["a"]),
        ("INSERT INTO t WITH x AS (SELECT * FROM a) SELECT * FROM x", ["a"]),
        ("WITH x AS (SELECT * FROM a) INSERT INTO t SELECT * FROM x JOIN b USING (id)", ["a b"]),
        ("WITH x AS (DELETE FROM a RETURNING *) INSERT INTO t SELECT * FROM x", ["a"]),
        ("INSERT INTO t SELECT max(n) FROM a GROUP BY day", ["a"]),
        ("INSERT INTO t SELECT row_number() OVER () FROM a", ["a"]),
        ("INSERT INTO t SELECT * FROM a WHERE EXISTS (SELECT FROM b) AND id IN (SELECT id FROM c)", ["a b c"]),
        ("UPDATE t SET n = a.n FROM a WHERE a.id = t.id", ["a"]),
        ("UPDATE t SET n = 1 WHERE id IN (SELECT id FROM a)", ["a"]),
        ("DELETE FROM t USING a WHERE a.id = t.id", ["a"]),
    ],
)
def test_the_relations_that_a_query_needs_rows_of_are_told(lower: Lower, sql: str, branches: list[str]) -> None:
    assert sources(lower, sql) == branches


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t SELECT 1",
        "INSERT INTO t SELECT count(*) FROM a",
        "INSERT INTO t SELECT n FROM a UNION SELECT 1",
        "INSERT INTO t SELECT app.total(n) FROM a",
        "INSERT INTO t SELECT max(n) FROM a HAVING true",
        "INSERT INTO t SELECT * FROM a FULL JOIN b USING (id)",
        "INSERT INTO t SELECT * FROM generate_series(1, 3)",
        "INSERT INTO t WITH RECURSIVE x AS (SELECT 1 UNION SELECT n FROM x, a) SELECT * FROM x",
        "WITH x AS (INSERT INTO a VALUES (1) RETURNING *) INSERT INTO t SELECT * FROM x",
        "UPDATE t SET n = (SELECT max(n) FROM a)",
        "DELETE FROM t WHERE id NOT IN (SELECT id FROM a)",
        "DELETE FROM t WHERE n = 1 OR EXISTS (SELECT FROM a)",
    ],
)
def test_nothing_is_told_of_a_query_that_may_give_rows_of_nothing(lower: Lower, sql: str) -> None:
    assert sources(lower, sql) == []
