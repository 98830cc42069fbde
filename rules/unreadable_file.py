from __future__ import annotations

from hotlint.rule import Example, ProblemRule


class UnreadableFile(ProblemRule):
    """A migration cannot be read as UTF-8 text, so the server refuses it or stores something else than was meant.

    A byte that is not UTF-8 ends the statement with "invalid byte sequence for encoding" (22021), or, where the
    client's encoding happens to allow it, puts another character into your data. A NUL character is refused everywhere.

    Instead:
        Save the file as UTF-8 without NUL characters.

    Sources:
        - https://www.postgresql.org/docs/current/multibyte.html
        - the server's mbutils.c, pg_verify_mbstr
    """

    id = "unreadable-file"
    category = "correctness"
    severity = "error"

    bad = (
        Example(files={"migrations/0001_cities.sql": "INSERT INTO cities (name) VALUES ('K\udcf6ln');"}),
        Example(files={"migrations/0001_cities.sql": "CREATE TABLE cities (id bigint);\0"}),
    )
    good = (
        Example(
            files={"migrations/0001_cities.sql": "INSERT INTO cities (name) VALUES ('Köln'), ('京都'), ('🏙');"},
            why="These are many bytes to a character, and valid.",
        ),
        Example(
            files={"migrations/0001_cities.sql": "\ufeffCREATE TABLE cities (id bigint);"},
            why="A byte order mark before the text is skipped, as the tools do.",
        ),
    )
