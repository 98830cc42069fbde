"""Lock modes of PostgreSQL: their order, who waits for whom, and what each ALTER TABLE takes.

The modes and their conflicts are the same on 12 to 18 (lock.c: ``LockConflicts``; documentation, "Explicit Locking").
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from hotlint import operations as ops
from hotlint.impact import LockMode
from hotlint.operations import Operation

MODES: tuple[LockMode, ...] = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
"""From the weakest to the strongest, in the server's own order (lockdefs.h)."""

AS, RS, RX, SUE, S, SRE, X, AX = range(8)
"""The modes as indexes into ``MODES``, for code that compares them."""

CONFLICTS: tuple[tuple[int, ...], ...] = (
    (AX,),
    (X, AX),
    (S, SRE, X, AX),
    (SUE, S, SRE, X, AX),
    (RX, SUE, SRE, X, AX),
    (RX, SUE, S, SRE, X, AX),
    (RS, RX, SUE, S, SRE, X, AX),
    (AS, RS, RX, SUE, S, SRE, X, AX),
)
"""For each mode, those that wait for it (lock.c: ``LockConflicts``)."""

_STRENGTH: dict[str, int] = {mode: at for at, mode in enumerate(MODES)}

Blocked = tuple[Literal["reads", "writes"], ...]


def _blocked(waiting: tuple[int, ...]) -> Blocked:
    """A SELECT takes ACCESS SHARE; INSERT, UPDATE and DELETE take ROW EXCLUSIVE."""
    if AS in waiting:
        return ("reads", "writes")
    return ("writes",) if RX in waiting else ()


BLOCKS: tuple[Blocked, ...] = tuple(map(_blocked, CONFLICTS))
"""For each mode, whose ordinary statements wait for it."""


def strength(mode: str) -> int:
    """The place of a mode in the order of strength, 0 for ACCESS SHARE; raises KeyError for what is no mode."""
    return _STRENGTH[mode]


def blocks(mode: str) -> Blocked:
    """Whose ordinary statements wait while ``mode`` is held: "reads" (SELECT), "writes" (INSERT, UPDATE, DELETE)."""
    return BLOCKS[_STRENGTH[mode]]


def conflicts(one: str, other: str) -> bool:
    """Whether a session that wants ``other`` waits for one that holds ``one``."""
    return _STRENGTH[other] in CONFLICTS[_STRENGTH[one]]


Recursion = Literal["none", "children", "partitions", "direct"]
"""Which other relations an ALTER TABLE locks as it locks its target: none; partitions and inheritance children, unless
ONLY is written; partitions only; direct partitions only."""


class AlterRow(NamedTuple):
    """What one subcommand of ALTER TABLE locks, from version ``first`` to ``last``."""

    operation: type[Operation]
    mode: int
    recursion: Recursion
    first: int
    last: int
    source: str


_LEVEL = "tablecmds.c: AlterTableGetLockLevel"

