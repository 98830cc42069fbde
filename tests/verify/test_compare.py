"""What a claim of the plan is worth against a measurement."""

from __future__ import annotations

import pytest

from hotlint.finding import Finding, Place
from hotlint.impact import IndexBuild, Rewrite
from hotlint.planning.model import Step
from hotlint.verify.compare import claims_of, disagreements, error_claims, sentence, transaction_claim, verdict
from hotlint.verify.model import Claim, MeasuredError, MeasuredLock, StatementTrace
from hotlint.verify.trace import Measured
from tests.verify.histories import history

ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, day date);\nCREATE TABLE lines (o int REFERENCES orders);"
EXISTING = frozenset(["public.orders", "public.lines"])
PLACE = Place("db/0001_m.up.sql", 1, 1, 1, 30)


def step(sql: str, at: int = 0) -> Step:
    """A step of a migration on top of the two tables."""
    return history(ORDERS, sql)[1].migrations[1].steps[at]


def measured(locks: dict[str, str], *, held: dict[str, str] | None = None, scans: tuple[str, ...] = ()) -> Measured:
    """A measurement; ``held`` are locks of statements before."""
    new = tuple(MeasuredLock(name, "table", mode) for name, mode in locks.items())
    return Measured(locks=new, held={**(held or {}), **locks}, existing=EXISTING, scans=scans)


def short(claims: tuple[Claim, ...]) -> list[tuple[str, str, str]]:
    return [(claim.kind, claim.relation, claim.agreement) for claim in claims]


ADD = "ALTER TABLE orders ADD COLUMN n int;"


@pytest.mark.parametrize(
    ("sql", "seen", "expected"),
    [
        (ADD, measured({"public.orders": "ACCESS EXCLUSIVE"}), [("lock", "public.orders", "confirmed")]),
        (ADD, measured({"public.orders": "SHARE"}), [("lock", "public.orders", "refuted")]),
        (ADD, measured({}), [("lock", "public.orders", "refuted")]),
        (
            ADD,
            measured({"public.orders": "ACCESS EXCLUSIVE", "public.lines": "SHARE"}),
            [("lock", "public.lines", "live only"), ("lock", "public.orders", "confirmed")],
        ),
        # what triggers and foreign keys lock for each row is not seen on an empty table
        ("DELETE FROM orders;", measured({"public.orders": "ROW EXCLUSIVE"}), [("lock", "public.lines", "unknown")]),
        # what a foreign key's check reads is the planner's choice
        (
            "ALTER TABLE lines VALIDATE CONSTRAINT lines_o_fkey;",
            measured({"public.lines": "SHARE UPDATE EXCLUSIVE", "public.orders": "ROW SHARE"}),
            [],
        ),
    ],
)
def test_a_claim_is_held_against_what_was_seen(sql: str, seen: Measured, expected: list[tuple[str, str, str]]) -> None:
    found = short(claims_of(step(sql), seen))
    assert [claim for claim in found if claim[0] == "lock" and (claim in expected or claim[2] == "refuted")] == expected


def test_a_lock_that_was_held_before_shows_nothing() -> None:
    second = step("LOCK TABLE orders;\nALTER TABLE orders ADD COLUMN n int;", 1)
    assert claims_of(second, measured({}, held={"public.orders": "ACCESS EXCLUSIVE"})) == ()


def test_locks_of_what_was_watched_from_outside_are_never_refuted_by_not_being_seen() -> None:
    index = step("CREATE INDEX CONCURRENTLY days ON orders (day);")
    locks = [claim for claim in claims_of(index, measured({}), alone=True) if claim.kind == "lock"]
    assert {claim.agreement for claim in locks} <= {"unknown"}


def test_rewrites_scans_and_builds_are_compared_by_table() -> None:
    change = step("ALTER TABLE orders ALTER COLUMN id TYPE bigint;")
    assert isinstance(change.impact.rewrites[0], Rewrite)
    assert isinstance(change.impact.index_builds[0], IndexBuild)
    seen = measured({"public.orders": "ACCESS EXCLUSIVE", "public.lines": "ACCESS EXCLUSIVE"}, scans=("public.orders",))
    kinds = {claim[0]: claim[2] for claim in short(claims_of(change, seen)) if claim[1] == "public.orders"}
    assert kinds == {"lock": "confirmed", "rewrite": "refuted", "scan": "confirmed", "index build": "refuted"}


def error(sqlstate: str) -> MeasuredError:
    return MeasuredError(sqlstate, "m", PLACE)


@pytest.mark.parametrize(
    ("sql", "sqlstate", "agreement"),
    [
        ("ALTER TABLE missing ADD COLUMN n int;", "42P01", "confirmed"),
        ("ALTER TABLE missing ADD COLUMN n int;", "42703", "refuted"),
        (ADD, "42P01", "live only"),
        (ADD, "42501", "unknown"),
        (ADD, "23505", "unknown"),
    ],
)
def test_errors_are_compared_by_their_sqlstate(sql: str, sqlstate: str, agreement: str) -> None:
    assert [claim.agreement for claim in error_claims(step(sql), error(sqlstate))] == [agreement]


def test_an_error_that_does_not_come_refutes_the_plan() -> None:
    (claim,) = claims_of(step("ALTER TABLE missing ADD COLUMN n int;"), measured({}))
    assert sentence(claim) == "planned error 42P01, the server said success"


def test_whether_a_transaction_is_allowed_is_compared() -> None:
    index = step("CREATE INDEX CONCURRENTLY days ON orders (day);")
    assert transaction_claim(index, False).agreement == "confirmed"
    claim = transaction_claim(index, True)
    assert sentence(claim) == ("planned as refused in a transaction, the server had it allowed in a transaction")


def trace(*claims: Claim) -> StatementTrace:
    return StatementTrace(PLACE, "ALTER …", 0.0, 1.0, 1.0, claims=claims)


def finding(line: int = 1, relations: tuple[str, ...] = ("public.orders",)) -> Finding:
    return Finding("r", "locking", "warning", "m", Place(PLACE.path, line, 1, line, 5), relations=relations)


LOCK = Claim("lock", "public.orders", "SHARE", "SHARE", "confirmed")
OTHER = Claim("lock", "public.lines", "SHARE", None, "refuted")


@pytest.mark.parametrize(
    ("about", "claims", "expected"),
    [
        (finding(), (LOCK, OTHER), ("confirmed", "SHARE on public.orders")),
        (
            finding(relations=()),
            (LOCK, OTHER),
            ("refuted", "planned SHARE on public.lines, the server took none"),
        ),
        (finding(relations=("public.other",)), (LOCK,), ("unknown", "nothing of it shows on a scratch server")),
        (finding(line=9), (LOCK,), ("unknown", "no statement ran there")),
        (
            finding(),
            (Claim("scan", "public.orders", "query", None, "unknown"),),
            ("unknown", "the scratch server could not show it"),
        ),
    ],
)
def test_a_finding_gets_the_verdict_on_its_relations_at_its_place(
    about: Finding, claims: tuple[Claim, ...], expected: tuple[str, str]
) -> None:
    assert verdict(about, [trace(*claims)]) == expected


def test_only_refuted_and_unplanned_claims_are_disagreements() -> None:
    assert disagreements(trace(LOCK, OTHER)) == (OTHER,)
