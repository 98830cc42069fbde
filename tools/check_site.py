"""Whether every page of the built site loads only what the site itself has: nothing comes from elsewhere.

``python tools/check_site.py site`` ends with 1 and names what is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "link": "href"}
_ONLY_NAMED = frozenset({"canonical", "prev", "next", "alternate"})
"""What a ``link`` may name without the browser loading it."""


class _Loads(HTMLParser):
    """Collects what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        target = values.get(_LOADED.get(tag, ""))
        if target and (values.get("rel") or "") not in _ONLY_NAMED:
            self.found.append(target)


def complaints(site: Path) -> Iterator[str]:
    """What is wrong with the pages of a site, as sentences."""
    pages = sorted(site.rglob("*.html"))
    if not pages:
        yield f"{site} has no pages"
    for page in pages:
        parser = _Loads()
        parser.feed(page.read_text(encoding="utf-8"))
        for target in parser.found:
            parts = urlsplit(target)
            if parts.scheme == "data":
                continue
            if parts.scheme or parts.netloc:
                yield f"{page} loads {target} from elsewhere"
                continue
            folder = site if parts.path.startswith("/") else page.parent
            if not (folder / unquote(parts.path).lstrip("/")).is_file():
                yield f"{page} loads {target}, which is not there"


def main(arguments: list[str]) -> int:
    """0 where all is well, 1 where something is wrong."""
    found = list(complaints(Path(arguments[0])))
    for complaint in found:
        print(complaint)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
