"""What ``ALTER TABLE … ALTER COLUMN … TYPE`` costs."""

from __future__ import annotations

import msgspec

from hotlint.catalog.catalog import Reader
from hotlint.catalog.outcome import CatalogError, ServerError
from hotlint.catalog.records import Index
from hotlint.dialects.postgres.types.coercion import CannotTell, Cost, coerce, worse
from hotlint.dialects.postgres.types.indexes import ForeignKeyMatch, keeps_key, key_error
from hotlint.dialects.postgres.types.names import Modifiers, Resolved, canonical, resolve
from hotlint.dialects.postgres.types.tables import tables
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
    old: Resolved | None = None
    new: Resolved | None = None
    old_collation: str | None = None
    major: int = 0

    def keeps_index(self, index: Index, column: str) -> bool | None:
        """Whether ``index`` stays as it is (indexcmds.c: CheckIndexCompatible); None where it cannot be known.

        An index that does not use ``column`` stays unless the table is rewritten. One that uses it and has an
        expression or a WHERE clause is always built anew, as is one that is not valid.
        """
        if self.rewrite is not False:
            return None if self.rewrite is None else False
        expressions = [e.expression for e in index.elements if e.expression is not None]
        if index.where is not None:
            expressions.append(index.where)
        if not (column in index.columns or column in index.include or any(uses_column(e, column) for e in expressions)):
            return True
        if expressions or index.valid is False:
            return False
        if self.old is None or self.new is None:
            return None
        verdict: bool | None = True if index.valid else None
        for element in index.elements:
            if element.column != column:
                continue
            opclass = element.opclass.name if element.opclass else None
            kept = keeps_key(self.old, self.new, index.method, opclass, self.major)
            own = element.collation.name if element.collation else None
            # A collation equal to the column's is not kept apart from it: it follows the column's.
            if kept and self.collation_changed is not False and (own is None or own == self.old_collation):
                kept = None if self.collation_changed is None else False
            if kept is not True:
                if kept is False:
                    return False
                verdict = None
        return verdict

    def index_error(self, index: Index, column: str) -> ServerError | None:
        """The error with which the index cannot be made for the new type (indexcmds.c: ResolveOpClass): its operator
        class does not take it (42804), or its method has none for it (42704). None also where it cannot be known."""
        if self.old is None or self.new is None or not self.new.known:
            return None
        for element in index.elements:
            if element.column == column:
                opclass = element.opclass.name if element.opclass else None
                error = key_error(self.old, self.new, index.method, opclass, self.major)
                if error is not None:
                    return error
        return None

    def keeps_foreign_key(
        self, before: ForeignKeyMatch | bool | None, after: ForeignKeyMatch | bool | None
    ) -> bool | None:
        """Whether a foreign key that has the column on either side is not validated again (tablecmds.c:
        TryReuseForeignKey, ATAddForeignKeyConstraint); None where it cannot be known.

        ``before`` and ``after`` are ``foreign_key_match`` with the old and the new type. A rewrite of the table,
        whatever its cause, always validates again.
        """
        if self.rewrite is None or before is None or after is None:
            return False if self.rewrite else None
        return not self.rewrite and before == after


