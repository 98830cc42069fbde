"""What a statement changes, in a vocabulary that belongs to no parser and no dialect.

A front-end lowers each statement to a tuple of operations; the catalog applies them, the impact model reads them, rules
match on them. An ``ALTER TABLE`` with three subcommands is three operations of one statement, in the order written.

Names are kept as written and folded by the dialect's rules (``Name.schema`` is ``None`` where the text has none); the
catalog resolves them. All types are immutable and can be encoded with msgspec, so that lowered files can be cached.
"""

# Annotations are values here and in ``catalog.records``, not texts (``from __future__ import annotations``): msgspec
# would evaluate the texts before it reads a checkpoint, which took longer than reading it.
from typing import Literal, Union

import msgspec


class Name(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The name of an object as the statement gives it, folded and unquoted."""

    name: str
    schema: str | None = None


class TypeName(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A type as written, with aliases resolved by the grammar (``int`` is ``pg_catalog.int4``).

    ``modifiers`` are the integers in parentheses (``numeric(10,2)`` → ``(10, 2)``; for ``interval`` the server's field
    mask comes first); ``dimensions`` counts the ``[]``. ``percent_type`` marks ``table.column%TYPE``. ``words`` are all
    modifiers as text where one is no integer (``geometry(Point, 4326)`` → ``("point", "4326")``).
    """

    name: str
    schema: str | None = None
    modifiers: tuple[int, ...] = ()
    dimensions: int = 0
    setof: bool = False
    percent_type: bool = False
    words: tuple[str, ...] = ()


ExprKind = Literal[
    "null",
    "string",
    "number",
    "bool",
    "bits",  # constants: value holds the text
    "column",  # value: column name; name: qualifier or None
    "parameter",  # value: "1" for $1
    "call",  # name: the function; args; special forms too (coalesce, greatest, current_date, nextval …)
    "cast",  # args[0] as type
    "operator",  # value: the operator; args: one or two
    "and",
    "or",
    "not",  # args
    "is_null",
    "is_not_null",  # args[0]
    "test",  # boolean tests (IS TRUE …), IS DISTINCT FROM, BETWEEN, IN, LIKE: value names it; args
    "case",  # args: the whole of it, in order
    "array",
    "row",  # args
    "subscript",
    "field",
    "collate",  # args[0], value
    "subquery",  # relations read stand in the statement's Query
    "other",  # anything else; value: the parser's word for it; args: the expressions inside
]


class Expr(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An expression, reduced to what catalog, impact and rules ask of it. Two equal trees are the same expression."""

    kind: ExprKind
    value: str | None = None
    name: Name | None = None
    args: "tuple[Expr, ...]" = ()  # a text, since Python 3.10 does not look into the parameters of tuple
    type: TypeName | None = None


class RelationUse(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A relation that a query names. ``only`` leaves children out; ``lock`` is the row-locking clause, if any."""

    relation: Name
    alias: str | None = None
    only: bool = False
    lock: Literal["update", "no key update", "share", "key share"] | None = None


class Query(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a query reads.

    ``columns`` are references as (qualifier or None, column); ``star`` are the qualifiers of ``*`` (None for a bare
    one);
    ``output`` are the names of the result columns where they can be told (``"*"`` entries stay), ``writes`` the
    operations of data-modifying CTEs. Names of CTEs are not in ``relations``.
    """

    relations: tuple[RelationUse, ...] = ()
    columns: tuple[tuple[str | None, str], ...] = ()
    star: tuple[str | None, ...] = ()
    functions: tuple[Name, ...] = ()
    types: tuple[TypeName, ...] = ()
    output: tuple[str, ...] = ()
    outputs: tuple[Expr, ...] = ()  # the expressions behind ``output``, same length, when the query is a plain SELECT
    writes: "tuple[AnyOperation, ...]" = ()
    text: str = ""  # normalised text, equal for equal queries
    row_limit: bool = False  # LIMIT or FETCH at its top level
    order_by: bool = False
    where: Expr | None = None  # the WHERE of its top level, when the query is a plain SELECT
    simple: bool = False  # of a view or a table: one SELECT from relations joined by ON, without CTE or subquery
    # Per branch of a UNION, the relations that must all have rows for it to give any; () where nothing is known.
    # Of an UPDATE or DELETE, those besides its target.
    sources: tuple[tuple[Name, ...], ...] = ()
    group: tuple[Expr, ...] | None = None  # what it groups by, None where it does not
    having: Expr | None = None
    updatable: bool = False  # by its form: one relation, and nothing that makes rows of several (rewriteHandler.c)
    # Words that a column may be called by beside the columns of ``relations``: aliases, what subqueries and CTEs give.
    # None where they cannot be told.
    names: tuple[str, ...] | None = ()
    # What CTEs, subqueries and functions in FROM go by, each with its columns, None where they cannot be told.
    derived: tuple[tuple[str, tuple[str, ...] | None], ...] = ()


Action = Literal["no action", "restrict", "cascade", "set null", "set default"]


class ForeignKey(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The part of a foreign key that points away: target, its columns (empty: its primary key) and the actions."""

    target: Name
    columns: tuple[str, ...] = ()
    on_delete: Action = "no action"
    on_update: Action = "no action"
    match: Literal["simple", "full", "partial"] = "simple"
    period: bool = False
    delete_columns: tuple[str, ...] = ()  # ON DELETE SET NULL (columns), SET DEFAULT (columns)


ConstraintKind = Literal["check", "not null", "unique", "primary key", "exclude", "foreign key"]


class IndexElement(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A key of an index: a column or an expression; ``operator`` only in an exclusion constraint."""

    column: str | None = None
    expression: Expr | None = None
    opclass: Name | None = None
    collation: Name | None = None
    descending: bool = False
    nulls: Literal["default", "first", "last"] = "default"
    operator: str | None = None


class ConstraintDef(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A constraint as written on a column or on a table. ``start``/``end``: its code-point span in the script."""

    kind: ConstraintKind
    name: str | None = None
    columns: tuple[str, ...] = ()
    expression: Expr | None = None
    foreign_key: ForeignKey | None = None
    elements: tuple[IndexElement, ...] = ()  # exclusion constraints
    method: str | None = None  # exclusion constraints
    include: tuple[str, ...] = ()
    where: Expr | None = None
    using_index: str | None = None
    not_valid: bool = False
    enforced: bool = True
    no_inherit: bool = False
    deferrable: bool = False
    initially_deferred: bool = False
    nulls_not_distinct: bool = False
    without_overlaps: bool = False
    tablespace: str | None = None


class SequenceOptions(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Options of a sequence or an identity column; None where the text says nothing."""

    type: TypeName | None = None
    start: int | None = None
    increment: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    cache: int | None = None
    cycle: bool | None = None
    restart: int | Literal["start"] | None = None
    owned_by: tuple[str, ...] | None = None  # ("none",) or (…, table, column)


class ColumnDef(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A column as ``CREATE TABLE`` or ``ADD COLUMN`` gives it. Its inline constraints stand in ``constraints``."""

    name: str
    type: TypeName | None = None  # None in a typed table or a partition's column options
    not_null: bool = False
    default: Expr | None = None
    identity: Literal["always", "by default"] | None = None
    identity_options: SequenceOptions | None = None
    generated: Expr | None = None
    generated_kind: Literal["stored", "virtual"] | None = None
    serial: bool = False
    collation: Name | None = None
    storage: str | None = None
    compression: str | None = None
    constraints: tuple[ConstraintDef, ...] = ()  # all but plain NOT NULL without a name


class FunctionSignature(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A function as DROP, ALTER, COMMENT and GRANT name it; ``arguments`` is None where the text gives no list."""

    name: Name
    arguments: tuple[TypeName, ...] | None = None


class Operation(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag=True):
    """Base of all operations. ``type`` in JSON is the class's name."""


# --- operations on a relation
# ------------------------------------------------------------------------------------------

RelationKind = Literal[
    "table",
    "view",
    "materialized view",
    "index",
    "sequence",
    "foreign table",
    "composite type",
    "partitioned table",
]


class RelationOperation(Operation, frozen=True, gc=False, kw_only=True):
    """Base of the operations on one relation, which the statement names."""

    relation: Name
    if_exists: bool = False
    only: bool = False


class CreateTable(RelationOperation, frozen=True, gc=False, kw_only=True):
    columns: tuple[ColumnDef, ...] = ()
    constraints: tuple[ConstraintDef, ...] = ()
    if_not_exists: bool = False
    persistence: Literal["permanent", "temporary", "unlogged"] = "permanent"
    inherits: tuple[Name, ...] = ()
    like: tuple[
        tuple[Name, tuple[str, ...]], ...
    ] = ()  # (source, included: "all", "defaults", "constraints", "indexes", …)
    like_at: tuple[int, ...] = ()  # for each of ``like``, how many of the columns stand before it; empty: none
    partition_of: Name | None = None
    bound: "Bound | None" = None
    partition_by: "PartitionKey | None" = None
    of_type: Name | None = None
    access_method: str | None = None
    tablespace: str | None = None
    on_commit: Literal["preserve", "delete", "drop"] = "preserve"
    options: tuple[tuple[str, str], ...] = ()
    foreign_server: str | None = None


class PartitionKey(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    strategy: Literal["range", "list", "hash"]
    elements: tuple[IndexElement, ...]


class Bound(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A partition's bound: DEFAULT, IN values, FROM lower TO upper (None for MINVALUE/MAXVALUE), or modulus and
    remainder."""

    default: bool = False
    values: tuple[Expr, ...] = ()
    lower: tuple[Expr | None, ...] = ()
    upper: tuple[Expr | None, ...] = ()
    modulus: int | None = None
    remainder: int | None = None


class CreateTableAs(RelationOperation, frozen=True, gc=False, kw_only=True):
    """CREATE TABLE AS, SELECT INTO and CREATE MATERIALIZED VIEW (``kind`` tells)."""

    query: Query
    kind: Literal["table", "materialized view"] = "table"
    columns: tuple[str, ...] = ()
    with_data: bool = True
    if_not_exists: bool = False
    persistence: Literal["permanent", "temporary", "unlogged"] = "permanent"


class CreateView(RelationOperation, frozen=True, gc=False, kw_only=True):
    query: Query
    columns: tuple[str, ...] = ()
    replace: bool = False
    temporary: bool = False
    options: tuple[tuple[str, str], ...] = ()
    check_option: Literal["local", "cascaded"] | None = None


class RefreshMaterializedView(RelationOperation, frozen=True, gc=False, kw_only=True):
    concurrently: bool = False
    with_data: bool = True


class DropRelation(RelationOperation, frozen=True, gc=False, kw_only=True):
    """DROP TABLE, VIEW, MATERIALIZED VIEW, INDEX, SEQUENCE, FOREIGN TABLE: one operation per relation named."""

    kind: RelationKind
    cascade: bool = False
    concurrently: bool = False


class DropTable(DropRelation, frozen=True, gc=False, kw_only=True):
    kind: RelationKind = "table"


class DropView(DropRelation, frozen=True, gc=False, kw_only=True):
    kind: RelationKind = "view"


class DropMaterializedView(DropRelation, frozen=True, gc=False, kw_only=True):
    kind: RelationKind = "materialized view"


class DropIndex(DropRelation, frozen=True, gc=False, kw_only=True):
    kind: RelationKind = "index"


class DropSequence(DropRelation, frozen=True, gc=False, kw_only=True):
    kind: RelationKind = "sequence"


class AddColumn(RelationOperation, frozen=True, gc=False, kw_only=True):
    column: ColumnDef
    if_not_exists: bool = False


class DropColumn(RelationOperation, frozen=True, gc=False, kw_only=True):
    column: str
    if_column_exists: bool = False
    cascade: bool = False


class AlterColumnType(RelationOperation, frozen=True, gc=False, kw_only=True):
    column: str
    to: TypeName
    using: Expr | None = None
    collation: Name | None = None


class SetDefault(RelationOperation, frozen=True, gc=False, kw_only=True):
    column: str
    default: Expr


class DropDefault(RelationOperation, frozen=True, gc=False, kw_only=True):
    column: str


class SetNotNull(RelationOperation, frozen=True, gc=False, kw_only=True):
    column: str


class DropNotNull(RelationOperation, frozen=True, gc=False, kw_only=True):
    column: str


class SetGeneratedExpression(RelationOperation, frozen=True, gc=False, kw_only=True):
    column: str
    expression: Expr


class DropGeneratedExpression(RelationOperation, frozen=True, gc=False, kw_only=True):
    column: str
    if_column_exists: bool = False


class AddIdentity(RelationOperation, frozen=True, gc=False, kw_only=True):
    column: str
    identity: Literal["always", "by default"]
    options: SequenceOptions | None = None


class SetIdentity(RelationOperation, frozen=True, gc=False, kw_only=True):
    column: str
    identity: Literal["always", "by default"] | None = None
    options: SequenceOptions | None = None


class DropIdentity(RelationOperation, frozen=True, gc=False, kw_only=True):
    column: str
    if_column_exists: bool = False


class SetColumnAttribute(RelationOperation, frozen=True, gc=False, kw_only=True):
    """SET STATISTICS, STORAGE, COMPRESSION, and SET/RESET (options) of a column: ``attribute`` tells."""

    column: str
    attribute: Literal["statistics", "storage", "compression", "options"]
    value: str | None = None


class AddConstraint(RelationOperation, frozen=True, gc=False, kw_only=True):
    constraint: ConstraintDef


class DropConstraint(RelationOperation, frozen=True, gc=False, kw_only=True):
    constraint: str
    if_constraint_exists: bool = False
    cascade: bool = False


class ValidateConstraint(RelationOperation, frozen=True, gc=False, kw_only=True):
    constraint: str


class AlterConstraint(RelationOperation, frozen=True, gc=False, kw_only=True):
    """Deferrability, enforcement (18) or inheritance of a constraint; None where the text says nothing."""

    constraint: str
    deferrable: bool | None = None
    initially_deferred: bool | None = None
    enforced: bool | None = None
    no_inherit: bool | None = None


class AttachPartition(RelationOperation, frozen=True, gc=False, kw_only=True):
    partition: Name
    bound: Bound


class DetachPartition(RelationOperation, frozen=True, gc=False, kw_only=True):
    partition: Name
    concurrently: bool = False
    finalize: bool = False


class AttachIndex(RelationOperation, frozen=True, gc=False, kw_only=True):
    """ALTER INDEX relation ATTACH PARTITION index."""

    index: Name


class Inherit(RelationOperation, frozen=True, gc=False, kw_only=True):
    parent: Name


class NoInherit(RelationOperation, frozen=True, gc=False, kw_only=True):
    parent: Name


class SetPersistence(RelationOperation, frozen=True, gc=False, kw_only=True):
    """SET LOGGED, SET UNLOGGED."""

    logged: bool


class SetTablespace(RelationOperation, frozen=True, gc=False, kw_only=True):
    tablespace: str
    kind: RelationKind = "table"


class SetAccessMethod(RelationOperation, frozen=True, gc=False, kw_only=True):
    access_method: str | None  # None: DEFAULT


class SetOptions(RelationOperation, frozen=True, gc=False, kw_only=True):
    """SET (…) and RESET (…) of a table, view or index; ``reset`` tells, values are then None."""

    options: tuple[tuple[str, str | None], ...]
    reset: bool = False
    kind: RelationKind = "table"


class ClusterOn(RelationOperation, frozen=True, gc=False, kw_only=True):
    """CLUSTER ON index, or SET WITHOUT CLUSTER (None)."""

    index: str | None


class ReplicaIdentity(RelationOperation, frozen=True, gc=False, kw_only=True):
    identity: Literal["default", "full", "nothing", "index"]
    index: str | None = None


class SetRowSecurity(RelationOperation, frozen=True, gc=False, kw_only=True):
    enabled: bool | None = None
    forced: bool | None = None


class SetTriggerState(RelationOperation, frozen=True, gc=False, kw_only=True):
    """ENABLE/DISABLE [REPLICA|ALWAYS] TRIGGER; ``trigger`` is a name, "all" or "user" (``special``)."""

    trigger: str
    state: Literal["enabled", "disabled", "replica", "always"]
    special: bool = False


class SetRuleState(RelationOperation, frozen=True, gc=False, kw_only=True):
    rule: str
    state: Literal["enabled", "disabled", "replica", "always"]


class SetOfType(RelationOperation, frozen=True, gc=False, kw_only=True):
    of_type: Name | None  # None: NOT OF


class AlterTableOther(RelationOperation, frozen=True, gc=False, kw_only=True):
    """A subcommand that has no operation of its own; ``subcommand`` is the server's name of it
    (``AT_SetStatistics``)."""

    subcommand: str


class RenameRelation(RelationOperation, frozen=True, gc=False, kw_only=True):
    new_name: str
    kind: RelationKind = "table"


class RenameColumn(RelationOperation, frozen=True, gc=False, kw_only=True):
    """Also of a view's column and of a composite type's attribute (``kind``)."""

    column: str
    new_name: str
    kind: RelationKind = "table"
    cascade: bool = False


class RenameConstraint(RelationOperation, frozen=True, gc=False, kw_only=True):
    """Of a table; of a domain where ``kind`` is "domain"."""

    constraint: str
    new_name: str
    kind: Literal["table", "domain"] = "table"


class CreateIndex(RelationOperation, frozen=True, gc=False, kw_only=True):
    index: str | None
    elements: tuple[IndexElement, ...]
    unique: bool = False
    concurrently: bool = False
    if_not_exists: bool = False
    method: str = "btree"
    include: tuple[str, ...] = ()
    where: Expr | None = None
    nulls_not_distinct: bool = False
    tablespace: str | None = None
    options: tuple[tuple[str, str], ...] = ()


class Reindex(Operation, frozen=True, gc=False, kw_only=True):
    target: Literal["index", "table", "schema", "database", "system"]
    name: Name | None
    concurrently: bool = False
    options: tuple[str, ...] = ()  # the words written in parentheses


class CreateTrigger(RelationOperation, frozen=True, gc=False, kw_only=True):
    trigger: str
    function: Name
    timing: Literal["before", "after", "instead of"] = "after"
    events: tuple[Literal["insert", "update", "delete", "truncate"], ...] = ()
    columns: tuple[str, ...] = ()
    row: bool = False
    when: Expr | None = None
    replace: bool = False
    constraint: bool = False
    deferrable: bool = False
    initially_deferred: bool = False
    from_relation: Name | None = None
    arguments: tuple[str, ...] = ()
    transitions: tuple[tuple[Literal["old", "new"], str], ...] = ()  # REFERENCING OLD TABLE, NEW TABLE AS


class CreatePolicy(RelationOperation, frozen=True, gc=False, kw_only=True):
    policy: str
    command: str = "all"
    permissive: bool = True
    roles: tuple[str, ...] = ()
    using: Expr | None = None
    check: Expr | None = None
    reads: tuple[RelationUse, ...] = ()  # relations in subqueries of its expressions
    functions: tuple[Name, ...] = ()


class AlterPolicy(RelationOperation, frozen=True, gc=False, kw_only=True):
    policy: str
    roles: tuple[str, ...] | None = None
    using: Expr | None = None
    check: Expr | None = None
    reads: tuple[RelationUse, ...] = ()


class CreateRule(RelationOperation, frozen=True, gc=False, kw_only=True):
    rule: str
    event: Literal["select", "insert", "update", "delete"]
    instead: bool = False
    replace: bool = False
    reads: tuple[RelationUse, ...] = ()
    where: Expr | None = None
    writes: tuple[Name, ...] = ()  # the relations that its actions write


class RenameSubobject(RelationOperation, frozen=True, gc=False, kw_only=True):
    kind: Literal["trigger", "policy", "rule"]
    name: str
    new_name: str


class DropSubobject(RelationOperation, frozen=True, gc=False, kw_only=True):
    """DROP TRIGGER, POLICY or RULE name ON relation; ``if_exists`` covers both."""

    kind: Literal["trigger", "policy", "rule"]
    name: str
    cascade: bool = False


class ChangeSchema(Operation, frozen=True, gc=False, kw_only=True):
    """… SET SCHEMA, of any kind of object; ``signature`` for functions and procedures."""

    kind: str
    name: Name
    schema: str
    if_exists: bool = False
    signature: FunctionSignature | None = None


class ChangeOwner(Operation, frozen=True, gc=False, kw_only=True):
    kind: str
    name: Name
    owner: str
    if_exists: bool = False
    signature: FunctionSignature | None = None


# --- data
# --------------------------------------------------------------------------------------------------------------


class Write(RelationOperation, frozen=True, gc=False, kw_only=True):
    """Base of the statements that change rows. ``query`` has everything that it reads besides the target."""

    query: Query = Query()
    alias: str | None = None
    returning: bool = False


class Insert(Write, frozen=True, gc=False, kw_only=True):
    """``rows`` counts the VALUES rows, None for a query; ``on_conflict``."""

    columns: tuple[str, ...] = ()
    rows: int | None = None
    on_conflict: Literal["nothing", "update"] | None = None
    conflict_columns: tuple[str, ...] = ()
    conflict_constraint: str | None = None  # ON CONFLICT ON CONSTRAINT
    conflict_sets: tuple[str, ...] = ()  # the columns that DO UPDATE sets
    conflict_values: tuple[Expr, ...] = ()  # and what it sets them to
    values: tuple[Expr, ...] = ()  # the first row of VALUES
    width: int = 0  # the number of values in the longest row of VALUES
    texts: tuple[tuple[str, ...], ...] = ()  # per column, the distinct text constants of the first 100 VALUES rows


class Update(Write, frozen=True, gc=False, kw_only=True):
    columns: tuple[str, ...] = ()
    values: tuple[Expr, ...] = ()  # parallel to columns; an "other" where a value is not a plain expression
    where: Expr | None = None
    joins: bool = False  # has FROM


class Delete(Write, frozen=True, gc=False, kw_only=True):
    where: Expr | None = None
    joins: bool = False  # has USING


class Merge(Write, frozen=True, gc=False, kw_only=True):
    actions: tuple[Literal["insert", "update", "delete", "nothing"], ...] = ()
    columns: tuple[str, ...] = ()  # those of the target that its actions write


class Truncate(RelationOperation, frozen=True, gc=False, kw_only=True):
    """One operation per table named."""

    cascade: bool = False
    restart_identity: bool = False


class Copy(RelationOperation, frozen=True, gc=False, kw_only=True):
    direction: Literal["from", "to"]
    columns: tuple[str, ...] = ()
    source: Literal["stdin", "file", "program"] = "stdin"


class Select(Operation, frozen=True, gc=False, kw_only=True):
    """SELECT, VALUES, TABLE; also EXPLAIN ANALYZE of one, COPY (query) TO, and the expressions of PL/pgSQL."""

    query: Query


class LockTable(RelationOperation, frozen=True, gc=False, kw_only=True):
    """``mode`` is the server's name: "ACCESS EXCLUSIVE", "SHARE ROW EXCLUSIVE" …"""

    mode: str
    nowait: bool = False


# --- maintenance
# -------------------------------------------------------------------------------------------------------


class Vacuum(Operation, frozen=True, gc=False, kw_only=True):
    """One operation per table, or one with no relation for the whole database."""

    relation: Name | None = None
    full: bool = False
    analyze: bool = False
    freeze: bool = False
    skip_locked: bool = False
    options: tuple[tuple[str, str], ...] = ()
    only: bool = False
    columns: tuple[str, ...] = ()


class Analyze(Operation, frozen=True, gc=False, kw_only=True):
    relation: Name | None = None
    columns: tuple[str, ...] = ()
    only: bool = False


class Cluster(Operation, frozen=True, gc=False, kw_only=True):
    relation: Name | None = None
    index: str | None = None


# --- other objects
# -----------------------------------------------------------------------------------------------------


class CreateSchema(Operation, frozen=True, gc=False, kw_only=True):
    """Elements inside CREATE SCHEMA become operations of their own after it, with their schema filled in."""

    name: str
    if_not_exists: bool = False
    owner: str | None = None


class CreateSequence(Operation, frozen=True, gc=False, kw_only=True):
    relation: Name
    options: SequenceOptions = SequenceOptions()
    if_not_exists: bool = False
    temporary: bool = False


class AlterSequence(Operation, frozen=True, gc=False, kw_only=True):
    relation: Name
    options: SequenceOptions = SequenceOptions()
    if_exists: bool = False


class CreateEnum(Operation, frozen=True, gc=False, kw_only=True):
    name: Name
    labels: tuple[str, ...]


class AddEnumValue(Operation, frozen=True, gc=False, kw_only=True):
    name: Name
    label: str
    before: str | None = None
    after: str | None = None
    if_not_exists: bool = False


class RenameEnumValue(Operation, frozen=True, gc=False, kw_only=True):
    name: Name
    label: str
    new_label: str


class CreateDomain(Operation, frozen=True, gc=False, kw_only=True):
    name: Name
    base: TypeName
    default: Expr | None = None
    not_null: bool = False
    constraints: tuple[ConstraintDef, ...] = ()
    collation: Name | None = None


class AlterDomain(Operation, frozen=True, gc=False, kw_only=True):
    """``change`` tells what; ``constraint`` for "add constraint", ``name_of`` for drop and validate."""

    name: Name
    change: Literal[
        "set default",
        "drop default",
        "set not null",
        "drop not null",
        "add constraint",
        "drop constraint",
        "validate constraint",
    ]
    default: Expr | None = None
    constraint: ConstraintDef | None = None
    constraint_name: str | None = None
    if_constraint_exists: bool = False
    cascade: bool = False


class CreateCompositeType(Operation, frozen=True, gc=False, kw_only=True):
    name: Name
    columns: tuple[ColumnDef, ...]


class AlterCompositeType(Operation, frozen=True, gc=False, kw_only=True):
    name: Name
    change: Literal["add attribute", "drop attribute", "alter attribute"]
    attribute: str
    to: TypeName | None = None
    if_attribute_exists: bool = False
    cascade: bool = False


class CreateRangeType(Operation, frozen=True, gc=False, kw_only=True):
    name: Name
    subtype: TypeName | None = None


class CreateShellType(Operation, frozen=True, gc=False, kw_only=True):
    """CREATE TYPE name, and base types written in C."""

    name: Name


class FunctionArgument(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    type: TypeName
    name: str | None = None
    mode: Literal["in", "out", "inout", "variadic", "table"] = "in"
    default: Expr | None = None


class Body(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is inside a function, procedure or DO block.

    ``statements`` are the static SQL statements in it, in textual order, each with the code-point span in the script
    where its text stands. ``dynamic`` are the spans of EXECUTE whose text is not a constant. ``error`` is the parser's
    message, with its code-point offset, where the body does not parse.
    """

    statements: "tuple[BodyStatement, ...]" = ()
    dynamic: tuple[tuple[int, int], ...] = ()
    error: str | None = None
    error_offset: int | None = None
    transaction_control: bool = False  # COMMIT or ROLLBACK inside


class BodyStatement(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    start: int
    end: int
    operations: "tuple[AnyOperation, ...]"
    conditional: bool = False  # inside IF, CASE, a loop or an exception block: may not run, or run many times
    loop: bool = False
    guarded: bool = False  # in a block with an EXCEPTION clause: its error does not reach the statement
    sources: tuple[tuple[Name, ...], ...] = ()  # of the query that the loop around it goes over, as in Query


class CreateFunction(Operation, frozen=True, gc=False, kw_only=True):
    name: Name
    kind: Literal["function", "procedure", "aggregate"] = "function"
    arguments: tuple[FunctionArgument, ...] = ()
    returns: TypeName | None = None
    language: str = "sql"
    volatility: Literal["immutable", "stable", "volatile"] = "volatile"
    replace: bool = False
    strict: bool = False
    security_definer: bool = False
    parallel: Literal["safe", "restricted", "unsafe"] = "unsafe"
    settings: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    text: str = ""  # the body as written
    standard: bool = False  # a body of the SQL standard: BEGIN ATOMIC, RETURN
    supports: tuple[Name, ...] = ()  # the functions that an aggregate consists of


class AlterFunction(Operation, frozen=True, gc=False, kw_only=True):
    signature: FunctionSignature
    kind: Literal["function", "procedure", "routine", "aggregate"] = "function"
    volatility: Literal["immutable", "stable", "volatile"] | None = None
    settings: tuple[tuple[str, str], ...] = ()
    strict: bool | None = None
    security_definer: bool | None = None
    parallel: str | None = None


class DoBlock(Operation, frozen=True, gc=False, kw_only=True):
    language: str = "plpgsql"
    body: Body | None = None


class Call(Operation, frozen=True, gc=False, kw_only=True):
    name: Name
    args: tuple[Expr, ...] = ()


class CreateExtension(Operation, frozen=True, gc=False, kw_only=True):
    name: str
    schema: str | None = None
    if_not_exists: bool = False
    cascade: bool = False


class CreateObject(Operation, frozen=True, gc=False, kw_only=True):
    """Creation of a kind of object of which the catalog keeps only the name (statistics, publication, role, cast …).

    ``relations`` are the relations that the statement names: (relation, "read" or "lock").
    """

    kind: str
    name: Name
    if_not_exists: bool = False
    replace: bool = False
    relations: tuple[Name, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    conditions: tuple[tuple[Name, Expr], ...] = ()  # of the rows of tables that a publication has


class AlterObject(Operation, frozen=True, gc=False, kw_only=True):
    kind: str
    name: Name
    if_exists: bool = False
    relations: tuple[Name, ...] = ()
    details: tuple[tuple[str, str], ...] = ()


class DropObject(Operation, frozen=True, gc=False, kw_only=True):
    """DROP of anything that is no relation: type, domain, schema, function, extension, role, database, publication …

    One operation per object named. ``kind`` is the server's word in lower case (``"type"``, ``"event trigger"``).
    """

    kind: str
    name: Name
    if_exists: bool = False
    cascade: bool = False
    signature: FunctionSignature | None = None


class RenameObject(Operation, frozen=True, gc=False, kw_only=True):
    kind: str
    name: Name
    new_name: str
    signature: FunctionSignature | None = None


class Comment(Operation, frozen=True, gc=False, kw_only=True):
    """``sub`` is the column, constraint, trigger, policy or rule of ``name``; ``text`` None removes the comment."""

    kind: str
    name: Name
    text: str | None
    sub: str | None = None
    signature: FunctionSignature | None = None


class Grant(Operation, frozen=True, gc=False, kw_only=True):
    """GRANT and REVOKE (``revoke``), of privileges on objects or of roles (kind "role", names are the roles)."""

    kind: str
    names: tuple[Name, ...]
    privileges: tuple[str, ...]  # empty: ALL
    grantees: tuple[str, ...]
    revoke: bool = False
    grant_option: bool = False
    all_in_schema: bool = False
    columns: tuple[str, ...] = ()
    cascade: bool = False
    signatures: tuple[FunctionSignature, ...] = ()


class DefaultPrivileges(Operation, frozen=True, gc=False, kw_only=True):
    schemas: tuple[str, ...] = ()
    kind: str = "table"  # what the privileges are on
    privileges: tuple[str, ...] = ()  # empty: ALL
    text: str = ""  # normalised


# --- session and transaction
# -------------------------------------------------------------------------------------------


class Transaction(Operation, frozen=True, gc=False, kw_only=True):
    """BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK TO, PREPARE TRANSACTION …"""

    command: Literal[
        "begin",
        "commit",
        "rollback",
        "savepoint",
        "release",
        "rollback to",
        "prepare",
        "commit prepared",
        "rollback prepared",
    ]
    savepoint: str | None = None
    chain: bool = False


class SetVariable(Operation, frozen=True, gc=False, kw_only=True):
    """SET, SET LOCAL, RESET, set_config() as a whole statement. ``values`` is None for DEFAULT and RESET; name "all"
    for RESET ALL.

    Values are as written: ``SET lock_timeout = 5000`` gives ``("5000",)``.
    """

    name: str
    values: tuple[str, ...] | None
    local: bool = False


class NoEffect(Operation, frozen=True, gc=False, kw_only=True):
    """A statement that changes nothing that Hotlint models: SHOW, DISCARD, NOTIFY, EXPLAIN, CHECKPOINT, SECURITY LABEL
    …

    ``names`` are the operations that it plans without running them (EXPLAIN, PREPARE)."""

    tag: str
    names: "tuple[AnyOperation, ...]" = ()


class Opaque(Operation, frozen=True, gc=False, kw_only=True):
    """A statement that Hotlint does not understand: ``tag`` is the parser's name of it."""

    tag: str
    relations: tuple[Name, ...] = ()


AnyOperation = Union[
    CreateTable,
    CreateTableAs,
    CreateView,
    RefreshMaterializedView,
    DropTable,
    DropView,
    DropMaterializedView,
    DropIndex,
    DropSequence,
    DropRelation,
    AddColumn,
    DropColumn,
    AlterColumnType,
    SetDefault,
    DropDefault,
    SetNotNull,
    DropNotNull,
    SetGeneratedExpression,
    DropGeneratedExpression,
    AddIdentity,
    SetIdentity,
    DropIdentity,
    SetColumnAttribute,
    AddConstraint,
    DropConstraint,
    ValidateConstraint,
    AlterConstraint,
    AttachPartition,
    DetachPartition,
    AttachIndex,
    Inherit,
    NoInherit,
    SetPersistence,
    SetTablespace,
    SetAccessMethod,
    SetOptions,
    ClusterOn,
    ReplicaIdentity,
    SetRowSecurity,
    SetTriggerState,
    SetRuleState,
    SetOfType,
    AlterTableOther,
    RenameRelation,
    RenameColumn,
    RenameConstraint,
    CreateIndex,
    Reindex,
    CreateTrigger,
    CreatePolicy,
    AlterPolicy,
    CreateRule,
    RenameSubobject,
    DropSubobject,
    ChangeSchema,
    ChangeOwner,
    Insert,
    Update,
    Delete,
    Merge,
    Truncate,
    Copy,
    Select,
    LockTable,
    Vacuum,
    Analyze,
    Cluster,
    CreateSchema,
    CreateSequence,
    AlterSequence,
    CreateEnum,
    AddEnumValue,
    RenameEnumValue,
    CreateDomain,
    AlterDomain,
    CreateCompositeType,
    AlterCompositeType,
    CreateRangeType,
    CreateShellType,
    CreateFunction,
    AlterFunction,
    DoBlock,
    Call,
    CreateExtension,
    CreateObject,
    AlterObject,
    DropObject,
    RenameObject,
    Comment,
    Grant,
    DefaultPrivileges,
    Transaction,
    SetVariable,
    NoEffect,
    Opaque,
]
