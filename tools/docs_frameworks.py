"""The pages of docs/frameworks/, from the frameworks' own modules and from what is read in samples."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docs_output import output
from docs_samples import SAMPLES, Sample

from hotlint.project.discover import discover
from hotlint.project.frameworks.registry import FRAMEWORKS, module_of
from hotlint.project.model import Migration, Project

MODES = {
    "wrapped": "in a transaction of its own",
    "implicit": "as one message: several statements share an implicit transaction, a single one runs alone",
    "none": "statement by statement, each committed on its own",
}
_ORDERS = {
    "integer": "Versions count up.",
    "timestamp": "Versions are times.",
    "dotted": "Versions are numbers with parts, compared part by part.",
    "name": "Migrations are known by their names.",
}
_DOWNS = {
    "file": "The way down is a file of its own.",
    "section": "The way down stands in the same file.",
    None: "The tool has no way down, so Hotlint misses none.",
}
_LANGUAGES = {"sql": "sql", "yaml": "yaml", "toml": "toml", "json": "json", "conf": "ini"}


def pages() -> dict[str, str]:
    """The text of each page by the framework's name."""
    missing = FRAMEWORKS.keys() - SAMPLES.keys()
    if missing:
        raise SystemExit(f"docs_samples.py has no sample of {', '.join(sorted(missing))}")
    return {name: _page(name, SAMPLES[name]) for name in FRAMEWORKS}


def _page(name: str, sample: Sample) -> str:
    framework = module_of(name)
    with _written(name, sample) as folder:
        project = _project(name, sample)
        shown = output(f"plan --isolated --pg-version 16 {sample.folder}", folder)
    summary, _, body = _plain(framework.__doc__ or "").partition("\n\n")
    parts = [
        f"# {sample.title}",
        _summary(summary),
        body,
        "## Recognised by",
        _plain(framework.detect.__doc__ or ""),
        f"Where that does not decide, `framework: {name}` in [the configuration](../configuration.md) does.",
        "## An example",
        *(_file(os.path.join(sample.folder, path).removeprefix("./"), text) for path, text in sample.files.items()),
        f"```text\n$ hotlint plan --pg-version 16{'' if sample.folder == '.' else ' ' + sample.folder}\n{shown}```",
        "## Order, up and down",
        f"{_ORDERS[project.numbering]} {_DOWNS[project.down_style]}",
        _table(project.migrations),
        *(f"> {note}" for note in project.notes),
        "## Transactions",
        *_transactions(project),
        "## Placeholders",
        sample.placeholders or "The tool fills in nothing.",
        "---",
        "[All layouts](../frameworks.md). This page is written by `make docs` from the module that reads the layout "
        "and from what Hotlint says of the example.",
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


@contextmanager
def _written(name: str, sample: Sample) -> Iterator[Path]:
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        for path, text in sample.files.items():
            target = Path(folder, sample.folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)


def _project(name: str, sample: Sample) -> Project:
    """What Hotlint recognises in the sample, without being told the framework."""
    found = discover([sample.folder])
    problems = [problem.message for project in found.projects for problem in project.problems]
    names = [project.framework for project in found.projects]
    if names != [name] or problems:
        raise SystemExit(f"the sample of {name} is read as {names}, with problems {problems}")
    return found.projects[0]


def _file(path: str, text: str) -> str:
    language = _LANGUAGES.get(path.rpartition(".")[2], "text")
    return f"`{path}`\n\n```{language}\n{text.strip()}\n```"


def _table(migrations: tuple[Migration, ...]) -> str:
    rows = ["| id | up | down | runs |", "|---|---|---|---|"]
    for migration in migrations:
        down = f"`{migration.down.path}`" if migration.down else "none"
        again = ", again whenever it changes" if migration.repeatable else ""
        rows.append(f"| {migration.id} | `{migration.up.path}` | {down} | {MODES[migration.transaction]}{again} |")
    return "\n".join(rows)


def _transactions(project: Project) -> Iterator[str]:
    modes = {migration.transaction for migration in project.migrations if migration.directive is None}
    usual = "wrapped" if "wrapped" in modes else sorted(modes)[0]
    yield f"Usually a script runs {MODES[usual]}."
    policy = project.no_transaction
    if policy is None:
        return
    yield f"{policy.help}"
    if policy.directive is not None:
        yield f"What to write: `{policy.directive}`. Where: {policy.where}."
    yield (
        "Statements such as `CREATE INDEX CONCURRENTLY` need that: see "
        "[concurrent-in-transaction](../rules/concurrent-in-transaction.md) and "
        "[missing-no-transaction-directive](../rules/missing-no-transaction-directive.md)."
    )


def _plain(docstring: str) -> str:
    """A docstring as Markdown."""
    return re.sub(r"``(.+?)``", r"`\1`", docstring.strip(), flags=re.DOTALL)


def _summary(text: str) -> str:
    """The docstring's first sentence without the tool's name, which is the page's title."""
    _, named, rest = text.partition(": ")
    return rest[:1].upper() + rest[1:] if named else text
