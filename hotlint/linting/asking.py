"""Asking rules about a plan: each operation goes to the rules about its type, which are imported when it first
occurs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from hotlint.context import Context, Focus
from hotlint.errors import RuleError
from hotlint.finding import Finding, Severity
from hotlint.operations import BodyStatement, DoBlock, Operation
from hotlint.planning.model import MigrationPlan, Plan, Step
from hotlint.registry import Registry, RuleInfo

if TYPE_CHECKING:
    from hotlint.rule import Reported, Rule

Handler = tuple[Callable[[Step, Operation, Context], Iterator[Finding]], Context]
Handlers = dict[type[Operation], tuple[Handler, ...]]


class InternalError(msgspec.Struct, frozen=True, gc=False):
    """A failure of Hotlint or of a rule, with where it was; the rest has been checked. ``trace`` is for the report."""

    message: str
    rule: str | None = None
    migration: str | None = None
    path: str | None = None
    line: int | None = None
    trace: str = ""


class Asker:
    """The rules of one run over one plan.

    ``found`` are their findings, each with the SQL that it is about; ``errors`` what failed meanwhile.
    """

    def __init__(
        self,
        plan: Plan,
        registry: Registry,
        rules: Mapping[str, RuleInfo],
        severity: Mapping[str, Severity],
        options: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.plan = plan
        self.registry = registry
        self.rules = rules
        self.severity = severity
        self.options = options
        self.found: list[tuple[Finding, str]] = []
        self.errors: list[InternalError] = []
        self._by_type: dict[type[Operation], list[RuleInfo]] = {}
        for info in rules.values():
            if info.scope == "step":
                for kind in info.operation_types:
                    self._by_type.setdefault(kind, []).append(info)
        self._failed: set[str] = set()
        self._contexts: dict[str, Context] = {}
        self._focus = Focus()
        self._handlers: dict[str, Handlers] = {"up": {}, "down": {}}

    # -- steps

    def ask_steps(self, migration: MigrationPlan) -> None:
        """Asks the step rules about every operation of a script's steps."""
        self._focus.migration = migration
        handlers = self._handlers[migration.direction]
        always = self._for_every_step(migration.direction) if migration.steps else ()
        for step in migration.steps:
            statement = step.statement
            start, end = statement.start, statement.end
            if always and statement.operations:
                self._ask(always, step, statement.operations[0], start, end, None)
            for at, operation in enumerate(statement.operations):
                if statement.spans:
                    start, end = statement.spans[at]
                self._visit(handlers, step, operation, start, end, None)

    def _visit(
        self, handlers: Handlers, step: Step, operation: Operation, start: int, end: int, body: BodyStatement | None
    ) -> None:
        kind = type(operation)
        asked = handlers.get(kind)
        if asked is None:
            asked = handlers[kind] = tuple(
                self._for(info for info in self._by_type.get(kind, ()) if step.direction in info.directions)
            )
        if asked:
            self._ask(asked, step, operation, start, end, body)
        if isinstance(operation, DoBlock):
            for inner in operation.body.statements if operation.body is not None else ():
                for nested in inner.operations:
                    self._visit(handlers, step, nested, inner.start, inner.end, inner)
        query = getattr(operation, "query", None)
        if query is not None and query.writes:
            for nested in query.writes:  # data-modifying CTEs have no span of their own
                self._visit(handlers, step, nested, start, end, body)

    def _ask(
        self,
        asked: tuple[Handler, ...],
        step: Step,
        operation: Operation,
        start: int,
        end: int,
        body: BodyStatement | None,
    ) -> None:
        focus = self._focus
        focus.step, focus.operation, focus.start, focus.end, focus.body = step, operation, start, end, body
        for check, context in asked:
            try:
                for finding in check(step, operation, context):
                    self.found.append((finding, step.script.text[start:end]))
            except Exception as error:  # a rule's own failure
                line = step.script.position(start).line
                self._fail(error, context.rule, step.migration.id, step.script.path, line)

    def _for_every_step(self, direction: str) -> tuple[Handler, ...]:
        rules = self.rules.values()
        return tuple(
            self._for(i for i in rules if i.scope == "step" and not i.operations and direction in i.directions)
        )

    def _for(self, infos: Iterable[RuleInfo]) -> Iterator[Handler]:
        for info in infos:
            rule = self._load(info)
            if rule is not None:
                yield rule.check_step, self._context(info)

    # -- migrations, the plan, problems

    def ask_whole(self, migrations: Sequence[MigrationPlan]) -> None:
        """Asks the rules about migrations and about the plan as a whole."""
        focus = self._focus
        focus.step = focus.operation = focus.body = focus.migration = None
        for info in self.rules.values():
            if info.scope not in ("migration", "plan"):
                continue
            rule = self._load(info)
            if rule is None:
                continue
            context = self._context(info)
            if info.scope == "plan":
                self._collect(rule.check_plan(self.plan, context), info.id, None)
            else:
                for migration in migrations:
                    self._collect(rule.check_migration(migration, context), info.id, migration)

    def _collect(self, findings: Iterable[Finding], rule: str, migration: MigrationPlan | None) -> None:
        try:
            self.found.extend((finding, "") for finding in findings)
        except Exception as error:  # a rule's own failure
            if migration is None:
                self._fail(error, rule, None, self.plan.project.root, None)
            else:
                self._fail(error, rule, migration.migration.id, migration.migration.up.path, None)

    def tell(self, rule: str, problem: Reported, sql: str = "") -> None:
        """Turns what was reported under a rule's id into that rule's findings."""
        info = self.rules.get(rule)
        if info is None:
            if rule not in self.registry.rules:
                place = problem.place
                message = f"no rule {rule} is there to tell: {problem.message}"
                self.errors.append(InternalError(message, rule, problem.migration, place.path, place.line))
            return
        loaded: Any = self._load(info)
        if loaded is None:
            return
        try:
            self.found.extend((finding, sql) for finding in loaded.check_problem(problem, self._context(info)))
        except Exception as error:  # a rule's own failure
            self._fail(error, rule, problem.migration, problem.place.path, problem.place.line)

    # -- rules

    def _load(self, info: RuleInfo) -> Rule | None:
        if info.id in self._failed:
            return None
        try:
            return self.registry.load(info.id)
        except RuleError as error:
            self._failed.add(info.id)
            self.errors.append(InternalError(error.message, rule=info.id, path=error.source))
            return None

    def _context(self, info: RuleInfo) -> Context:
        context = self._contexts.get(info.id)
        if context is None:
            severity = self.severity.get(info.id, info.severity)
            options = self.options.get(info.id)
            context = Context(self.plan, info.id, info.category, severity, options, self._focus)
            self._contexts[info.id] = context
        return context

    def _fail(self, error: Exception, rule: str, migration: str | None, path: str, line: int | None) -> None:
        from traceback import format_exception

        trace = "".join(format_exception(type(error), error, error.__traceback__))
        self.errors.append(InternalError(f"{type(error).__name__}: {error}", rule, migration, path, line, trace))
