"""A verification for programs. ``version`` grows when a field changes its meaning or goes; new ones may come without.

Times are milliseconds; lines and columns are 1-based, in code points, the end exclusive.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from hotlint import __version__
from hotlint.finding import Finding
from hotlint.report.json import finding_to_dict
from hotlint.verify.model import MigrationTrace, RoundTrip, ScriptTrace, StatementTrace, VerifiedProject, VerifyReport

VERSION = 1


def render(report: VerifyReport) -> bytes:
    """The JSON text in UTF-8, indented, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(verify_to_dict(report)), indent=2) + b"\n"


def verify_to_dict(report: VerifyReport) -> dict[str, Any]:
    """Plain dictionaries, lists, strings, numbers and booleans."""
    return {
        "version": VERSION,
        "tool": {"name": "hotlint", "version": __version__},
        "server": report.server,
        "projects": [_project(project) for project in report.projects],
        "failures": list(report.failures),
    }


def _project(project: VerifiedProject) -> dict[str, Any]:
    return {
        "root": project.root,
        "framework": project.framework,
        "duration_ms": _ms(project.duration_ms),
        "notes": list(project.notes),
        "migrations": [_migration(migration) for migration in project.migrations],
        "findings": [finding_to_dict(finding) for finding in project.findings],
    }


def _migration(migration: MigrationTrace) -> dict[str, Any]:
    return {
        "id": migration.id,
        "name": migration.name,
        "up": _script(migration.up),
        "round_trip": None if migration.round_trip is None else _round_trip(migration.round_trip),
        "lost": _list(migration.lost),
        "queries": _list(migration.queries),
        "checks": _list(migration.checks),
        "verdicts": [_verdict(*verdict) for verdict in migration.verdicts],
    }


def _round_trip(trip: RoundTrip) -> dict[str, Any]:
    return {
        "down": _script(trip.down),
        "up_again": None if trip.up_again is None else _script(trip.up_again),
        "after_down": _list(trip.after_down),
        "after_up_again": _list(trip.after_up_again),
        "lost": _list(trip.lost),
        "broken_by_rows": None if trip.broken_by_rows is None else _script(trip.broken_by_rows),
    }


def _script(script: ScriptTrace) -> dict[str, Any]:
    return {
        "direction": script.direction,
        "path": script.path,
        "duration_ms": _ms(script.duration_ms),
        "error": msgspec.to_builtins(script.error),
        "blocked": _list(script.blocked),
        "statements": [_statement(statement) for statement in script.statements],
    }


def _statement(statement: StatementTrace) -> dict[str, Any]:
    place = statement.place
    return {
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "sql": statement.sql,
        "start_ms": _ms(statement.start_ms),
        "duration_ms": _ms(statement.duration_ms),
        "released_ms": _ms(statement.released_ms),
        "locks": _list(statement.locks),
        "rewrites": [{"relation": str(r.relation), "reason": r.reason} for r in statement.rewrites],
        "scans": list(statement.scans),
        "truncated": list(statement.truncated),
        "foreign_keys": list(statement.foreign_keys),
        "index_builds": _list(statement.index_builds),
        "victims": [{"kind": v.kind, "name": v.name, "automatic": v.automatic} for v in statement.victims],
        "error": msgspec.to_builtins(statement.error),
        "claims": _list(statement.claims),
        "notes": list(statement.notes),
    }


def _verdict(finding: Finding, agreement: str, why: str) -> dict[str, Any]:
    place = finding.place
    return {
        "rule": finding.rule,
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "fingerprint": finding.fingerprint,
        "agreement": agreement,
        "why": why,
    }


def _list(structs: Iterable[msgspec.Struct]) -> list[Any]:
    return [msgspec.to_builtins(struct) for struct in structs]


def _ms(milliseconds: float) -> float:
    return round(milliseconds, 3)
