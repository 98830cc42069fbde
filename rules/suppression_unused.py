from __future__ import annotations

from hotlint.rule import Example, ProblemRule


class SuppressionUnused(ProblemRule):
    """A comment suppresses a rule that finds nothing at its statement.

    The statement has changed since, or the comment stands at the wrong one. Left where it is, it would hide the next
    mistake.

    Instead:
        Delete the comment, or move it to the statement that it is about: before it, inside it, or behind its semicolon.

    Sources:
        - Hotlint's documentation, suppressions
    """

    id = "suppression-unused"
    category = "suppressions"
    severity = "warning"

    bad = (
        Example(
            given="CREATE TABLE carts (id bigint);",
            sql="-- hotlint: ignore[drop-table] carts moved away\nSELECT 1;\nDROP TABLE carts;",
            line=1,
        ),
        Example(sql="-- hotlint: ignore-file[drop-table] carts moved away\nSELECT 1;", line=1),
        Example(
            given="CREATE TABLE carts (id bigint);",
            sql="DROP TABLE carts;\n-- hotlint: ignore[drop-table] carts moved away\n",
            line=2,
        ),
    )
    good = (
        Example(
            given="CREATE TABLE carts (id bigint);",
            sql="SELECT 1;\nDROP TABLE carts -- hotlint: ignore[drop-table] carts moved away\n;",
            why="The comment stands inside the statement that it is about.",
        ),
        Example(
            given="CREATE TABLE carts (id bigint);",
            sql="-- hotlint: ignore-file[drop-table] carts moved away\nSELECT 1;\nDROP TABLE carts;",
            why="It is about the whole file, wherever it stands.",
        ),
        Example(
            given="CREATE TABLE carts (id bigint);",
            sql="DO $$\nBEGIN\n  -- hotlint: ignore[drop-table] carts moved away\n  DROP TABLE carts;\nEND\n$$;",
            why="The comment stands in the body of the DO block, which is SQL too.",
        ),
    )
