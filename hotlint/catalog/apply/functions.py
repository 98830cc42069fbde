"""Functions, procedures and aggregates: overloads, replacement, DROP (functioncmds.c, pg_proc.c)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from hotlint.catalog.apply.context import Context, Handlers
from hotlint.catalog.apply.writer import find_function, use
from hotlint.catalog.names import QName
from hotlint.catalog.records import Function, Table, View
from hotlint.operations import (
    AlterFunction,
    AnyOperation,
    Body,
    CreateFunction,
    Delete,
    DoBlock,
    FunctionSignature,
    Insert,
    Merge,
    Name,
    Query,
    Select,
    TypeName,
    Update,
)

_WRITES = (Insert, Update, Merge)
_HARMLESS = (Insert, Update, Delete, Merge, Select)


def create_function(ctx: Context, op: CreateFunction) -> None:
    name = ctx.new_name(op.name)
    arguments = tuple(replace(a, type=ctx.type(a.type) or a.type) for a in op.arguments)
    returns = ctx.type(op.returns)
    function = Function(
        name,
        kind=op.kind,
        arguments=arguments,
        returns=returns,
        language=op.language,
        volatility=op.volatility,
        strict=op.strict,
        security_definer=op.security_definer,
        parallel=op.parallel,
        settings=op.settings,
        body=op.text,
        reads=(),
        writes=_written(ctx, op.body),
        statements=tuple(
            s for s in (op.body.statements if op.body else ()) if any(type(o) not in _HARMLESS for o in s.operations)
        ),
        needs=_needs(ctx, op.body) if op.standard else (),
        calls=_calls(ctx, op.body) if op.standard else (),
        dynamic=bool(op.body and op.body.dynamic),
        origin=ctx.step,
    )
    overloads = ctx.catalog.functions(name)
    place = _place(overloads, function.signature)
    if place is None:
        overloads = (*overloads, function)
    else:
        old = overloads[place]
        if not old.maybe and ctx.settled(ctx.catalog.functions_by_name, name) and not ctx.lenient:
            _refuse_replacement(ctx, old, function, op)
        function = replace(function, owner=old.owner)
        overloads = (*overloads[:place], function, *overloads[place + 1 :])
    ctx.catalog.functions_by_name.set(name, overloads)
    for relation, _ in function.needs:
        use(ctx.catalog, "body", relation, name)
    for called_name in function.calls:
        use(ctx.catalog, "body function", called_name, name)
    for written in (*(a.type for a in arguments), returns):
        if written is not None and written.schema not in (None, "pg_catalog"):
            ctx.catalog.users_by_object.add(("type user", QName(written.schema or "", written.name)), name)
        elif written is not None and written.schema is None and not written.percent_type:
            row = ctx.find(Name(written.name))  # rows of a table
            if isinstance(row, (Table, View)):
                ctx.catalog.users_by_object.add(("type user", row.name), name)


def _needs(ctx: Context, body: Body | None) -> tuple[tuple[QName, tuple[str, ...]], ...]:
    """The relations and columns on which a body that was parsed for good depends (pg_proc.c: ProcedureCreate)."""
    found: dict[QName, tuple[str, ...]] = {}
    for query in _queries(body):
        for named_relation in query.relations:
            record = ctx.find(named_relation.relation)
            if isinstance(record, (Table, View)):
                label = named_relation.alias or named_relation.relation.name
                named = {c for q, c in query.columns if q in (None, label)}
                columns = tuple(c.name for c in record.columns if c.name in named or query.star)
                found[record.name] = tuple(dict.fromkeys((*found.get(record.name, ()), *columns)))
    return tuple(found.items())


def _calls(ctx: Context, body: Body | None) -> tuple[QName, ...]:
    named = [find_function(ctx.catalog, name) for query in _queries(body) for name in query.functions]
    return tuple(dict.fromkeys(name for name in named if name is not None))


def _queries(body: Body | None) -> Iterator[Query]:
    for statement in body.statements if body is not None else ():
        for operation in statement.operations:
            query = getattr(operation, "query", None)
            if isinstance(query, Query):
                yield query


def _refuse_replacement(ctx: Context, old: Function, new: Function, op: CreateFunction) -> None:
    """What CREATE OR REPLACE may not change (ProcedureCreate)."""
    if not op.replace:
        ctx.fail("42723", f'function "{op.name.name}" already exists with same argument types')
    if old.kind != new.kind:
        ctx.fail("42809", "cannot change routine kind")
    if old.returns is not None and new.returns is not None and _differ(old.returns, new.returns):
        ctx.fail("42P13", "cannot change return type of existing function")
    if _outputs(old) != _outputs(new) and all(a.type.schema is not None for a in (*old.arguments, *new.arguments)):
        ctx.fail("42P13", "cannot change return type of existing function")
    mine = [a for a in new.arguments if a.mode in ("in", "inout", "variadic")]
    theirs = [a for a in old.arguments if a.mode in ("in", "inout", "variadic")]
    for before, after in zip(theirs, mine, strict=False):
        if before.name is not None and before.name != after.name:
            ctx.fail("42P13", f'cannot change name of input parameter "{before.name}"')
        if before.default is not None and after.default is None:
            ctx.fail("42P13", "cannot remove parameter defaults from existing function")


def _differ(one: TypeName, two: TypeName) -> bool:
    if one.percent_type or two.percent_type or (one.schema is None) != (two.schema is None):
        return False
    return (one.schema, one.name, one.dimensions, one.setof) != (two.schema, two.name, two.dimensions, two.setof)


def _outputs(function: Function) -> list[tuple[str | None, str]]:
    return [(a.name, a.type.name) for a in function.arguments if a.mode in ("out", "inout", "table")]


def _key(types: Iterable[TypeName]) -> list[tuple[str, bool]]:
    return [(t.name, t.dimensions > 0) for t in types]


def _place(overloads: tuple[Function, ...], signature: tuple[TypeName, ...]) -> int | None:
    wanted = _key(signature)
    return next((i for i, f in enumerate(overloads) if _key(f.signature) == wanted), None)


def _written(ctx: Context, body: Body | None) -> tuple[QName, ...]:
    """The relations that the static SQL of a body puts rows into."""
    found: dict[QName, None] = {}
    for statement in body.statements if body is not None else ():
        for op in statement.operations:
            if isinstance(op, _WRITES):
                found[ctx.resolve(op.relation)] = None
    return tuple(found)


def find(ctx: Context, signature: FunctionSignature) -> tuple[QName, int | None]:
    """The overload that DROP, ALTER and COMMENT name; None where the history never saw it.

    Raises CatalogError 42883 where it surely does not exist and 42725 where the name is not enough.
    """
    written = signature.name
    schemas = (written.schema,) if written.schema is not None else ctx.path
    names = [QName(s, written.name) for s in schemas]
    name = next((n for n in names if ctx.catalog.functions(n)), names[0])
    overloads = ctx.catalog.functions(name)
    if signature.arguments is None:
        if len(overloads) > 1 and not ctx.lenient and all(not f.maybe for f in overloads):
            ctx.fail("42725", f'function name "{written.name}" is not unique')
        if overloads:
            return name, 0
    else:
        resolved = tuple(ctx.type(t) or t for t in signature.arguments)
        place = _place(overloads, resolved)
        if place is None:  # OUT parameters may be given too
            wanted = _key(resolved)
            place = next((i for i, f in enumerate(overloads) if _key(a.type for a in f.arguments) == wanted), None)
        if place is not None:
            return name, place
    gone = ctx.catalog.functions_by_name.deleted(name) and ctx.settled(ctx.catalog.functions_by_name, name)
    if gone and not ctx.lenient:
        shown = f"{written.schema}.{written.name}" if written.schema else written.name
        if signature.arguments is None:
            ctx.fail("42883", f'could not find a function named "{shown}"')
        types = ", ".join(_shown(t) for t in signature.arguments)
        ctx.fail("42883", f"function {shown}({types}) does not exist")
    return name, None


_SHOWN = {
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "bool": "boolean",
    "varchar": "character varying",
    "bpchar": "character",
    "float8": "double precision",
    "float4": "real",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "timetz": "time with time zone",
    "time": "time without time zone",
}


def _shown(written: TypeName) -> str:
    return _SHOWN.get(written.name, written.name) + "[]" * written.dimensions


def alter_function(ctx: Context, op: AlterFunction) -> None:
    name, place = find(ctx, op.signature)
    if place is None:
        return
    overloads = list(ctx.catalog.functions(name))
    function = overloads[place]
    settings = dict(function.settings)
    settings.update(op.settings)
    given = {
        "volatility": op.volatility,
        "strict": op.strict,
        "security_definer": op.security_definer,
        "parallel": op.parallel,
    }
    changes = {k: v for k, v in given.items() if v is not None}
    overloads[place] = replace(function, settings=tuple(sorted(settings.items())), **changes)
    ctx.catalog.functions_by_name.set(name, tuple(overloads))


def called(ctx: Context, names: Iterable[Name]) -> list[Function]:
    """The history's functions that a statement calls."""
    functions: list[Function] = []
    for name in names:
        schemas = (name.schema,) if name.schema is not None else ctx.path
        for schema in schemas:
            found = ctx.catalog.functions_by_name.get(QName(schema, name.name))
            if found:
                functions.extend(found)
                break
    return functions


HANDLERS: Handlers = {CreateFunction: create_function, AlterFunction: alter_function}

__all__ = ["HANDLERS", "AnyOperation", "DoBlock", "called", "find"]
