"""The facts of an object that two schemas are compared by, and their texts."""

from __future__ import annotations

from typing import Any

from hotlint.catalog.names import QName, quote
from hotlint.catalog.records import (
    Column,
    CompositeType,
    Constraint,
    Domain,
    Enum,
    Function,
    Index,
    OtherType,
    Relation,
    Sequence,
    Table,
    Trigger,
    View,
)
from hotlint.operations import Expr, FunctionArgument, IndexElement, TypeName

UNKNOWN: Any = object()
"""A fact that Hotlint cannot know: equal to everything in a comparison."""

Facts = dict[tuple[str, str], dict[str, Any]]
"""(kind, name) of an object or part → property → value."""

_ALIASES = {
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "bool": "boolean",
    "float4": "real",
    "float8": "double precision",
    "varchar": "character varying",
    "bpchar": "character",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "timetz": "time with time zone",
    "time": "time without time zone",
    "varbit": "bit varying",
}


def type_text(written: TypeName | None) -> Any:
    """The type as the server shows it; UNKNOWN where it is."""
    if written is None or written.percent_type:
        return UNKNOWN
    if written.schema == "pg_catalog" or written.schema is None:
        base = _ALIASES.get(written.name, written.name)
    else:
        base = f"{quote(written.schema)}.{quote(written.name)}"
    modifiers = f"({','.join(map(str, written.modifiers))})" if written.modifiers else ""
    if modifiers and base.endswith("time zone"):
        head, _, tail = base.partition(" ")
        base, modifiers = f"{head}{modifiers} {tail}", ""
    return f"{base}{modifiers}{'[]' * min(written.dimensions, 1)}"


def expression_text(expression: Expr | None) -> str | None:
    """An expression as comparable text, without the casts that the server adds itself: of constants, and to built-in
    types."""
    if expression is None or expression.kind == "null":
        return None
    return _text(expression)


_CONSTANTS = frozenset(["string", "number", "bool", "bits", "null"])


def _text(e: Expr) -> str:
    inner = [_text(a) for a in e.args]
    if e.kind == "cast":
        if e.type is not None and e.type.name == "interval":
            return "interval"  # '5 minutes' and '00:05' are the same, and Hotlint does not read intervals
        if e.args and (e.args[0].kind in _CONSTANTS or e.type is None or e.type.schema in (None, "pg_catalog")):
            return inner[0]
        kind = type_text(e.type)
        return f"{inner[0] if inner else ''}::{kind if kind is not UNKNOWN else '?'}"
    if e.kind == "string":
        return "'" + (e.value or "").replace("'", "''") + "'"
    if e.kind == "call":
        return f"{e.name.name if e.name is not None else ''}({', '.join(inner)})"
    if e.kind == "column":
        return quote(e.value or "")
    if e.kind == "operator":
        return f"({inner[0]} {e.value} {inner[1]})" if len(inner) == 2 else f"({e.value} {' '.join(inner)})"
    if e.kind in ("and", "or"):
        return "(" + f" {e.kind.upper()} ".join(inner) + ")"
    if e.kind in _CONSTANTS:
        return e.value if e.value is not None else "NULL"
    return f"{e.kind}{':' + e.value if e.value else ''}({', '.join(inner)})"


def _element(e: IndexElement) -> str:
    parts = [quote(e.column) if e.column is not None else f"({expression_text(e.expression)})"]
    parts += [f"COLLATE {e.collation.name}"] if e.collation is not None else []
    parts += [e.opclass.name] if e.opclass is not None else []
    parts += ["DESC"] if e.descending else []
    parts += [f"NULLS {e.nulls.upper()}"] if e.nulls == ("last" if e.descending else "first") else []
    parts += [f"WITH {e.operator}"] if e.operator is not None else []
    return " ".join(parts)


def _elements(elements: tuple[IndexElement, ...]) -> str:
    return ", ".join(map(_element, elements))


def _columns(columns: tuple[str, ...]) -> str:
    return ", ".join(map(quote, columns))


