"""SARIF 2.1.0: what code scanning and the viewers of editors read.

The standard is https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os.html; what GitHub
reads of it, and its limits, stand in GitHub's documentation under "SARIF support for code scanning".
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from hotlint import __version__
from hotlint.finding import SEVERITIES, Finding, Fix, Place
from hotlint.report.encoding import to_json
from hotlint.report.line_hash import LineHashes
from hotlint.report.model import Failure, Report
from hotlint.report.repository import Repository, file_uri, relative_uri
from hotlint.report.run import CheckRun
from hotlint.report.sarif_rules import LEVELS, PROJECT_PAGE, SarifRules
from hotlint.report.text import plural

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MAX_RESULTS = 25_000
"""Results of a run from which on GitHub refuses the file."""
MAX_BYTES = 10_000_000
"""Bytes of the file, compressed, from which on GitHub refuses it."""
MAX_LOCATIONS = 1_000
"""Locations of a result, likewise."""
_SNIPPET = 2_000
"""Characters of a region from which on its text is left to the file."""
_SEQUENCES = ("locking", "transaction")
"""Categories whose findings tell what one script does first and what it does then, where all places lie in it."""


def render(report: Report, run: CheckRun) -> bytes:
    """The log in UTF-8. Where there is more than GitHub takes, the gravest findings are kept, and that is told."""
    most = MAX_RESULTS
    while True:
        log = _Run(report, run, most)
        data = to_json(log.to_dict())
        if len(data) <= MAX_BYTES or len(zlib.compress(data)) <= MAX_BYTES or most < 2:
            return data
        most = (len(log.findings) + len(log.known)) // 2


def sarif_log(report: Report, run: CheckRun) -> dict[str, Any]:
    """The log with one run, as plain dictionaries."""
    return _Run(report, run, MAX_RESULTS).to_dict()


def gravest(findings: Sequence[Finding], number: int) -> tuple[Finding, ...]:
    """The ``number`` gravest findings in the order in which they came."""
    if len(findings) <= number:
        return tuple(findings)
    order = sorted(range(len(findings)), key=lambda at: -SEVERITIES.index(findings[at].severity))
    return tuple(findings[at] for at in sorted(order[:number]))


class _Run:
    """The log's one run with at most ``max_results`` results, and what these refer to."""

    def __init__(self, report: Report, run: CheckRun, max_results: int) -> None:
        self.report, self.run = report, run
        known = report.baseline.known if report.baseline is not None and run.include_known else ()
        self.findings = gravest(report.findings, max_results)
        self.known = gravest(known, max_results - len(self.findings))
        self.left_out = len(report.findings) + len(known) - len(self.findings) - len(self.known)
        self.repository = Repository(project.root for project in report.projects)
        self.rules = SarifRules(run.registry())
        self._hashes: dict[str, LineHashes] = {}

    def to_dict(self) -> dict[str, Any]:
        return {"$schema": SCHEMA, "version": "2.1.0", "runs": [self._written()]}

    def _written(self) -> dict[str, Any]:
        state = None if self.report.baseline is None else "new"
        results = [self._result(finding, state) for finding in self.findings]
        results += [self._result(finding, "unchanged") for finding in self.known]
        invocation = self._invocation()  # before the rules: a failure may name one more
        return {
            "tool": {
                "driver": {
                    "name": "Hotlint",
                    "version": __version__,
                    "semanticVersion": __version__,
                    "informationUri": PROJECT_PAGE,
                    "rules": self.rules.descriptors,
                }
            },
            "automationDetails": {
                "id": "hotlint/",
                "description": {"text": "What the migrations will lock, rewrite, scan, lose and break."},
            },
            "invocations": [invocation],
            "originalUriBaseIds": {"SRCROOT": {"uri": file_uri(self.repository.root, folder=True)}},
            **_provenance(self.repository.root),
            "columnKind": "unicodeCodePoints",
            "defaultEncoding": "utf-8",
            "defaultSourceLanguage": "sql",
            "results": results,
            "properties": {
                "server": f"{self.report.server.dialect}-{self.report.server.major}",
                "serverAssumed": self.report.assumed,
                "suppressed": self.report.suppressed,
            },
        }

    # -- results

    def _result(self, finding: Finding, state: str | None) -> dict[str, Any]:
        related = [
            {"id": at, **self._location(place)} for at, place in enumerate(finding.related[: MAX_LOCATIONS - 1], 1)
        ]
        location = self._location(finding.place, finding.relations)
        flow = self._code_flow(finding)
        return {
            "ruleId": finding.rule,
            "ruleIndex": self.rules.index(finding.rule),
            "level": LEVELS[finding.severity],
            "message": {"text": _message(finding)},
            "locations": [location],
            **({"relatedLocations": related} if related else {}),
            **({"codeFlows": [flow]} if flow else {}),
            **({"fixes": fixes} if (fixes := [self._fix(fix) for fix in finding.fixes if fix.edits]) else {}),
            "partialFingerprints": self._fingerprints(finding),
            **({"baselineState": state} if state else {}),
            "properties": {"category": finding.category, "migration": finding.migration},
        }

    def _location(self, place: Place, relations: Sequence[str] = ()) -> dict[str, Any]:
        names = [{"fullyQualifiedName": name, "kind": "resource"} for name in relations[:MAX_LOCATIONS]]
        physical = {"artifactLocation": self._artifact(place.path), "region": self._region(place)}
        return {
            "physicalLocation": physical,
            **({"logicalLocations": names} if names else {}),
            **({"message": {"text": place.message}} if place.message else {}),
        }

    def _artifact(self, path: str) -> dict[str, Any]:
        relative = self.repository.relative(path)
        if relative is None:
            return {"uri": file_uri(os.path.realpath(path))}
        return {"uri": relative_uri(relative), "uriBaseId": "SRCROOT"}

    def _region(self, place: Place) -> dict[str, Any]:
        line, column = max(place.line, 1), max(place.column, 1)
        end_line, end_column = max((place.end_line, place.end_column), (line, column))
        region: dict[str, Any] = {
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        }
        snippet = _between(self.run, place.path, (line, column), (end_line, end_column))
        return {**region, "snippet": {"text": snippet}} if snippet else region

    def _code_flow(self, finding: Finding) -> dict[str, Any] | None:
        """The places of a script in the order in which it runs, where the finding is about that order."""
        places = [*finding.related, finding.place]
        if len(places) < 2 or finding.category not in _SEQUENCES or len({place.path for place in places}) > 1:
            return None
        steps = []
        for at, place in enumerate(sorted(places, key=lambda place: (place.line, place.column))[:MAX_LOCATIONS]):
            location = self._location(place)
            if place is finding.place:
                location["message"] = {"text": finding.message}
            importance = "essential" if place is finding.place or place is finding.related[0] else "important"
            steps.append({"executionOrder": at + 1, "importance": importance, "location": location})
        return {"threadFlows": [{"locations": steps}]}

    def _fix(self, fix: Fix) -> dict[str, Any]:
        replacements: dict[str, list[dict[str, Any]]] = {}
        for edit in fix.edits:
            line, column = self.run.sources.position(edit.path, edit.start)
            end_line, end_column = self.run.sources.position(edit.path, edit.end)
            region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
            replacement = {"deletedRegion": region, "insertedContent": {"text": edit.text}}
            replacements.setdefault(edit.path, []).append(replacement)
        changes = [
            {"artifactLocation": self._artifact(path), "replacements": parts} for path, parts in replacements.items()
        ]
        return {"description": {"text": fix.title}, "artifactChanges": changes}

    def _fingerprints(self, finding: Finding) -> dict[str, str]:
        path = finding.place.path
        hashes = self._hashes.get(path)
        if hashes is None:
            hashes = self._hashes[path] = LineHashes(self.run.sources.stored(path))
        line = hashes.of(max(finding.place.line, 1)) or hashes.of(1)
        own = {"hotlintFingerprint/v1": finding.fingerprint} if finding.fingerprint else {}
        return {"primaryLocationLineHash": str(line), **own}

    # -- the run

    def _invocation(self) -> dict[str, Any]:
        failures = [self._failure(failure) for failure in self.report.failures]
        if self.left_out:
            text = f"{plural(self.left_out, 'finding')} left out, the least grave: code scanning takes no more."
            failures.append({"level": "warning", "message": {"text": text}})
        notes = [{"level": "note", "message": {"text": text}} for text in _notes(self.report)]
        return {
            "executionSuccessful": not self.report.failures,
            "exitCode": self.run.exit_code,
            **({"toolExecutionNotifications": failures} if failures else {}),
            **({"toolConfigurationNotifications": notes} if notes else {}),
            "workingDirectory": {"uri": file_uri(os.path.realpath("."), folder=True)},
        }

    def _failure(self, failure: Failure) -> dict[str, Any]:
        """``where`` names a rule as ``rule ID``, with a place behind it where there is one."""
        words = failure.where.split(" ")
        rule = words[1] if words[0] == "rule" and len(words) > 1 else None
        kind, colon, _ = failure.message.partition(": ")
        exception = {"kind": kind} if colon and kind.isidentifier() else {}
        return {
            "level": "error",
            "message": {"text": f"Failure in {failure.where}: {failure.message}"},
            **({"exception": {**exception, "message": failure.details}} if failure.details else {}),
            **({"associatedRule": {"id": rule, "index": self.rules.index(rule)}} if rule else {}),
        }


