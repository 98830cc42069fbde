"""Times Hotlint on folders of migrations, beside squawk where that is installed.

    python benchmarks/bench.py FOLDER…            # cold, cached and memory, side by side with squawk
    python benchmarks/bench.py --file FILE        # one file passed and the history behind it, against importing pglast
    python benchmarks/bench.py --generated        # histories of 100, 1,000 and 10,000 migrations

Runs alternate between the programs, so that a busy machine is busy for both; medians are told, those of the ratios too,
which are taken round by round. Compare figures of one run only; where others use the machine, compare processor time.
Times are in seconds, memory is the peak resident set in megabytes.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROUNDS = 5
SIZES = (100, 1_000, 10_000)
ARGUMENT_BYTES = 100_000
"""Squawk takes files, not folders: as many at once as an argument list holds with certainty."""

Command = Sequence[str]


class Times(NamedTuple):
    """Seconds: on the clock, and of the processors for the program and the system."""

    wall: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--file", type=Path, help="time a check of this one file")
    parser.add_argument("--generated", action="store_true", help="time generated histories of growing length")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    if options.folders:
        whole(options.folders, options.rounds)
    if options.file:
        one_file(options.file, options.rounds)
    if options.generated:
        growing(options.rounds)
    if not (options.folders or options.file or options.generated):
        parser.error("give folders, --file or --generated")


def hotlint(*arguments: str) -> list[str]:
    """The command for this interpreter's Hotlint."""
    return [sys.executable, "-m", "hotlint", *arguments]


def squawk() -> str | None:
    """The squawk beside this interpreter, else the one on the path."""
    beside = Path(sys.executable).with_name("squawk")
    return str(beside) if beside.exists() else shutil.which("squawk")


def whole(folders: list[Path], rounds: int) -> None:
    """Whole histories: cold, with the cache, and squawk on the same files."""
    files = planned_files(folders)
    size = sum(os.path.getsize(path) for path in files)
    print(f"{len(files):,} files that are planned, {size / 1e6:.1f} MB, median of {rounds}")
    paths = [str(folder) for folder in folders]
    with tempfile.TemporaryDirectory() as cache:
        environment = {"HOTLINT_CACHE_DIR": cache}
        programs: dict[str, tuple[list[Command], dict[str, str]]] = {
            "hotlint, cold": ([hotlint("check", "--isolated", "--exit-zero", "--no-cache", *paths)], {}),
            "hotlint, cached": ([hotlint("check", "--isolated", "--exit-zero", *paths)], environment),
        }
        other = squawk()
        if other:
            programs["squawk"] = ([[other, *part] for part in _parts(files)], {})
        run(*programs["hotlint, cached"])  # fills the cache
        times = alternate({name: (lambda p=p: run(*p)) for name, p in programs.items()}, rounds)  # type: ignore[misc]
        peaks = {name: memory(*program) for name, program in programs.items()}
    report(times, "squawk" if other else None)
    for name, peak in peaks.items():
        print(f"  {name:<16} {peak:6.0f} MB at its peak")


def planned_files(folders: list[Path]) -> list[str]:
    """The SQL files that Hotlint plans under ``folders``, so that both programs judge the same: PostgreSQL only."""
    from hotlint.project.discover import find_projects

    found = {
        script.path
        for project in find_projects(folders)
        if project.dialect == "postgres"
        for migration in project.migrations
        for script in (migration.up, migration.down)
        if script is not None and script.path.endswith(".sql")
    }
    return sorted(found)


def one_file(path: Path, rounds: int) -> None:
    """What a commit of one file waits for: nothing known; the history known and the file changed; nothing changed."""
    from hotlint.project.discover import find_projects

    root = Path(find_projects([path])[0].root)
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder, "repository")
        shutil.copytree(root, repository / root.name)
        file = repository / root.name / path.resolve().relative_to(root.resolve())
        text = file.read_bytes()
        environment = {"HOTLINT_CACHE_DIR": str(Path(folder, "cache"))}
        # As a hook is called: in the repository, with a path below it.
        cached = hotlint("check", "--isolated", "--exit-zero", str(file.relative_to(repository)))
        changes = itertools.count()

        def changed() -> Times:
            file.write_bytes(text + b"\n-- change %d\n" % next(changes))
            return run([cached], environment, repository)

        changed()  # fills the cache
        print(f"{path}, median of {rounds}")
        times = alternate(
            {
                "cold": lambda: run([[*cached, "--no-cache"]], {}, repository),
                "file changed": changed,
                "unchanged": lambda: run([cached], environment, repository),
                "import pglast": lambda: run([[sys.executable, "-c", "import pglast"]], {}),
            },
            rounds,
        )
    report(times, "import pglast")


