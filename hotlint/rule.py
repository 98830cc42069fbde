"""What a rule is, and what it may see. Rules import from here and from nowhere else in Hotlint.

A rule is one file, named as its id with underscores, with one subclass of ``Rule`` in it. The class's docstring is what
``hotlint rules RULE-ID`` prints and what the documentation is made of; its examples are tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import msgspec

from hotlint.catalog.catalog import CatalogView
from hotlint.operations import Operation
from hotlint.planning.model import MigrationPlan, Plan, Step

Severity = Literal["error", "warning", "info"]


class Place(msgspec.Struct, frozen=True, gc=False):
    """A span of a file: 1-based lines and columns in code points, the end exclusive; ``message`` says what is there."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str = ""


class Edit(msgspec.Struct, frozen=True, gc=False):
    """Replace the code points ``start`` to ``end`` of the file ``path`` by ``text``."""

    path: str
    start: int
    end: int
    text: str


class Fix(msgspec.Struct, frozen=True, gc=False):
    """A way out. ``sql`` is what to write instead, whole and valid for this server, object and transaction policy.

    ``edits`` apply it to the files, where it can be applied; ``safe`` says that doing so does not change what the
    migration is for.
    """

    title: str
    sql: str
    edits: tuple[Edit, ...] = ()
    safe: bool = False


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One thing that is wrong, at one place. ``relations`` are qualified names as SQL."""

    rule: str
    category: str
    severity: Severity
    message: str
    place: Place
    migration: str | None = None
    relations: tuple[str, ...] = ()
    related: tuple[Place, ...] = ()
    help: str = ""
    fixes: tuple[Fix, ...] = ()
    fingerprint: str = ""


class Example(msgspec.Struct, frozen=True):
    """A history that a rule must (``bad``) or must not (``good``) flag; ``why`` says what a naive rule would get wrong.

    ``sql`` is the migration in question; ``given`` is the SQL of the migration before it, shipped long ago. Or ``files`` is
    a whole folder, path → text, in the layout of a framework. ``server`` is PostgreSQL's major version; ``transaction``
    whether the tool wraps each migration (with ``sql`` only). ``line`` is the line of the finding in ``sql``; ``fix`` is a
    text that the first fix's SQL must be.
    """

    sql: str = ""
    given: str = ""
    why: str = ""
    files: dict[str, str] = {}
    server: int = 16
    transaction: bool = True
    line: int | None = None
    fix: str | None = None


class Rule:
    """Base of all rules: override exactly one of the ``check_…`` methods.

    ``operations`` names the operation types at which ``check_step`` is called, once for each such operation of a step (those
    inside DO blocks included); a rule with none is asked for every migration or project. Base classes are allowed
    (``DropRelation``). ``versions`` are the first and last major version of PostgreSQL that the rule is about.
    """

    id: ClassVar[str]
    category: ClassVar[str]
    severity: ClassVar[Severity] = "warning"
    dialects: ClassVar[tuple[str, ...]] = ("postgres",)
    versions: ClassVar[tuple[int, int]] = (12, 18)
    operations: ClassVar[tuple[type[Operation], ...]] = ()
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


class Context:
    """What a rule needs besides the step: the plan, the configuration's options for this rule, and makers of findings.

    To be completed: finding(), place_of(), sql helpers.
    """

    plan: Plan
    catalog: CatalogView
