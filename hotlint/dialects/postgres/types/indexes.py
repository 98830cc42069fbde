from __future__ import annotations

import msgspec

from hotlint.catalog.catalog import Reader
from hotlint.operations import TypeName
from hotlint.server import Server, Session


class ForeignKeyMatch(msgspec.Struct, frozen=True, gc=False):
    """How the server compares a key column with a foreign key's column. Where a type changes, the foreign key is
    validated again unless the match before equals the match after (tablecmds.c: ATAddForeignKeyConstraint,
    ``old_check_ok``)."""

    left: str
    right: str
    cast: str


def foreign_key_match(
    key: TypeName, column: TypeName, catalog: Reader, server: Server, session: Session
) -> ForeignKeyMatch | None | bool:
    """The comparison of a referenced ``key`` column (with a default btree index) and a foreign key's ``column``.

    False where there is none, which is error 42804 "foreign key constraint … cannot be implemented"; None where it
    cannot be known.
    """
    return None
