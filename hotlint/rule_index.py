"""The facts of rules, read from their files without importing them.

Importing 300 rules costs more than checking a history, so a run imports only those that can fire. Their facts stand in
an index beside them: ``index.json`` in a wheel (written when it is built), ``__pycache__/hotlint-rules.json``
elsewhere, which is to a folder of rules what ``.pyc`` files are to its modules: kept while size and time of a file are
the same, written where it can be, and missed by nobody.

Only the standard library is imported here at first, since the wheel is built without Hotlint's dependencies.
"""

from __future__ import annotations

import os
import sys
from typing import Any

FORMAT = 1
SHIPPED = "index.json"
CACHED = os.path.join("__pycache__", f"hotlint-rules-{FORMAT}.json")

_FACTS = ("id", "category", "severity", "dialects", "versions", "directions")
_SCOPES = {
    "check_step": "step",
    "check_migration": "migration",
    "check_plan": "plan",
    "check_problem": "problem",
}


def rule_files(folder: str) -> list[str]:
    """The files of a folder of rules, relative to it with ``/``: its own, and those one folder deeper."""
    found: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith((".", "_")):
                continue
            if name.endswith(".py"):
                found.append(name)
            elif entry.is_dir():
                with os.scandir(entry.path) as inner:
                    found += [f"{name}/{e.name}" for e in inner if e.name.endswith(".py") and e.name[0] not in "._"]
    return sorted(found)


def index_folder(folder: str, names: list[str] | None = None, *, cached: bool = True) -> dict[str, dict[str, Any]]:
    """File name → record of the rules in ``folder`` (all files, or ``names``).

    A record has ``size``, ``mtime`` (nanoseconds), ``rules`` (a list of facts, with ``class`` and ``scope``) and
    ``error``, a sentence or None.
    """
    if names is None:
        names = rule_files(folder)
    cache = _cache_file(folder) if cached else ""
    known = (_read(cache) or _read(os.path.join(folder, SHIPPED))) if cached else {}
    records: dict[str, dict[str, Any]] = {}
    changed = False
    for name in names:
        path = os.path.join(folder, name)
        try:
            status = os.stat(path)
        except OSError as error:
            records[name] = {"size": 0, "mtime": 0, "rules": [], "error": str(error.strerror)}
            continue
        record = known.get(name)
        # A wheel's files get their time when they are installed: there (mtime 0) the size must do.
        if record is None or record["size"] != status.st_size or record["mtime"] not in (0, status.st_mtime_ns):
            record = {"size": status.st_size, "mtime": status.st_mtime_ns, **_read_rules(path)}
            changed = True
        records[name] = record
    if changed and cached:
        _write(cache, {**known, **records} if len(records) < len(known) else records)
    return records


def build_shipped(folder: str) -> str:
    """The text of a wheel's ``index.json`` for the rules in ``folder``; raises ``ValueError`` for a broken one."""
    records = {name: {**record, "mtime": 0} for name, record in index_folder(folder, cached=False).items()}
    for name, record in records.items():
        if record["error"]:
            raise ValueError(f"{name}: {record['error']}")
    import json

    return json.dumps({"format": FORMAT, "files": records})


def _cache_file(folder: str) -> str:
    """Where the index of ``folder`` is kept: beside the ``.pyc`` files, or where Python is told to write none
    (PYTHONDONTWRITEBYTECODE), in the user's cache folder."""
    if not sys.dont_write_bytecode:
        return os.path.join(folder, CACHED)
    from zlib import crc32

    from hotlint.cache import default_folder

    return os.path.join(default_folder(), f"rules-{FORMAT}-{crc32(os.path.abspath(folder).encode()):08x}.json")


def _decode(text: bytes) -> Any:
    """JSON's value; by msgspec where it is, since it is imported anyway and the standard library's module is not."""
    try:
        from msgspec import json
    except ImportError:
        from json import loads

        return loads(text)
    return json.decode(text)


def _read(path: str) -> dict[str, dict[str, Any]]:
    try:
        with open(path, "rb") as file:
            data = _decode(file.read())
        if data["format"] == FORMAT:
            files: dict[str, dict[str, Any]] = data["files"]
            return files
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {}


def _write(path: str, records: dict[str, dict[str, Any]]) -> None:
    """Writes the index if it can be written, in one move, so that a reader never sees half of it."""
    import json

    draft = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(draft, "w", encoding="utf-8") as file:
            json.dump({"format": FORMAT, "files": records}, file)
        os.replace(draft, path)
    except OSError:
        pass


def _read_rules(path: str) -> dict[str, Any]:
    import ast

    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read(), path)
    except SyntaxError as error:
        return {"rules": [], "error": f"line {error.lineno}: {error.msg}"}
    except (OSError, ValueError) as error:
        return {"rules": [], "error": str(error)}
    rules = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            try:
                facts = _facts(node)
            except ValueError as error:
                return {"rules": [], "error": f"line {node.lineno}: {node.name}: {error}"}
            if facts is not None:
                rules.append(facts)
    return {"rules": rules, "error": None if rules else "there is no rule in this file (a class with an id)"}


def _facts(node: Any) -> dict[str, Any] | None:
    """The facts of a class, or None where it has no ``id``; ``ValueError`` where one cannot be read off the text."""
    import ast

    values: dict[str, Any] = {}
    scope = "problem" if any(_last_name(base) == "ProblemRule" for base in node.bases) else ""
    for item in node.body:
        if isinstance(item, ast.FunctionDef):
            scope = _SCOPES.get(item.name, scope)
        elif isinstance(item, ast.Assign) and len(item.targets) == 1 and isinstance(item.targets[0], ast.Name):
            values[item.targets[0].id] = item.value
        elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.value is not None:
            values[item.target.id] = item.value
    if "id" not in values:
        return None
    facts: dict[str, Any] = {"class": node.name, "scope": scope}
    for name in _FACTS:
        if name in values:
            try:
                facts[name] = ast.literal_eval(values[name])
            except ValueError:
                raise ValueError(f"{name} must be written as a literal") from None
    if "operations" in values:
        facts["operations"] = _names(values["operations"])
    if not scope:
        raise ValueError("it overrides none of check_step, check_migration, check_plan")
    if "category" not in facts:
        raise ValueError("it has no category")
    return facts


def _names(node: Any) -> list[str]:
    names = [_last_name(element) for element in getattr(node, "elts", ())]
    if not names or None in names:
        raise ValueError("operations must be written as a tuple of operation types")
    return [name for name in names if name is not None]


def _last_name(node: Any) -> str | None:
    return getattr(node, "attr", None) or getattr(node, "id", None)
