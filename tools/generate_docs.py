"""Writes what the documentation takes from the program: docs/rules/ from the rules, and the output in README.md.

``--check`` writes nothing and says whether everything is fresh.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from hotlint.registry import find_rules
from hotlint.report.rule_pages import headline, index_page, page

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "docs" / "rules"
README = ROOT / "README.md"
EXAMPLE = ROOT / "examples" / "webshop"

_OUTPUT = re.compile(r"(<!-- output of: hotlint (.+?) -->\n```text\n)(.*?)(```\n)", re.DOTALL)


def rule_pages() -> dict[Path, str]:
    """The text of every page about the rules by its path."""
    registry = find_rules()
    for error in registry.errors:
        raise SystemExit(str(error))
    built_in = [(info, registry.load(info.id)) for info in registry.rules.values() if info.origin == "built-in"]
    texts = {RULES / f"{info.id}.md": page(info, rule) for info, rule in built_in}
    texts[RULES / "index.md"] = index_page((info, headline(rule)) for info, rule in built_in)
    return {path: _encodable(text) for path, text in texts.items()}


def _encodable(text: str) -> str:
    """Examples of files that are not UTF-8 hold what cannot be written: it is shown as escapes."""
    return text.encode("utf-8", errors="backslashreplace").decode()


def readme() -> str:
    """README.md with the output that its commands have in examples/webshop."""
    return _OUTPUT.sub(lambda m: m[1] + f"$ hotlint {m[2]}\n" + output(m[2]) + m[4], README.read_text(encoding="utf-8"))


def output(arguments: str) -> str:
    """What a command prints in examples/webshop."""
    command = [sys.executable, "-m", "hotlint", *arguments.split()]
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", "HOTLINT_CACHE_DIR": os.devnull}
    done = subprocess.run(command, cwd=EXAMPLE, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return done.stdout


def main(arguments: list[str]) -> int:
    """0 where everything is written or fresh, 1 where ``--check`` finds a difference."""
    wanted = {**rule_pages(), README: readme()}
    present = {path: path.read_text(encoding="utf-8") for path in [*RULES.glob("*.md"), README]}
    stale = sorted(path for path in wanted.keys() | present.keys() if wanted.get(path) != present.get(path))
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what the program says: run make docs")
        return 1 if stale else 0
    RULES.mkdir(parents=True, exist_ok=True)
    for path in stale:
        if path in wanted:
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    print(f"{len(wanted)} files, {len(stale)} of them new, changed or removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
