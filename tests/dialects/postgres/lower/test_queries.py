from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from hotlint.operations import (
    AnyOperation,
    CreateTableAs,
    CreateView,
    Delete,
    Expr,
    Insert,
    Merge,
    Name,
    Query,
    RelationUse,
    Select,
    TypeName,
    Update,
)

Lower = Callable[[str], "tuple[AnyOperation, ...]"]

A, B = Name("a"), Name("b")
ONE = Expr("number", "1")


def query(lower: Lower, sql: str) -> Query:
    (operation,) = lower(sql)
    assert isinstance(operation, Select)
    return operation.query


def uses(*names: str) -> tuple[RelationUse, ...]:
    return tuple(RelationUse(Name(name)) for name in names)


def test_a_query_tells_what_it_reads(lower: Lower) -> None:
    found = query(
        lower,
        "SELECT o.id, count(*) AS n, lower(c.name)::app.label FROM app.orders o JOIN ONLY customers c USING (id)"
        " WHERE c.gone AND total > 1 GROUP BY o.id, (SELECT avg(total) FROM orders) ORDER BY n LIMIT 10",
    )
    assert found.group is not None
    assert found.group[1].kind == "subquery"
    assert found == Query(
        relations=(
            RelationUse(Name("orders", "app"), "o"),
            RelationUse(Name("customers"), "c", only=True),
            RelationUse(Name("orders")),
        ),
        columns=(("o", "id"), ("c", "name"), ("c", "gone"), (None, "total")),
        functions=(Name("count"), Name("lower"), Name("avg")),
        types=(TypeName("label", "app"),),
        output=("id", "n", "lower"),
        outputs=(
            Expr("column", "id", Name("o")),
            Expr("call", name=Name("count"), args=(Expr("column", "*"),)),
            Expr(
                "cast",
                args=(Expr("call", name=Name("lower"), args=(Expr("column", "name", Name("c")),)),),
                type=TypeName("label", "app"),
            ),
        ),
        row_limit=True,
        order_by=True,
        where=Expr(
            "and",
            args=(Expr("column", "gone", Name("c")), Expr("operator", ">", args=(Expr("column", "total"), ONE))),
        ),
        sources=((Name("orders", "app"), Name("customers")),),
        group=(Expr("column", "id", Name("o")), found.group[1]),
        names=("o", "c", "n"),
    )


@pytest.mark.parametrize(
    ("sql", "relations"),
    [
        ("WITH a AS (SELECT 1 FROM b) SELECT FROM a", ("b",)),
        ("WITH b AS (SELECT 1 FROM b) SELECT FROM b", ("b",)),
        ("WITH b AS (SELECT 1 FROM b), c AS (SELECT 1 FROM b) SELECT FROM c", ("b",)),
        ("WITH RECURSIVE a AS (SELECT 1 FROM c UNION ALL SELECT 1 FROM a) SELECT FROM a", ("c",)),
        ("WITH RECURSIVE a AS (SELECT 1 FROM z), z AS (SELECT 1 FROM c) SELECT FROM a", ("c",)),
        ("SELECT FROM (WITH a AS (SELECT 1) SELECT FROM a) x, a", ("a",)),
        ("WITH a AS (SELECT 1) SELECT (SELECT max(n) FROM a) FROM b", ("b",)),
        ("SELECT FROM a UNION SELECT FROM b", ("a", "b")),
        ("SELECT FROM a, LATERAL (SELECT FROM b WHERE b.id = a.id) x, generate_series(1, 2)", ("a", "b")),
        ("SELECT FROM a TABLESAMPLE system(1)", ("a",)),
        ("TABLE a", ("a",)),
        ("SELECT 1 FROM a WHERE EXISTS (SELECT FROM a)", ("a",)),
    ],
)
def test_names_of_ctes_are_no_relations_where_they_can_be_seen(
    lower: Lower, sql: str, relations: tuple[str, ...]
) -> None:
    assert query(lower, sql).relations == uses(*relations)


def test_a_qualified_name_is_never_a_cte(lower: Lower) -> None:
    found = query(lower, "WITH a AS (SELECT 1) SELECT FROM app.a")
    assert found.relations == (RelationUse(Name("a", "app")),)


