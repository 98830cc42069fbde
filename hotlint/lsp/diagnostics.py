"""Findings as the editor shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lsprotocol import types

from hotlint.errors import ConfigError, HotlintError
from hotlint.finding import Finding, Place
from hotlint.linting.suppressions import EXPIRED, UNUSED
from hotlint.lsp.positions import Encoding, Text
from hotlint.registry import Registry
from hotlint.report.sarif_rules import rule_page

SOURCE = "hotlint"

SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}
_FADED = (UNUSED, EXPIRED)
"""Rules about text that does nothing: editors show it faded."""


class Converter:
    """Makes diagnostics; ``text`` gives the text of a path as the editor has it, ``uri`` its address."""

    def __init__(self, text: Callable[[str], Text], uri: Callable[[str], str], encoding: Encoding) -> None:
        self.text = text
        self.uri = uri
        self.encoding = encoding

    def diagnostics(self, findings: Iterable[Finding], registry: Registry) -> list[types.Diagnostic]:
        """One diagnostic for each finding, in order."""
        return [self.diagnostic(finding, registry) for finding in findings]

    def diagnostic(self, finding: Finding, registry: Registry) -> types.Diagnostic:
        """A finding with what to do about it, its rule's page, and the other places that it is about."""
        page = rule_page(registry.rules.get(finding.rule))
        return types.Diagnostic(
            range=self.range(finding.place),
            severity=SEVERITIES[finding.severity],
            code=finding.rule,
            code_description=None if page is None else types.CodeDescription(page),
            source=SOURCE,
            message=f"{finding.message}\n{finding.help}" if finding.help else finding.message,
            tags=[types.DiagnosticTag.Unnecessary] if finding.rule in _FADED else None,
            related_information=[self._related(place) for place in finding.related] or None,
        )

    def configuration(self, error: HotlintError) -> types.Diagnostic:
        """A configuration that cannot be used, at its line."""
        line, column, message = 1, 1, str(error)
        if isinstance(error, ConfigError):
            line, column, message = error.line or 1, error.column or 1, error.message
        start = types.Position(line - 1, column - 1)
        return types.Diagnostic(
            range=types.Range(start, start),
            severity=types.DiagnosticSeverity.Error,
            code="configuration",
            source=SOURCE,
            message=message,
        )

    def range(self, place: Place) -> types.Range:
        """The editor's range of a place."""
        text = self.text(place.path)
        return text.range(*text.place_span(place), self.encoding)

    def location(self, path: str, start: int, end: int) -> types.Location:
        """The editor's location of the code points ``start`` to ``end`` of a file."""
        return types.Location(self.uri(path), self.text(path).range(start, end, self.encoding))

    def _related(self, place: Place) -> types.DiagnosticRelatedInformation:
        location = types.Location(self.uri(place.path), self.range(place))
        return types.DiagnosticRelatedInformation(location, place.message or "see here")
