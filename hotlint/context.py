"""What a rule is given besides the step: the plan, its options, and makers of findings, places, fixes and wordings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from hotlint.catalog.catalog import CatalogView
from hotlint.catalog.names import QName
from hotlint.catalog.outcome import Victim
from hotlint.finding import Edit, Finding, Fix, Place, Severity
from hotlint.impact import Duration, Lock
from hotlint.operations import BodyStatement, Name, Operation, RelationOperation
from hotlint.planning.model import MigrationPlan, Plan, Step
from hotlint.project.model import Project, TransactionMode
from hotlint.remedies import edits, sql
from hotlint.server import Server
from hotlint.source import Script

if TYPE_CHECKING:
    from hotlint.catalog.diff import Difference

T = TypeVar("T")

_DURING = {
    "scan": "while every row is read",
    "build": "while the index is built",
    "rewrite": "while every row is copied",
}
_WAITING = {
    ("reads", "writes"): "reads and writes of",
    ("writes",): "writes to",
    ("reads",): "reads of",
}


class Focus:
    """The operation that the step rules are being asked about; set by the runner, read by ``Context``.

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


class Context:
    """One rule on one plan.

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

    # -- findings

    def finding(
        self,
        step: Step,
        message: str,
        *,
        span: tuple[int, int] | None = None,
        relations: Iterable[QName] | None = None,
        related: Iterable[Place] = (),
        help: str = "",
        fixes: Iterable[Fix] = (),
    ) -> Finding:
        """A finding at a step.

        Without ``span`` it stands at the operation in question (the subcommand, the statement inside a DO block);
        without ``relations`` it is about the relation that the operation names.
        """
        start, end = span or self._span(step)
        if relations is None:
            operation = self._focus.operation if self._focus.step is step else None
            relations = (self.resolve(step, operation.relation),) if isinstance(operation, RelationOperation) else ()
        return Finding(
            rule=self.rule,
            category=self.category,
            severity=self.severity,
            message=message.removesuffix("."),  # a headline has no full stop
            place=self.place(step.script, start, end),
            migration=step.migration.id,
            relations=tuple(map(str, relations)),
            related=tuple(related),
            help=help,
            fixes=tuple(fixes),
        )

    def finding_at(
        self,
        place: Place,
        message: str,
        *,
        migration: MigrationPlan | None = None,
        relations: Iterable[QName] = (),
        related: Iterable[Place] = (),
        help: str = "",
        fixes: Iterable[Fix] = (),
    ) -> Finding:
        """A finding that belongs to no step: at a place of a file."""
        return Finding(
            rule=self.rule,
            category=self.category,
            severity=self.severity,
            message=message.removesuffix("."),
            place=place,
            migration=migration.migration.id if migration is not None else None,
            relations=tuple(map(str, relations)),
            related=tuple(related),
            help=help,
            fixes=tuple(fixes),
        )

    def file_place(self, script: Script, message: str = "") -> Place:
        """The first line of a script, for what concerns the whole of it: of its section, in a file of several."""
        text, regions = script.text, script.regions
        start = regions[0].start if regions else len(text.rstrip())
        start += len(text[start:]) - len(text[start:].lstrip())
        line = script.position(start).line
        first = script.offset(line, 1)
        return self.place(script, first, first + len(script.line(line)), message)

    # -- fixes

    def fix(
        self,
        title: str,
        *statements: str,
        step: Step | None = None,
        whole: bool = False,
        safe: bool = False,
        in_place: bool = True,
    ) -> Fix:
        """A way out whose statements may all run where the old one stood. Semicolons are put behind each.

        It gets edits where it can be put into the file as it stands: in the place of the operation in question (of the
        statement of ``step``, where a rule is not asked about operations), or of its whole statement, where the
        statements stand for all of that (``whole``). ``safe``: the migration does the same with them, to the schema
        and to the rows. Not ``in_place`` is what belongs elsewhere, or would be found again: it gets no edits.
        """
        changes = self._in_place(step, statements, whole) if in_place else ()
        return self._fix(title, _script(statements), changes, safe)

    def fix_at_end(self, title: str, *statements: str, migration: MigrationPlan | None = None) -> Fix:
        """A way out whose statements go behind the last one of the script in question, or of ``migration``'s."""
        return Fix(title, _script(statements), edits.at_end(migration or self._focus.migration, statements))

    def fix_without_transaction(
        self, step: Step, title: str, *statements: str, whole: bool = False, safe: bool = False
    ) -> Fix:
        """A way out whose statements may not run in a transaction block.

        Where the framework wraps this migration, its directive comes first, or the title says that the statements need
        a migration of their own. ``whole`` and ``safe`` are as in ``fix``; it has edits where the statement runs
        outside of a transaction, or is alone in its file and can be made to.
        """
        policy = self.project.no_transaction
        mode = self.transaction_mode(step)
        directive = policy.directive if policy is not None and mode == "wrapped" else None
        if len(statements) > 1 and (mode == "implicit" or (directive and policy is not None and policy.one_message)):
            head = (directive,) if directive else ()
            text = f"\n{_NEXT}\n".join(_script((*head, statement)) for statement in statements)
            return Fix(f"{title}, each statement in a migration of its own", text)
        if mode != "wrapped":
            if not step.in_transaction:
                return self._fix(title, _script(statements), self._in_place(step, statements, whole), safe)
            return Fix(f"{title}, outside BEGIN and COMMIT", _script(statements))
        changes = self._outside(step, statements, whole)
        safe = safe and len(statements) == 1  # several would not be taken back together any more
        if policy is not None and directive is not None:
            where = "" if changes else "in a migration of its own "
            head = (directive,) if directive.startswith("--") else ()
            return self._fix(
                f"{title}, {where}without a transaction ({policy.where})",
                _script((*head, *statements)),
                changes,
                safe,
            )
        how = f": {policy.help.rstrip('.')}" if policy is not None else ""
        text = _script(statements)
        return self._fix(f"{title}, in a migration that is not run in a transaction{how}", text, changes, safe)

    def fix_in_migrations(
        self, step: Step, title: str, *parts: Sequence[str], whole: bool = False, safe: bool = False
    ) -> Fix:
        """A way out in parts that each need a transaction of their own. Where each statement is committed on its own
        anyway they follow one another, with edits as in ``fix``, else comments part them."""
        if len(parts) < 2 or (self.transaction_mode(step) == "none" and not step.in_transaction):
            statements = [statement for part in parts for statement in part]
            return self._fix(title, _script(statements), self._in_place(step, statements, whole), safe)
        count = _COUNTS.get(len(parts), str(len(parts)))
        return Fix(f"{title}, in {count} migrations", f"\n{_NEXT}\n".join(map(_script, parts)))

    def directive_edits(self, step: Step) -> tuple[Edit, ...]:
        """The edits that make the framework run the script of ``step`` outside of a transaction, where the statement
        is all that it has."""
        return edits.directive(step, self._focus.migration, self.project)

    def _in_place(self, step: Step | None, statements: Sequence[str], whole: bool) -> tuple[Edit, ...]:
        focus = self._focus
        step = step or focus.step
        if step is None:
            return ()
        if step is focus.step and (self.body is not None or focus.operation not in step.operations):
            return ()  # a statement inside a DO block or a WITH
        return edits.in_place(step, self._span(step), statements, whole=whole)

    def _outside(self, step: Step, statements: Sequence[str], whole: bool) -> tuple[Edit, ...]:
        """In place, and with the framework told to open no transaction, where it is all that is in the script."""
        policy, migration = self.project.no_transaction, self._focus.migration
        if policy is None or not edits.is_alone(step, migration):
            return ()
        if not whole and len(step.operations) > 1 and (policy.one_message or policy.placement == "itself"):
            return ()  # the rest of the statement would run beside it
        made = self._in_place(step, statements, whole)
        if edits.runs_outside_by_itself(policy, statements):
            return made
        told = self.directive_edits(step)
        return (*told, *made) if told and made else ()

    def _fix(self, title: str, text: str, changes: tuple[Edit, ...], safe: bool) -> Fix:
        """Safe only where it can be made, loses no comment, and is about something that the history knows."""
        step, operation = self._focus.step, self._focus.operation
        safe = safe and bool(changes)
        if safe and step is not None:
            safe = edits.keeps_comments(step.script, changes)
            if safe and isinstance(operation, RelationOperation):
                relation = step.before.relation(self.resolve(step, operation.relation))
                safe = relation is not None and relation.known
        return Fix(title, text, changes, safe)

    def transaction_mode(self, step: Step) -> TransactionMode:
        """How the tool runs the script that ``step`` is in."""
        return step.migration.transaction if step.direction == "up" else step.migration.down_transaction

    # -- wording

    def waiting(self, lock: Lock) -> str:
        """Who waits for a lock: "reads and writes of public.orders". Empty where no ordinary statement does."""
        who = _WAITING.get(lock.blocks)
        return f"{who} {lock.relation}" if who else ""

    def blocked(self, step: Step, lock: Lock) -> str:
        """Who waits for a lock of ``step``, and for how long: "writes to public.orders wait while the index is built".

        Says too that the lock stays until the end of its transaction, where other statements follow in it. Empty where
        nobody waits.
        """
        who = self.waiting(lock)
        if not who or lock.created_in_transaction:
            return ""
        during = _DURING.get(lock.duration, "for a moment")
        return f"{who} wait {during}{self.held_on(step, lock)}"

    def rewriting(self, step: Step, relation: QName, column: str) -> str:
        """What it means that ``step`` writes ``relation`` anew for the sake of ``column``: "rewrites public.orders
        under ACCESS EXCLUSIVE: reads and writes of public.orders wait …". Empty where it does not, or nobody waits."""
        family = {relation, *step.before.descendants(relation)}
        rewritten = [r.relation for r in step.impact.rewrites_for(column) if r.relation in family]
        lock = step.impact.lock_on(relation) or (step.impact.lock_on(rewritten[0]) if rewritten else None)
        who = self.blocked(step, lock) if lock is not None else ""
        if not rewritten or lock is None or not who:
            return ""
        others = [r for r in rewritten if r != relation]
        count = f"the {len(others)} tables below it" if len(others) > 1 else "".join(map(str, others))
        return f"rewrites {relation}{' and ' if others else ''}{count} under {lock.mode}: {who}"

    def busy_lock(self, step: Step, relation: QName, *durations: Duration) -> Lock | None:
        """The first lock, on ``relation`` or else on a partition or child of it, that someone waits for while ``step``
        does work of such a duration under it."""
        for member in (relation, *step.before.descendants(relation)):
            lock = step.impact.lock_on(member)
            if lock is not None and lock.duration in durations and self.blocked(step, lock):
                return lock
        return None

    def held_on(self, step: Step, lock: Lock) -> str:
        """`` and until the transaction ends`` where ``step`` is not the last of its transaction, else nothing."""
        follows = step.in_transaction and step.transaction.last_step > step.index
        return ", and until the transaction ends" if follows and lock.until == "transaction" else ""


_NEXT = "-- in the next migration:"
_COUNTS = {2: "two", 3: "three"}


def _script(statements: Iterable[str]) -> str:
    return "\n".join(s if s.rstrip().endswith(";") or s.startswith("--") else f"{s};" for s in statements)


def _downs_are_usual(project: Project) -> bool:
    versioned = [m for m in project.migrations if not m.repeatable]
    return 2 * sum(m.down is not None for m in versioned) >= len(versioned)
