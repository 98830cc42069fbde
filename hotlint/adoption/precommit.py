"""The entry of ``.pre-commit-config.yaml``, put into an existing file without touching the rest of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from hotlint import __version__

FILE = ".pre-commit-config.yaml"
REPOSITORY = "https://github.com/hotlint/hotlint"


class CannotEditError(Exception):
    """The file is written in a way that cannot be added to safely; ``str()`` says why."""


def entry(folders: Iterable[str], indent: str = "  ") -> str:
    """The item of ``repos``, for migrations in these folders, as seen from the repository."""
    lines = [
        f"- repo: {REPOSITORY}",
        f"  rev: v{__version__}",
        "  hooks:",
        "    - id: hotlint",
        f"      files: {_yaml_text(_pattern(folders))}",
    ]
    return "".join(f"{indent}{line}\n" for line in lines)


def _pattern(folders: Iterable[str]) -> str:
    escaped = [re.sub(r"([.^$*+?()\[\]{}|\\])", r"\\\1", folder) for folder in sorted(folders)]
    if "\\." in escaped or "." in folders:
        return r"\.sql"
    return f"^{escaped[0]}/" if len(escaped) == 1 else f"^({'|'.join(escaped)})/"


def _yaml_text(text: str) -> str:
    """Plain where YAML takes it as it is."""
    return text if re.fullmatch(r"[\w^(][\w^()|/\\. -]*", text) else "'" + text.replace("'", "''") + "'"


def new_file(folders: Iterable[str]) -> str:
    """A file with nothing else in it."""
    return f"repos:\n{entry(folders)}"


def has_hotlint(text: str) -> bool:
    """Whether the file has an entry of Hotlint's already."""
    return bool(re.search(r"^[^#\n]*\bhotlint\b", text, re.MULTILINE))


def with_entry(text: str, folders: Iterable[str]) -> str:
    """``text`` with the entry after the last one of ``repos``; every other character stays.

    Raises ``CannotEditError``.
    """
    import yaml

    folders = list(folders)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        before = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise CannotEditError("it is no YAML") from error
    newline = "\r\n" if "\r\n" in text else "\n"
    repos = _value(root, "repos")
    if root is None:
        result = _line_ended(text, newline) + new_file(folders).replace("\n", newline)
    elif isinstance(repos, yaml.SequenceNode) and repos.value and not repos.flow_style:
        indent = " " * repos.start_mark.column
        result = _inserted(text, _end(repos.value[-1]), entry(folders, indent), newline, len(indent))
    elif isinstance(repos, yaml.SequenceNode) and not repos.value:  # repos: []
        start, end = repos.start_mark.index, repos.end_mark.index
        result = _inserted(text[:start].rstrip(" ") + text[end:], start - 1, entry(folders), newline, 0)
    else:
        raise CannotEditError("its `repos` are not a list with one entry a line")
    expected = {**before, "repos": [*(before.get("repos") or ()), yaml.safe_load(entry(folders))[0]]}
    if yaml.safe_load(result) != expected:
        raise CannotEditError("the entry could not be put into it")
    return result


def _value(root: object, key: str) -> object:
    import yaml

    if isinstance(root, yaml.MappingNode):
        for name, value in root.value:
            if name.value == key:
                return value
    return None


def _end(node: Any) -> int:
    """The index behind the last thing that is written in a node: a block's own end is where the next one begins."""
    while not getattr(node, "flow_style", True) and node.value:
        node = node.value[-1]
        node = node[1] if isinstance(node, tuple) else node
    return int(node.end_mark.index)


def _inserted(text: str, index: int, added: str, newline: str, column: int) -> str:
    """``text`` with more lines after that of ``index``, and after comments below it that stand further in than
    ``column``: hooks that are switched off."""
    at = _next_line(text, max(index - 1, 0))
    while at < len(text):
        line = text[at : _next_line(text, at)]
        if not line.lstrip().startswith("#") or len(line) - len(line.lstrip()) <= column:
            break
        at += len(line)
    return _line_ended(text[:at], newline) + added.replace("\n", newline) + text[at:]


def _next_line(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def _line_ended(text: str, newline: str) -> str:
    return text if not text or text.endswith("\n") else text + newline
