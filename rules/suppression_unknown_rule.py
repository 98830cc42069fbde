from __future__ import annotations

from hotlint.rule import Example, ProblemRule


class SuppressionUnknownRule(ProblemRule):
    """A comment suppresses a rule that there is not, so it suppresses nothing.

    It was misspelt, or the rule belongs to another linter or to a plug-in that is not installed here.

    Instead:
        Write the rule's id as "hotlint rules" lists it.

    Sources:
        - Hotlint's documentation, suppressions
    """

    id = "suppression-unknown-rule"
    category = "suppressions"
    severity = "warning"

    bad = (
        Example(sql="-- hotlint: ignore[drop-tabel] carts moved away\nDROP TABLE carts;", line=1),
        Example(
            sql="SELECT 1;\n-- hotlint: ignore[drop-table, ban-drop-table] carts moved away\nDROP TABLE carts;", line=2
        ),
    )
    good = (
        Example(
            sql="-- hotlint: ignore[drop-table] carts moved away\nDROP TABLE carts;",
            why="There is a rule of that name.",
        ),
        Example(
            sql="-- squawk-ignore ban-drop-table\nDROP TABLE carts;",
            why="A comment for another linter is none of ours.",
        ),
    )
