"""What the server refuses of storage parameters: names that a relation does not have, and values."""

from __future__ import annotations

from collections.abc import Iterable

from hotlint import operations as ops
from hotlint.catalog.names import QName
from hotlint.catalog.records import Index
from hotlint.dialects.postgres.impact.draft import Draft
from hotlint.dialects.postgres.impact.refusal import Refusal

_Pairs = Iterable[tuple[str, "str | None"]]

# Parameters and the version since which there is one (reloptions.c: boolRelOpts, intRelOpts, realRelOpts, enumRelOpts).
_AUTOVACUUM = {
    "autovacuum_enabled": 12,
    "autovacuum_vacuum_threshold": 12,
    "autovacuum_vacuum_max_threshold": 18,
    "autovacuum_vacuum_insert_threshold": 13,
    "autovacuum_vacuum_cost_limit": 12,
    "autovacuum_vacuum_cost_delay": 12,
    "autovacuum_vacuum_scale_factor": 12,
    "autovacuum_vacuum_insert_scale_factor": 13,
    "autovacuum_freeze_min_age": 12,
    "autovacuum_freeze_max_age": 12,
    "autovacuum_freeze_table_age": 12,
    "autovacuum_multixact_freeze_min_age": 12,
    "autovacuum_multixact_freeze_max_age": 12,
    "autovacuum_multixact_freeze_table_age": 12,
    "log_autovacuum_min_duration": 12,
    "vacuum_index_cleanup": 12,
    "vacuum_truncate": 12,
    "vacuum_max_eager_freeze_failure_rate": 18,
}
_TABLE = {
    **_AUTOVACUUM,
    "autovacuum_analyze_threshold": 12,
    "autovacuum_analyze_scale_factor": 12,
    "fillfactor": 12,
    "oids": 12,
    "parallel_workers": 12,
    "toast_tuple_target": 12,
    "user_catalog_table": 12,
}
_VIEW = {"security_barrier": 12, "security_invoker": 15, "check_option": 12}
INDEX_OPTIONS: dict[str, dict[str, int]] = {
    "btree": {"fillfactor": 12, "deduplicate_items": 13, "vacuum_cleanup_index_scale_factor": 12},
    "hash": {"fillfactor": 12},
    "gist": {"fillfactor": 12, "buffering": 12},
    "spgist": {"fillfactor": 12},
    "gin": {"fastupdate": 12, "gin_pending_list_limit": 12},
    "brin": {"pages_per_range": 12, "autosummarize": 12},
}
"""The index access methods of the server, each with its parameters."""

# (least, most), both allowed; heaps and B-trees have what indexes of other kinds have not.
_BOUNDS: dict[str, tuple[float, float]] = {
    "fillfactor": (10, 100),
    "parallel_workers": (0, 1024),
    "toast_tuple_target": (128, 8160),
    "autovacuum_vacuum_threshold": (0, 2147483647),
    "autovacuum_vacuum_max_threshold": (-1, 2147483647),
    "autovacuum_vacuum_insert_threshold": (-1, 2147483647),
    "autovacuum_analyze_threshold": (0, 2147483647),
    "autovacuum_vacuum_cost_limit": (1, 10000),
    "autovacuum_vacuum_cost_delay": (0, 100),
    "autovacuum_vacuum_scale_factor": (0, 100),
    "autovacuum_vacuum_insert_scale_factor": (0, 100),
    "autovacuum_analyze_scale_factor": (0, 100),
    "autovacuum_freeze_min_age": (0, 1000000000),
    "autovacuum_freeze_max_age": (100000, 2000000000),
    "autovacuum_freeze_table_age": (0, 2000000000),
    "autovacuum_multixact_freeze_min_age": (0, 1000000000),
    "autovacuum_multixact_freeze_max_age": (10000, 2000000000),
    "autovacuum_multixact_freeze_table_age": (0, 2000000000),
    "log_autovacuum_min_duration": (-1, 2147483647),
    "vacuum_max_eager_freeze_failure_rate": (0, 1),
    "vacuum_cleanup_index_scale_factor": (0, 10000000000),
    "pages_per_range": (1, 131072),
    "gin_pending_list_limit": (64, 2147483647),
}
_BOOLEANS = frozenset(
    [
        "autosummarize",
        "autovacuum_enabled",
        "deduplicate_items",
        "fastupdate",
        "security_barrier",
        "security_invoker",
        "user_catalog_table",
        "vacuum_truncate",
    ]
)
_WORDS = {
    "buffering": frozenset(["on", "off", "auto"]),
    "check_option": frozenset(["local", "cascaded"]),
}
_TRUTHS = frozenset(["on", "of", "off", "1", "0", ""]).union(
    word[:length] for word in ("true", "false", "yes", "no") for length in range(1, len(word) + 1)
)


