"""What edits do to a history: the same schema, nothing refused, and the finding gone; or what speaks against them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from hotlint.catalog.diff import Difference, diff
from hotlint.finding import SEVERITIES, Edit, Finding
from hotlint.planning.model import MigrationPlan, Plan


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


def refusals(before: Plan, after: Plan) -> Iterator[str]:
    """The statements that the server refuses after the change and did not refuse before, as sentences."""
    known = Counter(_errors(before))
    for migration, message in _errors(after):
        if known[migration, message] > 0:
            known[migration, message] -= 1
        else:
            yield f"the server would refuse a statement of migration {migration}: {message}"


def found_again(before: Judged, after: Judged, fixed: Sequence[Finding]) -> Iterator[str]:
    """The findings that should be gone and are not, as sentences.

    A finding has no identity across an edit of its statement, so they are counted by rule and migration.
    """
    old, new = _counted(before.findings), _counted(after.findings)
    for (migration, rule), count in _counted(fixed).items():
        if new[migration, rule] > old[migration, rule] - count:
            yield f"{rule} finds it again"


def newly_found(before: Judged, after: Judged, fixed: Sequence[Finding]) -> Iterator[str]:
    """What other rules find instead, at the same migration and as grave, as sentences."""
    old, new, done = _counted(before.findings), _counted(after.findings), _counted(fixed)
    least: dict[str | None, int] = {}
    for finding in fixed:
        least[finding.migration] = min(_rank(finding), least.get(finding.migration, len(SEVERITIES)))
    for finding in after.findings:
        key, grave = (finding.migration, finding.rule), least.get(finding.migration)
        if grave is not None and key not in done and new[key] > old[key] and _rank(finding) >= grave:
            yield f"{finding.rule} finds something new: {finding.message}"


def differences(before: Plan, after: Plan, migrations: Iterable[str | None]) -> tuple[Difference, ...]:
    """How the schemas at the ends of these migrations differ, up and down."""
    old, new = _by_id(before), _by_id(after)
    found: list[Difference] = []
    for id in dict.fromkeys(migrations):
        if id is None or id not in old or id not in new:
            continue
        one, two = old[id], new[id]
        found += diff(one.after, two.after)
        if one.down is not None and two.down is not None:
            found += diff(one.down.after, two.down.after)
    return tuple(dict.fromkeys(found))


def objections(before: Judged, after: Judged, fixed: Sequence[Finding]) -> list[str]:
    """What speaks against calling the change that takes ``fixed`` away safe; empty where nothing does."""
    changed = differences(before.plan, after.plan, (finding.migration for finding in fixed))
    return [
        *refusals(before.plan, after.plan),
        *found_again(before, after, fixed),
        *newly_found(before, after, fixed),
        *(f"the schema differs: {d.kind} {d.object} {d.property or ''} {d.change}" for d in changed),
    ]


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


def _by_id(plan: Plan) -> dict[str, MigrationPlan]:
    return {migration.migration.id: migration for migration in plan.migrations}
