"""What the server refuses of functions: their parameters, what an SQL body reads and gives, and their languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.apply.expressions import walk
from hotlint.catalog.names import QName
from hotlint.catalog.records import CompositeType, Table, View
from hotlint.dialects.postgres.impact.analysis import Scope, analyse
from hotlint.dialects.postgres.impact.coercing import Refused, assigned, boolean, coerced
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.overloads import LITERAL, Given
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.impact.refusals_of_references import scope_of, unknown_column
from hotlint.dialects.postgres.parameters import setting_error
from hotlint.dialects.postgres.types.coercion import pathway
from hotlint.dialects.postgres.types.names import Resolved, resolve
from hotlint.operations import Expr, FunctionArgument, Operation, Query, RelationUse, TypeName

_INPUT = ("in", "inout", "variadic")
_OUTPUT = ("out", "inout", "table")


def _resolved(type: TypeName, draft: Draft) -> Resolved | None:
    return resolve(type, draft.before, draft.context.server, draft.path)


# -- parameters


def parameters_unfit(op: ops.CreateFunction, name: QName, draft: Draft) -> bool:
    """functioncmds.c: interpret_function_parameter_list. An aggregate has no body to look at."""
    return op.kind != "aggregate" and (_named_twice(op.arguments) or _after_default(op) or _variadic_unfit(op, draft))


def _named_twice(arguments: tuple[FunctionArgument, ...]) -> bool:
    """Names tell parameters of a direction apart; what is in and out at once counts for both."""
    for modes in (_INPUT, _OUTPUT):
        names = [a.name for a in arguments if a.name and a.mode in modes]
        if len(set(names)) < len(names):
            return True
    return False


def _after_default(op: ops.CreateFunction) -> bool:
    inputs = [a for a in op.arguments if a.mode in _INPUT]
    began = False
    for argument in inputs:
        if began and argument.default is None:
            return True
        began = began or argument.default is not None
    return False


def _variadic_unfit(op: ops.CreateFunction, draft: Draft) -> bool:
    """It is an array, and nothing but what goes out stands behind it."""
    for at, argument in enumerate(op.arguments):
        if argument.mode != "variadic":
            continue
        if any(a.mode in _INPUT for a in op.arguments[at + 1 :]):
            return True
        found = _resolved(argument.type, draft)
        return found is not None and found.kind != "array" and not found.name.startswith("any") and found.known
    return False


def default_unfit(op: ops.CreateFunction, name: QName, draft: Draft) -> str | None:
    """A parameter's default takes no columns and is assigned to its type."""
    for argument in op.arguments:
        if argument.default is None:
            continue
        try:
            found = analyse(argument.default, Scope("parameter", {}, frozenset()), draft)
            if not argument.type.name.startswith("any"):
                assigned(found, argument.default, argument.type, draft)
        except Refused as refused:
            return refused.sqlstate
    return None


def result_missing(op: ops.CreateFunction, name: QName, draft: Draft) -> bool:
    """functioncmds.c: CreateFunction: a function returns something, or has parameters that go out."""
    return op.kind == "function" and op.returns is None and not any(a.mode in _OUTPUT for a in op.arguments)


_PSEUDO_RESULTS = frozenset(
    ["trigger", "event_trigger", "any", "internal", "language_handler", "fdw_handler", "opaque"]
)


def returns_pseudo(op: ops.CreateFunction, name: QName, draft: Draft) -> bool:
    """pg_proc.c: ProcedureCreate, fmgr_sql_validator."""
    returns = op.returns
    if returns is None or returns.schema not in (None, "pg_catalog"):
        return False
    if returns.name.startswith("any") and returns.name != "any":
        inputs = [a.type.name for a in op.arguments if a.mode in _INPUT]
        return not any(word.startswith("any") for word in inputs)
    return op.language == "sql" and returns.name in _PSEUDO_RESULTS


def setting_unfit(op: ops.CreateFunction | ops.AlterFunction, name: QName, draft: Draft) -> str | None:
    """guc_funcs.c: ExtractSetVariableArgs; a list is left to the server."""
    for parameter, value in op.settings:
        error = setting_error(parameter, (value,) if value and "," not in value else None, draft.major)
        if error is not None:
            return error
    return None


