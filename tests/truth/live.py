"""Runs the measured cases on a server with Hotlint's own tracer, and holds the model against what it did:
``python -m tests.truth.live [--url URL] [--every N] [FILE …]``.

Without a URL the server is the embedded one. What is compared is the model with the server, so that the tracer and the
model prove each other. Each disagreement says whether the recorded measurement of that version has it too: then the
model is wrong, else the tracer, or this server is unlike those that were measured.
"""

from __future__ import annotations

import argparse
import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from hotlint.dialects.postgres.locks import strength
from hotlint.source import Statement
from hotlint.verify.server import ScratchServer, database_url, embedded
from hotlint.verify.session import Parking
from hotlint.verify.trace import Measured, Tracer
from tests.truth.agreement import (
    HERE,
    KINDS,
    REFUSED_IN_TRANSACTION,
    RELATIONS,
    ROW_ERRORS,
    Difference,
    Said,
    cases,
    compare,
    parsed,
    say,
)
from tests.truth.agreement import PARTLY_MEASURED as PARTLY

ROLE = "app_user"
EVENT_TRIGGER = "oracle_rewrite"  # of the fixture: Hotlint's tracer has its own
_SUBSCRIPTIONS = b"""SELECT quote_ident(subname) FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
 WHERE d.datname = current_database()"""
FILES = ("rows.jsonl", "more.jsonl", "fresh.jsonl", "held.jsonl")
_HOLDABLE = ("table", "partitioned table")


class Live:
    """A server with the fixture in a database that is copied for each case."""

    def __init__(self, server: ScratchServer) -> None:
        self.server = server
        server.create_roles((ROLE,))
        self.template = server.create_database()
        with server.connect("admin", self.template) as connection:
            text = (HERE / "fixture.sql").read_text()
            schema, _, maintenance = text.rpartition("VACUUM")
            connection.execute(schema.encode())
            connection.execute(b"DROP EVENT TRIGGER " + EVENT_TRIGGER.encode())
            connection.execute(("VACUUM" + maintenance).encode())

    def facts(self, case: dict[str, Any], claimed: list[str]) -> dict[str, Any]:
        """What the server does with a case, as the rows have it. ``claimed`` are the relations to stand in the way of
        a statement that runs alone."""
        found = self._run(case, alone=False)
        if found.get("error") == REFUSED_IN_TRANSACTION:
            return self._run(case, alone=True, claimed=claimed)
        return found

    @contextlib.contextmanager
    def _database(self, case: dict[str, Any]) -> Iterator[tuple[Any, str]]:
        name = self.server.create_database(self.template)
        try:
            with self.server.connect("admin", name) as connection:
                _prepare(connection, case)
                yield connection, name
        finally:
            with self.server.connect("admin", name) as connection:
                _without_subscriptions(connection)
            self.server.drop_database(name)

    def _run(self, case: dict[str, Any], alone: bool, claimed: list[str] | None = None) -> dict[str, Any]:
        import psycopg

        with self._database(case) as (connection, name), Tracer(self.server, name) as tracer:
            tracer.attach(connection)
            found = _Facts(not alone)
            try:
                if alone:
                    _alone(case, connection, tracer, found, claimed or [])
                else:
                    connection.execute(b"BEGIN")
                    for text, tag in _statements(case):
                        tracer.before_statement(tag)
                        connection.execute(text.encode())
                        found.add(tracer.after_statement(tag))
                    connection.execute(b"COMMIT")
            except psycopg.Error as error:
                return {"error": error.sqlstate, "transaction": False if alone else None}
            return found.result()


class LackingError(Exception):
    """The server was built without what a case needs (libxml), or would keep what it makes."""


_KEPT = re.compile(r"\bCREATE\s+(DATABASE|ROLE|USER|GROUP|TABLESPACE)\b(?!\s+MAPPING)", re.IGNORECASE)


def _prepare(connection: Any, case: dict[str, Any]) -> None:
    import psycopg

    kept = _KEPT.search(" ".join((*case["setup"], *case["sql"])))
    if kept is not None:
        raise LackingError(f"what {kept[0].upper()} makes belongs to all databases of the server")
    try:
        for text in (*case["setup"], *case["session"]):
            connection.execute(text.encode())
    except psycopg.errors.FeatureNotSupported as error:
        raise LackingError(str(error).splitlines()[0]) from error


def _without_subscriptions(connection: Any) -> None:
    """A database with a subscription cannot be dropped, nor a subscription whose slot is on a server out of reach."""
    for (name,) in connection.execute(_SUBSCRIPTIONS).fetchall():
        connection.execute(f"ALTER SUBSCRIPTION {name} SET (slot_name = NONE)".encode())
        connection.execute(f"DROP SUBSCRIPTION {name}".encode())


def _alone(case: dict[str, Any], connection: Any, tracer: Tracer, found: _Facts, claimed: list[str]) -> None:
    for text, tag in _statements(case):
        before = tracer.alone_before(tag)
        names = [r.name for r in before.values() if r.kind in _HOLDABLE and _short(str(r.name)) in claimed]
        parking = Parking(tracer, names, tag)
        parking.run(lambda text=text: connection.execute(text.encode()))
        found.add(tracer.alone_after(tag, parking.seen))


