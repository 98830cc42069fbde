"""What a rule is given besides the step: what it may ask, and makers of findings, fixes and wordings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hotlint.catalog.names import QName
from hotlint.finding import SEVERITIES, Edit, Finding, Fix, Place, Severity
from hotlint.impact import Duration, Lock
from hotlint.operations import RelationOperation
from hotlint.planning.model import MigrationPlan, Step
from hotlint.project.model import TransactionMode
from hotlint.question import Focus, Question
from hotlint.remedies import edits
from hotlint.source import Script

__all__ = ["Context", "Focus"]

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


class Context(Question):
    """One rule on one plan."""

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
        at_most: Severity = "error",
    ) -> Finding:
        """A finding at a step. ``at_most`` is its severity where the history does not show enough to be sure, unless
        the rule's own is less.

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
            severity=min(self.severity, at_most, key=SEVERITIES.index),
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
