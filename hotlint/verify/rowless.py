"""The same history on a second database, which nobody fills with rows: what is there to go back to when rows that
satisfy a schema stop the migration after it."""

from __future__ import annotations

from hotlint.dialects.postgres.locks import strength
from hotlint.finding import Finding
from hotlint.operations import AddColumn
from hotlint.planning.model import MigrationPlan
from hotlint.verify.database import ScratchDatabase
from hotlint.verify.findings import found
from hotlint.verify.model import MigrationTrace, ScriptTrace
from hotlint.verify.roundtrip import Change

RULE = "fails-on-rows"
_SHOWN = 3


class Rowless:
    """The second database. It stands before a change until ``follow`` is called with it; ``drop`` it in the end."""

    def __init__(self, database: ScratchDatabase) -> None:
        self._database = database.duplicate()

    def follow(self, change: Change) -> None:
        """Runs the change's up scripts here too. What fails on the way shows where the history is measured."""
        for part in change:
            if self._database.run(part, traced=False).error is not None:
                return

    def replacement(self, left_empty: frozenset[str] | None) -> ScratchDatabase:
        """A copy to go on with, for whose tables ``left_empty`` no rows are generated; None: for none at all."""
        copy = self._database.duplicate()
        copy.left_empty = left_empty
        return copy

    def drop(self) -> None:
        """Drops the database."""
        self._database.drop()


def in_the_way(part: MigrationPlan, trace: ScriptTrace) -> frozenset[str]:
    """The tables whose rows stopped the script: the one that the server names, else those that its statement locks for
    more than reading. Qualified and unquoted."""
    error = trace.error
    if error is not None and error.relation:
        return frozenset([error.relation])
    steps = {one.step for one in trace.statements[-1:]}
    locks = [lock for step in part.steps if step.index in steps for lock in step.impact.locks]
    written = [lock for lock in locks if strength(lock.mode) >= strength("ROW EXCLUSIVE")]
    return frozenset(str(lock.relation).replace('"', "") for lock in written if "table" in lock.kind)


def finding_of(
    part: MigrationPlan, trace: MigrationTrace, left_empty: frozenset[str] | None, generated: bool
) -> Finding:
    """``fails-on-rows``: the migration went through once the tables ``left_empty`` (None: all of them) had no rows that
    are not its own. Rows that were made up may not exist in production, so for them it is a warning, unless no row at
    all would do."""
    error = trace.up.error
    assert error is not None
    names = sorted(left_empty or ())
    tables = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    without = f"without {'generated ' if generated else ''}rows" + (f" in {tables}" if names else "")
    return found(
        RULE,
        f"The migration fails on rows that satisfy the schema before it: {error.told.rstrip('.')}. It runs {without}",
        error.place,
        migration=part.migration.id,
        relations=tuple(names),
        severity="warning" if generated and not _no_row_would_do(part, trace.up) else None,
    )


def _no_row_would_do(part: MigrationPlan, trace: ScriptTrace) -> bool:
    """Whether a required column is added, which fails on any row."""
    steps = {one.step for one in trace.statements[-1:]}
    added = [operation for step in part.steps if step.index in steps for operation in step.operations]
    required = trace.error is not None and trace.error.sqlstate == "23502"
    return required and any(isinstance(operation, AddColumn) for operation in added)
