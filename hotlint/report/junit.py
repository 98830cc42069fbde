"""JUnit XML: a test case per migration, which fails where a finding is grave enough to fail the run.

A case has one failure with all that is told about the migration, since the readers (Jenkins, GitLab, Azure Pipelines)
show the first one only; what is less grave is the case's output. Failures of Hotlint are errors. The elements are those
of https://github.com/jenkinsci/xunit-plugin (junit-10.xsd), with the ``file`` and ``line`` that GitLab reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from hotlint.finding import Finding, Severity
from hotlint.report.encoding import to_bytes
from hotlint.report.model import Failure, Report, reaches
from hotlint.report.repository import Repository
from hotlint.report.run import CheckRun
from hotlint.report.service import advice, lines
from hotlint.report.terminal import Style
from hotlint.report.text import headline, plural

_NO_STYLE = Style()


class _Case(NamedTuple):
    """A migration, or a file that is none, or a defect of Hotlint."""

    suite: str
    name: str
    path: str | None = None
    findings: Sequence[Finding] = ()
    failure: Failure | None = None


def render(report: Report, run: CheckRun) -> bytes:
    """The document in UTF-8."""
    suites: dict[str, list[_Case]] = {}
    for case in _cases(report, run):
        suites.setdefault(case.suite, []).append(case)
    repository = Repository(project.root for project in report.projects)
    text = ['<?xml version="1.0" encoding="UTF-8"?>']
    everything = [case for cases in suites.values() for case in cases]
    text.append(f'<testsuites name="hotlint" {_counts(everything, run.fail_on)} time="0">')
    for suite, cases in suites.items():
        text.append(f'<testsuite name={_attribute(suite)} {_counts(cases, run.fail_on)} skipped="0" time="0">')
        text += [_written(case, run.fail_on, repository) for case in cases]
        text.append("</testsuite>")
    return to_bytes("\n".join([*text, "</testsuites>"]) + "\n")


def _cases(report: Report, run: CheckRun) -> list[_Case]:
    """All migrations that were judged, then the files that findings are about and that belong to none, then defects."""
    found: dict[tuple[str, str | None], list[Finding]] = {}
    for finding in report.findings:
        found.setdefault((finding.place.path, finding.migration), []).append(finding)
    cases = []
    for judged in run.judged():
        for migration in judged.migrations:  # several may stand in one file
            paths = dict.fromkeys(script.path for script in (migration.up, migration.down) if script is not None)
            keys = [(path, id) for path in paths for id in (migration.id, None)]
            findings = [finding for key in keys for finding in found.pop(key, ())]
            name = " ".join(part for part in (migration.id, migration.name) if part)
            cases.append(_Case(judged.project.root, name, migration.up.path, findings))
    for (path, _), findings in found.items():
        root = next((p.root for p in report.projects if path.startswith(p.root.rstrip("/") + "/")), "hotlint")
        cases.append(_Case(root, path, path, findings))
    return [*cases, *(_Case("hotlint", failure.where, failure=failure) for failure in report.failures)]


def _counts(cases: Iterable[_Case], fail_on: Severity) -> str:
    cases = list(cases)
    failures = sum(any(reaches(finding.severity, fail_on) for finding in case.findings) for case in cases)
    errors = sum(case.failure is not None for case in cases)
    return f'tests="{len(cases)}" failures="{failures}" errors="{errors}"'


def _written(case: _Case, fail_on: Severity, repository: Repository) -> str:
    grave = [finding for finding in case.findings if reaches(finding.severity, fail_on)]
    mild = [finding for finding in case.findings if not reaches(finding.severity, fail_on)]
    where = "" if case.path is None else f" file={_attribute(repository.shown(case.path))}"
    if case.findings:
        where += f' line="{max((grave or mild)[0].place.line, 1)}"'
    parts = [f'<testcase classname={_attribute(case.suite)} name={_attribute(case.name)}{where} time="0">']
    if grave:
        more = f" (and {plural(len(grave) - 1, 'more finding')})" if len(grave) > 1 else ""
        attributes = f"type={_attribute(grave[0].rule)} message={_attribute(grave[0].message + more)}"
        parts.append(f"<failure {attributes}>{_text(grave)}</failure>")
    if case.failure is not None:
        attributes = f'type="failure" message={_attribute(case.failure.message)}'
        parts.append(f"<error {attributes}>{escape(lines(case.failure.details))}</error>")
    if mild:
        parts.append(f"<system-out>{_text(mild)}</system-out>")
    return "\n".join([*parts, "</testcase>"]) if len(parts) > 1 else f"{parts[0][:-1]}/>"


def _text(findings: Iterable[Finding]) -> str:
    told = ["\n\n".join([headline(finding, _NO_STYLE), *advice(finding)]) for finding in findings]
    return escape(lines("\n\n".join(told)))


def _attribute(text: str) -> str:
    """Quoted; XML has no control characters."""
    return quoteattr(" ".join(lines(text).split("\n")))
