"""The text of a configuration: its values, and where each stands, so that a mistake can be pointed at."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from hotlint.errors import ConfigError, nearest
from hotlint.patterns import lazy
from hotlint.quantities import WORDS

Key = tuple[str | int, ...]
Positions = dict[Key, tuple[int, int]]
"""Key of a value, from the outermost key in, to the 1-based line and column at which it is written."""

_VERBATIM = frozenset(("start_after", "baseline"))
"""Values that are text however they look: ``start_after: 0007`` would be the number 7 in YAML."""


class ConfigText(msgspec.Struct):
    """A configuration as read: ``data`` are its values, ``positions`` makes the map of places when it is needed."""

    path: str
    data: Any
    positions: Callable[[], Positions]

    def error(self, key: Key, message: str) -> ConfigError:
        """An error at the place of ``key``, or of the nearest key around it that has one."""
        positions = self.positions()
        for length in range(len(key), -1, -1):
            place = positions.get(key[:length])
            if place is not None:
                return ConfigError(message, self.path, *place)
        return ConfigError(message, self.path)

    def validation_error(self, error: msgspec.ValidationError, kind: type[msgspec.Struct]) -> ConfigError:
        """What msgspec found wrong with the values, in the user's words."""
        text, _, path = str(error).partition(" - at `$")
        key = self._exact(_key(path.rstrip("`")), kind)
        unknown = re.match(r"Object contains unknown field `(.*)`", text)
        if unknown is not None:
            valid = _fields(kind, key)
            message = f'there is no key "{unknown[1]}"{nearest(unknown[1], valid)}'
            return self.error((*key, unknown[1]), message)
        return self.error(key, f"{_name(key)} {_reason(text, _value(self.data, key), kind, key)}")

    def _exact(self, key: Key, kind: type[msgspec.Struct]) -> Key:
        """The key with its ``...`` filled in: msgspec does not say which entry of a dictionary is wrong."""
        if "..." not in key:
            return key
        around = key[: key.index("...")]
        for name, value in _value(self.data, around).items():
            try:
                msgspec.convert(_with(self.data, around, {name: value}), kind)
            except msgspec.ValidationError:
                return self._exact((*around, name, *key[len(around) + 1 :]), kind)
        return around


def read_text(path: str) -> ConfigText:
    """Reads the file. Raises ``ConfigError`` where it cannot be read or is no YAML or TOML."""
    shown = path.replace(os.sep, "/")
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except UnicodeDecodeError as error:
        raise ConfigError("this is not UTF-8: save it as UTF-8", shown) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", shown) from error
    if path.endswith(".toml"):
        return _read_toml(text, shown)
    return _read_yaml(text, shown)


# -- YAML


def _read_yaml(text: str, path: str) -> ConfigText:
    import yaml

    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        positions: Positions = {}
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return ConfigText(path, {}, lambda: positions)
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError("the configuration is a list of keys with values", path, 1, 1)
        for key, line, column in _yaml_places(node, ()):
            if key in positions:
                raise ConfigError(f"{_name(key)} is given twice", path, line, column)
            positions[key] = (line, column)
        _keep_verbatim(node)
        data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = () if mark is None else (mark.line + 1, mark.column + 1)
        raise ConfigError(f"this is not YAML: {error.problem or error.context}", path, *place) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"this is not YAML: {error}", path) from error
    finally:
        loader.dispose()
    return ConfigText(path, data, lambda: positions)


def _yaml_places(node: Any, key: Key) -> Iterator[tuple[Key, int, int]]:
    """Every value's key with the place at which it is written: that of its name, or of itself in a list."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner = (*key, str(name.value))
            yield inner, name.start_mark.line + 1, name.start_mark.column + 1
            yield from _yaml_places(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            inner = (*key, at)
            yield inner, value.start_mark.line + 1, value.start_mark.column + 1
            yield from _yaml_places(value, inner)


def _keep_verbatim(node: Any) -> None:
    """Makes text of the values that are text however they look."""
    import yaml

    for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if name.value in _VERBATIM and isinstance(value, yaml.ScalarNode) and value.tag != "tag:yaml.org,2002:null":
            value.tag = "tag:yaml.org,2002:str"
        elif name.value == "placeholders" and isinstance(value, yaml.MappingNode):
            for _, text in value.value:
                if isinstance(text, yaml.ScalarNode):
                    text.tag = "tag:yaml.org,2002:str"
        elif name.value == "projects" and isinstance(value, yaml.SequenceNode):
            for project in value.value:
                _keep_verbatim(project)


# -- TOML


def _read_toml(text: str, path: str) -> ConfigText:
    try:
        import tomllib
    except ModuleNotFoundError:  # Python 3.10
        import tomli as tomllib  # type: ignore[import-not-found,no-redef,unused-ignore]

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at line (\d+), column (\d+)\)", str(error))
        message = re.sub(r" \(at .*\)", "", str(error))
        where = () if place is None else (int(place[1]), int(place[2]))
        raise ConfigError(f"this is not TOML: {message}", path, *where) from error
    return ConfigText(path, data.get("tool", {}).get("hotlint", {}), lambda: _toml_places(text))


_HEADER = lazy(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_ASSIGNMENT = lazy(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = lazy(r"""[\w-]+|"[^"]*"|'[^']*'""")


