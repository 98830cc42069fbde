"""Compares plans of real histories with what a server was measured to do.

    python benchmarks/agreement.py MEASURED.jsonl.gz HISTORIES [-v] [--project NAME] [--major 18]

MEASURED is a file of JSON lines (may be compressed with gzip). The first names the fields, each other is one statement:
project, file, index in the file, line, tag, transaction mode, number of the transaction in the file, ok, error, locks
``[relation, mode, kind]`` that the statement took or raised on relations older than the transaction, ``held`` from
earlier statements, rewrites, scans, index_builds (tables), skipped, sampled.
HISTORIES is a folder with the histories anywhere in it. Files are matched by the end of their paths, statements by
their line. A history is planned with its framework's transactions, whatever was used to measure; so locks are compared
as if the transaction that was measured were the plan's. Folders that were measured as one history are planned as one,
in the order that was measured, and on a database that has no rows but those that the history writes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hotlint.catalog.catalog import CatalogView
from hotlint.catalog.names import QName
from hotlint.dialects.postgres.locks import strength
from hotlint.dialects.postgres.parse import ParseOptions
from hotlint.planning.loop import PlanOptions, make_plan
from hotlint.planning.model import Step
from hotlint.project.discover import find_projects
from hotlint.project.model import Migration, Project
from hotlint.server import Server

KINDS = ("locks", "held", "rewrites", "scans", "builds", "skipped", "errors")
RELATIONS = ("table", "partitioned table", "view", "materialized view")
"""What locks are compared of: those of indexes and sequences are no news where their table is locked."""
VERIFYING = ("not null", "check", "partition", "default partition")
"""Scans that were measured, by what the server logs: those of joins, domains and index builds log nothing, and what a
rewrite reads is logged as the rewrite."""

Row = dict[str, Any]


class Difference(NamedTuple):
    """One disagreement of a statement."""

    row: Row
    kind: str
    measured: object
    planned: object
    sql: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured", type=Path)
    parser.add_argument("histories", type=Path)
    parser.add_argument("--project", help="only the projects whose name has this in it")
    parser.add_argument("--kind", choices=KINDS, help="show only disagreements of this kind")
    parser.add_argument("--major", type=int, default=18, help="the server that was measured")
    parser.add_argument("-v", "--verbose", action="store_true", help="show each disagreement")
    parser.add_argument(
        "--placeholder",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what a template's placeholder stood for when the history was measured",
    )
    options = parser.parse_args()
    rows = [r for r in read(options.measured) if options.project is None or options.project in r["project"]]
    placeholders = dict(given.split("=", 1) for given in options.placeholder)
    scripts = plan_files(options.histories, options.major, rows, placeholders)
    table, differences, unmatched = compare(rows, scripts)
    if options.verbose:
        for found in differences:
            if options.kind in (None, found.kind):
                show(found)
        for row in unmatched:
            print(f"not matched: {row['project']} {row['file']}:{row['line']} {row['tag']}")
    report(table, len(unmatched))
    tell_statements(len(rows) - len(unmatched), differences)


def tell_statements(count: int, differences: list[Difference]) -> None:
    """How many statements agree in all that is locked and worked on, and how many differ only where rows decide."""
    by_statement: dict[tuple[str, str, int], list[Difference]] = defaultdict(list)
    for found in differences:
        if found.kind in ("locks", "held", "rewrites", "scans", "builds"):
            by_statement[found.row["project"], found.row["file"], found.row["index"]].append(found)
    rest = [one for one in by_statement.values() if not all(map(decided_by_rows, one))]
    print(
        f"{count - len(by_statement)} of {count} statements agree in locks, held, rewrites, scans and builds"
        f" ({1 - len(by_statement) / count:.2%}); {len(by_statement) - len(rest)} more differ only in what the rows"
        f" decide ({1 - len(rest) / count:.2%} with them)"
    )


_WEAKER = {"ROW SHARE": ("ACCESS SHARE",), "ROW EXCLUSIVE": ("ACCESS SHARE", "ROW SHARE")}


def decided_by_rows(found: Difference) -> bool:
    """Whether the server would have done as planned with other rows in the tables: checks of foreign keys and their
    cascades, triggers, scans of what has no rows."""
    if isinstance(found.measured, dict) and isinstance(found.planned, dict):
        modes = [(found.measured.get(name), found.planned.get(name)) for name in {*found.measured, *found.planned}]
        return all(one == two or (one in (None, *_WEAKER.get(two, ())) and two in _WEAKER) for one, two in modes)
    return not found.measured and found.kind == "scans"


def read(path: Path) -> Iterator[Row]:
    """The measured statements."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        fields = json.loads(next(lines))
        for line in lines:
            yield dict(zip(fields, json.loads(line), strict=True))


