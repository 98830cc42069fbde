"""The library: what ``hotlint check`` and ``hotlint plan`` do, as functions.

A report that is still true comes from the cache; the modules that make plans are imported when there is one to make.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Union

import msgspec

from hotlint.changes import Changes
from hotlint.config import Settings, load_config, settings_for
from hotlint.errors import UsageError, no_such_path
from hotlint.finding import Severity
from hotlint.report.model import Report
from hotlint.run_notes import Progress, RunNotes, no_progress
from hotlint.server import DEFAULT_MAJOR, MAX_MAJOR, MIN_MAJOR, Server

if TYPE_CHECKING:
    from hotlint.cache import Store
    from hotlint.report.plan_model import PlanReport

PathName = Union[str, "os.PathLike[str]"]

DEFAULT_FAIL_ON: Severity = "warning"
BASELINE_NAME = "hotlint-baseline.jsonl"
"""Read without being configured where it lies beside the configuration, or in the working directory without one."""
_CLOCK_SLACK = 0.02
"""Seconds by which a file's time may lag behind the clock (the kernel's tick is up to 10 ms)."""


class Request(msgspec.Struct, frozen=True):
    """What is asked, with configuration and command line put together.

    ``paths`` are as the user would write them, () for the configured or usual folders. ``buffers`` are texts by path
    that stand in for files, which need not be there: unsaved files, standard input. ``baseline`` is the path of the
    file with the findings that were accepted once. ``changes`` limit the report to files that changed. ``narrowed``:
    rules or migrations are left out that the configuration asks for, so that what is not found may still be there.
    """

    paths: tuple[str, ...]
    settings: Settings
    server: Server
    assumed: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    since: str | None = None
    today: date | None = None
    buffers: dict[str, str] = {}
    baseline: str | None = None
    changes: Changes | None = None
    narrowed: bool = False


def plan(
    paths: PathName | Sequence[PathName] | None = None,
    *,
    server: str | int | Server | None = None,
    config: PathName | None = None,
    isolated: bool = False,
    down: bool = True,
    progress: Progress = no_progress,
) -> PlanReport:
    """The plans of the migration histories under ``paths``.

    ``paths``: folders or files; None means the configured ones, else the usual folders of the working directory.
    ``server``: ``"postgres-16"``, ``16`` or a ``Server``; None means the configured version, else 15.
    ``config``: a configuration file; None means the one found upwards from the paths. ``isolated``: none at all.
    ``down``: whether down scripts are planned too. ``progress`` is told how far it is.

    Raises ``hotlint.errors.UsageError`` for a path that is not there and ``ConfigError`` for a configuration that
    cannot be used. Nothing that stands in a migration raises.
    """
    from hotlint.running import make_plans

    return make_plans(request_for(paths, server=server, config=config, isolated=isolated), down=down, progress=progress)


def check(
    paths: PathName | Sequence[PathName] | None = None,
    *,
    server: str | int | Server | None = None,
    config: PathName | None = None,
    isolated: bool = False,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    since: str | None = None,
    cache: bool = False,
    buffers: Mapping[str, str] | None = None,
    baseline: PathName | bool | None = None,
    changed_since: str | None = None,
) -> Report:
    """What is wrong with the migrations under ``paths``, or with those of the files named.

    ``select`` and ``ignore`` are rule ids or categories, added to what the configuration ignores or instead of what it
    selects. ``since`` is the id of the last migration that is old: only newer ones are judged, all are replayed.
    ``cache``: whether a result may come from the cache and is kept in it. ``buffers`` are texts by path that stand in
    for files, which need not be there: unsaved files, standard input. ``baseline``: the file with findings that were
    accepted once, False for none; None means the configured one. ``changed_since``: a Git revision; only files that
    changed since the merge base with it are reported on. The rest is as in ``plan``.

    Raises ``UsageError`` for an unknown rule, migration, path or revision, and ``ConfigError``. A failure inside
    Hotlint or in a rule does not raise: it stands in the report's ``failures``, and everything else has been checked.
    """
    request = request_for(
        paths,
        server=server,
        config=config,
        isolated=isolated,
        select=select,
        ignore=ignore,
        since=since,
        buffers=buffers,
        baseline=baseline,
        changed_since=changed_since,
    )
    return run_check(request, cache=cache)


def run_check(request: Request, *, cache: bool, notes: RunNotes | None = None) -> Report:
    """The report, from the cache where it is still true, without what the baseline has; ``notes`` are filled."""
    report = _with_everything(request, notes or RunNotes(), cache=cache)
    if request.baseline is None:
        return report
    from hotlint.baseline import apply_baseline, read_baseline

    entries = read_baseline(request.baseline)
    return apply_baseline(report, request.baseline, entries, lambda entry: looked_at(request, entry.path))


def looked_at(request: Request, path: str) -> bool:
    """Whether a run of this request tells everything that there is to tell about a file."""
    if request.narrowed:
        return False
    if request.changes is not None and path not in request.changes.paths:
        return False
    roots = [os.path.abspath(root) for root in request.paths]
    whole = os.path.abspath(path)
    return not roots or any(whole == root or whole.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def _with_everything(request: Request, notes: RunNotes, *, cache: bool) -> Report:
    wanted = request.settings.config.cache
    if not cache or wanted is False:
        from hotlint.running import make_report

        return make_report(request, notes)
    from hotlint.cache import Store

    return _cached(request, notes, Store(request.settings.resolve(wanted) if isinstance(wanted, str) else None))


def _cached(request: Request, notes: RunNotes, store: Store) -> Report:
    from hotlint.cache import Entry, Seen, code_identity, key_of

    start = time.time()
    local = request.settings.config.rules
    identity = code_identity(map(request.settings.resolve, local))
    asked = msgspec.structs.replace(request, baseline=None, narrowed=False)  # what a baseline has is taken out later
    key = key_of("check", os.getcwd(), msgspec.to_builtins(asked), identity)
    data = store.get(key)
    if data is not None:
        try:
            entry = msgspec.msgpack.decode(data, type=Entry)
            if entry.seen.unchanged():
                notes.folders, notes.files = tuple(entry.seen.folders), tuple(entry.seen.files)
                notes.from_cache = True
                return msgspec.msgpack.decode(entry.result, type=Report)
        except msgspec.DecodeError:  # written by something else under the same name
            pass
    from hotlint.running import make_report

    report = make_report(request, notes, store, identity)
    if not report.failures and not _any_newer(notes.files, start - _CLOCK_SLACK):
        result = msgspec.Raw(msgspec.msgpack.encode(report))
        store.put(key, msgspec.msgpack.encode(Entry(Seen.now(notes.folders, notes.files), result)))
    return report


def _any_newer(files: Sequence[str], moment: float) -> bool:
    """Whether a file changed after ``moment``: then it may not be what the result was made from."""
    for path in files:
        try:
            if os.stat(path).st_mtime > moment:
                return True
        except OSError:  # it is not there, and its absence is noted
            continue
    return False


def request_for(
    paths: PathName | Sequence[PathName] | None,
    *,
    server: str | int | Server | None = None,
    config: PathName | None = None,
    isolated: bool = False,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    since: str | None = None,
    buffers: Mapping[str, str] | None = None,
    baseline: PathName | bool | None = None,
    changed_since: str | None = None,
) -> Request:
    """What is asked, with the configuration that holds for it; arguments and errors are those of ``check``."""
    given = _paths(paths)
    texts = dict(buffers or {})
    settings = _settings(given, config, isolated)
    chosen = settings.config
    for path in given:
        if path not in texts and not os.path.lexists(path):
            raise no_such_path(path)
    if not given:
        given = tuple(settings.resolve(path) for path in chosen.paths)
        for at, path in enumerate(given):
            if not os.path.exists(path):
                raise settings.error(("paths", at), f"there is no file or folder {path}")
    version = server if server is not None else chosen.pg_version
    return Request(
        paths=given,
        settings=settings,
        server=Server() if version is None else _server(version),
        assumed=version is None,
        select=tuple(chosen.select if select is None else select),
        ignore=(*chosen.ignore, *(ignore or ())),
        since=since,
        today=date.today(),
        buffers=texts,
        baseline=_baseline(settings, baseline, isolated),
        changes=None if changed_since is None else _changes(given, changed_since),
        narrowed=select is not None or bool(ignore) or since is not None,
    )


def _baseline(settings: Settings, wanted: PathName | bool | None, isolated: bool) -> str | None:
    """The baseline that is named, or configured, or lies in its usual place."""
    if isinstance(wanted, str | os.PathLike):
        return os.fspath(wanted)
    configured = settings.config.findings_baseline
    if wanted is False or configured is False or (isolated and not wanted):
        return None
    path = baseline_path(settings)
    if os.path.lexists(path):
        return path
    if isinstance(configured, str):
        raise settings.error(("findings_baseline",), f"there is no file {path}: `hotlint baseline` writes it")
    return None


def baseline_path(settings: Settings) -> str:
    """Where the baseline of findings is, or would be written."""
    configured = settings.config.findings_baseline
    return settings.resolve(configured if isinstance(configured, str) else BASELINE_NAME)


def _changes(paths: tuple[str, ...], revision: str) -> Changes:
    from hotlint.git import changes_since

    return changes_since(revision, paths)


def _paths(paths: PathName | Sequence[PathName] | None) -> tuple[str, ...]:
    if paths is None:
        return ()
    several = (paths,) if isinstance(paths, str | os.PathLike) else paths
    return tuple(os.fspath(path) for path in several)


def _settings(paths: tuple[str, ...], config: PathName | None, isolated: bool) -> Settings:
    """The configuration that is named, or the one found upwards from the folder that all paths are in."""
    if isolated:
        return Settings()
    if config is not None:
        return load_config(os.fspath(config))
    try:
        start = os.path.commonpath([os.path.abspath(path) for path in paths]) if paths else "."
    except ValueError:  # different drives
        start = "."
    return settings_for(start, absolute=bool(paths) and all(map(os.path.isabs, paths)))


def _server(wanted: str | int | Server) -> Server:
    if isinstance(wanted, Server):
        return wanted
    text = str(wanted).removeprefix("postgres-")
    if not text.isdecimal() or not MIN_MAJOR <= int(text) <= MAX_MAJOR:
        raise UsageError(
            f'there is no server "{wanted}": give postgres-{MIN_MAJOR} to postgres-{MAX_MAJOR}'
            f" (postgres-{DEFAULT_MAJOR} is the default)"
        )
    return Server(major=int(text))
