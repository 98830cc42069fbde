"""Views and materialized views, CREATE TABLE AS: columns, and what they read (view.c, createas.c)."""

from __future__ import annotations

from msgspec.structs import replace

from hotlint.catalog.apply.builtin import SYSTEM_COLUMNS
from hotlint.catalog.apply.context import Context, Handlers
from hotlint.catalog.apply.writer import find_function
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, CompositeType, Table, View
from hotlint.operations import CreateTableAs, CreateView, Expr, Query, RefreshMaterializedView, TypeName

Reads = tuple[tuple[QName, tuple[str, ...] | None], ...]


def create_view(ctx: Context, op: CreateView) -> None:
    reads, columns, known = describe(ctx, op.query, op.columns)
    # A view of a temporary relation is temporary itself (view.c: DefineView).
    temporary = op.temporary or any(r.schema == "pg_temp" for r, _ in reads)
    if temporary and op.relation.schema not in (None, "pg_temp") and not ctx.lenient:
        ctx.fail("42P16", "cannot create temporary relation in non-temporary schema")
    name = ctx.new_name(op.relation, temporary)
    old = ctx.catalog.relations.get(name)
    if old is not None and op.replace:
        if not isinstance(old, View):
            if ctx.certain(old) and not ctx.lenient:
                ctx.fail("42809", f'"{name.name}" is not a view')
        elif ctx.certain(old) and known and not ctx.lenient:
            _refuse_changed_columns(ctx, old, columns)
    else:
        ctx.refuse_duplicate(name, False)
        ctx.refuse_type(name)
    kept = old if isinstance(old, View) and op.replace else None
    ctx.put(
        View(
            name,
            columns=columns,
            known=known,
            query=op.query,
            reads=reads,
            functions=_functions(ctx, op.query),
            options=tuple(sorted(op.options)),
            persistence="temporary" if temporary else "permanent",
            triggers=kept.triggers if kept is not None else (),
            owner=kept.owner if kept is not None else None,
            origin=kept.origin if kept is not None else ctx.step,
        )
    )


def _refuse_changed_columns(ctx: Context, old: View, columns: tuple[Column, ...]) -> None:
    """CREATE OR REPLACE VIEW may only add columns at the end (view.c: checkViewColumns)."""
    if len(columns) < len(old.columns):
        ctx.fail("42P16", "cannot drop columns from view")
    for before, after in zip(old.columns, columns, strict=False):
        if before.name != after.name:
            ctx.fail("42P16", f'cannot change name of view column "{before.name}" to "{after.name}"')


def create_table_as(ctx: Context, op: CreateTableAs) -> None:
    name = ctx.new_name(op.relation, op.persistence == "temporary")
    ctx.refuse_duplicate(name, op.if_not_exists)
    ctx.refuse_type(name)
    reads, columns, known = describe(ctx, op.query, op.columns)
    if op.kind == "materialized view":
        if not ctx.lenient and any(r.schema == "pg_temp" for r, _ in reads):
            ctx.fail("0A000", "materialized views must not use temporary tables or views")
        ctx.put(
            View(
                name,
                kind="materialized view",
                columns=columns,
                known=known,
                query=op.query,
                reads=reads,
                functions=_functions(ctx, op.query),
                populated=op.with_data,
                origin=ctx.step,
            )
        )
        return
    ctx.put(
        Table(name, columns=columns, known=known, persistence=op.persistence, empty=not op.with_data, origin=ctx.step)
    )


def refresh(ctx: Context, op: RefreshMaterializedView) -> None:
    found = ctx.find(op.relation)
    if found is None:
        ctx.missing(op.relation, False)
        return
    if not isinstance(found, View) or found.kind != "materialized view":
        if ctx.certain(found) and not ctx.lenient:
            if isinstance(found, Table):
                ctx.fail("0A000", f'"{op.relation.name}" is not a materialized view')
            ctx.fail("42809", f'"{op.relation.name}" is not a table or materialized view')
        return
    if op.concurrently and not ctx.lenient and ctx.certain(found):
        if not found.populated:
            ctx.fail("0A000", "CONCURRENTLY cannot be used when the materialized view is not populated")
        if not any(i.unique and i.where is None and None not in i.columns for i in ctx.catalog.indexes(found.name)):
            ctx.fail("55000", f'cannot refresh materialized view "{found.name}" concurrently')
    ctx.put(replace(found, populated=op.with_data))


def _functions(ctx: Context, query: Query) -> tuple[QName, ...]:
    found = (find_function(ctx.catalog, name) for name in query.functions)
    return tuple(dict.fromkeys(f for f in found if f is not None))


