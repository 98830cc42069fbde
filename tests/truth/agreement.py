"""Plans the measured cases in process and compares: what the model says against what servers did.

A case is the fixture, then ``setup``, then ``session``, then ``sql`` in one transaction. Where the server refuses a
transaction block, what counts is the statement on its own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from hotlint.catalog.catalog import Catalog, CatalogView
from hotlint.catalog.names import QName
from hotlint.dialects.postgres.impact import ImpactContext, impact_of
from hotlint.dialects.postgres.locks import strength
from hotlint.dialects.postgres.parse import parse_script
from hotlint.impact import Impact
from hotlint.operations import AddEnumValue, Name, SetVariable
from hotlint.planning.transactions import TransactionState
from hotlint.server import Server, Session
from hotlint.source import Region, Script, Statement

HERE = Path(__file__).parent
VERSIONS = range(12, 19)
KINDS = ("locks", "rewrites", "scans", "builds", "truncated", "transaction", "error")
RELATIONS = ("table", "partitioned table", "view", "materialized view")
REFUSED_IN_TRANSACTION = "25001"
# Whole-database statements: only what was watched while they ran was measured.
UNMEASURED_SCHEMAS = ("oracle_meta",)
PARTLY_MEASURED = ("maintenance.reindex_database", "maintenance.vacuum_all")


class Said(msgspec.Struct):
    """What the model said of a case on one version."""

    transaction: bool | None
    error: str | None = None
    locks: dict[str, str] = {}
    rewrites: list[str] = []
    scans: list[str] = []
    builds: list[str] = []
    truncated: list[str] = []
    unknown: list[str] = []


class Difference(msgspec.Struct):
    """One disagreement."""

    case: str
    version: int
    kind: str
    measured: Any
    said: Any


def cases(file: str = "rows.jsonl") -> list[dict[str, Any]]:
    """The compact rows: ``rows.jsonl``, or ``more.jsonl``, variations measured in the same way."""
    return [json.loads(line) for line in (HERE / file).read_text().splitlines()]


def parsed(text: str) -> tuple[Statement, ...] | None:
    """The statements of a text, or None if one is a syntax error."""
    found = parse_script(Script(path="case.sql", text=text, regions=(Region(0, len(text)),)))
    return None if found.problems else found.statements


@cache
def _fixture(major: int) -> CatalogView:
    catalog = Catalog(closed=True)
    statements = parsed((HERE / "fixture.sql").read_text())
    assert statements is not None
    for statement in statements:
        outcome = catalog.apply(statement, Session(), Server(major=major), -1)
        assert outcome.error is None, (statement, outcome.error)
    return catalog.now()


def say(case: dict[str, Any], major: int) -> Said:
    """The model's prediction for a case."""
    said = _run(case, major, True)
    if said.error != REFUSED_IN_TRANSACTION:
        return said
    alone = _run(case, major, False)
    alone.transaction = False
    return alone


def _run(case: dict[str, Any], major: int, in_transaction: bool) -> Said:
    catalog = Catalog(base=_fixture(major), closed=True)
    state = TransactionState(catalog, Session())
    server = Server(major=major)
    for text in case["setup"]:
        for statement in parsed(text) or ():
            catalog.apply(statement, state.session, server, -1)
    for text in case["session"]:
        for statement in parsed(text) or ():
            for operation in statement.operations:
                if isinstance(operation, SetVariable):
                    state.set_variable(operation)
    said = Said(transaction=True)
    if in_transaction:
        state.open("explicit", 0)
    for step, planned in enumerate(_statements(case)):
        if isinstance(planned, str):
            return Said(transaction=None, error=planned)
        impact = _step(planned, state, server, step, in_transaction)
        if impact.error is not None:
            return Said(transaction=impact.allowed_in_transaction and None, error=impact.error.sqlstate)
        _add(said, impact)
    return said


# What the grammar refuses by itself, by the parser's message; the rest are syntax errors.
GRAMMAR = {"cannot be marked": "0A000", "unrecognized partitioning strategy": "22023", "precision for type": "22023"}


def _statements(case: dict[str, Any]) -> Iterator[Statement | str]:
    """The statements, or the SQLSTATE with which the text is no statement."""
    for text in case["sql"]:
        found = parsed(text)
        if found is None:
            message = (
                parse_script(Script(path="case.sql", text=text, regions=(Region(0, len(text)),))).problems[0].message
            )
            yield next((state for words, state in GRAMMAR.items() if words in message), "42601")
        else:
            yield from found


