"""What a rule is, and what it may see. Rules import from here and from nowhere else in Hotlint.

A rule is one file, named as its id with underscores, with one subclass of ``Rule`` in it. The class's docstring is what
``hotlint rules RULE-ID`` prints and what the documentation is made of; its examples are tests.

The facts of a rule (``id``, ``category``, ``severity``, ``dialects``, ``versions``, ``operations``, ``directions``) are
written as literals: they are read from the file without importing it, so that a run imports only rules that can fire.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from hotlint import operations as ops
from hotlint.catalog import records
from hotlint.catalog.catalog import CatalogView
from hotlint.catalog.diff import Difference
from hotlint.catalog.names import QName
from hotlint.catalog.outcome import ServerError, Victim
from hotlint.context import Context
from hotlint.finding import Edit, Finding, Fix, Place, Severity
from hotlint.impact import Break, DataLoss, Duration, Impact, IndexBuild, Lock, LockMode, Rewrite, Scan
from hotlint.operations import Name, Operation, RelationOperation, TypeName
from hotlint.planning.model import HeldLock, MigrationPlan, Plan, Step, TransactionInfo
from hotlint.project.model import Migration, NoTransaction, Project
from hotlint.remedies import sql
from hotlint.remedies.backfill import (
    bare_column,
    beside,
    domains_of,
    fill_first,
    in_batches,
    is_required,
    keep_filled,
    key_column,
    outside,
)
from hotlint.remedies.bulk import is_bulk, sets_only_new_columns
from hotlint.remedies.constraints import Added, added, in_two_steps, index_first, not_null_steps
from hotlint.remedies.replacement import constraint_body, index_sql, replaced_column, uses
from hotlint.server import Server, Session
from hotlint.source import Direction, Position, Script, Statement

__all__ = [
    "Added",
    "Break",
    "CatalogView",
    "Context",
    "DataLoss",
    "Difference",
    "Direction",
    "Duration",
    "Edit",
    "Example",
    "Finding",
    "Fix",
    "HeldLock",
    "Impact",
    "IndexBuild",
    "Lock",
    "LockMode",
    "Migration",
    "MigrationPlan",
    "Name",
    "NoTransaction",
    "Operation",
    "Place",
    "Plan",
    "Position",
    "ProblemRule",
    "Project",
    "QName",
    "RelationOperation",
    "Reported",
    "Rewrite",
    "Rule",
    "RuleDoc",
    "Scan",
    "Script",
    "Server",
    "ServerError",
    "Session",
    "Severity",
    "Statement",
    "Step",
    "TransactionInfo",
    "TypeName",
    "Victim",
    "added",
    "bare_column",
    "beside",
    "constraint_body",
    "domains_of",
    "fill_first",
    "in_batches",
    "in_two_steps",
    "index_first",
    "index_sql",
    "is_bulk",
    "is_required",
    "keep_filled",
    "key_column",
    "not_null_steps",
    "ops",
    "outside",
    "records",
    "replaced_column",
    "sets_only_new_columns",
    "sql",
    "uses",
]


class Example(msgspec.Struct, frozen=True):
    """A history that a rule must (``bad``) or must not (``good``) flag; ``why`` says what a naive rule would get wrong.

    ``sql`` is the migration in question; ``given`` is the SQL of the migration before it, shipped long ago; ``down`` is
    its down script. Or ``files`` is a whole folder, path → text, in the layout of a framework. ``server`` is
    PostgreSQL's major version; ``transaction`` whether the tool wraps each migration (with ``sql`` only). ``options``
    are the rule's own. ``line`` is the line of the finding in ``sql``; ``fix`` is a text that the first fix's SQL must
    be.
    """

    sql: str = ""
    given: str = ""
    why: str = ""
    files: dict[str, str] = {}
    server: int = 16
    transaction: bool = True
    line: int | None = None
    fix: str | None = None
    down: str | None = None
    options: dict[str, object] = {}


class RuleDoc(msgspec.Struct, frozen=True):
    """A rule's docstring, taken apart. ``sources`` are one per line of the section; ``body`` keeps its paragraphs."""

    summary: str
    body: str = ""
    instead: str = ""
    sources: tuple[str, ...] = ()


