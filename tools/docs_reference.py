"""The reference of the command line, from its parser, and of the configuration, from its JSON Schema."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from hotlint.cli import parser
from hotlint.config import json_schema
from hotlint.quantities import DURATION, PERCENTAGE

_MADE = "This page is written by `make docs` from {what}."

_ENVIRONMENT = """## Environment

| variable | meaning |
|---|---|
| `NO_COLOR`, `FORCE_COLOR` | no colour; colour although the output is no terminal |
| `HOTLINT_CACHE_DIR` | where results are kept, instead of `hotlint` in the user's cache folder |
| `HOTLINT_TRACEBACK` | when something inside breaks, show where: for a report to us |"""


def command_line() -> str:
    """The page of all commands with their options."""
    top = parser()
    parts = [
        "# Command line",
        _sentence(top.description),
        "Exit code: 0 clean, 1 findings at or above `--fail-on`, 2 usage, configuration or internal failure.",
        *_commands(top, "hotlint"),
        _ENVIRONMENT,
        _MADE.format(what="the parser of the command line"),
    ]
    return "\n\n".join(parts) + "\n"


def _commands(parent: argparse.ArgumentParser, name: str) -> Iterator[str]:
    for action in parent._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        helps = {choice.dest: choice.help for choice in action._choices_actions}
        for command, child in action.choices.items():
            yield f"## {name} {command}"
            yield _sentence(helps.get(command))
            yield f"```text\n{_usage(child, f'{name} {command}')}\n```"
            rows = [_row(option) for option in child._actions if _is_shown(option)]
            if rows:
                yield "\n".join(["| argument | meaning |", "|---|---|", *rows])
            yield from _commands(child, f"{name} {command}")


def _is_shown(action: argparse.Action) -> bool:
    return action.help != argparse.SUPPRESS and not isinstance(
        action, (argparse._HelpAction, argparse._SubParsersAction)
    )


def _usage(command: argparse.ArgumentParser, name: str) -> str:
    words = [name]
    shown = [action for action in command._actions if _is_shown(action)]
    if any(action.option_strings for action in shown):
        words.append("[options]")
    for action in shown:
        if not action.option_strings:
            value = _metavar(action)
            words.append({"*": f"[{value} ...]", "?": f"[{value}]", "+": f"{value} ..."}.get(str(action.nargs), value))
    if any(isinstance(action, argparse._SubParsersAction) for action in command._actions):
        words.append("COMMAND")
    return " ".join(words)


def _metavar(action: argparse.Action) -> str:
    if action.choices and not action.metavar:
        return "|".join(map(str, action.choices))
    return str(action.metavar or action.dest.upper())


def _row(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else _metavar(action)
    names = action.option_strings or [value]
    shown = ", ".join(f"`{name}{' ' + value if value and action.option_strings else ''}`" for name in names)
    text = (action.help or "") % {**vars(action), "prog": "hotlint"}
    return f"| {_cell(shown)} | {_cell(text)} |"


def configuration() -> str:
    """The page of all keys of the configuration, with types and defaults."""
    schema = json_schema()
    sections = schema["$defs"]
    parts = [
        "# Every key of the configuration",
        "`hotlint.yaml` and `[tool.hotlint]` of `pyproject.toml` take the same keys. What they are for, with examples: "
        "[Configuration](../configuration.md). `hotlint config schema` prints this as JSON Schema, for editors.",
    ]
    for name in [_target(schema), *sorted(sections.keys() - {_target(schema)})]:
        section = sections[name]
        parts.append(f"## {_title(name)}")
        parts.append(_markdown(section["description"]))
        rows = ["| key | value | if not given | meaning |", "|---|---|---|---|"]
        for key, value in section["properties"].items():
            required = key in section.get("required", ())
            default = "required" if required else _default(value)
            rows.append(
                f"| `{key}` | {_cell(_type(value))} | {_cell(default)} | {_cell(value.get('description', ''))} |"
            )
        parts.append("\n".join(rows))
    parts.append(_MADE.format(what="the types that a configuration is read with"))
    return "\n\n".join(parts) + "\n"


_PATTERNS = {DURATION: "duration", PERCENTAGE: "percentage"}
_TITLES = {"Config": "Top level", "ProjectConfig": "An entry of projects"}


def _title(name: str) -> str:
    return _TITLES.get(name, name.removesuffix("Config").lower())


def _target(node: dict[str, Any]) -> str:
    return str(node["$ref"]).rpartition("/")[2]


def _type(value: dict[str, Any]) -> str:
    """What may stand there, in words."""
    if "$ref" in value:
        title = _title(_target(value))
        return f"[{title}](#{title.lower().replace(' ', '-')})"
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_type(one) for one in value["anyOf"] if one.get("type") != "null"))
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"] if one is not None)
    kind = value.get("type")
    if kind == "array":
        return f"list of {_type(value.get('items', {}))}"
    if kind == "object":
        inner = value.get("additionalProperties")
        return f"names with {_type(inner)}" if isinstance(inner, dict) else "names with anything"
    if kind == "integer":
        if "minimum" in value and "maximum" in value:
            return f"{value['minimum']} to {value['maximum']}"
        return f"number from {value['minimum']}" if "minimum" in value else "number"
    if value.get("pattern") in _PATTERNS:
        return _PATTERNS[value["pattern"]]
    return {"string": "text", "boolean": "`true` or `false`"}.get(str(kind), "anything")


def _default(value: dict[str, Any]) -> str:
    default = value.get("default")
    if default is None or default in ([], {}, ()):
        return ""
    return f"`{json.dumps(default).strip(chr(34))}`"


def _markdown(text: str) -> str:
    return text.replace("``", "`")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _sentence(text: str | None) -> str:
    text = (text or "").strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