def uses_column(expr: Expr, column: str) -> bool:
    """Whether the expression reads a column of that name."""
    return (expr.kind == "column" and expr.value == column) or any(uses_column(a, column) for a in expr.args)


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
    path and the time zone are those of ``session``. Names of collations are compared without their schema.
    """
    path = session.search_path
    target = resolve(new, catalog, server, path)
    source = resolve(old, catalog, server, path) if old is not None else None
    wanted = canonical(new).modifiers
    if target is not None:
        error = _refused(target, wanted, column, new_collation)
        if error is not None:
            return TypeChange(None, error=error)
    before = source and (old_collation or source.collation)
    after = new_collation.name if new_collation is not None else target and target.collation
    changed = None if source is None or target is None else before != after

    def unknown(why: str) -> TypeChange:
        return TypeChange(None, False, None, why, changed, source, target, before or None, server.major)

    had = canonical(old).modifiers if old is not None else ()
    try:
        value = _using(using, column, source, had, catalog, server, path)
        cost = _assigned(value, target, wanted, column, using, server)
    except CannotTell as reason:
        return unknown(str(reason))
    except CatalogError as refusal:
        if _has_casts(catalog):
            return unknown("casts that the history made may allow this change")
        return TypeChange(None, error=refusal.error)
    if cost == "zone" and session.timezone is None:
        return unknown("a timestamp is kept as it is only where TimeZone is UTC, which the history does not set")
    rewrite = cost == "rewrite" or (cost == "zone" and not zero_zone(session.timezone or "", server.major))
    return TypeChange(rewrite, False, None, None, changed, source, target, before or None, server.major)


class _Value(msgspec.Struct, frozen=True, gc=False):
    """The expression that gives the new value; ``type`` is None where it cannot be told or is that of a literal."""

    type: Resolved | None
    modifiers: Modifiers
    cost: Cost


def _using(
    using: Expr | None,
    column: str,
    source: Resolved | None,
    had: Modifiers,
    catalog: Reader,
    server: Server,
    path: tuple[str, ...],
) -> _Value:
    """The value that USING gives: only casts of the column itself can leave the rows as they are.

    Raises:
        CannotTell: where it depends on what the history does not show.
        CatalogError: 42846 where no cast leads from one type to the next.
    """
    if using is None or (using.kind == "column" and using.value == column):
        if source is None:
            raise CannotTell(f"the type of column {column} is not known")
        return _Value(source, had, "free")
    if using.kind == "collate":
        value = _using(using.args[0], column, source, had, catalog, server, path)
        if value.type is not None and value.type.collation is None and value.type.known:
            raise CatalogError("42804", f"collations are not supported by type {value.type.sql}")
        return value
    if _may_fold(using):
        raise CannotTell("the planner may reduce the USING expression to the column itself")
    if using.kind != "cast" or using.type is None:
        return _Value(None, (), "rewrite")
    inner = _using(using.args[0], column, source, had, catalog, server, path)
    target = resolve(using.type, catalog, server, path)
    if inner.type is None:
        return _Value(target, canonical(using.type).modifiers, "rewrite")
    if target is None:
        raise CannotTell(f"the type {using.type.name} is not known")
    found = coerce(inner.type, inner.modifiers, target, canonical(using.type).modifiers, "e", server.major)
    if found is None:
        raise CatalogError("42846", f"cannot cast type {inner.type.sql} to {target.sql}")
    return _Value(target, found.modifiers, worse(inner.cost, found.cost))


def _may_fold(expr: Expr) -> bool:
    """Whether constants decide what is left of the expression (clauses.c: eval_const_expressions)."""
    if expr.kind == "case":
        return any(arg.kind in ("bool", "null") for arg in expr.args[0 if expr.value is None else 1 : -1 : 2])
    return expr.kind == "call" and expr.name == Name("nullif") and any(a.kind == "null" for a in expr.args)


def _assigned(
    value: _Value, target: Resolved | None, wanted: Modifiers, column: str, using: Expr | None, server: Server
) -> Cost:
    """The cost of storing ``value`` in the new type.

    Raises:
        CatalogError: 42804 where no assignment cast leads there.
    """
    if value.type is None or target is None:
        if value.cost == "rewrite":
            return "rewrite"
        raise CannotTell("the new type is not known")
    found = coerce(value.type, value.modifiers, target, wanted, "a", server.major)
    if found is None:
        what = f'column "{column}"' if using is None else f'result of USING clause for column "{column}"'
        raise CatalogError("42804", f"{what} cannot be cast automatically to type {target.sql}")
    return worse(value.cost, found.cost)


def _refused(target: Resolved, wanted: Modifiers, column: str, collation: Name | None) -> ServerError | None:
    """What the server refuses about the new type itself, in its order (typenameTypeMod, GetColumnDefCollation,
    CheckAttributeType)."""
    if wanted and not target.modifiable and target.known:
        return ServerError("42601", f'type modifier is not allowed for type "{target.name}"')
    if collation is not None and target.collation is None and target.known:
        return ServerError("42804", f"collations are not supported by type {target.sql}")
    if target.kind == "pseudo" or (target.element is not None and target.element.kind == "pseudo"):
        return ServerError("42P16", f'column "{column}" has pseudo-type {target.sql}')
    return None


def _has_casts(catalog: Reader) -> bool:
    return any(kind == "cast" for (kind, _), _ in catalog.catalog.objects.items(catalog.moment))


def zero_zone(zone: str, major: int) -> bool:
    """Whether that TimeZone has always been at UTC (timestamp.c: TimestampTimestampTzRequiresRewrite)."""
    zone = zone.lower()
    return zone in tables(major).zero_zones or zone.lstrip("+-").strip("0:") == ""
