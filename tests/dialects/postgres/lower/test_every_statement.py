from __future__ import annotations

import msgspec
import pytest
from pglast import ast
from pglast.parser import parse_sql_json

from hotlint.dialects.postgres.lower import lower_statement, plain_context
from hotlint.operations import AnyOperation, Name, Opaque

# One statement of every kind that the grammar has.
STATEMENTS = """
ALTER COLLATION c REFRESH VERSION;
ALTER DATABASE d REFRESH COLLATION VERSION;
ALTER DATABASE d SET jit = off;
ALTER DATABASE d WITH CONNECTION LIMIT 3;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r;
ALTER DOMAIN d DROP DEFAULT;
ALTER TYPE e ADD VALUE 'x';
ALTER EVENT TRIGGER e DISABLE;
ALTER EXTENSION x ADD TABLE t;
ALTER EXTENSION x UPDATE;
ALTER FOREIGN DATA WRAPPER f HANDLER h;
ALTER SERVER s VERSION '2';
ALTER FUNCTION f(int) STABLE;
ALTER FUNCTION f(int) DEPENDS ON EXTENSION x;
ALTER TRIGGER g ON t DEPENDS ON EXTENSION x;
ALTER TABLE t SET SCHEMA s;
ALTER OPERATOR FAMILY f USING btree ADD OPERATOR 1 < (int, int);
ALTER OPERATOR + (int, int) SET (RESTRICT = NONE);
ALTER SCHEMA s OWNER TO r;
ALTER POLICY p ON t USING (true);
ALTER PUBLICATION p ADD TABLE t;
ALTER ROLE r SET jit = off;
ALTER ROLE ALL RESET ALL;
ALTER ROLE r SUPERUSER;
ALTER GROUP g ADD USER r;
ALTER SEQUENCE s RESTART;
ALTER STATISTICS s SET STATISTICS 3;
ALTER SUBSCRIPTION s ENABLE;
ALTER SYSTEM SET jit = off;
ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR a WITH b;
ALTER TEXT SEARCH DICTIONARY d (a = b);
ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b;
ALTER TABLESPACE a SET (seq_page_cost = 1);
ALTER TABLE t ADD c int;
ALTER TYPE t SET (storage = plain);
ALTER USER MAPPING FOR r SERVER s OPTIONS (a 'b');
CALL p();
CHECKPOINT;
CLOSE c;
CLUSTER t;
COMMENT ON TABLE t IS 'x';
CREATE TYPE c AS (a int);
SET CONSTRAINTS ALL DEFERRED;
COPY t FROM STDIN;
CREATE ACCESS METHOD a TYPE INDEX HANDLER h;
CREATE CAST (int AS text) WITHOUT FUNCTION;
CREATE CONVERSION c FOR 'a' TO 'b' FROM f;
CREATE DOMAIN d AS int;
CREATE TYPE e AS ENUM ();
CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f();
CREATE EXTENSION x;
CREATE FOREIGN DATA WRAPPER f;
CREATE SERVER s FOREIGN DATA WRAPPER f;
CREATE FOREIGN TABLE f () SERVER s;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE OPERATOR CLASS o FOR TYPE int USING btree AS OPERATOR 1 <;
CREATE OPERATOR FAMILY f USING btree;
CREATE LANGUAGE l HANDLER h;
CREATE POLICY p ON t;
CREATE PUBLICATION p FOR ALL TABLES;
CREATE TYPE r AS RANGE (subtype = int4);
CREATE USER u;
CREATE SCHEMA s;
CREATE SEQUENCE s;
CREATE STATISTICS ON a, b FROM t;
CREATE TABLE t ();
CREATE SUBSCRIPTION s CONNECTION 'c' PUBLICATION p;
CREATE TABLE t AS SELECT 1;
CREATE TABLESPACE t LOCATION '/x';
CREATE TRANSFORM FOR int LANGUAGE l (FROM SQL WITH FUNCTION f(internal));
CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f();
CREATE USER MAPPING FOR r SERVER s;
CREATE DATABASE d TEMPLATE x;
DEALLOCATE ALL;
DECLARE c CURSOR FOR SELECT 1;
CREATE TEXT SEARCH CONFIGURATION c (COPY = d);
DELETE FROM t;
DISCARD ALL;
DO '';
DROP OWNED BY r;
DROP ROLE r;
DROP TABLE t;
DROP SUBSCRIPTION s;
DROP TABLESPACE t;
DROP USER MAPPING FOR r SERVER s;
DROP DATABASE d;
EXPLAIN SELECT 1;
FETCH c;
GRANT a TO b;
GRANT SELECT ON t TO r;
IMPORT FOREIGN SCHEMA s FROM SERVER v INTO w;
CREATE INDEX ON t (a);
INSERT INTO t VALUES (1);
LISTEN c;
LOAD 'l';
LOCK t;
MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE;
NOTIFY c;
PREPARE q AS SELECT 1;
REASSIGN OWNED BY a TO b;
REFRESH MATERIALIZED VIEW m;
REINDEX TABLE t;
ALTER TABLE t RENAME TO u;
CREATE RULE r AS ON SELECT TO t DO INSTEAD SELECT * FROM u;
SECURITY LABEL ON TABLE t IS 'x';
SELECT 1;
COMMIT;
TRUNCATE t;
UNLISTEN *;
UPDATE t SET a = 1;
VACUUM;
SET jit = off;
SHOW jit;
CREATE VIEW v AS SELECT 1;
EXECUTE q;
DROP TRANSFORM FOR int LANGUAGE l;
DROP OPERATOR + (int, NONE)
"""

