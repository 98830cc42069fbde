"""The names that the server gives to what a statement leaves nameless (indexcmds.c, heap.c, parse_utilcmd.c)."""

from __future__ import annotations

from hotlint.catalog.catalog import Catalog
from hotlint.catalog.names import QName
from hotlint.operations import Expr, IndexElement

NAME_BYTES = 63  # NAMEDATALEN - 1


def clip(text: str, size: int) -> str:
    """``text`` cut to ``size`` bytes of UTF-8, at a character's edge (pg_mbcliplen)."""
    raw = text.encode()
    return text if len(raw) <= size else raw[:size].decode(errors="ignore")


def make_object_name(first: str, second: str | None, label: str | None) -> str:
    """``first_second_label``, shortened so that it fits: the longer of the first two gives way (makeObjectName)."""
    overhead = (1 + len(label.encode()) if label else 0) + (1 if second is not None else 0)
    one, two = len(first.encode()), len(second.encode()) if second is not None else 0
    while one + two > NAME_BYTES - overhead:
        if one > two:
            one -= 1
        else:
            two -= 1
    parts = [clip(first, one)]
    if second is not None:
        parts.append(clip(second, two))
    if label:
        parts.append(label)
    return "_".join(parts)


def free_name(catalog: Catalog, schema: str, first: str, second: str | None, label: str, constraint: bool) -> str:
    """A name that no relation, and for a ``constraint`` no constraint of the schema, has (ChooseRelationName)."""
    attempt, suffix = 0, label
    while True:
        name = make_object_name(first, second, suffix)
        found = QName(schema, name)
        if catalog.relations.get(found) is None and not (constraint and constraint_exists(catalog, found)):
            return name
        attempt += 1
        suffix = f"{label}{attempt}"


def free_constraint_name(
    catalog: Catalog, schema: str, first: str, second: str | None, label: str, taken: frozenset[str] = frozenset()
) -> str:
    """A name that no constraint of the schema has, nor one of ``taken`` (ChooseConstraintName)."""
    attempt, suffix = 0, label
    while True:
        name = make_object_name(first, second, suffix)
        if name not in taken and not constraint_exists(catalog, QName(schema, name)):
            return name
        attempt += 1
        suffix = f"{label}{attempt}"


def constraint_exists(catalog: Catalog, name: QName) -> bool:
    """Whether a table of the schema has a constraint of that name."""
    for owner in catalog.tables_by_constraint.get(name):
        table = catalog.table(owner)
        if table is not None and (
            table.constraint(name.name) is not None or any(c.not_null_name == name.name for c in table.columns)
        ):
            return True
    return False


def joined(columns: tuple[str, ...]) -> str:
    """Column names joined by ``_``, cut where the server's buffer is full (ChooseIndexNameAddition)."""
    text = ""
    for column in columns:
        text = f"{text}_{column}" if text else column
        if len(text.encode()) >= NAME_BYTES + 1:
            break
    return clip(text, NAME_BYTES)


def index_columns(elements: tuple[IndexElement, ...], include: tuple[str, ...]) -> tuple[str, ...]:
    """The names of an index's columns: those of expressions made up, and made distinct (ChooseIndexColumnNames)."""
    names: list[str] = []
    keys = [element.column or figure_name(element.expression) or "expr" for element in elements]
    for base in (*keys, *include):
        name, attempt = base, 0
        while name in names:
            attempt += 1
            name = clip(base, NAME_BYTES - len(str(attempt))) + str(attempt)
        names.append(name)
    return tuple(names)


def figure_name(expression: Expr | None) -> str | None:
    """The name of a result column or index key that is an expression (FigureColname), None where it has none."""
    if expression is None:
        return None
    if expression.kind in ("column", "field"):
        return expression.value
    if expression.kind == "call" and expression.name is not None:
        return expression.name.name
    if expression.kind == "cast":
        inner = figure_name(expression.args[0]) if expression.args else None
        return inner or (expression.type.name if expression.type is not None else None)
    if expression.kind in ("collate", "subscript"):
        return figure_name(expression.args[0]) if expression.args else None
    return {"array": "array", "row": "row", "case": "case"}.get(expression.kind)


def index_name(
    catalog: Catalog,
    table: QName,
    elements: tuple[IndexElement, ...],
    include: tuple[str, ...] = (),
    *,
    kind: str | None = None,
) -> str:
    """The name of a nameless index; ``kind`` is the constraint's kind behind it (ChooseIndexName)."""
    if kind == "primary key":
        return free_name(catalog, table.schema, table.name, None, "pkey", True)
    label = {"exclude": "excl", "unique": "key", None: "idx"}[kind]
    columns = joined(index_columns(elements, include))
    return free_name(catalog, table.schema, table.name, columns, label, kind is not None)