def constraint_text(c: Constraint) -> str:
    """The definition of a constraint, as the server would show it."""
    if c.kind == "check":
        text = f"CHECK ({expression_text(c.expression)})" + (" NO INHERIT" if c.no_inherit else "")
    elif c.kind == "foreign key":
        text = f"FOREIGN KEY ({_columns(c.columns)}) REFERENCES {c.target}({_columns(c.target_columns)})"
        text += f" ON UPDATE {c.on_update.upper()}" if c.on_update != "no action" else ""
        text += f" ON DELETE {c.on_delete.upper()}" if c.on_delete != "no action" else ""
        text += f" MATCH {c.match.upper()}" if c.match != "simple" else ""
    elif c.kind == "exclude":
        text = f"EXCLUDE ({_elements(c.elements)})"
        text += f" WHERE ({expression_text(c.where)})" if c.where is not None else ""
    else:
        text = f"{c.kind.upper()} ({_columns(c.columns)})" + (" NULLS NOT DISTINCT" if c.nulls_not_distinct else "")
    text += " DEFERRABLE" if c.deferrable else ""
    text += " INITIALLY DEFERRED" if c.initially_deferred else ""
    text += "" if c.enforced else " NOT ENFORCED"
    return text + ("" if c.valid else " NOT VALID")


def index_text(i: Index) -> str:
    """The definition of an index, as the server would show it."""
    text = f"{'UNIQUE ' if i.unique else ''}INDEX ON {i.table} USING {i.method} ({_elements(i.elements)})"
    text += f" INCLUDE ({_columns(i.include)})" if i.include else ""
    text += " NULLS NOT DISTINCT" if i.nulls_not_distinct else ""
    text += f" WITH ({', '.join(f'{k}={v}' for k, v in i.options)})" if i.options else ""
    return text + (f" WHERE {expression_text(i.where)}" if i.where is not None else "")


def _trigger(t: Trigger) -> dict[str, Any]:
    columns = f" OF {_columns(t.columns)}" if t.columns else ""
    text = f"{t.timing} {' or '.join(sorted(t.events))}{columns} FOR EACH {'ROW' if t.row else 'STATEMENT'}"
    text += f" WHEN ({expression_text(t.when)})" if t.when is not None else ""
    text += f" EXECUTE {t.function}({', '.join(t.arguments)})"
    text += f"{' CONSTRAINT' if t.constraint else ''}{' DEFERRABLE' if t.deferrable else ''}"
    return {"definition": text + (" INITIALLY DEFERRED" if t.initially_deferred else ""), "state": t.state}


def _not_null_name(name: str | None) -> Any:
    """The name of a NOT NULL constraint; the server's own choices (18) count as equal, none as unknown."""
    if name is None:
        return UNKNOWN
    return "automatic" if name.rstrip("0123456789").endswith("_not_null") else name


def _column(c: Column) -> dict[str, Any]:
    return {
        "type": type_text(c.type),
        "not_null": UNKNOWN if c.not_null is None else c.not_null,
        "not_null name": _not_null_name(c.not_null_name),
        "default": expression_text(c.default),
        "identity": c.identity,
        "generated": expression_text(c.generated),
        "collation": c.collation,
        "storage": c.storage,
        "compression": c.compression,
        "statistics": c.statistics,
        "options": c.options,
        "maybe": c.maybe,
    }


def _table(t: Table) -> Facts:
    name = str(t.name)
    facts: Facts = {
        ("table", name): {
            "kind": t.kind,
            "persistence": t.persistence,
            "partition": (str(t.partition_of), t.bound) if t.partition_of is not None else None,
            "partition key": t.partition_key,
            "inherits": tuple(map(str, t.inherits)),
            "access method": t.access_method,
            "tablespace": t.tablespace,
            "options": t.options,
            "replica identity": t.replica_identity,
            "row security": (t.row_security, t.force_row_security),
            "owner": t.owner,
            "clustered on": t.cluster_index,
        }
    }
    for column in t.columns:
        facts["column", f"{name}.{column.name}"] = _column(column)
    for constraint in t.constraints:
        facts["constraint", f"{name}.{constraint.name}"] = {
            "definition": constraint_text(constraint),
            "maybe": constraint.maybe,
        }
    for policy in t.policies:
        text = f"{policy.command} {'PERMISSIVE' if policy.permissive else 'RESTRICTIVE'} TO {', '.join(policy.roles)}"
        text += f" USING ({expression_text(policy.using)}) WITH CHECK ({expression_text(policy.check)})"
        facts["policy", f"{name}.{policy.name}"] = {"definition": text, "maybe": policy.maybe}
    return facts


def _attached(record: Table | View) -> Facts:
    """Triggers and rules."""
    name = str(record.name)
    facts: Facts = {("trigger", f"{name}.{t.name}"): {**_trigger(t), "maybe": t.maybe} for t in record.triggers}
    for rule in record.rules:
        text = f"{rule.event} {'INSTEAD' if rule.instead else 'ALSO'} WHERE {expression_text(rule.where)} {rule.reads}"
        facts["rule", f"{name}.{rule.name}"] = {"definition": text, "state": rule.state, "maybe": rule.maybe}
    return facts


