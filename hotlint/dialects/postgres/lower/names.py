"""Names, types and option lists as they stand in the parser's JSON.

That JSON is protobuf's: a key is absent where the value is the type's zero (``0``, ``false``, ``""``, an empty list),
and a missing node inside a list is ``{}``.
"""

from __future__ import annotations

from typing import Any

from hotlint.operations import FunctionSignature, Name, TypeName

Node = dict[str, Any]


def relation_name(node: Node) -> Name:
    """The name in a RangeVar; a database name before the schema is dropped, for it can only be the current one."""
    return Name(node.get("relname", ""), node.get("schemaname"))


def strings(nodes: list[Node] | None) -> tuple[str, ...]:
    """The texts of a list of String nodes."""
    if not nodes:
        return ()
    return tuple([node["String"].get("sval", "") if "String" in node else "" for node in nodes])


def dotted(nodes: list[Node] | None) -> Name:
    """The name that a list of String nodes spells."""
    parts = strings(nodes)
    if not parts:
        return Name("")
    return Name(parts[-1], parts[-2] if len(parts) > 1 else None)


def type_name(node: Node) -> TypeName:
    """A TypeName node."""
    names = node["names"]
    name = names[-1]["String"]["sval"]
    schema = names[-2]["String"]["sval"] if len(names) > 1 else None
    typmods = node.get("typmods")
    bounds = node.get("arrayBounds")
    if typmods is None and bounds is None and "setof" not in node and "pct_type" not in node:
        return TypeName(name, schema)
    modifiers, words = _modifiers(typmods) if typmods else ((), ())
    return TypeName(
        name,
        schema,
        modifiers=modifiers,
        dimensions=len(bounds) if bounds else 0,
        setof="setof" in node,
        percent_type="pct_type" in node,
        words=words,
    )


def _modifiers(nodes: list[Node]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The integers of a type's modifiers, and all of them as text if one is no integer (``geometry(Point, 4326)``)."""
    integers: list[int] = []
    words: list[str] = []
    for node in nodes:
        constant = node.get("A_Const")
        if constant is not None and "ival" in constant:
            number = constant["ival"].get("ival", 0)
            integers.append(number)
            words.append(str(number))
        elif constant is not None:
            words.append(constant_text(constant))
        else:
            words.append(".".join(strings(node.get("ColumnRef", {}).get("fields"))))
    return tuple(integers), tuple(words) if len(words) != len(integers) else ()


def constant_text(node: Node) -> str:
    """The text of an A_Const, as ``SET`` and option lists want it."""
    for key, value in node.items():
        if key == "ival":
            return str(value.get("ival", 0))
        if key == "boolval":
            return "true" if value.get("boolval") else "false"
        if key in ("sval", "fval", "bsval"):
            return str(value.get(key, ""))
    return ""


def scalar_text(node: Node | None) -> str:
    """An option's value as text: a constant, a name, a type's name or a list of them, joined with a comma."""
    if not node:
        return ""
    for tag, body in node.items():
        if tag == "Integer":
            return str(body.get("ival", 0))
        if tag == "Boolean":
            return "true" if body.get("boolval") else "false"
        if tag == "String":
            return str(body.get("sval", ""))
        if tag == "Float":
            return str(body.get("fval", ""))
        if tag == "A_Const":
            return constant_text(body)
        if tag == "TypeName":
            return ".".join(strings(body.get("names")))
        if tag == "RoleSpec":
            return role_name(body)
        if tag == "List":
            return ",".join([scalar_text(item) for item in body.get("items", ())])
        if tag == "DefElem":
            return f"{body.get('defname', '')}={scalar_text(body.get('arg'))}"
        if tag == "TypeCast":
            return scalar_text(body.get("arg"))
        if tag == "ColumnRef":
            return ".".join(strings(body.get("fields")))
    return ""


def options(nodes: list[Node] | None) -> tuple[tuple[str, str], ...]:
    """A list of DefElem nodes as pairs; an option without a value is ``"true"``, as the server reads it."""
    if not nodes:
        return ()
    found = []
    for node in nodes:
        body = node.get("DefElem")
        if body is None:
            continue
        name = body.get("defname", "")
        if "defnamespace" in body:
            name = f"{body['defnamespace']}.{name}"
        found.append((name, scalar_text(body["arg"]) if "arg" in body else "true"))
    return tuple(found)


_TRUE = frozenset(["true", "on", "1", "yes", "t", "y"])


def flag(pairs: tuple[tuple[str, str], ...], name: str) -> bool:
    """Whether a boolean option is on (define.c: defGetBoolean); the last mention counts."""
    return next((value.lower() in _TRUE for key, value in reversed(pairs) if key == name), False)


_ROLE_WORDS = {
    "ROLESPEC_CURRENT_ROLE": "current_role",
    "ROLESPEC_CURRENT_USER": "current_user",
    "ROLESPEC_SESSION_USER": "session_user",
    "ROLESPEC_PUBLIC": "public",
}


def role_name(node: Node) -> str:
    """A RoleSpec: the role's name, or the word that stands for one (``current_user``, ``public``)."""
    name: str | None = node.get("rolename")
    return name if name is not None else _ROLE_WORDS.get(node.get("roletype", ""), "")


def role_names(nodes: list[Node] | None) -> tuple[str, ...]:
    """The names in a list of RoleSpec nodes."""
    return tuple([role_name(node["RoleSpec"]) for node in nodes or () if "RoleSpec" in node])


_PERSISTENCE = {"t": "temporary", "u": "unlogged"}


def persistence(relation: Node) -> Any:
    """The persistence that the RangeVar of a new relation carries. ``CREATE TABLE pg_temp.t`` is temporary, too."""
    if relation.get("schemaname") == "pg_temp":
        return "temporary"
    return _PERSISTENCE.get(relation.get("relpersistence", "p"), "permanent")


def object_signature(node: Node) -> FunctionSignature:
    """An ObjectWithArgs node: the name, and the types of the arguments unless the text gives no list."""
    name = dotted(node.get("objname"))
    if "args_unspecified" in node:
        return FunctionSignature(name)
    types = [type_name(item["TypeName"]) for item in node.get("objargs", ()) if "TypeName" in item]
    return FunctionSignature(name, tuple(types))