# SetColumnAttribute, SetOptions and AddConstraint depend on more than their class: the three tables below.
ALTER_TABLE: tuple[AlterRow, ...] = (
    AlterRow(ops.AddColumn, AX, "children", 12, 18, f"{_LEVEL}; ATPrepAddColumn"),
    AlterRow(ops.DropColumn, AX, "children", 12, 18, f"{_LEVEL}; ATExecDropColumn"),
    AlterRow(ops.AlterColumnType, AX, "children", 12, 18, f"{_LEVEL}; ATPrepAlterColumnType"),
    AlterRow(ops.SetDefault, AX, "children", 12, 18, f"{_LEVEL}; ATPrepCmd: ATSimpleRecursion"),
    AlterRow(ops.DropDefault, AX, "children", 12, 18, f"{_LEVEL}; ATPrepCmd: ATSimpleRecursion"),
    AlterRow(ops.SetNotNull, AX, "children", 12, 18, f"{_LEVEL}; ATPrepSetNotNull"),
    AlterRow(ops.DropNotNull, AX, "children", 12, 18, f"{_LEVEL}; measured on 12 to 18"),
    AlterRow(ops.SetGeneratedExpression, AX, "children", 17, 18, f"{_LEVEL}; ATPrepCmd: ATSimpleRecursion"),
    AlterRow(ops.DropGeneratedExpression, AX, "children", 13, 18, f"{_LEVEL}; ATPrepCmd: ATSimpleRecursion"),
    AlterRow(ops.AddIdentity, AX, "none", 12, 16, f"{_LEVEL}; ATPrepCmd: never recurses"),
    AlterRow(ops.AddIdentity, AX, "partitions", 17, 18, f"{_LEVEL}; ATExecAddIdentity"),
    AlterRow(ops.SetIdentity, AX, "none", 12, 16, f"{_LEVEL}; ATPrepCmd: never recurses"),
    AlterRow(ops.SetIdentity, AX, "partitions", 17, 18, f"{_LEVEL}; ATExecSetIdentity"),
    AlterRow(ops.DropIdentity, AX, "none", 12, 16, f"{_LEVEL}; ATPrepCmd: never recurses"),
    AlterRow(ops.DropIdentity, AX, "partitions", 17, 18, f"{_LEVEL}; ATExecDropIdentity"),
    AlterRow(ops.ValidateConstraint, SUE, "none", 12, 18, f"{_LEVEL}; ATExecValidateConstraint"),
    AlterRow(ops.DropConstraint, AX, "none", 12, 18, f"{_LEVEL}; ATExecDropConstraint"),
    AlterRow(ops.AlterConstraint, AX, "partitions", 12, 18, f"{_LEVEL}; ATExecAlterConstrRecurse"),
    AlterRow(ops.AttachPartition, SUE, "none", 12, 18, _LEVEL),
    AlterRow(ops.DetachPartition, AX, "none", 12, 18, _LEVEL),
    AlterRow(ops.Inherit, AX, "none", 12, 18, _LEVEL),
    AlterRow(ops.NoInherit, AX, "none", 12, 18, _LEVEL),
    AlterRow(ops.SetPersistence, AX, "none", 12, 18, _LEVEL),
    AlterRow(ops.SetTablespace, AX, "none", 12, 18, _LEVEL),
    AlterRow(ops.SetAccessMethod, AX, "none", 15, 18, _LEVEL),
    AlterRow(ops.ClusterOn, SUE, "none", 12, 18, _LEVEL),
    AlterRow(ops.ReplicaIdentity, AX, "none", 12, 18, _LEVEL),
    AlterRow(ops.SetRowSecurity, AX, "none", 12, 18, _LEVEL),
    AlterRow(ops.SetTriggerState, SRE, "none", 12, 18, f"{_LEVEL}; EnableDisableTrigger"),
    AlterRow(ops.SetRuleState, AX, "none", 12, 18, _LEVEL),
    AlterRow(ops.SetOfType, AX, "none", 12, 18, _LEVEL),
    AlterRow(ops.AlterTableOther, AX, "none", 12, 18, _LEVEL),
    AlterRow(ops.RenameColumn, AX, "children", 12, 18, "tablecmds.c: renameatt_internal"),
    AlterRow(ops.RenameConstraint, AX, "none", 12, 18, "tablecmds.c: rename_constraint_internal"),
)

COLUMN_ATTRIBUTE: dict[str, tuple[int, Recursion]] = {
    "statistics": (SUE, "children"),
    "options": (SUE, "none"),
    "storage": (AX, "children"),
    "compression": (AX, "none"),
}
"""SET STATISTICS, SET (…), SET STORAGE and SET COMPRESSION of a column (AlterTableGetLockLevel; ATPrepCmd)."""

CONSTRAINT: dict[str, tuple[int, Recursion]] = {
    "check": (AX, "children"),
    "not null": (AX, "children"),
    "foreign key": (SRE, "partitions"),
    "unique": (AX, "none"),
    "primary key": (AX, "none"),
    "exclude": (AX, "none"),
}
"""ADD CONSTRAINT, by kind (AlterTableGetLockLevel: AT_AddConstraint). What indexes do to partitions is in INDEX_ON."""

CONSTRAINT_INDEX_ON_PARTITIONS: tuple[tuple[int, int, int], ...] = ((12, 17, S), (18, 18, AX))
"""(first, last, mode): what adding a UNIQUE, PRIMARY KEY or EXCLUDE constraint to a
partitioned table takes on its partitions (indexcmds.c: DefineIndex; measured on 12 to 18)."""

_OPTION_SUE = frozenset(
    [
        "deduplicate_items",
        "fillfactor",
        "log_autovacuum_min_duration",
        "n_distinct",
        "n_distinct_inherited",
        "parallel_workers",
        "toast_tuple_target",
        "vacuum_index_cleanup",
        "vacuum_max_eager_freeze_failure_rate",
        "vacuum_truncate",
    ]
)


def option_mode(option: str) -> int:
    """The lock for SET or RESET of a storage parameter (reloptions.c: each parameter's ``lockmode``)."""
    option = option.lower().removeprefix("toast.")
    return SUE if option in _OPTION_SUE or option.startswith("autovacuum_") else AX


def _by_major() -> dict[int, dict[type[Operation], tuple[int, Recursion]]]:
    table: dict[int, dict[type[Operation], tuple[int, Recursion]]] = {major: {} for major in range(12, 19)}
    for row in ALTER_TABLE:
        for major in range(row.first, row.last + 1):
            table[major][row.operation] = (row.mode, row.recursion)
    return table


ALTER_BY_MAJOR = _by_major()
"""``ALTER_TABLE`` by major version and operation: (mode, recursion)."""
