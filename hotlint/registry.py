"""Which rules there are: those that Hotlint brings, installed ones, and local files named in the configuration.

A rule is known by its facts (``RuleInfo``), read without importing it, and imported when it is first needed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from hotlint import operations as ops
from hotlint import rule_index
from hotlint.errors import RuleError, UsageError, nearest
from hotlint.finding import Severity

if TYPE_CHECKING:
    from hotlint.rule import Rule

GROUP = "hotlint.rules"
"""The entry-point group of installed rules. An entry names a module, or a class in one."""


class RuleInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's facts.

    ``operations`` are the names of the operation types, base classes as written. ``origin`` is "built-in", "installed"
    or "local"; ``module`` is None for a local file. ``path`` is the file.
    """

    id: str
    category: str
    scope: Literal["step", "migration", "plan", "problem"]
    class_name: str = msgspec.field(name="class")
    severity: Severity = "warning"
    dialects: tuple[str, ...] = ("postgres",)
    versions: tuple[int, int] = (12, 18)
    operations: tuple[str, ...] = ()
    directions: tuple[str, ...] = ("up",)
    origin: Literal["built-in", "installed", "local"] = "built-in"
    module: str | None = None
    path: str = ""

    @property
    def operation_types(self) -> frozenset[type[ops.Operation]]:
        """The concrete operation types at which it is asked; empty: at every step."""
        return frozenset().union(*map(_expand, self.operations)) if self.operations else frozenset()


class Registry:
    """The rules of a run. ``errors`` are files and entry points that should hold rules and do not."""

    def __init__(self, infos: Iterable[RuleInfo], errors: Iterable[RuleError] = ()) -> None:
        self.rules: dict[str, RuleInfo] = {}
        self.errors: list[RuleError] = list(errors)
        self._loaded: dict[str, Rule] = {}
        for info in infos:
            taken = self.rules.get(info.id)
            if taken is None:
                self.rules[info.id] = info
            elif taken.path != info.path or taken.class_name != info.class_name:
                message = f'the id "{info.id}" is taken by {taken.origin} rule {taken.path}: give the rule another id'
                self.errors.append(RuleError(message, info.path))

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(sorted({info.category for info in self.rules.values()}))

    def select(self, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> frozenset[str]:
        """The ids that are chosen: those of ``select`` (ids or categories; empty: all) without those of ``ignore``.

        Raises ``UsageError`` for a name that is neither, with the nearest one.
        """
        chosen = frozenset().union(*map(self.expand, select)) if select else frozenset(self.rules)
        return chosen.difference(*map(self.expand, ignore))

    def expand(self, name: str) -> frozenset[str]:
        """The ids that ``name`` stands for: one rule, or those of a category. Raises ``UsageError`` for neither."""
        if name in self.rules:
            return frozenset((name,))
        ids = frozenset(info.id for info in self.rules.values() if info.category == name)
        if not ids:
            hint = nearest(name, [*self.rules, *self.categories])
            raise UsageError(f'there is no rule or category "{name}"{hint}; "hotlint rules" lists them')
        return ids

    def load(self, id: str) -> Rule:
        """The rule itself, imported on first use. Raises ``RuleError`` where importing or making it fails."""
        rule = self._loaded.get(id)
        if rule is None:
            rule = self._loaded[id] = _load(self.rules[id])
        return rule


def find_rules(local: Sequence[str] = ()) -> Registry:
    """All rules: built-in, then installed, then the ``local`` files and folders."""
    infos: list[RuleInfo] = []
    errors: list[RuleError] = []
    for folder, prefix in _builtin_folders():
        _index(folder, None, "built-in", prefix, infos, errors)
    for entry, value in _entry_points():
        _index_entry_point(entry, value, infos, errors)
    for path in local:
        _index_local(path, infos, errors)
    return Registry(infos, errors)


def info_of(rule: type[Rule]) -> RuleInfo:
    """The facts of a rule that is imported already."""
    scopes = {"check_problem": "problem", "check_plan": "plan", "check_migration": "migration", "check_step": "step"}
    from hotlint.rule import Rule as base

    overridden = [s for name, s in scopes.items() if getattr(rule, name, None) is not getattr(base, name, None)]
    if not overridden:
        raise RuleError("it overrides none of check_step, check_migration, check_plan", rule.__qualname__)
    facts = {name: getattr(rule, name) for name in ("id", "category", "severity", "dialects", "versions", "directions")}
    facts |= {"operations": [o.__name__ for o in rule.operations], "class": rule.__name__, "scope": overridden[0]}
    return _info(facts, "local", rule.__module__, getattr(sys.modules.get(rule.__module__), "__file__", None) or "")


def _builtin_folders() -> list[tuple[str, str]]:
    import hotlint.rules

    return [(folder, "hotlint.rules.") for folder in hotlint.rules.__path__ if os.path.isdir(folder)]


def _index(
    folder: str,
    names: list[str] | None,
    origin: Literal["built-in", "installed", "local"],
    prefix: str | None,
    infos: list[RuleInfo],
    errors: list[RuleError],
) -> None:
    """Adds the rules of a folder; ``prefix`` is what its modules' names begin with, None for local files."""
    for name, record in rule_index.index_folder(folder, names).items():
        path = os.path.join(folder, name)
        if record["error"]:
            errors.append(RuleError(record["error"], path))
        module = None if prefix is None else prefix + name[: -len(".py")].replace("/", ".")
        for facts in record["rules"]:
            try:
                infos.append(_info(facts, origin, module, path))
            except (msgspec.ValidationError, ValueError) as error:
                errors.append(RuleError(f"{facts['class']}: {error}", path))


def _info(
    facts: dict[str, Any], origin: Literal["built-in", "installed", "local"], module: str | None, path: str
) -> RuleInfo:
    info = msgspec.convert({**facts, "origin": origin, "module": module, "path": path}, RuleInfo)
    for name in info.operations:
        if not isinstance(getattr(ops, name, None), type):
            valid = [n for n, kind in vars(ops).items() if isinstance(kind, type)]
            raise ValueError(f"there is no operation {name}{nearest(name, valid)}")
    return info


def _index_local(path: str, infos: list[RuleInfo], errors: list[RuleError]) -> None:
    if os.path.isdir(path):
        _index(path, None, "local", None, infos, errors)
    else:
        _index(os.path.dirname(path) or ".", [os.path.basename(path)], "local", None, infos, errors)


# -- installed rules


def _entry_points() -> list[tuple[str, str]]:
    """Name and value of the entry points of installed rules.

    Reads the metadata of installed packages itself: ``importlib.metadata`` costs as much as the rest of a small run.
    """
    found: list[tuple[str, str]] = []
    for folder in dict.fromkeys(sys.path):
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                found += _entries_of(os.path.join(folder, name, "entry_points.txt"))
    return sorted(set(found))


def _entries_of(path: str) -> list[tuple[str, str]]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, ValueError):
        return []
    if GROUP not in text:
        return []
    from configparser import ConfigParser, Error

    parser = ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text)
    except Error:
        return []
    return [(name, value.strip()) for name, value in parser.items(GROUP)] if parser.has_section(GROUP) else []