def describe(ctx: Context, query: Query, names: tuple[str, ...] = ()) -> tuple[Reads, tuple[Column, ...], bool]:
    """What a query reads, and the columns of its result; the last tells whether those are all known.

    Raises CatalogError 42P01 where a relation that it reads surely does not exist.
    """
    sources = _sources(ctx, query)
    reads: dict[QName, dict[str, None] | None] = {}
    for found, record in sources.values():
        reads.setdefault(found, {} if record is not None else None)
    for qualifier, column in query.columns:
        _note_read(sources, reads, qualifier, column)
    if query.simple and not ctx.lenient and not ctx.inside:
        _refuse_unknown_columns(ctx, query, sources)
    stars = [
        e.name.name if e.name is not None else None for e in query.outputs if e.kind == "column" and e.value == "*"
    ]
    for star in stars:
        for label, (found, record) in sources.items():
            # A bare star belongs to one FROM of the query: with several of them, not known to which.
            if star == label or (star is None and (query.simple or len(sources) == 1)):
                wide = _record_columns(record)
                held = reads.get(found)
                if wide is None:
                    reads[found] = None
                elif held is not None:
                    held.update(dict.fromkeys(c.name for c in wide))
    result = tuple((n, tuple(c) if c is not None else None) for n, c in reads.items())
    columns, known = _outputs(ctx, query, sources, names)
    if known and not ctx.lenient:
        ctx.refuse_repeated(columns)
    return result, columns, known


def _refuse_unknown_columns(ctx: Context, query: Query, sources: _Sources) -> None:
    """Where FROM names relations alone, every column is one of theirs (parse_relation.c: colNameToVar)."""
    for qualifier, column in query.columns:
        found = [
            (name, record)
            for label, (name, record) in sources.items()
            if qualifier is None or label.rstrip(" ") == qualifier
        ]
        if not found or column in SYSTEM_COLUMNS or column in sources:
            continue
        if all(r is not None and ctx.certain(r) and r.column(column) is None for _, r in found):
            shown = column if qualifier is None else f"{qualifier}.{column}"
            ctx.fail(
                "42703", f'column "{shown}" does not exist' if qualifier is None else f"column {shown} does not exist"
            )


_Sources = dict[str, tuple[QName, "Table | View | CompositeType | None"]]


def _sources(ctx: Context, query: Query) -> _Sources:
    """The relations that a query reads, by the name under which it knows them."""
    sources: _Sources = {}
    for use in query.relations:
        name = ctx.resolve(use.relation)
        record = ctx.catalog.relations.get(name)
        if record is None and not ctx.inside:
            ctx.missing(use.relation, False)
        label = use.alias or use.relation.name
        while label in sources and sources[label][0] != name:
            label += " "  # the same alias in another part of the query
        sources[label] = (name, record if isinstance(record, (Table, View, CompositeType)) else None)
    return sources


def _record_columns(record: Table | View | CompositeType | None) -> tuple[Column, ...] | None:
    return record.columns if record is not None and record.known else None


def _note_read(
    sources: _Sources, reads: dict[QName, dict[str, None] | None], qualifier: str | None, column: str
) -> None:
    if qualifier is not None:
        for label, (found, record) in sources.items():
            held = reads.get(found)
            if label.rstrip(" ") == qualifier and held is not None and record is not None and column != "*":
                held[column] = None
        return
    # Without a qualifier, and with subqueries that have relations of their own, only a single candidate is sure.
    having = [f for f, r in sources.values() if r is None or not r.known or r.column(column) is not None]
    if len(having) == 1:
        held = reads.get(having[0])
        if held is not None:
            held[column] = None


def _outputs(ctx: Context, query: Query, sources: _Sources, names: tuple[str, ...]) -> tuple[tuple[Column, ...], bool]:
    columns: list[Column] = []
    known = bool(query.output)
    expressions = query.outputs if len(query.outputs) == len(query.output) else (None,) * len(query.output)
    for label, expression in zip(query.output, expressions, strict=True):
        if label != "*":
            columns.append(Column(label, type=_type(expression, sources), not_null=False, origin=ctx.step))
            continue
        qualifier = expression.name.name if expression is not None and expression.name is not None else None
        if qualifier is not None:
            wanted = [sources[qualifier][1]] if qualifier in sources else [None]
        elif query.simple and len(sources) == len(query.relations):
            wanted = [record for _, record in sources.values()]
        else:
            wanted = [None]
        for record in wanted:
            wide = _record_columns(record)
            known = known and wide is not None
            columns.extend(
                Column(c.name, type=c.type, collation=c.collation, not_null=False, origin=ctx.step) for c in wide or ()
            )
    for place, name in enumerate(names):
        if place < len(columns):
            columns[place] = replace(columns[place], name=name)
        else:
            columns.append(Column(name, not_null=False, origin=ctx.step))
    return tuple(columns), known or len(names) >= max(1, len(query.output))


def _type(expression: Expr | None, sources: _Sources) -> TypeName | None:
    if expression is None:
        return None
    if expression.kind == "cast":
        return expression.type
    if expression.kind == "column" and expression.value is not None:
        qualifier = expression.name.name if expression.name is not None else None
        for label, (_, record) in sources.items():
            if record is not None and (qualifier is None or label == qualifier):
                column = record.column(expression.value)
                if column is not None:
                    return column.type
    return None


HANDLERS: Handlers = {CreateView: create_view, CreateTableAs: create_table_as, RefreshMaterializedView: refresh}
