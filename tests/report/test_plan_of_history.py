"""The plan of a small history, from files to text: what a person reads before it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hotlint
from hotlint.report import plan_text
from hotlint.report.terminal import Style

FILES = {
    "0001_orders.up.sql": """-- The first tables.
CREATE TABLE customers (id bigint PRIMARY KEY, email text);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers, -- who pays
    placed_at timestamptz
);
CREATE INDEX orders_placed_idx ON orders (placed_at);
""",
    "0001_orders.down.sql": "DROP TABLE orders;\nDROP TABLE customers;\n",
    "0002_status.up.sql": """SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN status text;
UPDATE orders SET status = 'open';
ALTER TABLE orders ALTER COLUMN status SET NOT NULL;
CREATE INDEX orders_status_idx ON orders (status);
""",
    "0002_status.down.sql": "ALTER TABLE orders DROP COLUMN status;\n",
    "0003_email.up.sql": "CREATE UNIQUE INDEX CONCURRENTLY customers_email_key ON customers (email);\n",
    "0003_email.down.sql": "DROP INDEX CONCURRENTLY customers_email_key;\n",
    "0004_mistake.up.sql": "ALTER TABLE orders DROP COLUMN state;\nALTR TABLE orders;\n",
    "0004_mistake.down.sql": "SELECT 1;\n",
}

TEXT = """\
0001 orders  sent as one message
  db/migrations/0001_orders.up.sql
  2  CREATE TABLE customers (id bigint PRIMARY KEY, email text)
  3  CREATE TABLE orders ( id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers,…
  8  CREATE INDEX orders_placed_idx ON orders (placed_at)

0002 status  sent as one message
  db/migrations/0002_status.up.sql
  1  SET lock_timeout = '2s'
  2  ALTER TABLE orders ADD COLUMN status text
       public.orders  ACCESS EXCLUSIVE  blocks reads and writes  briefly, then held until line 5
  3  UPDATE orders SET status = 'open'
       public.orders  ROW EXCLUSIVE  blocks no queries  while every row is read, held until line 5
       meanwhile reads and writes of public.orders wait, locked since line 2
  4  ALTER TABLE orders ALTER COLUMN status SET NOT NULL
       public.orders  ACCESS EXCLUSIVE  blocks reads and writes  while every row is read (not null status), held until line 5
  5  CREATE INDEX orders_status_idx ON orders (status)
       public.orders  SHARE  blocks writes  while orders_status_idx is built
       meanwhile reads and writes of public.orders wait, locked since line 2

0003 email  sent as one message
  db/migrations/0003_email.up.sql
  1  CREATE UNIQUE INDEX CONCURRENTLY customers_email_key ON customers (email)
       public.customers  SHARE UPDATE EXCLUSIVE  blocks no queries  while customers_email_key is built

0004 mistake  sent as one message
  db/migrations/0004_mistake.up.sql
  1  ALTER TABLE orders DROP COLUMN state
       fails: column "state" of relation "orders" does not exist (42703)
  2  syntax-error: syntax error at or near "ALTR"

PostgreSQL 16.
"""  # noqa: E501


@pytest.fixture(autouse=True)
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "db" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)


def test_the_plan_of_a_history_reads_from_top_to_bottom() -> None:
    text = plan_text.render(hotlint.plan("db/migrations", server=16))
    heading, _, rest = text.partition("\n\n")
    assert heading.startswith("db/migrations: golang-migrate, 4 migrations, 10 statements\n")
    assert rest == TEXT


def test_brief_locks_stand_back_and_slow_ones_stand_out() -> None:
    lines = plan_text.render(hotlint.plan("db/migrations", server=16), Style(True)).splitlines()
    painted = {line.strip().partition("m")[0] for line in lines if "briefly" in line}
    assert painted == {"\x1b[2"}
    assert [line.strip()[:7] for line in lines if "not null status" in line] == ["\x1b[1;31m"]


def test_the_way_back_is_shown_newest_first() -> None:
    text = plan_text.render(hotlint.plan("db/migrations", server=16).choose(down=True, last=3))
    assert text.partition("\n\n")[2].splitlines()[3:9] == [
        "",
        "0003 email (down)  sent as one message",
        "  db/migrations/0003_email.down.sql",
        "  1  DROP INDEX CONCURRENTLY customers_email_key",
        "       public.customers  SHARE UPDATE EXCLUSIVE  blocks no queries  briefly",
        "",
    ]


def test_the_json_of_a_step_is_whole() -> None:
    plan = hotlint.plan("db/migrations", server=16).choose(migration="0002").to_dict()
    assert json.loads(json.dumps(plan)) == plan
    (migration,) = plan["projects"][0]["migrations"]
    assert (migration["id"], migration["name"], migration["transaction"]) == ("0002", "status", True)
    step = migration["steps"][3]
    lock = {
        "relation": "public.orders",
        "kind": "table",
        "mode": "ACCESS EXCLUSIVE",
        "created_in_transaction": False,
        "blocks": ["reads", "writes"],
        "duration": "scan",
        "until": "transaction",
    }
    assert {key: step[key] for key in ("line", "column", "end_line", "end_column", "sql", "in_transaction")} == {
        "line": 4,
        "column": 1,
        "end_line": 4,
        "end_column": 52,
        "sql": "ALTER TABLE orders ALTER COLUMN status SET NOT NULL",
        "in_transaction": True,
    }
    assert step["operations"] == [{"type": "SetNotNull", "relation": "public.orders"}]
    assert step["locks"] == [lock]
    first = step["locks_held"][0]
    assert (first["relation"], first["mode"]) == ("public.orders", "ACCESS EXCLUSIVE")
    (failing,) = hotlint.plan("db/migrations", server=16).choose(last=1).to_dict()["projects"][0]["migrations"]
    assert failing["steps"][0]["error"] == {
        "sqlstate": "42703",
        "message": 'column "state" of relation "orders" does not exist',
    }


def test_many_partitions_are_counted_and_an_open_transaction_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "db" / "migrations"
    partitions = "".join(f"CREATE TABLE log_{at} PARTITION OF log FOR VALUES IN ({at});\n" for at in range(9))
    (folder / "0005_log.up.sql").write_text(
        f"CREATE TABLE log (id int, kind int) PARTITION BY LIST (kind);\n{partitions}"
    )
    (folder / "0006_note.up.sql").write_text("BEGIN;\nALTER TABLE log ADD COLUMN note text;\n")
    text = plan_text.render(hotlint.plan("db/migrations", server=16).choose(last=1))
    lines = [line.split() for line in text.splitlines() if "ACCESS EXCLUSIVE" in line]
    assert [" ".join(words[: words.index("ACCESS")]) for words in lines] == [
        "public.log",
        "public.log_0",
        "public.log_1",
        "public.log_2",
        "and 6 more",
    ]
    assert {" ".join(words[-7:]) for words in lines} == {"until the connection ends: no COMMIT follows"}
