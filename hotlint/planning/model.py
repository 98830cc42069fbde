"""The plan: what a server will go through when a history runs, step by step. The types only; ``loop`` makes them."""

from __future__ import annotations

import msgspec

from hotlint.catalog.catalog import CatalogView
from hotlint.impact import Impact, Lock
from hotlint.operations import AnyOperation
from hotlint.project.model import Migration, Project
from hotlint.server import Server, Session
from hotlint.source import Direction, Problem, Script, Statement


class HeldLock(msgspec.Struct, frozen=True, gc=False):
    """A lock that an earlier step of the same transaction took and that is still held. ``step`` is that step's
    index."""

    lock: Lock
    step: int


class TransactionInfo(msgspec.Struct, gc=False):
    """A transaction of the plan.

    ``kind``: "framework" (the tool's own BEGIN), "explicit" (a BEGIN in the script), "implicit" (several statements in
    one
    message) or "single" (one statement on its own). ``last_step`` is the step at whose end (or whose COMMIT) it ends;
    ``ended``: "commit", "rollback", "file" (the tool's COMMIT), "open" (never ended).
    """

    kind: str
    first_step: int
    last_step: int = -1
    ended: str = "open"


class Step(msgspec.Struct, gc=False):
    """A statement at its place in the plan.

    ``before`` and ``after`` are the schema around it; ``held`` are the locks of its transaction when it starts.
    ``session`` are the settings in force when it runs. ``index`` counts the steps of the plan from 0.
    """

    index: int
    migration: Migration
    script: Script
    direction: Direction
    statement: Statement
    before: CatalogView
    after: CatalogView
    impact: Impact
    transaction: TransactionInfo
    in_transaction: bool
    held: tuple[HeldLock, ...]
    session: Session

    @property
    def operations(self) -> tuple[AnyOperation, ...]:
        return self.statement.operations

    @property
    def sql(self) -> str:
        """The statement's text, as it stands in the file."""
        return self.script.text[self.statement.start : self.statement.end]


class PlanFailure(msgspec.Struct, frozen=True, gc=False):
    """A defect of Hotlint that came to light at a statement, or (line 1) at a whole script; the others are planned."""

    path: str
    line: int
    message: str
    trace: str


class MigrationPlan(msgspec.Struct, gc=False):
    """The steps of one migration's script, with the problems of its text and Hotlint's own failures at it.

    ``down`` is the plan of its down script, run right after its up script on a copy of the schema, or None.
    ``down_catalog`` is the schema after that.
    """

    migration: Migration
    direction: Direction
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...]
    before: CatalogView
    after: CatalogView
    down: MigrationPlan | None = None
    failures: tuple[PlanFailure, ...] = ()


class Plan(msgspec.Struct, gc=False):
    """The plan of one project. The migrations before ``judged_from`` only made the schema that the others find."""

    project: Project
    server: Server
    migrations: tuple[MigrationPlan, ...]
    judged_from: int = 0

    @property
    def steps(self) -> tuple[Step, ...]:
        """All up steps in order; ``steps[i].index == i``."""
        return tuple(step for m in self.migrations for step in m.steps)
