from __future__ import annotations

from collections.abc import Callable

import pytest

from hotlint import operations as ops
from hotlint.operations import (
    AnyOperation,
    ColumnDef,
    ConstraintDef,
    Expr,
    FunctionSignature,
    Name,
    SequenceOptions,
    TypeName,
)

Lower = Callable[[str], "tuple[AnyOperation, ...]"]

A, B = Name("a"), Name("b", "app")
INT = TypeName("int4", "pg_catalog")
TEXT = TypeName("text")
F = FunctionSignature(Name("f", "app"), (INT,))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "DROP TABLE IF EXISTS a, app.b CASCADE",
            (
                ops.DropTable(relation=A, if_exists=True, cascade=True),
                ops.DropTable(relation=B, if_exists=True, cascade=True),
            ),
        ),
        ("DROP VIEW a", (ops.DropView(relation=A),)),
        ("DROP MATERIALIZED VIEW a", (ops.DropMaterializedView(relation=A),)),
        ("DROP INDEX CONCURRENTLY app.b", (ops.DropIndex(relation=B, concurrently=True),)),
        ("DROP SEQUENCE a", (ops.DropSequence(relation=A),)),
        ("DROP FOREIGN TABLE a", (ops.DropRelation(relation=A, kind="foreign table"),)),
        (
            "DROP TRIGGER IF EXISTS t ON app.b",
            (ops.DropSubobject(relation=B, kind="trigger", name="t", if_exists=True),),
        ),
        ("DROP POLICY p ON a", (ops.DropSubobject(relation=A, kind="policy", name="p"),)),
        ("DROP RULE r ON a CASCADE", (ops.DropSubobject(relation=A, kind="rule", name="r", cascade=True),)),
        (
            "DROP FUNCTION app.f(int, OUT text), g",
            (
                ops.DropObject(kind="function", name=Name("f", "app"), signature=F),
                ops.DropObject(kind="function", name=Name("g"), signature=FunctionSignature(Name("g"))),
            ),
        ),
        (
            "DROP AGGREGATE a(*)",
            (ops.DropObject(kind="aggregate", name=A, signature=FunctionSignature(A, ())),),
        ),
        ("DROP TYPE app.b CASCADE", (ops.DropObject(kind="type", name=B, cascade=True),)),
        ("DROP DOMAIN IF EXISTS a", (ops.DropObject(kind="domain", name=A, if_exists=True),)),
        (
            "DROP SCHEMA a, b",
            (ops.DropObject(kind="schema", name=A), ops.DropObject(kind="schema", name=Name("b"))),
        ),
        ("DROP EXTENSION a", (ops.DropObject(kind="extension", name=A),)),
        ("DROP OPERATOR CLASS app.b USING btree", (ops.DropObject(kind="operator class", name=B),)),
        ("DROP CAST (int AS text)", (ops.DropObject(kind="cast", name=Name("int4 as text")),)),
        ("DROP TEXT SEARCH PARSER a", (ops.DropObject(kind="text search parser", name=A),)),
        ("DROP DATABASE IF EXISTS a WITH (FORCE)", (ops.DropObject(kind="database", name=A, if_exists=True),)),
        ("DROP ROLE a, b", (ops.DropObject(kind="role", name=A), ops.DropObject(kind="role", name=Name("b")))),
        ("DROP TABLESPACE a", (ops.DropObject(kind="tablespace", name=A),)),
        ("DROP SUBSCRIPTION a CASCADE", (ops.DropObject(kind="subscription", name=A, cascade=True),)),
        ("DROP USER MAPPING FOR bob SERVER a", (ops.DropObject(kind="user mapping", name=Name("bob", "a")),)),
        ("DROP OWNED BY a CASCADE", (ops.DropObject(kind="owned", name=A, cascade=True),)),
    ],
)
def test_a_drop_is_one_operation_per_object(lower: Lower, sql: str, expected: tuple[AnyOperation, ...]) -> None:
    assert lower(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE IF EXISTS a RENAME TO z", ops.RenameRelation(relation=A, if_exists=True, new_name="z")),
        ("ALTER INDEX a RENAME TO z", ops.RenameRelation(relation=A, new_name="z", kind="index")),
        ("ALTER SEQUENCE a RENAME TO z", ops.RenameRelation(relation=A, new_name="z", kind="sequence")),
        (
            "ALTER TABLE ONLY a RENAME x TO z",
            ops.RenameColumn(relation=A, only=True, column="x", new_name="z"),
        ),
        ("ALTER VIEW a RENAME x TO z", ops.RenameColumn(relation=A, column="x", new_name="z", kind="view")),
        (
            "ALTER TYPE a RENAME ATTRIBUTE x TO z CASCADE",
            ops.RenameColumn(relation=A, column="x", new_name="z", kind="composite type", cascade=True),
        ),
        ("ALTER TABLE a RENAME CONSTRAINT x TO z", ops.RenameConstraint(relation=A, constraint="x", new_name="z")),
        (
            "ALTER DOMAIN a RENAME CONSTRAINT x TO z",
            ops.RenameConstraint(relation=A, constraint="x", new_name="z", kind="domain"),
        ),
        (
            "ALTER TRIGGER x ON a RENAME TO z",
            ops.RenameSubobject(relation=A, kind="trigger", name="x", new_name="z"),
        ),
        (
            "ALTER POLICY x ON a RENAME TO z",
            ops.RenameSubobject(relation=A, kind="policy", name="x", new_name="z"),
        ),
        ("ALTER TYPE app.b RENAME TO z", ops.RenameObject(kind="type", name=B, new_name="z")),
        ("ALTER SCHEMA a RENAME TO z", ops.RenameObject(kind="schema", name=A, new_name="z")),
        (
            "ALTER FUNCTION app.f(int) RENAME TO z",
            ops.RenameObject(kind="function", name=F.name, new_name="z", signature=F),
        ),
        ("ALTER TABLE a SET SCHEMA s", ops.ChangeSchema(kind="table", name=A, schema="s")),
        (
            "ALTER FUNCTION app.f(int) SET SCHEMA s",
            ops.ChangeSchema(kind="function", name=F.name, schema="s", signature=F),
        ),
        ("ALTER TYPE app.b SET SCHEMA s", ops.ChangeSchema(kind="type", name=B, schema="s")),
        ("ALTER SCHEMA a OWNER TO bob", ops.ChangeOwner(kind="schema", name=A, owner="bob")),
        (
            "ALTER FUNCTION app.f(int) OWNER TO SESSION_USER",
            ops.ChangeOwner(kind="function", name=F.name, owner="session_user", signature=F),
        ),
        ("REASSIGN OWNED BY a TO bob", ops.ChangeOwner(kind="owned", name=A, owner="bob")),
        (
            "ALTER INDEX a DEPENDS ON EXTENSION x",
            ops.AlterObject(kind="index", name=A, details=(("depends on extension", "x"),)),
        ),
        ("COMMENT ON TABLE app.b IS 'x'", ops.Comment(kind="table", name=B, text="x")),
        ("COMMENT ON TABLE a IS ''", ops.Comment(kind="table", name=A, text=None)),
        ("COMMENT ON COLUMN app.b.n IS NULL", ops.Comment(kind="column", name=B, sub="n", text=None)),
        ("COMMENT ON CONSTRAINT c ON a IS 'x'", ops.Comment(kind="constraint", name=A, sub="c", text="x")),
        (
            "COMMENT ON CONSTRAINT c ON DOMAIN a IS 'x'",
            ops.Comment(kind="domain constraint", name=A, sub="c", text="x"),
        ),
        ("COMMENT ON TRIGGER t ON app.b IS 'x'", ops.Comment(kind="trigger", name=B, sub="t", text="x")),
        (
            "COMMENT ON FUNCTION app.f(int) IS 'x'",
            ops.Comment(kind="function", name=F.name, text="x", signature=F),
        ),
        ("COMMENT ON LARGE OBJECT 7 IS 'x'", ops.Comment(kind="large object", name=Name("7"), text="x")),
        (
            "GRANT SELECT (x, y), INSERT ON a, app.b TO bob, PUBLIC WITH GRANT OPTION",
            ops.Grant(
                kind="table",
                names=(A, B),
                privileges=("select", "insert"),
                grantees=("bob", "public"),
                grant_option=True,
                columns=("x", "y"),
            ),
        ),
        (
            "REVOKE ALL ON ALL TABLES IN SCHEMA a FROM bob CASCADE",
            ops.Grant(
                kind="table",
                names=(A,),
                privileges=(),
                grantees=("bob",),
                revoke=True,
                all_in_schema=True,
                cascade=True,
            ),
        ),
        (
            "GRANT EXECUTE ON FUNCTION app.f(int) TO bob",
            ops.Grant(kind="function", names=(F.name,), privileges=("execute",), grantees=("bob",), signatures=(F,)),
        ),
        (
            "GRANT a TO bob WITH ADMIN OPTION",
            ops.Grant(kind="role", names=(A,), privileges=(), grantees=("bob",), grant_option=True),
        ),
    ],
)
def test_an_object_is_named_by_kind_name_and_signature(lower: Lower, sql: str, expected: AnyOperation) -> None:
    assert lower(sql) == (expected,)


