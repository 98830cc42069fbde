"""Everything else that touches relations: CREATE TABLE and VIEW, triggers, policies, rules, owners, types, grants …"""

from __future__ import annotations

from collections.abc import Iterable

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import CompositeType, Index, Sequence, Table, View
from hotlint.dialects.postgres.impact import constraints, data, partitions
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.locks import AS, AX, RX, SRE, SUE, S
from hotlint.dialects.postgres.types import canonical
from hotlint.impact import Break, DataLoss
from hotlint.operations import ConstraintDef, Name, TypeName


def create_table(op: ops.CreateTable, draft: Draft) -> None:
    """What it names is locked: targets of foreign keys, parents, LIKE sources (tablecmds.c: DefineRelation)."""
    if draft.outcome.skipped:
        return
    name = _made(op.relation, draft)
    for inline in op.columns:
        _foreign_keys(inline.constraints, name, draft)
    _foreign_keys(op.constraints, name, draft)
    for parent in op.inherits:
        found = draft.target(parent)
        if found is not None:
            draft.lock(found, SUE)
    for source, _ in op.like:
        found = draft.target(source)
        if found is not None:
            draft.lock(found, AS)
    if op.of_type is not None:
        _read_type(op.of_type, draft)
    if op.partition_of is not None:
        partitions.created_partition(op, draft)
    draft.new_indexes(name)


def _made(name: Name, draft: Draft) -> QName:
    """The name under which a new relation is found afterwards."""
    return draft.after.resolve(name, draft.path)


def _foreign_keys(items: Iterable[ConstraintDef], name: QName, draft: Draft) -> None:
    for item in items:
        if item.kind == "foreign key":
            constraints.add_foreign_key(item, item.columns, name, False, draft)


def _read_type(name: Name, draft: Draft) -> None:
    found = draft.resolve(name)
    if isinstance(draft.before.relation(found), CompositeType):
        draft.lock(found, AS)


def create_table_as(op: ops.CreateTableAs, draft: Draft) -> None:
    """The query runs; WITH NO DATA, its relations are only named (createas.c)."""
    if draft.outcome.skipped:
        return
    if op.with_data:
        data.run_query(op.query, draft)
    else:
        draft.read(op.query.relations, AS)


def create_view(op: ops.CreateView, draft: Draft) -> None:
    """The query is kept, not run. OR REPLACE of a view that is there locks it (view.c: DefineVirtualRelation)."""
    draft.read(op.query.relations, AS)
    name = draft.resolve(op.relation)
    if op.replace and draft.before.view(name) is not None:
        draft.lock(name, AX)


def create_function(op: ops.CreateFunction, draft: Draft) -> None:
    """The body of a SQL function is analysed, unless that is switched off (pg_proc.c: fmgr_sql_validator)."""
    if op.language.lower() != "sql" or op.body is None or not draft.context.session.check_function_bodies:
        return
    for statement in op.body.statements:
        for inner in statement.operations:
            query = getattr(inner, "query", None)
            if query is not None:
                draft.read(query.relations, AS)
            if isinstance(inner, ops.Write):
                name = draft.target(inner.relation)
                if name is not None:
                    draft.lock(name, RX)


def create_trigger(op: ops.CreateTrigger, draft: Draft) -> None:
    """A row trigger is made on every partition too (trigger.c: CreateTriggerFiringOn)."""
    name = draft.target(op.relation)
    if name is None:
        return
    draft.lock(name, SRE)
    found = draft.before.relation(name)
    if op.row and found is not None and found.kind == "partitioned table":
        draft.lock_family(name, SRE)
    if op.from_relation is not None:
        other = draft.target(op.from_relation)
        if other is not None:
            draft.lock(other, AS)


def policy(op: ops.CreatePolicy | ops.AlterPolicy, draft: Draft) -> None:
    name = draft.target(op.relation)
    if name is not None:
        draft.lock(name, AX)
        draft.read(op.reads, AS)


def create_rule(op: ops.CreateRule, draft: Draft) -> None:
    name = draft.target(op.relation)
    if name is None:
        return
    draft.lock(name, AX)
    draft.read(op.reads, AS)
    for written in op.writes:
        other = draft.target(written)
        if other is not None:
            draft.lock(other, RX)


# trigger.c: renametrig does the partitions' triggers since 15.
_RENAMED_ON_PARTITIONS_SINCE = 15


def rename_subobject(op: ops.RenameSubobject, draft: Draft) -> None:
    name = draft.target(op.relation)
    if name is None:
        return
    draft.lock(name, AX)
    if op.kind == "trigger" and draft.major >= _RENAMED_ON_PARTITIONS_SINCE:
        found = draft.before.table(name)
        trigger = next((t for t in found.triggers if t.name == op.name), None) if found is not None else None
        if found is not None and found.kind == "partitioned table" and trigger is not None and trigger.row:
            draft.lock_family(name, AX)