def _index_entry_point(name: str, value: str, infos: list[RuleInfo], errors: list[RuleError]) -> None:
    """Adds the rules behind an entry point: those of a module, of all modules of a package, or one class."""
    from importlib.util import find_spec

    source = f"entry point {name} = {value}"
    module, _, wanted = value.partition(":")
    try:
        spec = find_spec(module)
    except Exception as error:  # importing a parent package runs its code
        errors.append(RuleError(f"{type(error).__name__}: {error}", source))
        return
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        errors.append(RuleError(f"there is no Python file of a module {module}", source))
        return
    folder, file = os.path.split(spec.origin)
    found: list[RuleInfo] = []
    if file == "__init__.py" and not wanted:
        _index(folder, None, "installed", f"{module}.", found, errors)
    else:
        _index(folder, [file], "installed", "", found, errors)
        found = [msgspec.structs.replace(i, module=module) for i in found if wanted in ("", i.class_name)]
        if wanted and not found:
            errors.append(RuleError(f"there is no rule {wanted} in {spec.origin}", source))
    infos += found


# -- loading


def _load(info: RuleInfo) -> Rule:
    from hotlint.rule import Rule

    try:
        module = _import(info)
        kind = getattr(module, info.class_name)
        if not (isinstance(kind, type) and issubclass(kind, Rule)):
            raise TypeError(f"{info.class_name} is not a subclass of hotlint.rule.Rule")
        return kind()
    except Exception as error:  # whatever a rule's module does when it is imported
        raise RuleError(f"rule {info.id} cannot be loaded: {type(error).__name__}: {error}", info.path) from error


def _import(info: RuleInfo) -> object:
    if info.module is not None:
        from importlib import import_module

        return import_module(info.module)
    from importlib.util import module_from_spec, spec_from_file_location

    name = "hotlint_local_rules." + os.path.basename(info.path)[: -len(".py")]
    spec = spec_from_file_location(name, info.path)
    if spec is None or spec.loader is None:
        raise ImportError("not a Python file")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_expanded: dict[str, frozenset[type[ops.Operation]]] = {}


def _expand(name: str) -> frozenset[type[ops.Operation]]:
    """The operation type of that name and all types derived from it."""
    found = _expanded.get(name)
    if found is None:
        waiting, kinds = [getattr(ops, name)], set()
        while waiting:
            kind = waiting.pop()
            kinds.add(kind)
            waiting += kind.__subclasses__()
        found = _expanded[name] = frozenset(kinds)
    return found
