"""What a version refuses because of what a relation is: facts of the server's commands, not of the schema's names.

The catalog refuses what cannot be by the schema alone; here stands what differs between versions or kinds of relations.
"""

from __future__ import annotations

from typing import Any

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.dialects.postgres.impact import conditions as when
from hotlint.dialects.postgres.impact import conditions_of_commands as more
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.impact.refusals_of_absence import ABSENCE, FIRST_ABSENCE
from hotlint.dialects.postgres.impact.refusals_of_attributes import ATTRIBUTES, FIRST_ATTRIBUTES
from hotlint.dialects.postgres.impact.refusals_of_dependencies import DEPENDENCIES
from hotlint.dialects.postgres.impact.refusals_of_expressions import EXPRESSIONS, FIRST_EXPRESSIONS
from hotlint.dialects.postgres.impact.refusals_of_functions import FUNCTIONS
from hotlint.dialects.postgres.impact.refusals_of_keys import KEYS
from hotlint.dialects.postgres.impact.refusals_of_names import FIRST_NAMES, NAMES
from hotlint.dialects.postgres.impact.refusals_of_objects import OBJECTS
from hotlint.dialects.postgres.impact.refusals_of_options import OPTIONS
from hotlint.dialects.postgres.impact.refusals_of_partitions import PARTITIONS
from hotlint.dialects.postgres.impact.refusals_of_publications import PUBLICATIONS
from hotlint.dialects.postgres.impact.refusals_of_queries import QUERIES
from hotlint.dialects.postgres.impact.refusals_of_references import REFERENCES
from hotlint.dialects.postgres.impact.refusals_of_sequences import SEQUENCES
from hotlint.dialects.postgres.impact.refusals_of_settings import FIRST_SETTINGS, SETTINGS
from hotlint.dialects.postgres.impact.refusals_of_storage import FIRST_STORAGE, STORAGE
from hotlint.dialects.postgres.impact.refusals_of_tables import TABLES
from hotlint.dialects.postgres.impact.refusals_of_triggers import TRIGGERS
from hotlint.dialects.postgres.impact.refusals_of_types import TYPES
from hotlint.dialects.postgres.impact.refusals_of_values import VALUES
from hotlint.dialects.postgres.impact.refusals_of_writes import WRITES
from hotlint.operations import Name, Operation

