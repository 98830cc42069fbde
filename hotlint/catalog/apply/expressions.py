"""Questions and changes on expressions: which columns, functions and sequences they mention, and renames in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from hotlint.catalog.names import QName, quote
from hotlint.operations import Expr, IndexElement, Name, TypeName

REGCLASS = TypeName("regclass", "pg_catalog")


def walk(expression: Expr) -> Iterator[Expr]:
    """The expression and all inside it, outermost first."""
    yield expression
    for argument in expression.args:
        yield from walk(argument)


def columns_of(expression: Expr | None) -> tuple[str, ...]:
    """The columns that an expression mentions, each once."""
    if expression is None:
        return ()
    return tuple(dict.fromkeys(e.value for e in walk(expression) if e.kind == "column" and e.value not in (None, "*")))


def functions_of(expression: Expr | None) -> tuple[Name, ...]:
    """The functions that an expression calls."""
    if expression is None:
        return ()
    return tuple(e.name for e in walk(expression) if e.kind == "call" and e.name is not None)


def types_of(expression: Expr | None) -> tuple[TypeName, ...]:
    """The types that an expression casts to."""
    if expression is None:
        return ()
    return tuple(e.type for e in walk(expression) if e.type is not None)


def transform(expression: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with ``change`` applied to every node, innermost first; the same object where nothing changed."""
    if expression.args:
        arguments = tuple(transform(a, change) for a in expression.args)
        if any(a is not b for a, b in zip(arguments, expression.args, strict=True)):
            expression = replace(expression, args=arguments)
    return change(expression)


def rename_column(expression: Expr | None, old: str, new: str) -> Expr | None:
    """The expression with references to one column renamed."""
    if expression is None or old not in columns_of(expression):
        return expression
    return transform(expression, lambda e: replace(e, value=new) if e.kind == "column" and e.value == old else e)


def rename_in_elements(elements: tuple[IndexElement, ...], old: str, new: str) -> tuple[IndexElement, ...]:
    """Index keys with references to one column renamed."""
    return tuple(
        replace(
            e,
            column=new if e.column == old else e.column,
            expression=rename_column(e.expression, old, new),
        )
        for e in elements
    )


def element_columns(elements: tuple[IndexElement, ...]) -> tuple[str, ...]:
    """The columns that index keys use, those inside expressions included."""
    found: dict[str, None] = {}
    for element in elements:
        if element.column is not None:
            found[element.column] = None
        for column in columns_of(element.expression):
            found[column] = None
    return tuple(found)


def nextval(sequence: QName) -> Expr:
    """The default of a serial column: ``nextval('schema.sequence'::regclass)``."""
    text = f"{quote(sequence.schema)}.{quote(sequence.name)}"
    literal = Expr("cast", args=(Expr("string", value=text),), type=REGCLASS)
    return Expr("call", name=Name("nextval"), args=(literal,))


def sequence_of(expression: Expr | None) -> Name | None:
    """The sequence that ``nextval('…')`` in an expression names, or None."""
    if expression is None:
        return None
    for node in walk(expression):
        if node.kind == "call" and node.name is not None and node.name.name == "nextval" and node.args:
            literal = node.args[0]
            while literal.kind == "cast" and literal.args:
                literal = literal.args[0]
            if literal.kind == "string" and literal.value:
                return parse_name(literal.value)
    return None


def parse_name(text: str) -> Name:
    """A possibly qualified and quoted name out of a string, folded as the server does for ``regclass``."""
    parts, part, quoted, at = [], "", False, 0
    while at < len(text):
        char = text[at]
        if char == '"':
            if quoted and text[at + 1 : at + 2] == '"':
                part, at = part + '"', at + 1
            else:
                quoted = not quoted
        elif char == "." and not quoted:
            parts.append(part)
            part = ""
        else:
            part += char if quoted else char.lower()
        at += 1
    parts.append(part.strip())
    return Name(parts[-1], parts[-2] if len(parts) > 1 else None)
