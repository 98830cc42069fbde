"""The limits of the configuration against what was measured: every limit that is crossed is a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from hotlint.config import Config
from hotlint.finding import Finding, Place
from hotlint.quantities import milliseconds, percent
from hotlint.source import Script
from hotlint.verify.findings import found
from hotlint.verify.model import MigrationTrace, QuerySpeed, ScriptTrace
from hotlint.verify.queries import slowdown

RULE = "threshold-exceeded"
_LEAST_PAGES = 8
"""Fewer pages more are no slowdown, however many percent they are: a query of three pages that reads four."""


class Limits(msgspec.Struct, frozen=True):
    """The limits of a run: times in milliseconds, None for none; shares in percent."""

    max_migration_ms: float | None = None
    max_rollback_ms: float | None = None
    validation_ms: float | None = None
    rollback_statement_ms: float | None = None
    degradation: float = 10.0
    data_loss: float = 0.0


def limits_of(config: Config) -> Limits:
    """What the blocks ``migration`` and ``safety`` say, and the defaults for what they leave open."""
    safety, migration = config.safety, config.migration
    return Limits(
        max_migration_ms=_time(safety.max_migration_time),
        max_rollback_ms=_time(safety.max_rollback_time),
        validation_ms=_time(migration.validation_timeout),
        rollback_statement_ms=_time(migration.rollback_timeout),
        degradation=10.0 if safety.performance_degradation is None else percent(safety.performance_degradation),
        data_loss=0.0 if safety.data_loss_tolerance is None else percent(safety.data_loss_tolerance),
    )


def crossed(
    trace: MigrationTrace, up: Script, down: Script | None, limits: Limits, validation_ms: float = 0.0
) -> tuple[Finding, ...]:
    """A finding for each limit on times and queries that the migration crossed. ``validation_ms`` is the time that
    measuring around it took. Lost data is told by ``roundtrip.loss_findings``."""
    findings = [
        *_times(trace, up, down, limits),
        *_queries(trace.queries, trace.id, up, limits),
    ]
    if limits.validation_ms is not None and validation_ms > limits.validation_ms:
        message = _too_long("Validating the migration", validation_ms, "validation_timeout", limits.validation_ms)
        findings.append(found(RULE, message, top(up), migration=trace.id, help=_FEWER_ROWS))
    return tuple(findings)


_FEWER_ROWS = "Fill the tables with fewer rows, or allow more time."
_STOPPED = "57014"  # query_canceled: statement_timeout


def _times(trace: MigrationTrace, up: Script, down: Script | None, limits: Limits) -> Iterator[Finding]:
    if limits.max_migration_ms is not None and trace.up.duration_ms > limits.max_migration_ms:
        message = _too_long("The migration", trace.up.duration_ms, "max_migration_time", limits.max_migration_ms)
        yield found(RULE, message, _slowest(trace.up) or top(up), migration=trace.id)
    if trace.round_trip is None or down is None:
        return
    back = trace.round_trip.down
    if limits.max_rollback_ms is not None and back.duration_ms > limits.max_rollback_ms:
        message = _too_long("The way back", back.duration_ms, "max_rollback_time", limits.max_rollback_ms)
        yield found(RULE, message, _slowest(back) or top(down), migration=trace.id)
    if back.error is not None and back.error.sqlstate == _STOPPED and limits.rollback_statement_ms is not None:
        message = f"The way back was stopped after rollback_timeout ({told(limits.rollback_statement_ms)})"
        yield found(RULE, message, back.error.place, migration=trace.id)


def _queries(queries: Iterable[QuerySpeed], migration: str, up: Script, limits: Limits) -> Iterator[Finding]:
    for speed in queries:
        more = slowdown(speed)
        if speed.error is not None:
            message = f"After the migration the query {speed.path} fails: {speed.error}"
        elif more > limits.degradation and speed.after_buffers - speed.before_buffers >= _LEAST_PAGES:
            message = (
                f"The query {speed.path} reads {speed.after_buffers:,} pages and read {speed.before_buffers:,} before:"
                f" {more:.0f}% more, and performance_degradation allows {limits.degradation:g}%"
            )
            if speed.before_shape != speed.after_shape:
                message += f"; its plan was {speed.before_shape} and is {speed.after_shape}"
        else:
            continue
        yield found(RULE, message, top(up), migration=migration, help=_QUERIES)


_QUERIES = "Change the query or the schema so that it is served as before (an index, a smaller row), or allow more."


def _too_long(what: str, took: float, name: str, limit: float) -> str:
    return f"{what} took {told(took)}, and {name} allows {told(limit)}"


def _slowest(script: ScriptTrace) -> Place | None:
    """The statement that took longest: where to look first."""
    return max(script.statements, key=lambda one: one.duration_ms).place if script.statements else None


def top(script: Script) -> Place:
    """The beginning of a script."""
    return Place(script.path, 1, 1, 1, max(len(script.line(1)), 1) + 1)


def told(time: float) -> str:
    """Milliseconds for a person."""
    return f"{time / 1000:,.1f} s" if time >= 1000 else f"{time:,.1f} ms"


def _time(duration: str | None) -> float | None:
    return None if duration is None else milliseconds(duration)
