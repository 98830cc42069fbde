"""Writes what the documentation takes from the program.

That is docs/rules/, docs/frameworks/ and docs/reference/, the pictures of docs/images/ that are drawn, the navigation
in zensical.toml, and the output of commands in README.md and in the pages written by hand. ``--check`` writes nothing
and says whether everything is fresh.
"""

from __future__ import annotations

import sys
from pathlib import Path

import docs_frameworks
import docs_pictures
import docs_reference
from docs_output import ROOT, refreshed
from docs_site import navigation, with_navigation

from hotlint.registry import Registry, find_rules
from hotlint.report.rule_pages import headline, index_page, page

DOCS = ROOT / "docs"
RULES = DOCS / "rules"
FRAMEWORKS = DOCS / "frameworks"
REFERENCE = DOCS / "reference"
IMAGES = DOCS / "images"
README = ROOT / "README.md"
SITE = ROOT / "zensical.toml"


def rule_pages(registry: Registry) -> dict[Path, str]:
    """The text of every page about the rules by its path."""
    built_in = [(info, registry.load(info.id)) for info in registry.rules.values() if info.origin == "built-in"]
    texts = {RULES / f"{info.id}.md": page(info, rule) for info, rule in built_in}
    texts[RULES / "index.md"] = index_page((info, headline(rule)) for info, rule in built_in)
    return {path: _encodable(text) for path, text in texts.items()}


def _encodable(text: str) -> str:
    """Examples of files that are not UTF-8 hold what cannot be written: it is shown as escapes."""
    return text.encode("utf-8", errors="backslashreplace").decode()


def built_in_rules() -> Registry:
    """The rules; what cannot be read as one ends the program."""
    registry = find_rules()
    for error in registry.errors:
        raise SystemExit(str(error))
    return registry


def generated() -> dict[Path, str]:
    """The text of every file that is made whole."""
    return {
        **rule_pages(built_in_rules()),
        **{FRAMEWORKS / f"{name}.md": text for name, text in docs_frameworks.pages().items()},
        REFERENCE / "command-line.md": docs_reference.command_line(),
        REFERENCE / "configuration.md": docs_reference.configuration(),
        **{IMAGES / name: text for name, text in docs_pictures.pictures().items()},
    }


def handwritten() -> list[Path]:
    """README.md and the pages that people write; their output comes from the program."""
    made = (RULES, FRAMEWORKS, REFERENCE)
    return [README, *sorted(path for path in DOCS.rglob("*.md") if not any(path.is_relative_to(f) for f in made))]


def wanted() -> dict[Path, str]:
    """What every file should say."""
    texts = generated()
    texts |= {path: refreshed(path.read_text(encoding="utf-8")) for path in handwritten()}
    rules = (info for info in built_in_rules().rules.values() if info.origin == "built-in")
    texts[SITE] = with_navigation(SITE.read_text(encoding="utf-8"), navigation(DOCS, rules))
    return texts


def present() -> dict[Path, str]:
    """What the same files say now, and those in the folders that are made whole."""
    folders = [path for folder in (RULES, FRAMEWORKS, REFERENCE) for path in folder.glob("*.md")]
    files = [*folders, *IMAGES.glob("*.svg"), *handwritten(), SITE]
    return {path: path.read_text(encoding="utf-8") for path in files}


def main(arguments: list[str]) -> int:
    """0 where everything is written or fresh, 1 where ``--check`` finds a difference."""
    should, now = wanted(), present()
    stale = sorted(path for path in should.keys() | now.keys() if should.get(path) != now.get(path))
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what the program says: run make docs")
        return 1 if stale else 0
    for path in stale:
        if path in should:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(should[path], encoding="utf-8")
        else:
            path.unlink()
    print(f"{len(should)} files, {len(stale)} of them new, changed or removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
