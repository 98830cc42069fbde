"""The plan for programs: the same facts that the rules judge. Relations are schema-qualified, as SQL writes them."""

from __future__ import annotations

from typing import Any

import msgspec

from hotlint.catalog.names import QName
from hotlint.impact import Impact, IndexBuild, Lock, Rewrite, Scan
from hotlint.operations import AnyOperation, Name
from hotlint.planning.model import MigrationPlan, Step
from hotlint.report.plan_model import PlannedProject, PlanReport

VERSION = 1


def render(report: PlanReport) -> bytes:
    """The JSON text in UTF-8, indented, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(plan_to_dict(report)), indent=2) + b"\n"


def plan_to_dict(report: PlanReport) -> dict[str, Any]:
    """Plain dictionaries, lists, strings, numbers, booleans and None."""
    return {
        "version": VERSION,
        "server": {"dialect": report.server.dialect, "major": report.server.major},
        "projects": [_project(project) for project in report.projects],
    }


def _project(project: PlannedProject) -> dict[str, Any]:
    found = project.plan.project
    return {
        "root": found.root,
        "framework": found.framework,
        "notes": list(found.notes),
        "not_covered": [{"reason": n.reason, "paths": list(n.paths)} for n in found.not_covered],
        "migrations": [_migration(migration) for migration in project.shown],
    }


def _migration(plan: MigrationPlan) -> dict[str, Any]:
    migration = plan.migration
    up = plan.direction == "up"
    script = migration.up if up or migration.down is None else migration.down
    mode = migration.transaction if up else migration.down_transaction
    return {
        "id": migration.id,
        "name": migration.name,
        "direction": plan.direction,
        "path": script.path,
        "transaction": mode == "wrapped" or (mode == "implicit" and any(s.in_transaction for s in plan.steps)),
        "problems": [_problem(plan, script, p) for p in plan.problems],
        "steps": [_step(step) for step in plan.steps],
    }


def _problem(plan: MigrationPlan, script: Any, problem: Any) -> dict[str, Any]:
    at = script.position(problem.start)
    return {"rule": problem.rule, "message": problem.message, "line": at.line, "column": at.column}


def _step(step: Step) -> dict[str, Any]:
    start = step.script.position(step.statement.start)
    end = step.script.position(step.statement.end)
    impact = step.impact
    return {
        "path": step.script.path,
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "sql": step.sql,
        "operations": [_operation(operation, step) for operation in step.operations],
        "allowed_in_transaction": impact.allowed_in_transaction,
        "in_transaction": step.in_transaction,
        **_effects(impact),
        "locks_held": [_lock(held.lock) for held in step.held],
    }


def _effects(impact: Impact) -> dict[str, Any]:
    error = impact.error
    return {
        "locks": [_lock(lock) for lock in impact.locks],
        "rewrites": [_rewrite(rewrite) for rewrite in impact.rewrites],
        "scans": [_scan(scan) for scan in impact.scans],
        "index_builds": [_build(build) for build in impact.index_builds],
        "error": None if error is None else {"sqlstate": error.sqlstate, "message": error.message},
    }


def _operation(operation: AnyOperation, step: Step) -> dict[str, Any]:
    """``type`` and, for operations on one relation, its name as the schema resolves it at that moment."""
    relation = getattr(operation, "relation", None)
    named: dict[str, Any] = {"type": type(operation).__name__}
    if isinstance(relation, Name):
        named["relation"] = str(qualified(relation, step))
    return named


def qualified(name: Name, step: Step) -> QName:
    """The relation that a name means where the step stands, or will mean once the step has made it."""
    path = step.session.search_path
    found = step.before.resolve(name, path)
    return found if step.before.relation(found) is not None else step.after.resolve(name, path)


def _lock(lock: Lock) -> dict[str, Any]:
    return {
        "relation": str(lock.relation),
        "kind": lock.kind,
        "mode": lock.mode,
        "created_in_transaction": lock.created_in_transaction,
        "blocks": list(lock.blocks),
        "duration": lock.duration,
        "until": lock.until,
    }


def _rewrite(rewrite: Rewrite) -> dict[str, Any]:
    return {"relation": str(rewrite.relation), "reason": rewrite.reason, "column": rewrite.column}


def _scan(scan: Scan) -> dict[str, Any]:
    return {"relation": str(scan.relation), "reason": scan.reason, "name": scan.name}


def _build(build: IndexBuild) -> dict[str, Any]:
    return {
        "relation": str(build.relation),
        "index": None if build.index is None else str(build.index),
        "new": build.new,
        "concurrently": build.concurrently,
    }
