"""``hotlint config schema``."""

from __future__ import annotations

import argparse

from hotlint.commands.output import write_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``hotlint config``."""
    what = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    what.add_parser("schema", help="print the JSON Schema of hotlint.yaml and [tool.hotlint]", allow_abbrev=False)


def run(options: argparse.Namespace) -> int:
    """Prints the JSON Schema of the configuration."""
    import msgspec

    from hotlint.config import json_schema

    write_json(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2) + b"\n")
    return 0
