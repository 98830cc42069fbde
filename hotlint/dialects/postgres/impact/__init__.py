"""What a statement does on PostgreSQL 12 to 18: locks, rewrites, scans, index builds, losses, refusals.

``impact_of`` is the whole interface. Each kind of operation has one function, found by its class; the facts that differ
between versions stand in tables (``hotlint/dialects/postgres/locks.py``, ``syntax.py``), with their sources.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hotlint import operations as ops
from hotlint.catalog.catalog import CatalogView
from hotlint.catalog.outcome import Outcome
from hotlint.dialects.postgres.impact import data, drops, enums, indexes, maintenance, objects, refusals
from hotlint.dialects.postgres.impact.alter_table import EFFECTS, alter, alter_rule
from hotlint.dialects.postgres.impact.context import ImpactContext
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusals import FIRST_REFUSALS_OF, REFUSALS_OF
from hotlint.dialects.postgres.impact.syntax import FEATURES_OF, missing
from hotlint.dialects.postgres.locks import ALTER_TABLE, AX, RS
from hotlint.impact import Impact
from hotlint.operations import Operation
from hotlint.source import Statement

__all__ = ["ImpactContext", "impact_of"]

Handler = Callable[[Any, Draft], None]

_DISCARD = ops.NoEffect(tag="DiscardStmt")


def impact_of(
    statement: Statement, before: CatalogView, after: CatalogView, outcome: Outcome, context: ImpactContext
) -> Impact:
    """What ``statement`` does on ``context.server`` when it finds the schema ``before`` and leaves it ``after``.

    ``outcome`` is what the catalog said. Where the server refuses the statement, the impact has the error and nothing
    else but ``allowed_in_transaction``, as the server gives everything back.
    """
    draft = Draft(before, after, outcome, context)
    operations = draft.operations = statement.operations
    if len(operations) > 1:
        _several(operations, draft)
    for operation in operations:
        kind = type(operation)
        handler = HANDLERS.get(kind)
        if kind in FEATURES_OF:
            feature = missing(operation, draft.major)
            if feature is not None:
                draft.fail(feature.sqlstate, f'syntax error at or near "{feature.near}"')
                return draft.finish()
        if handler is not None:
            handler(operation, draft)
        if kind in FIRST_REFUSALS_OF:
            refusals.check_first(operation, draft)
        if kind in REFUSALS_OF and outcome.error is None and not outcome.skipped:
            refusals.check(operation, draft)
    if context.new_enum_values:
        enums.check_new_values(operations, draft)
    return draft.finish()


def _several(operations: tuple[Operation, ...], draft: Draft) -> None:
    """The subcommands of an ALTER TABLE share the strongest lock; several indexes cannot be dropped concurrently.

    DISCARD with a reset of all settings is DISCARD ALL, which a transaction block refuses (discard.c).
    """
    if operations[0] == _DISCARD:
        draft.outside_transaction("DISCARD ALL")
        return
    modes = [rule[0] for rule in (alter_rule(op, draft.major) for op in operations) if rule is not None]
    if any(type(op) is ops.ChangeOwner for op in operations):
        modes.append(AX)
    draft.alter_mode = max(modes, default=-1)
    if all(isinstance(op, ops.DropIndex) and op.concurrently for op in operations):
        draft.refuse("0A000", "DROP INDEX CONCURRENTLY does not support dropping multiple objects")


def _do_block(op: ops.DoBlock, draft: Draft) -> None:
    """The static statements in the body run as part of the statement, those under a condition perhaps."""
    if op.body is None:
        return
    alone, draft.alone = draft.alone, False
    for inner in op.body.statements:
        if draft.no_rows(inner.sources):
            continue  # the loop that it stands in goes over nothing
        if inner.operations and len(inner.operations) > 1:
            _several(inner.operations, draft)
        always = not (inner.conditional or inner.guarded or inner.loop)
        for operation in inner.operations:
            if any(refused is operation for refused in draft.outcome.refused):
                continue  # its locks are given back where its error is caught
            handler = HANDLERS.get(type(operation))
            if handler is not None:
                handler(operation, draft)
            query = getattr(operation, "query", None)
            if always and query is not None and any(draft.no_function(function) for function in query.functions):
                draft.refuse("42883", "function does not exist")
        draft.alter_mode = -1
    draft.alone = alone
    if op.body.dynamic:
        draft.unknown.append("what its dynamic SQL does is not known")


def _opaque(op: ops.Opaque, draft: Draft) -> None:
    if op.relations:
        draft.unknown.append(f"what {op.tag} does to the relations that it names is not known")


def _planned(op: ops.NoEffect, draft: Draft) -> None:
    """EXPLAIN and PREPARE lock what the statement in them would, and do nothing else (plancache.c, explain.c)."""
    if not op.names:
        return
    inner = Draft(draft.before, draft.after, draft.outcome, draft.context)
    for operation in op.names:
        handler = HANDLERS.get(type(operation))
        if handler is not None:
            handler(operation, inner)
            if isinstance(operation, ops.Write):
                named = draft.target(operation.relation)
                inner.locks = {name: mode for name, mode in inner.locks.items() if name == named or not _fired(mode)}
    for name, mode in inner.locks.items():
        draft.lock(name, mode)


def _fired(mode: int) -> bool:
    """Whether it is the lock of a foreign key's check, which only a row that is written fires."""
    return mode == RS


