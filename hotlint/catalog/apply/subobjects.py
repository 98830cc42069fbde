"""Triggers, policies and rules of relations (trigger.c, policy.c, rewriteDefine.c)."""

from __future__ import annotations

from msgspec.structs import replace

from hotlint.catalog.apply.constraints import child_of
from hotlint.catalog.apply.context import Context, Handlers
from hotlint.catalog.apply.writer import find_function
from hotlint.catalog.names import QName
from hotlint.catalog.records import Policy, Rule, Table, Trigger, View
from hotlint.operations import (
    AlterPolicy,
    CreatePolicy,
    CreateRule,
    CreateTrigger,
    Name,
    RenameSubobject,
    SetRuleState,
    SetTriggerState,
)

_PARTS = {"trigger": "triggers", "policy": "policies", "rule": "rules"}


def _function(ctx: Context, written: Name) -> QName:
    """The function of a trigger. Raises CatalogError 42883 where it surely does not exist."""
    found = find_function(ctx.catalog, written)
    if found is not None:
        return found
    name = QName(written.schema or ctx.path[0], written.name)
    functions = ctx.catalog.functions_by_name
    if functions.deleted(name) and ctx.settled(functions, name) and not ctx.lenient:
        ctx.fail("42883", f"function {written.name}() does not exist")
    return name


def create_trigger(ctx: Context, op: CreateTrigger) -> None:
    record = ctx.relation(op.relation)
    if not isinstance(record, (Table, View)):
        ctx.fail("42809", f'"{op.relation.name}" is not a table or view')
    if isinstance(record, Table) and not ctx.lenient:
        for column in op.columns:
            ctx.column(record, column)
    old = next((t for t in record.triggers if t.name == op.trigger), None)
    if old is not None and not op.replace and not old.maybe and ctx.certain(record):
        ctx.fail("42710", f'trigger "{op.trigger}" for relation "{record.name.name}" already exists')
    trigger = Trigger(
        op.trigger,
        _function(ctx, op.function),
        op.timing,
        op.events,
        columns=op.columns,
        row=op.row,
        when=op.when,
        constraint=op.constraint,
        deferrable=op.deferrable,
        initially_deferred=op.initially_deferred,
        arguments=op.arguments,
        origin=ctx.step,
    )
    _give_trigger(ctx, record, trigger)


def _give_trigger(ctx: Context, record: Table | View, trigger: Trigger) -> None:
    kept = tuple(t for t in record.triggers if t.name != trigger.name)
    ctx.put(replace(record, triggers=(*kept, trigger)))
    if trigger.row and isinstance(record, Table) and record.kind == "partitioned table":
        for child in ctx.catalog.children(record.name):
            _give_trigger(ctx, child_of(ctx, child), trigger)


def set_trigger_state(ctx: Context, op: SetTriggerState) -> None:
    table = ctx.table(op.relation, op.if_exists)
    if not op.special and all(t.name != op.trigger for t in table.triggers):
        if ctx.certain(table) and not ctx.lenient:
            ctx.fail("42704", f'trigger "{op.trigger}" for table "{table.name.name}" does not exist')
        return
    changed = tuple(replace(t, state=op.state) if op.special or t.name == op.trigger else t for t in table.triggers)
    ctx.put(replace(table, triggers=changed))


def create_policy(ctx: Context, op: CreatePolicy) -> None:
    table = ctx.table(op.relation)
    old = next((p for p in table.policies if p.name == op.policy), None)
    if old is not None and not old.maybe and ctx.certain(table):
        ctx.fail("42710", f'policy "{op.policy}" for table "{table.name.name}" already exists')
    policy = Policy(
        op.policy,
        command=op.command,
        permissive=op.permissive,
        roles=op.roles,
        using=op.using,
        check=op.check,
        reads=tuple(dict.fromkeys(ctx.resolve(u.relation) for u in op.reads)),
        origin=ctx.step,
    )
    ctx.put(replace(table, policies=(*(p for p in table.policies if p.name != op.policy), policy)))


def alter_policy(ctx: Context, op: AlterPolicy) -> None:
    table = ctx.table(op.relation)
    old = next((p for p in table.policies if p.name == op.policy), None)
    if old is None:
        if ctx.certain(table) and not ctx.lenient:
            ctx.fail("42704", f'policy "{op.policy}" for table "{table.name.name}" does not exist')
        return
    changed = replace(
        old,
        roles=old.roles if op.roles is None else op.roles,
        using=op.using or old.using,
        check=op.check or old.check,
        reads=tuple(dict.fromkeys((*old.reads, *(ctx.resolve(u.relation) for u in op.reads)))),
    )
    ctx.put(replace(table, policies=tuple(changed if p is old else p for p in table.policies)))


def create_rule(ctx: Context, op: CreateRule) -> None:
    record = ctx.relation(op.relation)
    if not isinstance(record, (Table, View)):
        return
    old = next((r for r in record.rules if r.name == op.rule), None)
    if old is not None and not op.replace and not old.maybe and ctx.certain(record):
        ctx.fail("42710", f'rule "{op.rule}" for relation "{record.name.name}" already exists')
    rule = Rule(
        op.rule,
        op.event,
        instead=op.instead,
        where=op.where,
        reads=tuple(dict.fromkeys(ctx.resolve(u.relation) for u in op.reads)),
        origin=ctx.step,
    )
    ctx.put(replace(record, rules=(*(r for r in record.rules if r.name != op.rule), rule)))


def set_rule_state(ctx: Context, op: SetRuleState) -> None:
    table = ctx.table(op.relation, op.if_exists)
    ctx.put(replace(table, rules=tuple(replace(r, state=op.state) if r.name == op.rule else r for r in table.rules)))


def rename_subobject(ctx: Context, op: RenameSubobject) -> None:
    record = ctx.relation(op.relation, op.if_exists)
    attribute = _PARTS[op.kind]
    parts = getattr(record, attribute, ())
    names = {p.name for p in parts}
    if ctx.certain(record) and not ctx.lenient:
        if op.name not in names:
            ctx.fail("42704", f'{op.kind} "{op.name}" for table "{op.relation.name}" does not exist')
        if op.new_name in names:
            ctx.fail("42710", f'{op.kind} "{op.new_name}" for relation "{op.relation.name}" already exists')
    if op.name in names:
        changed = tuple(replace(p, name=op.new_name) if p.name == op.name else p for p in parts)
        ctx.put(replace(record, **{attribute: changed}))


HANDLERS: Handlers = {
    CreateTrigger: create_trigger,
    SetTriggerState: set_trigger_state,
    CreatePolicy: create_policy,
    AlterPolicy: alter_policy,
    CreateRule: create_rule,
    SetRuleState: set_rule_state,
    RenameSubobject: rename_subobject,
}
