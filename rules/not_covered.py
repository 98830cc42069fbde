from __future__ import annotations

from hotlint.rule import Example, ProblemRule


class NotCovered(ProblemRule):
    """A part of the history cannot be read here, so nothing is said about it, and what follows is judged without it.

    A psql command includes another file, or a placeholder stands where only its value makes the statement readable.
    What the server does there is unknown: a lock may be taken and a table may come or go without a word from Hotlint.

    Instead:
        Give the placeholder's value under "placeholders" in the configuration; put what is included into the migration.

    Sources:
        - https://www.postgresql.org/docs/current/app-psql.html, \\\\i and \\\\ir
    """

    id = "not-covered"
    category = "correctness"
    severity = "info"

    bad = (
        Example(sql="\\i functions.sql\nCREATE TABLE orders (id bigint);", line=1),
        Example(sql="CREATE TABLE orders (id bigint);\n\\ir ../shared/grants.sql\n", line=2),
    )
    good = (
        Example(
            sql="\\set ON_ERROR_STOP on\n\\echo making orders\nCREATE TABLE orders (id bigint);",
            why="These commands are psql's own and send nothing to the server.",
        ),
        Example(
            sql="CREATE SCHEMA ${schema};\nCREATE TABLE ${schema}.orders (id bigint);",
            why="A name may stand for itself: the statements can be read without its value.",
        ),
    )