# -- SQL bodies


def _statements(op: ops.CreateFunction) -> Iterator[Operation]:
    for statement in op.body.statements if op.body is not None else ():
        yield from statement.operations


def _analysed(op: ops.CreateFunction, draft: Draft) -> bool:
    """Whether the server reads the body now (pg_proc.c: fmgr_sql_validator). One that makes relations is left out: its
    later statements may be about them."""
    if op.kind == "aggregate" or op.language.lower() != "sql" or op.body is None or op.body.error is not None:
        return False
    if not op.standard and not draft.context.session.check_function_bodies:
        return False
    return not any(a.type.name.startswith("any") for a in op.arguments)


def _names(op: ops.CreateFunction) -> frozenset[str]:
    return frozenset([op.name.name, *(a.name for a in op.arguments if a.name)])


def body_unfit(op: ops.CreateFunction, name: QName, draft: Draft) -> str | None:
    """The first error of the statements of the body."""
    if not _analysed(op, draft):
        return None
    names, inputs = _names(op), sum(a.mode in _INPUT for a in op.arguments)
    for inner in _statements(op):
        query = getattr(inner, "query", None)
        if query is None:
            continue
        target = RelationUse(inner.relation, inner.alias) if isinstance(inner, ops.Write) else None
        for use in (*query.relations, *((target,) if target is not None else ())):
            if draft.no_relation(use.relation):
                return "42P01"
        if isinstance(inner, (ops.Insert, ops.Update)) and _target_lacks(inner, draft):
            return "42703"
        found = unknown_column(query, target, draft, names)
        if found is not None:
            return found
        if any(draft.no_function(function) for function in query.functions):
            return "42883"
        if isinstance(inner, ops.Select):
            error = _outputs_error(query, op, draft)
            if error is not None:
                return error
        if any(p.kind == "parameter" and int(p.value or 0) > inputs for o in query.outputs for p in walk(o)):
            return "42P02"
    return None


def _scope(query: Query, op: ops.CreateFunction, draft: Draft) -> Scope | None:
    """The columns of a query of one level, with the parameters, which columns hide."""
    scope = scope_of(query, None, "select", draft) if query.simple else None
    if scope is None:
        return None
    parameters = {a.name: a.type for a in op.arguments if a.name}
    return scope._replace(columns={**parameters, **(scope.columns or {}), op.name.name: None})


def _outputs_error(query: Query, op: ops.CreateFunction, draft: Draft) -> str | None:
    scope = _scope(query, op, draft)
    if scope is None:
        return None
    try:
        for output in query.outputs:
            analyse(output, scope, draft)
        if query.where is not None:
            boolean(analyse(query.where, scope._replace(place="where"), draft), query.where, draft)
    except Refused as refused:
        return refused.sqlstate
    return None


def _target_lacks(op: Any, draft: Draft) -> bool:
    table = draft.certain(draft.resolve(op.relation))
    return isinstance(table, (Table, View)) and any(table.column(c) is None for c in op.columns)


def result_mismatch(op: ops.CreateFunction, name: QName, draft: Draft) -> bool:
    """functions.c: check_sql_fn_retval: the last statement must give what the function returns."""
    if not _analysed(op, draft) or op.kind != "function":
        return False
    wanted = _wanted(op, draft)
    if wanted is None:
        return False
    statements = list(_statements(op))
    last = statements[-1] if statements else None
    if isinstance(last, ops.Write):
        return not last.returning
    if not isinstance(last, ops.Select):
        return True
    query = last.query
    if not query.outputs or "*" in query.output:
        return False
    if len(wanted) == 1 and len(query.outputs) > 1 and wanted[0] is not None and wanted[0].kind == "composite":
        return False
    scope = _scope(query, op, draft)
    if len(query.outputs) != len(wanted):
        return len(query.outputs) != 1 or not _row(query.outputs[0], scope, draft)
    if scope is None:
        return False
    for output, type in zip(query.outputs, wanted, strict=True):
        try:
            given = analyse(output, scope, draft)
        except Refused:
            return False
        if _mismatched(given, type, draft):
            return True
    return False


