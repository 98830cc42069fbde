"""The pictures of docs/images/ that are drawn from what the program says: terminal, timeline of locks, graph.

They are SVG without fonts or scripts of their own, light or dark as the page around them is.
"""

from __future__ import annotations

import os
import pty
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from html import escape

from docs_output import EXAMPLE, plain_environment

import hotlint
from hotlint.dialects.postgres.locks import strength
from hotlint.planning.model import MigrationPlan, Step
from hotlint.report.terminal import columns

COLUMNS = 100
_CELL, _LINE = 8.4, 19.0
_SGR = re.compile(r"\x1b\[([\d;]*)m")
_INKS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "36": "#56d4dd"}
_FACE = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

_STYLE = """text{font:13px system-ui,sans-serif;fill:#1f2430}
.m{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px}
.f{fill:#667085}.w{fill:#fff;font-weight:600;font-size:11px}.track{fill:#8882}.line{stroke:#8884;fill:none}
.all{fill:#c8423a}.writes{fill:#b9770e}.open{fill:#4d8a57}.box{fill:#5b6ea61f;stroke:#5b6ea6}
.bad{fill:#c8423a1f;stroke:#c8423a}.edge{stroke:#8889;fill:none}
@media(prefers-color-scheme:dark){text{fill:#e6e8ee}.f{fill:#a3abba}}"""


def pictures() -> dict[str, str]:
    """The text of each picture by its file's name."""
    return {
        "check.svg": _terminal("check db/migrations/0004_orders_by_day.up.sql"),
        "lock-timeline.svg": _timeline("0013"),
        "graph.svg": _graph(),
    }


# -- the terminal


def _terminal(arguments: str) -> str:
    """What a person sees of a command in examples/webshop, in colour."""
    lines = [f"\x1b[1;32m$\x1b[0m hotlint {arguments}", *_on_terminal(arguments).rstrip("\r\n").split("\n")]
    width, height = COLUMNS * _CELL + 40, len(lines) * _LINE + 62
    rows = [f'<text y="{56 + at * _LINE:g}">{"".join(_runs(line.rstrip()))}</text>' for at, line in enumerate(lines)]
    dots = "".join(
        f'<circle cx="{22 + 18 * at}" cy="20" r="6" fill="{c}"/>'
        for at, c in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return _svg(
        width,
        height,
        f"hotlint {arguments} on a terminal",
        f"<style>text{{font:14px {_FACE};fill:#d5dbe5;white-space:pre}}</style>"
        f'<rect width="{width:g}" height="{height:g}" rx="10" fill="#14181f"/>{dots}\n' + "\n".join(rows),
    )


def _on_terminal(arguments: str) -> str:
    """The output of a command whose terminal is ``COLUMNS`` wide."""
    import fcntl
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "hotlint", *arguments.split()],
        cwd=EXAMPLE,
        stdout=theirs,
        stderr=theirs,
        env={**plain_environment(), "TERM": "xterm-256color"},
    )
    os.close(theirs)
    pieces = []
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux ends a terminal that nobody writes to any more with EIO
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(ours)
    if process.wait() not in (0, 1):
        raise SystemExit(f"hotlint {arguments} ended with {process.returncode}")
    return b"".join(pieces).decode().replace("\r\n", "\n")


def _runs(line: str) -> Iterator[str]:
    """The pieces of a line that have one look each, as ``tspan`` elements at their columns."""
    style, at = "", 0
    for number, piece in enumerate(_SGR.split(line)):
        if number % 2:
            style = piece
        elif piece:
            if piece.strip():
                codes = style.split(";")
                ink = next((f' fill="{_INKS[code]}"' for code in codes if code in _INKS), "")
                weight = ' font-weight="700"' if "1" in codes else ""
                faint = ' fill-opacity=".65"' if "2" in codes else ""
                place = f'x="{20 + at * _CELL:g}" textLength="{columns(piece) * _CELL:g}"'
                yield f"<tspan {place}{ink}{weight}{faint}>{escape(piece)}</tspan>"
            at += columns(piece)


# -- the timeline of locks


def _timeline(migration: str) -> str:
    """Which statement takes which lock, and until which one it is held."""
    plan = _plan(migration)
    steps = [step for step in plan.steps if step.operations]
    rows = _lock_rows(steps)
    left, slot, top, step_height = 170, 118, 64, 30
    width, height = left + slot * len(steps) + 20, top + step_height * len(rows) + 52
    parts = [f"<style>{_STYLE}</style>"]
    for at, step in enumerate(steps):
        x = left + slot * at
        parts.append(f'<path class="line" d="M{x} {top - 8}V{height - 40}"/>')
        words = " ".join(step.sql.split()[:2])
        words = words if len(words) < slot // 8 else words.partition(" ")[0]
        parts.append(f'<text class="f" x="{x + 4}" y="24">line {_line(step)}</text>')
        parts.append(f'<text class="m" x="{x + 4}" y="42">{escape(words)}</text>')
    for at, (relation, mode, who, first, last) in enumerate(rows):
        y = top + step_height * at
        x, length = left + slot * first, slot * (last - first + 1)
        parts.append(f'<text class="m" x="{left - 10}" y="{y + 15}" text-anchor="end">{escape(relation)}</text>')
        parts.append(f'<rect class="track" x="{left}" y="{y}" width="{slot * len(steps)}" height="22" rx="3"/>')
        parts.append(f'<rect class="{who}" x="{x}" y="{y}" width="{length}" height="22" rx="3"/>')
        parts.append(f'<text class="w" x="{x + 6}" y="{y + 15}">{escape(mode)}</text>')
    x, y = left, height - 16
    for name, words in (("all", "reads and writes wait"), ("writes", "writes wait"), ("open", "no query waits")):
        parts.append(f'<rect class="{name}" x="{x}" y="{y - 10}" width="14" height="10" rx="2"/>')
        parts.append(f'<text class="f" x="{x + 20}" y="{y}">{words}</text>')
        x += 40 + 7 * len(words)
    title = f"Migration {migration}: each lock from the statement that takes it to the COMMIT that lets it go"
    return _svg(width, height, title, "\n".join(parts))


