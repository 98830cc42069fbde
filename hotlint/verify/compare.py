"""Holds what was measured of a statement against its step of the plan.

Compared is what the plan claims of relations that others could already see: for locks, the strongest mode that the
transaction holds after the statement on tables, views and materialized views; whole relations for rewrites, scans and
index builds. Where the scratch server cannot show it, the claim is "unknown", never "confirmed".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hotlint.catalog.names import QName
from hotlint.dialects.postgres.locks import strength
from hotlint.finding import Finding
from hotlint.impact import Scan
from hotlint.planning.model import Step
from hotlint.verify.model import Agreement, Claim, MeasuredError, StatementTrace
from hotlint.verify.trace import Measured

RELATIONS = ("table", "partitioned table", "view", "materialized view")
DEPENDS_ON_ROWS = ("query", "analyze", "vacuum")
"""Reasons of scans that depend on the planner's choice or on pages that an empty table does not have."""

# Refusals that no schema tells: rows, roles and privileges, files and extensions, limits of the scratch server.
NOT_IN_A_SCHEMA = (
    *("22", "23", "28", "40", "42501", "53", "54", "55", "57", "58", "P0", "XX", "0A000", "42883", "42704", "3D", "2D"),
)


def claims_of(step: Step, measured: Measured, *, alone: bool = False) -> tuple[Claim, ...]:
    """What the plan and the server say of a statement that ran. ``alone``: it refused a transaction and was watched
    from outside, so that locks which it kept for a moment only may not have been seen."""
    claims = [*_locks(step, measured, alone), *_rewrites(step, measured), *_scans(step, measured)]
    claims += _builds(step, measured)
    if step.impact.error is not None:
        claims.append(_claim("error", "", step.impact.error.sqlstate, None, "refuted"))
    return tuple(claims)


def error_claims(step: Step, error: MeasuredError) -> tuple[Claim, ...]:
    """What the plan and the server say of a statement that the server refused."""
    planned = step.impact.error.sqlstate if step.impact.error is not None else None
    if planned == error.sqlstate:
        agreement: Agreement = "confirmed"
    elif planned is not None:
        agreement = "refuted"
    else:
        known = not error.sqlstate.startswith(NOT_IN_A_SCHEMA) and not step.impact.unknown
        agreement = "live only" if known else "unknown"
    return (_claim("error", "", planned, error.sqlstate, agreement),)


def transaction_claim(step: Step, allowed: bool) -> Claim:
    """Whether the statement may run in a transaction."""
    planned = step.impact.allowed_in_transaction
    words = {True: "allowed in a transaction", False: "refused in a transaction"}
    return _claim("transaction", "", words[planned], words[allowed], "confirmed" if planned is allowed else "refuted")


def _claim(kind: str, relation: QName | str, planned: str | None, measured: str | None, agreement: Agreement) -> Claim:
    return Claim(kind, str(relation), planned, measured, agreement)


def _locks(step: Step, measured: Measured, alone: bool) -> Iterator[Claim]:
    held: dict[str, str] = {}
    for lock in (held_lock.lock for held_lock in step.held):
        _strongest(held, str(lock.relation), lock.mode)
    planned: dict[str, str] = {}
    brief: set[str] = set()
    for lock in step.impact.locks:
        name = str(lock.relation)
        if lock.kind in RELATIONS and not lock.created_in_transaction and name in measured.existing:
            _strongest(planned, name, lock.mode)
            if lock.until == "statement" and not alone:
                brief.add(name)
    new = {lock.relation: lock.mode for lock in measured.locks if lock.kind in RELATIONS}
    for name in sorted(planned.keys() | new.keys()):
        said, seen = planned.get(name), measured.held.get(name)
        if name not in new and said is not None and seen is not None and strength(seen) >= strength(said):
            continue  # held already, so that this statement shows nothing
        if said is not None and name in held and strength(held[name]) > strength(said):
            said = held[name]
        # What triggers and foreign keys lock for each row is not seen where there are none.
        watched = alone or name in brief or _queries(step)
        yield _claim("lock", name, said, seen, _agreement(step, said, seen, watched))


def _agreement(step: Step, said: str | None, seen: str | None, watched: bool) -> Agreement:
    if said == seen:
        return "confirmed"
    if said is None:
        return "unknown" if step.impact.unknown else "live only"
    if watched and (seen is None or strength(seen) < strength(said)):
        return "unknown"
    return "refuted"


def _strongest(modes: dict[str, str], name: str, mode: str) -> None:
    if name not in modes or strength(mode) > strength(modes[name]):
        modes[name] = mode