class ViewText:
    """The definition of a view, comparable as far as that is sure: one text may qualify columns and the other not."""

    __slots__ = ("columns", "shape", "text", "written")

    def __init__(self, view: View) -> None:
        query = view.query
        self.columns = tuple(c.name for c in view.columns)
        self.text = query.text
        self.written = query.columns
        self.shape = (
            sorted((r.relation.name, r.only) for r in query.relations),
            sorted(c for _, c in query.columns),
            sorted(f.name for f in query.functions),
            query.row_limit,
            query.order_by,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ViewText) or self.columns != other.columns:
            return False
        return self.text == other.text or (self.shape == other.shape and self.written != other.written)

    def __hash__(self) -> int:
        return hash(self.columns)

    def __str__(self) -> str:
        return ", ".join(self.columns)


def _view(v: View) -> Facts:
    definition = ViewText(v) if v.query.text else UNKNOWN
    own = {"definition": definition, "options": v.options, "owner": v.owner, "populated": v.populated}
    facts: Facts = {(v.kind, str(v.name)): own}
    for column in v.columns if v.known else ():
        facts["column", f"{v.name}.{column.name}"] = {}
    return facts


def _sequence(s: Sequence) -> Facts:
    owner = f"{s.owned_by[0]}.{s.owned_by[1]}" if s.owned_by is not None else None
    o = s.options
    options = (o.type and type_text(o.type), o.start, o.increment, o.minimum, o.maximum, o.cache, o.cycle)
    return {("sequence", str(s.name)): {"owned by": owner, "options": options}}


def facts_of(record: Relation) -> Facts:
    """The facts of a relation and its parts; of a key's index only what the constraint does not say."""
    if isinstance(record, Table):
        return {**_table(record), **_attached(record)}
    if isinstance(record, View):
        return {**_view(record), **_attached(record)}
    if isinstance(record, Index):
        valid = UNKNOWN if record.valid is None else record.valid
        parent = str(record.parent) if record.parent is not None else None
        facts = {"definition": index_text(record), "valid": valid, "parent": parent, "tablespace": record.tablespace}
        return {("index", str(record.name)): facts}
    if isinstance(record, CompositeType):
        attributes = tuple((c.name, type_text(c.type)) for c in record.columns)
        return {("type", str(record.name)): {"attributes": attributes}}
    return _sequence(record)


def type_facts(key: QName, record: Enum | Domain | OtherType | None) -> Facts:
    """The facts of an enum, a domain or another type."""
    if record is None:
        return {}
    if isinstance(record, Enum):
        return {("type", str(key)): {"labels": ", ".join(record.labels) if record.known else UNKNOWN}}
    if isinstance(record, Domain):
        facts: Facts = {
            ("domain", str(key)): {
                "type": type_text(record.base),
                "default": expression_text(record.default),
                "not_null": record.not_null,
            }
        }
        for constraint in record.constraints:
            facts["constraint", f"{key}.{constraint.name}"] = {"definition": constraint_text(constraint)}
        return facts
    return {("type", str(key)): {"kind": record.kind, "subtype": type_text(record.subtype) if record.subtype else None}}


def _argument(a: FunctionArgument) -> str:
    mode = f"{a.mode.upper()} " if a.mode in ("out", "inout", "variadic") else ""
    kind = type_text(a.type)
    return f"{mode}{quote(a.name) + ' ' if a.name else ''}{kind if kind is not UNKNOWN else '?'}"


def function_name(function: Function) -> str:
    """A function with its identifying arguments: ``public.f(a integer)``."""
    return f"{function.name}({', '.join(_argument(a) for a in function.arguments if a.mode != 'table')})"


def function_facts(key: QName, overloads: tuple[Function, ...] | None) -> Facts:
    """The facts of all overloads of a function's name."""
    facts: Facts = {}
    for f in overloads or ():
        results = [_argument(a) for a in f.arguments if a.mode == "table"]
        definition = (
            type_text(f.returns) if f.returns is not None else None,
            f.returns.setof if f.returns is not None else False,
            tuple(results),
            tuple(expression_text(a.default) for a in f.arguments),
            f.language,
            f.volatility,
            f.strict,
            f.security_definer,
            f.parallel,
            f.settings,
            " ".join(f.body.split()),
        )
        facts[f.kind, function_name(f)] = {"definition": definition, "maybe": f.maybe}
    return facts
