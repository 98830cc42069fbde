"""What the server refuses of the attributes of columns and constraints: storage, statistics, expressions, actions."""

from __future__ import annotations

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Table
from hotlint.dialects.postgres.impact.analysis import SYSTEM_COLUMNS
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.types.names import canonical
from hotlint.operations import Expr, TypeName

_T = "tablecmds.c"
_STORAGES = frozenset(["plain", "external", "extended", "main", "default"])
_COMPRESSIONS = frozenset(["pglz", "lz4", "default"])


def attribute_unfit(op: ops.SetColumnAttribute, name: QName, draft: Draft) -> bool:
    """GetAttributeStorage, GetAttributeCompression, ATExecSetStatistics; reloptions.c: attribute_reloptions."""
    value = (op.value or "").lower()
    if op.attribute == "storage":
        return bool(value) and value not in _STORAGES
    if op.attribute == "compression":
        return bool(value) and value not in _COMPRESSIONS
    if op.attribute == "statistics":
        return value.lstrip("-").isdigit() and int(value) < -1
    for part in value.strip("()").split(","):
        option, _, given = part.partition("=")
        if option.strip() in ("n_distinct", "n_distinct_inherited") and not _number(given.strip()):
            return True
    return False


def _number(text: str) -> bool:
    try:
        return text == "" or float(text) >= -1
    except ValueError:
        return False


# -- generated columns


def no_expression(op: ops.SetGeneratedExpression, name: QName, draft: Draft) -> bool:
    """ATExecSetExpression: of a column that is generated."""
    table = draft.certain(name)
    column = table.column(op.column) if isinstance(table, Table) else None
    return column is not None and column.generated is None and column.generated_kind is None


def default_of_generated(op: ops.DropDefault, name: QName, draft: Draft) -> bool:
    """ATExecColumnDefault."""
    table = draft.before.table(name)
    column = table.column(op.column) if table is not None else None
    return column is not None and column.generated_kind is not None


# -- values of new columns

_INTEGER_BITS = {"int2": 16, "int4": 32, "int8": 64}


def default_out_of_range(op: ops.AddColumn, name: QName, draft: Draft) -> str | None:
    """The default of a new column is computed at once (ATExecAddColumn), so that a constant must fit."""
    default, type = op.column.default, op.column.type
    found = draft.before.relation(name)
    if default is None or type is None or found is None or found.kind != "table":
        return None
    return _constant_error(default, canonical(type))


def _constant_error(value: Expr, type: TypeName) -> str | None:
    if type.schema is not None or type.dimensions:
        return None
    if value.kind == "string" and type.name in ("varchar", "bpchar") and type.modifiers:
        text = value.value or ""
        return "22001" if len(text.rstrip(" ")) > type.modifiers[0] else None
    if value.kind == "bits" and type.name in ("bit", "varbit"):
        digits = (value.value or "b")[1:]
        length = len(digits) * (4 if (value.value or "")[:1] == "x" else 1)
        wanted = type.modifiers[0] if type.modifiers else 1 if type.name == "bit" else length
        if type.name == "bit":
            return "22026" if length != wanted else None
        return "22001" if length > wanted else None
    number = _numeric(value)
    if number is None:
        return None
    if type.name in _INTEGER_BITS:
        limit = 1 << (_INTEGER_BITS[type.name] - 1)
        return None if -limit <= round(number) < limit else "22003"
    if type.name == "numeric" and type.modifiers:
        precision, scale = type.modifiers[0], type.modifiers[1] if len(type.modifiers) > 1 else 0
        return None if abs(number) < 10 ** (precision - scale) else "22003"
    return None


def _numeric(value: Expr) -> float | None:
    if value.kind == "operator" and value.value == "-" and len(value.args) == 1:
        inner = _numeric(value.args[0])
        return -inner if inner is not None else None
    if value.kind != "number":
        return None
    try:
        return float(value.value or "")
    except ValueError:
        return None


# -- constraints


