from __future__ import annotations

import msgspec

from hotlint.catalog.catalog import Reader
from hotlint.catalog.outcome import ServerError
from hotlint.catalog.records import Index
from hotlint.operations import Expr, Name, TypeName
from hotlint.server import Server, Session


class TypeChange(msgspec.Struct, frozen=True, gc=False):
    """What ``ALTER COLUMN … TYPE`` does to the rows of the table and to what depends on the column.

    ``rewrite``: the table and all its indexes are written anew; None where it cannot be known, ``unknown`` then says
    why in a sentence. ``scan``: the rows are read to check a domain without being rewritten (never on 12 to 18: a
    domain with constraints rewrites). ``error``: the server refuses; nothing else holds then.
    ``collation_changed``: the column gets another collation (None: cannot be known).
    """

    rewrite: bool | None
    scan: bool = False
    error: ServerError | None = None
    unknown: str | None = None
    collation_changed: bool | None = False

    def keeps_index(self, index: Index, column: str) -> bool | None:
        """Whether ``index``, which has ``column`` as a key, stays as it is where the table is not rewritten
        (indexcmds.c: CheckIndexCompatible). An index with an expression or a WHERE clause that uses the column is
        always built anew; so is the column's use in them that the caller must look for. INCLUDE columns keep."""
        return None


def type_change(
    old: TypeName | None,
    new: TypeName,
    *,
    using: Expr | None,
    column: str,
    old_collation: str | None,
    new_collation: Name | None,
    catalog: Reader,
    server: Server,
    session: Session,
) -> TypeChange:
    """What the server does when ``column`` changes from ``old`` to ``new`` (tablecmds.c: ATPrepAlterColumnType,
    ATColumnChangeRequiresRewrite).

    ``old`` is None where the column's type is not known. ``catalog`` is the schema before the statement; the search
    path and the time zone are those of ``session``.
    """
    return TypeChange(None, unknown=f"the type of column {column} is not known")
