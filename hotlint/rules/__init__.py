"""The built-in rules. A wheel carries them here; in a checkout they stand in the top-level ``rules/`` folder."""

from pathlib import Path

_checkout = Path(__file__).resolve().parent.parent.parent / "rules"
if _checkout.is_dir() and (_checkout.parent / "hotlint" / "rules" / "__init__.py").is_file():
    __path__.append(str(_checkout))
