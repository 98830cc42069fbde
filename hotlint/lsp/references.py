"""Where the objects of a schema are made, and every statement that touches them, under whatever name they had then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import msgspec

from hotlint.catalog.names import QName
from hotlint.catalog.records import Relation
from hotlint.lsp.words import Word, word_at, words
from hotlint.operations import (
    AddColumn,
    AnyOperation,
    ChangeSchema,
    ConstraintDef,
    CreateIndex,
    DoBlock,
    DropColumn,
    DropConstraint,
    Name,
    RelationOperation,
    RelationUse,
    RenameColumn,
    RenameConstraint,
    RenameRelation,
    Write,
)
from hotlint.planning.model import Plan, Step


class Spot(NamedTuple):
    """A stretch of a file, in code points."""

    path: str
    start: int
    end: int


class Target(NamedTuple):
    """A relation or a column of one, by the name that it has at a step (before it, else after it)."""

    step: Step
    relation: QName
    column: str | None = None


# -- what stands under the cursor


def target_at(step: Step, offset: int) -> Target | None:
    """The relation or column that an offset in a statement names."""
    word = word_at(step.script.text, step.statement.start, step.statement.end, offset)
    if word is None:
        return None
    relation = _relation_named(step, (*word.before, word.name))
    column = _column_named(step, word)
    if relation is not None and (column is None or word.previous not in ("column", "(", ",")):
        return Target(step, relation)
    return column


def _relation_named(step: Step, parts: tuple[str, ...]) -> QName | None:
    if len(parts) > 2:
        return None
    return resolved(step, Name(parts[-1], parts[0] if len(parts) == 2 else None))


def resolved(step: Step, name: Name) -> QName | None:
    """The relation that a name means before a step, else after it; None where there is no such relation."""
    for view in (step.before, step.after):
        found = view.resolve(name, step.session.search_path)
        if view.relation(found) is not None:
            return found
    return None


def _column_named(step: Step, word: Word) -> Target | None:
    touched = [*_named(step)]
    if word.before:
        aliases = {use.alias: use.relation for use in _parts(step.operations, RelationUse)}
        aliases |= {each.alias: each.relation for each in _flat(step.operations) if isinstance(each, Write)}
        owner = aliases.get(word.before[-1]) if len(word.before) == 1 else None
        found = resolved(step, owner) if owner is not None else _relation_named(step, word.before)
        touched = [found] if found is not None else []
    for relation in touched:
        if _has_column(step, relation, word.name):
            return Target(step, relation, word.name)
    return None


def _has_column(step: Step, relation: QName, column: str) -> bool:
    return any(_column(view.relation(relation), column) is not None for view in (step.before, step.after))


def _column(relation: Relation | None, name: str) -> object | None:
    return next((column for column in getattr(relation, "columns", ()) if getattr(column, "name", None) == name), None)


# -- what a step names


def _named(step: Step) -> dict[QName, None]:
    """The relations that a statement names, in the order in which it does."""
    found: dict[QName, None] = {}
    for name in _parts(step.operations, Name):
        relation = resolved(step, name)
        if relation is not None:
            found[relation] = None
    for operation in _flat(step.operations):
        table = resolved(step, operation.relation) if isinstance(operation, RelationOperation) else None
        for name in _indexes_named(operation) if table is not None else ():
            index = QName(table.schema, name)  # type: ignore[union-attr]
            if step.before.relation(index) is not None or step.after.relation(index) is not None:
                found[index] = None
    return found


def _indexes_named(operation: AnyOperation) -> Iterator[str]:
    """The names of indexes and of constraints, which may have an index of that name."""
    if isinstance(operation, CreateIndex) and operation.index is not None:
        yield operation.index
    if isinstance(operation, DropConstraint | RenameConstraint):
        yield operation.constraint
    for constraint in _parts(operation, ConstraintDef):
        if constraint.name is not None:
            yield constraint.name


def _parts(value: object, kind: type) -> Iterator:  # type: ignore[type-arg]
    """Every part of that kind inside operations."""
    if isinstance(value, kind):
        yield value
    if isinstance(value, tuple):
        for item in value:
            yield from _parts(item, kind)
    elif isinstance(value, msgspec.Struct) and not isinstance(value, Name):
        for field in value.__struct_fields__:
            yield from _parts(getattr(value, field), kind)


def _flat(operations: tuple[AnyOperation, ...]) -> Iterator[AnyOperation]:
    """The operations with those inside DO blocks."""
    for operation in operations:
        yield operation
        if isinstance(operation, DoBlock) and operation.body is not None:
            for inner in operation.body.statements:
                yield from _flat(inner.operations)


# -- lives


class Life:
    """One relation from its making to its end: ``names`` are (index of the up step after which it is called so, name),
    the name None from its end on. The first index is that of the step that made it, -1 where the history did not."""

    def __init__(self, born: int, name: QName) -> None:
        self.names: list[tuple[int, QName | None]] = [(born, name)]

    @property
    def born(self) -> int:
        return self.names[0][0]

    def called(self, first: int, last: int) -> set[QName]:
        """The names that it has before, at and after the up steps ``first`` to ``last``."""
        found: set[QName] = set()
        current: QName | None = None
        for index, name in self.names:
            if index < first:
                current = name
            elif index <= last and name is not None:
                found.add(name)
        if current is not None:
            found.add(current)
        return found


class Index:
    """Which statement of a plan touches which relation. Made once for a plan; what was found out of statements that
    are still there is taken from the index before it."""

    def __init__(self, plan: Plan, former: Index | None = None) -> None:
        self.plan = plan
        self.steps = plan.steps
        self._touched: dict[int, tuple[Step, dict[QName, None]]] = {}
        self._former = former._touched if former is not None else {}
        self.lives: list[Life] = []
        self._follow()
        self._former = {}

    def touched(self, step: Step) -> dict[QName, None]:
        """The relations that a statement names or locks, those named first."""
        known = self._touched.get(id(step)) or self._former.get(id(step))
        if known is None or known[0] is not step:
            known = (step, {**_named(step), **{lock.relation: None for lock in step.impact.locks}})
        self._touched[id(step)] = known
        return known[1]

    def _follow(self) -> None:
        """Follows every relation through the up scripts."""
        now: dict[QName, Life] = {}
        for step in self.steps:
            touched = self.touched(step)
            moved = set()
            for old, new in _renames(step):
                moved.add(old)
                life = now.pop(old, None) or self._born(-1, old)
                life.names.append((step.index, new))
                now[new] = life
            for name in touched.keys() - moved if moved else touched:
                before, after = step.before.relation(name), step.after.relation(name)
                if name not in now and (before is not None or after is not None):
                    made = before is None and getattr(after, "origin", -1) == step.index
                    now[name] = self._born(step.index if made else -1, name)
                elif name in now and after is None:
                    now.pop(name).names.append((step.index, None))

    def _born(self, index: int, name: QName) -> Life:
        life = Life(index, name)
        self.lives.append(life)
        return life

    # -- answers

    def life(self, target: Target) -> Life | None:
        """The life of a target's relation."""
        first, last = self._around(target.step)
        for life in reversed(self.lives):
            if target.relation in life.called(first, last):
                return life
        return None

    def _around(self, step: Step) -> tuple[int, int]:
        """The up steps at which a step's names hold: itself, or those of the migration whose down script it is in."""
        if step.direction == "up":
            return step.index, step.index
        for plan in self.plan.migrations:
            if plan.migration is step.migration or plan.migration == step.migration:
                if plan.steps:
                    return plan.steps[0].index, plan.steps[-1].index
                return plan.down.steps[0].index if plan.down is not None else step.index, step.index
        return step.index, step.index

    def definition(self, target: Target) -> Spot | None:
        """Where the target was made, None where the history did not make it."""
        life = self.life(target)
        if life is None:
            return None
        if target.column is None:
            name = life.names[0][1]
            return None if life.born < 0 or name is None else _spot(self.steps[life.born], {name.name})
        views = (target.step.before, target.step.after)
        found = (_column(view.relation(target.relation), target.column) for view in views)
        origin = next((getattr(column, "origin", -1) for column in found if column is not None), -1)
        made = self._step(origin, target.step)
        names = set().union(*(names for _, names in self._column_steps(life, target)))
        return None if made is None else _spot(made, names)

    def _step(self, origin: int, seen_from: Step) -> Step | None:
        """The step of that index, as a step sees it: a down script's own come right after its up script's."""
        if origin < 0:
            return None
        if seen_from.direction == "down":
            for plan in self.plan.migrations:
                if plan.down is not None and seen_from in plan.down.steps:
                    first = plan.down.steps[0].index
                    if origin >= first:
                        return plan.down.steps[origin - first]
        return self.steps[origin] if origin < len(self.steps) else None

    def references(self, target: Target) -> list[Spot]:
        """Every statement that touches the target, in the order of the plan, at the names that it writes."""
        life = self.life(target)
        if life is None:
            return []
        found: list[Spot] = []
        if target.column is not None:
            for step, names in self._column_steps(life, target):
                found += _spots(step, names)
            return list(dict.fromkeys(found))
        for step, called in self._steps_of(life):
            spots = _spots(step, {name.name for name in called})
            found += spots or [Spot(step.script.path, step.statement.start, step.statement.end)]
        return list(dict.fromkeys(found))

    def _steps_of(self, life: Life) -> Iterator[tuple[Step, set[QName]]]:
        """The steps that touch a relation, up and down, each with the names that it has around the step."""
        for plan in self.plan.migrations:
            for step in plan.steps:
                called = life.called(step.index, step.index)
                if not called.isdisjoint(self.touched(step)):
                    yield step, called
            if plan.down is None or not plan.down.steps:
                continue
            called = life.called(*self._around(plan.down.steps[0]))
            for step in plan.down.steps:
                if not called.isdisjoint(self.touched(step)):
                    yield step, called

    def _column_steps(self, life: Life, target: Target) -> Iterator[tuple[Step, set[str]]]:
        """The steps that touch a column's relation while the column is there, with its names around each."""
        steps = list(self._steps_of(life))
        at = next((i for i, (step, _) in enumerate(steps) if step is target.step), None)
        if at is None or target.column is None:
            return
        start, name = 0, target.column
        for i in range(at, -1, -1):  # back to where it was added
            step, called = steps[i]
            if step.direction == "up":
                name = next((o.column for o in _on(step, called, RenameColumn) if o.new_name == name), name)
                if any(o.column.name == name for o in _on(step, called, AddColumn)):
                    start = i
                    break
        for step, called in steps[start:]:
            if step.direction == "down":
                yield step, {name, target.column} if step is target.step else {name}
                continue
            after = next((o.new_name for o in _on(step, called, RenameColumn) if o.column == name), name)
            yield step, {name, after}
            if any(o.column == after for o in _on(step, called, DropColumn)):
                return
            name = after


