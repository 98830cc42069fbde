"""What the server keeps because something needs it that the catalog does not follow: functions with a body of the SQL
standard, publications with columns or conditions, and columns of a table's row type."""

from __future__ import annotations

from collections.abc import Iterator

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Function, OtherObject, Table, View
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.types.names import canonical


def _functions(kind: str, name: QName, draft: Draft) -> Iterator[Function]:
    """The functions whose bodies may need a relation or a function."""
    for user in draft.before.catalog.users_by_object.get((kind, name)):
        yield from (f for f in draft.before.functions(user) if not f.maybe)


def _publications(name: QName, draft: Draft) -> Iterator[OtherObject]:
    for key, found in draft.before.catalog.objects.items(draft.before.moment):
        if key[0] == "publication" and name in found.relations and not found.maybe:
            yield found


def _column_needed(column: str, name: QName, draft: Draft) -> bool:
    for function in _functions("body", name, draft):
        if any(relation == name and column in columns for relation, columns in function.needs):
            return True
    told = (f"of {name.name}", f"where of {name.name}")
    return any(
        key in told and column in value.split(", ")
        for publication in _publications(name, draft)
        for key, value in publication.details
    )


def column_needed(op: ops.DropColumn, name: QName, draft: Draft) -> bool:
    table = draft.before.table(name)
    if op.cascade or table is None or table.column(op.column) is None:
        return False
    return _column_needed(op.column, name, draft)


def column_retyped(op: ops.AlterColumnType, name: QName, draft: Draft) -> bool:
    return _column_needed(op.column, name, draft)


def relation_needed(op: ops.DropRelation, name: QName, draft: Draft) -> bool:
    """By a body, or as the type of a column of a relation that is not dropped with it."""
    if op.cascade:
        return False
    if any(name in dict(function.needs) for function in _functions("body", name, draft)):
        return True
    if not isinstance(draft.before.relation(name), (Table, View)):
        return False
    if _in_signature(name, draft):
        return True
    together = {draft.resolve(o.relation) for o in draft.operations if isinstance(o, ops.DropRelation)}
    for user in draft.before.catalog.users_by_object.get(("type", name)):
        other = draft.before.table(user)
        if other is None or other.maybe or user in together:
            continue
        if any(
            c.type is not None and (c.type.schema, c.type.name) == tuple(name) and not c.maybe for c in other.columns
        ):
            return True
    return False


def _in_signature(name: QName, draft: Draft) -> bool:
    """Whether a function takes or returns rows of the relation."""
    for user in draft.before.catalog.users_by_object.get(("type user", name)):
        for function in draft.before.functions(user):
            types = (*(a.type for a in function.arguments), function.returns)
            named = [t for t in types if t is not None and not t.percent_type]
            if not function.maybe and any((t.schema or name.schema, t.name) == name for t in named):
                return True
    return False


def function_needed(op: ops.DropObject, name: QName, draft: Draft) -> bool:
    if op.kind not in ("function", "routine") or op.cascade:
        return False
    for schema in (op.name.schema,) if op.name.schema is not None else draft.path:
        found = QName(schema, op.name.name)
        if len(draft.before.functions(found)) == 1 and any(
            found in user.calls and user.name != found for user in _functions("body function", found, draft)
        ):
            return True
    return False


def function_name_taken(op: ops.RenameObject, name: QName, draft: Draft) -> bool:
    """functioncmds.c: IsThereFunctionInNamespace."""
    if op.kind not in ("function", "procedure", "routine", "aggregate"):
        return False
    for schema in (op.name.schema,) if op.name.schema is not None else draft.path:
        found = draft.before.functions(QName(schema, op.name.name))
        others = draft.before.functions(QName(schema, op.new_name))
        if len(found) == 1 and not found[0].maybe:
            mine = [canonical(t) for t in found[0].signature]
            return any([canonical(t) for t in other.signature] == mine and not other.maybe for other in others)
    return False


_D = "dependency.c: reportDependentObjects"
DEPENDENCIES: tuple[Refusal, ...] = (
    Refusal(ops.DropColumn, 14, 18, "2BP01", 'cannot drop column of table "{0}": other objects depend on it',
            column_needed, _D),
    *(
        Refusal(operation, 12, 18, "2BP01", "cannot drop {0} because other objects depend on it", relation_needed, _D)
        for operation in (ops.DropTable, ops.DropView, ops.DropMaterializedView)
    ),
    Refusal(ops.DropObject, 14, 18, "2BP01", "cannot drop function because other objects depend on it", function_needed,
            _D),
    Refusal(ops.AlterColumnType, 14, 18, "0A000",
            "cannot alter type of a column used by a function or a publication", column_retyped,
            "tablecmds.c: RememberAllDependentForRebuilding"),
    Refusal(ops.RenameObject, 12, 18, "42723", "function already exists in schema", function_name_taken,
            "functioncmds.c: IsThereFunctionInNamespace"),
)  # fmt: skip