def plan_files(folder: Path, major: int, rows: list[Row], placeholders: dict[str, str]) -> dict[str, list[Step]]:
    """The steps of each file of a history that was measured, by its path."""
    options = PlanOptions(unfilled=True, downs=False, parse=ParseOptions(placeholders=placeholders))
    files: dict[str, list[Step]] = {}
    for project in measured_projects(folder, rows):
        for migration in make_plan(project, Server(major=major), options).migrations:
            files[_path(migration.migration)] = list(migration.steps)
    return files


def measured_projects(folder: Path, rows: list[Row]) -> Iterator[Project]:
    """The projects that hold measured files; those that were measured as one history made one."""
    names = {_name(row["file"]) for row in rows}
    owners: dict[str, Project] = {}
    for history in sorted(p for p in folder.iterdir() if p.is_dir()):
        for project in find_projects([history]):
            if project.dialect == "postgres" and any(_name(_path(m)) in names for m in project.migrations):
                owners.update({_path(m): project for m in project.migrations})
    paths = Paths(owners)
    measured: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        path = paths.find(row["project"], row["file"])
        if path is not None:
            measured[row["project"]].setdefault(path, len(measured[row["project"]]))
    for order in measured.values():
        yield as_one(list({owners[path].root: owners[path] for path in order}.values()), order)


def as_one(projects: list[Project], order: dict[str, int]) -> Project:
    """Several folders as one history, their files in the order measured, others after those before them."""
    if len(projects) == 1:
        return projects[0]
    placed: list[tuple[int, int, Migration]] = []
    for project in projects:
        at = -1
        for place, migration in enumerate(project.migrations):
            at = max(at, order.get(_path(migration), at))
            placed.append((at, place, migration))
    placed.sort(key=lambda item: item[:2])
    return msgspec.structs.replace(projects[0], migrations=tuple(migration for _, _, migration in placed))


def _path(migration: Migration) -> str:
    return migration.up.path.replace(os.sep, "/")


def _name(path: str) -> str:
    return path.replace(os.sep, "/").rsplit("/", 1)[-1]


def compare(
    rows: Iterable[Row], scripts: dict[str, list[Step]]
) -> tuple[dict[str, Counter[str]], list[Difference], list[Row]]:
    """Agreements by project and kind, the disagreements, and the statements without a counterpart."""
    paths = Paths(scripts)
    table: dict[str, Counter[str]] = defaultdict(Counter)
    differences: list[Difference] = []
    unmatched: list[Row] = []
    by_file: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        by_file[row["project"], row["file"]].append(row)
    for (project, file), group in by_file.items():
        path = paths.find(project, file)
        pairs = match(group, scripts[path]) if path is not None else [(row, None) for row in group]
        firsts: dict[int, int] = {}
        for row, step in pairs:
            if step is None:
                unmatched.append(row)
                continue
            first = firsts.setdefault(row["tx"], step.index)
            for kind, measured, planned in kinds_of(row, step, first):
                same = measured == planned
                table[project][f"{kind} {'same' if same else 'different'}"] += 1
                if not same:
                    differences.append(Difference(row, kind, measured, planned, step.sql))
    return table, differences, unmatched


class Paths:
    """Planned files, to be found by the end of their path and by the words of the project's name."""

    def __init__(self, scripts: Iterable[str]) -> None:
        self.by_name: dict[str, list[str]] = defaultdict(list)
        for path in scripts:
            self.by_name[_name(path)].append(path)
        for path in scripts:
            self.by_name["/".join(path.rsplit("/", 2)[1:])].append(path)

    def find(self, project: str, file: str) -> str | None:
        end = "/" + file
        found = [p for p in self.by_name[_name(file)] if p.endswith(end)]
        if len(found) > 1:
            words = project.replace(".", "-").split("-")
            found = sorted(found, key=lambda p: -sum(word in p for word in words))
        return found[0] if found else None


