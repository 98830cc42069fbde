"""The rules of a SARIF log, as code scanning and editors show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotlint.errors import RuleError
from hotlint.finding import Severity
from hotlint.registry import Registry, RuleInfo

if TYPE_CHECKING:
    from hotlint.rule import Rule

PROJECT_PAGE = "https://github.com/hotlint/hotlint"
MAX_TEXT = 1_024
"""Characters of a description that GitHub takes."""
MAX_NAME = 255
"""Characters of a rule's name, likewise."""

LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
"""SARIF's words for our severities."""
_PROBLEM_SEVERITIES = {"error": "error", "warning": "warning", "info": "recommendation"}
"""GitHub's words for them."""
_SECURITY_SEVERITIES = {"error": "8.0", "warning": "5.0", "info": "2.0"}
"""Scores that GitHub calls high, medium and low."""
_SECURITY = "security"
"""The category whose rules are security alerts: GitHub takes every result of a rule with a score for one."""


class SarifRules:
    """The descriptors of the rules that results name, in the order in which they are first named."""

    def __init__(self, registry: Registry) -> None:
        self.descriptors: list[dict[str, Any]] = []
        self._registry = registry
        self._indexes: dict[str, int] = {}

    def index(self, id: str) -> int:
        """Where the rule stands among the descriptors."""
        if id not in self._indexes:
            self._indexes[id] = len(self.descriptors)
            self.descriptors.append(self._descriptor(id))
        return self._indexes[id]

    def _descriptor(self, id: str) -> dict[str, Any]:
        info = self._registry.rules.get(id)
        if info is None:
            return _bare(id)
        try:
            rule = self._registry.load(id)
        except RuleError:
            return _bare(id)
        return _described(info, rule)


def _described(info: RuleInfo, rule: Rule) -> dict[str, Any]:
    from hotlint.report.rule_pages import headline, page

    doc = rule.doc()
    about = "\n\n".join(part for part in (doc.summary, doc.body) if part) or info.id
    instead = f"Instead: {doc.instead}" if doc.instead else ""
    sources = "\n".join(("Sources:", *(f"- {source}" for source in doc.sources))) if doc.sources else ""
    security = {"security-severity": _SECURITY_SEVERITIES[info.severity]} if info.category == _SECURITY else {}
    return {
        "id": info.id,
        "name": info.class_name[:MAX_NAME],
        "shortDescription": {"text": cut(headline(rule), MAX_TEXT)},
        "fullDescription": {"text": cut(" ".join(about.split()), MAX_TEXT)},
        "help": {
            "text": "\n\n".join(part for part in (about, instead, sources) if part),
            "markdown": page(info, rule),
        },
        **({"helpUri": address} if (address := rule_page(info)) else {}),
        "defaultConfiguration": {"level": LEVELS[info.severity]},
        "properties": {
            "tags": list(dict.fromkeys((info.category, "database", "migrations", *info.dialects))),
            "precision": "very-high" if info.scope == "problem" else "high",
            "problem.severity": _PROBLEM_SEVERITIES[info.severity],
            **security,
        },
    }


def _bare(id: str) -> dict[str, Any]:
    """What must be said of a rule that nothing more is known of."""
    return {
        "id": id,
        "name": "".join(part.capitalize() for part in id.split("-"))[:MAX_NAME],
        "shortDescription": {"text": cut(id, MAX_TEXT)},
        "fullDescription": {"text": cut(id, MAX_TEXT)},
        "help": {"text": id},
        "properties": {"tags": ["database", "migrations"], "precision": "high", "problem.severity": "warning"},
    }


def rule_page(info: RuleInfo | None) -> str | None:
    """Where a rule is explained; None for rules that are not Hotlint's own."""
    return f"{PROJECT_PAGE}/blob/main/docs/rules/{info.id}.md" if info and info.origin == "built-in" else None


def cut(text: str, length: int) -> str:
    """``text``, or its beginning up to a word's end, with an ellipsis."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(None, 1)[0].rstrip(".,;:") + "…"
