from __future__ import annotations

from collections.abc import Callable

import pytest

from hotlint.operations import (
    Analyze,
    AnyOperation,
    Cluster,
    Copy,
    CreateTableAs,
    Delete,
    Expr,
    LockTable,
    Name,
    NoEffect,
    Query,
    RefreshMaterializedView,
    RelationUse,
    Select,
    SetVariable,
    Transaction,
    Truncate,
    Vacuum,
)

Lower = Callable[[str], "tuple[AnyOperation, ...]"]

A, B = Name("a"), Name("b", "app")
READS_A = Query(
    relations=(RelationUse(A),),
    columns=((None, "n"),),
    output=("n",),
    outputs=(Expr("column", "n"),),
    sources=((A,),),
    simple=True,
    updatable=True,
)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "COPY a (x, y) FROM PROGRAM 'cat'",
            (Copy(relation=A, direction="from", columns=("x", "y"), source="program"),),
        ),
        ("COPY a FROM '/tmp/a'", (Copy(relation=A, direction="from", source="file"),)),
        ("COPY app.b TO STDOUT", (Copy(relation=B, direction="to"),)),
        ("COPY (SELECT n FROM a) TO STDOUT", (Select(query=READS_A),)),
        ("COPY (DELETE FROM a RETURNING 1) TO STDOUT", (Delete(relation=A, returning=True),)),
        (
            "TRUNCATE ONLY a, app.b RESTART IDENTITY CASCADE",
            (
                Truncate(relation=A, only=True, cascade=True, restart_identity=True),
                Truncate(relation=B, cascade=True, restart_identity=True),
            ),
        ),
        ("LOCK a", (LockTable(relation=A, mode="ACCESS EXCLUSIVE"),)),
        (
            "LOCK TABLE ONLY a, app.b IN SHARE ROW EXCLUSIVE MODE NOWAIT",
            (
                LockTable(relation=A, only=True, mode="SHARE ROW EXCLUSIVE", nowait=True),
                LockTable(relation=B, mode="SHARE ROW EXCLUSIVE", nowait=True),
            ),
        ),
        ("VACUUM", (Vacuum(),)),
        ("VACUUM FULL FREEZE a", (Vacuum(relation=A, full=True, freeze=True),)),
        (
            "VACUUM (FULL off, ANALYZE, SKIP_LOCKED true, PARALLEL 2) a (n), app.b",
            (
                Vacuum(relation=A, analyze=True, skip_locked=True, options=(("parallel", "2"),), columns=("n",)),
                Vacuum(relation=B, analyze=True, skip_locked=True, options=(("parallel", "2"),)),
            ),
        ),
        ("ANALYZE", (Analyze(),)),
        ("ANALYZE VERBOSE a (n), app.b", (Analyze(relation=A, columns=("n",)), Analyze(relation=B))),
        ("CLUSTER", (Cluster(),)),
        ("CLUSTER app.b USING b_pkey", (Cluster(relation=B, index="b_pkey"),)),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY a", (RefreshMaterializedView(relation=A, concurrently=True),)),
        ("REFRESH MATERIALIZED VIEW a WITH NO DATA", (RefreshMaterializedView(relation=A, with_data=False),)),
        ("DECLARE c CURSOR FOR SELECT n FROM a", (Select(query=READS_A),)),
        ("EXPLAIN DELETE FROM a", (NoEffect(tag="ExplainStmt", names=(Delete(relation=A),)),)),
        ("EXPLAIN (ANALYZE off) DELETE FROM a", (NoEffect(tag="ExplainStmt", names=(Delete(relation=A),)),)),
        ("PREPARE p AS DELETE FROM a", (NoEffect(tag="PrepareStmt", names=(Delete(relation=A),)),)),
        ("EXPLAIN ANALYZE DELETE FROM a", (Delete(relation=A),)),
        ("EXPLAIN (VERBOSE, ANALYZE) SELECT n FROM a", (Select(query=READS_A),)),
    ],
)
def test_a_statement_on_rows_is_told_per_relation(lower: Lower, sql: str, expected: tuple[AnyOperation, ...]) -> None:
    assert lower(sql) == expected


def test_explain_analyze_of_create_table_as_makes_the_table(lower: Lower) -> None:
    (found,) = lower("EXPLAIN ANALYZE CREATE TABLE a AS SELECT 1")
    assert isinstance(found, CreateTableAs)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("BEGIN", Transaction(command="begin")),
        ("START TRANSACTION ISOLATION LEVEL SERIALIZABLE", Transaction(command="begin")),
        ("END", Transaction(command="commit")),
        ("COMMIT AND CHAIN", Transaction(command="commit", chain=True)),
        ("ABORT", Transaction(command="rollback")),
        ("SAVEPOINT s", Transaction(command="savepoint", savepoint="s")),
        ("RELEASE s", Transaction(command="release", savepoint="s")),
        ("ROLLBACK TO s", Transaction(command="rollback to", savepoint="s")),
        ("PREPARE TRANSACTION 'x'", Transaction(command="prepare")),
        ("COMMIT PREPARED 'x'", Transaction(command="commit prepared")),
        ("ROLLBACK PREPARED 'x'", Transaction(command="rollback prepared")),
        ("SET LOCAL lock_timeout = '5s'", SetVariable(name="lock_timeout", values=("5s",), local=True)),
        ("SET lock_timeout TO 5000", SetVariable(name="lock_timeout", values=("5000",))),
        ('SET "Lock_Timeout" = -1', SetVariable(name="lock_timeout", values=("-1",))),
        ('SET search_path = a, "B"', SetVariable(name="search_path", values=("a", "B"))),
        ("SET search_path = ''", SetVariable(name="search_path", values=("",))),
        ("SET jit = off", SetVariable(name="jit", values=("off",))),
        ("SET TIME ZONE 'UTC'", SetVariable(name="timezone", values=("UTC",))),
        ("SET TIME ZONE LOCAL", SetVariable(name="timezone", values=None)),
        ("SET ROLE bob", SetVariable(name="role", values=("bob",))),
        ("SET lock_timeout = DEFAULT", SetVariable(name="lock_timeout", values=None)),
        ("RESET lock_timeout", SetVariable(name="lock_timeout", values=None)),
        ("RESET ALL", SetVariable(name="all", values=None)),
        ("SET TRANSACTION READ ONLY", NoEffect(tag="VariableSetStmt")),
        ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", NoEffect(tag="VariableSetStmt")),
        (
            "SELECT pg_catalog.set_config('search_path', '', false)",
            SetVariable(name="search_path", values=("",)),
        ),
        (
            "SELECT set_config('search_path', 'app, \"Other\", PUBLIC', 't')",
            SetVariable(name="search_path", values=("app", "Other", "public"), local=True),
        ),
    ],
)
def test_transactions_and_settings_are_told_as_written(lower: Lower, sql: str, expected: AnyOperation) -> None:
    assert lower(sql) == (expected,)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT set_config('a', n, true) FROM t",
        "SELECT set_config('a', NULL, true)",
        "SELECT set_config('a', current_user::text, true)",
        "SELECT set_config('a', 'b', true), 1",
    ],
)
def test_set_config_of_what_is_not_known_is_a_query(lower: Lower, sql: str) -> None:
    (found,) = lower(sql)
    assert isinstance(found, Select)


def test_discard_all_resets_the_settings(lower: Lower) -> None:
    assert lower("DISCARD ALL") == (NoEffect(tag="DiscardStmt"), SetVariable(name="all", values=None))
    assert lower("DISCARD TEMP") == (NoEffect(tag="DiscardStmt"),)
