"""What statements leave in the schema."""

from __future__ import annotations

import pytest

from hotlint.catalog.catalog import Catalog
from hotlint.catalog.names import QName
from hotlint.catalog.outcome import Victim
from hotlint.catalog.records import Enum, Index, Sequence
from hotlint.operations import TypeName
from tests.catalog.replay import names, replay, schema, table


def q(name: str, in_schema: str = "public") -> QName:
    return QName(in_schema, name)


NAMES = [
    ("CREATE TABLE t (id serial PRIMARY KEY)", {"t", "t_id_seq", "t_pkey"}),
    ("CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY)", {"t", "t_id_seq"}),
    ("CREATE TABLE t (a int UNIQUE, b int, UNIQUE (a, b))", {"t", "t_a_key", "t_a_b_key"}),
    ("CREATE TABLE t (a int); CREATE INDEX ON t (a); CREATE INDEX ON t (a)", {"t", "t_a_idx", "t_a_idx1"}),
    (
        "CREATE TABLE t (a text); CREATE INDEX ON t (lower(a), (a || 'x')) INCLUDE (a)",
        {"t", "t_lower_expr_a_idx"},
    ),
    ("CREATE TABLE t (a int PRIMARY KEY, UNIQUE (a))", {"t", "t_pkey"}),
    (
        f"CREATE TABLE {'t' * 60} ({'c' * 40} int UNIQUE)",
        {"t" * 60, f"{'t' * 29}_{'c' * 29}_key"},
    ),
    (
        "CREATE TABLE t (a int4range, EXCLUDE USING gist (a WITH &&))",
        {"t", "t_a_excl"},
    ),
    (
        "CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t RENAME TO old; CREATE TABLE t (id int PRIMARY KEY)",
        {"t", "old", "t_pkey", "t_pkey1"},
    ),
    (
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX u ON t (a); ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX u",
        {"t", "k"},
    ),
    (
        "CREATE TABLE t (id serial PRIMARY KEY, a int UNIQUE); CREATE TABLE s (LIKE t INCLUDING ALL)",
        {"t", "t_id_seq", "t_pkey", "t_a_key", "s", "s_pkey", "s_a_key"},
    ),
    ("CREATE TABLE t (id serial PRIMARY KEY); ALTER TABLE t DROP COLUMN id", {"t"}),
    ("CREATE TABLE t (id serial); DROP TABLE t", set()),
    ("CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a, b); ALTER TABLE t DROP COLUMN b", {"t"}),
]


@pytest.mark.parametrize(("sql", "expected"), NAMES, ids=[sql for sql, _ in NAMES])
def test_relations_get_the_servers_names(sql: str, expected: set[str]) -> None:
    assert names(schema(sql)) == expected


CONSTRAINTS = [
    ("CREATE TABLE t (a int CHECK (a > 0), b int, CHECK (a > b))", ["t_a_check", "t_check"]),
    ("CREATE TABLE t (a int CHECK (a > 0), CHECK (a < 9))", ["t_a_check", "t_a_check1"]),
    ("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (p_id int REFERENCES p)", ["t_p_id_fkey"]),
    (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (p_id int REFERENCES p); ALTER TABLE t RENAME TO o;"
        "CREATE TABLE t (p_id int REFERENCES p)",
        ["t_p_id_fkey1"],
    ),
    (
        "CREATE TABLE t (id int); CREATE UNIQUE INDEX u ON t (id); ALTER TABLE t ADD PRIMARY KEY USING INDEX u",
        ["u"],
    ),
]


@pytest.mark.parametrize(("sql", "expected"), CONSTRAINTS, ids=[sql for sql, _ in CONSTRAINTS])
def test_constraints_get_the_servers_names(sql: str, expected: list[str]) -> None:
    assert [c.name for c in table(schema(sql), "t").constraints] == expected


def test_not_null_constraints_have_names_on_18_only() -> None:
    sql = "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int CONSTRAINT b_there NOT NULL)"
    for major, expected in ((17, [None, None, None]), (18, ["t_id_not_null", "t_a_not_null", "b_there"])):
        assert [c.not_null_name for c in table(schema(sql, major=major), "t").columns] == expected


def test_a_serial_column_is_an_integer_with_an_owned_sequence() -> None:
    catalog = schema("CREATE TABLE t (id bigserial)")
    column = table(catalog, "t").column("id")
    assert column is not None
    assert (column.type, column.not_null) == (TypeName("int8", "pg_catalog"), True)
    assert column.default is not None
    sequence = catalog.relation(q("t_id_seq"))
    assert isinstance(sequence, Sequence)
    assert sequence.owned_by == (q("t"), "id")


def test_types_are_kept_with_the_schema_in_which_they_were_found() -> None:
    catalog = schema("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (a text, m mood, i int, c citext)")
    assert [str(c.type and c.type.schema) for c in table(catalog, "t").columns] == [
        "pg_catalog",
        "public",
        "pg_catalog",
        "None",
    ]


