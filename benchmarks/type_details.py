"""Compares what hangs on a column's type with running servers: foreign keys, collations and operator classes, USING.

    python benchmarks/type_details.py 'postgresql://…:5412/scratch' … 'postgresql://…:5418/scratch'

For foreign keys: each pair of types as key and foreign key, and each change of either side (is it validated again?).
For indexes: each collation of column, index and new type with each text operator class. For USING: expressions over
pairs of types. Needs psycopg; everything is made in one transaction that is rolled back. Internal errors of the server
(XX000, 42883 and 42804 on keys of varchar arrays and of domains over arrays) count as disagreements.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product
from typing import Any

import msgspec
import type_pairs

from hotlint.catalog.names import QName
from hotlint.catalog.records import Index
from hotlint.dialects.postgres.types import TypeChange, foreign_key_match, type_change
from hotlint.operations import Expr, IndexElement, Name
from hotlint.server import Server, Session

SCHEMA = type_pairs.schema()
SESSION = Session(timezone="UTC")
Verdict = tuple[str, str, Any, Any]  # what, question, server, model


def words(text: str) -> list[str]:
    return text.split("|")


KEYS = words(
    "smallint|integer|bigint|numeric|numeric(10,2)|real|double precision|text|varchar|varchar(10)|varchar(20)|char(10)|"
    "bpchar|name|date|timestamp|timestamptz|timestamptz(3)|time|interval|uuid|oid|regclass|inet|cidr|macaddr|bit(8)|"
    "varbit(8)|varbit|bytea|jsonb|boolean|mood|mood2|anymood|plainint|posint|posint2|plaintext|short|longer|ctext|int[]|"
    "bigint[]|text[]|varchar[]|varchar(10)[]|int4range|tsvector|pg_lsn|money|stamp|ints|pair"
)
COLLATIONS = (None, "C", "POSIX", "default")
OPCLASSES = (None, "text_ops", "text_pattern_ops", "varchar_pattern_ops", "varchar_ops", "bpchar_pattern_ops")
TEXTS = ("text", "varchar", "varchar(10)", "varchar(20)", "name", "ctext", "plaintext", "bpchar")
USING_TYPES = words(
    "int|bigint|text|varchar(20)|varchar(10)|timestamp|timestamptz|timestamptz(3)|mood|plainint|posint|numeric(10,2)|"
    "numeric|int[]|text[]|jsonb|name|oid"
)
USING = words(
    'c|c::text|c::varchar|c::varchar(10)|c::varchar(10)::text|c::varchar(30)::text|c COLLATE "C"|c::text COLLATE "C"|'
    "concat(c, '')|null|'1'|5|d|now()|c::int|c::bigint|c::int::bigint|c::text::int|upper(c::text)|coalesce(c, null)|"
    "c::oid::int|c::plainint|c::posint::int|c::timestamptz|c::timestamptz(3)|"
    "c::timestamp::timestamptz|c at time zone 'UTC'|c::date|probed.c|c::mood|c::text::mood|cast(c as numeric)|"
    "c::numeric(20,2)::numeric|array[c]|-c"
)


def attempt(connection: Any, *statements: str) -> str | None:
    """Runs the statements; the SQLSTATE of the first that fails."""
    import psycopg

    try:
        for statement in statements:
            connection.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate
    return None


def nodes(connection: Any) -> dict[str, int]:
    """The files of the probed table and its index."""
    query = "SELECT relname::text, relfilenode FROM pg_class WHERE relname IN ('probed', 'probed_index')"
    return dict(connection.execute(query).fetchall())


def foreign_keys(connection: Any, major: int) -> Iterator[Verdict]:
    notes: list[str] = []
    connection.add_notice_handler(lambda note: notes.append(note.message_primary))
    connection.execute("SET LOCAL client_min_messages = debug1")

    def match(key: str, column: str) -> Any:
        names = type_pairs.type_name(key), type_pairs.type_name(column)
        return foreign_key_match(*names, SCHEMA, Server(major=major), SESSION)

    for key, column in product(KEYS, KEYS):
        connection.execute("SAVEPOINT pair")
        if attempt(connection, f"CREATE TABLE k (c {key} UNIQUE)") is None:
            before = match(key, column)
            failed = attempt(connection, f"CREATE TABLE f (c {column} REFERENCES k (c))")
            yield "foreign key", f"{column} to {key}", failed, "42804" if before is False else None
            for side, new in product("kf", KEYS) if failed is None else ():
                old = key if side == "k" else column
                connection.execute("SAVEPOINT change")
                notes.clear()
                failed = attempt(connection, f"ALTER TABLE {side} ALTER c TYPE {new}")
                server = failed or ("validated" if any("validating foreign key" in n for n in notes) else "kept")
                connection.execute("ROLLBACK TO change")
                change = type_pairs.model(SCHEMA, old, new, False, major, "UTC")
                after = match(new, column) if side == "k" else match(key, new)
                kept = "42804" if after is False else "kept" if change.keeps_foreign_key(before, after) else "validated"
                model = change.error.sqlstate if change.error else kept
                yield "foreign key change", f"{column} to {key}, {side} to {new}", server, model
        connection.execute("ROLLBACK TO pair")
    connection.execute("SET LOCAL client_min_messages = notice")


def collations(connection: Any, major: int) -> Iterator[Verdict]:
    def collate(name: str | None) -> str:
        return f' COLLATE "{name}"' if name else ""

    for old, had, own, opclass, method in product(TEXTS, COLLATIONS, COLLATIONS, OPCLASSES, ("btree", "hash")):
        connection.execute("SAVEPOINT made")
        table = f"CREATE TABLE probed (c {old}{collate(had)})"
        index = f"CREATE INDEX probed_index ON probed USING {method} (c{collate(own)} {opclass or ''})"
        if attempt(connection, table, index) is None:
            element = IndexElement(
                "c", opclass=Name(opclass) if opclass else None, collation=Name(own) if own else None
            )
            record = Index(QName("public", "probed_index"), QName("public", "probed"), (element,), method=method)
            before = nodes(connection)
            for new, wanted in product(TEXTS, COLLATIONS):
                connection.execute("SAVEPOINT change")
                failed = attempt(connection, f"ALTER TABLE probed ALTER c TYPE {new}{collate(wanted)}")
                server = failed or tuple(before[name] == node for name, node in sorted(nodes(connection).items()))
                connection.execute("ROLLBACK TO change")
                change = changed(old, new, None, major, had, wanted)
                error = change.error or change.index_error(record, "c")
                model = error.sqlstate if error else (change.rewrite is False, change.keeps_index(record, "c"))
                yield "collation", f"{table}; {index}; to {new}{collate(wanted)}", server, model
        connection.execute("ROLLBACK TO made")


def using(connection: Any, major: int) -> Iterator[Verdict]:
    for old, new, text in product(USING_TYPES, USING_TYPES, USING):
        connection.execute("SAVEPOINT made")
        connection.execute(f"CREATE TABLE probed (c {old}, d int)")
        before = nodes(connection)
        failed = attempt(connection, f"ALTER TABLE probed ALTER c TYPE {new} USING {text}")
        server = failed or before != nodes(connection)
        connection.execute("ROLLBACK TO made")
        change = changed(old, new, expression(text), major)
        model = change.error.sqlstate if change.error else change.rewrite
        if not (failed and model is True):  # the types of other expressions are not the model's business
            yield "using", f"{old} to {new} using {text}", server, model


def expression(sql: str) -> Expr:
    from pglast import parser

    from hotlint.dialects.postgres.lower.expressions import expression as lowered

    tree = msgspec.json.decode(parser.parse_sql_json(f"SELECT {sql}"))
    return lowered(tree["stmts"][0]["stmt"]["SelectStmt"]["targetList"][0]["ResTarget"]["val"])


def changed(
    old: str, new: str, using: Expr | None, major: int, had: str | None = None, wanted: str | None = None
) -> TypeChange:
    return type_change(
        type_pairs.type_name(old),
        type_pairs.type_name(new),
        using=using,
        column="c",
        old_collation=had,
        new_collation=Name(wanted) if wanted else None,
        catalog=SCHEMA,
        server=Server(major=major),
        session=SESSION,
    )


def main(urls: list[str]) -> None:
    import psycopg

    for url in urls:
        counts: dict[str, list[int]] = {}
        with psycopg.connect(url) as connection:
            major = connection.info.server_version // 10000
            connection.execute("SET LOCAL TimeZone = 'UTC'")
            connection.execute(type_pairs.SETUP)
            for check in (foreign_keys, collations, using):
                for what, question, server, model in check(connection, major):
                    count = counts.setdefault(what, [0, 0])
                    count[0] += 1
                    count[1] += server == model
                    if server != model:
                        print(f"  {what}: {question}: server {server}, model {model}")
            connection.rollback()
        print(f"{major}: " + ", ".join(f"{what} {good}/{total}" for what, (total, good) in counts.items()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