_T = "tablecmds.c"
REFUSALS: tuple[Refusal, ...] = (
    Refusal(
        ops.AddColumn, 12, 18, "42P16", "column must be added to child tables too", when.added_only,
        f"{_T}: ATExecAddColumn",
    ),
    Refusal(
        ops.SetNotNull, 12, 18, "42P16", "constraint must be added to child tables too", when.nullable_only,
        f"{_T}: ATPrepSetNotNull",
    ),
    Refusal(
        ops.DropNotNull, 12, 17, "42P16",
        "cannot remove constraint from only the partitioned table when partitions exist", when.only_with_partitions,
        f"{_T}: ATPrepDropNotNull",
    ),
    Refusal(
        ops.AddConstraint, 12, 18, "42P16", "constraint must be added to child tables too", when.check_only,
        f"{_T}: ATAddCheckConstraint",
    ),
    Refusal(
        ops.DropConstraint, 12, 18, "42P16",
        "cannot remove constraint from only the partitioned table when partitions exist", when.dropped_only,
        f"{_T}: ATExecDropConstraint",
    ),
    Refusal(
        ops.ValidateConstraint, 12, 18, "42P16", "constraint must be validated on child tables too",
        when.unchecked_only,
        f"{_T}: ATExecValidateConstraint",
    ),
    Refusal(
        ops.ValidateConstraint, 12, 18, "42809",
        'constraint of relation "{0}" is not a foreign key or check constraint', when.missing_owned,
        f"{_T}: ATExecValidateConstraint",
    ),
    Refusal(
        ops.AddConstraint, 12, 17, "42809", 'cannot add NOT VALID foreign key on partitioned table "{0}"',
        when.unchecked_key, f"{_T}: ATAddForeignKeyConstraint; release 18",
    ),
    Refusal(
        ops.AddConstraint, 12, 16, "0A000", "exclusion constraints are not supported on partitioned tables",
        when.exclusion, "parse_utilcmd.c: transformColumnDefinition; release 17",
    ),
    Refusal(
        ops.SetPersistence, 18, 18, "42809", 'ALTER action SET UNLOGGED cannot be performed on relation "{0}"',
        when.partitioned, "release 18: partitioned tables cannot be UNLOGGED",
    ),
    Refusal(
        ops.SetAccessMethod, 15, 16, "42809", "cannot change access method of a partitioned table", when.partitioned,
        "release 17: SET ACCESS METHOD on partitioned tables",
    ),
    Refusal(
        ops.SetOptions, 12, 15, "22023", "unrecognized parameter", when.parameters,
        "reloptions.c: partitioned_table_reloptions",
    ),
    Refusal(
        ops.SetOptions, 16, 18, "42809", "cannot specify storage parameters for a partitioned table", when.parameters,
        "reloptions.c: partitioned_table_reloptions",
    ),
    Refusal(
        ops.DropGeneratedExpression, 18, 18, "0A000",
        "ALTER TABLE / DROP EXPRESSION is not supported for virtual generated columns", when.virtual,
        f"{_T}: ATPrepDropExpression",
    ),
    Refusal(
        ops.Truncate, 12, 18, "42809", "cannot truncate only a partitioned table", when.only_with_partitions,
        f"{_T}: ExecuteTruncate",
    ),
    Refusal(
        ops.DropTable, 12, 18, "2BP01", "cannot drop table {0} because other objects depend on it",
        when.references_parent,
        "dependency.c: reportDependentObjects",
    ),
    Refusal(
        ops.AlterCompositeType, 12, 18, "0A000", 'cannot alter type "{0}" because a column uses it', when.in_a_column,
        f"{_T}: find_composite_type_dependencies",
    ),
    Refusal(
        ops.DetachPartition, 14, 18, "55000", 'cannot complete detaching partition of "{0}"', when.pending,
        f"{_T}: MarkInheritDetached",
    ),
    Refusal(
        ops.DropColumn, 12, 18, "42P16", "cannot drop column from only the partitioned table when partitions exist",
        when.only_with_partitions, f"{_T}: ATExecDropColumn",
    ),
    Refusal(
        ops.AlterColumnType, 12, 18, "42P16", "type of inherited column must be changed in child tables too",
        when.only_with_children, f"{_T}: ATPrepAlterColumnType",
    ),
    Refusal(
        ops.AlterColumnType, 12, 18, "0A000", "cannot alter type of a column used by a view or rule",
        when.used_by_rule, f"{_T}: RememberAllDependentForRebuilding",
    ),
    Refusal(
        ops.RenameColumn, 12, 18, "42P16", "inherited column must be renamed in child tables too",
        when.only_with_children, f"{_T}: renameatt_internal",
    ),
    Refusal(
        ops.AttachPartition, 12, 18, "42P17", "partition would overlap another partition", when.overlaps,
        "partbounds.c: check_new_partition_bound",
    ),
    Refusal(
        ops.CreateTable, 12, 18, "42P17", 'partition "{0}" would overlap another partition', when.overlaps,
        "partbounds.c: check_new_partition_bound",
    ),
    Refusal(ops.AddColumn, 12, 18, "42809", "cannot add column to typed table", when.typed, f"{_T}: ATPrepAddColumn"),
    Refusal(
        ops.DropColumn, 12, 18, "42809", "cannot drop column from typed table",
        when.typed, f"{_T}: ATPrepDropColumn",
    ),
    Refusal(
        ops.AlterColumnType, 12, 18, "42809", "cannot alter column type of typed table", when.typed,
        f"{_T}: ATPrepAlterColumnType",
    ),
    Refusal(
        ops.RenameColumn, 12, 18, "42809", "cannot rename column of typed table",
        when.typed, f"{_T}: renameatt_check",
    ),
    Refusal(
        ops.AddConstraint, 12, 18, "42P16", 'cannot add NO INHERIT constraint to partitioned table "{0}"',
        when.check_stays, "heap.c: AddRelationNewConstraints",
    ),
    Refusal(
        ops.AddConstraint, 12, 18, "42809", "index of a constraint has no expressions and no condition",
        when.unfit_index,
        "parse_utilcmd.c: transformIndexConstraint",
    ),
    Refusal(
        ops.AddConstraint, 18, 18, "55000", 'cannot create a second not-null constraint on relation "{0}"',
        when.other_not_null, "heap.c: AdjustNotNullInheritance",
    ),
    Refusal(
        ops.AddConstraint, 12, 18, "42P16", "constraints on permanent tables may reference only permanent tables",
        when.key_to_unlogged, f"{_T}: ATAddForeignKeyConstraint",
    ),
    Refusal(
        ops.AddColumn, 12, 18, "42P16", "constraints on permanent tables may reference only permanent tables",
        when.column_to_unlogged, f"{_T}: ATAddForeignKeyConstraint",
    ),
    Refusal(
        ops.CreateTable, 12, 18, "42P16", "constraints on permanent tables may reference only permanent tables",
        when.table_to_unlogged, f"{_T}: ATAddForeignKeyConstraint",
    ),
    Refusal(ops.CreateTable, 12, 18, "42704", "type of a column does not exist", when.types_missing, "parse_type.c"),
    Refusal(ops.AddColumn, 12, 18, "42704", "type of the column does not exist", when.type_missing, "parse_type.c"),
    Refusal(ops.AlterColumnType, 12, 18, "42704", "the new type does not exist", when.type_missing, "parse_type.c"),
    Refusal(
        ops.AlterConstraint, 12, 18, "42809", 'constraint of relation "{0}" is not a foreign key constraint',
        when.not_deferrable, f"{_T}: ATExecAlterConstraint",
    ),
    Refusal(
        ops.SetPersistence, 12, 18, "42P16", 'could not change table "{0}" because of a foreign key to or from it',
        when.mixed_persistence, f"{_T}: ATPrepChangePersistence",
    ),
    Refusal(
        ops.Inherit, 12, 18, "42804", "child table is missing a column", when.missing_inherited,
        f"{_T}: MergeAttributesIntoExisting",
    ),
    Refusal(
        ops.SetGeneratedExpression, 18, 18, "0A000",
        "ALTER TABLE / SET EXPRESSION is not supported for virtual generated columns in tables with check constraints",
        when.virtual_checked, f"{_T}: ATExecSetExpression",
    ),
    Refusal(
        ops.Truncate, 12, 18, "0A000", "cannot truncate a table referenced in a foreign key constraint",
        when.referenced,
        "heap.c: heap_truncate_check_FKs",
    ),
    Refusal(
        ops.CreateObject, 12, 18, "22023", "only tables can be published", when.publishes_view,
        "pg_publication.c: check_publication_add_relation",
    ),
    Refusal(
        ops.AlterObject, 12, 18, "22023", "only tables can be published", when.publishes_view,
        "pg_publication.c: check_publication_add_relation",
    ),
    Refusal(ops.Truncate, 12, 18, "42809", '"{0}" is not a table', when.no_table, f"{_T}: truncate_check_rel"),
    Refusal(
        ops.LockTable, 12, 18, "25P01", "LOCK TABLE can only be used in transaction blocks", when.no_transaction,
        "utility.c: RequireTransactionBlock",
    ),
    Refusal(ops.Cluster, 12, 18, "42809", '"{0}" is not a table', when.not_clustered, "cluster.c: cluster"),
    Refusal(ops.LockTable, 12, 18, "42809", 'cannot lock relation "{0}"', when.not_lockable, "lockcmds.c"),
    Refusal(
        ops.CreateIndex, 12, 18, "42P17", "functions in index expression must be marked IMMUTABLE", when.mutable_key,
        "indexcmds.c: CheckMutability",
    ),
    Refusal(
        ops.CreateIndex, 12, 18, "42704", "access method does not exist",
        when.unknown_method, "indexcmds.c: DefineIndex",
    ),
    Refusal(
        ops.DropIndex, 12, 18, "0A000", "DROP INDEX CONCURRENTLY does not support CASCADE", when.with_cascade,
        f"{_T}: RemoveRelations",
    ),
    Refusal(
        ops.Reindex, 12, 18, "0A000", "cannot reindex system catalogs concurrently", when.system_concurrently,
        "indexcmds.c: ReindexMultipleTables",
    ),
    Refusal(ops.Reindex, 12, 18, "3F000", "schema does not exist", when.schema_missing, "indexcmds.c"),
    Refusal(ops.Analyze, 12, 18, "42703", 'column of relation "{0}" does not exist', when.column_missing, "analyze.c"),
    Refusal(
        ops.ReplicaIdentity, 12, 18, "42704", 'index for table "{0}" does not exist', when.identity_missing,
        f"{_T}: ATExecReplicaIdentity",
    ),
    Refusal(
        ops.ReplicaIdentity, 12, 18, "42809", "index cannot be used as replica identity", when.identity_unfit,
        f"{_T}: ATExecReplicaIdentity",
    ),
    Refusal(
        ops.SetRuleState, 12, 18, "42704", 'rule for relation "{0}" does not exist', when.rule_missing,
        "rewriteDefine.c: EnableDisableRule",
    ),
    Refusal(
        ops.AlterCompositeType, 12, 18, "2BP01", 'cannot alter type "{0}" because it is the type of a typed table',
        when.typed_tables, f"{_T}: find_typed_table_dependencies",
    ),
    Refusal(ops.AlterDomain, 12, 18, "42704", 'type "{0}" does not exist', when.domain_missing, "typecmds.c"),
    Refusal(ops.DropObject, 12, 18, "42704", 'type "{0}" does not exist', when.object_type_missing, "dropcmds.c"),
    Refusal(ops.DropObject, 12, 18, "3F000", 'schema "{0}" does not exist', when.object_schema_missing, "dropcmds.c"),
    Refusal(ops.DropObject, 12, 18, "42883", "function {0} does not exist", when.object_function_missing, "dropcmds.c"),
    Refusal(
        ops.RenameObject, 12, 18, "3F000", 'schema "{0}" does not exist',
        when.object_schema_missing, "schemacmds.c",
    ),
    Refusal(ops.Call, 12, 18, "42883", "procedure {0} does not exist", when.function_missing, "parse_func.c"),
    Refusal(
        ops.CreateExtension, 12, 18, "42710", 'extension "plpgsql" already exists', more.there_already,
        "every database has it",
    ),
    Refusal(
        ops.DropIndex, 12, 18, "2BP01", "cannot drop index {0} because a foreign key depends on it",
        more.backs_foreign_key, "dependency.c: reportDependentObjects",
    ),
    Refusal(
        ops.AddConstraint, 12, 18, "42701", "column appears twice in the constraint", more.key_twice,
        "parse_utilcmd.c: transformIndexConstraint",
    ),
    Refusal(
        ops.AddConstraint, 12, 18, "42601", "invalid action for a foreign key that has a generated column",
        more.generated_set, f"{_T}: ATAddForeignKeyConstraint",
    ),
    Refusal(
        ops.SetPersistence, 12, 18, "42809", 'ALTER action SET LOGGED cannot be performed on relation "{0}"',
        more.no_own_table, f"{_T}: ATSimplePermissions",
    ),
    Refusal(
        ops.Vacuum, 12, 18, "0A000", "ANALYZE option must be specified when a column list is provided",
        more.without_analyze, "vacuum.c: ExecVacuum",
    ),
    Refusal(
        ops.RefreshMaterializedView, 12, 18, "42601", "CONCURRENTLY and WITH NO DATA cannot be used together",
        more.refresh_without_data, "matview.c: ExecRefreshMatView",
    ),
)  # fmt: skip


