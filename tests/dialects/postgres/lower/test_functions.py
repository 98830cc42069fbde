from __future__ import annotations

from collections.abc import Callable

import pytest

from hotlint.operations import (
    AlterFunction,
    AlterPolicy,
    AnyOperation,
    Body,
    BodyStatement,
    Call,
    CreateFunction,
    CreatePolicy,
    CreateRule,
    CreateTrigger,
    DoBlock,
    Expr,
    FunctionArgument,
    FunctionSignature,
    Insert,
    Name,
    Query,
    RelationUse,
    Select,
    TypeName,
)

Lower = Callable[[str], "tuple[AnyOperation, ...]"]

INT = TypeName("int4", "pg_catalog")
TEXT = TypeName("text")
ONE = Expr("number", "1")


def test_a_function_carries_its_signature_options_and_body(lower: Lower) -> None:
    sql = (
        "CREATE OR REPLACE FUNCTION app.f(a int, INOUT b text, VARIADIC c int[] DEFAULT '{}') RETURNS SETOF text"
        " LANGUAGE PLPGSQL IMMUTABLE STRICT SECURITY DEFINER PARALLEL SAFE SET search_path = a, b AS 'begin end'"
    )
    assert lower(sql) == (
        CreateFunction(
            name=Name("f", "app"),
            arguments=(
                FunctionArgument(INT, "a"),
                FunctionArgument(TEXT, "b", "inout"),
                FunctionArgument(TypeName("int4", "pg_catalog", dimensions=1), "c", "variadic", Expr("string", "{}")),
            ),
            returns=TypeName("text", setof=True),
            language="plpgsql",
            volatility="immutable",
            replace=True,
            strict=True,
            security_definer=True,
            parallel="safe",
            settings=(("search_path", "a, b"),),
            body=Body(error="plpgsql 'begin end' function", error_offset=sql.index("'begin")),
            text="begin end",
        ),
    )


def test_a_function_in_c_has_no_body(lower: Lower) -> None:
    assert lower("CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'lib', 'symbol'") == (
        CreateFunction(name=Name("f"), returns=INT, language="c"),
    )


def test_a_table_function_has_its_columns_among_the_arguments(lower: Lower) -> None:
    (found,) = lower("CREATE FUNCTION f() RETURNS TABLE (n int) LANGUAGE sql AS 'SELECT 1'")
    assert isinstance(found, CreateFunction)
    assert found.arguments == (FunctionArgument(INT, "n", "table"),)


def test_statements_between_begin_atomic_and_end_stand_where_they_are_written(lower: Lower) -> None:
    sql = "CREATE PROCEDURE p() BEGIN ATOMIC\n  INSERT INTO ä VALUES (1); -- a; b\n  SELECT 1;\nEND"
    assert lower(sql) == (
        CreateFunction(
            name=Name("p"),
            kind="procedure",
            body=Body(
                (
                    BodyStatement(
                        sql.index("INSERT"),
                        sql.index("; --"),
                        (Insert(relation=Name("ä"), rows=1, width=1, values=(ONE,)),),
                    ),
                    BodyStatement(
                        sql.index("SELECT"),
                        sql.index(";\nEND"),
                        (Select(query=Query(output=("?column?",), outputs=(ONE,), simple=True)),),
                    ),
                )
            ),
            standard=True,
        ),
    )


def test_a_returned_expression_is_read(lower: Lower) -> None:
    sql = "SELECT 1; CREATE FUNCTION f(n int) RETURNS int RETURN n + (SELECT max(x) FROM t);"
    (_, found) = lower(sql)
    assert isinstance(found, CreateFunction)
    assert found.body == Body(
        (
            BodyStatement(
                sql.index("RETURN n"),
                len(sql) - 1,
                (
                    Select(
                        query=Query(
                            relations=(RelationUse(Name("t")),),
                            columns=((None, "n"), (None, "x")),
                            functions=(Name("max"),),
                        )
                    ),
                ),
            ),
        )
    )