T = TypeVar("T", bound=RelationOperation)


def _on(step: Step, called: set[QName], kind: type[T]) -> Iterator[T]:
    """The operations of a kind that a step does to a relation of one of these names."""
    for operation in _flat(step.operations):
        if isinstance(operation, kind) and resolved(step, operation.relation) in called:
            yield operation


def _renames(step: Step) -> Iterator[tuple[QName, QName]]:
    """Relations that a step calls otherwise from now on."""
    if step.impact.error is not None or step.impact.skipped:
        return
    for operation in _flat(step.operations):
        if isinstance(operation, RenameRelation):
            old = step.before.resolve(operation.relation, step.session.search_path)
            yield old, QName(old.schema, operation.new_name)
        elif isinstance(operation, RenameConstraint) and operation.kind == "table":
            table = step.before.resolve(operation.relation, step.session.search_path)
            old = QName(table.schema, operation.constraint)
            if step.before.relation(old) is not None:
                yield old, QName(table.schema, operation.new_name)
        elif isinstance(operation, ChangeSchema) and operation.signature is None:
            old = step.before.resolve(operation.name, step.session.search_path)
            if step.before.relation(old) is not None:
                yield old, QName(operation.schema, old.name)


def _spots(step: Step, names: set[str]) -> list[Spot]:
    statement = step.statement
    found = words(step.script.text, statement.start, statement.end)
    return [Spot(step.script.path, word.start, word.end) for word in found if word.name in names]


def _spot(step: Step, names: set[str]) -> Spot:
    """The first of the names in a statement, or the whole of it."""
    found = _spots(step, names)
    return found[0] if found else Spot(step.script.path, step.statement.start, step.statement.end)
