"""Further conditions on which the server refuses an operation: keys and actions, triggers, maintenance."""

from __future__ import annotations

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.dialects.postgres.impact.draft import Draft


def backs_foreign_key(op: ops.DropIndex, name: QName, draft: Draft) -> bool:
    """A foreign key depends on the one unique index that it was made with (tablecmds.c: transformFkeyCheckAttrs)."""
    index = draft.before.index(name)
    if op.cascade or index is None or not index.unique or index.constraint is not None or None in index.columns:
        return False
    keys = set(index.columns)
    others = [i for i in draft.before.indexes(index.table) if i.unique and i.name != name and set(i.columns) == keys]
    return not others and any(set(c.target_columns) == keys for _, c in draft.before.referencing(index.table))


def key_twice(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    """parse_utilcmd.c: transformIndexConstraint."""
    kind, keys = op.constraint.kind, op.constraint.columns
    return kind in ("unique", "primary key") and len(set(keys)) < len(keys)


_SETS = frozenset(["set null", "set default"])
_SETS_OR_CASCADES = _SETS | {"cascade"}


def generated_set(op: ops.AddConstraint, name: QName, draft: Draft) -> bool:
    """A generated column cannot be set by an action of its foreign key (tablecmds.c: ATAddForeignKeyConstraint)."""
    key, table = op.constraint.foreign_key, draft.before.table(name)
    if key is None or table is None or not (key.on_delete in _SETS or key.on_update in _SETS_OR_CASCADES):
        return False
    found = [table.column(column) for column in op.constraint.columns]
    return any(column is not None and column.generated_kind is not None for column in found)


_SEQUENCES_LOGGED_SINCE = 15  # release 15: unlogged sequences


def no_own_table(op: ops.SetPersistence, name: QName, draft: Draft) -> bool:
    found = draft.before.relation(name)
    if found is None or found.kind == "sequence":
        return found is not None and draft.major < _SEQUENCES_LOGGED_SINCE
    return found.kind not in ("table", "partitioned table", "foreign table")


def without_analyze(op: ops.Vacuum, name: QName, draft: Draft) -> bool:
    return bool(op.columns) and not op.analyze


def refresh_without_data(op: ops.RefreshMaterializedView, name: QName, draft: Draft) -> bool:
    return op.concurrently and not op.with_data


def there_already(op: ops.CreateExtension, name: QName, draft: Draft) -> bool:
    return op.name == "plpgsql" and not op.if_not_exists and not draft.before.catalog.extensions.deleted("plpgsql")
