from __future__ import annotations

from hotlint.rule import Example, ProblemRule


class SuppressionInvalid(ProblemRule):
    """A comment that should suppress a rule cannot be understood, has no reason, or would suppress everything.

    Nothing is suppressed by it. A suppression is a decision that the next reader has to be able to judge: it names its
    rules, and says why the risk is taken.

    Instead:
        Write "-- hotlint: ignore[rule-id] the reason" on the statement, or "ignore-file[rule-id]" for the whole file.

    Sources:
        - Hotlint's documentation, suppressions
    """

    id = "suppression-invalid"
    category = "suppressions"
    severity = "warning"

    bad = (
        Example(sql="-- hotlint: ignore[drop-table]\nDROP TABLE carts;", line=1),
        Example(sql="-- hotlint: ignore\nDROP TABLE carts;", line=1),
        Example(sql="DROP TABLE carts; -- hotlint: ignore[*] nobody knows", line=1),
        Example(sql="-- hotlint: disable[drop-table] carts are empty\nDROP TABLE carts;", line=1),
        Example(sql="-- hotlint: ignore[drop-table] until=tomorrow carts are empty\nDROP TABLE carts;", line=1),
    )
    good = (
        Example(
            sql="-- hotlint: ignore[drop-table] carts moved to the basket service in May\nDROP TABLE carts;",
            why="It names the rule and has a reason.",
        ),
        Example(
            sql="-- This is checked, see hotlint: the drop is fine.\nSELECT 1;",
            why="The words stand in the middle of a sentence, not at its beginning.",
        ),
        Example(
            sql="INSERT INTO notes (text) VALUES ('-- hotlint: ignore');",
            why="It is a string and not a comment.",
        ),
    )
