"""Writes docs/rules/ from the rules: a page for each and an index. ``--check`` only says whether they are fresh."""

from __future__ import annotations

import sys
from pathlib import Path

from hotlint.registry import find_rules
from hotlint.report.rule_pages import headline, index_page, page

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "rules"


def pages() -> dict[str, str]:
    """The text of every generated file by its name."""
    registry = find_rules()
    for error in registry.errors:
        raise SystemExit(str(error))
    built_in = [(info, registry.load(info.id)) for info in registry.rules.values() if info.origin == "built-in"]
    texts = {f"{info.id}.md": page(info, rule) for info, rule in built_in}
    texts["index.md"] = index_page((info, headline(rule)) for info, rule in built_in)
    return texts


def main() -> int:
    """0 where everything is written or fresh, 1 where ``--check`` finds a difference."""
    wanted = pages()
    present = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    stale = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"docs/rules/{name} is not what the rules say: run make docs")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in wanted:
            (FOLDER / name).write_text(wanted[name], encoding="utf-8")
        else:
            (FOLDER / name).unlink()
    print(f"{len(wanted)} pages, {len(stale)} of them new, changed or removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