def test_default_privileges_name_their_schemas(lower: Lower) -> None:
    one, other = lower(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA a, b GRANT SELECT ON TABLES TO bob;"
        "ALTER DEFAULT PRIVILEGES IN SCHEMA a, b GRANT INSERT ON TABLES TO bob"
    )
    assert isinstance(one, ops.DefaultPrivileges)
    assert isinstance(other, ops.DefaultPrivileges)
    assert one.schemas == other.schemas == ("a", "b")
    assert one.text != other.text


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "CREATE SCHEMA IF NOT EXISTS a AUTHORIZATION bob",
            ops.CreateSchema(name="a", if_not_exists=True, owner="bob"),
        ),
        ("CREATE SCHEMA AUTHORIZATION bob", ops.CreateSchema(name="bob", owner="bob")),
        (
            "CREATE TEMP SEQUENCE IF NOT EXISTS a AS int START 12345678901 NO MAXVALUE CYCLE CACHE 3 OWNED BY app.b.id",
            ops.CreateSequence(
                relation=A,
                options=SequenceOptions(type=INT, start=12345678901, cycle=True, cache=3, owned_by=("app", "b", "id")),
                if_not_exists=True,
                temporary=True,
            ),
        ),
        (
            "ALTER SEQUENCE IF EXISTS a RESTART OWNED BY NONE",
            ops.AlterSequence(relation=A, options=SequenceOptions(restart="start", owned_by=("none",)), if_exists=True),
        ),
        ("CREATE TYPE app.b AS ENUM ('x', 'y')", ops.CreateEnum(name=B, labels=("x", "y"))),
        (
            "ALTER TYPE a ADD VALUE IF NOT EXISTS 'z' BEFORE 'x'",
            ops.AddEnumValue(name=A, label="z", before="x", if_not_exists=True),
        ),
        ("ALTER TYPE a ADD VALUE 'z' AFTER 'x'", ops.AddEnumValue(name=A, label="z", after="x")),
        ("ALTER TYPE a ADD VALUE 'z'", ops.AddEnumValue(name=A, label="z")),
        ("ALTER TYPE a RENAME VALUE 'x' TO 'z'", ops.RenameEnumValue(name=A, label="x", new_label="z")),
        (
            'CREATE DOMAIN a AS text COLLATE "C" DEFAULT 1 NOT NULL CONSTRAINT c CHECK (VALUE IS NULL)',
            ops.CreateDomain(
                name=A,
                base=TEXT,
                default=Expr("number", "1"),
                not_null=True,
                constraints=(ConstraintDef("check", "c", expression=Expr("is_null", args=(Expr("column", "value"),))),),
                collation=Name("C"),
            ),
        ),
        ("ALTER DOMAIN a SET DEFAULT 1", ops.AlterDomain(name=A, change="set default", default=Expr("number", "1"))),
        ("ALTER DOMAIN a DROP DEFAULT", ops.AlterDomain(name=A, change="drop default")),
        ("ALTER DOMAIN a SET NOT NULL", ops.AlterDomain(name=A, change="set not null")),
        ("ALTER DOMAIN a DROP NOT NULL", ops.AlterDomain(name=A, change="drop not null")),
        (
            "ALTER DOMAIN a ADD CHECK (VALUE IS NULL) NOT VALID",
            ops.AlterDomain(
                name=A,
                change="add constraint",
                constraint=ConstraintDef(
                    "check", expression=Expr("is_null", args=(Expr("column", "value"),)), not_valid=True
                ),
            ),
        ),
        (
            "ALTER DOMAIN a DROP CONSTRAINT IF EXISTS c CASCADE",
            ops.AlterDomain(
                name=A, change="drop constraint", constraint_name="c", if_constraint_exists=True, cascade=True
            ),
        ),
        (
            "ALTER DOMAIN a VALIDATE CONSTRAINT c",
            ops.AlterDomain(name=A, change="validate constraint", constraint_name="c"),
        ),
        (
            'CREATE TYPE a AS (x int, y text COLLATE "C")',
            ops.CreateCompositeType(name=A, columns=(ColumnDef("x", INT), ColumnDef("y", TEXT, collation=Name("C")))),
        ),
        ("CREATE TYPE a AS RANGE (subtype = app.b)", ops.CreateRangeType(name=A, subtype=TypeName("b", "app"))),
        ("CREATE TYPE a", ops.CreateShellType(name=A)),
        ("CREATE TYPE a (input = f, output = g)", ops.CreateShellType(name=A)),
        (
            "CREATE EXTENSION IF NOT EXISTS a SCHEMA s CASCADE",
            ops.CreateExtension(name="a", schema="s", if_not_exists=True, cascade=True),
        ),
        (
            "CREATE COLLATION IF NOT EXISTS a (locale = 'de')",
            ops.CreateObject(kind="collation", name=A, if_not_exists=True, details=(("locale", "de"),)),
        ),
        (
            "CREATE PUBLICATION a FOR TABLE app.b (x) WHERE (y > 1), TABLES IN SCHEMA s",
            ops.CreateObject(
                kind="publication",
                name=A,
                relations=(B,),
                details=(("of b", "x"), ("where of b", "y"), ("schema", "s")),
                conditions=((B, Expr("operator", ">", args=(Expr("column", "y"), Expr("number", "1")))),),
            ),
        ),
        (
            "CREATE STATISTICS app.b ON x, y FROM a",
            ops.CreateObject(kind="statistics", name=B, relations=(A,), details=(("columns", "x, y"),)),
        ),
        (
            "CREATE ROLE a LOGIN PASSWORD 'secret'",
            ops.CreateObject(kind="role", name=A, details=(("canlogin", "true"), ("password", ""))),
        ),
        (
            "CREATE SUBSCRIPTION a CONNECTION 'password=secret' PUBLICATION p",
            ops.CreateObject(kind="subscription", name=A),
        ),
        (
            "ALTER ROLE a SET search_path = x, y",
            ops.AlterObject(kind="role", name=A, details=(("search_path", "x, y"),)),
        ),
        ("ALTER SYSTEM SET jit = off", ops.AlterObject(kind="system", name=Name("jit"), details=(("jit", "off"),))),
        (
            "ALTER EXTENSION a ADD TABLE app.b",
            ops.AlterObject(kind="extension", name=A, relations=(B,), details=(("add", "table b"),)),
        ),
        (
            "IMPORT FOREIGN SCHEMA s LIMIT TO (x) FROM SERVER far INTO near",
            ops.CreateObject(
                kind="foreign schema",
                name=Name("s"),
                relations=(Name("x", "near"),),
                details=(("server", "far"), ("into", "near")),
            ),
        ),
    ],
)
def test_a_definition_keeps_its_facts(lower: Lower, sql: str, expected: AnyOperation) -> None:
    assert lower(sql) == (expected,)


def test_elements_of_create_schema_are_made_in_it(lower: Lower) -> None:
    assert lower("CREATE SCHEMA s CREATE TABLE a (x int) CREATE INDEX i ON a (x) GRANT SELECT ON a TO bob") == (
        ops.CreateSchema(name="s"),
        ops.CreateTable(relation=Name("a", "s"), columns=(ColumnDef("x", INT),)),
        ops.CreateIndex(relation=Name("a", "s"), index="i", elements=(ops.IndexElement("x"),)),
        ops.Grant(kind="table", names=(Name("a", "s"),), privileges=("select",), grantees=("bob",)),
    )