def _message(finding: Finding) -> str:
    """What is wrong, with links to the related places, then what to do about it.

    The first sentence is what lists of alerts show; links refer to ``relatedLocations`` by their numbers.
    """
    links = [
        f"[{_link(place)}]({at})" for at, place in enumerate(finding.related[: MAX_LOCATIONS - 1], 1) if place.message
    ]
    parts = [_sentence(finding.help[0].upper() + finding.help[1:])] if finding.help else []
    parts += [f"{_sentence(fix.title, ':')}\n\n{fix.sql.rstrip()}" for fix in finding.fixes if fix.sql]
    see = [f"See: {'; '.join(links)}."] if links else []
    return "\n\n".join([_unlinked(_sentence(finding.message)), *see, *map(_unlinked, parts)])


def _unlinked(text: str) -> str:
    """``text`` in which nothing looks like a link to a related place."""
    return text.replace("](", "] (")


def _link(place: Place) -> str:
    return place.message.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _sentence(text: str, end: str = ".") -> str:
    text = text.rstrip()
    return text if text.endswith((".", "!", "?", ":", end)) else text + end


def _between(run: CheckRun, path: str, start: tuple[int, int], end: tuple[int, int]) -> str | None:
    """The text of a region, None where it is long or not there."""
    lines = [run.sources.line(path, number) for number in range(start[0], min(end[0], start[0] + _SNIPPET) + 1)]
    there = [line for line in lines if line is not None]
    if len(there) < end[0] - start[0] + 1:
        return None
    there[-1] = there[-1][: end[1] - 1]
    there[0] = there[0][start[1] - 1 :]
    text = "\n".join(there)
    return text if len(text) <= _SNIPPET else None


