"""Statements that need more than an owner's rights, on a scratch server: CREATE EXTENSION and DISABLE TRIGGER ALL run
with a superuser's rights for that one statement, an extension that is not there is replaced by a stub; roles belong to
several databases (``roles.py``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hotlint.operations import CreateExtension, DropObject, SetTriggerState
from hotlint.planning.model import Step
from hotlint.verify.roles import Roles
from hotlint.verify.server import OWNER, ScratchError, ScratchServer

if TYPE_CHECKING:
    from psycopg import Connection

# What histories use of extensions that a scratch server may lack; {schema} is where the extension would be.
STUBS: dict[str, str] = {
    "uuid-ossp": """
CREATE FUNCTION {schema}.uuid_generate_v4() RETURNS uuid LANGUAGE sql VOLATILE AS 'SELECT gen_random_uuid()';
CREATE FUNCTION {schema}.uuid_generate_v1() RETURNS uuid LANGUAGE sql VOLATILE AS 'SELECT gen_random_uuid()';
CREATE FUNCTION {schema}.uuid_generate_v1mc() RETURNS uuid LANGUAGE sql VOLATILE AS 'SELECT gen_random_uuid()';
CREATE FUNCTION {schema}.uuid_generate_v3(uuid, text) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT
  AS 'SELECT md5($1::text || $2)::uuid';
CREATE FUNCTION {schema}.uuid_generate_v5(uuid, text) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT
  AS 'SELECT md5($1::text || $2)::uuid';
CREATE FUNCTION {schema}.uuid_nil() RETURNS uuid LANGUAGE sql IMMUTABLE
  AS $$SELECT '00000000-0000-0000-0000-000000000000'::uuid$$;
""",
    "pgcrypto": """