def _sets(kind: str, step: Step, planned: set[str], seen: set[str]) -> Iterator[Claim]:
    for name in sorted(planned | seen):
        said, done = (kind if name in planned else None), (kind if name in seen else None)
        agreement: Agreement = "confirmed" if said == done else "refuted" if said else "live only"
        if agreement == "live only" and step.impact.unknown:
            agreement = "unknown"
        yield _claim(kind, name, said, done, agreement)


def _rewrites(step: Step, measured: Measured) -> Iterator[Claim]:
    planned = {str(rewrite.relation) for rewrite in step.impact.rewrites} & measured.existing
    return _sets("rewrite", step, planned, {str(rewrite.relation) for rewrite in measured.rewrites})


def _builds(step: Step, measured: Measured) -> Iterator[Claim]:
    planned = {str(build.relation) for build in step.impact.index_builds} & measured.existing
    return _sets("index build", step, planned, {build.relation for build in measured.index_builds})


def _scans(step: Step, measured: Measured) -> Iterator[Claim]:
    planned: dict[str, list[Scan]] = {}
    for scan in step.impact.scans:
        if str(scan.relation) in measured.existing:
            planned.setdefault(str(scan.relation), []).append(scan)
    seen = set(measured.scans)
    rewritten = {str(rewrite.relation) for rewrite in measured.rewrites}
    for name, scans in planned.items():
        reasons = {scan.reason for scan in scans}
        if name in seen or ("foreign key" in reasons and measured.foreign_keys) or name in rewritten:
            agreement: Agreement = "confirmed"
        else:
            agreement = "unknown" if reasons & {*DEPENDS_ON_ROWS, "foreign key"} else "refuted"
        yield _claim("scan", name, ", ".join(sorted(reasons)), "scan" if agreement == "confirmed" else None, agreement)
    for name in sorted(seen - planned.keys()):
        # A foreign key's rows are checked by one query, which reads what the planner wants to (ri_triggers.c).
        by_planner = bool(measured.foreign_keys) or _queries(step)
        yield _claim("scan", name, None, "scan", "unknown" if by_planner or step.impact.unknown else "live only")


_QUERYING = frozenset(
    ["SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "DoStmt", "CallStmt", "CreateTableAsStmt"]
)


def _queries(step: Step) -> bool:
    """Whether the planner decides what the statement reads: on a large table it may well be an index."""
    return step.statement.tag in _QUERYING


def disagreements(trace: StatementTrace) -> tuple[Claim, ...]:
    """The claims in which plan and server differ."""
    return tuple(claim for claim in trace.claims if claim.agreement in ("refuted", "live only"))


def sentence(claim: Claim) -> str:
    """A disagreement, in words."""
    where = f" on {claim.relation}" if claim.relation else ""
    if claim.kind == "lock":
        return f"planned {claim.planned or 'no lock'}{where}, the server took {claim.measured or 'none'}"
    if claim.kind == "error":
        return f"planned {_outcome(claim.planned)}, the server said {_outcome(claim.measured)}"
    if claim.kind == "transaction":
        return f"planned as {claim.planned}, the server had it {claim.measured}"
    if claim.planned is None:
        return f"the server did an unplanned {claim.kind} of {claim.relation}"
    return f"the planned {claim.kind} of {claim.relation} did not happen"


def _outcome(sqlstate: str | None) -> str:
    return "success" if sqlstate is None else f"error {sqlstate}"


def verdict(finding: Finding, statements: Iterable[StatementTrace]) -> tuple[Agreement, str]:
    """What the server says to a finding of ``check``, and why: by the claims about its relations at its place."""
    at = [trace for trace in statements if _covers(trace, finding)]
    claims = [claim for trace in at for claim in trace.claims if _about(claim, finding)]
    if not claims:
        return "unknown", "nothing of it shows on a scratch server" if at else "no statement ran there"
    refuted = [claim for claim in claims if claim.agreement in ("refuted", "live only")]
    if refuted:
        return "refuted", "; ".join(map(sentence, refuted))
    confirmed = [claim for claim in claims if claim.agreement == "confirmed"]
    if not confirmed:
        return "unknown", "the scratch server could not show it"
    return "confirmed", ", ".join(dict.fromkeys(_short(claim) for claim in confirmed))


def _covers(trace: StatementTrace, finding: Finding) -> bool:
    place, where = trace.place, finding.place
    start, end = (place.line, place.column), (place.end_line, place.end_column)
    return place.path == where.path and start <= (where.line, where.column) <= end


def _about(claim: Claim, finding: Finding) -> bool:
    return claim.kind in ("error", "transaction") or not finding.relations or claim.relation in finding.relations


def _short(claim: Claim) -> str:
    if claim.kind == "lock":
        return f"{claim.measured} on {claim.relation}"
    if claim.kind in ("error", "transaction"):
        return f"{claim.kind} {claim.measured}" if claim.kind == "error" else str(claim.measured)
    return f"{claim.kind} of {claim.relation}"
