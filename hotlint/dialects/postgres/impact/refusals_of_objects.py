"""What the server refuses of objects beside tables: types, functions, triggers, rules, policies, comments, views."""

from __future__ import annotations

from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, CompositeType, Domain, Enum, Table, View
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.types.names import canonical, resolve
from hotlint.operations import Expr, Name, TypeName

_SYSTEM_COLUMNS = frozenset(["tableoid", "xmin", "xmax", "cmin", "cmax", "ctid"])


def _type(written: Name, draft: Draft) -> Any:
    for schema in (written.schema,) if written.schema is not None else draft.path:
        found = draft.before.type(QName(schema, written.name))
        if found is not None:
            return found
    return None


def _no_type(written: Name, draft: Draft) -> bool:
    return draft.no_type(TypeName(written.name, written.schema))


# -- types


def base_missing(op: ops.CreateDomain, name: QName, draft: Draft) -> bool:
    return draft.no_type(op.base)


def attribute_type_missing(op: ops.CreateCompositeType, name: QName, draft: Draft) -> bool:
    return any(c.type is not None and draft.no_type(c.type) for c in op.columns)


def new_attribute_type_missing(op: ops.AlterCompositeType, name: QName, draft: Draft) -> bool:
    return op.to is not None and draft.no_type(op.to)


def attribute_twice(op: ops.CreateCompositeType, name: QName, draft: Draft) -> bool:
    return len({c.name for c in op.columns}) < len(op.columns)


def label_twice(op: ops.CreateEnum, name: QName, draft: Draft) -> bool:
    """The unique index of pg_enum says it (pg_enum.c: EnumValuesCreate)."""
    return len(set(op.labels)) < len(op.labels)


def enum_missing(op: ops.AddEnumValue | ops.RenameEnumValue, name: QName, draft: Draft) -> bool:
    if not draft.complete() or _type(op.name, draft) is not None or draft.before.relation(name) is not None:
        return False
    type = TypeName(op.name.name, op.name.schema)
    return resolve(type, draft.before, draft.context.server, draft.path) is None


def no_enum(op: ops.AddEnumValue | ops.RenameEnumValue, name: QName, draft: Draft) -> bool:
    found = _type(op.name, draft)
    if found is None:
        return isinstance(draft.before.relation(name), (CompositeType, Table, View))
    return isinstance(found, Domain)


def no_domain(op: ops.AlterDomain, name: QName, draft: Draft) -> bool:
    return isinstance(_type(op.name, draft), Enum) or isinstance(draft.before.relation(name), CompositeType)


def attribute_of_typed_tables(op: ops.RenameColumn, name: QName, draft: Draft) -> bool:
    if op.cascade or not isinstance(draft.before.relation(name), CompositeType):
        return False
    return any(
        isinstance(record, Table) and record.of_type == name
        for _, record in draft.before.catalog.relations.items(draft.before.moment)
    )


def used_as_column(op: ops.AlterColumnType, name: QName, draft: Draft) -> bool:
    """Stored rows of the table's type would have to be written anew (tablecmds.c: find_composite_type_dependencies)."""
    for user in draft.before.catalog.users_by_object.get(("type", name)):
        table = draft.before.table(user)
        columns = table.columns if table is not None and user != name else ()
        if any(c.type is not None and (c.type.schema or name.schema, c.type.name) == name for c in columns):
            return True
    return False


def of_unfit_type(op: ops.SetOfType, name: QName, draft: Draft) -> bool:
    """Names and types of the columns must be those of the type, in order (tablecmds.c: ATExecAddOf)."""
    table = draft.before.table(name)
    type = draft.before.relation(draft.resolve(op.of_type)) if op.of_type is not None else None
    if table is None or not table.known or not isinstance(type, CompositeType) or not type.known:
        return False
    ours = [(c.name, _written(c)) for c in table.columns]
    theirs = [(c.name, _written(c)) for c in type.columns]
    return ours != theirs


def _written(column: Column) -> Any:
    type = canonical(column.type) if column.type is not None else None
    return None if type is None else (type.name, type.modifiers, type.dimensions)


