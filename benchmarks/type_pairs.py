"""Compares ``type_change`` with running servers, over every pair of types.

    python benchmarks/type_pairs.py 'postgresql://…:5412/scratch' … [--record tests/dialects/postgres/type_pairs.json]

For each pair an empty table is altered in a subtransaction that is rolled back; what counts is whether the table gets
a new file (a rewrite happens for empty tables too), the SQLSTATE, and for changes without a rewrite whether an index of
each method keeps its file. Each pair is tried as it stands and with ``USING c::type``, under two time zones. Needs
psycopg and the right to create tables, types and domains in the database that the URL names; everything is made in
one transaction that is rolled back.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from hotlint.catalog.catalog import Catalog
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, CompositeType, Constraint, Domain, Enum, Index, OtherType
from hotlint.dialects.postgres.types import TypeChange, type_change
from hotlint.operations import Expr, IndexElement, TypeName
from hotlint.server import Server, Session

ZONES = ("UTC", "Europe/Berlin")
METHODS = ("btree", "hash", "gist", "gin", "spgist", "brin")
SETUP = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE mood2 AS ENUM ('sad', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE TYPE pair2 AS (a int, b text);
CREATE TYPE floatrange AS RANGE (subtype = float8);
CREATE DOMAIN plainint AS int;
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE DOMAIN nnint AS int NOT NULL;
CREATE DOMAIN posint2 AS posint;
CREATE DOMAIN plaintext AS text;
CREATE DOMAIN short AS varchar(10);
CREATE DOMAIN longer AS varchar(20);
CREATE DOMAIN ctext AS text COLLATE "C";
CREATE DOMAIN money2 AS numeric(10,2);
CREATE DOMAIN stamp AS timestamp;
CREATE DOMAIN stamptz AS timestamptz(3);
CREATE DOMAIN anymood AS mood;
CREATE DOMAIN ints AS int[];
CREATE DOMAIN fixed AS char(10);
CREATE FUNCTION probe(old text, wanted text[], tail text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE t text; found text[] := '{}'; node oid;
BEGIN
  EXECUTE 'CREATE TABLE probed (c ' || old || ')';
  SELECT relfilenode INTO node FROM pg_class WHERE relname = 'probed';
  FOREACH t IN ARRAY wanted LOOP
    BEGIN
      EXECUTE 'ALTER TABLE probed ALTER c TYPE ' || t || CASE WHEN tail = '' THEN '' ELSE ' USING c::' || t END;
      IF EXISTS (SELECT 1 FROM pg_class WHERE relname = 'probed' AND relfilenode = node)
      THEN RAISE EXCEPTION USING errcode = 'XX0NO'; ELSE RAISE EXCEPTION USING errcode = 'XXYES'; END IF;
    EXCEPTION WHEN OTHERS THEN found := found || sqlstate;
    END;
  END LOOP;
  DROP TABLE probed;
  RETURN found;
END $$;
CREATE FUNCTION probe_index(old text, wanted text, method text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE node oid;
BEGIN
  EXECUTE 'CREATE TABLE probed (c ' || old || ')';
  EXECUTE 'CREATE INDEX probed_index ON probed USING ' || method || ' (c)';
  SELECT relfilenode INTO node FROM pg_class WHERE relname = 'probed_index';
  EXECUTE 'ALTER TABLE probed ALTER c TYPE ' || wanted;
  IF EXISTS (SELECT 1 FROM pg_class WHERE relname = 'probed_index' AND relfilenode = node)
  THEN RAISE EXCEPTION USING errcode = 'XXYES'; ELSE RAISE EXCEPTION USING errcode = 'XX0NO'; END IF;
EXCEPTION WHEN OTHERS THEN RETURN sqlstate;
END $$;
"""
INT = TypeName("int4")
_CHECK = (Constraint("c", "check"),)
DOMAINS = (
    ("plainint", INT, {}),
    ("posint", INT, {"constraints": _CHECK}),
    ("nnint", INT, {"not_null": True}),
    ("posint2", TypeName("posint"), {}),
    ("plaintext", TypeName("text"), {}),
    ("short", TypeName("varchar", modifiers=(10,)), {}),
    ("longer", TypeName("varchar", modifiers=(20,)), {}),
    ("ctext", TypeName("text"), {"collation": "C"}),
    ("money2", TypeName("numeric", modifiers=(10, 2)), {}),
    ("stamp", TypeName("timestamp"), {}),
    ("stamptz", TypeName("timestamptz", modifiers=(3,)), {}),
    ("anymood", TypeName("mood"), {}),
    ("ints", TypeName("int4", dimensions=1), {}),
    ("fixed", TypeName("bpchar", modifiers=(10,)), {}),
)
EXTRA = [
    "varchar(10)",
    "varchar(20)",
    "char",
    "char(10)",
    "char(20)",
    "numeric(10)",
    "numeric(10,2)",
    "numeric(12,2)",
    "numeric(12,3)",
    "bit(8)",
    "bit(16)",
    "varbit(8)",
    "varbit(16)",
    "timestamp(3)",
    "timestamp(5)",
    "timestamp(6)",
    "timestamptz(3)",
    "timestamptz(6)",
    "time(0)",
    "time(3)",
    "time(6)",
    "timetz(3)",
    "timetz(6)",
    "interval(3)",
    "interval(6)",
    "interval year",
    "interval year to month",
    "interval month",
    "interval day",
    "interval day to second",
    "interval day to second(3)",
    "interval hour",
    "interval minute to second",
    "interval second(2)",
    "mood",
    "mood2",
    "pair",
    "pair2",
    "floatrange",
    "int[]",
    "bigint[]",
    "oid[]",
    "text[]",
    "varchar[]",
    "varchar(10)[]",
    "varchar(20)[]",
    "char(10)[]",
    "numeric[]",
    "numeric(10,2)[]",
    "numeric(12,2)[]",
    "timestamp[]",
    "timestamptz[]",
    "timestamp(3)[]",
    "mood[]",
    "pair[]",
    "posint[]",
    "plainint[]",
    "int4range[]",
    "json[]",
    "jsonb[]",
    "inet[]",
    "cidr[]",
] + [name for name, _, _ in DOMAINS]
BUILT_IN = """
SELECT format_type(oid, -1) FROM pg_type t
 WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typrelid = 0
   AND NOT EXISTS (SELECT 1 FROM pg_type e WHERE e.typarray = t.oid) ORDER BY 1
"""