def _bad_value(option: str, value: str | None) -> bool:
    """reloptions.c: parse_one_reloption. A parameter without a value is true."""
    if value is None:
        return False
    if option in _BOOLEANS:
        return value.lower() not in _TRUTHS
    if option in _WORDS:
        return value.lower() not in _WORDS[option]
    bounds = _BOUNDS.get(option)
    if bounds is None:
        return False
    try:
        return not bounds[0] <= float(value) <= bounds[1]
    except ValueError:
        return True


def _refused(pairs: _Pairs, known: dict[str, int], major: int, toast: bool = False) -> bool:
    for written, value in pairs:
        option = written.lower()
        own = known
        if toast and option.startswith("toast."):
            option, own = option.removeprefix("toast."), _AUTOVACUUM
        if own.get(option, 99) > major or _bad_value(option, value):
            return True
    return False


def _known(kind: str, name: QName, draft: Draft) -> dict[str, int] | None:
    """The parameters of a relation that is there; None where that is not known."""
    found = draft.before.relation(name)
    if isinstance(found, Index):
        return INDEX_OPTIONS.get(found.method) if found.known and not found.partitioned else None
    if found is None or found.maybe:
        return None
    return {"table": _TABLE, "materialized view": _TABLE, "view": _VIEW}.get(found.kind)


def option_unfit(op: ops.SetOptions, name: QName, draft: Draft) -> bool:
    """RESET takes any name (reloptions.c: transformRelOptions)."""
    known = _known(op.kind, name, draft)
    return known is not None and not op.reset and _refused(op.options, known, draft.major, known is _TABLE)


_PARTITIONED_TOLD_SINCE = 16  # release 16: storage parameters of partitioned tables have an error of their own


def created_option_unfit(op: ops.CreateTable, name: QName, draft: Draft) -> str | None:
    if op.partition_by is not None:
        if not op.options:
            return None
        return "42809" if draft.major >= _PARTITIONED_TOLD_SINCE else "22023"
    pairs = dict(op.options)
    if pairs.get("oids", "false").lower() in ("true", "on", "1"):
        return "0A000"  # tablecmds.c: interpretOidsOption
    return "22023" if op.foreign_server is None and _refused(op.options, _TABLE, draft.major, True) else None


def view_option_unfit(op: ops.CreateView, name: QName, draft: Draft) -> bool:
    return _refused(op.options, _VIEW, draft.major)


def index_option_unfit(op: ops.CreateIndex, name: QName, draft: Draft) -> bool:
    known = INDEX_OPTIONS.get(op.method)
    return known is not None and _refused(op.options, known, draft.major)


OPTIONS: tuple[Refusal, ...] = (
    Refusal(ops.SetOptions, 12, 18, "22023", "unrecognized parameter or invalid value", option_unfit,
            "reloptions.c: parseRelOptions"),
    Refusal(ops.CreateTable, 12, 18, "", "unrecognized parameter or invalid value", created_option_unfit,
            "reloptions.c: heap_reloptions, partitioned_table_reloptions"),
    Refusal(ops.CreateView, 12, 18, "22023", "unrecognized parameter or invalid value", view_option_unfit,
            "reloptions.c: view_reloptions"),
    Refusal(ops.CreateIndex, 12, 18, "22023", "unrecognized parameter or invalid value", index_option_unfit,
            "reloptions.c: index_reloptions"),
)  # fmt: skip