def _statements(case: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The statements one by one; a text that the parser does not take goes to the server as it is."""
    for text in case["sql"]:
        found: tuple[Statement, ...] | None = parsed(text)
        if found is None:
            yield text, ""
        else:
            yield from ((text[s.start : s.end], s.tag) for s in found)


class _Facts:
    """What the statements of a case did together."""

    def __init__(self, transaction: bool) -> None:
        self.transaction = transaction
        self.locks: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.rewrites: set[str] = set()
        self.scans: set[str] = set()
        self.builds: set[str] = set()
        self.truncated: set[str] = set()
        self.existing: frozenset[str] = frozenset()

    def add(self, measured: Measured) -> None:
        if not measured.existing:  # a statement that locks nothing, such as SET
            return
        gone = {name: mode for name, mode in self.locks.items() if name not in measured.existing}
        self.locks = gone | measured.held
        self.existing |= measured.existing
        self.kinds.update((lock.relation, lock.kind) for lock in measured.locks)
        self.rewrites.update(str(r.relation) for r in measured.rewrites)
        self.scans.update(map(str, measured.scans))
        self.builds.update(str(b.relation) for b in measured.index_builds)
        self.truncated.update(map(str, measured.truncated))

    def result(self) -> dict[str, Any]:
        held = {n: mode for n, mode in self.locks.items() if self.kinds.get(n, "table") in RELATIONS}
        return {
            "transaction": self.transaction,
            "existing": {_short(name) for name in self.existing},
            "locks": {_short(n): mode for n, mode in held.items() if not n.startswith("oracle_meta.")},
            **{
                kind: sorted(_short(n) for n in getattr(self, kind) if not n.startswith("oracle_meta."))
                for kind in ("rewrites", "scans", "builds", "truncated")
            },
        }


def _short(name: str) -> str:
    return name.removeprefix("public.")


def differences(live: Live, case: dict[str, Any]) -> list[Difference] | None:
    """Where model and server differ; None where the case does not apply to the server."""
    major = live.server.major
    if recorded(case, major) is None:
        return None
    text = " ".join(case["sql"] + case["setup"])
    if EVENT_TRIGGER in text or (not live.server.is_own and ROLE in text):
        return None
    said = say(case, major)
    facts = live.facts(case, sorted(said.locks))
    if facts.get("error") in ROW_ERRORS:
        return None
    if facts.get("error") is None:
        _leave_out_unseen(case, facts, said)
    existing = facts.pop("existing", None)
    if existing is not None:  # of what a case makes itself the tracer does not tell
        for kind in ("rewrites", "scans", "builds"):
            setattr(said, kind, [name for name in getattr(said, kind) if name in existing])
            facts[kind] = [name for name in facts[kind] if name in existing]
    return list(compare(case, major, facts, said))


def _leave_out_unseen(case: dict[str, Any], facts: dict[str, Any], said: Said) -> None:
    """What no instrument shows is not held against the model: locks that were too brief or too weak for a moment when
    seen from outside, and the pages that VACUUM reads (vacuumlazy.c tells of them at level INFO only) or that ANALYZE
    samples of partitions for their parent (analyze.c: acquire_inherited_sample_rows)."""
    if any(tag == "VacuumStmt" for _, tag in _statements(case)):
        said.scans = [name for name in said.scans if name in facts["scans"]]
    if facts["transaction"]:
        return
    for name, mode in list(said.locks.items()):
        seen = facts["locks"].get(name)
        if seen is None and case["id"] not in PARTLY:
            del said.locks[name]
        elif seen is not None and strength(seen) < strength(mode):
            said.locks[name] = seen


def recorded(case: dict[str, Any], major: int) -> dict[str, Any] | None:
    """What the case was measured to do on a version."""
    return next((facts for first, last, facts in case["facts"] if first <= major <= last), None)


def origin(live: Live, case: dict[str, Any], kind: str) -> str:
    """Whether the record shows a disagreement too."""
    major = live.server.major
    facts = recorded(case, major)
    assert facts is not None
    kinds = {d.kind for d in compare(case, major, facts, say(case, major))}
    return "as recorded" if kind in kinds else "not as recorded"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", default=[f for f in FILES if (HERE / f).exists()])
    parser.add_argument("--url", help="a server to make scratch databases on; default: the embedded one")
    parser.add_argument("--every", type=int, default=1, help="only every Nth case")
    parser.add_argument("--only", help="only the cases whose id contains this")
    arguments = parser.parse_args()
    with database_url(arguments.url) if arguments.url else embedded() as server:
        live = Live(server)
        wrong: Counter[str] = Counter()
        rows = 0
        for case in [c for f in arguments.files for c in cases(f) if (arguments.only or "") in c["id"]][
            :: arguments.every
        ]:
            try:
                found = differences(live, case)
            except LackingError as error:
                print(f"{case['id']} left out: {error}")
                continue
            rows += found is not None
            for d in found or ():
                sql, where = "; ".join(case["sql"])[:100], origin(live, case, d.kind)
                print(f"{d.case} {d.kind} ({where}): server {d.measured}, model {d.said} | {sql}")
                wrong[d.kind] += 1
        print(f"PostgreSQL {server.version}: {rows} cases")
        for kind in KINDS:
            print(f"{kind:<13}{100 * (rows - wrong[kind]) / max(rows, 1):>7.2f}%")


if __name__ == "__main__":
    main()
