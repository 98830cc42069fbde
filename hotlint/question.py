"""What a rule may ask besides the step: the plan, its options, names and text, places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from hotlint.catalog.catalog import CatalogView
from hotlint.catalog.names import QName
from hotlint.catalog.outcome import Victim
from hotlint.finding import Place, Severity
from hotlint.operations import BodyStatement, Name, Operation
from hotlint.planning.model import MigrationPlan, Plan, Step
from hotlint.project.model import Project
from hotlint.remedies import edits, sql
from hotlint.server import Server
from hotlint.source import Script

if TYPE_CHECKING:
    from hotlint.catalog.diff import Difference

T = TypeVar("T")


class Focus:
    """The operation that the step rules are being asked about; set by the runner, read by the rules' context.

    ``start`` and ``end`` are its code-point span in the script of ``step``; ``body`` is the statement of a DO block
    that it stands in, None where it is executed directly.
    """

    __slots__ = ("body", "end", "migration", "operation", "start", "step")

    def __init__(self) -> None:
        self.migration: MigrationPlan | None = None
        self.step: Step | None = None
        self.operation: Operation | None = None
        self.body: BodyStatement | None = None
        self.start = self.end = 0


class Question:
    """One rule on one plan: what it may ask, without what it answers.

    ``options`` are the rule's own, from ``rule_options`` of the configuration.
    """

    def __init__(
        self,
        plan: Plan,
        rule: str,
        category: str,
        severity: Severity,
        options: Mapping[str, Any] | None = None,
        focus: Focus | None = None,
    ) -> None:
        self.plan = plan
        self.rule = rule
        self.category = category
        self.severity = severity
        self.options: Mapping[str, Any] = options or {}
        self._focus = focus or Focus()
        self._steps: tuple[Step, ...] | None = None
        self._made: dict[str, Any] = {}

    # -- the plan

    @property
    def server(self) -> Server:
        return self.plan.server

    @property
    def project(self) -> Project:
        return self.plan.project

    @property
    def catalog(self) -> CatalogView:
        """The schema before the step in question; the one at the end of the history where there is none."""
        step = self._focus.step
        return step.before if step is not None else self.plan.migrations[-1].after

    def step(self, index: int) -> Step:
        """The step of that index, as ``HeldLock.step`` and the records' ``origin`` give it.

        While a down script is checked, its own steps come first: it runs right after its up script, and their indexes
        are also those of the next migration's.
        """
        migration = self._focus.migration
        if migration is not None and migration.direction == "down" and migration.steps:
            first = migration.steps[0].index
            if index >= first:
                return migration.steps[index - first]
        if self._steps is None:
            self._steps = self.plan.steps
        return self._steps[index]

    @property
    def migration(self) -> MigrationPlan | None:
        """The script whose steps the rule is being asked about; None for rules about the whole."""
        return self._focus.migration

    @property
    def body(self) -> BodyStatement | None:
        """The statement of a DO block that the operation stands in (conditional, in a loop, guarded), or None."""
        return self._focus.body

    def options_int(self, name: str, default: int) -> int:
        """A rule's option that is a whole number. Raises ``ValueError`` where the configuration has something else."""
        value = self.options.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"option {name} of {self.rule} must be a whole number, not {value!r}")
        return value

    def residue(self, migration: MigrationPlan) -> tuple[Difference, ...]:
        """What is different from before a migration when its up and down scripts have run; nothing without a down
        script, where a statement of either is refused, or where an earlier part of the same change is rolled back
        later."""
        down = migration.down
        if down is None or any(step.impact.error is not None for step in (*migration.steps, *down.steps)):
            return ()
        group = migration.migration.group
        if group is not None:
            parts = [m for m in self.plan.migrations if m.migration.group == group]
            if parts[0] is not migration or any(m.down is None for m in parts):
                return ()
        from hotlint.catalog.diff import changed_keys, diff

        return diff(migration.before, down.after, changed_keys(migration.before, down.after))

    def changes(self, step: Step) -> tuple[Difference, ...]:
        """What one step changes in the schema."""
        from hotlint.catalog.diff import changed_keys, diff

        return diff(step.before, step.after, changed_keys(step.before, step.after))

    @property
    def downs_are_usual(self) -> bool:
        """Whether at least half of the project's versioned migrations have a down script."""
        return self.once("downs", lambda: _downs_are_usual(self.project))

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What ``make`` gives, made the first time that this rule asks for it in a run."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    # -- names and text

    def resolve(self, step: Step, name: Name) -> QName:
        """The relation that ``name`` means before ``step`` runs."""
        return step.before.resolve(name, step.session.search_path)

    def sql_name(self, step: Step, relation: QName) -> str:
        """``relation`` as SQL to write at ``step``: bare where the search path finds it, qualified otherwise."""
        bare = Name(relation.name)
        if step.before.resolve(bare, step.session.search_path) == relation:
            return sql.quote(relation.name)
        return str(relation)

    def text(self, step: Step) -> str:
        """The SQL of the operation in question as it stands in the file (one subcommand of an ALTER TABLE), or the
        statement's where ``step`` is another."""
        start, end = self._span(step)
        return step.script.text[start:end]

    def with_instead(self, step: Step, instead: str) -> str | None:
        """The ALTER TABLE in question with ``instead`` in the place of the subcommand (or without it, where that is
        empty); None where the subcommand is all that there is, and inside a DO block. A fix that uses it is ``whole``.
        """
        span, whole = self._span(step), step.statement
        if self.body is not None or len(step.operations) < 2 or span not in whole.spans:
            return None
        if not instead:
            return edits.without_part(step, whole.spans.index(span))
        return f"{step.script.text[whole.start : span[0]]}{instead}{step.script.text[span[1] : whole.end]}"

    def is_new(self, step: Step, relation: QName) -> bool:
        """Whether ``relation`` was made earlier in the same script: others may see it, but it holds nothing of
        theirs."""
        found = step.before.relation(relation)
        migration = self._focus.migration
        first = migration.steps[0].index if migration is not None and migration.steps else step.index
        return found is not None and found.origin >= first

    def concerns(self, step: Step, relation: QName) -> bool:
        """Whether ``step`` runs, and does what it does to a relation that others use: not where the server refuses or
        skips it, nor on what the same script made."""
        impact = step.impact
        return impact.error is None and not impact.skipped and not self.is_new(step, relation)

    # -- places

    def _span(self, step: Step) -> tuple[int, int]:
        if self._focus.step is step:
            return self._focus.start, self._focus.end
        return step.statement.start, step.statement.end

    def place(self, script: Script, start: int, end: int, message: str = "") -> Place:
        """The place of the code points ``start`` to ``end`` of a script."""
        first, last = script.position(start), script.position(max(start, end))
        return Place(script.path, first.line, first.column, last.line, last.column, message)

    def related(self, step: Step, message: str, *, span: tuple[int, int] | None = None) -> Place:
        """Another place of a finding: the statement of ``step``, and what it has to do with it."""
        start, end = span or (step.statement.start, step.statement.end)
        return self.place(step.script, start, end, message)

    def is_victim_new(self, victim: Victim) -> bool:
        """Whether something that goes along was made earlier in the same script."""
        migration = self._focus.migration
        return migration is not None and bool(migration.steps) and victim.origin >= migration.steps[0].index

    def related_victims(self, victims: Iterable[Victim], what: str) -> list[Place]:
        """Where each of them was made, as far as the history has that: "the view public.v goes along"."""
        return [
            self.related(self.step(v.origin), f"the {v.kind} {v.part or v.name} {what}")
            for v in victims
            if v.origin >= 0
        ]


def _downs_are_usual(project: Project) -> bool:
    versioned = [m for m in project.migrations if not m.repeatable]
    return 2 * sum(m.down is not None for m in versioned) >= len(versioned)
