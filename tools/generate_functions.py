"""Writes ``hotlint/dialects/postgres/data/functions.json`` from the catalogs of running servers, one per major version.

    python tools/generate_functions.py 'postgresql://…:5412/postgres' … 'postgresql://…:5418/postgres'

Needs psycopg and the right to create databases and extensions. Every extension that a server ships and can load is
made in a scratch database, which is dropped at the end; a name that only an extension has is listed under it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

OUTPUT = Path(__file__).parents[1] / "hotlint/dialects/postgres/data/functions.json"
FIRST, LAST = 12, 18
SCRATCH = "hotlint_generate"

# Overloads stand apart only where the volatility of a name differs between them. What a name returns is kept where all
# overloads return one plain type that stable operators or casts take: that is what types are inferred for.
FUNCTIONS = """
SELECT coalesce((SELECT extname::text FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid
                  WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
                    AND d.classid = 'pg_proc'::regclass AND d.objid = p.oid), '') AS extension,
       p.proname::text, p.provolatile::text,
       coalesce((SELECT string_agg(t.typname::text, ' ' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY a(o, n)
                   JOIN pg_type t ON t.oid = a.o), ''),
       p.pronargdefaults, p.provariadic <> 0, r.typname::text
  FROM pg_proc p JOIN pg_type r ON r.oid = p.prorettype
 WHERE p.pronamespace <> 'information_schema'::regnamespace
"""
OPERATORS = """
SELECT o.oprname::text, coalesce(l.typname::text, ''), r.typname::text, x.typname::text, p.provolatile::text
  FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode JOIN pg_type x ON x.oid = o.oprresult
  LEFT JOIN pg_type l ON l.oid = o.oprleft JOIN pg_type r ON r.oid = o.oprright
 WHERE o.oprname IN (SELECT o2.oprname FROM pg_operator o2 JOIN pg_proc p2 ON p2.oid = o2.oprcode
                      WHERE p2.provolatile <> 'i')
"""
RETURNS = frozenset(["timestamptz", "timestamp", "date", "time", "timetz", "interval", "text", "tsquery", "tsvector"])


@contextmanager
def scratch(url: str) -> Iterator[Any]:
    """A connection to a new database of the server with every extension that can be made; dropped afterwards."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {SCRATCH} TEMPLATE template0")
        try:
            with psycopg.connect(url, autocommit=True, dbname=SCRATCH) as connection:
                connection.execute("SET client_min_messages = error")
                for (name,) in connection.execute("SELECT name FROM pg_available_extensions ORDER BY 1").fetchall():
                    try:
                        connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{name}" CASCADE')
                    except psycopg.Error as error:
                        print(f"{major(connection)}: {name} left out: {str(error).splitlines()[0]}", file=sys.stderr)
                yield connection
        finally:
            admin.execute(f"DROP DATABASE {SCRATCH}")


def major(connection: Any) -> int:
    """The major version of the server."""
    return int(connection.info.server_version) // 10000


def span(versions: set[int]) -> list[int]:
    """First and last version, empty for all of them; a name that went and came back is not supposed to exist."""
    first, last = min(versions), max(versions)
    if versions != set(range(first, last + 1)):
        raise ValueError(f"versions with a gap: {sorted(versions)}")
    return [] if (first, last) == (FIRST, LAST) else [first, last]


def main(urls: list[str]) -> None:
    """Asks every server and writes names grouped by extension, volatility and versions."""
    names: dict[tuple[str, str, str], set[int]] = {}  # (extension, name, volatilities) -> versions
    overloads: dict[tuple[str, str, int, int, str], set[int]] = {}
    returns: dict[str, set[str]] = {}
    operators: dict[tuple[str, ...], set[int]] = {}
    for url in urls:
        with scratch(url) as connection:
            version = major(connection)
            rows = connection.execute(FUNCTIONS).fetchall()
            for row in connection.execute(OPERATORS).fetchall():
                operators.setdefault(row, set()).add(version)
        kinds: dict[tuple[str, str], set[str]] = {}
        for extension, name, volatile, *_, result in rows:
            kinds.setdefault((extension, name), set()).add(volatile)
            returns.setdefault(name, set()).add(result)
        for (extension, name), found in kinds.items():
            names.setdefault((extension, name, "".join(sorted(found))), set()).add(version)
        for extension, name, volatile, types, defaults, variadic, _ in rows:
            if len(kinds[extension, name]) > 1:
                count = len(types.split())
                most = 99 if variadic else count
                overloads.setdefault((name, types, count - defaults, most, volatile), set()).add(version)
    groups: dict[str, list[str]] = {}
    for (extension, name, volatile), versions in names.items():
        bounds = span(versions) or [FIRST, LAST]
        groups.setdefault(f"{extension}/{volatile}/{bounds[0]}/{bounds[1]}", []).append(name)
    results: dict[str, list[str]] = {}
    for name, found in returns.items():
        if len(found) == 1 and found <= RETURNS:
            results.setdefault(found.pop(), []).append(name)
    write(
        {
            "functions": {key: " ".join(sorted(groups[key])) for key in sorted(groups)},
            "overloads": [[*row, *span(overloads[row])] for row in sorted(overloads)],
            "operators": [[*row, *span(operators[row])] for row in sorted(operators)],
            "returns": {key: " ".join(sorted(results[key])) for key in sorted(results)},
        }
    )


def write(data: dict[str, Any]) -> None:
    """One entry of each section per line, so that a change of a server shows as a change of lines."""
    parts = []
    for section, content in data.items():
        rows = content.items() if isinstance(content, dict) else content
        lines = [
            ": ".join(msgspec.json.encode(part).decode() for part in row)
            if isinstance(content, dict)
            else msgspec.json.encode(row).decode()
            for row in rows
        ]
        opening, closing = "{}" if isinstance(content, dict) else "[]"
        parts.append(f'"{section}": {opening}\n' + ",\n".join(lines) + f"\n{closing}")
    OUTPUT.write_text("{\n" + ",\n".join(parts) + "\n}\n")
    print(f"{OUTPUT}: {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