CREATE FUNCTION {schema}.digest(bytea, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT AS 'SELECT sha256($1)';
CREATE FUNCTION {schema}.digest(text, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT
  AS $$SELECT sha256(convert_to($1, 'UTF8'))$$;
CREATE FUNCTION {schema}.hmac(text, text, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT
  AS $$SELECT sha256(convert_to($2 || $1, 'UTF8'))$$;
CREATE FUNCTION {schema}.hmac(bytea, bytea, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT
  AS 'SELECT sha256($2 || $1)';
CREATE FUNCTION {schema}.gen_random_bytes(integer) RETURNS bytea LANGUAGE sql VOLATILE STRICT
  AS $$SELECT substr(sha256(convert_to(random()::text, 'UTF8')) || sha256(convert_to(random()::text, 'UTF8')), 1, $1)$$;
CREATE FUNCTION {schema}.gen_salt(text) RETURNS text LANGUAGE sql VOLATILE STRICT AS 'SELECT md5(random()::text)';
CREATE FUNCTION {schema}.gen_salt(text, integer) RETURNS text LANGUAGE sql VOLATILE STRICT
  AS 'SELECT md5(random()::text)';
CREATE FUNCTION {schema}.crypt(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS 'SELECT md5($2 || $1)';
""",
}
"""Extensions that every history's first migration asks for have stubs of their own and need no configuration: their
functions exist and give values of the right type, which is all that a schema's changes need."""

# Extensions that only a superuser may create and whose owner can do no more through them than any owner of a database.
# dblink, adminpack, file_fdw and the untrusted languages are not: through their functions an owner reaches the machine.
# fmt: off
LENT = frozenset([
    "amcheck", "autoinc", "bloom", "earthdistance", "insert_username", "intagg", "lo", "moddatetime",
    "pg_buffercache", "pg_freespacemap", "pg_stat_statements", "pg_visibility", "pgrowlocks", "pgstattuple",
    "refint", "vector", "xml2",
])
# fmt: on


class Extensions:
    """What the scratch server has of extensions. ``notes`` are sentences for the user, once for each extension."""

    def __init__(self, server: ScratchServer, dbname: str, stubs: tuple[str, ...] = ()) -> None:
        self.server = server
        self.wanted_stubs = frozenset(stubs)
        self.notes: list[str] = []
        with server.connect("admin", dbname) as connection:
            rows = connection.execute("SELECT name::text FROM pg_available_extensions").fetchall()
        self.available = frozenset(name for (name,) in rows)
        self._told: set[str] = set()
        self.roles = Roles(server)

    def create(self, names: tuple[str, ...], dbname: str) -> None:
        """Extensions that the history expects to be there; they belong to the superuser, where there is one.

        Raises ``ScratchError`` for one that the server lacks.
        """
        import psycopg
        from psycopg import sql

        with self.server.connect("admin", dbname) as connection:
            for name in names:
                try:
                    connection.execute(sql.SQL("CREATE EXTENSION {} CASCADE").format(sql.Identifier(name)))
                except psycopg.Error as error:
                    raise ScratchError(f"verify: extensions: {error.diag.message_primary or error}") from error

    def run_instead(self, step: Step, connection: Connection[Any]) -> bool:
        """Does what the step would do in another way, where that is needed; False: run it as it stands."""
        if self.roles.run_instead(step, connection):
            return True
        if self.server.is_own and _only_switches_triggers(step):
            self._with_rights(step, connection)
            return True
        if len(step.operations) != 1:
            return False
        operation = step.operations[0]
        if step.statement.tag == "CommentStmt" and step.sql.upper().split()[2:3] == ["EXTENSION"]:
            return True  # only an extension's owner may comment on it, and plpgsql has none that a user could be
        if (
            isinstance(operation, DropObject)
            and operation.kind == "extension"
            and self._is_stubbed(operation.name.name)
        ):
            self._drop_stub(operation, connection)
            return True
        if not isinstance(operation, CreateExtension):
            return False
        if self._is_stubbed(operation.name):
            self._stub(operation, connection)
            return True
        if operation.name in self.available and operation.name in LENT and self.server.is_own:
            self._with_rights(step, connection)
            return True
        return False

    def stubbed_in(self, text: str) -> str | None:
        """An extension that the text names and that was not really created, if there is one."""
        return next((name for name in sorted(self._told) if re.search(rf"\b{re.escape(name)}\b", text)), None)

    def _is_stubbed(self, name: str) -> bool:
        return name in self.wanted_stubs or (name not in self.available and name in STUBS)

    def _stub(self, operation: CreateExtension, connection: Connection[Any]) -> None:
        name = operation.name
        sql = STUBS.get(name, "")
        if name not in self._told:
            self._told.add(name)
            what = "its functions are stand-ins" if sql else "nothing of it exists"
            self.notes.append(f"the extension {name} was not created: {what}")
        if _stand_ins(name, connection):
            return
        for statement in sql.replace("{schema}.", self._schema(operation, connection) + ".").split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())

    @staticmethod
    def _drop_stub(operation: DropObject, connection: Connection[Any]) -> None:
        for function in _stand_ins(operation.name.name, connection):
            connection.execute(f"DROP FUNCTION {function} {'CASCADE' if operation.cascade else ''}".encode())

    @staticmethod
    def _schema(operation: CreateExtension, connection: Connection[Any]) -> str:
        if operation.schema is not None:
            return '"' + operation.schema.replace('"', '""') + '"'
        row = connection.execute("SELECT quote_ident(current_schema())").fetchone()
        return str(row[0]) if row and row[0] else "public"

    def _with_rights(self, step: Step, connection: Connection[Any]) -> None:
        """Lends the owner a superuser's rights for a statement that evaluates nothing which a migration could define.

        Most servers that migrations are written for allow it in one way or another; ours is thrown away afterwards.
        """
        with self.server.connect("admin", connection.info.dbname) as admin:
            admin.execute(f"ALTER ROLE {OWNER} SUPERUSER".encode())
            try:
                connection.execute((step.statement.raw or step.sql).encode())
            finally:
                admin.execute(f"ALTER ROLE {OWNER} NOSUPERUSER".encode())

    def told(self, message: str) -> str | None:
        """What to configure where the server's message says that it lacks an extension or a role, else None."""
        lacking = [name for name in message.split('"')[1::2] if name not in self.available]
        if "extension" in message and "is not available" in message and lacking:
            return (
                f"The scratch server has no {lacking[0]}: `verify: {{stub_extensions: [{lacking[0]}]}}` in the"
                " configuration leaves it out, --database-url uses a server that has it."
            )
        if message.startswith("role ") and message.endswith("does not exist") and lacking:
            return f"`verify: {{roles: [{lacking[0]}]}}` in the configuration makes the role on the scratch server."
        return None


_STAND_IN = re.compile(r"CREATE FUNCTION \{schema\}\.(\w+)")


def _stand_ins(extension: str, connection: Connection[Any]) -> list[str]:
    """The functions of the extension's stub that the database has."""
    names = list(dict.fromkeys(_STAND_IN.findall(STUBS.get(extension, ""))))
    found = connection.execute(
        "SELECT p.oid::pg_catalog.regprocedure::pg_catalog.text FROM pg_catalog.pg_proc p"
        " JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
        " WHERE p.proname::pg_catalog.text OPERATOR(pg_catalog.=) ANY (%s::pg_catalog.text[])"
        " AND p.proowner OPERATOR(pg_catalog.=) (SELECT r.oid FROM pg_catalog.pg_roles r"
        " WHERE r.rolname OPERATOR(pg_catalog.=) CURRENT_USER) ORDER BY 1",
        [names],
    )
    return [function for (function,) in found] if names else []


def _only_switches_triggers(step: Step) -> bool:
    """ENABLE and DISABLE TRIGGER ALL are about the triggers of foreign keys too, which only a superuser may touch
    (trigger.c: EnableDisableTrigger); beside anything else, an expression could run with those rights."""
    operations = step.operations
    return bool(operations) and all(isinstance(o, SetTriggerState) and o.trigger == "all" for o in operations)
