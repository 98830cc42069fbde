"""The documentation shows what the program says, and every page of it can be reached."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from hotlint.project.frameworks.registry import FRAMEWORKS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHECKOUT = Path(__file__).resolve().parent.parent.parent
DOCS = CHECKOUT / "docs"


@pytest.fixture(scope="module")
def generator() -> Iterator[ModuleType]:
    """The script, with the modules beside it in reach."""
    sys.path.insert(0, str(CHECKOUT / "tools"))
    try:
        yield importlib.import_module("generate_docs")
    finally:
        sys.path.remove(str(CHECKOUT / "tools"))


def test_every_file_is_what_the_program_says(generator: ModuleType) -> None:
    wanted, present = generator.wanted(), generator.present()
    assert [path for path in wanted.keys() | present.keys() if wanted.get(path) != present.get(path)] == []


def test_every_rule_has_a_page_and_the_index_names_it_by_category_and_by_severity(generator: ModuleType) -> None:
    pages = generator.rule_pages(generator.built_in_rules())
    categories, by_severity = pages[generator.RULES / "index.md"].split("## By severity")
    for path in pages:
        if path.name != "index.md":
            assert f"]({path.name})" in categories
            assert f"]({path.name})" in by_severity


def test_every_page_is_in_the_navigation_once_and_nothing_else_is() -> None:
    site = tomllib.loads((CHECKOUT / "zensical.toml").read_text(encoding="utf-8"))

    def targets(entries: list[dict[str, object]]) -> Iterator[str]:
        for entry in entries:
            for target in entry.values():
                if isinstance(target, list):
                    yield from targets(target)
                else:
                    yield str(target)

    pages = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
    assert sorted(targets(site["project"]["nav"])) == pages


def test_every_framework_has_a_page_and_the_list_of_layouts_leads_to_it() -> None:
    listed = (DOCS / "frameworks.md").read_text(encoding="utf-8")
    for name in FRAMEWORKS:
        page = (DOCS / "frameworks" / f"{name}.md").read_text(encoding="utf-8")
        assert f"[`{name}`](frameworks/{name}.md)" in listed
        for heading in ("Recognised by", "An example", "Order, up and down", "Transactions", "Placeholders"):
            assert f"\n## {heading}\n" in page


def test_output_that_a_page_shows_comes_from_the_script(generator: ModuleType) -> None:
    """Each block of output stands behind a mark."""
    for path in generator.handwritten():
        text = path.read_text(encoding="utf-8")
        unmarked = re.findall(r"(?<! -->\n)^```(?:text|diff)\n.*?^```$", text, re.MULTILINE | re.DOTALL)
        prompts = re.findall(r"^```(?!text)\w*\n\$ hotlint .+\n(?!```|\$ ).+", text, re.MULTILINE)
        assert (path.name, unmarked + prompts) == (path.name, [])


def test_a_part_of_an_output_says_that_it_is_one(generator: ModuleType) -> None:
    refreshed = importlib.import_module("docs_output").refreshed
    page = "<!-- output of: hotlint rules drop-table (lines 1-1) -->\n```text\nold\n```\n"
    shown = refreshed(page).splitlines()
    assert shown == [
        page.splitlines()[0],
        "```text",
        "$ hotlint rules drop-table",
        "drop-table  destructive, warning",
        "…",
        "```",
    ]
    with pytest.raises(SystemExit, match="not 900 to 901"):
        refreshed(page.replace("1-1", "900-901"))


def test_pictures_need_nothing_from_elsewhere() -> None:
    for path in (DOCS / "images").glob("*.svg"):
        text = path.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"https?:|<script|@import|url\(", text), path.name
