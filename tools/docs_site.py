"""The navigation of the site in zensical.toml: every page of docs/ has its place here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Union

from docs_samples import SAMPLES

from hotlint.registry import RuleInfo

Entry = tuple[str, Union[str, "list[Entry]"]]

_BETWEEN = re.compile(r"(# navigation, written by make docs\n).*?(# end of the navigation\n)", re.DOTALL)

_SECTIONS: list[Entry] = [
    ("Hotlint", "index.md"),
    ("Ten-minute start", "start.md"),
    (
        "Using it",
        [
            ("How the plan works", "how-it-works.md"),
            ("Adopting it", "adoption.md"),
            ("Fixing findings", "fixing.md"),
            ("Verifying on a real server", "verify.md"),
            ("pre-commit", "pre-commit.md"),
            ("In CI", "ci.md"),
            ("In pytest", "pytest.md"),
            ("In editors", "editors.md"),
            ("Output formats", "formats.md"),
            ("Configuration", "configuration.md"),
        ],
    ),
    (
        "Runbooks",
        [
            ("What to do when", "runbooks/index.md"),
            ("Stuck behind a lock", "runbooks/stuck-behind-a-lock.md"),
            ("An invalid index", "runbooks/invalid-index.md"),
            ("Roll back or forward", "runbooks/rollback.md"),
            ("A constraint left NOT VALID", "runbooks/not-valid-constraint.md"),
            ("The tool's state is wrong", "runbooks/tool-state.md"),
        ],
    ),
    (
        "Reference",
        [
            ("Command line", "reference/command-line.md"),
            ("Configuration keys", "reference/configuration.md"),
            ("Accuracy", "accuracy.md"),
            ("Performance", "performance.md"),
        ],
    ),
    ("Extending it", [("Writing a rule", "writing-rules.md"), ("Architecture", "architecture.md")]),
]
_GENERATED = ("rules/", "frameworks/", "reference/")
_AFTER_USING = 4
"""Where the rules and the frameworks come, counted in sections."""


def navigation(docs: Path, rules: Iterable[RuleInfo]) -> list[Entry]:
    """The whole navigation; a page without a place, or a place without a page, ends the program."""
    by_category: dict[str, list[Entry]] = {}
    for info in sorted(rules, key=lambda info: (info.category, info.id)):
        by_category.setdefault(info.category, []).append((info.id, f"rules/{info.id}.md"))
    frameworks: list[Entry] = [(sample.title, f"frameworks/{name}.md") for name, sample in SAMPLES.items()]
    sections: list[Entry] = [
        *_SECTIONS[:_AFTER_USING],
        ("Rules", [("All rules", "rules/index.md"), *by_category.items()]),
        ("Frameworks", [("All layouts", "frameworks.md"), *frameworks]),
        *_SECTIONS[_AFTER_USING:],
    ]
    placed = set(pages(sections))
    there = {file.relative_to(docs).as_posix() for file in docs.rglob("*.md")}
    lost = sorted(there - placed)
    gone = sorted(path for path in placed - there if not path.startswith(_GENERATED))
    if lost or gone:
        raise SystemExit(
            f"the navigation in tools/docs_site.py has no place for: {', '.join(lost) or 'none'}; "
            f"leads to what is not there: {', '.join(gone) or 'none'}"
        )
    return sections


def pages(entries: Iterable[Entry]) -> Iterator[str]:
    """The paths below docs/ that a navigation leads to."""
    for _, target in entries:
        if isinstance(target, list):
            yield from pages(target)
        else:
            yield target


def with_navigation(text: str, entries: list[Entry]) -> str:
    """zensical.toml with this navigation."""
    return _BETWEEN.sub(lambda m: f"{m[1]}nav = [\n{_toml(entries, 1)}]\n{m[2]}", text)


def _toml(entries: Iterable[Entry], depth: int) -> str:
    """Entries as lines of TOML; inline tables stay on one line each."""
    lines = []
    for title, target in entries:
        if isinstance(target, list):
            lines.append(f'{"  " * depth}{{ "{title}" = [\n{_toml(target, depth + 1)}{"  " * depth}] }},\n')
        else:
            lines.append(f'{"  " * depth}{{ "{title}" = "{target}" }},\n')
    return "".join(lines)