def schema() -> Catalog:
    """The catalog that ``SETUP`` makes."""
    catalog = Catalog(closed=True)
    for name in ("mood", "mood2"):
        catalog.types.set(QName("public", name), Enum(QName("public", name), ("sad", "happy")))
    for name in ("pair", "pair2"):
        columns = (Column("a", INT), Column("b", TypeName("text")))
        catalog.relations.set(QName("public", name), CompositeType(QName("public", name), columns))
    floats = QName("public", "floatrange")
    catalog.types.set(floats, OtherType(floats, "range", TypeName("float8")))
    for name, base, rest in DOMAINS:
        catalog.types.set(QName("public", name), Domain(QName("public", name), base, **rest))
    return catalog


@cache
def type_name(sql: str) -> TypeName:
    """The type name that the grammar makes of ``sql``."""
    from pglast import parse_sql

    target: Any = parse_sql(f"SELECT NULL::{sql}")[0].stmt.targetList[0].val.typeName
    names = [part.sval for part in target.names]
    modifiers = tuple(m.val.ival for m in target.typmods or ())
    return TypeName(names[-1], names[0] if len(names) > 1 else None, modifiers, len(target.arrayBounds or ()))


def said(change: TypeChange) -> str:
    """The model's answer in the words of the probe."""
    if change.error is not None:
        return change.error.sqlstate
    return "unknown" if change.rewrite is None else "XXYES" if change.rewrite else "XX0NO"


def model(catalog: Catalog, old: str, new: str, using: bool, major: int, zone: str) -> TypeChange:
    """What ``type_change`` says of one pair."""
    to = type_name(new)
    cast = Expr("cast", args=(Expr("column", "c"),), type=to) if using else None
    return type_change(
        type_name(old),
        to,
        using=cast,
        column="c",
        old_collation=None,
        new_collation=None,
        catalog=catalog,
        server=Server(major=major),
        session=Session(timezone=zone),
    )


def compare(connection: Any, catalog: Catalog) -> Iterator[tuple[str, str, str, str]]:
    """Each question with the server's and the model's answer: (what, question, server, model)."""
    major = connection.info.server_version // 10000
    connection.execute(SETUP)
    types = [row[0] for row in connection.execute(BUILT_IN).fetchall()] + EXTRA
    usable = [t for t in types if _usable(connection, t)]
    for zone in ZONES:
        connection.execute("SELECT set_config('TimeZone', %s, true)", [zone])
        for tail in ("", "using"):
            for old in usable:
                found = connection.execute("SELECT probe(%s, %s, %s)", [old, types, tail]).fetchone()[0]
                for new, answer in zip(types, found, strict=True):
                    change = model(catalog, old, new, bool(tail), major, zone)
                    yield "change", f"{major} {zone} {old} -> {new} {tail}".strip(), answer, said(change)
                    if answer == "XX0NO" and not tail:
                        yield from _indexes(connection, change, old, new, f"{major} {zone}")


