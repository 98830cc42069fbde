"""``hotlint config schema``."""

from __future__ import annotations

import argparse

from hotlint.commands.output import write_json


def run(options: argparse.Namespace) -> int:
    """Prints the JSON Schema of the configuration."""
    import msgspec

    from hotlint.config import json_schema

    write_json(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2) + b"\n")
    return 0
