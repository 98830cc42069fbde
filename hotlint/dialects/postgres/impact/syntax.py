"""Syntax that a version does not have yet: the grammar that reads the files is that of one version, the server's may be
older."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hotlint import operations as ops
from hotlint.operations import ColumnDef, ConstraintDef, Operation


class Feature(NamedTuple):
    """Since which major version the grammar has it; what an older server says is a syntax error (42601)."""

    operation: type[Operation]
    since: int
    used: Callable[[Any], bool]
    near: str
    source: str
    sqlstate: str = "42601"


def _columns(test: Callable[[ColumnDef], bool]) -> Callable[[Any], bool]:
    return lambda op: any(test(c) for c in (op.columns if isinstance(op, ops.CreateTable) else (op.column,)))


def _constraints(test: Callable[[ConstraintDef], bool]) -> Callable[[Any], bool]:
    def used(op: Any) -> bool:
        if isinstance(op, ops.AddConstraint):
            return test(op.constraint)
        if isinstance(op, ops.AddColumn):
            return any(map(test, op.column.constraints))
        return any(map(test, op.constraints)) or any(test(k) for c in op.columns for k in c.constraints)

    return used


def _on(
    classes: tuple[type[Operation], ...], since: int, used: Callable[[Any], bool], near: str, source: str
) -> tuple[Feature, ...]:
    return tuple(Feature(cls, since, used, near, source) for cls in classes)


_COLUMNS = (ops.CreateTable, ops.AddColumn)
_CONSTRAINTS = (ops.CreateTable, ops.AddColumn, ops.AddConstraint)


def _always(op: Any) -> bool:
    return True


_VACUUM_OPTIONS = {
    "parallel": 13,
    "process_toast": 14,
    "buffer_usage_limit": 16,
    "only_database_stats": 16,
    "process_main": 16,
    "skip_database_stats": 16,
}


def _option(name: str) -> Callable[[Any], bool]:
    return lambda op: any(key == name for key, _ in op.options)


def _beyond_tables(op: ops.CreateObject | ops.AlterObject) -> bool:
    return op.kind == "publication" and any(key == "schema" or key.startswith("of ") for key, _ in op.details)


FEATURES: tuple[Feature, ...] = (
    *_on(_COLUMNS, 18, _columns(lambda c: c.generated_kind == "virtual"), "VIRTUAL", "release 18: virtual columns"),
    *_on(_COLUMNS, 14, _columns(lambda c: c.compression is not None), "COMPRESSION", "release 14"),
    *_on(_COLUMNS, 16, _columns(lambda c: c.storage is not None), "STORAGE", "release 16: STORAGE in CREATE TABLE"),
    *_on(_CONSTRAINTS, 18, _constraints(lambda c: not c.enforced), "NOT ENFORCED", "release 18"),
    *_on(_CONSTRAINTS, 18, _constraints(lambda c: c.without_overlaps), "WITHOUT OVERLAPS", "release 18"),
    *_on(_CONSTRAINTS, 15, _constraints(lambda c: c.nulls_not_distinct), "NULLS NOT DISTINCT", "release 15"),
    *_on(
        _CONSTRAINTS,
        15,
        _constraints(lambda c: c.foreign_key is not None and bool(c.foreign_key.delete_columns)),
        "(",
        "release 15: SET NULL (columns)",
    ),
    *_on((ops.AddConstraint,), 18, lambda op: op.constraint.kind == "not null", "NOT", "release 18: named NOT NULL"),
    *_on((ops.CreateTable,), 18, lambda op: any(c.kind == "not null" for c in op.constraints), "NOT", "release 18"),
    Feature(ops.AlterConstraint, 18, lambda op: op.enforced is not None, "ENFORCED", "release 18"),
    Feature(ops.AlterConstraint, 18, lambda op: op.no_inherit is True, "NO INHERIT", "gram.y: processCASbits", "0A000"),
    Feature(ops.AlterConstraint, 18, lambda op: op.no_inherit is False, "INHERIT", "release 18"),
    Feature(
        ops.AlterDomain,
        17,
        lambda op: op.constraint is not None and op.constraint.kind == "not null",
        "NOT",
        "release 17: ALTER DOMAIN ADD NOT NULL",
    ),
    Feature(ops.CreateIndex, 15, lambda op: op.nulls_not_distinct, "NULLS", "release 15"),
    Feature(ops.DetachPartition, 14, lambda op: op.concurrently or op.finalize, "CONCURRENTLY", "release 14"),
    Feature(ops.SetGeneratedExpression, 17, _always, "EXPRESSION", "release 17: SET EXPRESSION"),
    Feature(ops.DropGeneratedExpression, 13, _always, "EXPRESSION", "release 13: DROP EXPRESSION"),
    Feature(ops.SetAccessMethod, 15, _always, "ACCESS", "release 15: SET ACCESS METHOD"),
    Feature(ops.SetAccessMethod, 17, lambda op: op.access_method is None, "DEFAULT", "release 17"),
    Feature(ops.SetColumnAttribute, 14, lambda op: op.attribute == "compression", "COMPRESSION", "release 14"),
    Feature(
        ops.SetColumnAttribute,
        17,
        lambda op: op.attribute == "statistics" and op.value in (None, ""),
        "DEFAULT",
        "release 17: SET STATISTICS DEFAULT",
    ),
    Feature(
        ops.SetColumnAttribute,
        16,
        lambda op: op.attribute == "storage" and (op.value or "default").lower() == "default",
        "DEFAULT",
        "release 16: SET STORAGE DEFAULT",
    ),
    Feature(ops.CreateTrigger, 14, lambda op: op.replace, "TRIGGER", "release 14: CREATE OR REPLACE TRIGGER"),
    Feature(ops.Merge, 15, _always, "MERGE", "release 15: MERGE"),
    Feature(ops.Merge, 17, lambda op: op.returning, "RETURNING", "release 17: MERGE RETURNING"),
    Feature(
        ops.Reindex, 16, lambda op: op.name is None and op.target in ("database", "system"), ";", "release 16: REINDEX"
    ),
    Feature(
        ops.Reindex, 14, lambda op: any(word != "verbose" for word in op.options), "(", "release 14: REINDEX options"
    ),
    Feature(ops.CreateFunction, 14, lambda op: op.standard, "BEGIN", "release 14: SQL-standard function bodies"),
    Feature(ops.CreateObject, 15, _beyond_tables, "TABLES", "release 15: publications of schemas, rows and columns"),
    Feature(ops.AlterObject, 15, _beyond_tables, "TABLES", "release 15: publications of schemas, rows and columns"),
    Feature(
        ops.AlterObject, 13, lambda op: op.kind == "statistics", "SET", "release 13: ALTER STATISTICS SET STATISTICS"
    ),
    Feature(ops.RenameColumn, 13, lambda op: op.kind == "view", "COLUMN", "release 13: ALTER VIEW RENAME COLUMN"),
    *(
        Feature(ops.Vacuum, since, _option(name), name.upper(), f"release {since}: VACUUM options")
        for name, since in _VACUUM_OPTIONS.items()
    ),
    Feature(ops.Vacuum, 18, lambda op: op.only, "ONLY", "release 18: VACUUM ONLY"),
    Feature(ops.Analyze, 18, lambda op: op.only, "ONLY", "release 18: ANALYZE ONLY"),
)


def _by_operation() -> dict[type[Operation], tuple[Feature, ...]]:
    found: dict[type[Operation], tuple[Feature, ...]] = {}
    for feature in FEATURES:
        found[feature.operation] = (*found.get(feature.operation, ()), feature)
    return found


FEATURES_OF = _by_operation()


def missing(op: Operation, major: int) -> Feature | None:
    """The first feature that the operation uses and version ``major`` does not have."""
    for feature in FEATURES_OF.get(type(op), ()):
        if feature.since > major and feature.used(op):
            return feature
    return None