CASCADES = [
    (
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a_id int REFERENCES a);"
        "CREATE VIEW v AS SELECT id FROM a; CREATE VIEW w AS SELECT id FROM v; DROP TABLE a CASCADE",
        {
            Victim("view", "public.v"),
            Victim("view", "public.w"),
            Victim("index", "public.a_pkey", True),
            Victim("constraint", "public.b.b_a_id_fkey"),
        },
    ),
    (
        "CREATE TABLE a (x int, y int); CREATE VIEW v AS SELECT x FROM a; CREATE VIEW w AS SELECT y FROM a;"
        "ALTER TABLE a DROP COLUMN x CASCADE",
        {Victim("view", "public.v")},
    ),
    (
        "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE a (m mood, d text DEFAULT ('ok'::mood)::text);"
        "DROP TYPE mood CASCADE",
        {Victim("column", "public.a.m"), Victim("default", "public.a.d")},
    ),
    (
        "CREATE SEQUENCE s; CREATE TABLE a (id int DEFAULT nextval('s')); DROP SEQUENCE s CASCADE",
        {Victim("default", "public.a.id")},
    ),
    (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TABLE a (id int);"
        "CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f(); DROP FUNCTION f CASCADE",
        {Victim("trigger", "public.a.t")},
    ),
    (
        "CREATE SCHEMA s; CREATE TABLE s.a (id int); CREATE VIEW v AS SELECT id FROM s.a; DROP SCHEMA s CASCADE",
        {Victim("table", "s.a"), Victim("view", "public.v")},
    ),
]


@pytest.mark.parametrize(("sql", "expected"), CASCADES, ids=[sql.split(";")[-1] for sql, _ in CASCADES])
def test_cascade_takes_along(sql: str, expected: set[Victim]) -> None:
    victims = replay(sql, Catalog(closed=True))[-1].victims
    assert {Victim(v.kind, v.name, v.automatic) for v in victims} == expected


def test_a_victim_tells_what_it_is_part_of_and_which_step_made_it() -> None:
    outcome = replay(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a_id int REFERENCES a);"
        "CREATE VIEW v AS SELECT id FROM a;"
        "DROP TABLE a CASCADE",
        Catalog(closed=True),
    )[-1]
    assert {(v.kind, v.object, v.part, v.origin) for v in outcome.victims} == {
        ("index", QName("public", "a_pkey"), "", 0),
        ("constraint", QName("public", "b"), "b_a_id_fkey", 1),
        ("view", QName("public", "v"), "", 2),
    }


def test_renames_are_followed_everywhere() -> None:
    catalog = schema(
        """
        CREATE TABLE people (id int PRIMARY KEY, name text CHECK (name <> ''));
        CREATE TABLE pets (owner_id int REFERENCES people (id));
        CREATE INDEX ON people (lower(name)) WHERE name IS NOT NULL;
        CREATE VIEW names AS SELECT name FROM people;
        COMMENT ON COLUMN people.name IS 'full name';
        ALTER TABLE people RENAME COLUMN name TO label;
        ALTER TABLE people RENAME COLUMN id TO person_id;
        ALTER TABLE people RENAME TO persons;
        """
    )
    persons, pets = table(catalog, "persons"), table(catalog, "pets")
    assert [c.name for c in persons.columns] == ["person_id", "label"]
    assert [c.columns for c in persons.constraints] == [("label",), ("person_id",)]
    assert (pets.constraints[0].target, pets.constraints[0].target_columns) == (q("persons"), ("person_id",))
    assert [i.table for i in catalog.indexes(q("persons"))] == [q("persons"), q("persons")]
    assert [v.reads for v in catalog.readers(q("persons"))] == [((q("persons"), ("label",)),)]
    assert dict(catalog.comments.items()) == {("column", q("persons"), "label"): "full name"}
    assert replay("DROP TABLE persons", catalog)[0].error is not None


def test_set_schema_moves_indexes_and_owned_sequences_along() -> None:
    catalog = schema("CREATE SCHEMA s; CREATE TABLE t (id serial PRIMARY KEY); ALTER TABLE t SET SCHEMA s")
    assert names(catalog) == set()
    assert names(catalog, "s") == {"t", "t_pkey", "t_id_seq"}
    assert table(catalog, "t", "s").constraints[0].index == q("t_pkey", "s")


