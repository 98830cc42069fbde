"""What the server refuses of the keys of indexes, exclusion constraints and partitioned tables: types, collations,
operator classes and operators, and expressions that may change (indexcmds.c: ComputeIndexAttrs; tablecmds.c:
ComputePartitionAttrs)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from hotlint import operations as ops
from hotlint.catalog.apply.expressions import walk
from hotlint.catalog.names import QName
from hotlint.dialects.postgres import functions
from hotlint.dialects.postgres.impact.analysis import SYSTEM_COLUMNS, Scope, analyse
from hotlint.dialects.postgres.impact.coercing import Refused, collatable, collation_missing
from hotlint.dialects.postgres.impact.conditions import types_of
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.overloads import LITERAL, Given, choose, operators
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.impact.refusals_of_options import INDEX_OPTIONS
from hotlint.dialects.postgres.types.indexes import accepts, default_opclass
from hotlint.dialects.postgres.types.names import resolve
from hotlint.dialects.postgres.types.tables import tables
from hotlint.operations import ConstraintDef, IndexElement, TypeName

# pg_opclass.dat: the types for which gin and gist have an operator class by default without an extension.
_OWN_INPUTS = {
    "gin": frozenset(["anyarray", "jsonb", "tsvector"]),
    "gist": frozenset(["box", "point", "polygon", "circle", "tsvector", "tsquery", "anyrange", "anymultirange"]),
}
# Types of which btree has no operator class and hash has one: transaction and command numbers.
_HASHED_ONLY = frozenset(["xmin", "xmax", "cmin", "cmax"])


def _type(element: IndexElement, types: dict[str, TypeName], draft: Draft) -> Given:
    if element.expression is not None:
        try:
            return analyse(element.expression, Scope("index", types, None), draft)
        except Refused:
            return None
    type = types.get(element.column or "")
    return resolve(type, draft.after, draft.context.server, draft.path) if type is not None else None


def _key_error(element: IndexElement, given: Given, method: str, draft: Draft) -> str | None:
    if element.collation is not None:
        if collation_missing(element.collation, draft):
            return "42704"
        if given is not None and given is not LITERAL and not collatable(given):
            return "42804"
    if element.opclass is not None:
        return _opclass_error(element, given, method, draft)
    return "42704" if _without_opclass(given, method, draft) else None


def _opclass_error(element: IndexElement, given: Given, method: str, draft: Draft) -> str | None:
    """indexcmds.c: ResolveOpClass."""
    if element.opclass is None or element.opclass.schema not in (None, "pg_catalog"):
        return None
    found = tables(draft.major).opclasses.get((method, element.opclass.name))
    if found is None:  # those of the extensions that are known may have been brought from outside
        return "42704" if draft.complete() and not draft.has_objects("operator class") else None
    if given is None or not given.known or given.kind == "pseudo":
        return None
    return None if accepts(found, given, draft.major) else "42804"


def _without_opclass(given: Given, method: str, draft: Draft) -> bool:
    """Whether the type has none by default (indexcmds.c: GetDefaultOpClass)."""
    if given is None or given.kind == "pseudo" or not given.known or not draft.complete():
        return False
    if draft.has_objects("operator class"):
        return False
    opclass = default_opclass(given, method, draft.major)
    return opclass is None or (method in _OWN_INPUTS and opclass.input not in _OWN_INPUTS[method])


def _keys_error(elements: Iterable[IndexElement], name: QName, method: str, draft: Draft) -> str | None:
    types = types_of(name, draft)
    for element in elements:
        error = _key_error(element, _type(element, types, draft), method, draft)
        if error is not None:
            return error
    return None


# -- indexes


def index_key_unfit(op: ops.CreateIndex, name: QName, draft: Draft) -> str | None:
    return _keys_error(op.elements, name, op.method, draft) if op.method in INDEX_OPTIONS else None


def includes_expression(op: ops.CreateIndex, name: QName, draft: Draft) -> bool:
    return "" in op.include


def system_column_unfit(op: ops.CreateIndex, name: QName, draft: Draft) -> bool:
    return op.method == "btree" and any(e.column in _HASHED_ONLY and e.opclass is None for e in op.elements)


# -- constraints


def _constraints(op: ops.AddConstraint | ops.CreateTable) -> tuple[ConstraintDef, ...]:
    if isinstance(op, ops.AddConstraint):
        return (op.constraint,)
    inline = tuple(
        replace(k, columns=(c.name,)) if k.kind in ("unique", "primary key") else k
        for c in op.columns
        for k in c.constraints
    )
    return (*inline, *op.constraints)


def constraint_key_unfit(op: ops.AddConstraint | ops.CreateTable, name: QName, draft: Draft) -> str | None:
    return next((e for c in _constraints(op) if (e := _constraint_key_unfit(c, name, draft)) is not None), None)


def _constraint_key_unfit(constraint: ConstraintDef, name: QName, draft: Draft) -> str | None:
    """UNIQUE and PRIMARY KEY are B-trees; EXCLUDE uses what it names."""
    if constraint.using_index is not None or constraint.without_overlaps:
        return None
    method = constraint.method or ("gist" if constraint.kind == "exclude" else "btree")
    if constraint.kind not in ("unique", "primary key", "exclude") or method not in INDEX_OPTIONS:
        return None
    elements = (*map(IndexElement, constraint.columns), *constraint.elements)
    return _keys_error(elements, name, method, draft)


# indexam: amcanorder, amgettuple: those that cannot find a conflict.
_NO_EXCLUSION = frozenset(["gin", "brin"])
# pg_operator.dat: operators that are their own commutators, of the names that exclusion constraints meet.
_COMMUTATIVE = frozenset(["=", "<>", "&&", "-|-", "~=", "<->", "?#", "?||", "@@", "*=", "*<>", "+", "*"])


def exclusion_unfit(op: ops.AddConstraint | ops.CreateTable, name: QName, draft: Draft) -> str | None:
    return next((e for c in _constraints(op) if (e := _exclusion_unfit(c, name, draft)) is not None), None)


def _exclusion_unfit(constraint: ConstraintDef, name: QName, draft: Draft) -> str | None:
    """indexcmds.c: ComputeIndexAttrs, of WITH operator."""
    if constraint.kind != "exclude":
        return None
    if constraint.method in _NO_EXCLUSION:
        return "0A000"
    types = types_of(name, draft)
    for element in constraint.elements:
        given, operator = _type(element, types, draft), element.operator
        if given is None or operator is None or not draft.complete() or draft.has_objects("operator"):
            continue
        if not choose(operators(operator, True, draft.major), [given, given], draft.major):
            return "42883"
        if operator not in _COMMUTATIVE:
            return "42809"
    return None


def subtype_without_order(op: ops.CreateRangeType, name: QName, draft: Draft) -> bool:
    """A range needs an order of its subtype (typecmds.c: findRangeSubOpclass)."""
    if op.subtype is None:
        return False
    if draft.no_type(op.subtype):
        return True
    return _without_opclass(resolve(op.subtype, draft.before, draft.context.server, draft.path), "btree", draft)


def overlaps_unfit(op: ops.AddConstraint | ops.CreateTable, name: QName, draft: Draft) -> bool:
    """WITHOUT OVERLAPS needs a range or multirange as the last column (parse_utilcmd.c: transformIndexConstraint)."""
    types = types_of(name, draft)
    for constraint in _constraints(op):
        if constraint.without_overlaps and constraint.columns:
            given = _type(IndexElement(constraint.columns[-1]), types, draft)
            if given is not None and given.known and given.bottom.kind not in ("range", "multirange"):
                return True
    return False


# -- partition keys


def partition_key_unfit(op: ops.CreateTable, name: QName, draft: Draft) -> str | None:
    key = op.partition_by
    if key is None:
        return None
    if key.strategy == "list" and len(key.elements) > 1:
        return "42P17"
    method = "hash" if key.strategy == "hash" else "btree"
    types = types_of(name, draft)
    generated = {c.name for c in op.columns if c.generated is not None}
    for element in key.elements:
        if element.column in generated or element.column in SYSTEM_COLUMNS:
            return "42P17"
        if element.expression is not None and _expression_unfit(element, types, generated, draft):
            return "42P17"
        error = _key_error(element, _type(element, types, draft), method, draft)
        if error is not None:
            return error
    return None


def _expression_unfit(element: IndexElement, types: dict[str, TypeName], generated: set[str], draft: Draft) -> bool:
    """It is immutable, names a column, and none that is generated or the system's."""
    expression = element.expression
    if expression is None:
        return False
    columns = {part.value for part in walk(expression) if part.kind == "column"}
    if not columns or columns & (generated | SYSTEM_COLUMNS):
        return True
    judged = functions.volatility(expression, draft.before, draft.context.server, draft.path, types)
    return judged in ("stable", "volatile")