def _notes(report: Report) -> Iterator[str]:
    for project in report.projects:
        for note in project.notes:
            yield _sentence(f"{project.root}: {note}")
        for left_out in project.not_covered:
            yield _sentence(f"Not covered ({left_out.reason}): {', '.join(left_out.paths)}")
    if report.baseline is not None and report.baseline.gone:
        gone = len(report.baseline.gone)
        entries = "1 entry" if gone == 1 else f"{gone:,} entries"
        yield f"{entries} of {report.baseline.path} {'is' if gone == 1 else 'are'} about nothing that is still found."


def _provenance(root: str) -> dict[str, Any]:
    """The repository and the commit, as the CI service says, where the files checked out are that commit's."""
    env = os.environ
    page = env.get("CI_PROJECT_URL")
    if env.get("GITHUB_SERVER_URL") and env.get("GITHUB_REPOSITORY"):
        page = f"{env['GITHUB_SERVER_URL']}/{env['GITHUB_REPOSITORY']}"
    commit = env.get("GITHUB_SHA") or env.get("CI_COMMIT_SHA")
    if not page or not commit or _head(root) != commit:
        return {}
    where = {"uri": "", "uriBaseId": "SRCROOT"}
    return {"versionControlProvenance": [{"repositoryUri": page, "revisionId": commit, "mappedTo": where}]}


def _head(root: str) -> str | None:
    """The commit that is checked out, where it takes no more than reading a file or two to know it."""
    folder = os.path.join(root, ".git")
    try:
        with open(os.path.join(folder, "HEAD"), encoding="ascii") as file:
            head = file.read().strip()
        if head.startswith("ref: "):
            with open(os.path.join(folder, head[len("ref: ") :]), encoding="ascii") as file:
                head = file.read().strip()
    except (OSError, ValueError):
        return None
    return head
