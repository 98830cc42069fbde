"""What the server refuses because of a type or a parameter: identity, storage, casts of defaults, bounds of options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Column, Table
from hotlint.dialects.postgres.impact.analysis import Scope, analyse
from hotlint.dialects.postgres.impact.coercing import Refused
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.literals import constant_error
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.types.change import uses_column
from hotlint.dialects.postgres.types.defaults import default_error
from hotlint.dialects.postgres.types.names import Resolved, canonical, resolve
from hotlint.operations import ColumnDef, TypeName


def _resolved(type: TypeName | None, draft: Draft) -> Resolved | None:
    return resolve(type, draft.before, draft.context.server, draft.path) if type is not None else None


def _column(op: Any, name: QName, draft: Draft) -> Column | None:
    table = draft.before.table(name)
    return table.column(op.column) if table is not None else None


# -- identity


_IDENTITY = frozenset(["int2", "int4", "int8"])


def _no_identity(type: TypeName | None, draft: Draft) -> bool:
    """sequence.c: init_params takes smallint, integer and bigint only."""
    found = _resolved(type, draft)
    return found is not None and found.bottom.name not in _IDENTITY


def identity_of_type(op: ops.AddColumn, name: QName, draft: Draft) -> bool:
    return op.column.identity is not None and _no_identity(op.column.type, draft)


def identities_of_type(op: ops.CreateTable, name: QName, draft: Draft) -> bool:
    return any(c.identity is not None and _no_identity(c.type, draft) for c in op.columns)


def identity_added(op: ops.AddIdentity, name: QName, draft: Draft) -> bool:
    column = _column(op, name, draft)
    return column is not None and _no_identity(column.type, draft)


def identity_retyped(op: ops.AlterColumnType, name: QName, draft: Draft) -> bool:
    column = _column(op, name, draft)
    return column is not None and column.identity is not None and _no_identity(op.to, draft)


def sequence_of_type(op: ops.CreateSequence, name: QName, draft: Draft) -> bool:
    return op.options.type is not None and _no_identity(op.options.type, draft)


# -- storage of columns

# pg_type.dat: base types whose values are of fixed length, or kept plain; they have no TOAST.
_PLAIN = frozenset(
    [
        "bool",
        "char",
        "name",
        "int2",
        "int4",
        "int8",
        "oid",
        "tid",
        "xid",
        "cid",
        "xid8",
        "float4",
        "float8",
        "money",
        "date",
        "time",
        "timetz",
        "timestamp",
        "timestamptz",
        "interval",
        "uuid",
        "macaddr",
        "macaddr8",
        "point",
        "lseg",
        "box",
        "line",
        "circle",
        "pg_lsn",
        "int2vector",
        "oidvector",
        "regproc",
        "regclass",
        "regtype",
        "regrole",
        "regnamespace",
        "regoper",
        "regoperator",
        "regprocedure",
        "regconfig",
        "regdictionary",
        "regcollation",
    ]
)


def _plain(op: ops.SetColumnAttribute, name: QName, draft: Draft) -> bool:
    column = _column(op, name, draft)
    found = _resolved(column.type, draft) if column is not None else None
    if found is None:
        return False
    return found.kind != "array" and (found.bottom.kind == "enum" or found.bottom.name in _PLAIN)


def storage_unfit(op: ops.SetColumnAttribute, name: QName, draft: Draft) -> bool:
    value = (op.value or "").lower()
    if op.attribute == "storage":
        return value in ("external", "extended", "main") and _plain(op, name, draft)
    return op.attribute == "compression" and value != "default" and _plain(op, name, draft)


def storage_given(op: ops.AddColumn, name: QName, draft: Draft) -> bool:
    found = _resolved(op.column.type, draft)
    if found is None or found.kind == "array" or found.bottom.name not in _PLAIN:
        return False
    storage = (op.column.storage or "").lower()
    return storage in ("external", "extended", "main") or op.column.compression is not None


_COLUMN_OPTIONS = frozenset(["n_distinct", "n_distinct_inherited"])


def column_option_unknown(op: ops.SetColumnAttribute, name: QName, draft: Draft) -> bool:
    """reloptions.c: attribute_reloptions."""
    if op.attribute != "options" or not op.value:
        return False
    words = [part.split("=")[0].strip().strip("(").lower() for part in op.value.strip("()").split(",")]
    return any(word.isidentifier() and word not in _COLUMN_OPTIONS for word in words)


# -- casts


def default_not_cast(op: ops.AlterColumnType, name: QName, draft: Draft) -> bool:
    """The default must have an assignment cast to the new type, USING or not (tablecmds.c: ATExecAlterColumnType)."""
    column = _column(op, name, draft)
    default = column.default or column.generated if column is not None else None
    if column is None or column.type is None or default is None:
        return False
    if any(isinstance(o, ops.DropDefault) and o.column == op.column for o in draft.operations):
        return False
    error = default_error(
        default, column.type, op.to, column=op.column, generated=column.generated is not None,
        catalog=draft.before, server=draft.context.server, session=draft.context.session,
    )  # fmt: skip
    return error is not None


def constraint_under_type(op: ops.AlterColumnType, name: QName, draft: Draft) -> bool:
    """Constraints and indexes of the column are made again for the new type (ATPostAlterTypeCleanup), whose operators
    may not take what the old type's did. A literal was given a type when they were made, so nothing is said of it."""
    table = draft.certain(name)
    if not isinstance(table, Table):
        return False
    columns = {c.name: op.to if c.name == op.column else c.type for c in table.columns}
    kept = [c for c in table.constraints if c.kind == "check" and not draft.dropped(name, c.name)]
    expressions = [c.expression for c in kept]
    for index in draft.before.indexes(name):
        expressions += [*(e.expression for e in index.elements), index.where]
    for expression in expressions:
        if expression is None or not uses_column(expression, op.column):
            continue
        try:
            analyse(expression, Scope("check", columns, None), draft)
        except Refused as refused:
            if refused.sqlstate == "42883":
                return True
    return False