_I = "indexcmds.c: ComputeIndexAttrs"
KEYS: tuple[Refusal, ...] = (
    Refusal(ops.CreateRangeType, 12, 18, "42704", "subtype has no default operator class", subtype_without_order,
            "typecmds.c: findRangeSubOpclass"),
    Refusal(ops.CreateIndex, 12, 18, "0A000", "expressions are not supported in included columns", includes_expression,
            _I),
    Refusal(ops.CreateIndex, 12, 18, "42704", "data type has no default operator class", system_column_unfit, _I),
    Refusal(ops.CreateIndex, 12, 18, "", "a key does not fit the access method", index_key_unfit, _I),
    Refusal(ops.AddConstraint, 12, 18, "", "operator of the exclusion constraint does not fit", exclusion_unfit, _I),
    Refusal(ops.CreateTable, 12, 18, "", "operator of the exclusion constraint does not fit", exclusion_unfit, _I),
    Refusal(ops.AddConstraint, 12, 18, "", "a key does not fit the access method", constraint_key_unfit, _I),
    Refusal(ops.CreateTable, 12, 18, "", "a key does not fit the access method", constraint_key_unfit, _I),
    *(
        Refusal(operation, 18, 18, "42804", "column in WITHOUT OVERLAPS is not a range or multirange type",
                overlaps_unfit, "parse_utilcmd.c: transformIndexConstraint")
        for operation in (ops.AddConstraint, ops.CreateTable)
    ),
    Refusal(ops.CreateTable, 12, 18, "", "partition key is not valid", partition_key_unfit,
            "tablecmds.c: ComputePartitionAttrs"),
)  # fmt: skip
