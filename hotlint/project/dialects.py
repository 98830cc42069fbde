"""Which database files are for: by names, then by folders, and lastly by what is written in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from hotlint.patterns import lazy

POSTGRES = "postgres"

LABELS = {
    "postgres": "PostgreSQL",
    "mysql": "MySQL",
    "sqlite": "SQLite",
    "cockroachdb": "CockroachDB",
    "mssql": "SQL Server",
    "oracle": "Oracle",
    "h2": "H2",
    "hsqldb": "HSQLDB",
    "derby": "Derby",
    "db2": "Db2",
    "clickhouse": "ClickHouse",
    "cassandra": "Cassandra",
    "spanner": "Spanner",
    "snowflake": "Snowflake",
    "redshift": "Redshift",
    "bigquery": "BigQuery",
    "duckdb": "DuckDB",
    "vertica": "Vertica",
    "firebird": "Firebird",
    "tidb": "TiDB",
    "ydb": "YDB",
}
"""Dialects by the names that projects carry, and what people call them."""

ALIASES = {
    **{name: name for name in LABELS},
    "postgresql": "postgres",
    "pg": "postgres",
    "pgsql": "postgres",
    "psql": "postgres",
    "mariadb": "mysql",
    "sqlite3": "sqlite",
    "libsql": "sqlite",
    "turso": "sqlite",
    "cockroach": "cockroachdb",
    "crdb": "cockroachdb",
    "sqlserver": "mssql",
    "singlestore": "mysql",
}
"""What files, folders and lock files call a dialect (in lower case)."""

_SEPARATORS = lazy(r"[-_.]")
_FOLDER_DEPTH = 4  # a dialect's name further up is the name of something else (a repository, a user)

_MARKS = {
    "postgres": lazy(
        r"(?i)\b(?:jsonb|timestamptz|bigserial|bytea|plpgsql)\b|::\w|\bCREATE\s+EXTENSION\b"
        r"|\b(?:ALTER\s+TABLE\s+ONLY|CREATE\s+TYPE|ALTER\s+TYPE)\b|\bCONCURRENTLY\b|\$\$"
    ),
    "clickhouse": lazy(r"(?i)\bENGINE\s*=\s*\w*(?:MergeTree|Distributed|Kafka|Memory)\b"),
    "mysql": lazy(r"(?i)\bAUTO_INCREMENT\b|\bENGINE\s*=\s*\w|\bTABLE\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?`"),
    "sqlite": lazy(r"(?i)\bAUTOINCREMENT\b|^\s*PRAGMA\s+\w|\bWITHOUT\s+ROWID\b", re.MULTILINE),
}
"""What only this database understands, outside of comments; the first that is found counts."""
_COMMENT = lazy(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_TABLE = lazy(r"(?i)\bCREATE\s+TABLE\b")
_LOOKED_AT = 20  # files; a dialect shows in the first tables
_LOOKED_INTO = 100_000  # characters of each


def label(dialect: str) -> str:
    """What people call the dialect."""
    return LABELS.get(dialect, dialect)


def named(word: str) -> str | None:
    """The dialect that a word names, if any."""
    return ALIASES.get(word.lower())


def of_folder(path: str) -> str | None:
    """The dialect that the nearest folders' names give (``migrations/postgres``, ``jdbc-mysql/…``)."""
    for part in reversed(path.split("/")[-_FOLDER_DEPTH:]):
        whole = ALIASES.get(part.lower())
        if whole:
            return whole
        found = {ALIASES[word] for word in _SEPARATORS.split(part.lower()) if word in ALIASES}
        if len(found) == 1:
            return found.pop()
    return None


def of_folder_name(name: str) -> str | None:
    """The dialect that this folder's own name is or has as a part."""
    return of_folder(name)


def of_texts(texts: Iterable[str]) -> str | None:
    """The dialect that the texts are written in, where they show that it is not PostgreSQL; otherwise None.

    Each text has one vote. Another dialect needs more votes than PostgreSQL has, and those of half of the texts that
    make tables: one odd file says something about that file, not about the history.
    """
    votes: dict[str, int] = dict.fromkeys(_MARKS, 0)
    tables = 0
    for text in islice(texts, _LOOKED_AT):
        code = _code(text)
        tables += _TABLE.search(code) is not None
        if (found := _marked(code)) is not None:
            votes[found] += 1
    best = max(votes, key=lambda name: votes[name])
    return best if best != POSTGRES and votes[best] > votes[POSTGRES] and votes[best] * 2 >= tables else None


def is_postgres(text: str) -> bool:
    """Whether the text has something that only PostgreSQL and its relatives have."""
    return _MARKS[POSTGRES].search(_code(text)) is not None


def _marked(code: str) -> str | None:
    return next((name for name, marks in _MARKS.items() if marks.search(code)), None)


def _code(text: str) -> str:
    """The beginning of a text without its comments: they quote names, and tell of databases left behind."""
    return _COMMENT.sub(" ", text[:_LOOKED_INTO])
