"""Puts the index of rules into the wheel, so that an installed Hotlint never has to read all of them."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RuleIndexHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling's hook; it finds the class by its base."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Writes ``hotlint/rules/index.json``; an editable install has the clone's rules, which may be edited."""
        if self.target_name != "wheel" or version == "editable":
            return
        # By its path: hotlint itself cannot be imported here, its dependencies are not installed.
        spec = importlib.util.spec_from_file_location("rule_index", os.path.join(self.root, "hotlint", "rule_index.py"))
        assert spec is not None
        assert spec.loader is not None
        rule_index = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(rule_index)
        path = os.path.join(tempfile.mkdtemp(), rule_index.SHIPPED)
        with open(path, "w", encoding="utf-8") as file:
            file.write(rule_index.build_shipped(os.path.join(self.root, "rules")))
        build_data["force_include"][path] = f"hotlint/rules/{rule_index.SHIPPED}"