def test_a_partition_gets_what_its_parent_has() -> None:
    catalog = schema(
        """
        CREATE TABLE users (id int PRIMARY KEY);
        CREATE TABLE events (id int, at date, user_id int REFERENCES users, PRIMARY KEY (id, at), CHECK (id > 0))
            PARTITION BY RANGE (at);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE INDEX events_at ON events (at);
        CREATE TABLE events_2 (id int NOT NULL, at date NOT NULL, user_id int,
            CONSTRAINT events_id_check CHECK (id > 0));
        ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        ALTER TABLE events ADD COLUMN note text;
        """
    )
    for name in ("events_1", "events_2"):
        partition = table(catalog, name)
        assert [c.name for c in partition.columns] == ["id", "at", "user_id", "note"]
        assert {c.kind for c in partition.constraints} == {"check", "primary key", "foreign key"}
        assert {i.name.name for i in catalog.indexes(q(name))} == {f"{name}_pkey", f"{name}_at_idx"}
    assert catalog.children(q("events")) == (q("events_1"), q("events_2"))
    detached = replay("ALTER TABLE events DETACH PARTITION events_2; DROP TABLE events;", catalog)
    assert [o.error for o in detached] == [None, None]
    assert {n for n in names(catalog) if n.startswith("events")} == {"events_2", "events_2_pkey", "events_2_at_idx"}


def test_enum_labels_keep_their_order() -> None:
    catalog = schema(
        "CREATE TYPE e AS ENUM ('b'); ALTER TYPE e ADD VALUE 'a' BEFORE 'b'; ALTER TYPE e ADD VALUE 'c';"
        "ALTER TYPE e RENAME VALUE 'c' TO 'z'; ALTER TYPE e RENAME TO f"
    )
    found = catalog.type(q("f"))
    assert isinstance(found, Enum)
    assert found.labels == ("a", "b", "z")


def test_an_index_on_only_the_parent_becomes_valid_when_all_partitions_are_attached() -> None:
    catalog = schema(
        """
        CREATE TABLE e (a int) PARTITION BY LIST (a);
        CREATE TABLE e1 PARTITION OF e FOR VALUES IN (1);
        CREATE INDEX i ON ONLY e (a);
        CREATE INDEX i1 ON e1 (a);
        """
    )
    index = catalog.relation(q("i"))
    assert isinstance(index, Index)
    assert index.valid is False
    replay("ALTER INDEX i ATTACH PARTITION i1", catalog)
    index = catalog.relation(q("i"))
    assert isinstance(index, Index)
    assert index.valid is True


def test_a_table_is_empty_until_something_writes_it() -> None:
    catalog = schema(
        "CREATE TABLE a (x int); CREATE TABLE b AS SELECT 1 AS x; CREATE TABLE c (x int); INSERT INTO c VALUES (1)"
    )
    assert [table(catalog, n).empty for n in "abc"] == [True, False, False]


def test_views_know_their_columns_and_what_they_read() -> None:
    catalog = schema(
        """
        CREATE TABLE a (id int, x text);
        CREATE TABLE b (id int, a_id int, y uuid);
        CREATE VIEW v AS SELECT a.*, b.y AS label FROM a JOIN b ON b.a_id = a.id;
        """
    )
    view = catalog.view(q("v"))
    assert view is not None
    assert [(c.name, c.type.name if c.type else None) for c in view.columns] == [
        ("id", "int4"),
        ("x", "text"),
        ("label", "uuid"),
    ]
    assert {name: set(columns or ()) for name, columns in view.reads} == {q("a"): {"id", "x"}, q("b"): {"y", "a_id"}}


def test_unqualified_names_follow_the_search_path() -> None:
    catalog = schema("CREATE SCHEMA app; CREATE TABLE app.t (id int); CREATE TABLE u (id int)")
    replay("ALTER TABLE t ADD COLUMN x int; CREATE TABLE v (id int);", catalog, search_path=("app", "public"))
    assert [c.name for c in table(catalog, "t", "app").columns] == ["id", "x"]
    assert catalog.table(q("v", "app")) is not None


def test_quoted_and_mixed_case_names_differ() -> None:
    catalog = schema('CREATE TABLE "Order" (id int); CREATE TABLE Order_ (Id int);')
    assert names(catalog) == {"Order", "order_"}


def test_a_baseline_says_what_exists_and_that_nothing_else_does() -> None:
    from hotlint.server import Server
    from tests.catalog.replay import statements

    catalog = Catalog()
    dump = (
        "SET search_path = ''; CREATE TABLE public.t (id int NOT NULL); ALTER TABLE ONLY public.t ADD PRIMARY KEY (id);"
    )
    catalog.load_baseline(statements(dump), Server(major=16))
    assert table(catalog, "t").origin == -1
    outcome = replay("SELECT * FROM u", catalog)[0]
    assert outcome.error is not None
    assert outcome.error.sqlstate == "42P01"


def test_truncate_cascade_follows_tables_that_refer_to_themselves_and_to_each_other() -> None:
    catalog = schema(
        """
        CREATE TABLE carts (id int PRIMARY KEY, parent_id int REFERENCES carts);
        CREATE TABLE items (id int PRIMARY KEY, cart_id int REFERENCES carts);
        ALTER TABLE carts ADD COLUMN first_item int REFERENCES items;
        INSERT INTO carts SELECT 1;
        INSERT INTO items SELECT 1;
        TRUNCATE carts CASCADE;
        """
    )
    assert [table(catalog, name).empty for name in ("carts", "items")] == [True, True]