def _lock_rows(steps: list[Step]) -> list[tuple[str, str, str, int, int]]:
    """Relation, strongest mode, who waits, first and last statement of each table's lock."""
    rows: dict[str, tuple[str, str, str, int, int]] = {}
    for at, step in enumerate(steps):
        for lock in step.impact.locks:
            name = str(lock.relation)
            who = "all" if "reads" in lock.blocks else "writes" if lock.blocks else "open"
            known = rows.get(name)
            if known is None:
                rows[name] = (name, lock.mode, who, at, len(steps) - 1)
            elif strength(lock.mode) > strength(known[1]):
                rows[name] = (name, lock.mode, who, known[3], known[4])
    return list(rows.values())


def _line(step: Step) -> int:
    return step.script.position(step.statement.start).line


def _plan(migration: str) -> MigrationPlan:
    report = hotlint.plan(EXAMPLE / "db" / "migrations", server="postgres-16")
    return next(m for p in report.projects for m in p.plan.migrations if m.migration.id == migration)


# -- the graph


def _graph() -> str:
    """The migrations of the web shop from the top down, and the tables that each of them changes."""
    report = hotlint.plan(EXAMPLE / "db" / "migrations", server="postgres-16")
    migrations = report.projects[0].plan.migrations
    touched = {m.migration.id: _changed(m) for m in migrations}
    tables = list(dict.fromkeys(name for names in touched.values() for name in names))
    row, left, right, first = 30, 10, 224, 104
    column, box = 58, 226
    width, height = right + column * len(tables) + 100, first + row * len(migrations) + 64
    parts = [f"<style>{_STYLE}</style>"]
    for at, name in enumerate(tables):
        x = right + column * at + 40
        parts.append(f'<path class="line" d="M{x} {first - 8}V{height - 46}"/>')
        parts.append(f'<text class="m" transform="translate({x},{first - 14}) rotate(-40)">{escape(name)}</text>')
    for at, migration in enumerate(migrations):
        y = first + row * at
        fails = any(step.impact.error is not None for step in migration.steps)
        label = f"{migration.migration.id} {migration.migration.name}"
        if at:
            parts.append(f'<path class="edge" d="M{left + 20} {y - 8}V{y}"/>')
        parts.append(f'<rect class="{"bad" if fails else "box"}" x="{left}" y="{y}" width="{box}" height="22" rx="4"/>')
        parts.append(f'<text class="m" x="{left + 10}" y="{y + 15}">{escape(label)}</text>')
        places = {name: right + column * tables.index(name) + 40 for name in touched[migration.migration.id]}
        if places:
            parts.append(f'<path class="edge" d="M{left + box} {y + 11}H{max(places.values())}"/>')
        for name, blocks in touched[migration.migration.id].items():
            x = places[name]
            parts.append(f'<circle class="{blocks}" cx="{x}" cy="{y + 11}" r="6"/>')
    x, y = left, height - 14
    for name, words in (
        ("all", "reads and writes wait"),
        ("writes", "writes wait"),
        ("open", "no query waits"),
    ):
        parts.append(f'<circle class="{name}" cx="{x + 6}" cy="{y - 5}" r="6"/>')
        parts.append(f'<text class="f" x="{x + 20}" y="{y}">{words}</text>')
        x += 44 + 7 * len(words)
    parts.append(f'<rect class="bad" x="{x}" y="{y - 12}" width="20" height="13" rx="3"/>')
    parts.append(f'<text class="f" x="{x + 26}" y="{y}">the server refuses it</text>')
    return _svg(width, height, "The migrations of the web shop and the tables that they lock", "\n".join(parts))


def _changed(migration: MigrationPlan) -> dict[str, str]:
    """The tables that others use and that a migration locks for more than reading, with who waits."""
    worst = {"open": 0, "writes": 1, "all": 2}
    found: dict[str, str] = {}
    for step in migration.steps:
        for lock in step.impact.locks:
            if lock.kind == "index" or lock.mode == "ACCESS SHARE":
                continue
            who = "all" if "reads" in lock.blocks else "writes" if lock.blocks else "open"
            name = lock.relation.name
            if lock.created_in_transaction:
                who = "open"
            if worst[who] >= worst[found.get(name, "open")]:
                found[name] = who
    return found


def _svg(width: float, height: float, title: str, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img">\n<title>{escape(title)}</title>\n{body}\n</svg>\n'
    )
