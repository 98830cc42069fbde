"""What a run is to measure: the configuration, and before it what the command line says."""

from __future__ import annotations

import glob

import msgspec

from hotlint.config import Settings, ValidationConfig
from hotlint.finding import Finding
from hotlint.verify.thresholds import Limits, limits_of
from hotlint.verify.validation import ValidationOptions


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What to look at around each migration, and the limits for it. ``queries`` are files of the user's queries."""

    validation: ValidationOptions = ValidationOptions()
    limits: Limits = Limits()
    queries: tuple[str, ...] = ()
    told: ValidationConfig = ValidationConfig()

    @property
    def has_performance(self) -> bool:
        """Whether others are probed and queries run: both need rows."""
        return self.told.performance_impact and self.validation.has_rows

    def wanted(self, finding: Finding) -> bool:
        """Whether the configuration asks for findings of this kind."""
        block = _BLOCKS.get(finding.rule)
        return block is None or bool(getattr(self.told, block))


_BLOCKS = {
    "plan-disagrees": "schema_changes",
    "data-lost": "data_integrity",
    "fails-on-rows": "data_integrity",
    "check-fails": "dependency_checks",
    "round-trip-fails": "rollback_safety",
}
"""The rules that a switch of the block ``validation`` is about."""

NO_TRIP = "none"


def wishes_of(
    settings: Settings, *, rows: int | None = None, seed: int | None = None, round_trip: str | None = None
) -> Wishes:
    """What the configuration asks for; whatever is given here comes before it. Way backs are tried by default.

    Raises ``ConfigError`` for a pattern that no file matches.
    """
    config = settings.config
    verify = config.verify
    trip = round_trip or (verify.round_trip or "all" if config.validation.rollback_safety else NO_TRIP)
    limits = limits_of(config)
    validation = ValidationOptions(
        rows=verify.rows or 0 if rows is None else rows,
        seed=verify.seed or 0 if seed is None else seed,
        round_trip=None if trip == NO_TRIP else trip,
        checks=_files(settings, ("verify", "checks"), verify.checks),
        fixtures=_files(settings, ("verify", "fixtures"), verify.fixtures) if rows is None else (),
        generator=_generator(settings, verify.generator),
        tolerance=limits.data_loss,
    )
    return Wishes(
        validation=validation,
        limits=limits,
        queries=_files(settings, ("queries",), config.queries),
        told=config.validation,
    )


def _generator(settings: Settings, reference: str | None) -> str | None:
    if reference is None:
        return None
    path, _, function = reference.rpartition(":")
    return f"{settings.resolve(path)}:{function}"


def _files(settings: Settings, key: tuple[str, ...], patterns: tuple[str, ...] | str) -> tuple[str, ...]:
    """The files that the patterns match, each once, in the order of the patterns and of their names."""
    files: dict[str, None] = {}
    for pattern in (patterns,) if isinstance(patterns, str) else patterns:
        matching = sorted(glob.glob(settings.resolve(pattern), recursive=True))
        if not matching:
            raise settings.error(key, f"{'.'.join(key)}: there is no file {settings.resolve(pattern)}")
        files.update(dict.fromkeys(matching))
    return tuple(files)