TREE = [item["stmt"] for item in msgspec.json.decode(parse_sql_json(STATEMENTS))["stmts"]]
# Nodes of the grammar that are no statement of their own, or that the parser never gives at the top.
PARTS = {"PLAssignStmt", "RawStmt", "ReplicaIdentityStmt", "ReturnStmt", "SetOperationStmt"}


def test_the_list_has_a_statement_of_every_kind() -> None:
    kinds = {name for name in dir(ast) if name.endswith("Stmt")} - PARTS
    assert kinds - {tag for stmt in TREE for tag in stmt} == set()


@pytest.mark.parametrize("stmt", TREE, ids=lambda stmt: str(next(iter(stmt))))
def test_every_kind_of_statement_becomes_operations(stmt: dict[str, object]) -> None:
    tag, operations, locations = lower_statement(stmt, plain_context(STATEMENTS))
    assert tag in stmt
    assert len(operations) == len(locations) > 0
    # What EXECUTE runs stands elsewhere.
    assert any(isinstance(operation, Opaque) for operation in operations) is (tag == "ExecuteStmt")
    encoded = msgspec.json.encode(operations)
    assert msgspec.json.decode(encoded, type=tuple[AnyOperation, ...]) == operations


def test_an_unknown_statement_tells_the_relations_in_it() -> None:
    stmt = {
        "NewStmt": {
            "relation": {"relname": "orders", "schemaname": "app"},
            "others": [{"RangeVar": {"relname": "customers"}}, {"RangeVar": {"relname": "customers"}}],
        }
    }
    expected = Opaque(tag="NewStmt", relations=(Name("orders", "app"), Name("customers")))
    assert lower_statement(stmt, plain_context()) == ("NewStmt", (expected,), (-1,))


@pytest.mark.parametrize("tag", sorted({tag for stmt in TREE for tag in stmt}))
def test_a_tree_of_another_shape_is_no_crash(tag: str) -> None:
    shapes: tuple[object, ...] = (
        {},
        {"relation": {"relname": "t"}},
        {"objects": [{}], "cmds": [{}], "options": [{}]},
        [],
    )
    for body in shapes:
        found, operations, _ = lower_statement({tag: body}, plain_context())
        assert found == tag
        assert len(operations) >= 0


def test_a_statement_nested_too_deeply_is_opaque() -> None:
    node: dict[str, object] = {"A_Const": {"ival": {}}}
    for _ in range(5000):
        node = {"BoolExpr": {"boolop": "NOT_EXPR", "args": [node]}}
    stmt = {"DeleteStmt": {"relation": {"relname": "t", "inh": True}, "whereClause": node}}
    assert lower_statement(stmt, plain_context())[1] == (Opaque(tag="DeleteStmt", relations=(Name("t"),)),)
