"""Moments, rollbacks, forks, and what conditional and opaque statements leave uncertain."""

from __future__ import annotations

from hotlint.catalog.catalog import Catalog
from hotlint.catalog.names import QName
from tests.catalog.replay import names, replay, schema, table

T = QName("public", "t")


def test_a_view_keeps_showing_its_moment() -> None:
    catalog = Catalog()
    replay("CREATE TABLE t (id int)", catalog)
    before = catalog.now()
    replay("ALTER TABLE t ADD COLUMN x int; DROP TABLE t", catalog)
    found = before.table(T)
    assert found is not None
    assert [c.name for c in found.columns] == ["id"]
    assert catalog.table(T) is None


def test_a_rollback_restores_the_schema_and_keeps_the_moments_between() -> None:
    catalog = schema("CREATE TABLE t (id int)")
    start = catalog.clock[0]
    replay("ALTER TABLE t ADD COLUMN x int; CREATE TABLE u (id int)", catalog)
    between = catalog.now()
    catalog.restore(start)
    assert names(catalog) == {"t"}
    assert [c.name for c in table(catalog, "t").columns] == ["id"]
    assert between.table(QName("public", "u")) is not None
    assert replay("CREATE TABLE u (id int)", catalog)[0].error is None


def test_a_fork_leaves_its_parent_alone() -> None:
    catalog = schema("CREATE TABLE t (id int); CREATE INDEX i ON t (id)")
    fork = Catalog(base=catalog.now())
    replay("DROP TABLE t; CREATE TABLE u (id int)", fork)
    assert names(catalog) == {"t", "i"}
    assert names(fork) == {"u"}
    replay("CREATE TABLE later (id int)", catalog)
    assert names(fork) == {"u"}


def test_a_refused_statement_changes_nothing_but_its_aim() -> None:
    catalog = schema("CREATE TABLE t (id int)")
    outcome = replay("ALTER TABLE t ADD COLUMN a int, ADD COLUMN id int, ADD COLUMN b int", catalog)[0]
    assert outcome.error is not None
    assert [c.name for c in table(catalog, "t").columns] == ["id", "a", "b"]


def test_a_conditional_change_is_uncertain_afterwards() -> None:
    catalog = schema(
        """
        CREATE TABLE t (id int);
        DO $$ BEGIN
            IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE column_name = 'x') THEN
                ALTER TABLE t ADD COLUMN x int;
            END IF;
        END $$;
        """
    )
    column = table(catalog, "t").column("x")
    assert column is not None
    assert column.maybe
    for sql in ("ALTER TABLE t ADD COLUMN x int", "ALTER TABLE t DROP COLUMN x"):
        assert replay(sql, Catalog(base=catalog.now()))[0].error is None


def test_an_exception_block_catches_the_error() -> None:
    sql = "DO $$ BEGIN CREATE TYPE e AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
    outcomes = replay(sql + sql + "CREATE TABLE t (e e);", Catalog(closed=True))
    assert [o.error for o in outcomes] == [None, None, None]


def test_a_plain_statement_of_a_do_block_counts_as_executed() -> None:
    outcomes = replay("CREATE TABLE t (id int); DO $$ BEGIN ALTER TABLE t ADD COLUMN id int; END $$;", Catalog())
    assert outcomes[1].error is not None
    assert outcomes[1].error.sqlstate == "42701"


def test_after_dynamic_sql_nothing_older_is_certain() -> None:
    catalog = schema(
        """
        CREATE TABLE t (id int);
        DO $$ DECLARE n text; BEGIN FOR n IN SELECT 'x' LOOP EXECUTE 'ALTER TABLE t ADD COLUMN ' || n; END LOOP; END $$;
        CREATE TABLE u (id int);
        """
    )
    outcomes = replay(
        "ALTER TABLE t DROP COLUMN x; SELECT * FROM made_somewhere; ALTER TABLE t ALTER x SET NOT NULL;"
        "ALTER TABLE u DROP COLUMN x;",
        catalog,
    )
    assert [o.error.sqlstate if o.error else None for o in outcomes] == [None, None, None, "42703"]


def test_a_called_function_may_change_the_schema() -> None:
    catalog = schema(
        """
        CREATE FUNCTION prepare() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE made (id int); END $$;
        SELECT prepare();
        """
    )
    assert table(catalog, "made").maybe
    assert replay("CREATE TABLE made (id int, x int)", catalog)[0].error is None


def test_names_inside_function_bodies_are_not_checked() -> None:
    sql = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM nowhere; END $$;"
    assert replay(sql, Catalog(closed=True))[0].error is None


def test_if_exists_and_if_not_exists_tell_that_they_did_nothing() -> None:
    sql = "CREATE TABLE t (a int); CREATE TABLE IF NOT EXISTS t (b int); DROP VIEW IF EXISTS v; DROP TABLE IF EXISTS t;"
    assert [o.skipped for o in replay(sql, Catalog(closed=True))] == [False, True, True, False]