def _row(output: Expr, scope: Scope | None, draft: Draft) -> bool:
    """Whether the one output may be a whole row."""
    if output.kind in ("number", "string", "bool", "operator", "test"):
        return False
    try:
        given = analyse(output, scope, draft) if scope is not None else None
    except Refused:
        return True
    return given is None or given.kind in ("composite", "pseudo")


_ASSIGNED_SINCE = 13  # release 13: results are cast by assignment, not only relabelled (measured on 12 to 18)


def _mismatched(given: Given, wanted: Resolved | None, draft: Draft) -> bool:
    if given is None or given is LITERAL or wanted is None or given.kind in ("composite", "pseudo"):
        return False
    if draft.major < _ASSIGNED_SINCE:
        return given.known and wanted.known and not _relabelled(given.bottom, wanted.bottom, draft)
    return not coerced(given, wanted, "a", draft)


def _relabelled(given: Resolved, wanted: Resolved, draft: Draft) -> bool:
    return pathway(given, wanted, "i", draft.major) == "relabel"


def _wanted(op: ops.CreateFunction, draft: Draft) -> list[Resolved | None] | None:
    """The types of the columns that the body must give; None where it need not give any, or they are not known."""
    outputs = [a.type for a in op.arguments if a.mode in _OUTPUT]
    if outputs:
        return [_resolved(t, draft) for t in outputs]
    returns = op.returns
    if returns is None or returns.name in ("void", "record") or returns.percent_type:
        return None
    found = _resolved(returns, draft)
    if found is None or found.kind == "pseudo":
        return None
    if found.kind != "composite":
        return [found]
    record = draft.certain(draft.resolve(ops.Name(returns.name, returns.schema)))
    if not isinstance(record, (Table, View, CompositeType)):
        return None
    return [_resolved(c.type, draft) if c.type is not None else None for c in record.columns]


def call_unfit(op: ops.Call, name: QName, draft: Draft) -> str | None:
    """Arguments of CALL; what goes out is counted in different ways by versions, and left to the server."""
    schemas = (op.name.schema,) if op.name.schema is not None else draft.path
    found = [f for schema in schemas for f in draft.before.functions(QName(schema, op.name.name))]
    if not found or any(a.mode != "in" for f in found for a in f.arguments):
        return None
    try:
        analyse(Expr("call", None, op.name, op.args), Scope("call", {}, frozenset()), draft)
    except Refused as refused:
        return refused.sqlstate
    return None


FUNCTIONS: tuple[Refusal, ...] = (
    Refusal(ops.Call, 12, 18, "", "arguments do not fit the procedure", call_unfit, "parse_func.c: LookupFuncWithArgs"),
    Refusal(ops.CreateFunction, 12, 18, "42P13", "parameters of the function do not fit", parameters_unfit,
            "functioncmds.c: interpret_function_parameter_list"),
    Refusal(ops.CreateFunction, 12, 18, "", "default of a parameter is not valid", default_unfit,
            "functioncmds.c: interpret_function_parameter_list"),
    Refusal(ops.CreateFunction, 12, 18, "42P13", "function result type must be specified", result_missing,
            "functioncmds.c: CreateFunction"),
    Refusal(ops.CreateFunction, 12, 18, "42P13", "function cannot return the type", returns_pseudo,
            "pg_proc.c: ProcedureCreate, fmgr_sql_validator"),
    *(
        Refusal(operation, 12, 18, "", "setting of the function is not valid", setting_unfit,
                "guc.c: set_config_option")
        for operation in (ops.CreateFunction, ops.AlterFunction)
    ),
    Refusal(ops.CreateFunction, 12, 18, "", "a statement of the body is not valid", body_unfit,
            "pg_proc.c: fmgr_sql_validator"),
    Refusal(ops.CreateFunction, 12, 18, "42P13", "return type mismatch", result_mismatch,
            "functions.c: check_sql_fn_retval"),
)  # fmt: skip
