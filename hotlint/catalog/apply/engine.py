"""Applying one statement: the order of its operations, atomicity, bodies, and what follows an error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from hotlint.catalog.apply import (
    columns,
    constraints,
    data,
    drop,
    functions,
    indexes,
    join,
    objects,
    partitions,
    rename,
    subobjects,
    tables,
    types,
    views,
)
from hotlint.catalog.apply.context import Context, Handlers, Skip
from hotlint.catalog.catalog import Catalog
from hotlint.catalog.outcome import CatalogError, Outcome, ServerError
from hotlint.catalog.versioned import undo_to
from hotlint.operations import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AnyOperation,
    BodyStatement,
    Call,
    DoBlock,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIdentity,
    DropNotNull,
    DropObject,
    DropRelation,
    Opaque,
    Select,
    SetDefault,
    SetGeneratedExpression,
    SetNotNull,
    SetVariable,
)
from hotlint.server import Server, Session
from hotlint.source import Statement

HANDLERS: Handlers = {
    **tables.HANDLERS,
    **columns.HANDLERS,
    **constraints.HANDLERS,
    **indexes.HANDLERS,
    **partitions.HANDLERS,
    **drop.HANDLERS,
    **views.HANDLERS,
    **rename.HANDLERS,
    **types.HANDLERS,
    **functions.HANDLERS,
    **subobjects.HANDLERS,
    **objects.HANDLERS,
    **data.HANDLERS,
}

# The passes in which ALTER TABLE works through its subcommands (tablecmds.c: AlterTablePass). What is not listed is in
# the last one.
_PASSES: dict[type, int] = {
    DropColumn: 0,
    DropConstraint: 0,
    DropNotNull: 0,
    DropIdentity: 0,
    DropDefault: 0,
    AlterColumnType: 1,
    AddColumn: 4,
    SetGeneratedExpression: 5,
    SetNotNull: 7,
    SetDefault: 9,
    AddIdentity: 9,
    AlterConstraint: 10,
}
_LAST = 11
_ADD_CONSTRAINT = {"check": 6, "not null": 7, "primary key": 8, "unique": 8, "exclude": 8, "foreign key": 9}

Step = tuple[int, AnyOperation]


def apply(catalog: Catalog, statement: Statement, session: Session, server: Server, step: int) -> Outcome:
    """Opens a moment and applies a statement; see ``Catalog.apply``."""
    catalog.advance()
    operations = statement.operations
    if not operations:
        return _NOTHING
    catalog.search_path = session.search_path
    ctx = Context(catalog, session, server, step)
    catalog.search_path = ctx.path
    mark = len(catalog.journal)
    loosened = len(catalog.loosened)
    at = skips = 0
    try:
        for place, group in _groups(statement.tag, operations):
            at = place
            try:
                _run(ctx, group)
            except Skip:
                skips += len(operations) if type(group) is list else 1
    except CatalogError as refused:
        undo_to(catalog.journal, mark)
        del catalog.loosened[loosened:]
        _reach_aim(catalog, statement, session, server, step)
        return Outcome(_placed(refused.error, statement, at))
    if skips and skips == len(operations):
        ctx.skipped = True
    if not (ctx.skipped or ctx.victims or ctx.unknown or ctx.refused):
        return _NOTHING
    return Outcome(None, ctx.skipped, tuple(ctx.victims), tuple(ctx.unknown), tuple(ctx.refused))


_NOTHING = Outcome()


def _placed(error: ServerError, statement: Statement, at: int) -> ServerError:
    return replace(error, start=statement.spans[at][0]) if len(statement.spans) > at > 0 else error


def _groups(tag: str, operations: tuple[AnyOperation, ...]) -> Iterable[tuple[int, Any]]:
    """The operations in the order in which the server does them, with their places; the objects of a DROP together."""
    first = operations[0]
    if isinstance(first, (DropRelation, DropObject)):
        return ((0, list(operations)),)
    if len(operations) > 1 and tag == "AlterTableStmt":
        return sorted(enumerate(operations), key=_pass)
    return enumerate(operations)


def _pass(step: Step) -> int:
    operation = step[1]
    if isinstance(operation, AddConstraint):
        return _ADD_CONSTRAINT[operation.constraint.kind]
    return _PASSES.get(type(operation), _LAST)


def _run(ctx: Context, group: Any) -> None:
    if type(group) is list:
        _drop_all(ctx, group)
        return
    handler = HANDLERS.get(type(group))
    if handler is not None:
        handler(ctx, group)
    bodies = _BODIES.get(type(group))
    if bodies is not None:
        bodies(ctx, group)


def _drop_all(ctx: Context, group: list[Any]) -> None:
    if isinstance(group[0], DropRelation):
        drop.drop_relations(ctx, group)
    else:
        objects.drop_objects(ctx, group)


def _reach_aim(catalog: Catalog, statement: Statement, session: Session, server: Server, step: int) -> None:
    """After an error: does what can be done, so that later statements are not blamed for this one."""
    ctx = Context(catalog, session, server, step)
    ctx.lenient = True
    for _, group in _groups(statement.tag, statement.operations):
        mark = len(catalog.journal)
        try:
            _run(ctx, group)
        except Skip:
            continue
        except CatalogError:
            undo_to(catalog.journal, mark)


# --- statements inside bodies


def _do_block(ctx: Context, op: DoBlock) -> None:
    if op.body is None:
        ctx.unknown.append("what the DO block does")
        ctx.catalog.loosen()
        return
    inside, ctx.inside = ctx.inside, True
    plain, ctx.plain = ctx.plain, not op.body.dynamic and op.body.error is None
    try:
        _run_body(ctx, op.body.statements)
    finally:
        ctx.inside, ctx.plain = inside, plain
    if op.body.dynamic or op.body.error is not None:
        ctx.unknown.append("what the dynamic SQL in the DO block does")
        ctx.catalog.loosen()


def _run_body(ctx: Context, statements: tuple[BodyStatement, ...]) -> None:
    for statement in statements:
        if data.no_rows(ctx, statement.sources):
            continue  # the loop that it stands in goes over nothing
        for operation in statement.operations:
            if statement.conditional or statement.guarded or statement.loop:
                tentatively(ctx, operation, certain=not (statement.conditional or statement.loop))
            else:
                try:
                    _run(ctx, [operation] if isinstance(operation, (DropRelation, DropObject)) else operation)
                except Skip:
                    continue


def tentatively(ctx: Context, operation: AnyOperation, *, certain: bool = False) -> None:
    """Applies what may or may not run: afterwards, what it changed is as uncertain as that.

    ``certain``: it runs, and an error of it is caught by an exception block.
    """
    mark = len(ctx.catalog.journal)
    try:
        _run(ctx, [operation] if isinstance(operation, (DropRelation, DropObject)) else operation)
    except Skip:
        return
    except CatalogError:
        undo_to(ctx.catalog.journal, mark)
        ctx.refused.append(operation)
        return
    if not certain:
        join.blur(ctx.catalog, mark)


def _calls(ctx: Context, names: Iterable[Any]) -> None:
    """Functions of the history run: their static changes may happen, their dynamic ones are unknown."""
    for function in functions.called(ctx, names):
        if ctx.inside:
            continue
        inside, ctx.inside = ctx.inside, True
        try:
            for statement in function.statements:
                for operation in statement.operations:
                    tentatively(ctx, operation)
        finally:
            ctx.inside = inside
        data.fill_written(ctx, function.writes)
        if function.dynamic:
            ctx.unknown.append(f"what {function.name} does")
            ctx.catalog.loosen()


def _select(ctx: Context, op: Select) -> None:
    if op.query.functions:
        _calls(ctx, op.query.functions)


def _call(ctx: Context, op: Call) -> None:
    _calls(ctx, (op.name,))


def _opaque(ctx: Context, op: Opaque) -> None:
    ctx.unknown.append(f"what {op.tag} does")


_BODIES: Handlers = {
    DoBlock: _do_block,
    Select: _select,
    Call: _call,
    Opaque: _opaque,
}


# --- schema dumps


def load_baseline(catalog: Catalog, statements: Iterable[Statement], server: Server) -> None:
    """See ``Catalog.load_baseline``."""
    session = Session()
    for statement in statements:
        for operation in statement.operations:
            if isinstance(operation, SetVariable) and operation.name == "search_path":
                values = tuple(v for v in operation.values or () if v)
                session = replace(session, search_path=values or ("public",))
        apply(catalog, statement, session, server, -1)
    catalog.closed = True