def child_of_other_type(op: ops.AddColumn, name: QName, draft: Draft) -> bool:
    """A child's own column of that name is merged if its type is the same (tablecmds.c: ATExecAddColumn)."""
    if op.only or op.column.type is None:
        return False
    asked = canonical(op.column.type)
    for child in draft.before.descendants(name):
        table = draft.before.table(child)
        own = table.column(op.column.name) if table is not None else None
        if own is not None and own.type is not None:
            had = canonical(own.type)
            if (had.name, had.modifiers, had.dimensions) != (asked.name, asked.modifiers, asked.dimensions):
                return True
    return False


def schema_of_type_missing(op: Any, name: QName, draft: Draft) -> bool:
    return any(t is not None and t.schema is not None and draft.no_schema(t.schema) for t in _types(op))


def _types(op: Any) -> Iterator[TypeName | None]:
    columns: tuple[ColumnDef, ...] = op.columns if isinstance(op, ops.CreateTable) else ()
    if isinstance(op, ops.AddColumn):
        columns = (op.column,)
    yield from (c.type for c in columns)
    if isinstance(op, ops.AlterColumnType):
        yield op.to


def assigned_constant(op: ops.Update, name: QName, draft: Draft) -> str | None:
    table = draft.before.table(name)
    for column, value in zip(op.columns, op.values, strict=False):
        own = table.column(column) if table is not None else None
        error = constant_error(value, own.type, draft) if own is not None else None
        if error is not None:
            return error
    return None


def domain_constant(op: ops.AlterDomain, name: QName, draft: Draft) -> str | None:
    found = draft.before.type(name)
    return constant_error(op.default, getattr(found, "base", None), draft)


_T = "tablecmds.c"
_IDENTITY_MESSAGE = "identity column type must be smallint, integer, or bigint"
VALUES: tuple[Refusal, ...] = (
    *(
        Refusal(operation, 12, 18, "3F000", "schema of a type does not exist", schema_of_type_missing, "namespace.c")
        for operation in (ops.AddColumn, ops.CreateTable, ops.AlterColumnType)
    ),
    Refusal(ops.AddColumn, 12, 18, "22023", _IDENTITY_MESSAGE, identity_of_type, "sequence.c: init_params"),
    Refusal(ops.CreateTable, 12, 18, "22023", _IDENTITY_MESSAGE, identities_of_type, "sequence.c: init_params"),
    Refusal(ops.AddIdentity, 12, 18, "22023", _IDENTITY_MESSAGE, identity_added, "sequence.c: init_params"),
    Refusal(ops.AlterColumnType, 12, 18, "22023", _IDENTITY_MESSAGE, identity_retyped, "sequence.c: init_params"),
    Refusal(
        ops.CreateSequence, 12, 18, "22023", "sequence type must be smallint, integer, or bigint", sequence_of_type,
        "sequence.c: init_params",
    ),
    Refusal(
        ops.SetColumnAttribute, 12, 18, "0A000", "column data type can only have storage PLAIN", storage_unfit,
        f"{_T}: ATExecSetStorage, ATExecSetCompression",
    ),
    Refusal(
        ops.AddColumn, 14, 18, "0A000", "column data type can only have storage PLAIN", storage_given,
        f"{_T}: GetAttributeStorage, GetAttributeCompression",
    ),
    Refusal(
        ops.SetColumnAttribute, 12, 18, "22023", "unrecognized parameter", column_option_unknown,
        "reloptions.c: attribute_reloptions",
    ),
    Refusal(
        ops.AlterColumnType, 12, 18, "42804", "default cannot be cast automatically to the new type", default_not_cast,
        f"{_T}: ATExecAlterColumnType",
    ),
    Refusal(
        ops.AddColumn, 12, 18, "42804", 'child table has different type for a column of "{0}"', child_of_other_type,
        f"{_T}: ATExecAddColumn",
    ),
    Refusal(
        ops.AlterColumnType, 12, 18, "42883", "operator of a constraint does not exist for the new type",
        constraint_under_type, f"{_T}: ATPostAlterTypeCleanup",
    ),
    Refusal(ops.Update, 12, 18, "", "invalid input syntax", assigned_constant, "parse_target.c"),
    Refusal(ops.AlterDomain, 12, 18, "", "invalid input syntax", domain_constant, "typecmds.c: AlterDomainDefault"),
)  # fmt: skip
