from __future__ import annotations

from hotlint.rule import Example, ProblemRule


class SyntaxErrorRule(ProblemRule):
    """The statement does not parse, so the server refuses it and the migration stops there.

    In a transaction nothing of the migration remains. Without one, all statements before this one have happened, and
    the tool either marks the migration as dirty or tries it again from its first line.

    Hotlint parses with PostgreSQL's own grammar. What looks like a mistake of Hotlint's is most often a template's
    placeholder: name it in the configuration (``placeholders``), and its value is put in before parsing. The other
    statements of the file are checked as usual.

    Instead:
        Correct the statement at the place that is marked. If a tool fills in placeholders before the server sees the
        file, give their values under "placeholders" in the configuration.

    Sources:
        - PostgreSQL's grammar, gram.y, through libpg_query
    """

    id = "syntax-error"
    category = "correctness"
    severity = "error"

    bad = (
        Example(
            given="CREATE TABLE orders (id bigint PRIMARY KEY);",
            sql="ALTER TABLE orders ADD COLUMN note text;\nALTER TABLE orders ADD COLUMN NOT NULL total int;",
            line=2,
        ),
        Example(
            sql="CREATE TABLE orders (\n  id bigint PRIMARY KEY,\n  total numeric,\n);\nCREATE TABLE items (id int);",
            line=4,
        ),
        Example(sql="SELECT 'it''s;\nCREATE TABLE orders (id bigint);", line=1),
    )
    good = (
        Example(
            sql="CREATE TABLE IF NOT EXISTS \"Order\" (id bigint, note text DEFAULT 'a;b');",
            why="The semicolon stands in a string: it ends no statement.",
        ),
        Example(
            sql="CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $body$\nBEGIN\n  RETURN 1;\nEND;\n$body$;",
            why="The semicolons of a body in dollar quotes belong to the body.",
        ),
        Example(
            sql="\\set ON_ERROR_STOP on\nCREATE TABLE orders (id bigint);",
            why="A line of psql's own is no SQL and is not sent to the server.",
        ),
    )