def _call(op: ops.Call, draft: Draft) -> None:
    draft.unknown.append("what the procedure does when it runs is not known")


HANDLERS: dict[type[Operation], Handler] = {
    **dict.fromkeys((row.operation for row in ALTER_TABLE), alter),
    **dict.fromkeys(EFFECTS, alter),
    ops.SetColumnAttribute: alter,
    ops.SetOptions: alter,
    ops.AddConstraint: alter,
    ops.CreateTable: objects.create_table,
    ops.CreateTableAs: objects.create_table_as,
    ops.CreateView: objects.create_view,
    ops.RefreshMaterializedView: maintenance.refresh,
    ops.DropTable: drops.drop_relation,
    ops.DropView: drops.drop_relation,
    ops.DropMaterializedView: drops.drop_relation,
    ops.DropSequence: drops.drop_relation,
    ops.DropRelation: drops.drop_relation,
    ops.DropIndex: drops.drop_index,
    ops.DropObject: drops.drop_object,
    ops.DropSubobject: drops.drop_subobject,
    ops.RenameRelation: objects.rename_relation,
    ops.RenameSubobject: objects.rename_subobject,
    ops.ChangeSchema: objects.change_schema,
    ops.ChangeOwner: objects.change_owner,
    ops.CreateIndex: indexes.create_index,
    ops.AttachIndex: indexes.attach_index,
    ops.Reindex: indexes.reindex,
    ops.Cluster: indexes.cluster,
    ops.Vacuum: maintenance.vacuum,
    ops.Analyze: maintenance.analyze,
    ops.CreateFunction: objects.create_function,
    ops.CreateTrigger: objects.create_trigger,
    ops.CreatePolicy: objects.policy,
    ops.AlterPolicy: objects.policy,
    ops.CreateRule: objects.create_rule,
    ops.CreateSequence: objects.create_sequence,
    ops.AlterSequence: objects.alter_sequence,
    ops.AlterDomain: objects.alter_domain,
    ops.AlterCompositeType: objects.alter_composite,
    ops.Comment: objects.comment,
    ops.Grant: objects.grant,
    ops.CreateObject: objects.create_object,
    ops.AlterObject: objects.alter_object,
    ops.Select: data.select,
    ops.Insert: data.insert,
    ops.Update: data.update,
    ops.Delete: data.delete,
    ops.Merge: data.merge,
    ops.Truncate: data.truncate,
    ops.Copy: data.copy,
    ops.LockTable: data.lock_table,
    ops.DoBlock: _do_block,
    ops.NoEffect: _planned,
    ops.Call: _call,
    ops.Opaque: _opaque,
}
