"""The records of the catalog: what one object is at one moment. Immutable; a change is a new record.

Facts are three-valued where a history may not know them: ``None`` means "cannot be known", never "no". ``maybe`` marks
an object whose very existence is uncertain: made or dropped under a condition that Hotlint cannot evaluate.
"""

from typing import Literal, Union

import msgspec

from hotlint.catalog.names import QName
from hotlint.operations import (
    BodyStatement,
    Bound,
    Expr,
    FunctionArgument,
    IndexElement,
    PartitionKey,
    Query,
    SequenceOptions,
    TypeName,
)


class Record(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag=True):
    """Base of the catalog's records. ``origin`` is the index of the step that made the object, -1 for one that was
    there
    before the history (or in the baseline)."""


class Column(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """``type`` is None where it is unknown. ``not_null`` is None on a table of which Hotlint knows nothing.

    ``not_null_valid`` is False for a NOT NULL constraint that is NOT VALID (18). ``inherited`` counts the parents that
    have it.
    """

    name: str
    type: TypeName | None = None
    not_null: bool | None = False
    not_null_name: str | None = None
    not_null_valid: bool = True
    default: Expr | None = None
    identity: Literal["always", "by default"] | None = None
    identity_sequence: QName | None = None
    generated: Expr | None = None
    generated_kind: Literal["stored", "virtual"] | None = None
    collation: str | None = None
    storage: str | None = None
    compression: str | None = None
    statistics: str | None = None
    options: str | None = None
    inherited: int = 0
    local: bool = True
    maybe: bool = False
    origin: int = -1


class Constraint(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """``valid`` is False while NOT VALID. ``index`` is the index behind unique, primary key and exclude.

    ``target``/``target_columns`` for foreign keys. ``inherited``/``local`` as for columns; ``parent`` marks the copy
    that a
    partition has of its parent's foreign key or unique constraint.
    """

    name: str
    kind: Literal["check", "not null", "unique", "primary key", "exclude", "foreign key"]
    columns: tuple[str, ...] = ()
    expression: Expr | None = None
    valid: bool = True
    enforced: bool = True
    deferrable: bool = False
    initially_deferred: bool = False
    no_inherit: bool = False
    index: QName | None = None
    target: QName | None = None
    target_columns: tuple[str, ...] = ()
    on_delete: str = "no action"
    on_update: str = "no action"
    match: str = "simple"
    elements: tuple[IndexElement, ...] = ()
    where: Expr | None = None
    nulls_not_distinct: bool = False
    without_overlaps: bool = False
    inherited: int = 0
    local: bool = True
    parent: bool = False
    maybe: bool = False
    origin: int = -1


class Trigger(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    name: str
    function: QName
    timing: str
    events: tuple[str, ...]
    columns: tuple[str, ...] = ()
    row: bool = False
    when: Expr | None = None
    constraint: bool = False
    deferrable: bool = False
    initially_deferred: bool = False
    arguments: tuple[str, ...] = ()
    state: str = "enabled"
    maybe: bool = False
    origin: int = -1


class Policy(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    name: str
    command: str = "all"
    permissive: bool = True
    roles: tuple[str, ...] = ()
    using: Expr | None = None
    check: Expr | None = None
    reads: tuple[QName, ...] = ()
    maybe: bool = False
    origin: int = -1


class Rule(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A rewrite rule of a relation (CREATE RULE)."""

    name: str
    event: str
    instead: bool = False
    where: Expr | None = None
    reads: tuple[QName, ...] = ()
    state: str = "enabled"
    maybe: bool = False
    origin: int = -1


Persistence = Literal["permanent", "temporary", "unlogged"]


class Table(Record, frozen=True, gc=False, omit_defaults=True):
    """A table, partitioned table or foreign table.

    ``known`` is False for a table that the history uses and never made: columns and constraints are then those that the
    history happened to add, and any other may exist. Columns and constraints keep their order.
    ``partition_of``/``inherits`` point up; who points down is asked of the catalog (``children``).
    ``empty`` is True while the table has certainly no rows (made or truncated in this history, and not written by it
    since).
    """

    name: QName
    kind: Literal["table", "partitioned table", "foreign table"] = "table"
    known: bool = True
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    policies: tuple[Policy, ...] = ()
    rules: tuple[Rule, ...] = ()
    persistence: Persistence = "permanent"
    partition_of: QName | None = None
    bound: Bound | None = None
    partition_key: PartitionKey | None = None
    inherits: tuple[QName, ...] = ()
    of_type: QName | None = None
    access_method: str | None = None
    tablespace: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    cluster_index: str | None = None
    replica_identity: str = "default"
    row_security: bool = False
    force_row_security: bool = False
    owner: str | None = None
    empty: bool = False
    maybe: bool = False
    origin: int = -1

    def column(self, name: str) -> Column | None:
        """The column of that name, or None; on a table that is not ``known``, None means nothing."""
        return next((c for c in self.columns if c.name == name), None)

    def constraint(self, name: str) -> Constraint | None:
        return next((c for c in self.constraints if c.name == name), None)

    @property
    def primary_key(self) -> Constraint | None:
        return next((c for c in self.constraints if c.kind == "primary key"), None)


class View(Record, frozen=True, gc=False, omit_defaults=True):
    """A view or materialized view. ``reads`` maps each relation to the columns that it reads (None: all or unknown)."""

    name: QName
    kind: Literal["view", "materialized view"] = "view"
    known: bool = True
    columns: tuple[Column, ...] = ()
    query: Query = Query()
    reads: tuple[tuple[QName, tuple[str, ...] | None], ...] = ()
    functions: tuple[QName, ...] = ()
    populated: bool = True
    options: tuple[tuple[str, str], ...] = ()
    triggers: tuple[Trigger, ...] = ()
    rules: tuple[Rule, ...] = ()
    persistence: Persistence = "permanent"
    tablespace: str | None = None
    owner: str | None = None
    maybe: bool = False
    origin: int = -1

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)


class Index(Record, frozen=True, gc=False, omit_defaults=True):
    """``valid`` is None where a failed concurrent build cannot be excluded. ``constraint`` names the constraint that
    owns it.
    ``parent``: the partitioned index that it is attached to."""

    name: QName
    table: QName
    elements: tuple[IndexElement, ...] = ()
    include: tuple[str, ...] = ()
    unique: bool = False
    method: str = "btree"
    where: Expr | None = None
    nulls_not_distinct: bool = False
    valid: bool | None = True
    constraint: str | None = None
    parent: QName | None = None
    partitioned: bool = False
    tablespace: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    known: bool = True
    kind: Literal["index"] = "index"
    maybe: bool = False
    origin: int = -1

    @property
    def columns(self) -> tuple[str | None, ...]:
        """The key columns in order; None for an expression."""
        return tuple(e.column for e in self.elements)


class Sequence(Record, frozen=True, gc=False, omit_defaults=True):
    """``owned_by`` is (table, column); ``identity`` marks the sequence behind an identity column."""

    name: QName
    options: SequenceOptions = SequenceOptions()
    owned_by: tuple[QName, str] | None = None
    identity: bool = False
    known: bool = True
    kind: Literal["sequence"] = "sequence"
    owner: str | None = None
    maybe: bool = False
    origin: int = -1


class CompositeType(Record, frozen=True, gc=False, omit_defaults=True):
    """A free-standing composite type (CREATE TYPE … AS); it shares the namespace of relations."""

    name: QName
    columns: tuple[Column, ...] = ()
    known: bool = True
    kind: Literal["composite type"] = "composite type"
    owner: str | None = None
    maybe: bool = False

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)

    origin: int = -1


Relation = Union[Table, View, Index, Sequence, CompositeType]


class Enum(Record, frozen=True, gc=False, omit_defaults=True):
    """``labels`` in their sort order. ``known`` is False where labels that the history never saw may exist."""

    name: QName
    labels: tuple[str, ...] = ()
    known: bool = True
    owner: str | None = None
    maybe: bool = False
    origin: int = -1


class Domain(Record, frozen=True, gc=False, omit_defaults=True):
    name: QName
    base: TypeName
    default: Expr | None = None
    not_null: bool = False
    constraints: tuple[Constraint, ...] = ()
    collation: str | None = None
    owner: str | None = None
    maybe: bool = False
    origin: int = -1


class OtherType(Record, frozen=True, gc=False, omit_defaults=True):
    """A range type, a base type written in C, a shell; or any type that the history uses and never made (``known``)."""

    name: QName
    kind: Literal["range", "base", "shell", "unknown"] = "unknown"
    subtype: TypeName | None = None
    known: bool = True
    owner: str | None = None
    maybe: bool = False
    origin: int = -1


Type = Union[Enum, Domain, OtherType]


class Function(Record, frozen=True, gc=False, omit_defaults=True):
    """One overload. ``body`` is its text, for comparison; ``reads``/``writes`` are relations that its static SQL
    names; ``statements`` are those of its static SQL that change the schema, ``dynamic`` tells that it has more that
    cannot be read. Of a body of the SQL standard, ``needs`` are the relations with the columns that it depends on, and
    ``calls`` the functions."""

    name: QName
    kind: Literal["function", "procedure", "aggregate"] = "function"
    arguments: tuple[FunctionArgument, ...] = ()
    returns: TypeName | None = None
    language: str = "sql"
    volatility: Literal["immutable", "stable", "volatile"] = "volatile"
    strict: bool = False
    security_definer: bool = False
    parallel: str = "unsafe"
    settings: tuple[tuple[str, str], ...] = ()
    body: str = ""
    reads: tuple[QName, ...] = ()
    writes: tuple[QName, ...] = ()
    owner: str | None = None
    statements: tuple[BodyStatement, ...] = ()
    needs: tuple[tuple[QName, tuple[str, ...]], ...] = ()
    calls: tuple[QName, ...] = ()
    dynamic: bool = False
    maybe: bool = False
    origin: int = -1

    @property
    def signature(self) -> tuple[TypeName, ...]:
        """The input argument types, which tell overloads apart."""
        return tuple(a.type for a in self.arguments if a.mode in ("in", "inout", "variadic"))


class OtherObject(Record, frozen=True, gc=False, omit_defaults=True):
    """An object of which only the name is kept (publication, statistics, cast, role, event trigger, …)."""

    kind: str
    name: QName  # schema "" for objects that have none
    details: tuple[tuple[str, str], ...] = ()
    relations: tuple[QName, ...] = ()
    maybe: bool = False
    origin: int = -1