def _toml_places(text: str) -> Positions:
    """Where the keys of ``[tool.hotlint]`` are written, found by their lines: values inside one line have its key's
    place."""
    positions: Positions = {}
    table: Key | None = None
    counts: dict[Key, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        column = len(line) - len(line.lstrip()) + 1
        header = _HEADER.match(line)
        if header is not None and "=" not in line[: header.end()]:
            table = _toml_table(_parts(header[2]), header[1] == "[[", counts)
            if table is not None:
                positions.setdefault(table, (number, column))
            continue
        assignment = _ASSIGNMENT.match(line)
        if assignment is not None and table is not None:
            positions.setdefault((*table, *_parts(assignment[1])), (number, column))
    return positions


def _toml_table(parts: list[str], array: bool, counts: dict[Key, int]) -> Key | None:
    """The key of a table by its header, below ``[tool.hotlint]``; None for another tool's."""
    if parts[:2] != ["tool", "hotlint"]:
        return None
    key: Key = ()
    for at, part in enumerate(parts[2:], 3):
        key = (*key, part)
        if at == len(parts) and array:
            counts[key] = counts.get(key, -1) + 1
        if key in counts:
            key = (*key, counts[key])
    return key


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]


# -- messages

_EXPECTED = {
    "str": "text",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list",
    "object": "keys with values",
    "float": "a number",
    "null": "nothing",
}


def _reason(text: str, value: Any, kind: type[msgspec.Struct], key: Key) -> str:
    """msgspec's message about a value, as the rest of a sentence that begins with the value's name."""
    valid = _choices(kind, key)
    if valid and isinstance(value, str):
        listed = ", ".join(f'"{choice}"' for choice in valid)
        return f'is "{value}"{nearest(value, valid)}; it may be {listed}'
    pattern = _pattern(kind, key)
    if pattern in WORDS:
        return f"must be {WORDS[pattern]}, not {_shown(value)}"
    missing = re.match(r"Object missing required field `(.*)`", text)
    if missing is not None:
        return f'lacks the key "{missing[1]}"'
    bound = re.match(r"Expected `int` ([<>]=) (\d+)", text)
    if bound is not None:
        return f"is {value}; it must be at {'least' if bound[1] == '>=' else 'most'} {bound[2]}"
    expected = re.match(r"Expected `([^`]*)`", text)
    if expected is not None:
        words = [_EXPECTED.get(part.strip(), part.strip()) for part in expected[1].split("|")]
        wanted = " or ".join(word for word in words if word != "nothing")
        return f"must be {wanted}, not {_shown(value)}"
    return text[0].lower() + text[1:]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    return {dict: "keys with values", list: "a list", type(None): "nothing"}.get(type(value), str(value))


def _name(key: Key) -> str:
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")
    return name or "the configuration"


def _key(path: str) -> Key:
    """msgspec's path (``.projects[0].framework``) as a key of the data; ``...`` stays where it names no key."""
    parts = re.findall(r"\.(\w+)|\[(\d+|\.\.\.)\]", path)
    return tuple(int(index) if index.isdigit() else name or index for name, index in parts)


def _with(data: Any, key: Key, value: Any) -> Any:
    """A copy of ``data`` in which ``key`` has another value."""
    if not key:
        return value
    changed: Any = list(data) if isinstance(data, list) else dict(data)
    changed[key[0]] = _with(data[key[0]], key[1:], value)
    return changed


def _value(data: Any, key: Key) -> Any:
    for part in key:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _type_at(kind: Any, key: Key) -> Any:
    """What msgspec knows of the type at a key."""
    from msgspec import inspect

    found: Any = inspect.type_info(kind)
    for part in key:
        if isinstance(found, inspect.StructType):
            found = next((f.type for f in found.fields if f.encode_name == part), None)
        elif isinstance(found, inspect.DictType):
            found = found.value_type
        else:
            found = getattr(found, "item_type", None)
        found = getattr(found, "type", found) if isinstance(found, inspect.Metadata) else found
    return found


def _pattern(kind: Any, key: Key) -> str:
    """The regular expression that a text must match, "" where it is free."""
    found = _type_at(kind, key)
    patterns = (getattr(option, "pattern", None) for option in getattr(found, "types", (found,)))
    return next((pattern for pattern in patterns if pattern), "")


def _fields(kind: Any, key: Key) -> list[str]:
    return [field.encode_name for field in getattr(_type_at(kind, key), "fields", ())]


def _choices(kind: Any, key: Key) -> list[str]:
    """The words that a value may be, empty where it is free."""
    found = _type_at(kind, key)
    options = getattr(found, "types", (found,))
    return [str(value) for option in options for value in getattr(option, "values", ())]
