"""The tables that are to be filled with rows, as the server's catalogs tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hotlint.verify.snapshot import INSTRUMENTS

if TYPE_CHECKING:
    from psycopg import Connection


class BaseType(msgspec.Struct, frozen=True, gc=False):
    """What the values of a column are in the end: domains are followed to their base, arrays to their element.

    ``kind`` is ``pg_type.typtype`` of the base: b, e, c, r or m. ``checks`` are the domains' conditions over VALUE.
    """

    name: str  # as SQL, with modifiers
    plain: str  # pg_type.typname
    kind: str
    typmod: int = -1
    labels: tuple[str, ...] = ()
    element: BaseType | None = None  # of an array, a range or a multirange
    attributes: tuple[BaseType, ...] = ()
    checks: tuple[str, ...] = ()
    not_null: bool = False


class FillColumn(msgspec.Struct, gc=False):
    name: str
    type: BaseType
    not_null: bool
    default: str | None
    identity: bool
    generated: str | None
    sequence: str | None  # of a serial or identity column


class ForeignKey(msgspec.Struct, gc=False):
    name: str
    columns: tuple[str, ...]
    target: int
    target_columns: tuple[str, ...]
    full: bool
    deferrable: bool


class FillTable(msgspec.Struct):
    """A table and what its rows must satisfy; ``partitions`` are the conditions of its leaves, one of which must hold.

    ``spread`` are columns that a unique index or an exclusion constraint names: their values should not repeat.
    """

    oid: int
    name: str
    columns: list[FillColumn]
    checks: list[tuple[str, str]] = []  # name, condition
    partitions: list[str] = []
    partitioned: bool = False
    foreign_keys: list[ForeignKey] = []
    spread: set[str] = set()
    unique: list[tuple[str, ...]] = []
    exclusions: list[str] = []


_TABLES = """
SELECT c.oid, format('%%I.%%I', n.nspname, c.relname), c.relkind = 'p'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> ALL (%(ignored)s::text[])
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.deptype = 'e')
ORDER BY 2"""

_COLUMNS = """
SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod, a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
  a.attidentity <> '', a.attgenerated <> '',
  (SELECT s.oid::regclass::text FROM pg_depend p JOIN pg_class s ON s.oid = p.objid AND s.relkind = 'S'
   WHERE p.refclassid = 'pg_class'::regclass AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum
     AND p.classid = 'pg_class'::regclass AND p.deptype IN ('a', 'i') LIMIT 1)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY (%(tables)s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum"""

_TYPES = """
SELECT t.oid, t.typname, format_type(t.oid, -1), t.typtype, t.typbasetype, t.typtypmod, t.typelem, t.typlen,
  t.typnotnull,
  (SELECT array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
  (SELECT array_agg(substr(pg_get_constraintdef(c.oid), 7) ORDER BY conname) FROM pg_constraint c
   WHERE c.contypid = t.oid AND c.contype = 'c'),
  (SELECT array_agg(atttypid::bigint ORDER BY attnum) FROM pg_attribute WHERE attrelid = t.typrelid AND t.typtype = 'c'
   AND attnum > 0 AND NOT attisdropped),
  (SELECT array_agg(atttypmod ORDER BY attnum) FROM pg_attribute WHERE attrelid = t.typrelid AND t.typtype = 'c'
   AND attnum > 0 AND NOT attisdropped),
  (SELECT rngsubtype::bigint FROM pg_range r WHERE r.rngtypid = t.oid
   OR (to_jsonb(r) ->> 'rngmultitypid')::bigint = t.oid::bigint)
FROM pg_type t WHERE t.oid = ANY (%(types)s::oid[])"""

_CONSTRAINTS = """
SELECT c.conrelid, c.conname, c.contype, pg_get_constraintdef(c.oid), pg_get_expr(c.conbin, c.conrelid),
  (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(num, n)
   JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num),
  c.confrelid, (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(c.confkey) WITH ORDINALITY k(num, n)
   JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num),
  c.confmatchtype = 'f', c.condeferrable
FROM pg_constraint c WHERE c.conrelid = ANY (%(tables)s) AND c.contype IN ('c', 'f', 'x')
ORDER BY c.conrelid, c.conname"""

_UNIQUE = """
SELECT i.indrelid, (SELECT array_agg(DISTINCT a.attname::text) FROM pg_depend d JOIN pg_attribute a
    ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid > 0
    AND ((d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid) OR (d.classid = 'pg_constraint'::regclass
      AND d.objid IN (SELECT oid FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x')))))
FROM pg_index i WHERE i.indrelid = ANY (%(tables)s) AND (i.indisunique OR i.indisexclusion) ORDER BY i.indexrelid"""

_LEAVES = """
SELECT t.oid::bigint, pg_get_partition_constraintdef(p.relid) FROM unnest(%(tables)s::oid[]) t(oid),
  pg_partition_tree(t.oid) p WHERE p.isleaf ORDER BY p.level, p.relid"""


def read_tables(
    connection: Connection[Any], ignored_schemas: tuple[str, ...] = INSTRUMENTS
) -> tuple[dict[int, FillTable], list[str]]:
    """All ordinary and partitioned tables by oid, and notes. Expressions come qualified."""
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL search_path = ''")
        rows = connection.execute(_TABLES, {"ignored": list(ignored_schemas)}).fetchall()
        tables = {oid: FillTable(oid, name, [], partitioned=parts) for oid, name, parts in rows}
        oids = {"tables": list(tables)}
        columns = connection.execute(_COLUMNS, oids).fetchall()
        types = _Types(connection, {row[2] for row in columns})
        for oid, name, kind, typmod, not_null, default, identity, generated, sequence in columns:
            base = types.base(kind, typmod)
            tables[oid].columns.append(
                FillColumn(
                    name,
                    base,
                    not_null or base.not_null,
                    None if generated else default,
                    identity,
                    default if generated else None,
                    sequence if identity or (default or "").startswith("nextval(") else None,
                )
            )
        _read_constraints(connection, tables, oids)
        for oid, condition in connection.execute(
            _LEAVES, {"tables": [t.oid for t in tables.values() if t.partitioned]}
        ):
            tables[oid].partitions.append(condition or "true")
    return tables, []


def _read_constraints(connection: Connection[Any], tables: dict[int, FillTable], oids: dict[str, list[int]]) -> None:
    for oid, name, kind, text, condition, columns, target, targets, full, deferrable in connection.execute(
        _CONSTRAINTS, oids
    ):
        table = tables[oid]
        if kind == "c":
            table.checks.append((name, condition))
        elif kind == "x":
            table.exclusions.append(text)
        elif "NOT ENFORCED" not in text:
            table.foreign_keys.append(ForeignKey(name, tuple(columns), target, tuple(targets), full, deferrable))
    for oid, columns in connection.execute(_UNIQUE, oids):
        tables[oid].spread.update(columns or ())
        tables[oid].unique.append(tuple(columns or ()))


class _Types:
    """Types by oid, read from the server level by level: domains, elements, attributes."""

    def __init__(self, connection: Connection[Any], wanted: set[int]) -> None:
        self._rows: dict[int, tuple[Any, ...]] = {}
        self._made: dict[tuple[int, int], BaseType] = {}
        while wanted:
            for row in connection.execute(_TYPES, {"types": list(wanted)}).fetchall():
                self._rows[row[0]] = row
            reached: set[int] = set()
            for oid in wanted & self._rows.keys():
                _, _, _, _, base, _, element, _, _, _, _, attributes, _, subtype = self._rows[oid]
                reached.update(o for o in (base, element, subtype, *(attributes or ())) if o)
            wanted = reached - self._rows.keys()

    def base(self, oid: int, typmod: int) -> BaseType:
        made = self._made.get((oid, typmod))
        if made is None:
            made = self._made[oid, typmod] = self._make(oid, typmod)
        return made

    def _make(self, oid: int, typmod: int) -> BaseType:
        row = self._rows[oid]
        (
            _,
            plain,
            name,
            kind,
            base,
            base_typmod,
            element,
            length,
            not_null,
            labels,
            checks,
            attributes,
            mods,
            subtype,
        ) = row
        if kind == "d":
            under = self.base(base, base_typmod)
            return msgspec.structs.replace(
                under, checks=(*(checks or ()), *under.checks), not_null=not_null or under.not_null
            )
        inner = None
        if subtype:
            inner = self.base(subtype, -1)
        elif element and length == -1:
            inner = self.base(element, typmod)
        parts = tuple(self.base(a, m) for a, m in zip(attributes or (), mods or (), strict=True))
        return BaseType(name, plain, kind, typmod, tuple(labels or ()), inner, parts)
