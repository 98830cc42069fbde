"""What the server refuses of names: of the system's own columns, of what is not there, of what is something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import CompositeType, Enum, Sequence, Table, View
from hotlint.dialects.postgres.impact.draft import SYSTEM_SCHEMAS, Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.types.names import canonical
from hotlint.operations import ConstraintDef, FunctionSignature, Name, TypeName

_SYSTEM_COLUMNS = frozenset(["tableoid", "xmin", "xmax", "cmin", "cmax", "ctid"])


def _table(name: QName, draft: Draft) -> Table | None:
    found = draft.before.table(name)
    return found if found is not None and found.known and not found.maybe else None


# -- whatever the catalog says


def system_column(op: Any, name: QName, draft: Draft) -> bool:
    return op.column in _SYSTEM_COLUMNS and _table(name, draft) is not None


def identity_not_null(op: ops.DropNotNull, name: QName, draft: Draft) -> bool:
    table = _table(name, draft)
    column = table.column(op.column) if table is not None else None
    return column is not None and column.identity is not None


def index_name_taken(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    """The index is made before the constraint (index.c: index_create)."""
    constraint = op.constraint
    if constraint.name is None or constraint.using_index is not None:
        return False
    if constraint.kind not in ("unique", "primary key", "exclude") or draft.dropped(name, constraint.name):
        return False
    if any(other.name == constraint.name for other in _indexed_before(op, draft)):
        return True
    found = draft.before.relation(QName(name.schema, constraint.name))
    return found is not None and not found.maybe and getattr(found, "known", True)


def _indexed_before(op: ops.AddConstraint, draft: Draft) -> Iterator[ConstraintDef]:
    """The constraints with an index of their own that the statement adds before this one."""
    for other in draft.operations:
        if other is op:
            return
        if isinstance(other, ops.AddConstraint) and other.constraint.kind in ("unique", "primary key", "exclude"):
            yield other.constraint


def attaches_child(op: ops.AttachPartition, name: QName, draft: Draft) -> bool:
    partition = draft.resolve(op.partition)
    table = _table(partition, draft)
    if table is None or table.partition_of is not None or partition == name:
        return False
    return bool(table.inherits) or (table.kind == "table" and bool(draft.before.children(partition)))


def drops_no_domain(op: ops.DropObject, name: QName, draft: Draft) -> bool:
    if op.kind != "domain":
        return False
    schemas = (op.name.schema,) if op.name.schema is not None else draft.path
    return any(isinstance(draft.before.type(QName(schema, op.name.name)), Enum) for schema in schemas)


def key_only(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    found = draft.before.relation(name)
    return op.only and op.constraint.kind == "foreign key" and found is not None and found.kind == "partitioned table"


def other_routine(op: Any, name: QName, draft: Draft) -> bool:
    """dropcmds.c, parse_func.c: a procedure is no function."""
    if not isinstance(op, ops.Call) and op.kind not in ("function", "procedure"):
        return False
    asked = "procedure" if isinstance(op, ops.Call) else op.kind
    if isinstance(op, ops.Grant):
        return any(_other_routine(s.name, s, asked, draft) for s in op.signatures)
    signature = getattr(op, "signature", None)
    return _other_routine(signature.name if signature is not None else op.name, signature, asked, draft)


def _other_routine(name: Name, signature: FunctionSignature | None, asked: str, draft: Draft) -> bool:
    schemas = (name.schema,) if name.schema is not None else draft.path
    found = [f for schema in schemas for f in draft.before.functions(QName(schema, name.name)) if not f.maybe]
    if signature is not None and signature.arguments is not None:
        wanted = [canonical(a).name for a in signature.arguments]
        found = [f for f in found if [canonical(a).name for a in f.signature] == wanted]
    return bool(found) and all((f.kind == "procedure") != (asked == "procedure") for f in found)


# -- indexes and columns


def indexes_system_column(op: ops.CreateIndex, name: QName, draft: Draft) -> bool:
    return any(e.column in _SYSTEM_COLUMNS for e in op.elements) and _table(name, draft) is not None


def part_of_index(op: ops.DropIndex, name: QName, draft: Draft) -> bool:
    index = draft.before.index(name)
    if index is None or index.parent is None:
        return False
    return index.parent not in {draft.resolve(o.relation) for o in draft.operations if isinstance(o, ops.DropIndex)}


def statistics_of_plain_key(op: ops.SetColumnAttribute, name: QName, draft: Draft) -> bool:
    index = draft.before.index(name)
    if index is None or not index.known or op.attribute != "statistics" or not op.column.isdigit():
        return False
    at = int(op.column) - 1
    return at < len(index.columns) and index.columns[at] is not None


def inherited_not_null(op: ops.DropNotNull, name: QName, draft: Draft) -> bool:
    table = _table(name, draft)
    parents = (*table.inherits, table.partition_of) if table is not None else ()
    found = [draft.before.table(parent) for parent in parents if parent is not None]
    columns = [parent.column(op.column) for parent in found if parent is not None]
    return any(column is not None and column.not_null is True for column in columns)


def not_null_of_key(op: ops.DropConstraint, name: QName, draft: Draft) -> bool:
    table = _table(name, draft)
    if table is None or table.primary_key is None or draft.dropped(name, table.primary_key.name):
        return False
    column = next((c for c in table.columns if c.not_null_name == op.constraint), None)
    return column is not None and column.name in table.primary_key.columns


def check_no_boolean(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    """parse_coerce.c: coerce_to_boolean."""
    expression = op.constraint.expression
    if op.constraint.kind != "check" or expression is None:
        return False
    table = _table(name, draft)
    if expression.kind == "number":
        return True
    column = table.column(expression.value or "") if table is not None and expression.kind == "column" else None
    if column is None or column.type is None:
        return False
    type = canonical(column.type)
    return type.schema is None and type.name in _NO_BOOLEANS


_NO_BOOLEANS = frozenset(["int2", "int4", "int8", "numeric", "text", "varchar", "date", "timestamp", "timestamptz"])


def retyped_twice(op: ops.AlterColumnType, name: QName, draft: Draft) -> bool:
    same = [o for o in draft.operations if isinstance(o, ops.AlterColumnType) and o.column == op.column]
    return len(same) > 1


# -- what is not there


def rule_relation_missing(op: ops.CreateRule, name: QName, draft: Draft) -> bool:
    return any(_absent(written, draft) for written in (*op.writes, *(use.relation for use in op.reads)))


def _absent(written: Name, draft: Draft) -> bool:
    if not draft.complete() or written.schema in SYSTEM_SCHEMAS or written.name.startswith("pg_"):
        return False
    return written.name not in ("old", "new") and not draft.exists(draft.resolve(written))


def part_missing(op: ops.Comment, name: QName, draft: Draft) -> bool:
    table = _table(name, draft)
    if table is None or op.kind not in ("trigger", "policy", "rule") or not draft.complete():
        return False
    names = {
        "trigger": [trigger.name for trigger in table.triggers],
        "policy": [policy.name for policy in table.policies],
        "rule": [rule.name for rule in table.rules],
    }
    return op.sub not in names[op.kind]


def of_missing(op: ops.SetOfType | ops.CreateTable, name: QName, draft: Draft) -> bool:
    return op.of_type is not None and draft.no_type(TypeName(op.of_type.name, op.of_type.schema))


def argument_type_missing(op: ops.CreateFunction, name: QName, draft: Draft) -> bool:
    types = [a.type for a in op.arguments]
    if op.returns is not None and op.language.lower() not in ("c", "internal"):
        types.append(op.returns)
    return any(draft.no_type(type) for type in types)


def not_published(op: ops.AlterObject, name: QName, draft: Draft) -> bool:
    if op.kind != "publication" or not any("drop" in part.lower() for pair in op.details for part in pair):
        return False
    found = draft.before.catalog.objects.get((op.kind, QName("", op.name.name)), draft.before.moment)
    return found is not None and any(draft.resolve(relation) not in found.relations for relation in op.relations)


def extension_missing(op: ops.DropObject, name: QName, draft: Draft) -> bool:
    if op.kind != "extension" or op.if_exists or op.name.name == "plpgsql" or not draft.complete():
        return False
    return draft.before.extension(op.name.name) is None


def language_in_use(op: ops.DropObject, name: QName, draft: Draft) -> bool:
    if op.kind != "extension" or op.name.name != "plpgsql" or op.cascade:
        return False
    functions = draft.before.catalog.functions_by_name.items(draft.before.moment)
    return any(f.language == "plpgsql" for _, overloads in functions for f in overloads)


# -- what is something else


def row_type_dropped(op: ops.DropObject, name: QName, draft: Draft) -> bool:
    """A table needs its row type, a typed table the type that it is of."""
    if op.kind != "type" or op.cascade:
        return False
    found = draft.before.relation(draft.resolve(op.name))
    if isinstance(found, (Table, View)):
        return True
    if not isinstance(found, CompositeType):
        return False
    relations = draft.before.catalog.relations.items(draft.before.moment)
    return any(isinstance(record, Table) and record.of_type == found.name for _, record in relations)


def owned_sequence_moved(op: ops.ChangeSchema, name: QName, draft: Draft) -> bool:
    found = draft.before.relation(draft.resolve(op.name))
    return op.kind in ("sequence", "table") and isinstance(found, Sequence) and found.owned_by is not None


def written_materialized(op: ops.Write, name: QName, draft: Draft) -> bool:
    found = draft.before.relation(name)
    return found is not None and found.kind in ("materialized view", "index", "sequence", "composite type")


def block_commits(op: ops.DoBlock, name: QName, draft: Draft) -> bool:
    return op.body is not None and op.body.transaction_control and draft.context.in_transaction


_T = "tablecmds.c"
_COLUMN_CHANGES = (
    ops.DropColumn, ops.AlterColumnType, ops.SetNotNull, ops.DropNotNull, ops.SetDefault, ops.DropDefault,
    ops.RenameColumn, ops.SetColumnAttribute, ops.AddIdentity,
)  # fmt: skip
FIRST_NAMES: tuple[Refusal, ...] = (
    *(
        Refusal(operation, 12, 18, "0A000", 'cannot alter system column of "{0}"', system_column, f"{_T}: attnum <= 0")
        for operation in _COLUMN_CHANGES
    ),
    Refusal(ops.DropNotNull, 12, 18, "42601", 'column of relation "{0}" is an identity column', identity_not_null,
            f"{_T}: ATExecDropNotNull"),
    Refusal(ops.AddConstraint, 12, 18, "42P07", "relation already exists", index_name_taken, "index.c: index_create"),
    Refusal(ops.AttachPartition, 12, 18, "42809", "cannot attach inheritance child or parent", attaches_child,
            f"{_T}: ATExecAttachPartition"),
    Refusal(ops.DropObject, 12, 18, "42809", "type is not a domain", drops_no_domain, "objectaddress.c"),
    Refusal(ops.AddConstraint, 12, 18, "42809", 'cannot use ONLY for foreign key on partitioned table "{0}"', key_only,
            f"{_T}: ATAddForeignKeyConstraint"),
    *(
        Refusal(operation, 12, 18, "42809", "routine is of another kind", other_routine, "parse_func.c")
        for operation in (
            ops.DropObject, ops.Call, ops.RenameObject, ops.ChangeOwner, ops.ChangeSchema, ops.AlterFunction,
            ops.Comment, ops.Grant,
        )
    ),
)  # fmt: skip
NAMES: tuple[Refusal, ...] = (
    Refusal(ops.CreateIndex, 12, 18, "0A000", "index creation on system columns is not supported",
            indexes_system_column, "indexcmds.c: DefineIndex"),
    Refusal(ops.DropIndex, 12, 18, "2BP01", "cannot drop index {0} because another index requires it", part_of_index,
            "dependency.c: findDependentObjects"),
    Refusal(ops.SetColumnAttribute, 12, 18, "0A000", 'cannot alter statistics on non-expression column of "{0}"',
            statistics_of_plain_key, f"{_T}: ATExecSetStatistics"),
    Refusal(ops.DropNotNull, 18, 18, "42P16", 'column of relation "{0}" is marked NOT NULL in parent table',
            inherited_not_null, f"{_T}: dropconstraint_internal"),
    Refusal(ops.DropConstraint, 18, 18, "42P16", "column is in a primary key", not_null_of_key,
            f"{_T}: dropconstraint_internal"),
    Refusal(ops.AddConstraint, 12, 18, "42804", "argument of CHECK must be type boolean", check_no_boolean,
            "parse_coerce.c: coerce_to_boolean"),
    Refusal(ops.AlterColumnType, 12, 18, "0A000", "cannot alter type of column twice", retyped_twice,
            f"{_T}: ATPrepAlterColumnType"),
    Refusal(ops.CreateRule, 12, 18, "42P01", "relation of the rule's action does not exist", rule_relation_missing,
            "rewriteDefine.c"),
    Refusal(ops.Comment, 12, 18, "42704", 'there is no such part of "{0}"', part_missing, "objectaddress.c"),
    *(
        Refusal(operation, 12, 18, "42704", "type does not exist", of_missing, "parse_type.c")
        for operation in (ops.SetOfType, ops.CreateTable)
    ),
    Refusal(ops.CreateFunction, 12, 18, "42704", "type does not exist", argument_type_missing, "functioncmds.c"),
    Refusal(ops.AlterObject, 12, 18, "42704", "relation is not part of the publication", not_published,
            "publicationcmds.c: PublicationDropTables"),
    Refusal(ops.DropObject, 12, 18, "42704", "extension does not exist", extension_missing, "extension.c"),
    Refusal(ops.DropObject, 12, 18, "2BP01", "cannot drop extension plpgsql: functions depend on it", language_in_use,
            "dependency.c"),
    Refusal(ops.DropObject, 12, 18, "2BP01", "cannot drop type because a table requires it", row_type_dropped,
            "dependency.c"),
    Refusal(ops.ChangeSchema, 12, 18, "0A000", "cannot move an owned sequence into another schema",
            owned_sequence_moved, f"{_T}: AlterTableNamespace"),
    *(
        Refusal(operation, 12, 18, "42809", 'cannot change "{0}"', written_materialized, "execMain.c")
        for operation in (ops.Insert, ops.Update, ops.Delete, ops.Merge)
    ),
    Refusal(ops.DoBlock, 12, 18, "2D000", "invalid transaction termination", block_commits, "spi.c: SPI_commit"),
)  # fmt: skip
