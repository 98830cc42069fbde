"""The findings of ``hotlint verify``: what only a run on a server can show. One table says what each id stands for."""

from __future__ import annotations

import msgspec

from hotlint.finding import Finding, Place, Severity

CATEGORY = "measured"


class MeasuredRule(msgspec.Struct, frozen=True):
    """What an id of a finding stands for; ``help`` is what to do about it."""

    id: str
    severity: Severity
    summary: str
    help: str


RULES: dict[str, MeasuredRule] = {
    rule.id: rule
    for rule in (
        MeasuredRule(
            "migration-fails",
            "error",
            "The server refuses a statement of the migration.",
            "Correct the statement at the place that the server names. What it lacks on the scratch server only"
            " (an extension, a role) can be given under `verify` in the configuration.",
        ),
        MeasuredRule(
            "fails-on-rows",
            "error",
            "The migration fails on rows that the schema before it allows, and runs without them.",
            "Say in the migration, before this statement, what becomes of such rows. If there can be none, a constraint"
            " of the schema before it should say so.",
        ),
        MeasuredRule(
            "plan-disagrees",
            "warning",
            "The server did something else than what Hotlint planned for this statement.",
            "Trust the server. The plan of this statement is wrong: please report it with the statement and the"
            " definition of its table.",
        ),
        MeasuredRule(
            "round-trip-fails",
            "error",
            "Up, down and up again do not lead back to the schema that was there.",
            "Undo every statement of the up script, in reverse order; what cannot be undone deserves a plan of its own"
            " before the migration is run.",
        ),
        MeasuredRule(
            "data-lost",
            "error",
            "The migration, or its way back, destroys rows or values.",
            "Copy what is still needed before it is dropped or overwritten, and keep the old column or table until"
            " nothing reads it.",
        ),
        MeasuredRule(
            "check-fails",
            "error",
            "Something that must hold after the migration does not.",
            "Make it hold in this migration: validate the constraint, rebuild the index, move the sequence on.",
        ),
        MeasuredRule(
            "threshold-exceeded",
            "error",
            "A measurement is beyond a limit that the configuration sets.",
            "Split the migration, or take the slow way round that locks nothing; or allow more in the configuration.",
        ),
    )
}


def found(
    id: str,
    message: str,
    place: Place,
    *,
    migration: str | None = None,
    relations: tuple[str, ...] = (),
    related: tuple[Place, ...] = (),
    severity: Severity | None = None,
    help: str | None = None,
) -> Finding:
    """A finding of verify's own, with what the table says of its id."""
    rule = RULES[id]
    return Finding(
        rule=id,
        category=CATEGORY,
        severity=severity or rule.severity,
        message=message,
        place=place,
        migration=migration,
        relations=relations,
        related=related,
        help=rule.help if help is None else help,
    )
