"""Writes ``signatures.json`` and ``parameters.json`` below ``hotlint/dialects/postgres/data`` from the catalogs of
running servers, one per major version.

    python tools/generate_signatures.py 'postgresql://…:5412/postgres' … 'postgresql://…:5418/postgres'

Needs psycopg. Only what a server has without any extension: functions and operators with the types that they take and
give, and the parameters that SET knows, with what they accept.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
from generate_functions import major, span

DATA = Path(__file__).parents[1] / "hotlint/dialects/postgres/data"
Row = tuple[Any, ...]

# Functions of I/O and of operators' support take what no SQL can give, and are left out.
FUNCTIONS = """
SELECT p.proname::text,
       coalesce((SELECT string_agg(t.typname::text, ' ' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY a(o, n)
                   JOIN pg_type t ON t.oid = a.o), ''),
       p.pronargdefaults, p.provariadic <> 0, r.typname::text, p.proretset, p.prokind::text
  FROM pg_proc p JOIN pg_type r ON r.oid = p.prorettype
 WHERE p.pronamespace = 'pg_catalog'::regnamespace
   AND NOT 'internal'::regtype = ANY (p.proargtypes::oid[]) AND NOT 'cstring'::regtype = ANY (p.proargtypes::oid[])
"""
OPERATORS = """
SELECT o.oprname::text, coalesce(l.typname::text, ''), r.typname::text, x.typname::text
  FROM pg_operator o JOIN pg_type x ON x.oid = o.oprresult
  LEFT JOIN pg_type l ON l.oid = o.oprleft JOIN pg_type r ON r.oid = o.oprright
 WHERE o.oprnamespace = 'pg_catalog'::regnamespace
"""
# Custom parameters (with a dot) are those of libraries that happen to be loaded.
PARAMETERS = """
SELECT name, context, vartype, coalesce(unit, ''), min_val, max_val, coalesce(array_to_string(enumvals, ' '), '')
  FROM pg_settings WHERE name NOT LIKE '%%.%%'
"""
FILES = {
    "signatures.json": {"functions": FUNCTIONS, "operators": OPERATORS},
    "parameters.json": {"parameters": PARAMETERS},
}


def main(urls: list[str]) -> None:
    """Asks every server and writes each row once, with the versions that have it."""
    import psycopg

    seen: dict[str, dict[Row, set[int]]] = {}
    for url in urls:
        with psycopg.connect(url) as connection:
            for sections in FILES.values():
                for section, query in sections.items():
                    for row in connection.execute(query).fetchall():
                        seen.setdefault(section, {}).setdefault(row, set()).add(major(connection))
    for file, sections in FILES.items():
        lines = ",\n".join(f"{msgspec.json.encode(s).decode()}: {_lines(seen[s])}" for s in sections)
        (DATA / file).write_text(f"{{\n{lines}\n}}\n")
        print(f"{file}: {(DATA / file).stat().st_size} bytes")


def _lines(rows: dict[Row, set[int]]) -> str:
    ordered = sorted(rows, key=lambda row: [str(part) for part in row])
    return "[\n" + ",\n".join(msgspec.json.encode([*row, *span(rows[row])]).decode() for row in ordered) + "\n]"


if __name__ == "__main__":
    main(sys.argv[1:])