def action_column_unfit(op: ops.AddConstraint, name: QName, draft: Draft) -> str | None:
    """ON DELETE SET NULL (columns): columns of the foreign key (validateFkOnDeleteSetColumns)."""
    key, table = op.constraint.foreign_key, draft.certain(name)
    if key is None or not isinstance(table, Table):
        return None
    for column in key.delete_columns:
        if table.column(column) is None:
            return "42703"
        if column not in op.constraint.columns:
            return "42P10"
    return None


def key_of_system_column(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    return op.constraint.kind == "foreign key" and any(c in SYSTEM_COLUMNS for c in op.constraint.columns)


def inheritance_of_other(op: ops.AlterConstraint, name: QName, draft: Draft) -> bool:
    """Only a NOT NULL constraint is given another inheritance (ATExecAlterConstraint)."""
    table = draft.certain(name)
    if op.no_inherit is None or not isinstance(table, Table):
        return False
    found = table.constraint(op.constraint)
    return found is not None and found.kind != "not null"


def index_with_constraint(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    """parse_utilcmd.c: transformIndexConstraint."""
    if op.constraint.using_index is None:
        return False
    index = draft.before.index(QName(name.schema, op.constraint.using_index))
    return index is not None and index.known and index.constraint is not None


def index_renamed_onto_other(op: ops.RenameConstraint, name: QName, draft: Draft) -> bool:
    """The index behind the constraint is renamed first (rename_constraint_internal)."""
    table = draft.certain(name)
    found = table.constraint(op.constraint) if isinstance(table, Table) else None
    if found is None or found.index is None:
        return False
    other = draft.before.relation(QName(name.schema, op.new_name))
    return other is not None and not other.maybe


def into_system_schema(op: ops.ChangeSchema, name: QName, draft: Draft) -> bool:
    """namespace.c: CheckSetNamespace."""
    return op.schema == "pg_toast" or op.schema.startswith("pg_temp")


ATTRIBUTES: tuple[Refusal, ...] = (
    Refusal(ops.SetColumnAttribute, 12, 18, "22023", "invalid value for the attribute", attribute_unfit,
            f"{_T}: GetAttributeStorage, GetAttributeCompression, ATExecSetStatistics"),
    Refusal(ops.SetGeneratedExpression, 17, 18, "55000", 'column of relation "{0}" is not a generated column',
            no_expression, f"{_T}: ATExecSetExpression"),
    Refusal(ops.DropDefault, 12, 18, "42601", 'column of relation "{0}" is a generated column', default_of_generated,
            f"{_T}: ATExecColumnDefault"),
    Refusal(ops.AddColumn, 12, 18, "", "default is out of range for the type", default_out_of_range,
            f"{_T}: ATExecAddColumn"),
    Refusal(ops.AddConstraint, 15, 18, "", "column of the ON DELETE SET action is not part of the key",
            action_column_unfit, f"{_T}: validateFkOnDeleteSetColumns"),
    Refusal(ops.AlterConstraint, 18, 18, "42809", "constraint is not a not-null constraint", inheritance_of_other,
            f"{_T}: ATExecAlterConstraint"),
    Refusal(ops.ChangeSchema, 12, 18, "0A000", "cannot move objects into or out of TOAST schema", into_system_schema,
            "namespace.c: CheckSetNamespace"),
)  # fmt: skip
FIRST_ATTRIBUTES: tuple[Refusal, ...] = (
    Refusal(ops.AddConstraint, 12, 18, "0A000", "system columns cannot be used in foreign keys", key_of_system_column,
            f"{_T}: transformColumnNameList"),
    Refusal(ops.AddConstraint, 12, 18, "55000", "index is already associated with a constraint", index_with_constraint,
            "parse_utilcmd.c: transformIndexConstraint"),
    Refusal(ops.RenameConstraint, 12, 18, "42P07", "relation already exists", index_renamed_onto_other,
            f"{_T}: rename_constraint_internal"),
)  # fmt: skip
