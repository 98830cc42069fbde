"""The README shows what the program prints."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", CHECKOUT / "tools" / "generate_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readme_shows_real_output() -> None:
    assert (CHECKOUT / "README.md").read_text(encoding="utf-8") == generator().readme()


def test_every_rule_has_a_page_and_the_index_names_it() -> None:
    docs = generator()
    pages = docs.rule_pages()
    index = pages[docs.RULES / "index.md"]
    for path in pages:
        assert path.name == "index.md" or f"]({path.name})" in index
