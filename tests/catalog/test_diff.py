"""The difference of two schemas."""

from __future__ import annotations

import pytest

from hotlint.catalog.catalog import Catalog
from hotlint.catalog.diff import changed_keys, diff
from tests.catalog.replay import replay, schema

SETUP = """
CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN dom AS int CHECK (value > 0); CREATE TYPE pair AS (x int, y text);
CREATE SEQUENCE tickets START 5;
CREATE FUNCTION f(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i + 1';
CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TABLE p (id int PRIMARY KEY, v int NOT NULL DEFAULT 3, w text, m mood, CONSTRAINT p_ck CHECK (v > 0));
CREATE TABLE c (id int PRIMARY KEY, pid int CONSTRAINT c_fk REFERENCES p (id));
CREATE INDEX p_v ON p (v);
CREATE VIEW vw AS SELECT id, v FROM p;
CREATE TRIGGER tr BEFORE UPDATE ON p FOR EACH ROW EXECUTE FUNCTION trg();
CREATE POLICY pol ON p FOR SELECT USING (v > 0);
CREATE SCHEMA s2;
GRANT SELECT ON p TO r1;
COMMENT ON TABLE p IS 'c1';
"""

Shown = tuple[str, str, str, "str | None"]

MUTATIONS: list[tuple[str, set[Shown]]] = [
    ("ALTER TABLE p ADD x int", {("column", "public.p.x", "extra", None)}),
    (
        "ALTER TABLE c DROP pid",
        {("column", "public.c.pid", "missing", None), ("constraint", "public.c.c_fk", "missing", None)},
    ),
    ("ALTER TABLE c ALTER pid TYPE bigint", {("column", "public.c.pid", "changed", "type")}),
    ("ALTER TABLE p ALTER v DROP NOT NULL", {("column", "public.p.v", "changed", "not_null")}),
    ("ALTER TABLE p ALTER v SET DEFAULT 4", {("column", "public.p.v", "changed", "default")}),
    ("ALTER TABLE p DROP w; ALTER TABLE p ADD w text", {("column order", "public.p", "changed", None)}),
    ("CREATE INDEX p_m ON p (m)", {("index", "public.p_m", "extra", None)}),
    ("DROP INDEX p_v", {("index", "public.p_v", "missing", None)}),
    ("DROP INDEX p_v; CREATE UNIQUE INDEX p_v ON p (v)", {("index", "public.p_v", "changed", "definition")}),
    ("ALTER TABLE p DROP CONSTRAINT p_ck", {("constraint", "public.p.p_ck", "missing", None)}),
    (
        "ALTER TABLE c DROP CONSTRAINT c_fk, ADD CONSTRAINT c_fk FOREIGN KEY (pid) REFERENCES p NOT VALID",
        {("constraint", "public.c.c_fk", "changed", "definition")},
    ),
    (
        "CREATE TABLE n (id serial PRIMARY KEY)",
        {("table", "public.n", "extra", None), ("sequence", "public.n_id_seq", "extra", None)},
    ),
    ("DROP TABLE c", {("table", "public.c", "missing", None)}),
    ("DROP VIEW vw", {("view", "public.vw", "missing", None)}),
    ("CREATE OR REPLACE VIEW vw AS SELECT id, v FROM p WHERE v > 1", {("view", "public.vw", "changed", "definition")}),
    ("ALTER TYPE mood ADD VALUE 'new'", {("type", "public.mood", "changed", "labels")}),
    ("ALTER DOMAIN dom SET NOT NULL", {("domain", "public.dom", "changed", "not_null")}),
    ("ALTER TYPE pair ADD ATTRIBUTE z int", {("type", "public.pair", "changed", "attributes")}),
    ("ALTER SEQUENCE tickets INCREMENT 7", {("sequence", "public.tickets", "changed", "options")}),
    (
        "CREATE FUNCTION f(t text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        {("function", "public.f(t text)", "extra", None)},
    ),
    ("ALTER FUNCTION f(int) VOLATILE", {("function", "public.f(i integer)", "changed", "definition")}),
    ("DROP TRIGGER tr ON p", {("trigger", "public.p.tr", "missing", None)}),
    ("ALTER TABLE p DISABLE TRIGGER tr", {("trigger", "public.p.tr", "changed", "state")}),
    ("ALTER POLICY pol ON p USING (v > 1)", {("policy", "public.p.pol", "changed", "definition")}),
    ("ALTER TABLE p ENABLE ROW LEVEL SECURITY", {("table", "public.p", "changed", "row security")}),
    ("ALTER TABLE p SET UNLOGGED", {("table", "public.p", "changed", "persistence")}),
    ("ALTER TABLE p OWNER TO r1", {("table", "public.p", "changed", "owner")}),
    ("GRANT INSERT ON p TO r1", {("table", "public.p", "changed", "grants")}),
    ("COMMENT ON TABLE p IS 'c2'", {("comment", "table public.p", "changed", "text")}),
    ("COMMENT ON COLUMN p.v IS 'v'", {("comment", "table column public.p.v", "extra", None)}),
    ("CREATE SCHEMA s3", {("schema", "s3", "extra", None)}),
    ("CREATE EXTENSION pgcrypto", {("extension", "pgcrypto", "extra", None)}),
    (
        "ALTER TABLE c ALTER id ADD GENERATED ALWAYS AS IDENTITY",
        {
            ("column", "public.c.id", "changed", "identity"),
            ("sequence", "public.c_id_seq", "extra", None),
        },
    ),
    ("ALTER TABLE p ADD g int GENERATED ALWAYS AS (v * 2) STORED", {("column", "public.p.g", "extra", None)}),
    (
        "ALTER TABLE p RENAME CONSTRAINT p_ck TO ck",
        {
            ("constraint", "public.p.p_ck", "missing", None),
            ("constraint", "public.p.ck", "extra", None),
        },
    ),
    ("ALTER TABLE c ALTER CONSTRAINT c_fk DEFERRABLE", {("constraint", "public.c.c_fk", "changed", "definition")}),
    ("ALTER TABLE p ALTER w SET STORAGE EXTERNAL", {("column", "public.p.w", "changed", "storage")}),
    ("ALTER TABLE p SET (fillfactor = 70)", {("table", "public.p", "changed", "options")}),
    ("ALTER TABLE p REPLICA IDENTITY FULL", {("table", "public.p", "changed", "replica identity")}),
    ("ALTER TABLE p CLUSTER ON p_v", {("table", "public.p", "changed", "clustered on")}),
    (
        "ALTER INDEX p_v RENAME TO p_v9",
        {("index", "public.p_v", "missing", None), ("index", "public.p_v9", "extra", None)},
    ),
    (
        "ALTER TRIGGER tr ON p RENAME TO tr2",
        {
            ("trigger", "public.p.tr", "missing", None),
            ("trigger", "public.p.tr2", "extra", None),
        },
    ),
    ("ALTER TYPE pair ALTER ATTRIBUTE x TYPE bigint", {("type", "public.pair", "changed", "attributes")}),
    ("ALTER TYPE pair DROP ATTRIBUTE x", {("type", "public.pair", "changed", "attributes")}),
    ("ALTER DOMAIN dom SET DEFAULT 1", {("domain", "public.dom", "changed", "default")}),
    ("ALTER DOMAIN dom ADD CONSTRAINT small CHECK (value < 9)", {("constraint", "public.dom.small", "extra", None)}),
    ("ALTER DOMAIN dom DROP CONSTRAINT dom_check", {("constraint", "public.dom.dom_check", "missing", None)}),
    ("CREATE TYPE r AS RANGE (subtype = int)", {("type", "public.r", "extra", None)}),
    ("ALTER SEQUENCE tickets OWNED BY c.id", {("sequence", "public.tickets", "changed", "owned by")}),
    ("DROP SEQUENCE tickets", {("sequence", "public.tickets", "missing", None)}),
    (
        "CREATE MATERIALIZED VIEW mv AS SELECT id FROM p",
        {
            ("materialized view", "public.mv", "extra", None),
        },
    ),
    ("DROP SCHEMA s2", {("schema", "s2", "missing", None)}),
    ("ALTER SCHEMA s2 RENAME TO s4", {("schema", "s2", "missing", None), ("schema", "s4", "extra", None)}),
    (
        "ALTER FUNCTION f(int) RENAME TO g",
        {
            ("function", "public.f(i integer)", "missing", None),
            ("function", "public.g(i integer)", "extra", None),
        },
    ),
    (
        "ALTER FUNCTION f(int) SET SCHEMA s2",
        {
            ("function", "public.f(i integer)", "missing", None),
            ("function", "s2.f(i integer)", "extra", None),
        },
    ),
    (
        "ALTER TYPE mood SET SCHEMA s2",
        {
            ("type", "public.mood", "missing", None),
            ("type", "s2.mood", "extra", None),
            ("column", "public.p.m", "changed", "type"),
        },
    ),
    ("DROP FUNCTION f(int)", {("function", "public.f(i integer)", "missing", None)}),
    ("COMMENT ON TABLE p IS NULL", {("comment", "table public.p", "missing", None)}),
    ("REVOKE SELECT ON p FROM r1", {("table", "public.p", "changed", "grants")}),
    ("CREATE TABLE k (LIKE p)", {("table", "public.k", "extra", None)}),
    ("CREATE TABLE k () INHERITS (p); ALTER TABLE k NO INHERIT p", {("table", "public.k", "extra", None)}),
    ("CREATE STATISTICS st ON v, w FROM p", {("statistics", "st", "extra", None)}),
    ("CREATE RULE ru AS ON DELETE TO c DO ALSO NOTHING", {("rule", "public.c.ru", "extra", None)}),
]


