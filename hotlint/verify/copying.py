"""What CREATE DATABASE … TEMPLATE needs before, and leaves out: the properties of the database itself, which live in
catalogs that all databases share (dbcommands.c: createdb copies the files alone)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

_WAIT_SECONDS = 5.0
_PAUSE_SECONDS = 0.001

_USERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"

# GRANT, ALTER DATABASE … SET and COMMENT as statements, with the name of the copy in them. Lists are kept as they are
# written in SET (guc.c: GUC_LIST_QUOTE), other values are literals.
_PROPERTIES = """
WITH one AS (SELECT * FROM pg_database WHERE datname = %(template)s)
SELECT 1, format('REVOKE ALL ON DATABASE %%I FROM PUBLIC', %(copy)s::text) FROM one WHERE datacl IS NOT NULL
UNION ALL
SELECT 2, format('GRANT %%s ON DATABASE %%I TO %%s%%s', privilege_type, %(copy)s::text,
  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
  CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM one, aclexplode(datacl)
UNION ALL
SELECT 3, format(CASE s.setrole WHEN 0 THEN 'ALTER DATABASE %%1$I SET %%3$I TO %%4$s'
    ELSE 'ALTER ROLE %%2$I IN DATABASE %%1$I SET %%3$I TO %%4$s' END, %(copy)s::text,
  coalesce(pg_get_userbyid(s.setrole), ''), name, CASE WHEN value <> '' AND name IN ('search_path', 'DateStyle',
    'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries') THEN value
    ELSE quote_literal(value) END)
FROM one JOIN pg_db_role_setting s ON s.setdatabase = one.oid, unnest(s.setconfig) line,
  LATERAL (SELECT split_part(line, '=', 1) AS name, substr(line, strpos(line, '=') + 1) AS value) v
UNION ALL
SELECT 4, format('COMMENT ON DATABASE %%I IS %%L', %(copy)s::text, d.description)
FROM one JOIN pg_shdescription d ON d.objoid = one.oid AND d.classoid = 'pg_database'::regclass
UNION ALL
SELECT 5, format('ALTER DATABASE %%I CONNECTION LIMIT %%s', %(copy)s::text, datconnlimit) FROM one
WHERE datconnlimit <> -1
ORDER BY 1"""


def wait_until_unused(connection: Connection[Any], name: str) -> None:
    """Waits until the sessions on a database that are being closed are gone: the server itself looks for them only ten
    times a second (procarray.c: CountOtherDBBackends). Those that stay are the server's to complain about."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        row = connection.execute(_USERS, [name]).fetchone()
        time.sleep(_PAUSE_SECONDS)  # a session leaves the list a moment before it lets go of the database
        if row == (0,):
            return


def carry_over(connection: Connection[Any], template: str, copy: str) -> None:
    """Grants on, settings of and the comment on the database ``template``, for its ``copy``.

    Raises ``psycopg.Error``.
    """
    found = connection.execute(_PROPERTIES, {"template": template, "copy": copy}).fetchall()
    for _, statement in found:
        connection.execute(statement.encode())
