"""``hotlint check --show-settings``: what holds, and who said so."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from hotlint import api
from hotlint.commands.output import write_json, write_text
from hotlint.errors import UsageError
from hotlint.report.terminal import Style, columns, plain, style_for
from hotlint.server import DEFAULT_MAJOR

VERSION = 1
_WIDEST = 60


class Setting(msgspec.Struct, frozen=True):
    """One value under its key in the configuration. ``origin`` is ``default``, an option of the command line, or the
    configuration file with the line."""

    key: str
    value: Any
    origin: str


def show(request: api.Request, options: argparse.Namespace) -> int:
    """Prints all settings, as text or as JSON."""
    if options.format not in (None, "text", "json"):
        raise UsageError(f"--show-settings is written as text or json, not as {options.format}")
    settings = list(effective(request, options))
    if options.format == "json":
        data = {
            "version": VERSION,
            "configuration": request.settings.path,
            "settings": {s.key: {"value": s.value, "origin": s.origin} for s in settings},
        }
        write_json(msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n")
        return 0
    write_text(_text(settings, request.settings.path, style_for(sys.stdout, wish=options.color)))
    return 0


def effective(request: api.Request, options: argparse.Namespace) -> Iterator[Setting]:
    """Every setting with its value: the configuration's, unless the command line says otherwise."""
    said = _said(request, options)
    positions = _positions(request.settings.path)
    for key, value in _leaves(request.settings.config):
        name = ".".join(key)
        if name in said:
            given, option = said[name]
            yield Setting(name, given, option)
        elif (line := _line(key, positions)) is not None:
            yield Setting(name, value, f"{request.settings.path}:{line}")
        else:
            yield Setting(name, _DEFAULTS.get(name, value), "default")


_DEFAULTS: dict[str, Any] = {"pg_version": DEFAULT_MAJOR, "fail_on": api.DEFAULT_FAIL_ON}
"""What holds where the configuration leaves it open."""


def _said(request: api.Request, options: argparse.Namespace) -> dict[str, tuple[Any, str]]:
    """What the command line says, by the key that it stands for."""
    said: dict[str, tuple[Any, str]] = {}
    if options.paths or options.stdin_filename:
        said["paths"] = (list(request.paths), "the command line")
    if options.pg_version is not None:
        said["pg_version"] = (request.server.major, "--pg-version")
    if options.select is not None:
        said["select"] = (list(request.select), "--select")
    if options.ignore is not None:
        said["ignore"] = (list(request.ignore), "--ignore")
    if options.since is not None:
        said["start_after"] = (options.since, "--since")
    if options.fail_on is not None:
        said["fail_on"] = (options.fail_on, "--fail-on")
    if options.baseline is not None:
        said["findings_baseline"] = (options.baseline, "--baseline" if options.baseline else "--no-baseline")
    elif request.settings.config.findings_baseline is True:
        said["findings_baseline"] = (request.baseline or False, "default")
    if options.no_cache:
        said["cache"] = (False, "--no-cache")
    return said


def _leaves(value: msgspec.Struct, key: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for field in value.__struct_fields__:
        inner = getattr(value, field)
        if isinstance(inner, msgspec.Struct):
            yield from _leaves(inner, (*key, field))
        else:
            yield (*key, field), msgspec.to_builtins(inner)


def _positions(path: str | None) -> dict[tuple[str | int, ...], tuple[int, int]]:
    if path is None:
        return {}
    from hotlint.config_text import read_text

    return read_text(path).positions()


def _line(key: tuple[str, ...], positions: dict[tuple[str | int, ...], tuple[int, int]]) -> int | None:
    """Where a key is written: its own line, or the first of what stands below it."""
    own = positions.get(key)
    if own is not None:
        return own[0]
    return min((place[0] for name, place in positions.items() if name[: len(key)] == key), default=None)


def _text(settings: list[Setting], path: str | None, style: Style) -> str:
    shown = [(s, plain(msgspec.json.encode(s.value).decode())) for s in settings]
    names = max(len(s.key) for s in settings)
    values = max(columns(value) for _, value in shown if columns(value) <= _WIDEST)
    lines = [f"configuration: {plain(path) if path else 'none was found, the defaults hold'}", ""]
    for setting, value in shown:
        gap = " " * max(values - columns(value), 0)
        origin = setting.origin if setting.origin != "default" else style.paint("faint", "default")
        lines.append(f"{style.paint('strong', f'{setting.key:<{names}}')}  {value}{gap}  {origin}")
    return "\n".join(lines) + "\n"