@pytest.mark.parametrize(("sql", "expected"), MUTATIONS, ids=[sql for sql, _ in MUTATIONS])
def test_every_change_is_shown(sql: str, expected: set[Shown]) -> None:
    catalog = schema(SETUP)
    before = catalog.now()
    assert [o.error for o in replay(sql, catalog) if o.error] == []
    after = catalog.now()
    for found in (diff(before, after, changed_keys(before, after)), diff(before, after)):
        assert {(d.kind, d.object, d.change, d.property) for d in found} == expected


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("ALTER TABLE p ADD x int", "ALTER TABLE p DROP x"),
        ("ALTER TABLE p RENAME v TO vv", "ALTER TABLE p RENAME vv TO v"),
        ("CREATE TABLE n (id serial)", "DROP TABLE n"),
        ("ALTER TABLE p ALTER w SET DEFAULT 'x'", "ALTER TABLE p ALTER w DROP DEFAULT"),
        ("DROP INDEX p_v", "CREATE INDEX IF NOT EXISTS p_v ON p USING btree (v ASC)"),
        (
            "DROP TABLE c",
            "CREATE TABLE c (id integer PRIMARY KEY, pid int4, CONSTRAINT c_fk FOREIGN KEY (pid) REFERENCES p)",
        ),
        ("ALTER TYPE mood RENAME TO feeling", "ALTER TYPE feeling RENAME TO mood"),
        ("DROP VIEW vw", "create view vw as select p.id, p.v from p"),
    ],
)
def test_a_down_script_that_restores_leaves_no_difference(up: str, down: str) -> None:
    catalog = schema(SETUP)
    before = catalog.now()
    replay(up, catalog)
    fork = Catalog(base=catalog.now())
    assert [o.error for o in replay(down, fork) if o.error] == []
    assert diff(before, fork.now(), changed_keys(before, fork.now())) == ()