def typed_by_other(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    """tablecmds.c: check_of_type takes composite types that stand alone."""
    if op.of_type is None:
        return False
    found = draft.before.relation(draft.resolve(op.of_type))
    return _type(op.of_type, draft) is not None or isinstance(found, (Table, View))


# -- triggers, rules, policies


def rule_unfit(op: ops.CreateRule, name: QName, draft: Draft) -> str | None:
    """rewriteDefine.c: DefineQueryRewrite."""
    found = draft.before.relation(name)
    if found is None or found.maybe:
        return None
    if found.kind == "materialized view":
        return "0A000"
    if op.event == "select" and found.kind in ("table", "partitioned table"):
        return "0A000" if draft.major < _ON_SELECT_OF_TABLES_SINCE or found.kind == "partitioned table" else "42809"
    return None


_ON_SELECT_OF_TABLES_SINCE = 16  # release 16: a table can no longer become a view by a rule


def policy_unfit(op: ops.CreatePolicy, name: QName, draft: Draft) -> bool:
    """policy.c: CreatePolicy."""
    return (op.command == "insert" and op.using is not None) or (
        op.command in ("select", "delete") and op.check is not None
    )


def policy_column_missing(op: ops.CreatePolicy | ops.AlterPolicy, name: QName, draft: Draft) -> bool:
    return any(_lacks(expr, name, draft) for expr in (op.using, op.check) if expr is not None)


def _lacks(expr: Expr, name: QName, draft: Draft) -> bool:
    """Whether the expression, without subqueries, names a column that the table surely lacks."""
    table = draft.before.table(name)
    if table is None or not table.known or table.maybe or not draft.complete():
        return False
    pending = [expr]
    while pending:
        part = pending.pop()
        if part.kind == "subquery":
            continue
        bare = part.kind == "column" and part.value not in ("*", None, name.name) and part.name is None
        if bare and table.column(part.value or "") is None and part.value not in _SYSTEM_COLUMNS:
            return True
        pending.extend(part.args)
    return False


# -- functions


def owner_of_missing(op: ops.ChangeOwner | ops.ChangeSchema, name: QName, draft: Draft) -> bool:
    return op.kind in ("function", "procedure") and draft.no_function(op.name)


def altered_function_missing(op: ops.AlterFunction, name: QName, draft: Draft) -> bool:
    return draft.no_function(op.signature.name)


def commented_missing(op: ops.Comment, name: QName, draft: Draft) -> str | None:
    """objectaddress.c: get_object_address, by kind."""
    if op.kind in ("function", "procedure", "aggregate"):
        return "42883" if draft.no_function(op.name) else None
    if op.kind in ("type", "domain"):
        return "42704" if _no_type(op.name, draft) else None
    if op.kind == "schema":
        return "3F000" if draft.no_schema(op.name.name) else None
    found = draft.before.relation(name)
    if found is None or not getattr(found, "known", True) or found.maybe:
        return None
    if op.kind in _KINDS and found.kind not in _KINDS[op.kind]:
        return "42809"
    if op.kind == "constraint" and isinstance(found, Table) and draft.complete():
        named = found.constraint(op.sub or "") or any(c.not_null_name == op.sub for c in found.columns)
        return None if named else "42704"
    return None


_KINDS = {
    "table": ("table", "partitioned table"),
    "view": ("view",),
    "materialized view": ("materialized view",),
    "index": ("index",),
    "sequence": ("sequence",),
}


def granted_missing(op: ops.Grant, name: QName, draft: Draft) -> str | None:
    """aclchk.c: objectNamesToOids."""
    if op.all_in_schema or op.kind == "schema":
        return "3F000" if any(draft.no_schema(n.name) for n in op.names) else None
    if op.kind in ("function", "procedure"):
        return "42883" if any(draft.no_function(n) for n in op.names) else None
    if op.kind in ("type", "domain"):
        return "42704" if any(_no_type(n, draft) for n in op.names) else None
    if op.kind == "sequence":
        kinds = [_kind_of(draft.resolve(n), draft) for n in op.names]
        return "42809" if any(k not in ("", "sequence") for k in kinds) else None
    if op.columns and len(op.names) == 1:
        table = draft.before.table(draft.resolve(op.names[0]))
        if table is not None and table.known and draft.complete():
            return "42703" if any(table.column(c) is None for c in op.columns) else None
    return None


def _kind_of(name: QName, draft: Draft) -> str:
    found = draft.before.relation(name)
    return found.kind if found is not None and not found.maybe else ""


def renamed_other(op: ops.RenameRelation, name: QName, draft: Draft) -> bool:
    """ALTER VIEW and its like are of their own kind; ALTER TABLE and ALTER INDEX take others too (tablecmds.c)."""
    kind = _kind_of(name, draft)
    return kind != "" and op.kind in ("view", "materialized view", "sequence") and kind != op.kind


def reserved_schema(op: ops.CreateSchema | ops.RenameObject, name: QName, draft: Draft) -> bool:
    new = op.new_name if isinstance(op, ops.RenameObject) else op.name
    return new.startswith("pg_") and (isinstance(op, ops.CreateSchema) or op.kind == "schema")


def extension_schema_missing(op: ops.CreateExtension, name: QName, draft: Draft) -> bool:
    return op.schema is not None and draft.no_schema(op.schema)


def function_of_other_missing(op: ops.CreateObject, name: QName, draft: Draft) -> bool:
    """Functions of casts, operators and event triggers."""
    if op.kind not in ("cast", "event trigger", "operator"):
        return False
    details = dict(op.details)
    function = details.get("function") or details.get("procedure")
    return bool(function) and draft.no_function(_dotted(function or ""))


def no_event_function(op: ops.CreateObject, name: QName, draft: Draft) -> bool:
    """event_trigger.c: CreateEventTrigger."""
    if op.kind != "event trigger":
        return False
    written = _dotted(dict(op.details).get("function", ""))
    for schema in (written.schema,) if written.schema is not None else draft.path:
        found = [f for f in draft.before.functions(QName(schema, written.name)) if not f.maybe and not f.signature]
        if found:
            return all(f.returns is not None and f.returns.name != "event_trigger" for f in found)
    return False


def support_missing(op: ops.CreateFunction, name: QName, draft: Draft) -> bool:
    return any(draft.no_function(function) for function in op.supports)


def _dotted(text: str) -> Name:
    schema, _, word = text.rpartition(".")
    return Name(word, schema or None)


_EVENTS = frozenset(["ddl_command_start", "ddl_command_end", "sql_drop", "table_rewrite"])


def event_unknown(op: ops.CreateObject, name: QName, draft: Draft) -> bool:
    if op.kind != "event trigger":
        return False
    event = dict(op.details).get("eventname")
    return event is not None and event not in _EVENTS and not (event == "login" and draft.major >= _LOGIN_SINCE)


_LOGIN_SINCE = 17  # release 17: event triggers on login


def language_missing(op: ops.CreateFunction, name: QName, draft: Draft) -> bool:
    known = ("sql", "plpgsql", "c", "internal")
    made = draft.before.catalog.objects.get(("language", QName("", op.language)), draft.before.moment)
    return op.language.lower() not in known and made is None and draft.complete()


def body_unreadable(op: ops.CreateFunction, name: QName, draft: Draft) -> bool:
    """pl_handler.c: plpgsql_validator; pg_proc.c: fmgr_sql_validator."""
    if op.body is None or op.body.error is None or not draft.context.session.check_function_bodies:
        return False
    return op.language.lower() in ("sql", "plpgsql") and not op.standard


def other_arguments(op: ops.DropObject | ops.AlterFunction | ops.Comment, name: QName, draft: Draft) -> bool:
    """Whether there are functions of that name, and none with these arguments."""
    signature = op.signature
    if signature is None or signature.arguments is None or not draft.complete() or getattr(op, "if_exists", False):
        return False
    schemas = (signature.name.schema,) if signature.name.schema is not None else draft.path
    found = [f for schema in schemas for f in draft.before.functions(QName(schema, signature.name.name))]
    asked = [canonical(a).name for a in signature.arguments]
    return bool(found) and all([canonical(a).name for a in f.signature] != asked for f in found)


_T = "tablecmds.c"
OBJECTS: tuple[Refusal, ...] = (
    Refusal(ops.CreateDomain, 12, 18, "42704", "type does not exist", base_missing, "parse_type.c"),
    Refusal(ops.CreateCompositeType, 12, 18, "42704", "type does not exist", attribute_type_missing, "parse_type.c"),
    Refusal(ops.AlterCompositeType, 12, 18, "42704", "type does not exist", new_attribute_type_missing, "parse_type.c"),
    Refusal(ops.CreateCompositeType, 12, 18, "42701", "attribute specified more than once", attribute_twice,
            f"{_T}: MergeAttributes"),
    Refusal(ops.CreateEnum, 12, 18, "23505", "label specified more than once", label_twice, "pg_enum.c"),
    *(
        Refusal(operation, 12, 18, sqlstate, 'type "{0}" is no enum', test, "typecmds.c: AlterEnum")
        for operation in (ops.AddEnumValue, ops.RenameEnumValue)
        for sqlstate, test in (("42704", enum_missing), ("42809", no_enum))
    ),
    Refusal(ops.AlterDomain, 12, 18, "42809", '"{0}" is not a domain', no_domain, "typecmds.c: checkDomainOwner"),
    Refusal(ops.RenameColumn, 12, 18, "2BP01", 'cannot alter type "{0}" because it is the type of a typed table',
            attribute_of_typed_tables, f"{_T}: renameatt_internal"),
    Refusal(ops.AlterColumnType, 12, 18, "0A000", 'cannot alter table "{0}" because a column uses its row type',
            used_as_column, f"{_T}: find_composite_type_dependencies"),
    Refusal(ops.SetOfType, 12, 18, "42804", 'columns of table "{0}" are not those of the type', of_unfit_type,
            f"{_T}: ATExecAddOf"),
    Refusal(ops.CreateTable, 12, 18, "42809", "type is not a composite type", typed_by_other, f"{_T}: check_of_type"),
    Refusal(ops.CreateRule, 12, 18, "", 'relation "{0}" cannot have such a rule', rule_unfit, "rewriteDefine.c"),
    Refusal(ops.CreatePolicy, 12, 18, "42601", "USING or WITH CHECK cannot be applied", policy_unfit, "policy.c"),
    Refusal(ops.CreatePolicy, 12, 18, "42703", "column does not exist", policy_column_missing, "parse_relation.c"),
    Refusal(ops.AlterPolicy, 12, 18, "42703", "column does not exist", policy_column_missing, "parse_relation.c"),
    Refusal(ops.ChangeOwner, 12, 18, "42883", "function does not exist", owner_of_missing, "parse_func.c"),
    Refusal(ops.ChangeSchema, 12, 18, "42883", "function does not exist", owner_of_missing, "parse_func.c"),
    Refusal(ops.AlterFunction, 12, 18, "42883", "function does not exist", altered_function_missing, "parse_func.c"),
    Refusal(ops.Comment, 12, 18, "", "there is no such object", commented_missing, "objectaddress.c"),
    Refusal(ops.Grant, 12, 18, "", "there is no such object", granted_missing, "aclchk.c"),
    Refusal(ops.RenameRelation, 12, 18, "42809", '"{0}" is of another kind', renamed_other,
            f"{_T}: RangeVarCallbackForAlterRelation"),
    Refusal(ops.CreateSchema, 12, 18, "42939", "unacceptable schema name", reserved_schema, "schemacmds.c"),
    Refusal(ops.RenameObject, 12, 18, "42939", "unacceptable schema name", reserved_schema, "schemacmds.c"),
    Refusal(ops.CreateExtension, 12, 18, "3F000", "schema does not exist", extension_schema_missing, "extension.c"),
    Refusal(ops.CreateObject, 12, 18, "42601", "unrecognized event name", event_unknown,
            "event_trigger.c: CreateEventTrigger"),
    Refusal(ops.CreateObject, 12, 18, "42P17", "function must return type event_trigger", no_event_function,
            "event_trigger.c: CreateEventTrigger"),
    Refusal(ops.CreateObject, 12, 18, "42883", "function does not exist", function_of_other_missing, "parse_func.c"),
    Refusal(ops.CreateFunction, 12, 18, "42883", "function of the aggregate does not exist", support_missing,
            "pg_aggregate.c: AggregateCreate"),
    Refusal(ops.CreateFunction, 12, 18, "42704", "language does not exist", language_missing, "functioncmds.c"),
    Refusal(ops.CreateFunction, 12, 18, "42601", "syntax error in the body", body_unreadable, "pl_handler.c"),
    *(
        Refusal(operation, 12, 18, "42883", "function does not exist", other_arguments, "parse_func.c")
        for operation in (ops.DropObject, ops.AlterFunction, ops.Comment)
    ),
)  # fmt: skip
