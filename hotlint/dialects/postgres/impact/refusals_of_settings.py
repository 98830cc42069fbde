"""What the server refuses of settings and privileges: parameters and values of SET, privileges that a kind of object
does not have, schemas of default privileges."""

from __future__ import annotations

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal
from hotlint.dialects.postgres.parameters import setting_error


def set_unfit(op: ops.SetVariable, name: QName, draft: Draft) -> str | None:
    return setting_error(op.name, op.values, draft.major)


# -- privileges

# acl.h: ACL_ALL_RIGHTS_*. GRANT ON TABLE takes those of sequences, too, for what is one.
_RELATION = frozenset(["select", "insert", "update", "delete", "truncate", "references", "trigger", "usage"])
_RIGHTS: dict[str, frozenset[str]] = {
    "table": _RELATION,
    "sequence": frozenset(["select", "update", "usage"]),
    "database": frozenset(["create", "temporary", "temp", "connect"]),
    "function": frozenset(["execute"]),
    "procedure": frozenset(["execute"]),
    "routine": frozenset(["execute"]),
    "language": frozenset(["usage"]),
    "large object": frozenset(["select", "update"]),
    "schema": frozenset(["usage", "create"]),
    "tablespace": frozenset(["create"]),
    "foreign data wrapper": frozenset(["usage"]),
    "foreign server": frozenset(["usage"]),
    "type": frozenset(["usage"]),
    "domain": frozenset(["usage"]),
    "parameter": frozenset(["set", "alter system"]),
}
_OF_COLUMNS = frozenset(["select", "insert", "update", "references"])
_SEQUENCE_ONLY = frozenset(["usage"])
_MAINTAIN_SINCE = 17  # release 17: MAINTAIN
_PARAMETERS_SINCE = 15  # release 15: privileges on parameters
_EVERY = frozenset(["set", "alter system"]).union(*_RIGHTS.values())


def privileges_unfit(op: ops.Grant, name: QName, draft: Draft) -> str | None:
    """aclchk.c: string_to_privilege, ExecuteGrantStmt, ExecGrant_Relation."""
    if op.kind == "role":
        return None
    for written in op.privileges:
        word = written.lower()
        if word == "maintain":
            if draft.major < _MAINTAIN_SINCE:
                return "42601"
            if op.kind == "table" and not op.columns:
                continue
        if word not in _EVERY and word != "maintain":
            return "42601"
        if word in ("set", "alter system") and draft.major < _PARAMETERS_SINCE:
            return "42601"
        if word not in _RIGHTS.get(op.kind, _EVERY) or (op.columns and word not in _OF_COLUMNS):
            return "0LP01"
    return None


def privilege_of_sequence(op: ops.Grant, name: QName, draft: Draft) -> bool:
    """USAGE is not for tables."""
    if op.kind != "table" or not any(word.lower() in _SEQUENCE_ONLY for word in op.privileges):
        return False
    found = [draft.before.relation(draft.resolve(n)) for n in op.names]
    return any(r is not None and not r.maybe and r.kind in ("table", "partitioned table", "view") for r in found)


def granted_on_other(op: ops.Grant, name: QName, draft: Draft) -> bool:
    """aclchk.c: ExecGrant_Relation: an index and a composite type have no privileges."""
    if op.kind != "table" or op.all_in_schema:
        return False
    found = [draft.before.relation(draft.resolve(n)) for n in op.names]
    return any(r is not None and not r.maybe and r.kind in ("index", "composite type") for r in found)


def default_schema_missing(op: ops.DefaultPrivileges, name: QName, draft: Draft) -> bool:
    return any(draft.no_schema(schema) for schema in op.schemas)


def default_privileges_unfit(op: ops.DefaultPrivileges, name: QName, draft: Draft) -> str | None:
    """aclchk.c: ExecAlterDefaultPrivilegesStmt, SetDefaultACL."""
    rights = _RIGHTS.get(op.kind, _EVERY)
    for written in op.privileges:
        word = written.lower()
        if word == "maintain" and draft.major >= _MAINTAIN_SINCE and op.kind == "table":
            continue
        if word not in _EVERY:
            return "42601"
        if word not in rights or (op.kind == "table" and word in _SEQUENCE_ONLY):
            return "0LP01"
    return "0LP01" if op.kind == "schema" and op.schemas else None


# -- security labels


def label_unfit(op: ops.NoEffect, name: QName, draft: Draft) -> bool:
    """seclabel.c: ExecSecLabelStmt. A provider is a library that the server loads at its start."""
    return op.tag == "SecLabelStmt" and draft.whole_cluster()


SETTINGS: tuple[Refusal, ...] = (
    Refusal(ops.SetVariable, 12, 18, "", "parameter or its value is not valid", set_unfit, "guc.c: set_config_option"),
    Refusal(ops.Grant, 12, 18, "0LP01", "invalid privilege type USAGE for table", privilege_of_sequence,
            "aclchk.c: ExecGrant_Relation"),
    Refusal(ops.Grant, 12, 18, "42809", "is an index or a composite type", granted_on_other,
            "aclchk.c: ExecGrant_Relation"),
    Refusal(ops.DefaultPrivileges, 12, 18, "", "invalid privilege type", default_privileges_unfit,
            "aclchk.c: ExecAlterDefaultPrivilegesStmt"),
    Refusal(ops.DefaultPrivileges, 12, 18, "3F000", "schema does not exist", default_schema_missing,
            "aclchk.c: SetDefaultACLsInSchemas"),
    Refusal(ops.NoEffect, 12, 18, "22023", "no security label providers have been loaded", label_unfit, "seclabel.c"),
)  # fmt: skip
FIRST_SETTINGS: tuple[Refusal, ...] = (
    Refusal(ops.Grant, 12, 18, "", "invalid privilege type", privileges_unfit, "aclchk.c: ExecuteGrantStmt"),
)  # fmt: skip