def rename_relation(op: ops.RenameRelation, draft: Draft) -> None:
    """ALTER INDEX takes less than ALTER TABLE, if what it names is an index (tablecmds.c: RenameRelation)."""
    name = draft.target(op.relation)
    if name is None:
        return
    found = draft.before.relation(name)
    is_index = isinstance(found, Index) or (found is None and op.kind == "index")
    draft.lock(name, SUE if op.kind == "index" and is_index else AX)
    if op.kind not in ("index", "sequence", "composite type"):
        draft.breaks.append(Break(name, "renamed", None, op.new_name))


_RELATIONS = frozenset(["table", "view", "materialized view", "sequence", "foreign table", "index"])


def change_schema(op: ops.ChangeSchema, draft: Draft) -> None:
    """The sequences that a table owns move along (tablecmds.c: AlterSeqNamespaces)."""
    if op.kind not in _RELATIONS:
        return
    name = draft.target(op.name)
    if name is None:
        return
    draft.lock(name, AX)
    for key, was, now in draft.lost():
        if isinstance(was, Sequence) and now is None:
            draft.lock(key, AX)
    if op.kind not in ("index", "sequence"):
        draft.breaks.append(Break(name, "moved", None, op.schema))


def change_owner(op: ops.ChangeOwner, draft: Draft) -> None:
    """ALTER … OWNER of a relation is an ALTER TABLE (tablecmds.c: ATExecChangeOwner)."""
    if op.kind == "owned":
        _reassigned(op.name.name, draft)
    if op.kind not in _RELATIONS:
        return
    name = draft.target(op.name)
    if name is not None:
        draft.lock(name, max(AX, draft.alter_mode))


def alter_sequence(op: ops.AlterSequence, draft: Draft) -> None:
    """SHARE ROW EXCLUSIVE (sequence.c: AlterSequence)."""
    name = draft.target(op.relation)
    if name is None:
        return
    draft.lock(name, SRE)
    _owned_by(op.options, draft)


def create_sequence(op: ops.CreateSequence, draft: Draft) -> None:
    if not draft.outcome.skipped:
        _owned_by(op.options, draft)


def _owned_by(options: ops.SequenceOptions, draft: Draft) -> None:
    """OWNED BY reads the table (sequence.c: process_owned_by)."""
    owner = options.owned_by
    if owner is not None and len(owner) > 1:
        found = draft.target(Name(owner[-2], owner[-3] if len(owner) > 2 else None))
        if found is not None:
            draft.lock(found, AS)


def alter_domain(op: ops.AlterDomain, draft: Draft) -> None:
    """A new constraint is checked in every table that has a column of the domain, under SHARE (typecmds.c:
    get_rels_with_domain, validateDomainCheckConstraint, validateDomainNotNullConstraint)."""
    if op.change not in ("add constraint", "validate constraint", "set not null"):
        return
    if op.change == "add constraint" and op.constraint is not None and op.constraint.not_valid:
        return
    domains = _with_derived(op.name, draft)
    if op.change == "set not null" and any(getattr(draft.before.type(d), "not_null", False) for d in domains[:1]):
        return
    for name, record in draft.before.catalog.relations.items(draft.before.moment):
        if not isinstance(record, (Table, View)) or record.kind not in ("table", "materialized view"):
            continue
        if any(c.type is not None and _type_in(c.type, domains, draft) for c in record.columns):
            draft.lock(name, S)
            draft.scan(name, "domain", op.name.name)


def _with_derived(name: Name, draft: Draft) -> list[QName]:
    """The domain, and the domains over it."""
    found = [_type_name(TypeName(name.name, name.schema), draft)]
    for domain in found:
        for key, record in draft.before.catalog.types.items(draft.before.moment):
            base = getattr(record, "base", None)
            if base is not None and key not in found and not base.dimensions and _type_name(base, draft) == domain:
                found.append(key)
    return found


def _type_in(type: TypeName, names: list[QName], draft: Draft) -> bool:
    return not type.dimensions and _type_name(type, draft) in names


def _type_name(type: TypeName, draft: Draft) -> QName:
    type = canonical(type)
    if type.schema is not None:
        return QName(type.schema, type.name)
    for schema in draft.path:
        found = QName(schema, type.name)
        if draft.before.type(found) is not None:
            return found
    return QName(draft.path[0] if draft.path else "public", type.name)


def alter_composite(op: ops.AlterCompositeType, draft: Draft) -> None:
    """An ALTER TABLE of the type's own relation, which goes on to typed tables (tablecmds.c: ATTypedTableRecursion)."""
    name = draft.resolve(op.name)
    if draft.before.relation(name) is None:
        return
    draft.lock(name, AX)
    for key, record in draft.before.catalog.relations.items(draft.before.moment):
        if isinstance(record, Table) and record.of_type == name:
            draft.lock(key, AX)
            if op.change == "alter attribute":
                draft.rewrite(key, "type", op.attribute)
            elif op.change == "drop attribute":
                draft.data_loss.append(DataLoss(key, "column", op.attribute))