def test_an_empty_atomic_body_has_no_statements(lower: Lower) -> None:
    assert lower("CREATE PROCEDURE p() BEGIN ATOMIC END") == (
        CreateFunction(name=Name("p"), kind="procedure", body=Body(), standard=True),
    )


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "DO $$begin end$$",
            DoBlock(body=Body(error="plpgsql 'begin end' do", error_offset=3)),
        ),
        (
            "DO LANGUAGE plv8 'x'",
            DoBlock(language="plv8", body=Body(error="plv8 'x' do", error_offset=17)),
        ),
        ("CALL app.p(1)", Call(name=Name("p", "app"), args=(ONE,))),
        (
            "ALTER FUNCTION app.f(int) IMMUTABLE SET search_path = a RESET ALL",
            AlterFunction(
                signature=FunctionSignature(Name("f", "app"), (INT,)),
                volatility="immutable",
                settings=(("search_path", "a"), ("all", "")),
            ),
        ),
        ("ALTER PROCEDURE p COST 3", AlterFunction(signature=FunctionSignature(Name("p")), kind="procedure")),
        (
            "CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int)",
            CreateFunction(
                name=Name("total"), kind="aggregate", arguments=(FunctionArgument(INT),), supports=(Name("int4pl"),)
            ),
        ),
        (
            "CREATE AGGREGATE rows(*) (sfunc = int8inc, stype = int8)",
            CreateFunction(name=Name("rows"), kind="aggregate", supports=(Name("int8inc"),)),
        ),
        (
            "CREATE TRIGGER t BEFORE INSERT OR UPDATE OF a, b ON app.orders FOR EACH ROW WHEN (new.a > 1)"
            " EXECUTE FUNCTION app.f('x', 1)",
            CreateTrigger(
                relation=Name("orders", "app"),
                trigger="t",
                function=Name("f", "app"),
                timing="before",
                events=("insert", "update"),
                columns=("a", "b"),
                row=True,
                when=Expr("operator", ">", args=(Expr("column", "a", Name("new")), ONE)),
                arguments=("x", "1"),
            ),
        ),
        (
            "CREATE CONSTRAINT TRIGGER t AFTER DELETE ON orders FROM customers DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE PROCEDURE f()",
            CreateTrigger(
                relation=Name("orders"),
                trigger="t",
                function=Name("f"),
                events=("delete",),
                row=True,
                constraint=True,
                deferrable=True,
                initially_deferred=True,
                from_relation=Name("customers"),
            ),
        ),
        (
            "CREATE OR REPLACE TRIGGER t INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f()",
            CreateTrigger(
                relation=Name("v"),
                trigger="t",
                function=Name("f"),
                timing="instead of",
                events=("insert",),
                row=True,
                replace=True,
            ),
        ),
        (
            "CREATE TRIGGER t AFTER TRUNCATE ON orders EXECUTE FUNCTION f()",
            CreateTrigger(relation=Name("orders"), trigger="t", function=Name("f"), events=("truncate",)),
        ),
        (
            "CREATE RULE r AS ON INSERT TO v WHERE new.n > 1 DO INSTEAD (INSERT INTO a SELECT n FROM b; NOTIFY x)",
            CreateRule(
                relation=Name("v"),
                rule="r",
                event="insert",
                instead=True,
                reads=(RelationUse(Name("a")), RelationUse(Name("b"))),
                writes=(Name("a"),),
                where=Expr("operator", ">", args=(Expr("column", "n", Name("new")), ONE)),
            ),
        ),
    ],
)
def test_code_and_what_hangs_on_relations_keep_their_facts(lower: Lower, sql: str, expected: AnyOperation) -> None:
    assert lower(sql) == (expected,)


def test_a_policy_tells_what_its_expressions_read_and_call(lower: Lower) -> None:
    created, altered = lower(
        "CREATE POLICY p ON orders AS RESTRICTIVE FOR SELECT TO bob, PUBLIC"
        " USING (id IN (SELECT 1 FROM members)) WITH CHECK (allowed());"
        "ALTER POLICY p ON orders TO bob USING (id IN (SELECT 1 FROM members))"
    )
    assert isinstance(created, CreatePolicy)
    assert created == CreatePolicy(
        relation=Name("orders"),
        policy="p",
        command="select",
        permissive=False,
        roles=("bob", "public"),
        using=created.using,
        check=Expr("call", name=Name("allowed")),
        reads=(RelationUse(Name("members")),),
        functions=(Name("allowed"),),
    )
    assert altered == AlterPolicy(
        relation=Name("orders"),
        policy="p",
        roles=("bob",),
        using=created.using,
        reads=(RelationUse(Name("members")),),
    )
    assert created.using is not None
    assert (created.using.kind, created.using.args) == ("subquery", (Expr("column", "id"),))