def _usable(connection: Any, type: str) -> bool:
    connection.execute("SAVEPOINT usable")
    try:
        connection.execute(f"CREATE TABLE probed (c {type})")
    except Exception:
        return False
    finally:
        connection.execute("ROLLBACK TO usable")
    return True


def _indexes(
    connection: Any, change: TypeChange, old: str, new: str, where: str
) -> Iterator[tuple[str, str, str, str]]:
    for method in METHODS:
        answer = connection.execute("SELECT probe_index(%s, %s, %s)", [old, new, method]).fetchone()[0]
        if answer in ("XXYES", "XX0NO"):
            name = QName("public", "probed_index")
            index = Index(name, QName("public", "probed"), (IndexElement("c"),), method=method)
            kept = change.keeps_index(index, "c")
            words = {True: "XXYES", False: "XX0NO", None: "unknown"}[kept]
            yield "index", f"{where} {old} -> {new} {method}", answer, words


LETTERS = {"XXYES": "y", "XX0NO": "n", "42804": "a", "42846": "c"}
_UNSEEN = frozenset(['"char"', "pg_node_tree", "pg_dependencies", "pg_mcv_list", "pg_ndistinct"])  # nobody's columns


def record(answers: dict[tuple[str, str], str]) -> str:
    """The servers' answers as JSON: for each old type a string of letters, one per new type, as the last version has
    them under UTC; where that is no rewrite, a letter per index method; and what differs elsewhere."""
    table: dict[tuple[str, str, str], dict[str, str]] = {}  # (what, old, new) -> where -> letter
    for (what, question), answer in answers.items():
        version, zone, rest = question.split(" ", 2)
        old, new = rest.split(" -> ")
        method = what
        if what == "index":
            new, method = new.rsplit(" ", 1)
        elif new.endswith(" using"):
            new, method = new.removesuffix(" using"), "using"
        if not ({old, new} & _UNSEEN or "pg_brin" in old + new):
            table.setdefault((method, old, new), {})[f"{version} {zone}"] = LETTERS[answer]
    places = sorted({place for found in table.values() for place in found})
    base = next(place for place in reversed(places) if place.endswith(" UTC"))
    types = list(dict.fromkeys(old for _, old, _ in table))
    rows = {}
    for method in ("change", "using"):
        letters = {old: "".join(table.get((method, old, new), {}).get(base, ".") for new in types) for old in types}
        rows[method] = {old: row for old, row in letters.items() if row.strip(".")}
    kept = {(old, new): None for method, old, new in table if method in METHODS}
    indexes = {
        f"{old} -> {new}": "".join(table.get((method, old, new), {}).get(base, ".") for method in METHODS)
        for old, new in kept
    }
    differences: dict[str, list[str]] = {}
    for (method, old, new), found in table.items():
        usual = found.get(base, ".")
        for place, letter in found.items():
            if letter != usual and usual != "." and (method not in METHODS or place.endswith(" UTC")):
                differences.setdefault(f"{place} {method} {letter} -> {new}", []).append(old)
    data = {
        "types": "|".join(types),
        "base": base,
        **rows,
        "indexes": indexes,
        "differences": {key: "|".join(found) for key, found in sorted(differences.items())},
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=1).decode() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--record", type=Path, help="write the servers' answers there, for the tests")
    parser.add_argument("--show", type=int, default=20, help="how many disagreements to print per server")
    options = parser.parse_args()
    import psycopg

    catalog = schema()
    answers: dict[tuple[str, str], str] = {}
    for url in options.urls:
        counts: dict[str, list[int]] = {}
        shown = 0
        with psycopg.connect(url) as connection:
            for what, question, server, ours in compare(connection, catalog):
                count = counts.setdefault(what, [0, 0])
                count[0] += 1
                count[1] += server == ours
                answers[what, question] = server
                if server != ours and (shown := shown + 1) <= options.show:
                    print(f"  {what}: {question}: server {server}, model {ours}")
            version = connection.info.server_version // 10000
            connection.rollback()
        agreed = ", ".join(f"{what} {good}/{total}" for what, (total, good) in counts.items())
        print(f"{version}: {agreed}", flush=True)
    if options.record:
        options.record.write_text(record(answers))


if __name__ == "__main__":
    main()