# Kinds of COMMENT whose relation is only read; for the relations themselves it is SHARE UPDATE EXCLUSIVE
# (objectaddress.c: get_object_address, with the lock of comment.c: CommentObject).
_COMMENT_READS = frozenset(["constraint", "trigger", "policy", "rule"])
_COMMENT_LOCKS = frozenset(["table", "view", "materialized view", "index", "sequence", "foreign table", "column"])


def comment(op: ops.Comment, draft: Draft) -> None:
    if op.kind in _COMMENT_READS:
        mode = AS
    elif op.kind in _COMMENT_LOCKS:
        mode = SUE
    else:
        return
    name = draft.target(op.name)
    if name is not None:
        draft.lock(name, mode)


_GRANT_LOCKS_SINCE = 18  # aclchk.c: objectNamesToOids keeps ACCESS SHARE (measured on 12 to 18)


def grant(op: ops.Grant, draft: Draft) -> None:
    if draft.major < _GRANT_LOCKS_SINCE or op.all_in_schema or op.kind not in ("table", "sequence"):
        return
    for item in op.names:
        name = draft.target(item)
        if name is not None:
            draft.lock(name, AS)


def create_object(op: ops.CreateObject, draft: Draft) -> None:
    """Publications and extended statistics lock their tables (publicationcmds.c: OpenTableList; statscmds.c:
    CreateStatistics)."""
    if draft.outcome.skipped:
        return
    if op.kind in _OUTSIDE_TRANSACTION:
        draft.outside_transaction(f"CREATE {op.kind.upper()}")
    if op.kind == "subscription" and _creates_slot(op):
        draft.outside_transaction("CREATE SUBSCRIPTION ... WITH (create_slot = true)")
    if op.kind in _LOCKS_TABLES:
        _lock_named(op, draft)


_OUTSIDE_TRANSACTION = frozenset(["database", "tablespace"])  # dbcommands.c; tablespace.c (12 to 18)
_LOCKS_TABLES = frozenset(["publication", "statistics"])
_FALSE = frozenset(["false", "off", "0"])


def _creates_slot(op: ops.CreateObject) -> bool:
    """subscriptioncmds.c: CreateSubscription; ``connect = false`` makes ``create_slot`` false."""
    details = {key.lower(): value.lower() for key, value in op.details}
    return details.get("create_slot", "true") not in _FALSE and details.get("connect", "true") not in _FALSE


def _lock_named(op: ops.CreateObject | ops.AlterObject, draft: Draft) -> None:
    for item in op.relations:
        name = draft.target(item)
        if name is None:
            continue
        found = draft.before.relation(name)
        if op.kind == "publication" and draft.major < 13 and found is not None and found.kind == "partitioned table":
            draft.refuse("0A000", f'"{name.name}" is a partitioned table')
        draft.lock(name, SUE)
        if op.kind == "publication" and found is not None and found.kind != "partitioned table":
            draft.lock_family(name, SUE)


def _replaced(op: ops.AlterObject, draft: Draft) -> None:
    """ALTER PUBLICATION SET locks what it takes out, too (publicationcmds.c: AlterPublicationTables)."""
    key = (op.kind, QName(op.name.schema or "", op.name.name))
    found = draft.before.catalog.objects.get(key, draft.before.moment)
    if found is not None and any("set" in part.lower() for pair in op.details for part in pair):
        for name in found.relations:
            if draft.exists(name):
                draft.lock(name, SUE)


_SYSTEM = frozenset(["system"])


def alter_object(op: ops.AlterObject, draft: Draft) -> None:
    if op.kind in _SYSTEM:
        draft.outside_transaction("ALTER SYSTEM")
    elif op.kind == "database" and any(key.lower() == "tablespace" for key, _ in op.details):
        draft.outside_transaction("ALTER DATABASE SET TABLESPACE")
    elif op.kind == "publication":
        _lock_named(op, draft)
        _replaced(op, draft)
    elif op.kind in ("trigger", "index", "materialized view") and any("extension" in key for key, _ in op.details):
        # alter.c: ExecAlterObjectDependsStmt
        name = draft.target(op.name)
        if name is not None:
            draft.lock(name, AS if op.kind == "trigger" else AX)


def _reassigned(role: str, draft: Draft) -> None:
    """REASSIGN OWNED changes each relation as ALTER TABLE OWNER does (pg_shdepend.c: shdepReassignOwned)."""
    for name, record in draft.before.catalog.relations.items(draft.before.moment):
        if getattr(record, "owner", None) == role:
            draft.lock(name, AX)