class Rule:
    """Base of all rules: override exactly one of the ``check_…`` methods.

    ``operations`` names the operation types at which ``check_step`` is called, once for each such operation of a step
    (those inside DO blocks and in data-modifying CTEs included). Base classes are allowed (``ops.DropRelation``); a
    rule with ``check_step`` and none is called once for every step, with its first operation. ``directions`` are the
    scripts that the rule is about. ``versions`` are the first and last major version of PostgreSQL that it is about.

    The docstring: a first line that sums up; paragraphs on what happens and why it hurts; ``Instead:`` with what to do;
    ``Sources:`` with one source per line, each behind a dash.
    """

    id: ClassVar[str]
    category: ClassVar[str]
    severity: ClassVar[Severity] = "warning"
    dialects: ClassVar[tuple[str, ...]] = ("postgres",)
    versions: ClassVar[tuple[int, int]] = (12, 18)
    operations: ClassVar[tuple[type[Operation], ...]] = ()
    directions: ClassVar[tuple[Direction, ...]] = ("up",)
    bad: ClassVar[tuple[Example, ...]] = ()
    good: ClassVar[tuple[Example, ...]] = ()

    def check_step(self, step: Step, operation: Operation, context: Context) -> Iterator[Finding]:
        """Findings at one operation of a step."""
        return iter(())

    def check_migration(self, migration: MigrationPlan, context: Context) -> Iterator[Finding]:
        """Findings about one migration as a whole, its down script included."""
        return iter(())

    def check_plan(self, plan: Plan, context: Context) -> Iterator[Finding]:
        """Findings about the history as a whole."""
        return iter(())

    @classmethod
    def doc(cls) -> RuleDoc:
        """The docstring's parts."""
        return parse_doc(cls.__doc__ or "")


class Reported(msgspec.Struct, frozen=True, gc=False):
    """Something that reading the files showed: a text that does not parse, two files with one version, a suppression
    that suppresses nothing. ``migration`` is None where it belongs to none."""

    message: str
    place: Place
    related: tuple[Place, ...] = ()
    migration: str | None = None


class ProblemRule(Rule):
    """Base of the rules about what the reading of files, layouts and suppressions reports under the rule's id."""

    def check_problem(self, problem: Reported, context: Context) -> Iterator[Finding]:
        """The finding for what was reported."""
        yield Finding(
            rule=self.id,
            category=self.category,
            severity=context.severity,
            message=problem.message,
            place=problem.place,
            migration=problem.migration,
            related=problem.related,
            help=self.help(problem, context),
        )

    def help(self, problem: Reported, context: Context) -> str:
        """What to do about it; the docstring's ``Instead`` unless overridden."""
        return " ".join(self.doc().instead.split())


def parse_doc(text: str) -> RuleDoc:
    """Takes a rule's docstring apart; missing sections are empty."""
    lines = text.strip().splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()), default=0)
    lines = [line if at == 0 else line[indent:] for at, line in enumerate(lines)]
    sections: dict[str, list[str]] = {"": [], "Instead:": [], "Sources:": []}
    section = ""
    for line in lines:
        if line.strip() and line.rstrip() in sections:
            section = line.rstrip()
        else:
            sections[section].append(line)
    about = "\n".join(sections[""]).strip()
    summary, _, body = about.partition("\n\n")
    instead = _dedent(sections["Instead:"])
    return RuleDoc(" ".join(summary.split()), body.strip(), instead, _items(sections["Sources:"]))


def _dedent(lines: list[str]) -> str:
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[indent:].rstrip() for line in lines).strip()


def _items(lines: list[str]) -> tuple[str, ...]:
    items: list[str] = []
    for line in _dedent(lines).splitlines():
        if line.startswith(("- ", "* ")) or not items:
            items.append(line.lstrip("-* ").rstrip())
        elif line.strip():
            items[-1] += " " + line.strip()
    return tuple(item for item in items if item)
