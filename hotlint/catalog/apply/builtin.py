"""What every PostgreSQL has before a history starts: built-in types, the server's schemas (pg_type.dat, 12 to 18)."""

from __future__ import annotations

_NAMES = """
    aclitem any anyarray anycompatible anycompatiblearray anycompatiblemultirange anycompatiblenonarray
    anycompatiblerange anyelement anyenum anymultirange anynonarray anyrange bit bool box bpchar bytea char cid
    cidr circle cstring date datemultirange daterange event_trigger fdw_handler float4 float8 gtsvector
    index_am_handler inet int2 int2vector int4 int4multirange int4range int8 int8multirange int8range internal
    interval json jsonb jsonpath language_handler line lseg macaddr macaddr8 money name numeric nummultirange
    numrange oid oidvector path pg_ddl_command pg_lsn pg_mcv_list pg_ndistinct pg_dependencies pg_node_tree
    pg_snapshot point polygon record refcursor regclass regcollation regconfig regdictionary regnamespace regoper
    regoperator regproc regprocedure regrole regtype table_am_handler text tid time timestamp timestamptz timetz
    trigger tsm_handler tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector txid_snapshot unknown uuid
    varbit varchar void xid xid8 xml
"""
TYPES = frozenset(_NAMES.split())

SERIALS = {
    "smallserial": "int2",
    "serial2": "int2",
    "serial": "int4",
    "serial4": "int4",
    "bigserial": "int8",
    "serial8": "int8",
}

SYSTEM_COLUMNS = frozenset(["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"])

# The words of COMMENT, GRANT, ALTER and DROP for what is kept in the catalog's own maps.
ROUTINES = frozenset(["function", "procedure", "routine", "aggregate"])
TYPE_KINDS = frozenset(["type", "domain"])
RELATIONS = frozenset(
    ["table", "view", "materialized view", "index", "sequence", "foreign table", "partitioned table", "column"]
)


def is_system_schema(schema: str) -> bool:
    """Whether a schema is the server's own: what is in it is never claimed to be missing."""
    return schema.startswith("pg_") or schema == "information_schema"
