"""What stands under the cursor, where it was made, and who touches it."""

from __future__ import annotations

import pytest

from hotlint.lsp.hover import step_at
from hotlint.lsp.references import Index, Spot, target_at
from hotlint.lsp.words import word_at, words
from hotlint.planning.loop import PlanOptions, make_plan
from hotlint.planning.model import Plan
from hotlint.project.model import Migration, Project
from hotlint.server import Server
from hotlint.source import Region, Script


def plan_of(*scripts: str, down: str | None = None) -> Plan:
    """The plan of 1.sql, 2.sql …; ``down`` belongs to the last one."""
    migrations = []
    for number, sql in enumerate(scripts, 1):
        back = (
            Script("down.sql", down, (Region(0, len(down)),)) if down is not None and number == len(scripts) else None
        )
        up = Script(f"{number}.sql", sql, (Region(0, len(sql)),))
        migrations.append(Migration(str(number), "", up, back))
    return make_plan(Project(".", "plain", "postgres", tuple(migrations)), Server(major=16), PlanOptions())


def ask(*scripts: str, down: str | None = None) -> tuple[str | None, list[str]]:
    """Definition and references of what stands behind the ``|`` of a script, each as path and text."""
    texts = [script.replace("|", "") for script in scripts]
    plan = plan_of(*texts, down=None if down is None else down.replace("|", ""))
    number, offset = next((n, s.index("|")) for n, s in enumerate((*scripts, down or "")) if "|" in s)
    plans = [plan.migrations[number]] if number < len(scripts) else [plan.migrations[-1].down]
    step = step_at([p for p in plans if p is not None], offset)
    target = target_at(step, offset) if step is not None else None
    if target is None:
        return None, []
    sources = {m.up.path: m.up.text for m in plan.project.migrations} | {"down.sql": (down or "").replace("|", "")}

    def shown(spot: Spot) -> str:
        return f"{spot.path}: {sources[spot.path][spot.start : spot.end]}"

    index = Index(plan)
    made = index.definition(target)
    return (None if made is None else shown(made)), [shown(spot) for spot in index.references(target)]


def test_a_table_is_followed_from_its_making_to_its_end() -> None:
    assert ask(
        "CREATE TABLE orders (id bigint PRIMARY KEY);",
        "CREATE VIEW recent AS SELECT id FROM orders;",
        "ALTER TABLE orders ADD COLUMN n int;",
        "DROP VIEW recent; DROP TABLE |orders;",
        "CREATE TABLE orders (other text);",
    ) == ("1.sql: orders", ["1.sql: orders", "2.sql: orders", "3.sql: orders", "4.sql: orders"])


def test_the_next_table_of_the_same_name_is_another_one() -> None:
    assert ask(
        "CREATE TABLE orders (id int);", "DROP TABLE orders;", "CREATE TABLE orders (a int);", "TRUNCATE |orders;"
    ) == ("3.sql: orders", ["3.sql: orders", "4.sql: orders"])


def test_a_table_that_moves_to_another_schema_stays_the_same() -> None:
    assert ask(
        "CREATE SCHEMA app; CREATE TABLE orders (id int);",
        "ALTER TABLE orders SET SCHEMA app;",
        "UPDATE app.|orders SET id = 1;",
    ) == ("1.sql: orders", ["1.sql: orders", "2.sql: orders", "3.sql: orders"])


def test_a_statement_that_locks_a_table_without_naming_it_touches_it() -> None:
    assert ask("CREATE TABLE |orders (id int); CREATE INDEX i ON orders (id);", "DROP INDEX i;") == (
        "1.sql: orders",
        ["1.sql: orders", "1.sql: orders", "2.sql: DROP INDEX i"],
    )


def test_a_table_that_the_history_never_made_has_references_only() -> None:
    assert ask("ALTER TABLE orders ADD COLUMN a int;", "DELETE FROM |orders;") == (
        None,
        ["1.sql: orders", "2.sql: orders"],
    )


def test_a_column_is_followed_through_renames_and_down_scripts() -> None:
    assert ask(
        "CREATE TABLE orders (id int, note text);",
        "ALTER TABLE orders RENAME COLUMN note TO remark;",
        "CREATE INDEX i ON orders (remark);",
        "ALTER TABLE orders DROP COLUMN |remark;",
        "ALTER TABLE orders ADD COLUMN remark int;",
    ) == ("1.sql: note", ["1.sql: note", "2.sql: note", "2.sql: remark", "3.sql: remark", "4.sql: remark"])


def test_a_column_in_a_down_script() -> None:
    assert ask(
        "CREATE TABLE orders (id int);",
        "ALTER TABLE orders ADD COLUMN note text;",
        down="ALTER TABLE orders DROP COLUMN |note;",
    ) == ("2.sql: note", ["2.sql: note", "down.sql: note"])


def test_an_alias_stands_for_its_table() -> None:
    assert (
        ask(
            "CREATE TABLE a (id int, x int); CREATE TABLE b (id int, x int);",
            "CREATE VIEW v AS SELECT two.|x FROM a AS one JOIN b AS two ON one.id = two.id;",
        )[0]
        == "1.sql: x"
    )


def test_the_index_of_a_constraint_is_found_by_the_constraints_name() -> None:
    assert ask(
        "CREATE TABLE orders (id int);",
        "ALTER TABLE orders ADD CONSTRAINT once UNIQUE (id);",
        "ALTER TABLE orders RENAME CONSTRAINT once TO only_once;",
        "ALTER TABLE orders DROP CONSTRAINT |only_once;",
    ) == ("2.sql: once", ["2.sql: once", "3.sql: once", "3.sql: only_once", "4.sql: only_once"])


def test_names_are_folded_and_unquoted() -> None:
    assert ask('CREATE TABLE "Orders" (id int);', 'ALTER TABLE "|Orders" ADD COLUMN "Note" text;') == (
        '1.sql: "Orders"',
        ['1.sql: "Orders"', '2.sql: "Orders"'],
    )
    assert ask("CREATE TABLE ORDERS (id int);", "TRUNCATE Or|ders;")[0] == "1.sql: ORDERS"


def test_a_do_block_is_looked_into() -> None:
    assert ask(
        "CREATE TABLE orders (id int);",
        "DO $$ BEGIN ALTER TABLE |orders ADD COLUMN n int; END $$;",
    ) == ("1.sql: orders", ["1.sql: orders", "2.sql: orders"])


@pytest.mark.parametrize("sql", ["|SELECT 1;", "SELECT '|orders';", "-- |orders\nSELECT 1;"])
def test_nothing_stands_where_no_name_does(sql: str) -> None:
    assert ask("CREATE TABLE orders (id int);", sql) == (None, [])


def test_words_know_what_a_dot_joins_to_them() -> None:
    text = 'ALTER TABLE app."My t" ADD COLUMN n int'
    assert [(word.name, word.before) for word in words(text, 0, len(text))] == [
        ("alter", ()),
        ("table", ()),
        ("app", ()),
        ("My t", ("app",)),
        ("add", ()),
        ("column", ()),
        ("n", ()),
        ("int", ()),
    ]
    assert word_at("a.b", 0, 3, 3) is not None
    assert word_at("a + b", 0, 5, 2) is None
