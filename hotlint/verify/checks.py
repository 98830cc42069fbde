"""What must hold after a migration: Hotlint's own checks, and the user's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from hotlint.operations import ValidateConstraint
from hotlint.planning.model import MigrationPlan
from hotlint.project.read import read_file
from hotlint.source import Region, Script
from hotlint.verify.model import Check
from hotlint.verify.server import is_lost
from hotlint.verify.snapshot import INSTRUMENTS

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

_UNVALIDATED = """
SELECT format('%%I.%%I', n.nspname, r.relname), c.conname FROM pg_constraint c
JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE NOT c.convalidated AND coalesce((to_jsonb(c) ->> 'conenforced')::bool, true) AND c.conparentid = 0
  AND n.nspname <> ALL (%(ignored)s::text[])
ORDER BY 1, 2"""

_INVALID = """
SELECT i.indexrelid::regclass::text, i.indrelid::regclass::text, x.relkind = 'I' FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace
WHERE NOT (i.indisvalid AND i.indisready) AND n.nspname !~ '^pg_' AND n.nspname <> ALL (%(ignored)s::text[])
ORDER BY 1"""

_NUMBERED = """
SELECT DISTINCT s.oid::regclass::text, t.oid::regclass::text, a.attname, q.seqincrement,
  format_type(a.atttypid, NULL) IN ('smallint', 'integer', 'bigint', 'numeric')
FROM pg_class s JOIN pg_sequence q ON q.seqrelid = s.oid
JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = s.oid AND d.classid = 'pg_attrdef'::regclass
JOIN pg_attrdef f ON f.oid = d.objid JOIN pg_class t ON t.oid = f.adrelid
JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
WHERE NOT t.relispartition AND t.relnamespace::regnamespace::text <> ALL (%(ignored)s::text[])
UNION
SELECT s.oid::regclass::text, t.oid::regclass::text, a.attname, q.seqincrement, true
FROM pg_class s JOIN pg_sequence q ON q.seqrelid = s.oid
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.refclassid = 'pg_class'::regclass
  AND d.deptype = 'i' AND d.refobjsubid > 0
JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE NOT t.relispartition AND t.relnamespace::regnamespace::text <> ALL (%(ignored)s::text[])
ORDER BY 1, 2"""


class SchemaChecks:
    """Hotlint's own checks, run after each migration. What one migration left behind is told once, at that one."""

    def __init__(self, *, ignored_schemas: tuple[str, ...] = INSTRUMENTS) -> None:
        self._ignored = {"ignored": list(ignored_schemas)}
        self._told: set[tuple[str, str]] = set()

    def run(self, connection: Connection[Any], later: Iterable[MigrationPlan] = ()) -> tuple[Check, ...]:
        """The checks as the connection's schema stands now; ``later`` are the migrations that are still to run.

        "constraints validated" fails for a constraint that is NOT VALID and that none of ``later`` validates; "indexes
        valid" for what a failed CREATE INDEX CONCURRENTLY left; "sequences ahead" for a sequence whose next value its
        column already holds. Raises ``psycopg.Error``.
        """
        with connection.transaction(force_rollback=True):
            connection.execute("SET LOCAL search_path = ''")
            connection.execute("SET LOCAL row_security = off")
            groups = (
                ("constraints validated", self._constraints(connection, validated_by(later))),
                ("indexes valid", self._indexes(connection)),
                ("sequences ahead of their columns", self._sequences(connection)),
            )
            return tuple(check for name, messages in groups for check in self._checks(name, messages))

    def _checks(self, name: str, problems: Iterator[tuple[str, str]]) -> list[Check]:
        present = list(problems)
        fresh = [message for key, message in present if (name, key) not in self._told]
        self._told = {t for t in self._told if t[0] != name} | {(name, key) for key, _ in present}
        return [Check(name, False, message) for message in fresh] or [Check(name, True)]

    def _constraints(self, connection: Connection[Any], validated: set[str]) -> Iterator[tuple[str, str]]:
        for table, name in connection.execute(_UNVALIDATED, self._ignored).fetchall():
            if name not in validated:
                message = f"constraint {name} of {table} is NOT VALID, and no later migration validates it"
                yield f"{table}.{name}", message

    def _indexes(self, connection: Connection[Any]) -> Iterator[tuple[str, str]]:
        for index, table, partitioned in connection.execute(_INVALID, self._ignored).fetchall():
            why = "not every partition has its part" if partitioned else "it slows writes and serves no query"
            yield index, f"index {index} of {table} is invalid: {why}"

    def _sequences(self, connection: Connection[Any]) -> Iterator[tuple[str, str]]:
        for sequence, table, column, increment, is_number in connection.execute(_NUMBERED, self._ignored).fetchall():
            if not is_number:
                continue
            quoted = '"' + column.replace('"', '""') + '"'
            query = (
                f"SELECT last_value + CASE WHEN is_called THEN {increment} ELSE 0 END,"
                f" (SELECT {'max' if increment > 0 else 'min'}({quoted}) FROM {table}) FROM {sequence}"
            )
            row = connection.execute(query.encode()).fetchone()
            assert row is not None
            following, held = row
            if held is not None and (following <= held if increment > 0 else following >= held):
                yield (
                    f"{sequence} {table}.{column}",
                    f"sequence {sequence} gives {following} next, but {table}.{column} already goes to {held}",
                )


def validated_by(plans: Iterable[MigrationPlan]) -> set[str]:
    """The names of the constraints that migrations validate."""
    return {
        operation.constraint
        for plan in plans
        for step in plan.steps
        for operation in step.operations
        if isinstance(operation, ValidateConstraint)
    }


def user_check(connection: Connection[Any], path: str) -> Check:
    """Runs a file of the user's checks: it fails at the first error, and at the first row that holds a false."""
    text, problems = read_file(path)
    if problems:
        return Check(path, False, problems[0].message, path)
    return script_check(connection, Script(path, text, (Region(0, len(text)),)))


def script_check(connection: Connection[Any], script: Script) -> Check:
    """Runs a script of checks (Sqitch's ``verify``) and takes back whatever it did.

    BEGIN, COMMIT and ROLLBACK in it are passed over: it runs in one transaction, which is rolled back.
    """
    import psycopg

    from hotlint.dialects.postgres.parse import parse_script

    parsed = parse_script(script)
    syntax = [p for p in parsed.problems if p.rule == "syntax-error"]
    if syntax:
        return Check(
            script.path, False, f"line {script.position(syntax[0].start).line}: {syntax[0].message}", script.path
        )
    with connection.transaction(force_rollback=True):
        for statement in parsed.statements:
            if statement.tag == "TransactionStmt":
                continue
            text = statement.raw if statement.raw is not None else script.text[statement.start : statement.end]
            line = script.position(statement.start).line
            try:
                with connection.transaction():
                    complaint = _complaint(connection.execute(text.encode()))
            except psycopg.Error as error:
                if is_lost(error):
                    raise
                complaint = str(error).strip().splitlines()[0]
            if complaint is not None:
                return Check(script.path, False, f"line {line}: {complaint}", script.path)
    return Check(script.path, True, source=script.path)


def _complaint(cursor: psycopg.Cursor[Any]) -> str | None:
    """What is wrong with the rows of a check: a false in any of them."""
    if cursor.description is None:
        return None
    for number, row in enumerate(cursor, 1):
        for column, value in zip(cursor.description, row, strict=True):
            if value is False:
                where = "" if column.name == "?column?" else f" in column {column.name}"
                return f"row {number} says false{where}"
    return None
