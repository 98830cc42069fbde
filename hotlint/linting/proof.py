"""What edits do to a history: the same schema, nothing refused, and the finding gone; or what speaks against them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from hotlint.catalog.diff import Difference, diff
from hotlint.finding import SEVERITIES, Edit, Finding
from hotlint.planning.model import Plan


class Judged(msgspec.Struct, frozen=True):
    """A plan, and what the rules found in it."""

    plan: Plan
    findings: tuple[Finding, ...]


def applied(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits of it made. Raises ``ValueError`` where two of them overlap."""
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < at:
            raise ValueError(f"edits of {edit.path} overlap at {edit.start}")
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join([*pieces, text[at:]])


Objection = tuple["str | None", str]
"""The id of the migration that it is about, and a sentence."""


def refusals(before: Plan, after: Plan) -> Iterator[Objection]:
    """The statements that the server refuses after the change and did not refuse before."""
    known = Counter(_errors(before))
    for migration, message in _errors(after):
        if known[migration, message] > 0:
            known[migration, message] -= 1
        else:
            yield migration, f"the server would refuse a statement of migration {migration}: {message}"


def found_again(before: Judged, after: Judged, fixed: Sequence[Finding]) -> Iterator[Objection]:
    """The findings that should be gone and are not.

    A finding has no identity across an edit of its statement, so they are counted by rule and migration.
    """
    old, new = _counted(before.findings), _counted(after.findings)
    for (migration, rule), count in _counted(fixed).items():
        if new[migration, rule] > old[migration, rule] - count:
            yield migration, f"{rule} finds it again"


def newly_found(before: Judged, after: Judged, fixed: Sequence[Finding]) -> Iterator[Objection]:
    """What other rules find instead, at the same migration and as grave."""
    old, new, done = _counted(before.findings), _counted(after.findings), _counted(fixed)
    least: dict[str | None, int] = {}
    for finding in fixed:
        least[finding.migration] = min(_rank(finding), least.get(finding.migration, len(SEVERITIES)))
    for finding in after.findings:
        key, grave = (finding.migration, finding.rule), least.get(finding.migration)
        if grave is not None and key not in done and new[key] > old[key] and _rank(finding) >= grave:
            yield finding.migration, f"{finding.rule} finds something new: {finding.message}"


def differences(before: Plan, after: Plan, fixed: Sequence[Finding]) -> Iterator[Objection]:
    """How the schemas differ at the ends of the migrations where something was fixed, up and down; what differs from
    an earlier one of them on is told there only."""
    new = {migration.migration.id: migration for migration in after.migrations}
    wanted = {finding.migration for finding in fixed}
    told: set[Difference] = set()
    for one in before.migrations:
        two = new.get(one.migration.id) if one.migration.id in wanted else None
        if two is None:
            continue
        found = diff(one.after, two.after)
        if one.down is not None and two.down is not None:
            found += diff(one.down.after, two.down.after)
        for d in found:
            if d not in told:
                told.add(d)
                yield one.migration.id, f"the schema differs: {d.kind} {d.object} {d.property or ''} {d.change}"


def _errors(plan: Plan) -> Iterator[tuple[str, str]]:
    for up in plan.migrations:
        for migration in (up, up.down):
            for step in migration.steps if migration is not None else ():
                if step.impact.error is not None:
                    yield up.migration.id, step.impact.error.message
            for problem in migration.problems if migration is not None else ():
                yield up.migration.id, problem.message


def _counted(findings: Iterable[Finding]) -> Counter[tuple[str | None, str]]:
    return Counter((finding.migration, finding.rule) for finding in findings)


def _rank(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)
