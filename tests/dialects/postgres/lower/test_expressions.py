from __future__ import annotations

from collections.abc import Callable

import pytest

from hotlint.operations import AnyOperation, Expr, Name, SetDefault, TypeName

Lower = Callable[[str], "tuple[AnyOperation, ...]"]


def default(lower: Lower, written: str) -> Expr:
    (operation,) = lower(f"ALTER TABLE orders ALTER n SET DEFAULT {written}")
    assert isinstance(operation, SetDefault)
    return operation.default


def call(name: str, *args: Expr) -> Expr:
    return Expr("call", name=Name(name), args=args)


A, B, C = Expr("column", "a"), Expr("column", "b"), Expr("column", "c")
ONE, TWO, ZERO = Expr("number", "1"), Expr("number", "2"), Expr("number", "0")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("NULL", Expr("null")),
        ("''", Expr("string", "")),
        ("'it''s'", Expr("string", "it's")),
        ("0", ZERO),
        ("-5", Expr("number", "-5")),
        ("12345678901.5", Expr("number", "12345678901.5")),
        ("true", Expr("bool", "true")),
        ("false", Expr("bool", "false")),
        ("B'01'", Expr("bits", "b01")),
        ("'now'::timestamptz", Expr("cast", args=(Expr("string", "now"),), type=TypeName("timestamptz"))),
        (
            "CAST('1 day' AS interval)",
            Expr("cast", args=(Expr("string", "1 day"),), type=TypeName("interval", "pg_catalog")),
        ),
        ("(a)", A),
        ("(t.a)", Expr("column", "a", Name("t"))),
        ("(s.t.a)", Expr("column", "a", Name("t", "s"))),
        ("now()", call("now")),
        ("count(*)", call("count", Expr("column", "*"))),
        (
            "app.f(1, n => 2)",
            Expr("call", name=Name("f", "app"), args=(ONE, Expr("other", "=>", Name("n"), (TWO,)))),
        ),
        ("count(DISTINCT a)", Expr("call", "distinct", Name("count"), (A,))),
        ("f(VARIADIC a)", Expr("call", "variadic", Name("f"), (A,))),
        ("current_timestamp", call("current_timestamp")),
        ("localtime(3)", call("localtime", Expr("number", "3"))),
        ("user", call("user")),
        ("COALESCE(a, 1)", call("coalesce", A, ONE)),
        ("GREATEST(a, 1)", call("greatest", A, ONE)),
        ("LEAST(a, 1)", call("least", A, ONE)),
        ("NULLIF(a, 1)", call("nullif", A, ONE)),
        (
            "nextval('s'::regclass)",
            call("nextval", Expr("cast", args=(Expr("string", "s"),), type=TypeName("regclass"))),
        ),
        ("(a + 1)", Expr("operator", "+", args=(A, ONE))),
        ("(- a)", Expr("operator", "-", args=(A,))),
        ("(a OPERATOR(pg_catalog.+) 1)", Expr("operator", "+", args=(A, ONE))),
        ("(a AND (b AND c))", Expr("and", args=(A, B, C))),
        ("(a OR b OR c)", Expr("or", args=(A, B, C))),
        ("(NOT (NOT a))", Expr("not", args=(Expr("not", args=(A,)),))),
        ("(a IS NULL)", Expr("is_null", args=(A,))),
        ("(a IS NOT NULL)", Expr("is_not_null", args=(A,))),
        ("(a IS NOT TRUE)", Expr("test", "is not true", args=(A,))),
        ("(a IS DISTINCT FROM b)", Expr("test", "is distinct from", args=(A, B))),
        ("(a IN (1, 2))", Expr("test", "in", args=(A, ONE, TWO))),
        ("(a NOT IN (1))", Expr("test", "not in", args=(A, ONE))),
        ("(a LIKE 'x')", Expr("test", "like", args=(A, Expr("string", "x")))),
        ("(a NOT ILIKE 'x')", Expr("test", "not ilike", args=(A, Expr("string", "x")))),
        ("(a NOT BETWEEN 1 AND 2)", Expr("test", "not between", args=(A, ONE, TWO))),
        ("(a = ANY (b))", Expr("test", "= any", args=(A, B))),
        ("(a <> ALL (b))", Expr("test", "<> all", args=(A, B))),
        ("CASE WHEN a THEN 1 ELSE 2 END", Expr("case", args=(A, ONE, TWO))),
        ("CASE a WHEN 1 THEN 2 END", Expr("case", "simple", args=(A, ONE, TWO))),
        ("ARRAY[1, 2]", Expr("array", args=(ONE, TWO))),
        ("ROW(1, 2)", Expr("row", args=(ONE, TWO))),
        ("a[1]", Expr("subscript", args=(A, ONE))),
        ("a[1:2]", Expr("subscript", "slice", args=(A, ONE, TWO))),
        ("(a).b", Expr("field", "b", args=(A,))),
        ('(a COLLATE "de_DE")', Expr("collate", "de_DE", args=(A,))),
    ],
)
def test_an_expression_is_reduced_to_its_kind_and_parts(lower: Lower, written: str, expected: Expr) -> None:
    assert default(lower, written) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(SELECT max(a) FROM t)", "(SELECT  max( a )  FROM t /* all */)"),
        ("sum(a) FILTER (WHERE b)", "sum(a)  FILTER (WHERE  b)"),
        ("JSON_VALUE(a, '$.x')", "JSON_VALUE( a,  '$.x' )"),
        ("(a and  b and c)", "((a AND b) AND c)"),
    ],
)
def test_the_same_expression_written_otherwise_is_equal(lower: Lower, one: str, other: str) -> None:
    assert default(lower, one) == default(lower, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(SELECT max(a) FROM t)", "(SELECT max(a) FROM u)"),
        ("sum(a) FILTER (WHERE b)", "sum(a) FILTER (WHERE c)"),
        ("JSON_VALUE(a, '$.x')", "JSON_VALUE(a, '$.y')"),
        ("CASE WHEN a THEN 1 ELSE 2 END", "CASE a WHEN 1 THEN 2 END"),
        ("a[1:]", "a[:1]"),
        ("varchar(3) 'x'", "varchar(4) 'x'"),
    ],
)
def test_different_expressions_differ(lower: Lower, one: str, other: str) -> None:
    assert default(lower, one) != default(lower, other)