def _by_operation(rows: tuple[Refusal, ...]) -> dict[type[Operation], tuple[Refusal, ...]]:
    found: dict[type[Operation], tuple[Refusal, ...]] = {}
    for refusal in rows:
        found[refusal.operation] = (*found.get(refusal.operation, ()), refusal)
    return found


REFUSALS_OF = _by_operation(
    (
        *STORAGE, *TABLES, *TYPES, *VALUES, *KEYS, *REFUSALS, *EXPRESSIONS, *OBJECTS, *QUERIES, *NAMES, *REFERENCES,
        *WRITES, *OPTIONS, *PUBLICATIONS, *FUNCTIONS, *TRIGGERS, *ABSENCE, *SETTINGS, *DEPENDENCIES, *SEQUENCES,
        *ATTRIBUTES,
    )
)  # fmt: skip
"""What is refused once the catalog has nothing to say against the operation."""
FIRST_REFUSALS_OF = _by_operation(
    (*FIRST_NAMES, *FIRST_STORAGE, *FIRST_ABSENCE, *FIRST_SETTINGS, *FIRST_ATTRIBUTES, *FIRST_EXPRESSIONS, *PARTITIONS)
)
"""What is refused whatever the catalog says."""


def check(op: Any, draft: Draft) -> None:
    """Refuses the operation by the first row that applies."""
    found = _first(REFUSALS_OF[type(op)], op, draft)
    if found is not None:
        draft.refuse(*found)


def check_first(op: Any, draft: Draft) -> None:
    """Refuses the operation before anything is said of the names in it."""
    found = _first(FIRST_REFUSALS_OF[type(op)], op, draft)
    if found is not None:
        draft.fail(*found)


def _first(rows: tuple[Refusal, ...], op: Any, draft: Draft) -> tuple[str, str] | None:
    written = getattr(op, "relation", None) or getattr(op, "name", None)
    name = draft.resolve(written) if isinstance(written, Name) else QName("", "")
    for refusal in rows:
        if refusal.first <= draft.major <= refusal.last:
            verdict = refusal.test(op, name, draft)
            if verdict:
                return refusal.sqlstate if verdict is True else verdict, refusal.message.format(name.name)
    return None