def test_a_down_script_that_forgets_something_is_found_on_a_fork() -> None:
    catalog = schema(SETUP)
    before = catalog.now()
    replay("ALTER TABLE p ADD x int; CREATE INDEX p_x ON p (x); ALTER TYPE mood ADD VALUE 'new'", catalog)
    fork = Catalog(base=catalog.now())
    replay("DROP INDEX p_x", fork)
    found = diff(before, fork.now(), changed_keys(before, fork.now()))
    assert {(d.kind, d.object, d.change) for d in found} == {
        ("column", "public.p.x", "extra"),
        ("type", "public.mood", "changed"),
    }


def test_an_assumed_table_makes_no_difference() -> None:
    catalog = Catalog()
    before = catalog.now()
    replay("INSERT INTO seen (x) VALUES (1); ALTER TABLE other ALTER COLUMN y SET NOT NULL", catalog)
    assert diff(before, catalog.now(), changed_keys(before, catalog.now())) == ()


def test_a_not_null_constraint_counts_by_a_name_that_somebody_chose() -> None:
    catalog = schema("CREATE TABLE t (a int NOT NULL)", major=18)
    before = catalog.now()
    replay("ALTER TABLE t RENAME TO u; CREATE TABLE t (a int NOT NULL); DROP TABLE u;", catalog, major=18)
    assert diff(before, catalog.now(), changed_keys(before, catalog.now())) == ()
    replay("ALTER TABLE t RENAME CONSTRAINT t_a_not_null1 TO there", catalog, major=18)
    (found,) = diff(before, catalog.now(), changed_keys(before, catalog.now()))
    assert (found.object, found.property, found.after) == ("public.t.a", "not_null name", "there")
