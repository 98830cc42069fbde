"""Writes ``hotlint/dialects/postgres/data/types.json`` from the catalogs of running servers, one per major version.

    python tools/generate_types.py 'postgresql://…:5412/scratch' … 'postgresql://…:5418/scratch'

Needs psycopg and the right to create databases and extensions: the extensions that the servers ship are made in a
scratch database (see ``generate_functions.py``), so that the casts of ``citext``, ``hstore`` and their like are known.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
from generate_functions import FIRST, LAST, major, scratch, span

OUTPUT = Path(__file__).parents[1] / "hotlint/dialects/postgres/data/types.json"
Row = tuple[Any, ...]

# Types in information_schema are left out: domains for its own views. ``extension`` is empty for built-in types.
_OWNER = "coalesce((SELECT extname FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid WHERE d.deptype = 'e'"
_OWNER += " AND d.refclassid = 'pg_extension'::regclass AND d.classid = 'pg_type'::regclass AND d.objid = t.oid), '')"

TYPES = f"""
SELECT t.typname::text, t.typcategory::text, t.typtype::text, t.typispreferred,
       coalesce((SELECT collname::text FROM pg_collation c WHERE c.oid = t.typcollation), ''),
       CASE WHEN t.typelem <> 0 AND t.typlen = -1 THEN e.typname::text ELSE '' END,
       t.typmodin <> 0, {_OWNER}
  FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem
 WHERE t.typtype IN ('b', 'r', 'm', 'p') AND t.typrelid = 0
   AND (e.oid IS NULL OR e.typarray <> t.oid)
   AND (t.typnamespace = 'pg_catalog'::regnamespace OR {_OWNER} <> '')
"""
CASTS = """
SELECT s.typname::text, t.typname::text, c.castcontext::text, c.castmethod::text,
       coalesce((SELECT p.prosupport <> 0 FROM pg_proc p WHERE p.oid = c.castfunc), false),
       coalesce((SELECT p.provolatile::text FROM pg_proc p WHERE p.oid = c.castfunc), 'i')
  FROM pg_cast c JOIN pg_type s ON s.oid = c.castsource JOIN pg_type t ON t.oid = c.casttarget
"""
# Whether an index holds the values themselves: a hash index holds hashes, others what opckeytype says.
OPCLASSES = """
SELECT a.amname::text, o.opcname::text, f.opfname::text, t.typname::text, o.opcdefault,
       o.opckeytype = 0 AND a.amname <> 'hash'
  FROM pg_opclass o JOIN pg_am a ON a.oid = o.opcmethod JOIN pg_opfamily f ON f.oid = o.opcfamily
  JOIN pg_type t ON t.oid = o.opcintype
"""
EQUALITY = """
SELECT f.opfname::text, l.typname::text, r.typname::text
  FROM pg_amop m JOIN pg_opfamily f ON f.oid = m.amopfamily JOIN pg_am a ON a.oid = m.amopmethod
  JOIN pg_type l ON l.oid = m.amoplefttype JOIN pg_type r ON r.oid = m.amoprighttype
 WHERE a.amname = 'btree' AND m.amopstrategy = 3
"""
# Input and output functions that depend on settings make casts to and from text as volatile as they are.
TEXT_IO = """
SELECT t.typname::text, i.provolatile::text, o.provolatile::text
  FROM pg_type t JOIN pg_proc i ON i.oid = t.typinput JOIN pg_proc o ON o.oid = t.typoutput
 WHERE t.typtype = 'b' AND t.typrelid = 0 AND (i.provolatile <> 'i' OR o.provolatile <> 'i')
   AND NOT EXISTS (SELECT 1 FROM pg_type e WHERE e.typarray = t.oid)
"""
SECTIONS = {"types": TYPES, "casts": CASTS, "opclasses": OPCLASSES, "equality": EQUALITY, "text_io": TEXT_IO}


def main(urls: list[str]) -> None:
    """Asks every server and writes each row once, with the versions that have it."""
    seen: dict[str, dict[Row, set[int]]] = {section: {} for section in SECTIONS}
    zones: set[str] | None = None
    for url in urls:
        with scratch(url) as connection:
            version = major(connection)
            for section, query in SECTIONS.items():
                for row in connection.execute(query).fetchall():
                    seen[section].setdefault(row, set()).add(version)
            found = zero_zones(connection)
            zones = found if zones is None else zones & found
    data: dict[str, Any] = {name: [[*row, *span(rows[row])] for row in sorted(rows)] for name, rows in seen.items()}
    data["zero_zones"] = sorted(zones or ())
    lines = ",\n".join(f"{msgspec.json.encode(k).decode()}: {_lines(v)}" for k, v in data.items())
    OUTPUT.write_text(f"{{\n{lines}\n}}\n")
    print(f"{OUTPUT}: {OUTPUT.stat().st_size} bytes, versions {FIRST} to {LAST}")


def _lines(rows: list[Any]) -> str:
    return "[\n" + ",\n".join(msgspec.json.encode(row).decode() for row in rows) + "\n]"


def zero_zones(connection: Any) -> set[str]:
    """Time zones, in lower case, under which the server takes a timestamp for a timestamptz as it is."""
    connection.execute("CREATE TEMP TABLE zone_probe (c timestamp)")
    zones = set()
    for (zone,) in connection.execute("SELECT name FROM pg_timezone_names WHERE utc_offset = '0'").fetchall():
        before = "SELECT pg_relation_filenode('zone_probe')"
        connection.execute("BEGIN")
        connection.execute("SELECT set_config('TimeZone', %s, true)", [zone])
        node = connection.execute(before).fetchone()
        connection.execute("ALTER TABLE zone_probe ALTER c TYPE timestamptz")
        if connection.execute(before).fetchone() == node:
            zones.add(zone.lower())
        connection.execute("ROLLBACK")
    return zones


if __name__ == "__main__":
    main(sys.argv[1:])