def _step(statement: Statement, state: TransactionState, server: Server, step: int, in_transaction: bool) -> Impact:
    catalog = state.catalog
    before = catalog.now()
    outcome = catalog.apply(statement, state.session, server, step)
    context = ImpactContext(
        server=server,
        session=state.session,
        in_transaction=in_transaction,
        first_step=0,
        step=step,
        new_enum_values=state.new_enum_values,
    )
    impact = impact_of(statement, before, catalog.now(), outcome, context)
    for operation in statement.operations:
        if isinstance(operation, AddEnumValue) and in_transaction:
            state.remember_enum_value(operation, _type_name(operation.name))
    return impact


def _type_name(name: Name) -> QName:
    return QName(name.schema or "public", name.name)


def _add(said: Said, impact: Impact) -> None:
    for lock in impact.locks:
        name = shown(lock.relation)
        if lock.created_in_transaction or lock.kind not in RELATIONS or lock.relation.schema in UNMEASURED_SCHEMAS:
            continue
        if strength(lock.mode) >= strength(said.locks.get(name, "ACCESS SHARE")):
            said.locks[name] = lock.mode
    for held, new in (
        (said.rewrites, (r.relation for r in impact.rewrites)),
        (said.scans, (s.relation for s in impact.scans)),
        (said.builds, (b.relation for b in impact.index_builds)),
        (said.truncated, impact.truncated),
    ):
        held[:] = sorted({*held, *(shown(name) for name in new if name.schema not in UNMEASURED_SCHEMAS)})
    said.unknown.extend(impact.unknown)


def shown(name: QName) -> str:
    """The name as the rows have it: without the schema public."""
    return name.name if name.schema == "public" else f"{name.schema}.{name.name}"


def compare(case: dict[str, Any], major: int, facts: dict[str, Any], said: Said) -> Iterator[Difference]:
    """The kinds of facts in which the model and the server differ."""
    if facts["transaction"] is not None and facts["transaction"] != (said.transaction is True):
        yield Difference(case["id"], major, "transaction", facts["transaction"], said.transaction)
    if facts.get("error") != said.error:
        yield Difference(case["id"], major, "error", facts.get("error"), said.error)
        return
    if said.error is not None:
        return
    for kind in ("locks", "rewrites", "scans", "builds", "truncated"):
        measured, claimed = facts[kind], getattr(said, kind)
        if kind == "locks" and case["id"] in PARTLY_MEASURED:
            claimed = {name: mode for name, mode in claimed.items() if name in measured}
        if measured != claimed:
            yield Difference(case["id"], major, kind, measured, claimed)


# Classes of errors that no schema can tell: values in the rows, the server's files and databases.
ROW_ERRORS = ("22001", "23502", "23503", "23505", "23514", "23P01", "3D000", "58P01")


def depends_on_rows(facts: dict[str, Any]) -> bool:
    """Whether the server refused the statement for what only it can know."""
    return facts.get("error") in ROW_ERRORS


class Report(msgspec.Struct):
    """Rows and disagreements per version, and per kind; how many rows had something unknown."""

    rows: Counter[int]
    errors: Counter[int]
    differences: list[Difference]
    unknown: list[tuple[str, int, list[str]]]

    def share(self, kind: str, version: int | None = None) -> float:
        """Agreement in percent: of a kind, on one version or all."""
        versions = [version] if version is not None else list(VERSIONS)
        total = sum((self.errors if kind == "error" else self.rows)[v] for v in versions)
        wrong = sum(1 for d in self.differences if d.kind == kind and d.version in versions)
        return 100.0 if not total else 100.0 * (total - wrong) / total


def run(versions: Iterable[int] = VERSIONS, rows: list[dict[str, Any]] | None = None) -> Report:
    """Compares every case on every version for which it was measured."""
    report = Report(Counter(), Counter(), [], [])
    for case in cases() if rows is None else rows:
        for first, last, facts in case["facts"]:
            for major in range(first, last + 1):
                if major not in versions:
                    continue
                said = say(case, major)
                report.rows[major] += 1
                if depends_on_rows(facts):
                    continue
                report.errors[major] += facts.get("error") is not None
                report.differences.extend(compare(case, major, facts, said))
                if said.unknown:
                    report.unknown.append((case["id"], major, said.unknown))
    return report


def table(report: Report) -> str:
    """The agreement per kind and version, for a terminal."""
    lines = ["kind         " + "".join(f"{v:>9}" for v in VERSIONS) + "      all"]
    for kind in KINDS:
        shares = [report.share(kind, v) for v in VERSIONS] + [report.share(kind)]
        lines.append(f"{kind:<13}" + "".join(f"{share:>8.2f}%" for share in shares))
    rows = [report.rows[v] for v in VERSIONS]
    lines.append("rows         " + "".join(f"{n:>9}" for n in [*rows, sum(rows)]))
    lines.append(f"rows with something unknown: {len(report.unknown)}")
    return "\n".join(lines)
