from __future__ import annotations

from hotlint.rule import Example, ProblemRule


class SuppressionExpired(ProblemRule):
    """The date up to which a comment suppresses a rule has passed, so it suppresses nothing any more.

    Whoever wrote it wanted the decision to be looked at again by then.

    Instead:
        Look at the finding that it hid: correct the statement, or give the suppression a new date.

    Sources:
        - Hotlint's documentation, suppressions
    """

    id = "suppression-expired"
    category = "suppressions"
    severity = "warning"

    bad = (
        Example(sql="-- hotlint: ignore[drop-table] until=2020-01-31 carts move away\nDROP TABLE carts;", line=1),
        Example(sql="DROP TABLE carts; /* hotlint: ignore[drop-table] carts move away, until=2020-01-31 */", line=1),
    )
    good = (
        Example(
            sql="-- hotlint: ignore[drop-table] until=9999-01-31 carts move away\nDROP TABLE carts;",
            why="The date is still to come.",
        ),
        Example(
            sql="-- hotlint: ignore[drop-table] carts were used up to 2020-01-31\nDROP TABLE carts;",
            why="A date in the reason that is not given as until= is just a reason.",
        ),
    )