def match(rows: list[Row], steps: list[Step]) -> list[tuple[Row, Step | None]]:
    """Each measured statement with the step that starts on its line; several on a line go by their order."""
    by_line: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        by_line[step.script.position(step.statement.start).line].append(step)
    whole: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        whole[row["line"]].append(row["index"])
    result: list[tuple[Row, Step | None]] = []
    for row in rows:
        here = by_line.get(row["line"], [])
        kept = [s for s in here if _tag_fits(s, row["tag"])] or here
        place = whole[row["line"]].index(row["index"])
        result.append((row, kept[place] if place < len(kept) else None))
    return result


_NO_DDL = frozenset(["Insert", "Update", "Delete", "Select", "SetVariable", "Transaction", "Comment"])


def _tag_fits(step: Step, tag: str) -> bool:
    return not (len(step.operations) == 1 and type(step.operations[0]).__name__ in _NO_DDL) or tag == "DoStmt"


def kinds_of(row: Row, step: Step, first: int) -> Iterator[tuple[str, object, object]]:
    """What was measured of a statement, and what is planned; ``first`` is its transaction's first measured step."""
    impact = step.impact
    if impact.unknown and impact.error is None:
        return
    held: dict[str, str] = row["held"]
    kept = {plain(h.lock.relation): h.lock.mode for h in step.held}
    renamed = any(step.before.relation(QName(*name.split(".", 1))) is None for name in held)
    before = {**kept, **held} if renamed else held  # what was measured has the names at the transaction's begin
    yield "errors", bool(row["error"]), impact.error is not None
    if row["error"] or impact.error is not None:
        return
    yield "skipped", bool(row["skipped"]), impact.skipped
    planned = {
        plain(x.relation): x.mode
        for x in impact.locks
        if x.kind in RELATIONS
        and is_older(step.before, x.relation, first)
        and (plain(x.relation) not in before or strength(before[plain(x.relation)]) < strength(x.mode))
    }
    measured = {name: mode for name, mode, kind in row["locks"] if kind in RELATIONS}
    if not row["sampled"]:  # else it was watched from a second session, which may miss what is short
        yield "locks", measured, planned
        yield "held", {k: v for k, v in held.items() if k in kept}, {k: v for k, v in kept.items() if k in held}
    yield "rewrites", tables(row["rewrites"]), sorted({plain(x.relation) for x in impact.rewrites})
    rewritten = {x.relation for x in impact.rewrites}
    scans = {plain(x.relation) for x in impact.scans if x.reason in VERIFYING and x.relation not in rewritten}
    yield "scans", tables(row["scans"]), sorted(scans)
    if row["tag"] != "TruncateStmt":  # the empty indexes that it builds were left out
        yield "builds", tables(row["index_builds"]), sorted({plain(x.relation) for x in impact.index_builds})


def is_older(schema: CatalogView, name: QName, first: int) -> bool:
    """Whether a relation was there before the step ``first``."""
    found = schema.relation(name)
    return found is None or found.origin < first


def tables(measured: list[Any]) -> list[str]:
    """The tables of a measured list, which has names or objects with a ``table``."""
    return sorted({m if isinstance(m, str) else m["table"] for m in measured})


def plain(name: QName) -> str:
    """A name as the measurements write it: without quotes."""
    return f"{name.schema}.{name.name}"


def show(found: Difference) -> None:
    row = found.row
    print(f"{found.kind}: {row['project']} {row['file']}:{row['line']} {row['tag']}")
    if isinstance(found.measured, dict) and isinstance(found.planned, dict):
        print(f"    measured only {dict(found.measured.items() - found.planned.items())}")
        print(f"    planned only  {dict(found.planned.items() - found.measured.items())}")
    else:
        print(f"    measured {found.measured}, planned {found.planned}")
    print(f"    {' '.join(found.sql.split())[:200]}")


def report(table: dict[str, Counter[str]], unmatched: int) -> None:
    total: Counter[str] = Counter()
    print(f"{'project':28}" + "".join(f"{kind:>16}" for kind in KINDS))
    for project, counts in sorted(table.items()):
        total.update(counts)
        print(f"{project:28}" + "".join(_cell(counts, kind) for kind in KINDS))
    print(f"{'all':28}" + "".join(_cell(total, kind) for kind in KINDS))
    same, different = (sum(v for k, v in total.items() if k.endswith(end)) for end in (" same", " different"))
    print(f"{same / max(1, same + different):.2%} of {same + different} answers agree; {unmatched} without counterpart")


def _cell(counts: Counter[str], kind: str) -> str:
    same, different = counts[f"{kind} same"], counts[f"{kind} different"]
    return f"{f'{same}/{same + different}':>16}" if same + different else f"{'':16}"


if __name__ == "__main__":
    main()
