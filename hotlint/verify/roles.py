"""Roles that a history makes. All databases of a server share them, so what is done to a role in one scratch database
shows in its copies: a copy must neither make a role again nor fail to drop one that the database beside it uses."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from hotlint.operations import CreateObject, DropObject
from hotlint.planning.model import Step
from hotlint.verify.server import SCRATCH_PREFIX, ScratchServer

if TYPE_CHECKING:
    from psycopg import Connection

_EXISTS = "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) %s)"
# In pg_shdepend, the database 0 is that of objects which are shared themselves; memberships go with the role
# (user.c: DropRole).
_USED = """
SELECT coalesce(pg_catalog.bool_or(d.dbid OPERATOR(pg_catalog.=) 0
    OR b.datname OPERATOR(pg_catalog.=) %(here)s), false),
  coalesce(pg_catalog.bool_or(b.datname OPERATOR(pg_catalog.<>) %(here)s), false)
FROM pg_catalog.pg_shdepend d LEFT JOIN pg_catalog.pg_database b ON b.oid OPERATOR(pg_catalog.=) d.dbid
WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass
  AND d.classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_auth_members'::pg_catalog.regclass
  AND d.refobjid OPERATOR(pg_catalog.=)
    (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) %(role)s)"""


class Roles:
    """The roles of one history on one server. ``restore`` puts back what was done to them in a copy; the server drops
    those that are left in the end, on a user's server too."""

    def __init__(self, server: ScratchServer) -> None:
        self._server = server
        self._made: dict[str, str] = {}  # the role, and the database whose script made it
        self._renamed: dict[str, dict[str, str]] = {}  # by database: the role, and what it is called meanwhile

    def run_instead(self, step: Step, connection: Connection[Any]) -> bool:
        """Does what CREATE ROLE or DROP ROLE would do; False: it is run as it stands."""
        if step.statement.tag == "CreateRoleStmt":
            return self._create(step, connection)
        if step.statement.tag == "DropRoleStmt":
            return self._drop([o for o in step.operations if isinstance(o, DropObject)], connection)
        return False

    def _create(self, step: Step, connection: Connection[Any]) -> bool:
        (operation,) = step.operations
        if not isinstance(operation, CreateObject):
            return False
        name, here = operation.name.name, connection.info.dbname
        if self._exists(name, connection):
            return self._made.get(name, here) != here
        self._made[name] = here
        self._server.hold_role(name)
        return False

    def _drop(self, operations: list[DropObject], connection: Connection[Any]) -> bool:
        """A role that only other databases use is renamed instead: for this database it is gone."""
        from psycopg import sql

        here = connection.info.dbname
        names = [operation.name.name for operation in operations]
        if all(self._made.get(name, here) != here and not self._exists(name, connection) for name in names):
            return True  # another database has dropped them
        elsewhere = [name for name in names if self._is_used_elsewhere(name, connection)]
        if not elsewhere:
            return False
        for operation in operations:
            name = operation.name.name
            if name in elsewhere:
                other = SCRATCH_PREFIX + secrets.token_hex(6)
                self._server.hold_role(other)
                rename = sql.SQL("ALTER ROLE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(other))
                connection.execute(rename)
                self._renamed.setdefault(here, {})[name] = other
            else:
                word = "DROP ROLE IF EXISTS {}" if operation.if_exists else "DROP ROLE {}"
                connection.execute(sql.SQL(word).format(sql.Identifier(name)))
        return True

    def restore(self, dbname: str) -> None:
        """A copy is gone, and what its scripts did to roles that others use is undone."""
        from psycopg import sql

        renamed = self._renamed.pop(dbname, {})
        if not renamed:
            return
        with self._server.connect("admin", "postgres" if self._server.is_own else None) as connection:
            for name, other in renamed.items():
                if self._exists(other, connection):  # else the transaction that renamed it was rolled back
                    connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))
                    connection.execute(
                        sql.SQL("ALTER ROLE {} RENAME TO {}").format(sql.Identifier(other), sql.Identifier(name))
                    )

    @staticmethod
    def _exists(name: str, connection: Connection[Any]) -> bool:
        row = connection.execute(_EXISTS, [name]).fetchone()
        return row == (True,)

    @staticmethod
    def _is_used_elsewhere(name: str, connection: Connection[Any]) -> bool:
        """Whether other databases are all that keeps the role from being dropped."""
        row = connection.execute(_USED, {"role": name, "here": connection.info.dbname}).fetchone()
        return row == (False, True)