@pytest.mark.parametrize(
    ("sql", "locks"),
    [
        ("SELECT FROM a, b FOR UPDATE", ("update", "update")),
        ("SELECT FROM a, b x FOR SHARE OF x", (None, "share")),
        ("SELECT FROM a, b FOR KEY SHARE OF a FOR NO KEY UPDATE OF b", ("key share", "no key update")),
        ("SELECT FROM a, b FOR UPDATE FOR SHARE", ("update", "update")),
        ("SELECT FROM a, (SELECT FROM b) x FOR UPDATE", ("update", "update")),
        ("SELECT FROM a, (SELECT FROM b FOR SHARE) x", (None, "share")),
        ("SELECT (SELECT 1 FROM b) FROM a FOR UPDATE", ("update", None)),
    ],
)
def test_a_locking_clause_is_about_the_relations_of_its_from(
    lower: Lower, sql: str, locks: tuple[str | None, ...]
) -> None:
    assert tuple(use.lock for use in query(lower, sql).relations) == locks


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("a.b", "b"),
        ("now()", "now"),
        ("1", "?column?"),
        ("a + 1", "?column?"),
        ("a::text", "a"),
        ("1::text", "text"),
        ("'x'::app.label", "label"),
        ("(a).b", "b"),
        ("a[1]", "a"),
        ("CASE WHEN a THEN 1 END", "case"),
        ("CASE WHEN a THEN 1 ELSE b END", "b"),
        ("CASE WHEN a THEN 1 ELSE 2::text END", "case"),
        ("coalesce(a, b)", "coalesce"),
        ("greatest(a, b)", "greatest"),
        ("nullif(a, b)", "nullif"),
        ("array[a]", "array"),
        ("array(SELECT 1)", "array"),
        ("row(1)", "row"),
        ("(SELECT max(x) FROM t)", "max"),
        ("(SELECT 1)", "?column?"),
        ("exists(SELECT 1)", "exists"),
        ('a COLLATE "C"', "a"),
        ("current_timestamp(3)", "current_timestamp"),
        ("extract(year FROM a)", "extract"),
        ("a AT TIME ZONE 'utc'", "timezone"),
        ("xmlelement(NAME x)", "xmlelement"),
        ("json_value(a, '$')", "json_value"),
        ("json_object('a': 1)", "json_object"),
        ("a.*", "*"),
        ("*", "*"),
        ("a AS z", "z"),
        ("a IS NULL", "?column?"),
    ],
)
def test_a_result_column_is_called_as_the_server_calls_it(lower: Lower, written: str, name: str) -> None:
    assert query(lower, f"SELECT {written} FROM a").output == (name,)


def test_a_set_operation_is_called_as_its_left_side_and_values_are_numbered(lower: Lower) -> None:
    assert query(lower, "SELECT a FROM x UNION SELECT b FROM y").output == ("a",)
    assert query(lower, "VALUES (1, 2), (3, 4)").output == ("column1", "column2")


def test_order_by_a_result_column_reads_no_column_of_that_name(lower: Lower) -> None:
    assert query(lower, "SELECT id AS n FROM a ORDER BY n").columns == ((None, "id"),)
    assert query(lower, "SELECT id FROM a ORDER BY n").columns == ((None, "id"), (None, "n"))


def test_limit_all_limits_nothing(lower: Lower) -> None:
    assert query(lower, "SELECT 1 LIMIT ALL").row_limit is False
    assert query(lower, "SELECT 1 FETCH FIRST 0 ROWS ONLY").row_limit is True