def growing(rounds: int) -> None:
    """Linear histories of growing length: the cost of a migration must not grow with their number."""
    for count in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            generate(Path(folder), count)
            command = hotlint("check", "--isolated", "--exit-zero", "--no-cache", folder)
            taken = statistics.median(run([command], {}).wall for _ in range(rounds if count < SIZES[-1] else 3))
        print(f"{count:>6,} migrations {taken:7.2f} s, {taken / count * 1e6:6.0f} µs each")


def generate(folder: Path, count: int) -> None:
    """A history in golang-migrate's layout: every tenth migration makes a table, the others change the last ones."""
    for number in range(count):
        table = f"items_{number // 10}"
        if number % 10 == 0:
            up = f"CREATE TABLE {table} (id bigint PRIMARY KEY, name text NOT NULL, made timestamptz DEFAULT now());\n"
            down = f"DROP TABLE {table};\n"
        elif number % 10 < 5:
            up = f"ALTER TABLE {table} ADD COLUMN extra_{number} integer NOT NULL DEFAULT 0;\n"
            down = f"ALTER TABLE {table} DROP COLUMN extra_{number};\n"
        else:
            up = f"CREATE INDEX CONCURRENTLY {table}_{number}_idx ON {table} (name, id);\n"
            down = f"DROP INDEX CONCURRENTLY {table}_{number}_idx;\n"
        (folder / f"{number:06}_change.up.sql").write_text(up)
        (folder / f"{number:06}_change.down.sql").write_text(down)


def alternate(programs: dict[str, Callable[[], Times]], rounds: int) -> dict[str, list[Times]]:
    """Runs each program once per round, in turn; the times of each, round by round."""
    times: dict[str, list[Times]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            times[name].append(program())
    return times


def run(commands: Sequence[Command], environment: dict[str, str], folder: Path | None = None) -> Times:
    """What the commands take one after another. Raises ``SystemExit`` where one could not do its work."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    for command in commands:
        done = subprocess.run(
            command,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**inherited, **environment},
            check=False,
        )
        if done.returncode not in (0, 1):
            error = done.stderr.decode(errors="replace")[-500:]
            raise SystemExit(f"{command[0]} … ended with {done.returncode}\n{error}")
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Times(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def memory(commands: Sequence[Command], environment: dict[str, str]) -> float:
    """Peak memory of the commands in megabytes, measured in a process of its own, since the figure is a maximum."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        run(commands, environment)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        os.write(writing, str(peak).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        peak = int(pipe.read() or 0)
    os.waitpid(child, 0)
    return peak / (1_000_000 if sys.platform == "darwin" else 1_000)  # bytes there, kilobytes elsewhere


def report(times: dict[str, list[Times]], base: str | None) -> None:
    """One line for each program: wall and processor time, with their ratios to ``base``."""
    for name, taken in times.items():
        columns = [_column(taken, times[base] if base and name != base else None, kind) for kind in Times._fields]
        print(f"  {name:<16} {' '.join(columns)}".rstrip())
    if base:
        print(f"  × is beside {base}")


def _column(taken: list[Times], others: list[Times] | None, kind: str) -> str:
    own: list[float] = [getattr(times, kind) for times in taken]
    text = f"{kind} {statistics.median(own):7.3f} s"
    if others is not None:
        text += f" {statistics.median(a / getattr(b, kind) for a, b in zip(own, others, strict=True)):5.2f} ×"
    return f"{text:<24}"


def _parts(files: list[str]) -> Iterator[list[str]]:
    part: list[str] = []
    size = 0
    for path in files:
        if size + len(path) > ARGUMENT_BYTES and part:
            yield part
            part, size = [], 0
        part.append(path)
        size += len(path) + 1
    if part:
        yield part


if __name__ == "__main__":
    main()