def test_a_data_modifying_cte_is_a_write_of_the_query(lower: Lower) -> None:
    sql = "WITH gone AS (DELETE FROM a USING b WHERE a.id = b.id RETURNING *) SELECT * FROM gone"
    assert query(lower, sql) == Query(
        star=(None,),
        output=("*",),
        outputs=(Expr("column", "*"),),
        writes=(
            Delete(
                relation=A,
                query=Query(relations=uses("b"), columns=(("a", "id"), ("b", "id")), star=(None,), sources=((B,),)),
                returning=True,
                where=Expr("operator", "=", args=(Expr("column", "id", Name("a")), Expr("column", "id", Name("b")))),
                joins=True,
            ),
        ),
        names=None,
        derived=(("gone", None),),
    )


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "INSERT INTO a VALUES (1), (now())",
            Insert(relation=A, query=Query(functions=(Name("now"),)), rows=2, width=1, values=(ONE,)),
        ),
        ("INSERT INTO a DEFAULT VALUES", Insert(relation=A, rows=1)),
        (
            "INSERT INTO a AS x (id, n[1]) SELECT id, 1 FROM b LIMIT 5 RETURNING 1",
            Insert(
                relation=A,
                alias="x",
                columns=("id", "n"),
                query=Query(
                    relations=uses("b"),
                    columns=((None, "id"),),
                    output=("id", "?column?"),
                    outputs=(Expr("column", "id"), ONE),
                    row_limit=True,
                    sources=((B,),),
                ),
                returning=True,
            ),
        ),
        (
            "WITH b AS (SELECT 1 FROM c) INSERT INTO b SELECT * FROM b",
            Insert(
                relation=B,
                query=Query(
                    relations=uses("c"),
                    star=(None,),
                    output=("*",),
                    outputs=(Expr("column", "*"),),
                    sources=((Name("c"),),),
                    names=("b", "?column?"),
                    derived=(("b", None),),
                ),
            ),
        ),
        (
            "INSERT INTO a VALUES (1) ON CONFLICT (id, lower(n)) DO UPDATE SET n = excluded.n",
            Insert(
                relation=A,
                values=(ONE,),
                conflict_sets=("n",),
                conflict_values=(Expr("column", "n", Name("excluded")),),
                query=Query(columns=((None, "n"), ("excluded", "n")), functions=(Name("lower"),)),
                rows=1,
                width=1,
                on_conflict="update",
                conflict_columns=("id",),
            ),
        ),
        (
            "INSERT INTO a VALUES (1) ON CONFLICT ON CONSTRAINT a_pkey DO NOTHING",
            Insert(relation=A, rows=1, width=1, values=(ONE,), on_conflict="nothing", conflict_constraint="a_pkey"),
        ),
        ("UPDATE ONLY a SET n = 1", Update(relation=A, only=True, columns=("n",), values=(ONE,))),
        (
            "UPDATE a x SET (n, m) = (1, DEFAULT), o[1] = 1 FROM b WHERE x.id = 1",
            Update(
                relation=A,
                alias="x",
                columns=("n", "m", "o"),
                values=(ONE, Expr("other", "default"), Expr("other", "indirection", args=(ONE,))),
                query=Query(relations=uses("b"), columns=(("x", "id"),), sources=((B,),)),
                where=Expr("operator", "=", args=(Expr("column", "id", Name("x")), ONE)),
                joins=True,
            ),
        ),
        ("DELETE FROM a", Delete(relation=A)),
        (
            "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED AND b.gone THEN DELETE"
            " WHEN MATCHED THEN UPDATE SET n = b.n"
            " WHEN NOT MATCHED THEN INSERT (id) VALUES (b.id) WHEN NOT MATCHED BY SOURCE THEN DO NOTHING",
            Merge(
                relation=A,
                query=Query(relations=uses("b"), columns=(("a", "id"), ("b", "id"), ("b", "gone"), ("b", "n"))),
                actions=("delete", "update", "insert", "nothing"),
                columns=("n", "id"),
            ),
        ),
    ],
)
def test_a_write_tells_its_target_apart_from_what_it_reads(lower: Lower, sql: str, expected: AnyOperation) -> None:
    assert lower(sql) == (expected,)


def test_several_columns_from_one_subquery_have_no_plain_value(lower: Lower) -> None:
    (found,) = lower("UPDATE a SET (n, m) = (SELECT 1, 2 FROM b)")
    assert isinstance(found, Update)
    assert found.columns == ("n", "m")
    assert [value.kind for value in found.values] == ["other", "other"]
    assert found.query == Query(relations=uses("b"))


def test_a_view_has_the_text_of_its_query_however_it_is_laid_out(lower: Lower) -> None:
    one, other, different = lower(
        "CREATE VIEW v (x) AS SELECT a FROM t;"
        "CREATE OR REPLACE TEMP VIEW v WITH (security_barrier) AS SELECT\n a FROM t WITH LOCAL CHECK OPTION;"
        "CREATE VIEW v AS SELECT b FROM t"
    )
    assert isinstance(one, CreateView)
    assert isinstance(other, CreateView)
    assert isinstance(different, CreateView)
    assert one.query.text == other.query.text != different.query.text
    assert (one.columns, one.replace, one.temporary, one.check_option) == (("x",), False, False, None)
    assert (other.columns, other.replace, other.temporary, other.check_option) == ((), True, True, "local")
    assert other.options == (("security_barrier", "true"),)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TABLE a AS SELECT 1 WITH NO DATA", CreateTableAs(relation=A, query=Query(), with_data=False)),
        ("SELECT 1 INTO TEMP a", CreateTableAs(relation=A, query=Query(), persistence="temporary")),
        ("SELECT 1 INTO a UNION SELECT 2", CreateTableAs(relation=A, query=Query())),
        (
            "CREATE MATERIALIZED VIEW IF NOT EXISTS a (n) AS SELECT 1",
            CreateTableAs(relation=A, query=Query(), kind="materialized view", columns=("n",), if_not_exists=True),
        ),
        ("CREATE UNLOGGED TABLE a AS EXECUTE q(1)", CreateTableAs(relation=A, query=Query(), persistence="unlogged")),
    ],
)
def test_a_table_made_from_a_query_keeps_its_kind(lower: Lower, sql: str, expected: CreateTableAs) -> None:
    (found,) = lower(sql)
    assert isinstance(found, CreateTableAs)
    assert msgspec.structs.replace(found, query=Query()) == expected
